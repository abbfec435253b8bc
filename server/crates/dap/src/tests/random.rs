//! Random requests, right and wrong: each is answered once, numbers have no gaps, and the session lives.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Value, json};

use crate::testing::{Client, FILE, Shop, recording};

/// Random numbers from a seed (xorshift): the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

const COMMANDS: &[&str] = &[
    "next",
    "stepIn",
    "stepOut",
    "stepBack",
    "continue",
    "reverseContinue",
    "pause",
    "goto",
    "gotoTargets",
    "stepInTargets",
    "restartFrame",
    "restart",
    "setBreakpoints",
    "setFunctionBreakpoints",
    "setExceptionBreakpoints",
    "setDataBreakpoints",
    "dataBreakpointInfo",
    "breakpointLocations",
    "threads",
    "stackTrace",
    "scopes",
    "variables",
    "exceptionInfo",
    "evaluate",
    "completions",
    "source",
    "loadedSources",
    "cancel",
    "spanglass/seek",
    "spanglass/stepInBack",
    "nonsense",
    "setVariable",
    "modules",
];

const TEXTS: &[&str] = &[
    "",
    "where",
    "at 20ms",
    "goto #3",
    "find name =~ \".*\"",
    "cart",
    "((((",
    "next error",
    "rout",
    "tree",
    "critical",
    "exception",
    "error",
    "price*",
    "\u{1f980} = \"\u{0}\"",
    ">2",
    "%0",
    "hit {cart} {",
    "span.app.cart",
    FILE,
];

fn value(random: &mut Random) -> Value {
    match random.below(7) {
        0 => json!(random.below(60) as i64 - 5),
        1 => json!(*random.of(&[i64::MIN, i64::MAX, 0, 1, -1])),
        2 => Value::Null,
        3 => json!(random.below(2) == 0),
        4 => json!({"path": FILE, "sourceReference": random.below(4)}),
        5 => json!([{"line": random.below(20), "logMessage": random.of(TEXTS), "name": random.of(TEXTS),
            "condition": random.of(TEXTS), "hitCondition": random.of(TEXTS), "dataId": "app.cart",
            "filterId": random.of(TEXTS)}]),
        _ => json!(random.of(TEXTS)),
    }
}

fn arguments(random: &mut Random) -> Value {
    let number = |random: &mut Random| json!(random.below(40) as i64);
    let mut arguments = json!({
        "threadId": 1 + random.below(2), "frameId": number(random), "variablesReference": number(random),
        "targetId": number(random), "source": {"path": FILE}, "line": random.below(20), "sourceReference": random.below(5),
        "expression": random.of(TEXTS), "context": random.of(&["repl", "watch", "hover", "clipboard", "other"]),
        "breakpoints": [{"line": random.below(20), "condition": random.of(TEXTS), "name": random.of(TEXTS), "dataId": "x"}],
        "filters": ["exception", random.of(TEXTS)], "name": random.of(TEXTS), "text": random.of(TEXTS),
        "column": random.below(9), "offsetMs": random.below(120),
    });
    if random.below(3) == 0 {
        let keys: Vec<String> = arguments.as_object().unwrap().keys().cloned().collect();
        arguments[random.of(&keys)] = value(random);
    }
    if random.below(20) == 0 { value(random) } else { arguments }
}

#[tokio::test]
async fn whatever_is_asked_is_answered() {
    let library = Arc::new(Shop { recording: recording(150) });
    for seed in 1..=6 {
        let mut random = Random(seed * 7919);
        let mut client = Client::connect(library.clone());
        client.begin().await;
        let mut asked = HashSet::new();
        let mut last = None;
        for _ in 0..400 {
            let command = *random.of(COMMANDS);
            let arguments = arguments(&mut random);
            let seq = client.send(command, arguments.clone()).await;
            asked.insert(seq);
            while asked.contains(&seq) {
                let message = client.next().await.expect("the session lives");
                let number = message["seq"].as_i64().unwrap();
                assert!(last.is_none_or(|last: i64| number == last + 1), "numbers have no gaps");
                last = Some(number);
                if message["type"] == "response" {
                    assert!(
                        asked.remove(&message["request_seq"].as_i64().unwrap()),
                        "answered once: {message}"
                    );
                    let why = message["message"].as_str().unwrap_or_default();
                    assert!(!why.contains("inside the adapter"), "{command} {arguments} failed badly");
                }
            }
        }
    }
}

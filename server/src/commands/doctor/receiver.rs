//! What the receiver says of itself, in lines: what came by which way, and what was passed on.

use insight::{explain::Explanation, visible::visible, wording};
use serde_json::Value;

/// Adds what `receiver` says (`wiring::Receiving::as_json`) to a report; null says nothing.
pub(super) fn add(report: &mut Explanation, receiver: &Value) {
    if receiver.is_null() {
        return;
    }
    let mut lines = Vec::new();
    let transports = receiver["transports"].as_object();
    for (name, counts) in transports.into_iter().flatten() {
        lines.extend(transport(name, counts, receiver[door_of(name)].as_str()));
    }
    if let Some(line) = forward(&receiver["forward"]) {
        lines.push(line);
    }
    if let Some(problem) = receiver["forward"]["problem"].as_str() {
        report.advice.push(format!("What is received cannot be passed on: {}.", visible(problem, 200)));
    }
    report.sections.insert(1, ("Receiver".to_owned(), lines));
}

fn door_of(transport: &str) -> &'static str {
    if transport == "grpc" { "grpc" } else { "http" }
}

/// One line of a transport; none for one that is switched off, or of which there is nothing to say.
fn transport(name: &str, counts: &Value, address: Option<&str>) -> Option<String> {
    let number = |key: &str| counts[key].as_u64().unwrap_or_default();
    let address = address?;
    if number("requests") == 0 {
        return (!name.contains(' ')).then(|| format!("{name} at {}: nothing yet", visible(address, 60)));
    }
    let requests = wording::counted(number("requests"), "request", "requests");
    let spans = wording::counted(number("spans"), "span", "spans");
    let mut line = format!("{name} at {}: {requests}, {spans}", visible(address, 60));
    for (key, what) in [
        ("logs", "log records"),
        ("metrics", "for metrics, which are not kept"),
        ("failed", "refused"),
        ("overloaded", "told to come again"),
        ("refused", "spans or log records refused"),
        ("trimmed", "parts left out"),
    ] {
        if number(key) > 0 {
            line.push_str(&format!(", {} {what}", wording::count(number(key))));
        }
    }
    Some(line)
}

fn forward(forward: &Value) -> Option<String> {
    let to = forward["to"].as_str()?;
    let number = |key: &str| forward[key].as_u64().unwrap_or_default();
    let bodies = wording::counted(number("delivered"), "body", "bodies");
    let mut line = format!("passed on to {}: {bodies}", visible(to, 100));
    for (key, what) in [
        ("waiting", "waiting"),
        ("full", "dropped because the queue was full"),
        ("refused", "dropped because they were refused there"),
        ("givenUp", "dropped after trying for too long"),
    ] {
        if number(key) > 0 {
            line.push_str(&format!(", {} {what}", wording::count(number(key))));
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_way_in_has_a_line_and_problems_are_to_do() {
        let receiver = json!({
            "http": "127.0.0.1:4318", "grpc": "127.0.0.1:4317",
            "transports": {
                "grpc": { "requests": 3, "spans": 512, "metrics": 1, "failed": 1 },
                "http/protobuf": {},
                "http, of another content type": {},
            },
            "forward": { "to": "http://collector:4318", "delivered": 2, "waiting": 1, "full": 4,
                         "problem": "http://collector:4318 cannot be reached (refused)" },
        });
        let mut report =
            Explanation { sections: vec![("Source".to_owned(), Vec::new())], advice: Vec::new() };
        add(&mut report, &receiver);
        assert_eq!(
            report.sections[1].1,
            [
                "grpc at 127.0.0.1:4317: 3 requests, 512 spans, 1 for metrics, which are not kept, 1 refused",
                "http/protobuf at 127.0.0.1:4318: nothing yet",
                "passed on to http://collector:4318: 2 bodies, 1 waiting, 4 dropped because the queue was full",
            ]
        );
        assert_eq!(
            report.advice,
            ["What is received cannot be passed on: http://collector:4318 cannot be reached (refused)."]
        );
    }

    #[test]
    fn nothing_is_said_of_no_receiver() {
        let mut report = Explanation { sections: Vec::new(), advice: Vec::new() };
        add(&mut report, &Value::Null);
        assert!(report.sections.is_empty());
    }
}

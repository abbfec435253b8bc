//! The golden corpus: what must go, what must stay, and that the scan over encoded bytes never misses what masking
//! would change.

use std::sync::Arc;

use model::{
    Attributes, Batch, Event, Link, LogRecord, Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp,
    TraceId, Value,
};

use super::{BadRule, MASKED, Mask, Settings, text, walk};
use crate::otlp_proto;

/// Columns: key, value, the part that is secret, a part that must stay. A `~` is left out when reading, so that no
/// scanner takes these files for a leak.
const SECRETS: &str = include_str!("../../../../../fixtures/secrets/secrets.tsv");
/// Columns: key, value.
const INNOCENTS: &str = include_str!("../../../../../fixtures/secrets/innocents.tsv");

fn rows(text: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| cell.replace('~', "").replace("\\n", "\n").replace("\\\\", "\\");
    text.lines().map(|line| line.split('\t').map(cell).collect()).collect()
}

fn attributes(key: &str, value: impl Into<Value>) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.push(key, value);
    attributes
}

fn span(id: u64, attributes: Attributes) -> Span {
    Span {
        trace_id: TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap(),
        span_id: SpanId::from_hex(&format!("{id:016x}")).unwrap(),
        parent: None,
        name: "GET /cart".into(),
        kind: SpanKind::Server,
        start: Timestamp(1_732_312_345_678_901_234),
        end: Timestamp(1_732_312_345_778_901_234),
        attributes,
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: "".into(),
        resource: Arc::new(Resource { attributes: attributes_of_service() }),
        scope: Arc::new(Scope::default()),
    }
}

fn attributes_of_service() -> Attributes {
    attributes("service.name", "shop")
}

fn batch(span: Span) -> Batch {
    Batch { spans: vec![Arc::new(span)], ..Batch::default() }
}

fn bytes(batch: &Batch) -> Vec<u8> {
    otlp_proto::encode_batch(batch)
}

fn holds(batch: &Batch, secret: &str) -> bool {
    bytes(batch).windows(secret.len()).any(|part| part == secret.as_bytes())
}

#[test]
fn every_built_in_rule_compiles() {
    assert_eq!(text::Texts::count(), text::RULE_COUNT);
}

#[test]
fn every_secret_of_the_corpus_goes_and_what_is_useful_stays() {
    let mask = Mask::default();
    let rows = rows(SECRETS);
    assert!(rows.len() >= 50);
    let mut failed = Vec::new();
    for row in &rows {
        let [key, value, secret, kept] = &row[..] else { panic!("{row:?}") };
        let mut one = batch(span(1, attributes(key, value.as_str())));
        assert!(holds(&one, secret), "{row:?}");
        if !mask.may_hold_secret(&bytes(&one)) {
            failed.push(format!("the scan misses {key} {value}"));
        }
        let count = mask.apply(&mut one);
        let masked = one.spans[0].attributes.get(key).unwrap().to_string();
        if count == 0 || holds(&one, secret) || !masked.contains(MASKED) {
            failed.push(format!("{key} {value} became {masked}"));
        }
        if !masked.contains(kept.as_str()) {
            failed.push(format!("{key} {value} lost what is useful: {masked}"));
        }
        if mask.apply(&mut one) != 0 {
            failed.push(format!("{masked} is masked again: {:?}", one.spans[0].attributes));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_innocent_of_the_corpus_stays() {
    let mask = Mask::default();
    let rows = rows(INNOCENTS);
    assert!(rows.len() >= 50);
    let mut failed = Vec::new();
    for row in &rows {
        let [key, value] = &row[..] else { panic!("{row:?}") };
        let one = batch(span(1, attributes(key, value.as_str())));
        let mut masked = one.clone();
        if mask.apply(&mut masked) != 0 || masked != one {
            failed.push(format!("{key} {value} became {:?}", masked.spans[0].attributes.get(key)));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn secrets_go_wherever_text_stands() {
    let secret = "hunter2-everywhere";
    let text = format!("password={secret}");
    let said = || attributes("note", text.as_str());
    let nested = Value::Map(vec![(
        "outer".into(),
        Value::Array(vec![
            Value::Map(vec![("api_key".into(), Value::from(secret))]),
            Value::from(text.as_str()),
        ]),
    )]);
    let mut all = span(1, said());
    all.attributes.push("nested", nested);
    all.attributes.push("password", Value::Array(vec![Value::from(secret), Value::Int(4711)]));
    all.attributes.push("args", Value::Array(vec![Value::from("--password"), Value::from(secret)]));
    all.attributes.push("raw", Value::Bytes(text.clone().into_bytes()));
    all.name = text.as_str().into();
    all.status.message = text.as_str().into();
    all.events = vec![Event { name: text.as_str().into(), attributes: said(), ..Event::default() }];
    all.links = vec![Link { trace_id: all.trace_id, span_id: all.span_id, attributes: said() }];
    all.resource = Arc::new(Resource { attributes: said() });
    all.scope = Arc::new(Scope { name: "s".into(), version: "".into(), attributes: said() });
    let log = LogRecord {
        trace_id: all.trace_id,
        span_id: Some(all.span_id),
        time: all.start,
        name: "exception".into(),
        body: text.as_str().into(),
        severity: 17,
        attributes: said(),
        resource: all.resource.clone(),
        scope: all.scope.clone(),
    };
    let second = Span { span_id: SpanId::from_hex("00f067aa0ba902b7").unwrap(), ..all.clone() };
    let mut batch =
        Batch { spans: vec![Arc::new(all), Arc::new(second)], logs: vec![log], ..Batch::default() };
    assert!(holds(&batch, secret));
    let mask = Mask::default();
    assert!(mask.apply(&mut batch) > 20);
    let shown = format!("{batch:?}");
    assert!(!holds(&batch, secret) && !shown.contains(secret) && !shown.contains("4711"), "{shown}");
    assert!(Arc::ptr_eq(&batch.spans[0].resource, &batch.spans[1].resource), "shared parts stay shared");
    assert_eq!(mask.apply(&mut batch), 0);
}

#[test]
fn numbers_under_names_of_tokens_are_counts_and_truth_is_no_secret() {
    let mut counts = attributes("gen_ai.usage.input_tokens", 118);
    counts.push("session", 7);
    counts.push("password", true);
    let one = batch(span(1, counts));
    let mut masked = one.clone();
    let mask = Mask::default();
    assert!(!mask.may_hold_secret(&bytes(&one)), "counts need no closer look");
    assert_eq!(mask.apply(&mut masked), 0);
    assert_eq!(masked, one);
    let mut pin = batch(span(1, attributes("password", 123_456)));
    assert!(mask.may_hold_secret(&bytes(&pin)));
    assert_eq!(mask.apply(&mut pin), 1);
}

#[test]
fn rules_can_be_added_excepted_and_turned_off() {
    let settings = Settings {
        keys: vec!["Blutgruppe".to_owned()],
        allow: vec!["my.token".to_owned(), "debug.*".to_owned()],
        values: vec![r"KD-\d{6}".to_owned()],
        ..Settings::default()
    };
    let mask = Mask::new(&settings).unwrap();
    let after = |mask: &Mask, key: &str, value: &str| {
        let mut one = batch(span(1, attributes(key, value)));
        let may = mask.may_hold_secret(&bytes(&one));
        let count = mask.apply(&mut one);
        assert!(may || count == 0, "{key} {value}");
        one.spans[0].attributes.get(key).unwrap().to_string()
    };
    assert_eq!(after(&mask, "patient.blutgruppe", "AB"), MASKED);
    assert_eq!(after(&mask, "note", "blutgruppe=AB, ok"), "blutgruppe=[masked], ok");
    assert_eq!(after(&mask, "note", "customer KD-123456 called"), "customer [masked] called");
    assert_eq!(after(&mask, "my.token", "visible"), "visible");
    assert_eq!(after(&mask, "debug.url", "http://a:b@c/"), "http://a:b@c/");
    let off = Mask::new(&Settings { is_on: false, ..Settings::default() }).unwrap();
    assert_eq!(after(&off, "password", "visible"), "visible");
    assert_eq!(after(&Mask::off(), "password", "visible"), "visible");
}

#[test]
fn rules_that_cannot_be_used_are_named() {
    let with = |settings: Settings| Mask::new(&settings).unwrap_err();
    let bad = with(Settings { values: vec!["(".to_owned()], ..Settings::default() });
    assert!(bad.to_string().starts_with("\"(\" is no regular expression"), "{bad}");
    let large = with(Settings { values: vec![r"\w{1000}{1000}".to_owned()], ..Settings::default() });
    assert!(matches!(large, BadRule::Value { .. }));
    assert_eq!(with(Settings { keys: vec![" ".to_owned()], ..Settings::default() }), BadRule::EmptyKey);
}

#[test]
fn names_are_read_word_by_word() {
    let mask = Mask::default();
    for name in [
        "APIKey",
        "x-api-key",
        "api.key",
        "accessToken",
        "ACCESS_TOKEN",
        "token2",
        "db-password-hash",
        "Set-Cookie",
    ] {
        assert!(walk::is_secret_name(&mask, name), "{name}");
    }
    for name in
        ["api.keyboard", "access_key_id", "Tokenizer", "hotpot", "authority", "password.expires", "monkey"]
    {
        assert!(!walk::is_secret_name(&mask, name), "{name}");
    }
}

/// Everything of the corpus in every kind of place, with other texts before and behind: wherever masking changes
/// something, the scan over the encoded bytes said so before.
#[test]
fn the_scan_misses_nothing_that_masking_changes() {
    let mask = Mask::default();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    let corpus: Vec<Vec<String>> = rows(SECRETS).into_iter().chain(rows(INNOCENTS)).collect();
    let (mut changed, mut suspected) = (0, 0);
    for _ in 0..4_000 {
        let row = &corpus[next(corpus.len())];
        let (key, mut value) = (row[0].as_str(), row[1].clone());
        if next(3) == 0 {
            value = format!("{}{value}{}", "x ".repeat(next(70)), " y1".repeat(next(40)));
        }
        let mut one = span(next(1 << 20) as u64 + 1, Attributes::default());
        match next(6) {
            0 => one.name = value.as_str().into(),
            1 => one.status.message = value.as_str().into(),
            2 => one.events.push(Event { attributes: attributes(key, value.as_str()), ..Event::default() }),
            3 => one.attributes.push("n", Value::Map(vec![(key.into(), Value::from(value.as_str()))])),
            4 => one.resource = Arc::new(Resource { attributes: attributes(key, value.as_str()) }),
            _ => one.attributes.push(key, value.as_str()),
        }
        let mut one = batch(one);
        let may = mask.may_hold_secret(&bytes(&one));
        let before = one.clone();
        let count = mask.apply(&mut one);
        assert_eq!(count > 0, one != before);
        assert!(may || count == 0, "missed: {before:?}");
        changed += usize::from(count > 0);
        suspected += usize::from(may && count == 0);
    }
    assert!(changed > 1_000, "{changed}");
    assert!(suspected < 1_000, "{suspected} of 4,000 were looked at in vain");
}

/// Nothing here is quadratic: each of these would take minutes.
#[test]
fn hostile_text_is_read_to_its_end() {
    let mask = Mask::default();
    for piece in [
        "token ",
        "password=",
        "://",
        "eyJ",
        "4111 ",
        "((((a+)+)+)+$",
        "\n\x05token\x12",
        "'",
        "a",
        "insert into x(",
    ] {
        let text = piece.repeat((64 << 10) / piece.len());
        let mut one = batch(span(1, attributes("note", text.as_str())));
        let may = mask.may_hold_secret(&bytes(&one));
        assert!(mask.apply(&mut one) == 0 || may, "{piece}");
    }
}

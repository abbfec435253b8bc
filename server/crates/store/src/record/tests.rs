//! Whatever a span says, it is said again when it is read.

use std::sync::Arc;

use model::{Span, Timestamp, TraceId, Value};

use crate::{
    Inserted, Limits, Store,
    testing::{Random, span, strange_log, strange_span},
};

fn insert(store: &mut Store, span: &Span) -> Inserted {
    span.with_view(|view| store.insert(view, 7, Timestamp(5)))
}

#[test]
fn any_span_is_kept_as_it_came() {
    for seed in 1..=6 {
        let mut random = Random::new(seed);
        let mut store = Store::new(Limits::default());
        let mut kept = Vec::new();
        for _ in 0..700 {
            let span = strange_span(&mut random);
            if insert(&mut store, &span) == Inserted::New {
                kept.push(span);
            }
        }
        assert!(kept.len() > 600);
        for span in &kept {
            let trace = store.trace(span.trace_id).unwrap();
            let stored = trace.with_id(span.span_id).find(|stored| stored.kind() == span.kind).unwrap();
            assert_eq!(&stored.span(), span);
            assert_eq!((stored.start(), stored.end(), stored.parent()), (span.start, span.end, span.parent));
            assert_eq!((stored.name(), stored.service()), (span.name.as_str(), span.service()));
            assert_eq!((stored.duration(), stored.is_error()), (span.duration(), span.is_error()));
            assert_eq!(
                (stored.message(), stored.trace_state()),
                (span.status.message.clone(), span.trace_state.clone())
            );
            for (key, _) in span.attributes.iter() {
                assert_eq!(stored.attribute(key).as_ref(), span.attributes.get(key), "{key}");
            }
            assert_eq!(stored.attribute("nobody says this"), None);
        }
        let arrived: Vec<Span> = store.after(0, usize::MAX).iter().map(|stored| stored.span()).collect();
        assert_eq!(arrived, kept);
    }
}

#[test]
fn any_log_record_is_kept_as_it_came() {
    let mut random = Random::new(9);
    let mut store = Store::new(Limits::default());
    let logs: Vec<_> = (0..500).map(|_| strange_log(&mut random)).collect();
    let kept = |log: &&model::LogRecord| store.insert_log((*log).clone(), Timestamp(5)) == Inserted::New;
    let kept: Vec<_> = logs.iter().filter(kept).collect();
    assert!(kept.len() > 490);
    for trace in 1..=4u128 {
        let trace = store.trace(TraceId(trace.to_be_bytes())).unwrap();
        let of_trace: Vec<_> = kept.iter().filter(|log| log.trace_id == trace.id()).copied().collect();
        assert_eq!(trace.logs().iter().map(|log| &**log).collect::<Vec<_>>(), of_trace);
        for log in &of_trace {
            let Some(span_id) = log.span_id else { continue };
            let of_span: Vec<_> =
                of_trace.iter().copied().filter(|log| log.span_id == Some(span_id)).collect();
            assert_eq!(trace.logs_of(span_id).iter().collect::<Vec<_>>(), of_span);
        }
    }
}

#[test]
fn doubles_are_the_same_to_the_last_bit() {
    let mut store = Store::new(Limits::default());
    let odd = [f64::NAN, -f64::NAN, -0.0, f64::INFINITY, f64::from_bits(0x7ff8_0000_0000_0001), 0.1];
    for (at, number) in odd.into_iter().enumerate() {
        let mut resource = model::Resource::default();
        resource.attributes.0.push(("number".into(), Value::Double(number)));
        let mut own = Span { resource: Arc::new(resource), ..span(1, at as u64 + 1, 0, 1, 2) };
        own.attributes.0.push(("number".into(), Value::Double(number)));
        insert(&mut store, &own);
        let read = store.span(own.trace_id, own.span_id).unwrap().span();
        for attributes in [&read.attributes, &read.resource.attributes] {
            let Some(Value::Double(found)) = attributes.get("number") else { panic!("no double") };
            assert_eq!(found.to_bits(), number.to_bits());
        }
    }
}

#[test]
fn spans_are_read_with_the_words_that_they_were_written_with() {
    // So small that its words are full at once and followed by others again and again.
    let mut store = Store::new(Limits { max_bytes: 300 << 10, max_spans_per_trace: 10_000 });
    let text = |number: u64| format!("a text of the {} which is said for a while", number / 300);
    let own = |number: u64| {
        let mut own = span(1 + number / 10 % 50, number + 1, 0, number, number + 1);
        own.name = text(number).as_str().into();
        own.attributes.push("said", text(number).as_str());
        own
    };
    let snapshots: Vec<_> = (0..20_000u64)
        .filter_map(|number| {
            insert(&mut store, &own(number));
            (number % 4_000 == 0).then(|| store.clone())
        })
        .collect();
    for store in snapshots.iter().chain([&store]) {
        assert!(store.counters().bytes <= 300 << 10);
        for stored in store.spans() {
            let number = u64::from_be_bytes(stored.span_id().0) - 1;
            assert_eq!(stored.span(), own(number));
        }
    }
    assert!(store.counters().evicted > 0 && store.counters().reconcile());
}

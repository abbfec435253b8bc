//! `cargo bench --bench placement [-- --misses]`: precision and recall over the recorded apps, by language, by app, by
//! what leads to the answer and by rule; and how fast placing is.
#![allow(clippy::print_stdout, unreachable_pub)]

mod recordings;
mod score;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use attribution::{Table, place_trace};
use model::Span;

fn main() {
    let recordings = recordings::Recordings::read();
    let mut table = Table::default();
    for span in recordings.traces.iter().flatten() {
        table.intern(span, &recordings.index);
    }
    table.refresh(&recordings.index);
    let mut score = score::Score::default();
    for trace in &recordings.traces {
        let placements = place_trace(&table, &recordings.index, trace);
        for (at, placement) in placements.iter().enumerate() {
            if let Some(row) = recordings.row(trace, at) {
                score.count(row, &trace[at].name, placement, &recordings.index);
            }
        }
    }
    if std::env::args().any(|argument| argument == "--misses") {
        score.misses.iter().for_each(|miss| println!("{miss}"));
    }
    print!("{}", score.report());
    let spans: Vec<Arc<Span>> = recordings.traces.iter().flatten().cloned().collect();
    println!("{} spans, {} shapes", spans.len(), table.len());
    println!("placing known spans  {:>12.0}/s", rate(&spans, || table.clone(), &recordings.index));
    println!("placing new shapes   {:>12.0}/s", new_rate(&spans, &recordings.index));
    println!(
        "refresh after an edit {:>9.1} ms with 10,000 shapes",
        refresh(&spans, recordings.index).as_secs_f64() * 1e3
    );
}

/// How long it takes to follow one edited line of a file that many spans come from.
fn refresh(spans: &[Arc<Span>], mut index: source::Index) -> Duration {
    let mut table = Table::default();
    for number in 0.. {
        let mut span = (*spans[number % spans.len()]).clone();
        if number >= spans.len() {
            span.name = format!("{} {number}", span.name).into();
        }
        table.intern(&span, &index);
        if table.len() >= 10_000 {
            break;
        }
    }
    table.refresh(&index);
    let path = "node/storefront/routes/orders.js";
    let text =
        std::fs::read_to_string(format!("{}/../../../fixtures/apps/{path}", env!("CARGO_MANIFEST_DIR")));
    let text = format!("const added = 'one';\n{}", text.expect("the fixture is there"));
    index.insert(Arc::new(source::read(path, &text).expect("it is read")));
    let begun = Instant::now();
    assert!(!table.refresh(&index).is_empty(), "lines moved");
    begun.elapsed()
}

/// Spans placed a second once their shape is known.
fn rate(spans: &[Arc<Span>], table: impl Fn() -> Table, index: &source::Index) -> f64 {
    let mut table = table();
    let (mut count, begun) = (0_u32, Instant::now());
    while begun.elapsed() < Duration::from_millis(500) {
        for span in spans {
            std::hint::black_box(table.intern(span, index));
        }
        count += spans.len() as u32;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Shapes placed a second that were never seen.
fn new_rate(spans: &[Arc<Span>], index: &source::Index) -> f64 {
    let (mut count, mut spent) = (0_usize, Duration::ZERO);
    while spent < Duration::from_millis(500) {
        let mut table = Table::default();
        let begun = Instant::now();
        for span in spans {
            std::hint::black_box(table.intern(span, index));
        }
        spent += begun.elapsed();
        count += table.len();
    }
    count as f64 / spent.as_secs_f64()
}

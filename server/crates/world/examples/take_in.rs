//! What a received span costs, stage by stage, without sockets: bodies of 1,000 spans of ten attributes are checked,
//! looked through for secrets, placed, kept and counted.
//!
//! `cargo run --release -p spanglass-world --example take_in [-- ROUNDS [STAGE]]`. The stages are `check`, `mask`,
//! `walk`, `keep` and `all`; the last is what the state does with a checked body. Instructions of one stage:
//! `valgrind --tool=callgrind --toggle-collect='*World*apply*' target/release/examples/take_in 1 all`.

#![allow(clippy::print_stdout)]

use std::{
    any::Any,
    hint::black_box,
    time::{Duration, Instant},
};

use formats::{Clean, Limits, otlp_proto, secrets};
use model::Timestamp;
use store::Store;
use world::{Change, Settings, Telemetry, World};

#[path = "../../store/benches/store/mix.rs"]
mod mix;

const BODIES: u64 = 100;
const BODY: u64 = 1_000;
const NOW: Timestamp = Timestamp(1_790_000_100_000_000_000);

/// What a stage leaves behind is let go when its time was taken.
type Stage<'a> = &'a dyn Fn() -> Box<dyn Any>;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(7);
    let chosen = arguments.next();
    let frames: Vec<Vec<u8>> = (0..BODIES).map(frame).collect();
    let bodies: Vec<Clean> = frames.iter().map(|frame| clean(frame)).collect();
    let mask = secrets::Mask::default();
    let stages: [(&str, Stage<'_>); 5] = [
        ("check", &|| Box::new(frames.iter().map(|frame| clean(frame).bytes()).sum::<usize>())),
        ("mask", &|| Box::new(frames.iter().filter(|frame| mask.may_hold_secret(frame)).count())),
        ("walk", &|| Box::new(walk(&bodies))),
        ("keep", &|| Box::new(keep(&bodies))),
        ("all", &|| Box::new(take(&bodies))),
    ];
    for (name, stage) in stages {
        if chosen.as_ref().is_none_or(|chosen| chosen == name) {
            let time = best(rounds, stage);
            let nanos = time.as_secs_f64() * 1e9 / (BODIES * BODY) as f64;
            println!("{name:<6} {nanos:>8.1} ns a span, {:>10.0} spans/s", 1e9 / nanos);
        }
    }
}

fn frame(number: u64) -> Vec<u8> {
    let spans: Vec<_> = mix::batch(number, BODY, mix::PER_TRACE).into_iter().map(Into::into).collect();
    otlp_proto::encode_traces(&spans)
}

fn clean(frame: &[u8]) -> Clean {
    Clean::of_frame(frame.to_vec().into(), &Limits::default()).unwrap_or_default()
}

/// Only reads every span.
#[inline(never)]
fn walk(bodies: &[Clean]) -> usize {
    let (mut senders, mut attributes) = (otlp_proto::Senders::default(), 0);
    for body in bodies {
        body.walk().each(&mut senders, |span| attributes += black_box(span).attributes.len());
    }
    attributes
}

/// Reads and keeps.
#[inline(never)]
fn keep(bodies: &[Clean]) -> Store {
    let (mut senders, mut store) = (otlp_proto::Senders::default(), Store::new(store::Limits::default()));
    let mut number = 0;
    for body in bodies {
        body.walk().each(&mut senders, |span| {
            number += 1;
            store.insert(span, (mix::mixed(number) % 300) as u32, NOW);
        });
        store.settle();
    }
    store
}

/// Reads, places, keeps and counts.
#[inline(never)]
fn take(bodies: &[Clean]) -> World {
    let mut world = World::new(Settings::default());
    for body in bodies {
        world.apply(Change::Telemetry(Telemetry::from(body.clone())), NOW);
    }
    world
}

fn best(rounds: u64, stage: Stage<'_>) -> Duration {
    let timed = (0..rounds).map(|_| {
        let began = Instant::now();
        let _kept = black_box(stage());
        began.elapsed()
    });
    timed.min().unwrap_or_default()
}

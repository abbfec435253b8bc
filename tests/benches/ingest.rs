//! `cargo xtask bench ingest [-- PER_ROUND]`: spans a second that one core receives over HTTP, places and keeps, in
//! memory and acknowledged on disk, by batch size, plain and gzipped, beside rotel where it is installed; and
//! instructions a span where valgrind is.
//!
//! Counts the processor time of the server's process, which is what a busy machine leaves comparable, of the best of
//! several rounds, all of new spans. Measures the program named by `SPANGLASS_BIN`, which should be a release build.
//! `SPANGLASS_ROTEL` names rotel's `rotel-agent`, as the package `rotel` of PyPI has it.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "ingest/load.rs"]
mod load;
#[path = "ingest/server.rs"]
mod server;

use std::{path::Path, time::Duration};

use load::{Load, Sender};
use server::{Kind, Server};

/// Measured rounds after the first, which brings everything that is new only once.
const ROUNDS: usize = 5;
const BATCHES: &[usize] = &[1_000, 512, 100, 10];

fn main() {
    let per_round = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(40_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rotel = std::env::var_os("SPANGLASS_ROTEL");
    if rotel.is_none() {
        println!("rotel is left out: `pip install rotel` and name its rotel-agent by SPANGLASS_ROTEL");
    }
    println!(
        "{:>6} {:>6}  {:>12} {:>12} {:>12}   spans a second of one core",
        "batch", "", "memory", "disk", "rotel"
    );
    for is_zipped in [false, true] {
        for batch in BATCHES {
            let load = Load { per_round, batch: *batch, is_zipped };
            let memory = rate(Kind::Memory, &load, folder.path());
            let disk = rate(Kind::Disk, &load, folder.path());
            let other = rotel.as_ref().map(|_| rate(Kind::Rotel, &load, folder.path()));
            let shown = other.map_or("-".to_owned(), |rate| format!("{rate:.0}"));
            let ratios = other.map_or(String::new(), |other| {
                format!("   {:.1} and {:.1} times rotel", memory / other, disk / other)
            });
            let form = if is_zipped { "gzip" } else { "plain" };
            println!("{batch:>6} {form:>6}  {memory:>12.0} {disk:>12.0} {shown:>12}{ratios}");
        }
    }
    instructions(folder.path());
}

/// Spans a second of processor time in the best round.
fn rate(kind: Kind, load: &Load, folder: &Path) -> f64 {
    let server = Server::start(kind, folder, false);
    let mut sender = Sender::to(&server.receiver);
    let mut best = Duration::MAX;
    for round in 0..=ROUNDS {
        let bodies = load.bodies(round);
        let before = server.quiet();
        bodies.iter().for_each(|body| sender.post(body, load.is_zipped));
        let took = server.quiet() - before;
        if round > 0 {
            best = best.min(took);
        }
    }
    if let Some((received, placed)) = server.counts() {
        let sent = (load.per_round * (ROUNDS + 1)) as u64;
        assert_eq!(received, sent, "spans were lost");
        assert!(placed > sent / 2, "only {placed} of {sent} spans were placed");
    }
    load.per_round as f64 / best.as_secs_f64()
}

/// What one span more costs, by the difference of two runs.
fn instructions(folder: &Path) {
    if !server::has_valgrind() {
        return println!("instructions are not counted: valgrind is not installed");
    }
    for (kind, name) in [(Kind::Memory, "in memory"), (Kind::Disk, "on disk")] {
        let counts: Vec<f64> = [4_096, 24_576].map(|spans| counted(kind, spans, folder)).into();
        println!("{:>8.0} instructions a span {name}, in batches of 512", (counts[1] - counts[0]) / 20_480.0);
    }
}

fn counted(kind: Kind, spans: usize, folder: &Path) -> f64 {
    let server = Server::start(kind, folder, true);
    let mut sender = Sender::to(&server.receiver);
    let load = Load { per_round: spans, batch: 512, is_zipped: false };
    load.bodies(0).iter().for_each(|body| sender.post(body, false));
    server.quiet();
    drop(sender);
    server.instructions()
}

//! Placement over the recorded apps holds what it has reached.
#![allow(unreachable_pub)]

#[path = "../benches/placement/recordings.rs"]
mod recordings;
#[path = "../benches/placement/score.rs"]
mod score;

use attribution::{Table, place_trace};

#[test]
fn precision_and_recall_over_the_recorded_apps_hold() {
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
            // Apps in languages that are not read yet count for nothing, neither way.
            let read = |row: &&recordings::Row| {
                recordings.index.files().any(|file| file.path.starts_with(&format!("{}/", row.app)))
            };
            if let Some(row) = recordings.row(trace, at).filter(read) {
                score.count(row, &trace[at].name, placement, &recordings.index);
            }
        }
    }
    let total = score.total;
    let misses: Vec<&str> = score.misses.iter().map(String::as_str).collect();
    assert!(total.placeable > 1_000, "the recordings are there: {total:?}");
    let sites = score.call_sites;
    assert!(
        f64::from(sites.right) >= 0.99 * f64::from(sites.told),
        "{}\n{}",
        score.report(),
        misses.join("\n")
    );
    assert!(f64::from(total.right) >= 0.999 * f64::from(total.placed), "{total:?}\n{}", misses.join("\n"));
    assert!(f64::from(total.found) >= 0.999 * f64::from(total.placeable), "{total:?}\n{}", misses.join("\n"));
}

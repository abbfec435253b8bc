//! Recordings of real programs: each is opened, walked to its end and back, and shown at every moment.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use model::{Span, Timestamp};
use replay::{Cause, Direction, Recording, Session, Step, Stride};
use world::{Change, Settings, Snapshot, World};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a folder of fixtures").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// The code of the recorded Python and JavaScript programs.
fn snapshot() -> Snapshot {
    let mut world = World::new(Settings::default());
    let apps = fixtures().join("apps");
    for path in files_below(&apps) {
        let key = path.strip_prefix(&apps).expect("below").to_string_lossy().replace('\\', "/");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Ok(file) = source::read(&key, &text) {
            world.apply(Change::FileRead(file.into()), Timestamp::ZERO);
        }
    }
    world.apply(Change::WorkspaceRead, Timestamp::ZERO);
    world.snapshot(Timestamp::ZERO)
}

#[test]
fn every_recording_is_walked_to_its_end_and_back() {
    let snapshot = snapshot();
    let mut spans: Vec<Arc<Span>> = Vec::new();
    let mut logs = Vec::new();
    for path in files_below(&fixtures().join("traces")) {
        if !path.extension().is_some_and(|extension| extension == "pb" || extension == "json") {
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        let (_, batch) = formats::any::decode(&bytes, &formats::Limits::default()).expect("a recording");
        spans.extend(batch.spans);
        logs.extend(batch.logs.into_iter().map(Arc::new));
    }
    spans.sort_by_key(|span| span.trace_id);
    let traces: Vec<&[Arc<Span>]> = spans.chunk_by(|a, b| a.trace_id == b.trace_id).collect();
    assert!(traces.len() > 50, "{} recorded traces", traces.len());
    let (mut placed, mut thrown) = (0, 0);
    for trace in traces {
        let recording = Recording::new(snapshot.place(trace.to_vec()), &logs, &snapshot).expect("spans");
        let (at_lines, at_exceptions) = walk(Arc::new(recording));
        placed += at_lines;
        thrown += at_exceptions;
    }
    assert!(placed > 100, "{placed} moments stand on a line");
    assert!(thrown > 3, "{thrown} exceptions stand on a line");
}

/// How many moments, and how many exceptions among them, stand on a line.
fn walk(recording: Arc<Recording>) -> (usize, usize) {
    let mut session = Session::new(recording.clone(), None);
    let (mut placed, mut thrown) = (0, 0);
    let mut trail = Vec::new();
    for (direction, expect_back) in [(Direction::Forward, false), (Direction::Backward, true)] {
        loop {
            let position = session.position();
            if expect_back {
                assert_eq!(trail.pop(), Some(position));
            } else {
                trail.push(position);
                let is_placed = recording.line_at(position).is_some();
                placed += usize::from(is_placed);
                thrown +=
                    usize::from(is_placed && recording.event_at(position).is_some_and(|it| it.is_exception));
                show(&recording, position);
            }
            let arrival = session.step(Step { stride: Stride::In, direction }, session.lane());
            if matches!(arrival.cause, Cause::EndOfTime(_)) {
                break;
            }
        }
    }
    assert!(trail.is_empty());
    (placed, thrown)
}

/// Everything that a client would ask for at a stop.
fn show(recording: &Recording, position: u32) {
    assert!(!recording.describe(position).is_empty());
    for lane in 0..recording.lanes().len() as u32 {
        let stack = recording.stack(lane, position, 0, usize::MAX);
        assert_eq!(stack.frames.len(), stack.total);
    }
    let span = recording.top(position);
    assert!(recording.document(span).starts_with("# "));
    let mut open: Vec<_> =
        recording.scopes(span, position).into_iter().map(|scope| scope.container).collect();
    while let Some(container) = open.pop() {
        let variables = recording.variables(&container, 0..usize::MAX);
        assert_eq!(variables.len(), recording.count(&container));
        let names: std::collections::HashSet<&String> =
            variables.iter().map(|variable| &variable.name).collect();
        assert_eq!(names.len(), variables.len(), "names are unique: {variables:?}");
        open.extend(variables.into_iter().filter_map(|variable| variable.inner));
    }
}

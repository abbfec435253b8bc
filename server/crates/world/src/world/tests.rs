//! What changes of files, settings and time do to the state.

use model::{LinePosition, PositionEncoding};

use super::*;
use crate::{
    EditorEdit,
    testing::{START, batch, span},
};

fn world() -> World {
    World::new(Settings::default())
}

fn read(path: &str, text: &str) -> Packed {
    source::read(path, text).unwrap().into()
}

fn opened(path: &str, text: &str) -> Change {
    Change::Opened { path: path.into(), version: 1, text: text.into() }
}

fn edited(path: &str, edits: &[(Option<[u32; 4]>, &str)]) -> Change {
    let position = |line, column| LinePosition { line, column };
    let edit = |(range, text): &(Option<[u32; 4]>, &str)| EditorEdit {
        range: range
            .map(|[line, column, to_line, to_column]| (position(line, column), position(to_line, to_column))),
        text: (*text).into(),
    };
    let edits = edits.iter().map(edit).collect();
    Change::Edited { path: path.into(), version: 2, edits, encoding: PositionEncoding::Utf16 }
}

fn text(world: &World, path: &str) -> Option<(i32, String)> {
    let snapshot = world.snapshot(START);
    snapshot.documents.get(path).map(|(version, document)| (*version, document.text.to_string()))
}

fn shown(world: &World, path: &str) -> Option<Arc<SourceFile>> {
    world.snapshot(START).index.file(path).cloned()
}

fn is_shown(world: &World, path: &str, file: &Packed) -> bool {
    world.snapshot(START).index.packed(path).is_some_and(|shown| shown.is_same(file))
}

#[test]
fn the_editors_text_wins_over_the_disk_until_it_is_closed() {
    let mut world = world();
    let (first, second) = (read("a.py", "x = 1\n"), read("a.py", "x = 2\n"));
    world.apply(Change::FileRead(first.clone()), START);
    assert!(is_shown(&world, "a.py", &first));
    world.apply(opened("a.py", "x = 3\n"), START);
    assert!(!is_shown(&world, "a.py", &first));
    world.apply(Change::FileRead(second.clone()), START);
    assert!(!is_shown(&world, "a.py", &second), "remembered, not shown");
    assert_eq!(text(&world, "a.py"), Some((1, "x = 3\n".into())));
    world.apply(Change::Closed("a.py".into()), START);
    assert!(is_shown(&world, "a.py", &second));
    assert_eq!(text(&world, "a.py"), None);
}

#[test]
fn a_file_that_left_the_disk_while_open_leaves_when_closed() {
    let mut world = world();
    world.apply(Change::FileRead(read("a.py", "x = 1\n")), START);
    world.apply(opened("a.py", "x = 3\n"), START);
    world.apply(Change::FileRemoved("a.py".into()), START);
    assert!(shown(&world, "a.py").is_some());
    let effects = world.apply(Change::Closed("a.py".into()), START);
    assert!(shown(&world, "a.py").is_none());
    assert_eq!(effects.files.iter().collect::<Vec<_>>(), ["a.py"]);
    assert_eq!(world.snapshot(START).status.files, 0);
}

#[test]
fn a_file_opened_twice_keeps_what_the_disk_holds() {
    let mut world = world();
    let disk = read("a.py", "x = 1\n");
    world.apply(Change::FileRead(disk.clone()), START);
    world.apply(opened("a.py", "x = 2\n"), START);
    world.apply(opened("a.py", "x = 3\n"), START);
    assert_eq!(text(&world, "a.py"), Some((1, "x = 3\n".into())));
    world.apply(Change::Closed("a.py".into()), START);
    assert!(is_shown(&world, "a.py", &disk));
}

#[test]
fn edits_count_in_the_text_that_those_before_them_left() {
    let mut world = world();
    world.apply(opened("a.py", "é = '🦀'\ny = 2\n"), START);
    world.apply(
        edited(
            "a.py",
            &[(Some([1, 4, 1, 5]), "22"), (Some([0, 7, 0, 8]), "'; z"), (Some([0, 11, 0, 11]), "z")],
        ),
        START,
    );
    assert_eq!(text(&world, "a.py"), Some((2, "é = '🦀'; zz\ny = 22\n".into())));
    world.apply(edited("a.py", &[(None, "fresh"), (Some([0, 5, 9, 9]), "ly\n")]), START);
    assert_eq!(text(&world, "a.py"), Some((2, "freshly\n".into())));
    assert_eq!(shown(&world, "a.py").unwrap().path, "a.py");
}

#[test]
fn an_edit_or_a_close_of_what_is_not_open_changes_nothing() {
    let mut world = world();
    assert_eq!(world.apply(edited("a.py", &[(None, "x")]), START), Effects::default());
    assert_eq!(world.apply(Change::Closed("a.py".into()), START), Effects::default());
    assert!(shown(&world, "a.py").is_none());
}

#[test]
fn what_cannot_be_read_is_named_with_the_reason_until_it_can() {
    let mut world = world();
    let deep = format!("x = {}1{}\n", "(".repeat(5_000), ")".repeat(5_000));
    let skipped = |world: &World| world.snapshot(START).status.skipped;
    world.apply(Change::FileRead(read("a.py", "x = 1\n")), START);
    world.apply(Change::FileSkipped("b.py".into(), "too large".into()), START);
    assert_eq!(skipped(&world), [("b.py".into(), "too large".into())]);
    world.apply(Change::FileRead(read("b.py", "x = 1\n")), START);
    world.apply(opened("a.py", &deep), START);
    assert_eq!(skipped(&world).len(), 1);
    assert_eq!(
        (text(&world, "a.py"), shown(&world, "a.py").is_none()),
        (None, true),
        "nothing is shown of it"
    );
    world.apply(edited("a.py", &[(Some([0, 0, 0, 0]), "y = 2\n")]), START);
    assert_eq!(text(&world, "a.py"), None);
    world.apply(edited("a.py", &[(Some([1, 4, 1, 9_999]), ""), (Some([1, 4, 1, 6]), "z")]), START);
    assert_eq!(
        text(&world, "a.py"),
        Some((2, "y = 2\nx = z))))\n".into())),
        "its text was followed all the while"
    );
    assert_eq!(skipped(&world), []);
    assert!(shown(&world, "a.py").is_some());
    world.apply(edited("a.py", &[(Some([1, 4, 1, 4]), &deep)]), START);
    assert_eq!((text(&world, "a.py"), skipped(&world).len()), (None, 1), "a text may also become unreadable");
    world.apply(Change::Closed("a.py".into()), START);
    assert!(shown(&world, "a.py").is_some(), "the disk counts again");
}

#[test]
fn what_is_no_code_is_not_followed() {
    let mut world = world();
    assert_eq!(world.apply(opened("notes.txt", "hello"), START), Effects::default());
    assert_eq!(world.apply(edited("notes.txt", &[(None, "bye")]), START), Effects::default());
    assert_eq!(world.snapshot(START).status, Status::default());
}

#[test]
fn skipped_files_are_counted_beyond_those_that_are_named() {
    let mut world = world();
    for number in 0..500 {
        world.apply(Change::FileSkipped(format!("{number}.py").into(), "too large".into()), START);
    }
    let status = world.snapshot(START).status;
    assert_eq!((status.skipped.len(), status.skipped_count), (100, 500));
}

#[test]
fn the_first_data_and_the_first_complete_index_are_told_once() {
    let mut world = world();
    let mut first = |change| world.apply(change, START).first;
    assert!(!first(Change::FileRead(read("a.py", "x = 1\n"))));
    assert!(first(Change::WorkspaceRead));
    assert!(!first(Change::WorkspaceRead));
    assert!(first(Change::Spans(batch([span(1, 1, 0)]))));
    assert!(!first(Change::Spans(batch([span(1, 2, 0)]))));
}

#[test]
fn ticks_are_wanted_only_while_something_is_in_the_window() {
    let mut world = world();
    assert_eq!(world.next_tick(START), None);
    assert_eq!(world.apply(Change::Tick, START), Effects::default());
    world.apply(Change::Spans(batch([span(1, 1, 0)])), START);
    let wait = world.next_tick(START).unwrap();
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(60));
    assert!(world.apply(Change::Tick, START).figures);
    let late = START.plus(Duration::from_secs(17 * 60));
    assert!(world.next_tick(late).is_some(), "one more, for what just left");
    assert!(world.apply(Change::Tick, late).figures);
    assert_eq!(world.next_tick(late), None);
    assert!(!world.apply(Change::Tick, late).figures);
}

#[test]
fn another_window_counts_what_is_kept_again() {
    let mut world = world();
    let ago = |minutes: u64| START.minus(Duration::from_secs(60 * minutes));
    let ended =
        |id, minutes| model::Span { end: ago(minutes), start: ago(minutes + 1), ..span(1, id, id - 1) };
    world.apply(Change::Spans(batch([ended(1, 50), ended(2, 30), ended(3, 1)])), START);
    let calls = |world: &World| {
        let snapshot = world.snapshot(START);
        let sum = |figures: Option<store::Figures>| figures.map_or(0, |figures| figures.calls);
        let shapes = sum(snapshot.by_shape.figures(snapshot.by_shape.keys(), snapshot.window, START));
        let edges = sum(snapshot.by_edge.figures(snapshot.by_edge.keys(), snapshot.window, START));
        (shapes, edges, snapshot.status.spans, snapshot.status.outside_window)
    };
    assert_eq!(calls(&world), (1, 1, 3, 2));
    let hour = Settings { window: Duration::from_secs(3600), ..Settings::default() };
    assert!(world.apply(Change::Settings(hour), START).figures);
    assert_eq!(calls(&world), (3, 2, 3, 2));
    world.apply(Change::Settings(Settings::default()), START);
    assert_eq!(calls(&world), (1, 1, 3, 2));
}

#[test]
fn a_snapshot_stays_what_it_was() {
    let mut world = world();
    world.apply(opened("a.py", "x = 1\n"), START);
    world.apply(Change::Spans(batch([span(1, 1, 0)])), START);
    let before = world.snapshot(START);
    world.apply(edited("a.py", &[(None, "y = 2\n")]), START);
    world.apply(Change::Spans(batch([span(1, 2, 1)])), START);
    assert_eq!(&*before.documents["a.py"].1.text, "x = 1\n");
    assert_eq!((before.status.spans, before.store.counters().kept, before.by_edge.len()), (1, 1, 0));
    assert_eq!(world.snapshot(START).by_edge.len(), 1);
}

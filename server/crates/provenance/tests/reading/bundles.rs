//! Places in bundles are places in their sources, by source maps as compilers write them.

use std::{fs, path::Path, sync::Arc};

use attribution::throwing_place;
use model::{Batch, Event, SmolStr, Span, keys};
use provenance::{Folder, Reader};
use tempfile::TempDir;
use world::{Change, Settings, Snapshot, World};

use crate::support::{NOW, shown, span};

const BUNDLE: &str = include_str!("../newsroom/bundle.js");
const BUNDLE_MAP: &str = include_str!("../newsroom/bundle.js.map");
const COMPILED: &str = include_str!("../newsroom/articles.service.js");
const COMPILED_MAP: &str = include_str!("../newsroom/articles.service.js.map");
const SOURCES: &str = "../../../fixtures/apps/typescript/newsroom/src";

/// The newsroom's sources in a folder of their own, below `app`, and the state that reads it.
struct Place {
    folder: TempDir,
    world: World,
    reader: Reader,
}

impl Place {
    fn new(app: &str) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::new(Settings::default());
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(SOURCES);
        for name in ["articles.service.ts", "traced.ts"] {
            let text = fs::read_to_string(sources.join(name)).unwrap();
            let key = format!("{app}src/{name}");
            drop(world.apply(Change::FileRead(source::read(&key, &text).unwrap().into()), NOW));
        }
        drop(world.apply(Change::WorkspaceRead, NOW));
        let path = folder.path().canonicalize().unwrap();
        let reader = Reader::new(vec![Folder { prefix: SmolStr::default(), path }]);
        let place = Place { folder, world, reader };
        place.write(&format!("{app}package.json"), "{}");
        place
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn place(&mut self, path: &str, line: u32, column: Option<u32>) -> String {
        let (line, column) = (line.to_string(), column.map(|column| column.to_string()));
        let mut attributes = vec![("code.file.path", path), ("code.line.number", line.as_str())];
        attributes.extend(column.as_deref().map(|column| ("code.column.number", column)));
        // A bundler's name of a function.
        attributes.push(("code.function.name", "e"));
        let span = span(("service.version", "dev"), &attributes);
        let snapshot = self.take(span.clone());
        shown(&snapshot, &span)
    }

    fn take(&mut self, span: Span) -> Snapshot {
        let batch = Batch { spans: vec![Arc::new(span)], ..Batch::default() };
        drop(self.world.apply(Change::Spans(batch), NOW));
        if let Some(origins) = self.reader.read(&self.world.snapshot(NOW)) {
            drop(self.world.apply(Change::Origins(Arc::new(origins)), NOW));
        }
        self.world.snapshot(NOW)
    }

    fn problems(&self) -> Vec<String> {
        self.world.snapshot(NOW).table.origins().problems.clone()
    }
}

/// 1-based line and column of `needle` in `text`.
fn place_of(text: &str, needle: &str) -> (u32, u32) {
    let at = text.find(needle).expect("the text holds it");
    let before = &text[..at];
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    (line, column as u32)
}

#[test]
fn a_place_in_a_minified_bundle_is_one_in_its_source() {
    let mut place = Place::new("");
    place.write("dist/bundle.js", BUNDLE);
    place.write("dist/bundle.js.map", BUNDLE_MAP);
    let (line, column) = place_of(BUNDLE, "throw new Error(\"the front page");
    assert_eq!(
        place.place("/srv/app/dist/bundle.js", line, Some(column)),
        format!(
            "certain src/articles.service.ts:Articles.forget at line 46; code.* names dist/bundle.js:{line}:{column}, \
             which its source map says is src/articles.service.ts:46"
        )
    );
    // Without a column the one long line says nothing.
    assert!(place.place("/srv/app/dist/bundle.js", line, None).starts_with("none"));
    assert_eq!(place.problems(), Vec::<String>::new());
}

#[test]
fn a_line_of_what_a_compiler_wrote_needs_no_column() {
    let mut place = Place::new("services/newsroom/");
    place.write("services/newsroom/dist/articles.service.js", COMPILED);
    place.write("services/newsroom/dist/articles.service.js.map", COMPILED_MAP);
    let (line, _) = place_of(COMPILED, "this.bySlugs.delete(slug)");
    let found = place.place("file:///app/dist/articles.service.js", line, None);
    assert!(
        found.starts_with("certain services/newsroom/src/articles.service.ts:Articles.forget at line 47"),
        "{found}"
    );
}

#[test]
fn maps_may_lie_elsewhere_or_within_and_name_sources_as_webpack_does() {
    let (line, column) = place_of(BUNDLE, "throw new Error(\"the front page");
    let bare = BUNDLE.split("//# sourceMappingURL").next().unwrap();
    let webpack = BUNDLE_MAP.replace("../src/", "webpack://newsroom/./src/");
    let rooted = BUNDLE_MAP.replace("../src/", "src/").replacen(
        '{',
        "{\"sourceRoot\": \"/build/agent/newsroom/\",",
        1,
    );
    for map in [&webpack, &rooted] {
        let mut place = Place::new("");
        place.write("dist/server/bundle.js", &format!("{bare}//# sourceMappingURL=maps/b.map\n"));
        place.write("dist/server/maps/b.map", map);
        let found = place.place("/app/dist/server/bundle.js", line, Some(column));
        assert!(found.starts_with("certain src/articles.service.ts:Articles.forget"), "{found}");
    }
    let mut place = Place::new("");
    let url = sourcemap::SourceMap::from_slice(BUNDLE_MAP.as_bytes()).unwrap().to_data_url().unwrap();
    place.write("dist/bundle.js", &format!("{bare}//# sourceMappingURL={url}\n"));
    let found = place.place("dist/bundle.js", line, Some(column));
    assert!(found.starts_with("certain src/articles.service.ts:Articles.forget"), "{found}");
}

#[test]
fn stack_frames_of_a_bundle_lead_to_the_source() {
    let mut place = Place::new("");
    place.write("dist/bundle.js", BUNDLE);
    place.write("dist/bundle.js.map", BUNDLE_MAP);
    let (line, column) = place_of(BUNDLE, "throw new Error(\"the front page");
    let stack = format!(
        "Error: no\n    at s.forget (/app/dist/bundle.js:{line}:{column})\n    at node:internal/x:1:1"
    );
    let attributes = [(keys::EXCEPTION_TYPE, "Error"), (keys::EXCEPTION_STACKTRACE, &stack)];
    let event = Event { name: "exception".into(), attributes: attributes.into_iter().collect(), time: NOW };
    let failed = Span { events: vec![event.clone()], ..span(("service.version", "dev"), &[]) };
    let snapshot = place.take(failed);
    let thrown = throwing_place(&snapshot.index, snapshot.table.origins(), None, &event).unwrap();
    assert_eq!((thrown.file.as_str(), thrown.line + 1), ("src/articles.service.ts", 46));
}

#[test]
fn what_is_built_again_is_read_again() {
    let mut place = Place::new("");
    let (line, column) = place_of(BUNDLE, "throw new Error(\"the front page");
    place.write("dist/bundle.js", BUNDLE);
    place.write("dist/bundle.js.map", BUNDLE_MAP);
    assert!(place.place("dist/bundle.js", line, Some(column)).contains("articles.service.ts:46"));
    place.write("dist/bundle.js.map", "{");
    assert!(place.place("dist/bundle.js", line, Some(column)).contains("articles.service.ts:46"));
    let (first, second) = ("\"../src/articles.service.ts\"", "\"../src/traced.ts\"");
    let swapped = BUNDLE_MAP.replace(first, "one").replace(second, first).replace("one", second);
    place.write("dist/bundle.js.map", &swapped);
    let found = place.place("dist/bundle.js", line, Some(column));
    assert!(!found.contains("articles.service.ts:46"), "{found}");
}

#[test]
fn a_bundle_without_a_map_is_told_of() {
    let mut place = Place::new("");
    let (line, column) = place_of(BUNDLE, "throw new Error(\"the front page");
    place.write("dist/bundle.js", BUNDLE);
    place.write("dist/bundle.js.map", "{");
    assert!(place.place("dist/bundle.js", line, Some(column)).starts_with("none"));
    assert_eq!(
        place.problems(),
        [
            "dist/bundle.js has no source map that is understood: build with source maps, and keep them beside the bundle"
        ]
    );
}

#[test]
fn nothing_outside_the_workspace_is_read() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("bundle.js.map"), BUNDLE_MAP).unwrap();
    let (line, column) = place_of(BUNDLE, "throw new Error(\"the front page");
    let bare = BUNDLE.split("//# sourceMappingURL").next().unwrap();
    let mut place = Place::new("");
    let map = outside.path().join("bundle.js.map");
    place.write("dist/bundle.js", &format!("{bare}//# sourceMappingURL={}\n", map.display()));
    assert!(place.place("dist/bundle.js", line, Some(column)).starts_with("none"));
    for hostile in
        ["../../../etc/passwd.js", "/etc/../etc/x.js", "\0.js", "dist/node_modules/x/bundle.js", ".js"]
    {
        assert!(place.place(hostile, 1, Some(1)).starts_with("none"), "{hostile:?}");
    }
}

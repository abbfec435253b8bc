//! Spans of earlier revisions find their functions in the code as it stands, through a real repository.

use std::{fs, path::Path, sync::Arc};

use git2::{IndexAddOption, Repository, Signature};
use model::{Batch, SmolStr};
use provenance::{Folder, Reader};
use tempfile::TempDir;
use world::{Change, Settings, World};

use crate::support::{NOW, shown, span};

const BEFORE: &str = "def charge(card):\n    check(card)\n    return send(card)\n\n\ndef refund(card):\n    return -1\n\n\n\
                      def audit(card):\n    first = 1\n    second = 2\n    return first + second\n";
const AFTER: &str = "import time\n\n\ndef charge(card):\n    check(card)\n    time.sleep(1)\n    return send(card)\n\n\n\
                     def inspect(card):\n    first = 1\n    second = 2\n    return first + second\n";

/// A folder with a repository in it, and the state that reads it.
struct Place {
    folder: TempDir,
    repository: Repository,
    world: World,
    reader: Reader,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        let path = folder.path().canonicalize().unwrap();
        let reader = Reader::new(vec![Folder { prefix: SmolStr::default(), path }]);
        Place { folder, repository, world: World::new(Settings::default()), reader }
    }

    /// Writes files (an empty text takes one away) and commits them; answers with the commit.
    fn commit(&self, files: &[(&str, &str)]) -> String {
        self.write(files);
        let mut index = self.repository.index().unwrap();
        index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = self.repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = Signature::now("a", "a@example.com").unwrap();
        let parent = self.repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<_> = parent.iter().collect();
        self.repository.commit(Some("HEAD"), &author, &author, "change", &tree, &parents).unwrap().to_string()
    }

    fn write(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if text.is_empty() { fs::remove_file(path).unwrap() } else { fs::write(path, text).unwrap() }
        }
    }

    fn tag(&self, name: &str) {
        let head = self.repository.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
        self.repository.tag_lightweight(name, &head, false).unwrap();
    }

    /// Where a span with these attributes, of code of `revision`, is placed: everything that is said of it.
    fn place(&mut self, resource: (&str, &str), attributes: &[(&'static str, &str)]) -> String {
        for path in ["src/pay.py", "src/payments.py", "other/pay.py"] {
            if let Ok(text) = fs::read_to_string(self.folder.path().join(path)) {
                self.apply(Change::FileRead(source::read(path, &text).unwrap().into()));
            } else {
                self.apply(Change::FileRemoved(path.into()));
            }
        }
        let span = Arc::new(span(resource, attributes));
        self.apply(Change::Spans(Batch { spans: vec![span.clone()], ..Batch::default() }));
        self.read();
        let snapshot = self.world.snapshot(NOW);
        shown(&snapshot, &span)
    }

    fn read(&mut self) {
        if let Some(origins) = self.reader.read(&self.world.snapshot(NOW)) {
            self.apply(Change::Origins(Arc::new(origins)));
        }
        assert!(self.reader.read(&self.world.snapshot(NOW)).is_none(), "what is known is not read again");
    }

    fn apply(&mut self, change: Change) {
        drop(self.world.apply(change, NOW));
    }

    fn problems(&self) -> Vec<String> {
        self.world.snapshot(NOW).table.origins().problems.clone()
    }
}

fn line<'a>(file: &'a str, line: &'a str) -> [(&'static str, &'a str); 2] {
    [("code.file.path", file), ("code.line.number", line)]
}

fn check(found: String, revision: &str, expected: &str) {
    assert_eq!(found.replace(&revision[..7], "REV"), expected);
}

#[test]
fn lines_are_those_of_the_revision_that_ran() {
    let mut place = Place::new();
    let one = place.commit(&[("src/pay.py", BEFORE)]);
    place.commit(&[("src/pay.py", AFTER)]);
    let revision = ("vcs.ref.head.revision", one.as_str());
    // Today line 2 is empty, line 7 is in `charge`, line 11 in `inspect`.
    check(
        place.place(revision, &line("/app/src/pay.py", "3")),
        &one,
        "certain src/pay.py:charge at line 7; code.* names src/pay.py:3 of REV; changed since REV",
    );
    check(
        place.place(revision, &line("/app/src/pay.py", "7")),
        &one,
        "none; refund of src/pay.py was removed since REV",
    );
    check(
        place.place(revision, &line("/app/src/pay.py", "12")),
        &one,
        "likely src/pay.py:inspect at line 12; code.* names src/pay.py:12 of REV; it was called audit then; changed since REV",
    );
    assert_eq!(place.problems(), Vec::<String>::new());
}

#[test]
fn files_are_followed_through_renames_committed_or_not() {
    for is_committed in [false, true] {
        let mut place = Place::new();
        let one = place.commit(&[("src/pay.py", BEFORE)]);
        let moved = [("src/pay.py", ""), ("src/payments.py", AFTER)];
        if is_committed {
            place.commit(&moved);
        } else {
            place.commit(&[("other.txt", "x")]);
            place.write(&moved);
        }
        let named = [("code.filepath", "src/pay.py"), ("code.function", "charge")];
        check(
            place.place(("git.commit.sha", &one), &named),
            &one,
            "certain src/payments.py:charge; code.* names charge in src/pay.py of REV; changed since REV",
        );
    }
}

#[test]
fn a_removed_file_is_said_to_be_gone_until_it_is_back() {
    let mut place = Place::new();
    let one = place.commit(&[("src/pay.py", BEFORE), ("other/pay.py", "def other():\n    pass\n")]);
    place.commit(&[("src/pay.py", "")]);
    let revision = ("vcs.ref.head.revision", one.as_str());
    let gone = "none; charge of src/pay.py was removed since REV";
    check(place.place(revision, &line("src/pay.py", "2")), &one, gone);
    place.write(&[("src/pay.py", BEFORE)]);
    let back = "certain src/pay.py:charge at line 2; code.* names src/pay.py:2 of REV";
    check(place.place(revision, &line("src/pay.py", "2")), &one, back);
}

#[test]
fn an_edit_is_followed_without_reading_again() {
    let mut place = Place::new();
    let one = place.commit(&[("src/pay.py", BEFORE)]);
    place.commit(&[("README", "x")]);
    let revision = ("vcs.ref.head.revision", one.as_str());
    let attributes = line("src/pay.py", "3");
    place.place(revision, &attributes);
    let edited = format!("# one\n# two\n{BEFORE}");
    place.apply(Change::FileRead(source::read("src/pay.py", &edited).unwrap().into()));
    let snapshot = place.world.snapshot(NOW);
    check(
        shown(&snapshot, &span(revision, &attributes)),
        &one,
        "certain src/pay.py:charge at line 5; code.* names src/pay.py:3 of REV",
    );
}

#[test]
fn a_version_is_followed_when_it_is_a_tag_and_doubted_when_code_moved_on() {
    let mut place = Place::new();
    let one = place.commit(&[("src/pay.py", BEFORE)]);
    place.tag("v1.2.0");
    place.commit(&[("src/pay.py", AFTER)]);
    let version = ("service.version", "1.2.0");
    let named =
        [("code.file.path", "src/pay.py"), ("code.function.name", "charge"), ("code.line.number", "3")];
    check(
        place.place(version, &named),
        &one,
        "certain src/pay.py:charge at line 7; code.* names src/pay.py:3 of REV; changed since REV",
    );
    // Line 7 was `refund` then and is `charge` now; a build on the way to the next version has the same name.
    check(
        place.place(version, &line("src/pay.py", "7")),
        &one,
        "possible src/pay.py:charge at line 7; code.* names src/pay.py:7; refund of src/pay.py was removed since REV",
    );
    // A function that the tag does not have is of such a build.
    let new = [("code.file.path", "src/pay.py"), ("code.function.name", "inspect")];
    check(place.place(version, &new), &one, "certain src/pay.py:inspect; code.* names inspect in src/pay.py");
    let unknown = ("service.version", "9.9");
    check(
        place.place(unknown, &line("src/pay.py", "5")),
        &one,
        "certain src/pay.py:charge at line 5; code.* names src/pay.py:5",
    );
    assert_eq!(place.problems(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_followed_is_told_and_placed_as_before() {
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    let mut place = Place::new();
    place.commit(&[("src/pay.py", AFTER)]);
    let found = place.place(("vcs.ref.head.revision", nowhere), &line("src/pay.py", "5"));
    assert_eq!(found, "certain src/pay.py:charge at line 5; code.* names src/pay.py:5");
    assert_eq!(
        place.problems(),
        [format!(
            "lines of revision {nowhere} are not followed: it is in no repository of the workspace; `git fetch` may bring it"
        )]
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap();
    let mut reader = Reader::new(vec![Folder { prefix: SmolStr::default(), path }]);
    let origins = reader.read(&place.world.snapshot(NOW)).unwrap();
    let is_told =
        origins.problems.iter().any(|it| it.contains("no folder of the workspace is in a git repository"));
    assert!(is_told || Repository::discover(folder.path()).is_ok(), "{:?}", origins.problems);
}

#[test]
fn several_repositories_are_told_apart_by_their_commits() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let commit = |name: &str, text: &str| -> String {
        let path = root.join(name);
        let repository = Repository::init(&path).unwrap();
        fs::write(path.join("app.py"), text).unwrap();
        commit_all(&repository, &path)
    };
    let (api, web) = (commit("api", "def serve():\n    pass\n"), commit("web", "def show():\n    pass\n"));
    let mut world = World::new(Settings::default());
    for name in ["api", "web"] {
        let text = format!("# moved\n{}", fs::read_to_string(root.join(name).join("app.py")).unwrap());
        fs::write(root.join(name).join("app.py"), &text).unwrap();
        let file = source::read(&format!("{name}/app.py"), &text).unwrap();
        drop(world.apply(Change::FileRead(file.into()), NOW));
    }
    let mut reader = Reader::new(vec![Folder { prefix: SmolStr::default(), path: root.clone() }]);
    for (revision, expected) in [(&api, "api/app.py:serve"), (&web, "web/app.py:show")] {
        let named =
            [("code.file.path", "/srv/app.py"), ("code.function.name", expected.rsplit(':').next().unwrap())];
        let span = Arc::new(span(("vcs.ref.head.revision", revision), &named));
        drop(world.apply(Change::Spans(Batch { spans: vec![span.clone()], ..Batch::default() }), NOW));
        let origins = reader.read(&world.snapshot(NOW)).unwrap();
        drop(world.apply(Change::Origins(Arc::new(origins)), NOW));
        let found = shown(&world.snapshot(NOW), &span);
        assert!(found.starts_with(&format!("certain {expected}")), "{found}");
    }
}

fn commit_all(repository: &Repository, _: &Path) -> String {
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = Signature::now("a", "a@example.com").unwrap();
    repository.commit(Some("HEAD"), &author, &author, "first", &tree, &[]).unwrap().to_string()
}

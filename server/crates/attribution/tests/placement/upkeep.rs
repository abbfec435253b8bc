//! The table follows the code: only what an edit may place elsewhere is placed again.

use std::sync::Arc;

use attribution::{Confidence, Table};

use crate::support::{index, shown, span};

const FILES: &str = "//- app.py
from names import LOAD
@app.get('/users')
def users(): ...
def load():
    tracer.start_span(LOAD)
def save():
    tracer.start_span('save')
//- names.py
LOAD = 'load user'
";

fn edited(path: &str, text: &str) -> Arc<source::SourceFile> {
    Arc::new(source::read(path, text).expect("a file that is read"))
}

#[test]
fn an_edit_moves_what_it_touches_and_nothing_else() {
    let mut index = index(FILES);
    let mut table = Table::default();
    let save = table.intern(&span("INTERNAL a save @x"), &index);
    let load = table.intern(&span("INTERNAL a \"load user\" @x"), &index);
    let route =
        table.intern(&span("SERVER a \"GET /users\" @x http.request.method=GET http.route=/users"), &index);
    let gone = table.intern(&span("INTERNAL a gone @x"), &index);
    assert!(table.refresh(&index).is_empty(), "placed when they came");
    assert!(table.refresh(&index).is_empty());

    index.insert(edited("names.py", "LOAD = 'load customer'\n"));
    assert_eq!(table.refresh(&index), [load], "a constant of another file");
    assert_eq!(table.placement(load).unwrap().confidence, Confidence::None);

    index.insert(edited("other.py", "def later():\n    tracer.start_span('gone')\n"));
    assert_eq!(table.refresh(&index), [gone], "a name that was not there before");

    let text = "@app.get('/customers')\ndef users(): ...\ndef save():\n\n    tracer.start_span('save')\n";
    index.insert(edited("app.py", text));
    let mut changed = table.refresh(&index);
    changed.sort_unstable();
    assert_eq!(changed, [save, route]);
    assert_eq!(
        shown(table.placement(save).unwrap()),
        "certain app.py:save at line 5 [span-name: this name is given to a span at app.py:5]"
    );

    index.remove("app.py");
    assert_eq!(table.refresh(&index), [save]);
    assert_eq!(table.placement(route).unwrap().confidence, Confidence::None);
}

#[test]
fn a_clone_of_table_and_index_stays_as_it_was() {
    let mut index = index(FILES);
    let mut table = Table::default();
    let save = table.intern(&span("INTERNAL a save @x"), &index);
    let (before, code) = (table.clone(), index.clone());
    index.remove("app.py");
    table.refresh(&index);
    assert_eq!(table.placement(save).unwrap().confidence, Confidence::None);
    assert_eq!(before.placement(save).unwrap().confidence, Confidence::Certain);
    assert_eq!(before.place(&span("INTERNAL a save @x"), &code).confidence, Confidence::Certain);
    assert_eq!(code.routes().len(), 1);
}

#[test]
fn the_table_is_bounded() {
    let index = source::Index::default();
    let mut table = Table::default();
    for number in 0..70_000 {
        table.intern(&span(&format!("INTERNAL a name{number} @x")), &index);
    }
    assert!(table.len() <= 65_537, "{}", table.len());
    let late = table.intern(&span("INTERNAL a late @x"), &index);
    assert_eq!(table.placement(late).unwrap().confidence, Confidence::None);
}

//! Why something shows, and why something does not.

use expect_test::{Expect, expect};
use insight::explain::explain;

use crate::fixture::fixture;

fn check(text: &str, expect: Expect) {
    expect.assert_eq(&explain(&fixture(text).snapshot, "hosting 127.0.0.1:4318").to_text());
}

#[test]
fn nothing_has_arrived() {
    check(
        "//- a.py\ndef f(): ...\n",
        expect![[r#"
        Source
          hosting 127.0.0.1:4318
        Received
          no span yet
        Workspace
          1 file with 1 function
        What to do
          Nothing has arrived: set OTEL_EXPORTER_OTLP_ENDPOINT of the app to the address above, and OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf.
    "#]],
    );
}

#[test]
fn no_code_is_here() {
    check(
        "//- spans\nGET /x 5ms kind=server service=shop http.route=/x\n",
        expect![[r#"
            Source
              hosting 127.0.0.1:4318
            Received
              1 span, the last now
              from 1 service: shop
              kept 1 in 133 KiB
            Workspace
              0 files with 0 functions
            Placed
              0 of 1 (0 %), in 0 functions
            Not placed, by kind of span
              1 shop SERVER GET /x: no code attribute, name, route or caller leads to this workspace
            What to do
              No file of the workspace is in a language that is read (Python, JavaScript, TypeScript, Rust, Go, Java, Kotlin, C#, PHP, C++, Ruby, Elixir): open the folder that holds the code of the app.
        "#]],
    );
}

#[test]
fn some_are_placed_and_some_are_not() {
    let text = r#"
//- a.py
@tracer.start_as_current_span("work")
def work(): ...
//- spans
work 5ms x9 service=shop
  publish 1ms kind=producer messaging.destination.name=queue
GET /nowhere 5ms x3 kind=server service=shop http.request.method=GET http.route=/nowhere
"evil \<name" 5ms service=shop
"#;
    check(
        text,
        expect![[r#"
            Source
              hosting 127.0.0.1:4318
            Received
              22 spans, the last now
              from 1 service: shop
              kept 22 in 146 KiB
            Workspace
              1 file with 1 function
            Placed
              9 of 22 (41 %), in 1 function
            Code of services
              shop: . (learned from 1 kind of span in 1 file)
            Not placed, by kind of span
              3 shop SERVER GET /nowhere: no code attribute, name, route or caller leads to this workspace
              1 shop INTERNAL evil ‹U+202E›name: no code attribute, name, route or caller leads to this workspace
        "#]],
    );
}

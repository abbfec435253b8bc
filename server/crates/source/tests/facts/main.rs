//! What is found in code, language by language: files go in, facts come out as text.

mod cpp;
mod csharp;
mod elixir;
mod go;
mod java;
mod javascript;
mod javascript_frameworks;
mod kotlin;
mod manifests;
mod php;
mod python;
mod python_frameworks;
mod ruby;
mod rust;
mod rust_frameworks;

use std::{fmt::Write, sync::Arc};

use expect_test::Expect;
use source::{CallKind, Index, NamePattern};

/// Reads files (each begins with a line `//- path`) and compares what is found with `expected`. `kinds` are the kinds
/// of facts that are shown: `route`, `span`, `function`, `call`, `loop`, `consumer`, `rpc`.
fn check(files: &str, kinds: &[&str], expected: Expect) {
    let index = index(files);
    let mut text = String::new();
    for kind in kinds {
        match *kind {
            "route" => routes(&index, &mut text),
            "span" => spans(&index, &mut text),
            "function" => functions(&index, &mut text),
            "call" => calls(&index, &mut text, |call| call.target.is_some()),
            "loop" => calls(&index, &mut text, |call| call.in_loop && call.kind != CallKind::Function),
            "consumer" => {
                for consumer in index.consumers() {
                    let _ = writeln!(text, "consumer {} -> {}", shown(&consumer.name), consumer.handler);
                }
            }
            "rpc" => {
                for rpc in index.rpc_methods() {
                    let _ = writeln!(text, "rpc {}/{} -> {}", rpc.service, rpc.method, rpc.handler);
                }
            }
            other => panic!("no kind of fact is called {other}"),
        }
    }
    expected.assert_eq(&text);
}

fn index(files: &str) -> Index {
    let mut index = Index::default();
    for file in files.split("//- ").skip(1) {
        let (path, text) = file.split_once('\n').expect("a path and a text");
        index.insert(Arc::new(source::read(path.trim(), text).expect("a file that is read")));
    }
    index
}

fn routes(index: &Index, text: &mut String) {
    for route in index.routing() {
        let open = if route.is_open { "…" } else { "" };
        let _ = writeln!(
            text,
            "{} {open}{} -> {}",
            route.method.as_deref().unwrap_or("*"),
            route.pattern,
            route.handler
        );
    }
}

fn spans(index: &Index, text: &mut String) {
    let own = index.files().flat_map(|file| &file.span_sites);
    for site in own.chain(index.passed_span_sites()) {
        let scope = site.scope.as_ref().map(|scope| format!(" of {scope}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "span {}{scope} -> {} line {}",
            shown(&site.name),
            site.function,
            site.position.line + 1
        );
    }
}

fn functions(index: &Index, text: &mut String) {
    for function in index.files().flat_map(|file| &file.functions) {
        let _ = writeln!(
            text,
            "{:?} {} lines {}..{} at {}:{} ({})",
            function.kind,
            function.key,
            function.first_line() + 1,
            function.last_line + 1,
            function.name_position.line + 1,
            function.name_position.column + 1,
            function.parameters.join(", "),
        );
    }
}

fn calls(index: &Index, text: &mut String, wanted: impl Fn(&source::CallSite) -> bool) {
    for file in index.files() {
        for call in file.call_sites.iter().filter(|call| wanted(call)) {
            let target = call.target.as_ref().map(shown).unwrap_or_default();
            let method = call.method.as_ref().map(|method| format!("{method} ")).unwrap_or_default();
            let _ = writeln!(
                text,
                "{:?} {}: {method}{target} line {}",
                call.kind,
                call.callee,
                call.position.line + 1
            );
        }
    }
}

fn shown(name: &NamePattern) -> String {
    match name {
        NamePattern::Literal(text) => format!("{text:?}"),
        NamePattern::Pattern(pieces) => format!("{:?}", pieces.join("…")),
    }
}

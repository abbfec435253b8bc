//! Stack traces as languages print them, and the line in the workspace that threw.

use model::{Event, SmolStr, keys};
use source::{Index, SourceFile};

use crate::{
    CallPlace, Origins, PastFile,
    dotnet::source_name,
    origins::Fate,
    paths::{home, is_library},
};

/// Frames of one trace, at most; Python's recursion stops at 1,000.
const MAX_FRAMES: usize = 2_000;

/// What .NET prints behind the frames of an inner exception.
const INNER_END: &str = "--- End of inner exception stack trace ---";

/// One frame of a printed stack trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackFrame {
    /// The file as printed.
    pub file: SmolStr,
    /// 1-based line as printed.
    pub line: u32,
    /// 1-based column as printed; 0 when there is none.
    pub column: u32,
    /// The function as printed; empty when there is none.
    pub function: SmolStr,
}

/// The frames of `stacktrace`, the throwing one first, whatever order the language prints. Reads Python, V8 and other
/// JavaScript engines, Java, Kotlin, Go, Rust, .NET, Ruby, PHP and Elixir. Lines that are no frame are passed over.
pub fn stack_frames(stacktrace: &str) -> Vec<StackFrame> {
    let mut frames: Vec<StackFrame> = Vec::new();
    let mut lines = stacktrace.lines().take(20_000).peekable();
    let mut is_python = false;
    let mut causes: Vec<StackFrame> = Vec::new();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        if frames.len() >= MAX_FRAMES {
            break;
        }
        // Python prints the cause before its effect; the last block is what reached the span, the deepest frame last.
        if line.starts_with("Traceback (most recent call last)") {
            is_python = true;
            frames.clear();
        }
        // .NET prints the cause first, then what it led to, which is what reached the span.
        if line.trim() == INNER_END {
            causes.append(&mut frames);
        }
        let Some(found) = frame(line.trim(), next) else { continue };
        // Rust's place stands on a line of its own, which was read with the function's before it.
        let is_read = |last: &StackFrame| last.file == found.file && last.line == found.line;
        if !(found.function.is_empty() && frames.last().is_some_and(is_read)) {
            frames.push(found);
        }
    }
    if is_python {
        frames.reverse();
    }
    frames.append(&mut causes);
    frames
}

/// The innermost place of an exception event that lies in the workspace, as the code stands; `revision` is what ran.
pub fn throwing_place(
    index: &Index,
    origins: &Origins,
    revision: Option<&str>,
    exception: &Event,
) -> Option<CallPlace> {
    let attributes = &exception.attributes;
    let place = |frame: &StackFrame| place_now(index, origins, revision, frame);
    if let Some(stacktrace) = attributes.str(keys::EXCEPTION_STACKTRACE) {
        for frame in &stack_frames(stacktrace) {
            match place(frame) {
                Place::Here(place) => return Some(place),
                // The line that threw is gone: its caller's would be another one.
                Place::Gone => return None,
                Place::Elsewhere => {}
            }
        }
        return None;
    }
    // Rust records no stack, but where the event was written.
    let frame = StackFrame {
        file: attributes.first_str(keys::CODE_FILE)?.into(),
        line: u32::try_from(attributes.first_int(keys::CODE_LINE)?).ok()?,
        column: 0,
        function: SmolStr::default(),
    };
    match place(&frame) {
        Place::Here(place) => Some(place),
        Place::Gone | Place::Elsewhere => None,
    }
}

/// Where a frame is.
enum Place {
    Here(CallPlace),
    /// In the workspace once, but not any more.
    Gone,
    /// In code of others.
    Elsewhere,
}

fn place_now(index: &Index, origins: &Origins, revision: Option<&str>, frame: &StackFrame) -> Place {
    let Some(line) = frame.line.checked_sub(1) else { return Place::Elsewhere };
    if let Some(bundle) = origins.bundle(&frame.file) {
        let found = bundle.source_of(line, frame.column.checked_sub(1));
        let here = |(file, line): (&SmolStr, u32)| Place::Here(CallPlace { file: file.clone(), line });
        return found.map_or(Place::Elsewhere, here);
    }
    let past = revision.map_or(&[][..], |revision| origins.past(revision, &frame.file));
    let now = || place(index, frame).map_or(Place::Elsewhere, Place::Here);
    let name = frame.function.rsplit(['.', ':', '#']).next().unwrap_or_default();
    let is_there = |file: &SourceFile| file.function_on_line(line).is_some_and(|it| it.name == name);
    // Where the revision is not certain, the name tells whether the line is one of then or one of now.
    let is_sure = past.iter().all(|past| past.exact || is_there(&past.then));
    if past.is_empty()
        || (!is_sure
            && matches!(&now(), Place::Here(it) if index.file(&it.file).is_some_and(|it| is_there(it))))
    {
        return now();
    }
    let mut places = past.iter().map(|past| line_now(index, past, line));
    match (places.next().flatten(), places.next()) {
        (Some(place), None) => Place::Here(place),
        _ => Place::Gone,
    }
}

/// Where a line of an earlier revision stands.
fn line_now(index: &Index, past: &PastFile, line: u32) -> Option<CallPlace> {
    let file = past.file_now(index)?;
    let in_function = past.then.function_on_line(line).and_then(|then| match past.fate(then, index) {
        Fate::Here { function, .. } => past.line_in(then, line, function),
        Fate::Removed | Fate::Unsure => None,
    });
    let line = in_function.or_else(|| past.line_now(line))?;
    Some(CallPlace { file: file.path.clone(), line })
}

/// The places that stack traces of `exception` name, for whoever reads revisions and bundles.
pub fn named_files(exception: &Event) -> Vec<SmolStr> {
    let frames = exception.attributes.str(keys::EXCEPTION_STACKTRACE).map(stack_frames).unwrap_or_default();
    let named = exception.attributes.first_str(keys::CODE_FILE).map(SmolStr::from);
    let mut files: Vec<SmolStr> = frames.into_iter().map(|frame| frame.file).chain(named).collect();
    files.retain(|file| !is_library(file));
    files.sort_unstable();
    files.dedup();
    files
}

/// The frame's place, if its file is one of the workspace that people write.
fn place(index: &Index, frame: &StackFrame) -> Option<CallPlace> {
    if is_library(&frame.file) || frame.line == 0 || is_go_library(frame) {
        return None;
    }
    let path = home(&frame.file)?;
    let mut end = path.as_str();
    loop {
        let is_whole = end.len() == path.len();
        let is_short = !end.contains('/') && !is_whole;
        let mut files = index
            .files_ending_with(end)
            .filter(|file| !is_short || file.path == end || is_class_file(file, frame));
        match (files.next(), files.next()) {
            (Some(file), None) if !file.generated => {
                return Some(CallPlace { file: file.path.clone(), line: frame.line - 1 });
            }
            (Some(file), Some(other)) => {
                let name = frame.function.rsplit(['.', ':', '#', ' ']).next().unwrap_or_default();
                let name = name.split_once('/').map_or(name, |(name, _)| name);
                let has = |file: &source::SourceFile| {
                    file.function_on_line(frame.line - 1).is_some_and(|function| function.name == name)
                };
                let mut known = [file, other].into_iter().chain(files).filter(|file| has(file));
                let (only, more) = (known.next(), known.next());
                return only
                    .filter(|_| more.is_none())
                    .map(|file| CallPlace { file: file.path.clone(), line: frame.line - 1 });
            }
            // Java's folders are its packages: what lies in another one is another class.
            _ if is_java(frame) => return None,
            _ => end = end.split_once('/')?.1,
        }
    }
}

/// Whether the frame's file was made of a class's package.
fn is_java(frame: &StackFrame) -> bool {
    frame.file.ends_with(".java") && !frame.file.starts_with('/')
}

/// Whether a frame is of Go's standard library, whose paths begin without a host, or of a module with a version.
fn is_go_library(frame: &StackFrame) -> bool {
    if !frame.file.ends_with(".go") {
        return false;
    }
    let file = frame.file.replace('\\', "/");
    let standard = frame.function.split(['.', '/']).next().unwrap_or_default();
    let is_standard = matches!(
        standard,
        "runtime" | "net" | "internal" | "reflect" | "sync" | "testing" | "database" | "encoding" | "panic"
    );
    let in_root = file.contains("/usr/local/go/src/") || file.contains("/libexec/src/");
    let is_versioned =
        file.split('/').any(|folder| folder.split_once("@v").is_some_and(|(name, _)| !name.is_empty()));
    // A program may have a package called so, but not one that the compiler prints with a function of the standard one.
    in_root
        || is_versioned
        || (is_standard
            && (file.contains(&format!("/src/{standard}/"))
                || file.starts_with(standard)
                || standard == "panic"))
}

/// PHP's namespaces need not be folders: a file called like the class will do that has the method on that line.
fn is_class_file(file: &source::SourceFile, frame: &StackFrame) -> bool {
    let Some(class) = frame.file.rsplit('/').next().and_then(|name| name.strip_suffix(".php")) else {
        return false;
    };
    let name = frame.function.rsplit(['.', ':', '>']).next().unwrap_or_default();
    let on_line = file.function_on_line(frame.line.saturating_sub(1));
    on_line.is_some_and(|function| function.name == name && function.receiver.as_deref() == Some(class))
}

fn frame(line: &str, next: &str) -> Option<StackFrame> {
    python(line)
        .or_else(|| at_frame(line))
        .or_else(|| rust(line, next))
        .or_else(|| go(line, next))
        .or_else(|| ruby(line))
        .or_else(|| php(line))
        .or_else(|| elixir(line))
}

fn made(file: &str, line: &str, function: &str) -> Option<StackFrame> {
    let line = line.trim().parse().ok()?;
    let file = file.trim();
    (!file.is_empty()).then(|| StackFrame {
        file: file.into(),
        line,
        column: 0,
        function: function.trim().into(),
    })
}

/// `File "/app/shop.py", line 12, in charge`.
fn python(line: &str) -> Option<StackFrame> {
    let rest = line.strip_prefix("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let (number, function) = rest.split_once(", in ").unwrap_or((rest, ""));
    made(file, number, function)
}

/// `at charge (/app/a.js:12:5)`, `at com.shop.Cart.add(Cart.java:12)`, `at Shop.Cart.Add() in /src/Cart.cs:line 12`,
/// and `charge@http://host/a.js:12:5`.
fn at_frame(line: &str) -> Option<StackFrame> {
    let Some(rest) = line.strip_prefix("at ") else {
        let (function, place) = line.split_once('@')?;
        let (file, number, column) = file_line_column(place)?;
        return at_column(column, made(file, number, function));
    };
    if let Some((function, place)) = rest.split_once(" in ")
        && let Some((file, number)) = place.rsplit_once(":line ")
    {
        return made(file, number, &source_name(function).unwrap_or_default());
    }
    if let Some((function, place)) = rest.rsplit_once('(').filter(|_| rest.ends_with(')')) {
        let place = place.trim_end_matches(')');
        if let Some((file, number, column)) = file_line_column(place) {
            let function = function.trim_start_matches("async ").trim_start_matches("new ");
            return at_column(column, made(file, number, function));
        }
        // Java: the file's name alone; the class tells its folder.
        let (file, number) = place.rsplit_once(':')?;
        let class = function.rsplit_once('/').map_or(function, |(_, class)| class);
        let package = class.rsplitn(3, '.').nth(2).unwrap_or_default();
        // PHP's closures have their namespace once more before them: `App.Cart.App.{closure}`.
        let again = file.strip_suffix(".php").and_then(|stem| class.split_once(&format!(".{stem}.")));
        let package = again.map_or(package, |(package, _)| package).replace('.', "/");
        let whole = if package.is_empty() { file.to_owned() } else { format!("{package}/{file}") };
        return made(&whole, number, class);
    }
    let (file, number, column) = file_line_column(rest.trim_start_matches("async "))?;
    at_column(column, made(file, number, ""))
}

fn at_column(column: u32, frame: Option<StackFrame>) -> Option<StackFrame> {
    frame.map(|frame| StackFrame { column, ..frame })
}

/// `/app/a.js:12:5` or `file:///app/a.js:12:5`.
fn file_line_column(place: &str) -> Option<(&str, &str, u32)> {
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let file = file.strip_prefix("webpack://").or_else(|| file.strip_prefix("file://")).unwrap_or(file);
    (is_number(column) && is_number(line)).then(|| (file, line, column.parse().unwrap_or(0)))
}

/// `12: shop::cart::add` followed by `at ./src/cart.rs:12:5`.
fn rust(line: &str, next: &str) -> Option<StackFrame> {
    let (number, function) = line.split_once(": ")?;
    number.parse::<u32>().ok()?;
    let place = next.trim().strip_prefix("at ")?;
    let (file, line, column) = file_line_column(place)?;
    at_column(column, made(file, line, function))
}

/// `main.charge(0x1, 0x2)` followed by a tab and `/app/main.go:12 +0x1d`.
fn go(line: &str, next: &str) -> Option<StackFrame> {
    let place = next.strip_prefix('\t')?.split(" +0x").next()?;
    let (file, number) = place.rsplit_once(':')?;
    if !file.ends_with(".go") {
        return None;
    }
    let function = line.strip_prefix("created by ").unwrap_or(line);
    made(file, number, function.rsplit_once('(').map_or(function, |(name, _)| name))
}

/// `app/models/cart.rb:12:in 'Cart#add'`.
fn ruby(line: &str) -> Option<StackFrame> {
    let (place, function) = line.trim_start_matches("from ").split_once(":in ")?;
    let (file, number) = place.rsplit_once(':')?;
    made(file, number, function.trim_matches(['\'', '`', '"']))
}

/// `#0 /app/src/Cart.php(12): Shop\Cart->add()`.
fn php(line: &str) -> Option<StackFrame> {
    let rest = line.strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    number.parse::<u32>().ok()?;
    let (place, function) =
        rest.split_once("): ").or_else(|| rest.strip_suffix(')').map(|place| (place, "")))?;
    let (file, line) = place.rsplit_once('(')?;
    made(file, line, function.split('(').next().unwrap_or(function))
}

/// `(shop 1.0.0) lib/shop/cart.ex:12: Shop.Cart.add/2`.
fn elixir(line: &str) -> Option<StackFrame> {
    let rest = line.strip_prefix('(').and_then(|line| line.split_once(") ")).map_or(line, |(_, rest)| rest);
    let (place, function) = rest.split_once(": ")?;
    let (file, number) = place.rsplit_once(':')?;
    let is_elixir = [".ex", ".exs", ".erl"].iter().any(|end| file.ends_with(end));
    if is_elixir { made(file, number, function) } else { None }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Attributes, Timestamp};

    use super::*;

    fn check(stacktrace: &str, expected: &[(&str, u32, &str)]) {
        let frames = stack_frames(stacktrace);
        let found: Vec<_> = frames.iter().map(|frame| (&*frame.file, frame.line, &*frame.function)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn python_prints_the_deepest_frame_last_and_causes_first() {
        check(
            "Traceback (most recent call last):\n  File \"/app/store.py\", line 3, in read\n    raise KeyError(id)\n\
             KeyError: 7\n\nThe above exception was the direct cause of the following exception:\n\n\
             Traceback (most recent call last):\n  File \"/app/web.py\", line 12, in handle\n    show(7)\n  \
             File \"/app/shop.py\", line 8, in show\n    raise Gone() from error\n    ^^^^^\nGone",
            &[("/app/shop.py", 8, "show"), ("/app/web.py", 12, "handle")],
        );
    }

    #[test]
    fn javascript_in_all_its_spellings() {
        check(
            "TypeError: no cat\n    at CatsService.find (/app/dist/cats.js:10:31)\n    at async file:///app/main.mjs:4:9\n    \
             at new Cart (webpack:///src/cart.ts:7:1)\n    at Array.map (<anonymous>)\n    at node:internal/process:1:2\n\
             charge@http://localhost/app.js:12:5",
            &[
                ("/app/dist/cats.js", 10, "CatsService.find"),
                ("/app/main.mjs", 4, ""),
                ("/src/cart.ts", 7, "Cart"),
                ("node:internal/process", 1, ""),
                ("http://localhost/app.js", 12, "charge"),
            ],
        );
    }

    #[test]
    fn java_names_the_file_alone_and_the_class_its_folder() {
        check(
            "java.lang.IllegalStateException: x\n\tat com.shop.cart.CartService.add(CartService.java:42)\n\t\
             at app//org.lib.Proxy$1.run(Proxy.java:7)\n\tat sun.reflect.NativeMethodAccessorImpl.invoke0(Native Method)\n\
             Caused by: java.io.IOException\n\t... 3 more",
            &[
                ("com/shop/cart/CartService.java", 42, "com.shop.cart.CartService.add"),
                ("org/lib/Proxy.java", 7, "org.lib.Proxy$1.run"),
            ],
        );
    }

    #[test]
    fn go_and_rust_put_the_place_on_the_next_line() {
        check(
            "goroutine 1 [running]:\nmain.(*Cart).Add(0xc000, 0x1)\n\t/app/cart.go:12 +0x1d\nmain.main()\n\t/app/main.go:7 +0x20",
            &[("/app/cart.go", 12, "main.(*Cart).Add"), ("/app/main.go", 7, "main.main")],
        );
        check(
            "   0: shop::cart::add\n             at ./src/cart.rs:12:5\n   1: core::ops::call\n             at /rustc/abc/ops.rs:1:2",
            &[("./src/cart.rs", 12, "shop::cart::add"), ("/rustc/abc/ops.rs", 1, "core::ops::call")],
        );
    }

    #[test]
    fn dotnet_ruby_php_and_elixir() {
        check(
            "   at Shop.Cart.Add(Int32 id) in /src/Cart.cs:line 12\n   at System.Run()",
            &[("/src/Cart.cs", 12, "Shop.Cart.Add")],
        );
        check(
            "app/models/cart.rb:12:in 'Cart#add'\nfrom app/x.rb:3:in `block in run'",
            &[("app/models/cart.rb", 12, "Cart#add"), ("app/x.rb", 3, "block in run")],
        );
        check(
            "System.Exception: out\n ---> Shop.Gone: in\n   at Shop.Store.Find(Int32 id) in C:\\src\\Store.cs:line 7\n   \
             --- End of inner exception stack trace ---\n   \
             at Shop.Cart.<AddAsync>d__3.MoveNext() in /src/Cart.cs:line 12\n\
             --- End of stack trace from previous location ---\n   \
             at Program.<>c.<<Main>$>b__0_1() in /src/Program.cs:line 3\n   at System.Run()",
            &[
                ("/src/Cart.cs", 12, "Shop.Cart.AddAsync"),
                ("/src/Program.cs", 3, ""),
                ("C:\\src\\Store.cs", 7, "Shop.Store.Find"),
            ],
        );
        check(
            "#0 /app/src/Cart.php(12): Shop\\Cart->add()\n#1 {main}",
            &[("/app/src/Cart.php", 12, "Shop\\Cart->add")],
        );
        check(
            "Shop\\Gone: it is\n\tat Shop.Inner.Cart.Shop.Inner.{closure}(Cart.php:12)\n\tat Shop.Inner.Cart.add(Cart.php:9)",
            &[
                ("Shop/Inner/Cart.php", 12, "Shop.Inner.Cart.Shop.Inner.{closure}"),
                ("Shop/Inner/Cart.php", 9, "Shop.Inner.Cart.add"),
            ],
        );
        check(
            "    (shop 1.0.0) lib/shop/cart.ex:12: Shop.Cart.add/2",
            &[("lib/shop/cart.ex", 12, "Shop.Cart.add/2")],
        );
    }

    #[test]
    fn frames_of_libraries_are_not_the_throwing_place() {
        let mut index = Index::default();
        let files = [
            ("internal/http/server.go", "package http\nfunc serve() {}\n"),
            (
                "src/main/java/com/shop/support/Proxy.java",
                "package com.shop.support;\nclass Proxy { void run() {} }\n",
            ),
            ("src/main/java/com/shop/Cart.java", "package com.shop;\nclass Cart { void add() {} }\n"),
        ];
        for (path, text) in files {
            index.insert(Arc::new(source::read(path, text).unwrap()));
        }
        let found = |stack: &str| {
            let event = Event {
                time: Timestamp(1),
                name: "exception".into(),
                attributes: [(keys::EXCEPTION_STACKTRACE, stack)].into_iter().collect::<Attributes>(),
            };
            throwing_place(&index, &Origins::default(), None, &event)
                .map(|place| format!("{}:{}", place.file, place.line + 1))
        };
        let go = "goroutine 1 [running]:\nnet/http.(*conn).serve(0x1)\n\t/opt/go/src/net/http/server.go:9 +0x1\n\
                  go.opentelemetry.io/otel/sdk/trace.record()\n\tgo.opentelemetry.io/otel/sdk@v1.2.0/internal/http/server.go:2 +0x1\n\
                  shop/internal/http.serve()\n\t/app/internal/http/server.go:2 +0x1";
        assert_eq!(found(go).as_deref(), Some("internal/http/server.go:2"));
        let java = "x.Y: z\n\tat org.lib.support.Proxy.run(Proxy.java:2)\n\tat com.shop.Cart.lambda$add$0(Cart.java:2)";
        assert_eq!(found(java).as_deref(), Some("src/main/java/com/shop/Cart.java:2"));
    }

    #[test]
    fn what_is_no_stack_trace_gives_no_frames_and_never_fails() {
        for text in [
            "",
            "at",
            "at (",
            "at x (",
            "#",
            "#0",
            "@:",
            ":in ",
            "File \"",
            "é: é",
            "at (:1:1)",
            "(a) b:c: d",
            "1: x",
            "\t:1",
        ] {
            assert_eq!(stack_frames(text), [], "{text:?}");
        }
        assert!(stack_frames(&"at a (b.js:1:1)\n".repeat(100_000)).len() <= MAX_FRAMES);
    }

    #[test]
    fn a_php_class_is_found_where_its_namespace_is_no_folder() {
        let mut index = Index::default();
        let text = "<?php\nnamespace Counter;\nclass Orders {\n    function one() {\n        throw new Gone();\n    }\n}\n";
        index.insert(Arc::new(source::read("till/src/Orders.php", text).unwrap()));
        let event = |stack: &str| Event {
            time: Timestamp(1),
            name: "exception".into(),
            attributes: [(keys::EXCEPTION_STACKTRACE, stack)].into_iter().collect::<Attributes>(),
        };
        let place = |stack: &str| {
            throwing_place(&index, &Origins::default(), None, &event(stack)).map(|place| place.line)
        };
        assert_eq!(place("\tat Counter.Orders.one(Orders.php:5)"), Some(4));
        assert_eq!(place("\tat Counter.Orders.other(Orders.php:5)"), None);
        assert_eq!(place("\tat Counter.Orders.one(Orders.php:50)"), None);
    }

    #[test]
    fn the_throwing_place_is_the_deepest_frame_of_the_workspace() {
        let mut index = Index::default();
        for path in ["svc/shop.py", "svc/web.py", "other/web.py"] {
            index.insert(Arc::new(source::read(path, "def show():\n    raise KeyError()\n").unwrap()));
        }
        let event = |stack: &str| Event {
            time: Timestamp(1),
            name: "exception".into(),
            attributes: [(keys::EXCEPTION_STACKTRACE, stack)].into_iter().collect::<Attributes>(),
        };
        let stack = "Traceback (most recent call last):\n  File \"/app/svc/web.py\", line 1, in handle\n  \
                     File \"/app/svc/shop.py\", line 2, in show\n  File \"/usr/lib/python3/json/web.py\", line 9, in load";
        let place = throwing_place(&index, &Origins::default(), None, &event(stack)).unwrap();
        assert_eq!((&*place.file, place.line), ("svc/shop.py", 1));
        assert_eq!(
            throwing_place(
                &index,
                &Origins::default(),
                None,
                &event("File \"/elsewhere/web.py\", line 2, in nothing")
            ),
            None
        );
        assert_eq!(
            throwing_place(
                &index,
                &Origins::default(),
                None,
                &event("File \"../../etc/../svc/shop.py\", line 2, in show")
            ),
            None
        );
    }
}

//! Prints what is found in a folder of sources: routes, tasks, spans and functions. For those who add a language.
#![allow(clippy::print_stdout)]

use std::{path::Path, sync::Arc};

fn main() {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let mut index = source::Index::default();
    add(Path::new(&root), Path::new(&root), &mut index);
    for file in index.files() {
        for function in &file.functions {
            println!(
                "function {} {}..{} {:?}",
                function.key,
                function.name_position.line + 1,
                function.last_line + 1,
                function.kind
            );
        }
        for site in &file.span_sites {
            println!("span {:?} in {} (scope {:?})", site.name, site.function, site.scope);
        }
        for call in file.call_sites.iter().filter(|call| call.target.is_some()) {
            println!(
                "call {:?} {} {:?} at {}:{}",
                call.kind,
                call.callee,
                call.target,
                file.path,
                call.position.line + 1
            );
        }
    }
    for route in index.routing() {
        let open = if route.is_open { "…" } else { "" };
        println!(
            "route {} {open}{} -> {}",
            route.method.as_deref().unwrap_or("*"),
            route.pattern,
            route.handler
        );
    }
    for site in index.passed_span_sites() {
        println!("passed span {:?} in {}", site.name, site.function);
    }
    for consumer in index.consumers() {
        println!("consumer {:?} -> {}", consumer.name, consumer.handler);
    }
    for rpc in index.rpc_methods() {
        println!("rpc {}/{} -> {}", rpc.service, rpc.method, rpc.handler);
    }
}

fn add(root: &Path, folder: &Path, index: &mut source::Index) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "node_modules" && name != "target" {
            add(root, &path, index);
        } else if let (Ok(relative), Ok(text)) = (path.strip_prefix(root), std::fs::read_to_string(&path)) {
            let key = relative.to_string_lossy().replace('\\', "/");
            match source::read(&key, &text) {
                Ok(file) => index.insert(Arc::new(file)),
                Err(source::ReadError::UnknownLanguage) => {}
                Err(error) => println!("skipped {key}: {error}"),
            }
        }
    }
}

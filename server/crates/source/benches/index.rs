//! `cargo bench --bench index [-- FOLDER]`: what reading a folder costs beside a bare parse of the same files, and what the
//! index keeps beside their size. Without a folder: this repository.
#![allow(clippy::print_stdout)]

use std::{
    alloc::System,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use cap::Cap;
use source::{Index, Language, Packed};

/// Counts what is allocated; no limit.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let folder = folder.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.."), PathBuf::from);
    let mut texts = Vec::new();
    collect(&folder, &folder, &mut texts);
    texts.sort();
    texts.retain(|(path, text)| source::read(path, text).is_ok());
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    println!("{} files, {:.1} MB", texts.len(), bytes as f64 / 1e6);

    let (mut parsing, mut reading) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        parsing = parsing.min(time(|| texts.iter().for_each(|(path, text)| source::parse_only(path, text))));
        reading = reading.min(time(|| {
            texts.iter().for_each(|(path, text)| drop(black_box(source::read(path, text))));
        }));
    }
    println!(
        "parse {:.2} s, read {:.2} s: {:.2} x",
        parsing.as_secs_f64(),
        reading.as_secs_f64(),
        reading.as_secs_f64() / parsing.as_secs_f64()
    );

    let before = MEMORY.allocated();
    let mut index = Index::default();
    for (path, text) in &texts {
        if let Ok(file) = source::read(path, text) {
            index.insert_packed(Packed::of(&file));
        }
    }
    index.compact();
    memory("files", before, bytes);
    let resolving = time(|| {
        black_box(index.routing());
    });
    println!("routes and names across files {:.0} ms", resolving.as_secs_f64() * 1e3);
    memory("with files opened for it", before, bytes);
    index.compact();
    memory("with what they tell together", before, bytes);
}

fn memory(what: &str, before: usize, bytes: usize) {
    let kept = MEMORY.allocated() - before;
    println!(
        "{what}: {:.2} MB kept, {:.1} % of the source",
        kept as f64 / 1e6,
        kept as f64 * 100.0 / bytes as f64
    );
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn collect(root: &Path, folder: &Path, texts: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir()
            && !name.starts_with('.')
            && !matches!(name.as_str(), "node_modules" | "target" | "vendor")
        {
            collect(root, &path, texts);
        } else if kind.is_file() && Language::of_path(&name).is_some() {
            let key = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            texts.extend(fs::read_to_string(&path).ok().map(|text| (key, text)));
        }
    }
}

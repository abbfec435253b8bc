//! `cargo bench --bench first_lens [-- MEGABYTES]`: how long after its start an editor sees the first right lens in a large
//! workspace, with nothing remembered and with what was remembered, beside reading all its bytes once. Measures the
//! program named by `SPANGLASS_BIN`, which should be a release build.
#![allow(clippy::print_stdout, missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use spanglass_tests::{free_port, lsp::LspClient, repository, shop};

fn main() {
    let megabytes = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_u64);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let workspace = shop::workspace(folder.path());
    let data = folder.path().join("data");
    let right = keep_spans(&workspace, &data);
    let files = grow(&workspace, megabytes << 20);
    settle(&workspace);
    let (bytes, reading) = read_all(&workspace);
    println!("{files} files, {:.0} MB, read once in {:.0} ms", bytes as f64 / 1e6, ms(reading));
    drop(fs::remove_dir_all(data.join("index")));
    let (cold, whole) = first_lens(&workspace, &data, &right);
    println!(
        "cold  {:>6.0} ms, {:.1} x that; all files read in {:.1} s",
        ms(cold),
        ratio(cold, reading),
        whole.as_secs_f64()
    );
    let (warm, whole) = first_lens(&workspace, &data, &right);
    println!(
        "warm  {:>6.0} ms, {:.1} x that; all files known in {:.1} s",
        ms(warm),
        ratio(warm, reading),
        whole.as_secs_f64()
    );
}

/// Fills the archive with the shop's spans; answers with the lens of a function when all are there.
fn keep_spans(workspace: &Path, data: &Path) -> String {
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut client = LspClient::start(workspace, data, &receiver);
    let file = client.open(&workspace.join("checkout/payments.py"), "python");
    client.until(
        "the receiver",
        |client| client.request("spanglass/status", serde_json::json!({})),
        |status| status["source"].as_str().is_some_and(|source| source.contains("hosting")),
    );
    let spans = shop::spans();
    shop::send(&receiver, &spans);
    client.until(
        "the spans",
        |client| client.request("spanglass/status", serde_json::json!({})),
        |status| status["spans"].as_u64() >= Some(spans.len() as u64),
    );
    let lenses = client.lenses(&file);
    let right = lenses.into_iter().find(|lens| lens.starts_with("30: ")).expect("the function has a lens");
    client.shut_down();
    right
}

/// Adds copies of the other fixtures until the workspace has so many bytes; answers with how many files.
fn grow(workspace: &Path, bytes: u64) -> usize {
    let apps = repository().join("fixtures/apps");
    let mut sources = Vec::new();
    for app in ["go/parcels", "java/lending", "kotlin/tickets", "typescript/newsroom", "cpp/tides"] {
        collect(&apps.join(app), &mut sources);
    }
    let texts: Vec<(PathBuf, Vec<u8>)> = sources
        .into_iter()
        .filter_map(|path| Some((path.strip_prefix(&apps).ok()?.to_owned(), fs::read(&path).ok()?)))
        .collect();
    let (mut written, mut files) = (0, 0);
    for copy in 0.. {
        for (path, text) in &texts {
            if written >= bytes {
                return files;
            }
            let path = workspace.join(format!("more/part_{copy}")).join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
            written += text.len() as u64;
            files += 1;
        }
    }
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the fixture is there").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "node_modules" | "target" | "dist" | "build") {
                collect(&path, files);
            }
        } else if ["go", "java", "kt", "ts", "cc", "h"].iter().any(|it| name.ends_with(&format!(".{it}"))) {
            files.push(path);
        }
    }
}

/// What was written a moment ago is read again at every start; a workspace is older than that.
fn settle(workspace: &Path) {
    let old = std::time::SystemTime::now() - Duration::from_secs(3_600);
    let mut folders = vec![workspace.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if let Ok(file) = fs::File::open(entry.path()) {
                drop(file.set_modified(old));
            }
        }
    }
}

fn read_all(workspace: &Path) -> (u64, Duration) {
    let begun = Instant::now();
    let (mut bytes, mut folders) = (0, vec![workspace.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                bytes += fs::read(entry.path()).map_or(0, |text| text.len() as u64);
            }
        }
    }
    (bytes, begun.elapsed())
}

/// From the start of the process to the right lens, and to the end of the first read.
fn first_lens(workspace: &Path, data: &Path, right: &str) -> (Duration, Duration) {
    let begun = Instant::now();
    let mut client = LspClient::start(workspace, data, &format!("127.0.0.1:{}", free_port()));
    let file = client.open(&workspace.join("checkout/payments.py"), "python");
    let lens = loop {
        if client.lenses(&file).iter().any(|lens| lens == right) {
            break begun.elapsed();
        }
        client.answer_refreshes(Duration::from_millis(20));
    };
    let whole = loop {
        let status = client.request("spanglass/status", serde_json::json!({}));
        if status["ready"] == true {
            break begun.elapsed();
        }
        client.answer_refreshes(Duration::from_millis(50));
    };
    client.shut_down();
    (lens, whole)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn ratio(time: Duration, base: Duration) -> f64 {
    time.as_secs_f64() / base.as_secs_f64().max(1e-9)
}

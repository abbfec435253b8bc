//! Recordings of real exporters and files of other tools: everything in a folder is decoded, and counted.
//!
//! `SPANGLASS_TEST_DATA` names folders of such files, separated like `PATH`; the repository's own recordings are
//! always among them.

use std::path::{Path, PathBuf};

use super::{oracle, skipped};
use crate::{Limits, any, otlp_json, otlp_proto};

fn folders() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/traces");
    let named = std::env::var_os("SPANGLASS_TEST_DATA").unwrap_or_default();
    std::iter::once(own).chain(std::env::split_paths(&named)).filter(|folder| folder.is_dir()).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(path),
        }
    }
}

/// What was recorded as a request body or a download; not licences, indexes and sources.
fn is_recording(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let kind = path.extension().unwrap_or_default().to_string_lossy();
    ["bin", "pb", "json", "jsonl"].contains(&kind.as_ref())
        && !name.starts_with("index")
        && !name.contains("metrics")
}

#[test]
fn every_recording_is_understood() {
    let mut paths = Vec::new();
    folders().iter().for_each(|folder| files(folder, &mut paths));
    paths.retain(|path| is_recording(path));
    if paths.is_empty() {
        return skipped("there is no fixtures/traces, and SPANGLASS_TEST_DATA names no folder");
    }
    let (mut spans, mut unknown) = (0, Vec::new());
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        match any::decode(&bytes, &Limits::for_files()) {
            Ok((dialect, batch)) => {
                spans += batch.spans.len();
                if dialect == any::Dialect::OtlpProtobuf {
                    oracle::compare(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                }
                let proto = otlp_proto::encode_traces(&batch.spans);
                let again = otlp_proto::decode_traces(&proto, &Limits::for_files()).unwrap();
                assert_eq!(again.spans.len(), batch.spans.len(), "{}", path.display());
                let json = otlp_json::encode_traces(&again.spans).to_string();
                let through_json = otlp_json::decode(json.as_bytes(), &Limits::for_files()).unwrap();
                assert_eq!(otlp_proto::encode_traces(&through_json.spans), proto, "{}", path.display());
            }
            Err(error) => unknown.push(format!("{}: {error}", path.display())),
        }
    }
    if !unknown.is_empty() {
        let (some, all) = (unknown.len(), paths.len());
        skipped(&format!("{some} of {all} files are of no known dialect\n{}", unknown.join("\n")));
    }
    assert!(spans > 0, "not a single span in {} files", paths.len());
}

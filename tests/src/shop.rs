//! The shop of `fixtures/`: its code as a workspace, and its recorded spans as if they were sent right now.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use formats::Limits;
use model::{Batch, Span};

use crate::repository;

/// The services, and where their code lies below `fixtures/apps`.
const SERVICES: &[&str] = &["node/storefront", "python/checkout", "rust/catalog"];

/// Copies the shop's code into `folder`, one folder a service.
///
/// # Panics
/// When it cannot be copied.
pub fn workspace(folder: &Path) -> PathBuf {
    let workspace = folder.join("shop");
    for service in SERVICES {
        let name = service.rsplit('/').next().unwrap_or(service);
        copy_code(&repository().join("fixtures/apps").join(service), &workspace.join(name))
            .expect("the shop is copied");
    }
    workspace
}

/// The recorded spans, moved so that the last one ends now.
///
/// # Panics
/// When the recording cannot be read.
pub fn spans() -> Vec<Arc<Span>> {
    let folder = repository().join("fixtures/traces/otlp-proto/shop");
    let mut bodies: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the recording is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension().is_some_and(|it| it == "pb") && !path.to_string_lossy().ends_with("-logs.pb")
        })
        .collect();
    bodies.sort();
    let mut all = Batch::default();
    for body in bodies {
        let bytes = fs::read(&body).expect("a body can be read");
        let batch = formats::otlp_proto::decode_traces(&bytes, &Limits::default()).expect("a body is OTLP");
        all.spans.extend(batch.spans);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    let end = formats::latest_time(&all);
    formats::shift_times(all, now as i128 - i128::from(end.0)).spans
}

/// Sends spans to a receiver as protobuf over HTTP, in bodies of the usual size.
///
/// # Panics
/// When a body is not accepted.
pub fn send(receiver: &str, spans: &[Arc<Span>]) {
    for part in spans.chunks(512) {
        let body = formats::otlp_proto::encode_traces(part);
        let (status, text) =
            crate::http::post(receiver, "/v1/traces", &[("content-type", "application/x-protobuf")], &body);
        assert_eq!(status, 200, "{text}");
    }
}

fn copy_code(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_owned();
        if path.is_dir() {
            if !matches!(name.to_str(), Some("node_modules" | "target" | ".venv" | "__pycache__")) {
                copy_code(&path, &to.join(name))?;
            }
        } else if matches!(path.extension().and_then(|it| it.to_str()), Some("py" | "js" | "rs")) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

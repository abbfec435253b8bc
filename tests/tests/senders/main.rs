//! Real senders and the real receiver: official SDKs over every transport that they offer, and a Collector on either
//! side.

mod collector;
mod sdks;
mod shop;

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use spanglass_tests::skipped;

/// Spans of one run of a sender.
const COUNT: u64 = 20;

/// The folder of a sender; `None`, and said so, where it is not built.
fn built(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("SPANGLASS_SENDERS").map(PathBuf::from) else {
        skipped(name, "SPANGLASS_SENDERS names no folder: run `cargo xtask test --only senders`");
        return None;
    };
    let product = match name {
        "python" => "venv/bin/python",
        "node" => "node_modules",
        "java" => "target/dependency",
        _ => "send",
    };
    let folder = folder.join(name);
    if !folder.join(product).exists() {
        skipped(name, "it is not built, because its toolchain is not installed");
        return None;
    }
    Some(folder)
}

/// The command of a sender.
fn sender(name: &str) -> Option<Command> {
    let folder = built(name)?;
    let tool = |variable: &str, default: &str| std::env::var_os(variable).unwrap_or_else(|| default.into());
    let mut command = match name {
        "python" => Command::new(folder.join("venv/bin/python")),
        "node" => Command::new(tool("SPANGLASS_NODE", "node")),
        "java" => Command::new(tool("SPANGLASS_JAVA", "java")),
        _ => Command::new(folder.join("send")),
    };
    match name {
        "python" => drop(command.arg("send.py")),
        "node" => drop(command.arg("send.mjs")),
        "java" => drop(command.args(["-cp", "target/classes:target/dependency/*", "Send"])),
        _ => {}
    }
    command.current_dir(folder).arg(COUNT.to_string()).stdin(Stdio::null());
    Some(command)
}

/// Lets a sender send, and waits until it has.
fn send(mut command: Command, service: &str, endpoint: &str, protocol: &str, compression: Option<&str>) {
    command
        .env("OTEL_SERVICE_NAME", service)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_EXPORTER_OTLP_INSECURE", "true");
    // Java sends metrics and logs besides when nobody says otherwise, of itself.
    command.env("OTEL_METRICS_EXPORTER", "none").env("OTEL_LOGS_EXPORTER", "none");
    if let Some(compression) = compression {
        command.env("OTEL_EXPORTER_OTLP_COMPRESSION", compression);
    }
    let output = command.output().expect("the sender starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{service}: {said}");
}

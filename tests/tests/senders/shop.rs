//! The shop: three services, instrumented as apps are, started for the purpose.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;
use spanglass_tests::{repository, server::Server, skipped};

/// Programs that the services need; without one of them there is nothing to send.
const NEEDED: &[&str] = &["python3", "node", "npm", "cargo"];

#[test]
fn the_sdks_of_python_node_and_rust_send_protobuf() {
    send_and_check("http/protobuf");
}

#[test]
fn the_sdks_of_python_and_node_send_json() {
    send_and_check("http/json");
}

fn send_and_check(protocol: &str) {
    let missing = NEEDED.iter().find(|program| Command::new(program).arg("--version").output().is_err());
    if let Some(missing) = missing {
        return skipped(protocol, &format!("{missing} is not installed, and the shop's services need it"));
    }
    let server = Server::start();
    let mut sender = Command::new("python3");
    sender.arg(repository().join("fixtures/record/send.py")).arg("--protocol").arg(protocol);
    let sent =
        sender.arg("--to").arg(format!("http://{}", server.receiver)).output().expect("python3 starts");
    let said = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert!(sent.status.success(), "{said}");
    server.wait_for_spans(100);

    let output = server.run(&["attribute", "--json"]);
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let is_sure = |line: &&Value| matches!(line["confidence"].as_str(), Some("certain" | "likely"));
    let placed: BTreeSet<String> = lines
        .iter()
        .filter(is_sure)
        .map(|line| format!("{} {}", line["service"], line["function"]).replace('"', ""))
        .collect();
    for expected in ["storefront", "checkout create_order", "catalog"] {
        assert!(placed.iter().any(|it| it.starts_with(expected)), "nothing of {expected} in {placed:#?}");
    }
}

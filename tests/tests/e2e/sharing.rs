//! Several windows on one machine: one hosts, the others read through it, and when it goes another takes over.

use serde_json::{Value, json};
use spanglass_tests::{free_port, lsp::LspClient, shop};

#[test]
fn a_second_window_reads_through_the_first_and_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let data = folder.path().join("data");
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut first = LspClient::start(&workspace, &data, &receiver);
    first.until("a host", status, |status| source(status).contains("hosting"));
    let mut second = LspClient::start(&workspace, &data, &receiver);
    second.until("a reader", status, |status| source(status).contains("through"));

    let spans = shop::spans();
    shop::send(&receiver, &spans[..300]);
    second.until("the first window's spans", status, |status| status["spans"] == 300);

    first.wire.kill();
    second.until("a new host", status, |status| source(status).contains("hosting"));
    shop::send(&receiver, &spans[300..400]);
    second.until("spans sent to the new host", status, |status| status["spans"] == 400);
}

#[test]
fn a_port_that_somebody_else_holds_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = other.local_addr().unwrap().to_string();
    let mut client = LspClient::start(&workspace, &folder.path().join("data"), &receiver);
    let status = client.until("an explanation", status, |status| status["problem"].is_string());
    let problem = status["problem"].as_str().unwrap();
    assert!(problem.contains(&receiver) && problem.contains("SPANGLASS_RECEIVER__HTTP"), "{problem}");
    let uri = client.open(&workspace.join("checkout/orders.py"), "python");
    assert_eq!(client.lenses(&uri), Vec::<String>::new(), "the editor is answered all the same");
}

pub(crate) fn status(client: &mut LspClient) -> Value {
    client.request("spanglass/status", json!({}))
}

fn source(status: &Value) -> &str {
    status["source"].as_str().unwrap_or_default()
}

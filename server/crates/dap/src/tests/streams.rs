//! Several sessions at once, over every kind of stream; pages add up.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{FramedRead, FramedWrite};

use crate::{
    testing::{Client, Shop, TRACE, recording},
    wire::Codec,
};

/// Launches over any stream and takes `steps` steps; answers with the description of the last stop.
async fn walk(read: impl AsyncRead + Unpin, write: impl AsyncWrite + Unpin, steps: usize) -> String {
    let mut input = FramedRead::new(read, Codec::default());
    let mut output = FramedWrite::new(write, Codec::default());
    let mut commands = vec![
        ("initialize", json!({"adapterID": "test"})),
        ("launch", json!({"traceId": TRACE, "stopOnEntry": true})),
        ("configurationDone", json!({})),
    ];
    commands.extend((0..steps).map(|_| ("stepIn", json!({"threadId": 1}))));
    commands.push(("disconnect", json!({})));
    for (seq, (command, arguments)) in commands.into_iter().enumerate() {
        let request = json!({"seq": seq, "type": "request", "command": command, "arguments": arguments});
        output.send(request.to_string().as_bytes()).await.unwrap();
    }
    let mut last = String::new();
    while let Some(frame) = input.next().await {
        let message: Value = serde_json::from_slice(&frame.unwrap()).unwrap();
        if message["event"] == "stopped" {
            last = message["body"]["description"].as_str().unwrap().to_owned();
        }
    }
    last
}

const AFTER_1: &str = "Paused at +10.000 ms · price starts · span 2/4 · shop";
const AFTER_2: &str = "Paused at +30.000 ms · price ends after 20 ms · span 2/4 · shop";

#[tokio::test]
async fn each_connection_to_a_port_is_a_session_of_its_own() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(crate::serve_tcp(listener, Arc::new(Shop { recording: recording(1) })));
    let connect = async |steps| {
        let (read, write) = tokio::net::TcpStream::connect(address).await.unwrap().into_split();
        walk(read, write, steps).await
    };
    let (one, two) = tokio::join!(connect(1), connect(2));
    assert_eq!((one.as_str(), two.as_str()), (AFTER_1, AFTER_2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_serves_sessions_too() {
    let folder = std::env::temp_dir().join(format!("spanglass-dap-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("adapter.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(crate::serve_pipe(listener, Arc::new(Shop { recording: recording(1) })));
    let (read, write) = tokio::net::UnixStream::connect(&path).await.unwrap().into_split();
    assert_eq!(walk(read, write, 1).await, AFTER_1);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Reads a list by pages of `size`, or whole.
async fn read_all(client: &mut Client, reference: &Value, size: Option<usize>) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let mut arguments = json!({"variablesReference": reference});
        if let Some(size) = size {
            arguments["start"] = json!(all.len());
            arguments["count"] = json!(size);
        }
        let page = client.body("variables", arguments).await["variables"].as_array().unwrap().clone();
        let is_last = size.is_none() || page.is_empty();
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

#[tokio::test]
async fn pages_of_a_long_list_add_up_and_clients_without_pages_get_groups() {
    let library = Arc::new(Shop { recording: recording(12_345) });
    let mut client = Client::connect(library.clone());
    client.begin().await;
    let found = client.body("evaluate", json!({"expression": "cart", "context": "watch"})).await;
    assert_eq!((&found["indexedVariables"], &found["namedVariables"]), (&json!(12_345), &json!(0)));
    let reference = &found["variablesReference"];
    let paged = read_all(&mut client, reference, Some(1_000)).await;
    let names: Vec<String> = (0..12_345).map(|place| format!("[{place}]")).collect();
    assert!(paged.iter().map(|it| it["name"].as_str().unwrap()).eq(names.iter().map(String::as_str)));
    for (start, count, length) in
        [(-5, 10, 10), (12_340, 100, 5), (99_999, 5, 0), (0, -1, 10_000), (i64::MAX, i64::MAX, 0)]
    {
        let page =
            json!({"variablesReference": reference, "filter": "indexed", "start": start, "count": count});
        let page = client.body("variables", page).await;
        assert_eq!(page["variables"].as_array().unwrap().len(), length, "{start} {count}");
    }

    let mut client = Client::connect(library);
    client.request("initialize", json!({"adapterID": "plain"})).await;
    client.request("launch", json!({"traceId": TRACE, "stopOnEntry": true})).await;
    client.request("configurationDone", Value::Null).await;
    let found = client.body("evaluate", json!({"expression": "cart"})).await;
    let mut open = vec![found["variablesReference"].clone()];
    let mut leaves = Vec::new();
    while let Some(reference) = open.pop() {
        let variables = read_all(&mut client, &reference, None).await;
        assert!(variables.len() <= 100);
        for variable in variables.into_iter().rev() {
            match variable["variablesReference"].as_i64() {
                Some(0) => leaves.push(variable["name"].as_str().unwrap().to_owned()),
                _ => open.push(variable["variablesReference"].clone()),
            }
        }
        // Groups are opened last to first, and so are the leaves within.
    }
    leaves.sort_by_key(|name| name.trim_matches(['[', ']']).parse::<u32>().unwrap());
    assert_eq!(leaves, names);
}

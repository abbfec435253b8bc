//! Clients that break the rules get errors, and the session lives.

use std::sync::{Arc, Mutex};

use expect_test::expect;
use futures::{SinkExt, StreamExt, future::BoxFuture};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, sync::oneshot};

use crate::{
    LaunchRequest, Library, Loaded, Paths,
    testing::{Client, Shop, TRACE, recording, source},
};

fn shop() -> Arc<Shop> {
    Arc::new(Shop { recording: recording(3) })
}

#[tokio::test]
async fn wrong_requests_are_answered_with_what_is_wrong() {
    let mut client = Client::connect(shop());
    client.request("threads", Value::Null).await;
    client.begin().await;
    for (command, arguments) in [
        ("frobnicate", json!({"x": 1})),
        ("locations", json!({"locationReference": 1})),
        ("next", json!({"threadId": "one"})),
        ("next", Value::Null),
        ("next", json!({"threadId": 999})),
        ("stackTrace", json!({"threadId": -1})),
        ("stackTrace", json!({"threadId": 1, "startFrame": -5, "levels": i64::MIN})),
        ("stackTrace", json!({"threadId": 1, "startFrame": i64::MAX, "levels": i64::MAX})),
        ("scopes", json!({"frameId": 999})),
        ("variables", json!({"variablesReference": i64::MAX})),
        ("evaluate", json!({"expression": "x", "frameId": 12345})),
        ("source", json!({"sourceReference": -1})),
        ("source", json!({"source": {"sourceReference": 77}})),
        ("goto", json!({"threadId": 1, "targetId": 12345})),
        ("restartFrame", json!({"frameId": 0})),
        ("exceptionInfo", json!({"threadId": 1})),
        ("setVariable", json!({"variablesReference": 1, "name": "a", "value": "b"})),
        ("setBreakpoints", json!({"source": {}, "breakpoints": [{"line": 1}]})),
        (
            "setBreakpoints",
            json!({"source": source(), "breakpoints": [{"line": i64::MIN}, {"line": i64::MAX}]}),
        ),
        ("launch", json!({"traceId": TRACE})),
        ("attach", json!({"service": "shop"})),
        ("spanglass/seek", json!({"offsetMs": -1})),
        ("spanglass/nothing", json!({})),
        ("cancel", Value::Null),
        ("disassemble", json!({"memoryReference": "0", "instructionCount": 1})),
    ] {
        client.request(command, arguments).await;
    }
    expect![[r#"
        > frobnicate {"x":1}
          < failed "unknown request 'frobnicate'"
        > locations {"locationReference":1}
          < failed "unknown request 'locations'"
        > next {"threadId":"one"}
          < failed "bad arguments for 'next': invalid type: string \"one\", expected i64"
        > next
          < failed "bad arguments for 'next': missing field `threadId`"
        > next {"threadId":999}
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +10.000 ms · about to call price · span 1/4 · shop","reason":"step","text":"about to call price","threadId":1}
        > stackTrace {"threadId":-1}
          < failed "there is no thread -1"
        > stackTrace {"levels":-9223372036854775808,"startFrame":-5,"threadId":1}
          < ok stackFrames:
              {"canRestart":true,"column":1,"id":1,"line":2,"name":"create_order (POST /orders)","source":{"name":"orders.py","path":"/shop/orders.py"}}
        > stackTrace {"levels":9223372036854775807,"startFrame":9223372036854775807,"threadId":1}
          < ok {"stackFrames":[],"totalFrames":1}
        > scopes {"frameId":999}
          < failed "frame 999 is not one of this stop"
        > variables {"variablesReference":9223372036854775807}
          < failed "variables 9223372036854775807 are not of this stop any more"
        > evaluate {"expression":"x","frameId":12345}
          < failed "frame 12345 is not one of this stop"
        > source {"sourceReference":-1}
          < failed "there is no generated document -1"
        > source {"source":{"sourceReference":77}}
          < failed "there is no generated document 77"
        > goto {"targetId":12345,"threadId":1}
          < failed "this place to go to is not known any more; choose the line again"
        > restartFrame {"frameId":0}
          < failed "frame 0 is not one of this stop"
        > exceptionInfo {"threadId":1}
          < failed "the replay does not stand at an exception"
        > setVariable {"name":"a","value":"b","variablesReference":1}
          < failed "a recording cannot be changed: its values are read-only"
        > setBreakpoints {"breakpoints":[{"line":1}],"source":{}}
          < ok breakpoints:
              {"id":1,"message":"this file is not in the workspace of the replay","verified":false}
        > setBreakpoints {"breakpoints":[{"line":-9223372036854775808},{"line":9223372036854775807}],"source":{"path":"/shop/orders.py"}}
          < ok breakpoints:
              {"id":2,"line":1,"source":{"path":"/shop/orders.py"},"verified":true}
              {"id":3,"line":2147483647,"message":"no function of this trace or of the workspace stands here","source":{"path":"/shop/orders.py"},"verified":false}
        > launch {"traceId":"0af7651916cd43dd8448eb211c80319c"}
          < failed "a session replays one trace; start another session for another trace"
        > attach {"service":"shop"}
          < failed "attaching to live traffic is not possible yet; launch with a traceId, a file, or find instead"
        > spanglass/seek {"offsetMs":-1}
          < failed "spanglass/seek needs offsetMs, a number of milliseconds"
        > spanglass/nothing {}
          < failed "unknown request 'spanglass/nothing'"
        > cancel
          < ok
        > disassemble {"instructionCount":1,"memoryReference":"0"}
          < failed "a recording of spans has no memory, instructions or modules"
    "#]].assert_eq(&client.transcript);
}

#[tokio::test]
async fn what_is_no_message_is_reported_and_passed_over() {
    let mut client = Client::connect(shop());
    client.begin().await;
    for body in
        ["{\"seq\": 99, ", "[1]", "{}", "{\"type\":\"request\",\"command\":\"next\"}", "\u{0}\u{1}", ""]
    {
        client.raw(body).await;
    }
    client
        .raw(r#"{"seq":7,"type":"response","request_seq":3,"success":true,"command":"startDebugging"}"#)
        .await;
    client.request("threads", json!({})).await;
    expect![[r#"
        > threads {}
          * output {"category":"stderr","output":"a message is not JSON: EOF while parsing a value at line 1 column 12\n"}
          * output {"category":"stderr","output":"a message has to be a JSON object\n"}
          * output {"category":"stderr","output":"a message has no type that the protocol knows\n"}
          * output {"category":"stderr","output":"a request has no `seq`, so it cannot be answered\n"}
          * output {"category":"stderr","output":"a message is not JSON: expected value at line 1 column 1\n"}
          * output {"category":"stderr","output":"a message is not JSON: EOF while parsing a value at line 1 column 0\n"}
          < ok threads:
              {"id":1,"name":"shop"}
              {"id":2,"name":"pay"}
    "#]].assert_eq(&client.transcript);
}

#[tokio::test]
async fn a_length_that_cannot_be_closes_the_connection() {
    for header in
        ["Content-Length: 18446744073709551615\r\n\r\n", "Content-Length: x\r\n\r\n", &"x".repeat(10_000)]
    {
        let mut client = Client::connect(shop());
        client.begin().await;
        client.output.get_mut().write_all(header.as_bytes()).await.unwrap();
        assert_eq!(client.next().await, None, "{}", &header[..20]);
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_message_ends_its_session() {
    let mut client = Client::connect(shop());
    client.begin().await;
    client.output.get_mut().write_all(b"Content-Length: 500\r\n\r\n{\"seq\"").await.unwrap();
    SinkExt::<&[u8]>::close(&mut client.output).await.unwrap();
    assert!(client.input.next().await.is_none());
}

#[tokio::test]
async fn launches_that_cannot_be_say_why() {
    let mut client = Client::connect(shop());
    client.request("initialize", json!({"adapterID": "test"})).await;
    client.transcript.clear();
    client.request("launch", json!({})).await;
    client.request("launch", json!({"traceId": "nonsense"})).await;
    client.request("launch", json!({"traceId": "1"})).await;
    client.request("launch", json!({"traceId": TRACE, "compareWith": "2"})).await;
    client.request("launch", json!({"traceId": TRACE, "spanId": "77", "stopOnEntry": false})).await;
    client.request("configurationDone", Value::Null).await;
    expect![[r#"
        > launch {}
          < failed "say what to replay: traceId, file, or find (slowest, latest or failing)"
        > launch {"traceId":"nonsense"}
          < failed "traceId \"nonsense\" is no trace's identifier: an identifier is written in hexadecimal digits"
        > launch {"traceId":"1"}
          < failed "Trace(TraceId(00000000000000000000000000000001)) is not here"
        > launch {"compareWith":"2","traceId":"0af7651916cd43dd8448eb211c80319c"}
          < failed "comparing with a second trace is not possible yet; leave compareWith out"
        > launch {"spanId":"77","stopOnEntry":false,"traceId":"0af7651916cd43dd8448eb211c80319c"}
          < ok
          * initialized
        > configurationDone
          < ok
          * output {"category":"console","output":"span 0000000000000077 is not in this trace; the replay begins at the trace's start\n"}
          * output {"category":"console","output":"This is the end of the trace.\n"}
          * stopped {"allThreadsStopped":true,"description":"Paused at +100.000 ms · POST /orders ends with an error after 100 ms · span 4/4 · shop","reason":"pause","text":"error: POST /orders ended with an error","threadId":1}
    "#]].assert_eq(&client.transcript);
}

/// Loads when it is told to.
struct Slow {
    doors: Mutex<Vec<oneshot::Receiver<()>>>,
}

impl Library for Slow {
    fn load(&self, _: LaunchRequest) -> BoxFuture<'static, Result<Loaded, String>> {
        let door = self.doors.lock().unwrap().pop().unwrap();
        Box::pin(async move {
            door.await.map_err(|_| "the door is gone".to_owned())?;
            Ok(Loaded { recording: recording(1), paths: Paths::of_workspace("/shop"), found: None })
        })
    }
}

#[tokio::test]
async fn what_is_asked_while_a_trace_loads_is_answered_when_it_is_there() {
    let (open, door) = oneshot::channel();
    let mut client = Client::connect(Arc::new(Slow { doors: Mutex::new(vec![door]) }));
    client.request("initialize", json!({"adapterID": "x", "supportsProgressReporting": true})).await;
    let launch = client.send("launch", json!({"traceId": TRACE})).await;
    let threads = client.send("threads", Value::Null).await;
    let cancel = client.send("cancel", json!({"requestId": 12345})).await;
    assert_eq!(client.next().await.unwrap()["event"], "progressStart");
    assert_eq!(client.next().await.unwrap()["request_seq"], cancel);
    open.send(()).unwrap();
    assert_eq!(client.next().await.unwrap()["event"], "progressEnd");
    let launched = client.next().await.unwrap();
    assert_eq!((&launched["request_seq"], &launched["success"]), (&json!(launch), &json!(true)));
    assert_eq!(client.next().await.unwrap()["event"], "initialized");
    let listed = client.next().await.unwrap();
    assert_eq!((&listed["request_seq"], &listed["success"]), (&json!(threads), &json!(true)));
}

#[tokio::test]
async fn loading_can_be_cancelled_and_tried_again() {
    let (_never, first) = oneshot::channel();
    let (open, second) = oneshot::channel();
    let mut client = Client::connect(Arc::new(Slow { doors: Mutex::new(vec![second, first]) }));
    client.request("initialize", json!({"adapterID": "x"})).await;
    let launch = client.send("launch", json!({"traceId": TRACE})).await;
    let cancel = client.send("cancel", json!({"requestId": launch})).await;
    let given_up = client.next().await.unwrap();
    assert_eq!((&given_up["request_seq"], &given_up["message"]), (&json!(launch), &json!("cancelled")));
    assert_eq!(client.next().await.unwrap()["request_seq"], cancel);
    open.send(()).unwrap();
    let again = client.send("launch", json!({"traceId": TRACE})).await;
    let launched = client.next().await.unwrap();
    assert_eq!((&launched["request_seq"], &launched["success"]), (&json!(again), &json!(true)));
}

#[tokio::test]
async fn a_client_may_disconnect_while_a_trace_loads() {
    let (_never, door) = oneshot::channel();
    let mut client = Client::connect(Arc::new(Slow { doors: Mutex::new(vec![door]) }));
    client.request("initialize", json!({"adapterID": "x"})).await;
    let launch = client.send("launch", json!({"traceId": TRACE})).await;
    let disconnect = client.send("disconnect", Value::Null).await;
    assert_eq!(client.next().await.unwrap()["request_seq"], launch);
    assert_eq!(client.next().await.unwrap()["request_seq"], disconnect);
    assert_eq!(client.next().await, None);
}

/// Fails in the worst way.
struct Broken;

impl Library for Broken {
    fn load(&self, _: LaunchRequest) -> BoxFuture<'static, Result<Loaded, String>> {
        Box::pin(async { panic!("a bug in a library") })
    }
}

#[tokio::test]
async fn a_library_that_panics_costs_the_launch_only() {
    let mut client = Client::connect(Arc::new(Broken));
    client.request("initialize", json!({"adapterID": "x"})).await;
    let launch = client.send("launch", json!({"traceId": TRACE})).await;
    let failed = client.next().await.unwrap();
    assert_eq!((&failed["request_seq"], &failed["success"]), (&json!(launch), &json!(false)));
    client.request("initialize", json!({"adapterID": "x"})).await;
}

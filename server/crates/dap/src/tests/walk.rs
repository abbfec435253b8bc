//! What a well-behaved client sees.

use std::sync::Arc;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::testing::{Client, Shop, TRACE, recording, source};

async fn client() -> Client {
    Client::connect(Arc::new(Shop { recording: recording(3) }))
}

fn check(client: &Client, expected: Expect) {
    expected.assert_eq(&client.transcript);
}

#[tokio::test]
async fn from_the_start_to_the_exception_and_back() {
    let mut client = client().await;
    client.request("initialize", json!({"adapterID": "test", "supportsVariableType": true})).await;
    client.transcript.clear();
    client.request("launch", json!({"traceId": TRACE})).await;
    let breakpoints =
        json!({"source": source(), "breakpoints": [{"line": 2}, {"line": 9, "logMessage": "never"}]});
    client.request("setBreakpoints", breakpoints).await;
    client.request("setExceptionBreakpoints", json!({"filters": ["exception"]})).await;
    client.request("configurationDone", Value::Null).await;
    client.request("threads", Value::Null).await;
    client.request("stackTrace", json!({"threadId": 1})).await;
    client.request("continue", json!({"threadId": 1})).await;
    client.request("exceptionInfo", json!({"threadId": 1})).await;
    client.request("stackTrace", json!({"threadId": 1, "startFrame": 0, "levels": 1})).await;
    client.request("continue", json!({"threadId": 1})).await;
    client.request("next", json!({"threadId": 1})).await;
    client.request("reverseContinue", json!({"threadId": 1})).await;
    client.request("stepBack", json!({"threadId": 1})).await;
    let goodbye = client.send("disconnect", Value::Null).await;
    let answer = client.next().await.expect("an answer");
    assert_eq!((&answer["request_seq"], &answer["success"]), (&json!(goodbye), &json!(true)));
    assert_eq!(client.next().await, None, "the stream is closed");
    check(
        &client,
        expect![[r#"
        > launch {"traceId":"0af7651916cd43dd8448eb211c80319c"}
          < ok
          * initialized
        > setBreakpoints {"breakpoints":[{"line":2},{"line":9,"logMessage":"never"}],"source":{"path":"/shop/orders.py"}}
          < ok breakpoints:
              {"id":1,"line":2,"source":{"path":"/shop/orders.py"},"verified":true}
              {"id":2,"line":9,"message":"no function of this trace or of the workspace stands here","source":{"path":"/shop/orders.py"},"verified":false}
        > setExceptionBreakpoints {"filters":["exception"]}
          < ok breakpoints:
              {"id":3,"verified":true}
        > configurationDone
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +10.000 ms · about to call price · span 1/4 · shop","hitBreakpointIds":[1],"reason":"breakpoint","text":"about to call price","threadId":1}
        > threads
          < ok threads:
              {"id":1,"name":"shop"}
              {"id":2,"name":"pay"}
        > stackTrace {"threadId":1}
          < ok stackFrames:
              {"canRestart":true,"column":1,"id":1,"line":2,"name":"create_order (POST /orders)","source":{"name":"orders.py","path":"/shop/orders.py"}}
        > continue {"threadId":1}
          < ok {"allThreadsContinued":true}
          * stopped {"allThreadsStopped":true,"description":"Paused at +80.000 ms · Declined: no · span 4/4 · shop","hitBreakpointIds":[3],"reason":"exception","text":"Declined: no","threadId":1}
        > exceptionInfo {"threadId":1}
          < ok {"breakMode":"unhandled","description":"no","details":{"fullTypeName":"Declined","message":"no","stackTrace":"Traceback (most recent call last):\n  File \"/srv/orders.py\", line 12, in charge\n    check_card(cart)\n  File \"/srv/orders.py\", line 16, in check_card\n    raise Declined('no')\nDeclined: no\n","typeName":"Declined"},"exceptionId":"Declined"}
        > stackTrace {"levels":1,"startFrame":0,"threadId":1}
          < ok stackFrames:
              {"canRestart":true,"column":1,"id":2,"line":16,"name":"charge","source":{"name":"orders.py","path":"/shop/orders.py"}}
        > continue {"threadId":1}
          < ok {"allThreadsContinued":true}
          * output {"category":"console","output":"This is the end of the trace.\n"}
          * stopped {"allThreadsStopped":true,"description":"Paused at +100.000 ms · POST /orders ends with an error after 100 ms · span 4/4 · shop","reason":"pause","text":"error: POST /orders ended with an error","threadId":1}
        > next {"threadId":1}
          < ok
          * output {"category":"console","output":"This is the end of the trace.\n"}
          * stopped {"allThreadsStopped":true,"description":"Paused at +100.000 ms · POST /orders ends with an error after 100 ms · span 4/4 · shop","reason":"pause","text":"error: POST /orders ended with an error","threadId":1}
        > reverseContinue {"threadId":1}
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +80.000 ms · Declined: no · span 4/4 · shop","hitBreakpointIds":[3],"reason":"exception","text":"Declined: no","threadId":1}
        > stepBack {"threadId":1}
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +50.000 ms · about to call authorize · span 3/4 · shop","reason":"step","text":"about to call authorize","threadId":1}
    "#]],
    );
}

#[tokio::test]
async fn variables_scopes_and_expressions() {
    let mut client = client().await;
    client.begin().await;
    let frames = client.body("stackTrace", json!({"threadId": 1})).await;
    let frame = frames["stackFrames"][0]["id"].clone();
    let scopes = client.body("scopes", json!({"frameId": frame})).await;
    client.transcript.clear();
    for scope in scopes["scopes"].as_array().unwrap() {
        client.request("variables", json!({"variablesReference": scope["variablesReference"]})).await;
    }
    for (expression, context) in [
        ("cart", "hover"),
        ("missing", "hover"),
        ("duration > 50ms && status = error", "watch"),
        ("len(cart)", "watch"),
        ("span.app.cart", "clipboard"),
        ("where", "repl"),
        ("find name = \"charge\"", "repl"),
        ("at 50ms", "repl"),
        ("previous error", "repl"),
        ("rout", "repl"),
    ] {
        client
            .request("evaluate", json!({"expression": expression, "frameId": frame, "context": context}))
            .await;
    }
    check(
        &client,
        expect![[r##"
        > variables {"variablesReference":2}
          < ok variables:
              {"evaluateName":"span.app.cart","indexedVariables":3,"name":"cart","namedVariables":0,"presentationHint":{"attributes":["readOnly"],"kind":"data"},"type":"array","value":"[0, 1, 2]","variablesReference":6}
              {"name":"code","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"{function.name: \"create_order\", file.path: \"/srv/orders.py\"}","variablesReference":7}
              {"evaluateName":"span.app.cart","indexedVariables":3,"name":"app.cart","namedVariables":0,"presentationHint":{"attributes":["readOnly"],"kind":"data"},"type":"array","value":"[0, 1, 2]","variablesReference":6}
        > variables {"variablesReference":3}
          < ok variables:
              {"evaluateName":"name","name":"name","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"\"POST /orders\"","variablesReference":0}
              {"evaluateName":"service","name":"service","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"\"shop\"","variablesReference":0}
              {"evaluateName":"kind","name":"kind","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"server","variablesReference":0}
              {"evaluateName":"status","name":"status","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"error","variablesReference":0}
              {"evaluateName":"duration","name":"duration","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"100 ms","variablesReference":0}
              {"name":"self time","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"30 ms","variablesReference":0}
              {"name":"started","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"+0.000 ms","variablesReference":0}
              {"evaluateName":"elapsed","name":"elapsed","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"0 ms","variablesReference":0}
              {"name":"remaining","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"100 ms","variablesReference":0}
              {"name":"function","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"create_order (certain: code.* names create_order in orders.py)","variablesReference":0}
              {"evaluateName":"childCount","name":"calls","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"2","variablesReference":0}
              {"evaluateName":"span:id","name":"span id","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"0000000000000001","variablesReference":0}
              {"evaluateName":"trace:id","name":"trace id","presentationHint":{"attributes":["readOnly"],"kind":"data"},"value":"0af7651916cd43dd8448eb211c80319c","variablesReference":0}
        > variables {"variablesReference":4}
          < ok {"variables":[]}
        > variables {"variablesReference":5}
          < ok variables:
              {"evaluateName":"resource.service.name","name":"service.name","presentationHint":{"attributes":["readOnly"],"kind":"data"},"type":"string","value":"\"shop\"","variablesReference":0}
        > evaluate {"context":"hover","expression":"cart","frameId":1}
          < ok {"indexedVariables":3,"namedVariables":0,"presentationHint":{"attributes":["readOnly"],"kind":"data"},"result":"[0, 1, 2]","type":"array","variablesReference":6}
        > evaluate {"context":"hover","expression":"missing","frameId":1}
          < failed "missing was not recorded here"
        > evaluate {"context":"watch","expression":"duration > 50ms && status = error","frameId":1}
          < ok {"presentationHint":{"attributes":["readOnly"],"kind":"data"},"result":"true","variablesReference":0}
        > evaluate {"context":"watch","expression":"len(cart)","frameId":1}
          < failed "column 4: recorded values have no functions that could be called"
        > evaluate {"context":"clipboard","expression":"span.app.cart","frameId":1}
          < ok {"result":"[0, 1, 2]","variablesReference":0}
        > evaluate {"context":"repl","expression":"where","frameId":1}
          < ok {"result":"#0 of 11 · +0.000 ms · POST /orders starts","variablesReference":0}
        > evaluate {"context":"repl","expression":"find name = \"charge\"","frameId":1}
          < ok {"result":"#5 +40.000 ms charge · shop · 50 ms\n1 span; go to it with `goto #N`","variablesReference":0}
        > evaluate {"context":"repl","expression":"at 50ms","frameId":1}
          < ok {"result":"#7 of 11 · +50.000 ms · authorize starts","variablesReference":0}
          * continued {"allThreadsContinued":true,"threadId":2}
          * stopped {"allThreadsStopped":true,"description":"Paused at +50.000 ms · authorize starts · span 4/4 · pay","reason":"goto","text":"authorize starts","threadId":2}
        > evaluate {"context":"repl","expression":"previous error","frameId":1}
          < ok {"result":"there is no error before this moment","variablesReference":0}
        > evaluate {"context":"repl","expression":"rout","frameId":1}
          < ok {"result":"#6 of 11 · +50.000 ms · about to call authorize","variablesReference":0}
          * continued {"allThreadsContinued":true,"threadId":1}
          * stopped {"allThreadsStopped":true,"description":"Paused at +50.000 ms · about to call authorize · span 3/4 · shop","reason":"step","text":"about to call authorize","threadId":1}
    "##]],
    );
}

#[tokio::test]
async fn other_ways_to_travel() {
    let mut client = client().await;
    client.begin().await;
    let frames = client.body("stackTrace", json!({"threadId": 1})).await;
    let frame = frames["stackFrames"][0]["id"].clone();
    client.transcript.clear();
    let targets = client.body("stepInTargets", json!({"frameId": frame})).await;
    client.request("stepIn", json!({"threadId": 1, "targetId": targets["targets"][1]["id"]})).await;
    let targets = client.body("gotoTargets", json!({"source": source(), "line": 2})).await;
    client.request("goto", json!({"threadId": 1, "targetId": targets["targets"][0]["id"]})).await;
    client.request("next", json!({"threadId": 1, "granularity": "instruction"})).await;
    client.request("restartFrame", json!({"frameId": frame})).await;
    client.request("spanglass/seek", json!({"offsetMs": 55})).await;
    let thread = 2;
    client.request("stackTrace", json!({"threadId": thread})).await;
    let document =
        client.body("stackTrace", json!({"threadId": thread})).await["stackFrames"][0]["source"].clone();
    client
        .request("source", json!({"source": document, "sourceReference": document["sourceReference"]}))
        .await;
    client.request("spanglass/stepOutBack", Value::Null).await;
    client.request("loadedSources", json!({})).await;
    client.request("breakpointLocations", json!({"source": source(), "line": 1, "endLine": 20})).await;
    client.request("completions", json!({"frameId": frame, "text": "span.app", "column": 9})).await;
    client.request("restart", Value::Null).await;
    client.request("terminate", Value::Null).await;
    client.request("next", json!({"threadId": 1})).await;
    check(
        &client,
        expect![[r##"
        > stepInTargets {"frameId":1}
          < ok targets:
              {"id":2,"label":"price","line":2}
              {"id":3,"label":"charge","line":3}
        > stepIn {"targetId":3,"threadId":1}
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +40.000 ms · charge starts · span 3/4 · shop","reason":"step","text":"charge starts","threadId":1}
        > gotoTargets {"line":2,"source":{"path":"/shop/orders.py"}}
          < ok targets:
              {"id":4,"label":"hit 1 of 1 · +10.000 ms · about to call price","line":2}
        > goto {"targetId":4,"threadId":1}
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +10.000 ms · about to call price · span 1/4 · shop","reason":"goto","text":"about to call price","threadId":1}
        > next {"granularity":"instruction","threadId":1}
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +10.000 ms · price starts · span 2/4 · shop","reason":"step","text":"price starts","threadId":1}
        > restartFrame {"frameId":1}
          < ok
          * stopped {"allThreadsStopped":true,"description":"Paused at +0.000 ms · POST /orders starts · span 1/4 · shop","reason":"restart","text":"POST /orders starts","threadId":1}
        > spanglass/seek {"offsetMs":55}
          < ok {"durationMs":100.0,"last":11,"offsetMs":50.0,"position":7,"spanId":"0000000000000004","time":"+50.000 ms","traceId":"0af7651916cd43dd8448eb211c80319c","what":"authorize starts"}
          * continued {"allThreadsContinued":true,"threadId":2}
          * stopped {"allThreadsStopped":true,"description":"Paused at +50.000 ms · authorize starts · span 4/4 · pay","reason":"goto","text":"authorize starts","threadId":2}
        > stackTrace {"threadId":2}
          < ok stackFrames:
              {"canRestart":true,"column":1,"id":5,"line":1,"name":"authorize","presentationHint":"subtle","source":{"name":"authorize.md","origin":"span without a place in this workspace","path":"authorize.md","presentationHint":"deemphasize","sourceReference":4}}
              {"canRestart":false,"column":0,"id":6,"line":0,"name":"── shop ──","presentationHint":"label"}
              {"canRestart":true,"column":1,"id":7,"line":11,"name":"charge","source":{"name":"orders.py","path":"/shop/orders.py"}}
              {"canRestart":true,"column":1,"id":8,"line":3,"name":"create_order (POST /orders)","source":{"name":"orders.py","path":"/shop/orders.py"}}
        > stackTrace {"threadId":2}
          < ok stackFrames:
              {"canRestart":true,"column":1,"id":5,"line":1,"name":"authorize","presentationHint":"subtle","source":{"name":"authorize.md","origin":"span without a place in this workspace","path":"authorize.md","presentationHint":"deemphasize","sourceReference":4}}
              {"canRestart":false,"column":0,"id":6,"line":0,"name":"── shop ──","presentationHint":"label"}
              {"canRestart":true,"column":1,"id":7,"line":11,"name":"charge","source":{"name":"orders.py","path":"/shop/orders.py"}}
              {"canRestart":true,"column":1,"id":8,"line":3,"name":"create_order (POST /orders)","source":{"name":"orders.py","path":"/shop/orders.py"}}
        > source {"source":{"name":"authorize.md","origin":"span without a place in this workspace","path":"authorize.md","presentationHint":"deemphasize","sourceReference":4},"sourceReference":4}
          < ok {"content":"# authorize\n\nservice: pay\nkind: internal\nstatus: unset\nstarted: +50.000 ms\nduration: 20 ms\nself time: 20 ms\nspan id: 0000000000000004\ntrace id: 0af7651916cd43dd8448eb211c80319c\ncalled by: charge\nplace: no function of this workspace\n\n## Resource\n\n- service.name: pay\n","mimeType":"text/markdown"}
        > spanglass/stepOutBack
          < ok {"durationMs":100.0,"last":11,"offsetMs":50.0,"position":6,"spanId":"0000000000000003","time":"+50.000 ms","traceId":"0af7651916cd43dd8448eb211c80319c","what":"about to call authorize"}
          * continued {"allThreadsContinued":true,"threadId":1}
          * stopped {"allThreadsStopped":true,"description":"Paused at +50.000 ms · about to call authorize · span 3/4 · shop","reason":"step","text":"about to call authorize","threadId":1}
        > loadedSources {}
          < ok sources:
              {"name":"orders.py","path":"/shop/orders.py"}
        > breakpointLocations {"endLine":20,"line":1,"source":{"path":"/shop/orders.py"}}
          < ok breakpoints:
              {"line":1}
              {"line":2}
              {"line":3}
              {"line":7}
              {"line":11}
              {"line":16}
        > completions {"column":9,"frameId":1,"text":"span.app"}
          < ok targets:
              {"detail":"[0, 1, 2]","label":"span.app.cart","length":8,"start":0,"type":"property"}
        > restart
          < ok
          * continued {"allThreadsContinued":true,"threadId":1}
          * stopped {"allThreadsStopped":true,"description":"Paused at +0.000 ms · POST /orders starts · span 1/4 · shop","reason":"entry","text":"POST /orders starts","threadId":1}
        > terminate
          < ok
          * terminated
        > next {"threadId":1}
          < failed "the replay has ended"
    "##]],
    );
}

#[tokio::test]
async fn breakpoints_of_every_kind() {
    let mut client = client().await;
    client.begin().await;
    let lines =
        json!([{"line": 3, "condition": "duration > 1ms"}, {"line": 3, "condition": "a ="}, {"line": 6}]);
    client.request("setBreakpoints", json!({"source": source(), "breakpoints": lines})).await;
    client
        .request(
            "setBreakpoints",
            json!({"source": {"path": "/elsewhere/x.py"}, "breakpoints": [{"line": 1}]}),
        )
        .await;
    let functions = json!([{"name": "price"}, {"name": "auth*", "hitCondition": "1"}, {"name": "none"}]);
    client.request("setFunctionBreakpoints", json!({"breakpoints": functions})).await;
    let options = json!([{"filterId": "error"}, {"filterId": "exception", "condition": "event.exception.type = \"X\""}]);
    client
        .request("setExceptionBreakpoints", json!({"filters": ["unknown"], "filterOptions": options}))
        .await;
    client.request("dataBreakpointInfo", json!({"name": "app.cart"})).await;
    client.request("dataBreakpointInfo", json!({"name": "nothing"})).await;
    client.request("setDataBreakpoints", json!({"breakpoints": [{"dataId": "app.cart"}]})).await;
    for _ in 0..4 {
        client.request("continue", json!({"threadId": 1})).await;
    }
    check(
        &client,
        expect![[r#"
        > setBreakpoints {"breakpoints":[{"condition":"duration > 1ms","line":3},{"condition":"a =","line":3},{"line":6}],"source":{"path":"/shop/orders.py"}}
          < ok breakpoints:
              {"id":1,"line":3,"source":{"path":"/shop/orders.py"},"verified":true}
              {"id":2,"line":3,"message":"the condition cannot be read: column 4: a value is missing at the end","source":{"path":"/shop/orders.py"},"verified":false}
              {"id":3,"line":6,"message":"no function of this trace or of the workspace stands here","source":{"path":"/shop/orders.py"},"verified":false}
        > setBreakpoints {"breakpoints":[{"line":1}],"source":{"path":"/elsewhere/x.py"}}
          < ok breakpoints:
              {"id":4,"message":"this file is not in the workspace of the replay","verified":false}
        > setFunctionBreakpoints {"breakpoints":[{"name":"price"},{"hitCondition":"1","name":"auth*"},{"name":"none"}]}
          < ok breakpoints:
              {"id":5,"verified":true}
              {"id":6,"verified":true}
              {"id":7,"message":"nothing in this trace is called none","verified":false}
        > setExceptionBreakpoints {"filterOptions":[{"filterId":"error"},{"condition":"event.exception.type = \"X\"","filterId":"exception"}],"filters":["unknown"]}
          < ok breakpoints:
              {"id":10,"message":"there is no exception filter unknown","verified":false}
              {"id":8,"verified":true}
              {"id":9,"verified":true}
        > dataBreakpointInfo {"name":"app.cart"}
          < ok {"accessTypes":["write"],"canPersist":true,"dataId":"app.cart","description":"app.cart changes"}
        > dataBreakpointInfo {"name":"nothing"}
          < ok {"dataId":null,"description":"nothing is no attribute of a span"}
        > setDataBreakpoints {"breakpoints":[{"dataId":"app.cart"}]}
          < ok breakpoints:
              {"id":11,"verified":true}
        > continue {"threadId":1}
          < ok {"allThreadsContinued":true}
          * stopped {"allThreadsStopped":true,"description":"Paused at +10.000 ms · price starts · span 2/4 · shop","hitBreakpointIds":[5],"reason":"function breakpoint","text":"price starts","threadId":1}
        > continue {"threadId":1}
          < ok {"allThreadsContinued":true}
          * stopped {"allThreadsStopped":true,"description":"Paused at +40.000 ms · about to call charge · span 2/4 · shop","hitBreakpointIds":[1],"reason":"breakpoint","text":"about to call charge","threadId":1}
        > continue {"threadId":1}
          < ok {"allThreadsContinued":true}
          * stopped {"allThreadsStopped":true,"description":"Paused at +50.000 ms · authorize starts · span 4/4 · pay","hitBreakpointIds":[6],"reason":"function breakpoint","text":"authorize starts","threadId":2}
        > continue {"threadId":1}
          < ok {"allThreadsContinued":true}
          * stopped {"allThreadsStopped":true,"description":"Paused at +100.000 ms · POST /orders ends with an error after 100 ms · span 4/4 · shop","hitBreakpointIds":[8],"reason":"exception","text":"error: POST /orders ended with an error","threadId":1}
    "#]],
    );
}

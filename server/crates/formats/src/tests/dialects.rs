//! Zipkin, Jaeger, JSON lines, and telling one dialect from another.

use expect_test::{Expect, expect};

use super::{RICH, rich, show};
use crate::{Limits, any, otlp_proto};

fn check(bytes: &[u8], expected: Expect) {
    let shown = match any::decode(bytes, &Limits::default()) {
        Ok((dialect, batch)) => format!("{dialect}\n{}", show(&batch)),
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&shown);
}

const ZIPKIN: &str = r#"[[
  {"traceId":"5982fe77008310cc80f1da5e10147517","id":"bd7a977555f6b982","kind":"CLIENT","name":"get",
   "timestamp":1458702548467000,"duration":386000,"localEndpoint":{"serviceName":"frontend","ipv4":"127.0.0.1"},
   "remoteEndpoint":{"serviceName":"backend","ipv4":"10.0.0.2","port":8080},"tags":{"http.path":"/users/7"}},
  {"traceId":"5982fe77008310cc80f1da5e10147517","id":"bd7a977555f6b982","kind":"SERVER","name":"get /users/{id}",
   "timestamp":1458702548478000,"duration":354374,"localEndpoint":{"serviceName":"backend"},"shared":true,
   "tags":{"http.route":"/users/{id}","code.lineno":"42","otel.scope.name":"lib","otel.scope.version":"2",
     "error":"boom","service.version":"1.2.3",
     "otlp.link.0":"5982fe77008310cc80f1da5e10147518|bd7a977555f6b983||{\"why\":\"retry\"}|0"},
   "annotations":[{"timestamp":1458702548500000,"value":"\"exception\": {\"exception.type\":\"ValueError\"}"},
     {"timestamp":1458702548500001,"value":"retry|{\"n\":2}|0"},{"timestamp":1458702548500002,"value":"wire.send"}]},
  {"traceId":"5982fe77008310cc80f1da5e10147517","id":"00000000000000aa","parentId":"bd7a977555f6b982","name":"query",
   "timestamp":1458702548480000,"duration":1000,"localEndpoint":{"serviceName":"backend"},
   "tags":{"otel.status_code":"STATUS_CODE_ERROR","error":"true"}},
  {"traceId":"5982fe77008310cc80f1da5e10147517","id":"00000000000000ab","parentId":"bd7a977555f6b982","name":"serialize",
   "timestamp":1458702548470000,"localEndpoint":{"serviceName":"frontend"},"tags":{"error":""}}]]"#;

#[test]
fn zipkin_halves_become_two_spans() {
    check(
        ZIPKIN.as_bytes(),
        expect![[r#"
            Zipkin JSON
            5982fe77008310cc80f1da5e10147517 bd7a977555f6b982 < - CLIENT "get" 1458702548467000000+386000000 Unset service=frontend scope=/
              http.path=/users/7 peer.service=backend network.peer.address=10.0.0.2 network.peer.port=8080
            5982fe77008310cc80f1da5e10147517 2450211f4ac3391a < bd7a977555f6b982 SERVER "get /users/{id}" 1458702548478000000+354374000 Error "boom" service=backend scope=lib/2
              resource service.name=backend service.version=1.2.3
              http.route=/users/{id} code.lineno=42
              event "exception" at 1458702548500000000 exception.type=ValueError
              event "retry" at 1458702548500001000 n=2
              event "wire.send" at 1458702548500002000
              link 5982fe77008310cc80f1da5e10147518 bd7a977555f6b983 why=retry
            5982fe77008310cc80f1da5e10147517 00000000000000aa < 2450211f4ac3391a INTERNAL "query" 1458702548480000000+1000000 Error service=backend scope=/
            5982fe77008310cc80f1da5e10147517 00000000000000ab < bd7a977555f6b982 INTERNAL "serialize" 1458702548470000000+0 Error service=frontend scope=/
        "#]],
    );
}

#[test]
fn a_servers_half_keeps_its_id_without_its_client() {
    let id = |text: &str| {
        let (_, batch) = any::decode(text.as_bytes(), &Limits::default()).unwrap();
        let server = batch.spans.iter().find(|span| span.name == "get /users/{id}").unwrap();
        (server.span_id, server.parent)
    };
    let (with, parent) = id(ZIPKIN);
    assert_eq!(parent.unwrap().to_string(), "bd7a977555f6b982");
    let (without, parent) = id(&ZIPKIN.replacen("bd7a977555f6b982", "00000000000000ff", 1));
    assert_eq!((without, parent), (with, None));
}

#[test]
fn parts_of_one_zipkin_span_are_merged() {
    check(
        br#"[{"traceId":"1","id":"2","kind":"SERVER","timestamp":5,"localEndpoint":{"serviceName":"a"},"tags":{"x":"1"}},
            {"traceId":"1","id":"2","name":"late","annotations":[{"timestamp":7,"value":"flush"}],"tags":{"x":"1","y":"2"}},
            {"traceId":"1","id":"3","annotations":[{"timestamp":8,"value":"only an annotation"}]},
            {"traceId":"zz","id":"3"},7]"#,
        expect![[r#"
            Zipkin JSON
            00000000000000000000000000000001 0000000000000002 < - SERVER "late" 5000+0 Unset service=a scope=/
              x=1 y=2
              event "flush" at 7000
            00000000000000000000000000000001 0000000000000003 < - INTERNAL "" 8000+0 Unset service=unknown_service scope=/
              event "only an annotation" at 8000
            refused 1: the trace id is not 16 bytes, or is zero
            refused 1: a span is not a JSON object
        "#]],
    );
}

#[test]
fn zipkin_version_1_is_split_by_its_endpoints() {
    check(
        br#"[{"traceId":"1","id":"2","name":"get","timestamp":100,"duration":50,
          "annotations":[{"timestamp":100,"value":"cs","endpoint":{"serviceName":"front"}},
            {"timestamp":110,"value":"sr","endpoint":{"serviceName":"back"}},
            {"timestamp":120,"value":"custom","endpoint":{"serviceName":"back"}},
            {"timestamp":130,"value":"ss","endpoint":{"serviceName":"back"}},
            {"timestamp":150,"value":"cr","endpoint":{"serviceName":"front"}}],
          "binaryAnnotations":[{"key":"http.path","value":"/a","endpoint":{"serviceName":"front"}},
            {"key":"mvc.controller.class","value":"A","endpoint":{"serviceName":"back"}},
            {"key":"sa","value":true,"endpoint":{"serviceName":"back","ipv4":"10.0.0.1","port":80}}]},
         {"traceId":"1","id":"3","parentId":"2","name":"local","timestamp":112,"duration":3,
          "binaryAnnotations":[{"key":"lc","value":"","endpoint":{"serviceName":"back"}}]}]"#,
        expect![[r#"
            Zipkin JSON (version 1)
            00000000000000000000000000000001 0000000000000002 < - CLIENT "get" 100000+50000 Unset service=front scope=/
              http.path=/a peer.service=back network.peer.address=10.0.0.1 network.peer.port=80
            00000000000000000000000000000001 5ea50ff5e12e4a1b < 0000000000000002 SERVER "get" 110000+20000 Unset service=back scope=/
              mvc.controller.class=A
              event "custom" at 120000
            00000000000000000000000000000001 0000000000000003 < 5ea50ff5e12e4a1b INTERNAL "local" 112000+3000 Unset service=back scope=/
              lc=
        "#]],
    );
}

#[test]
fn jaeger_tags_go_where_they_belong() {
    check(
        br#"{"data":[{"traceID":"0af7651916cd43dd8448eb211c80319c","spans":[
          {"traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"b7ad6b7169203331","operationName":"GET /users/:id",
           "references":[{"refType":"FOLLOWS_FROM","traceID":"1","spanID":"9"},
             {"refType":"CHILD_OF","traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"00f067aa0ba902b7",
              "span":{"traceID":"0af7651916cd43dd8448eb211c80319c","references":[{"span":{"references":[]}}]}}],
           "startTime":1485467191639875,"duration":5000,
           "tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"error","type":"bool","value":true},
             {"key":"otel.status_description","type":"string","value":"boom"},{"key":"otel.library.name","value":"lib"},
             {"key":"code.lineno","type":"int64","value":42},{"key":"big","type":"int64","value":"9007199254740993"},
             {"key":"f","type":"float64","value":1},{"key":"b","type":"binary","value":"AAEC"}],
           "logs":[{"timestamp":1485467191639876,"fields":[{"key":"event","type":"string","value":"exception"},
             {"key":"exception.type","type":"string","value":"ValueError"}]}],
           "processID":"p1","warnings":null},
          {"traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"1","references":[{"refType":"FOLLOWS_FROM",
            "traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"b7ad6b7169203331"}],"processID":"gone"},
          {"spanID":"2"}],
          "processes":{"p1":{"serviceName":"svc","tags":[{"key":"host.name","type":"string","value":"h"}]}}}],
          "total":0,"errors":null}"#,
        expect![[r#"
            Jaeger JSON
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < 00f067aa0ba902b7 SERVER "GET /users/:id" 1485467191639875000+5000000 Error "boom" service=svc scope=lib/
              resource service.name=svc host.name=h
              code.lineno=42 big=9007199254740993 f=1 b=<3 bytes>
              event "exception" at 1485467191639876000 exception.type=ValueError
              link 00000000000000000000000000000001 0000000000000009
            0af7651916cd43dd8448eb211c80319c 0000000000000001 < b7ad6b7169203331 UNSPECIFIED "" 0+0 Unset service=unknown_service scope=/
              link 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331
            refused 1: the trace id is not 16 bytes, or is zero
        "#]],
    );
}

#[test]
fn nothing_found_is_an_empty_batch() {
    check(
        br#"{"data":[],"total":0,"errors":null}"#,
        expect![[r#"
        Jaeger JSON
    "#]],
    );
    check(
        b"[]",
        expect![[r#"
        Zipkin JSON
    "#]],
    );
    check(
        b"[[]]",
        expect![[r#"
        Zipkin JSON
    "#]],
    );
}

#[test]
fn lines_are_read_one_by_one() {
    let one = RICH.replace('\n', " ");
    let lines = format!("{one}\r\n\n{{\"resourceMetrics\":[]}}\n{one}\n{{\"resourceSpans\":[{{\"sco");
    let (dialect, batch) = any::decode(lines.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((dialect, batch.spans.len()), (any::Dialect::OtlpJsonLines, 2));
    assert_eq!(batch.refused_count(), 1);
}

#[test]
fn protobuf_is_told_from_text() {
    let proto = otlp_proto::encode_traces(&rich());
    let kind = |bytes: &[u8]| {
        any::decode(bytes, &Limits::default()).map(|(dialect, batch)| (dialect, batch.spans.len()))
    };
    assert_eq!(kind(&proto), Ok((any::Dialect::OtlpProtobuf, 1)));
    let mut prefixed = Vec::new();
    for _ in 0..3 {
        prefixed.extend((proto.len() as u32).to_be_bytes());
        prefixed.extend(&proto);
    }
    assert_eq!(kind(&prefixed), Ok((any::Dialect::OtlpProtobuf, 3)));
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(RICH.as_bytes());
    assert_eq!(kind(&marked), Ok((any::Dialect::OtlpJson, 1)));
    assert_eq!(kind(format!("[{RICH},{RICH}]").as_bytes()), Ok((any::Dialect::OtlpJson, 2)));
    assert_eq!(kind(RICH.replace("resourceSpans", "batches").as_bytes()), Ok((any::Dialect::Tempo, 1)));
}

#[test]
fn protobuf_of_any_length_is_never_taken_for_json() {
    let spans = rich();
    for length in 0..300 {
        let mut span = (*spans[0]).clone();
        span.name = "n".repeat(length).into();
        let proto = otlp_proto::encode_traces(&[std::sync::Arc::new(span)]);
        let read =
            any::decode(&proto, &Limits::default()).map(|(dialect, batch)| (dialect, batch.spans.len()));
        assert_eq!(read, Ok((any::Dialect::OtlpProtobuf, 1)), "{length}");
    }
}

#[test]
fn what_is_nothing_says_what_was_tried() {
    check(
        b"",
        expect![[r#"
        this is no trace format that is known here (it is empty); give OTLP (protobuf, JSON or JSON lines), Jaeger, Tempo or Zipkin JSON
    "#]],
    );
    check(
        b"<html><body>login",
        expect![[r#"
        this is no trace format that is known here (it is not JSON, and this is not an OTLP protobuf message: a field has the wrong wire type); give OTLP (protobuf, JSON or JSON lines), Jaeger, Tempo or Zipkin JSON
    "#]],
    );
    check(
        b"{\"a\":1}",
        expect![[r#"
        this is no trace format that is known here (it is JSON without resourceSpans, resourceLogs or batches, without data, spans and processes, and no list of spans with traceId and id); give OTLP (protobuf, JSON or JSON lines), Jaeger, Tempo or Zipkin JSON
    "#]],
    );
    check(
        b"[1,2]",
        expect![[r#"
        this is no trace format that is known here (it is JSON without resourceSpans, resourceLogs or batches, without data, spans and processes, and no list of spans with traceId and id); give OTLP (protobuf, JSON or JSON lines), Jaeger, Tempo or Zipkin JSON
    "#]],
    );
    check(
        b"{\"resourceSpans\":[",
        expect![[r#"
        this is no trace format that is known here (as one document: this is not JSON: it breaks off or is malformed at line 1, column 18; as lines: this is not JSON: it breaks off or is malformed at line 1, column 18); give OTLP (protobuf, JSON or JSON lines), Jaeger, Tempo or Zipkin JSON
    "#]],
    );
    check(
        b"\x1f\x8b\x08\x00",
        expect![[r#"
        this is no trace format that is known here (it is compressed with gzip); unpack it first
    "#]],
    );
    check(
        &[0x0a, 0x00],
        expect![[r#"
        this is no trace format that is known here (it is not JSON, and as OTLP protobuf it has no spans and no logs of a trace); give OTLP (protobuf, JSON or JSON lines), Jaeger, Tempo or Zipkin JSON
    "#]],
    );
}

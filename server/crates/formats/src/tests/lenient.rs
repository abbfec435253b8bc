//! OTLP JSON in all the spellings that are met in the wild, and what is wrong in it one span at a time.

use expect_test::{Expect, expect};

use super::{RICH, show};
use crate::{Limits, otlp_json};

fn check(text: &str, expected: Expect) {
    let shown = match otlp_json::decode(text.as_bytes(), &Limits::default()) {
        Ok(batch) => show(&batch),
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&shown);
}

/// One span with `fields` beside its ids.
fn span(fields: &str) -> String {
    let ids = r#""traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331""#;
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{ids}{fields}}}]}}]}}]}}"#)
}

#[test]
fn a_span_with_everything() {
    check(
        RICH,
        expect![[r#"
        0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < 00f067aa0ba902b7 SERVER "GET /cart" 1544712660000000000+1000000001 Error "boom" service=shop scope=lib/1 state=a=b
          text=ä int=-7 double=1.5 nan=NaN bytes=<3 bytes> list=[1, "b"] map={"k": false} none=null
          event "exception" at 1544712660500000000 exception.type=ValueError
          link 0af7651916cd43dd8448eb211c80319d b7ad6b7169203332 why=retry
    "#]],
    );
}

#[test]
fn json_survives_a_round_trip() {
    let spans = super::rich();
    let text = otlp_json::encode_traces(&spans).to_string();
    let again = otlp_json::decode(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(otlp_json::encode_traces(&again.spans).to_string(), text);
    expect![[r#"
        {
          "resourceSpans": [
            {
              "resource": {
                "attributes": [
                  {
                    "key": "service.name",
                    "value": {
                      "stringValue": "shop"
                    }
                  }
                ]
              },
              "scopeSpans": [
                {
                  "scope": {
                    "attributes": [
                      {
                        "key": "s",
                        "value": {
                          "boolValue": true
                        }
                      }
                    ],
                    "name": "lib",
                    "version": "1"
                  },
                  "spans": [
                    {
                      "attributes": [
                        {
                          "key": "text",
                          "value": {
                            "stringValue": "ä"
                          }
                        },
                        {
                          "key": "int",
                          "value": {
                            "intValue": "-7"
                          }
                        },
                        {
                          "key": "double",
                          "value": {
                            "doubleValue": 1.5
                          }
                        },
                        {
                          "key": "nan",
                          "value": {
                            "doubleValue": "NaN"
                          }
                        },
                        {
                          "key": "bytes",
                          "value": {
                            "bytesValue": "AAEC"
                          }
                        },
                        {
                          "key": "list",
                          "value": {
                            "arrayValue": {
                              "values": [
                                {
                                  "intValue": "1"
                                },
                                {
                                  "stringValue": "b"
                                }
                              ]
                            }
                          }
                        },
                        {
                          "key": "map",
                          "value": {
                            "kvlistValue": {
                              "values": [
                                {
                                  "key": "k",
                                  "value": {
                                    "boolValue": false
                                  }
                                }
                              ]
                            }
                          }
                        },
                        {
                          "key": "none",
                          "value": {}
                        }
                      ],
                      "endTimeUnixNano": "1544712661000000001",
                      "events": [
                        {
                          "attributes": [
                            {
                              "key": "exception.type",
                              "value": {
                                "stringValue": "ValueError"
                              }
                            }
                          ],
                          "name": "exception",
                          "timeUnixNano": "1544712660500000000"
                        }
                      ],
                      "kind": 2,
                      "links": [
                        {
                          "attributes": [
                            {
                              "key": "why",
                              "value": {
                                "stringValue": "retry"
                              }
                            }
                          ],
                          "spanId": "b7ad6b7169203332",
                          "traceId": "0af7651916cd43dd8448eb211c80319d"
                        }
                      ],
                      "name": "GET /cart",
                      "parentSpanId": "00f067aa0ba902b7",
                      "spanId": "b7ad6b7169203331",
                      "startTimeUnixNano": "1544712660000000000",
                      "status": {
                        "code": 2,
                        "message": "boom"
                      },
                      "traceId": "0af7651916cd43dd8448eb211c80319c",
                      "traceState": "a=b"
                    }
                  ]
                }
              ]
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&otlp_json::encode_traces(&spans)).unwrap());
}

#[test]
fn tempo_spells_it_so() {
    let base64 = r#"{"batches":[{"resource":{},"instrumentationLibrarySpans":[{"instrumentationLibrary":{"name":"old"},
        "spans":[{"traceId":"CvdlGRbNQ92ESOshHIAxnA==","spanId":"t61rcWkgMzE=","parentSpanId":"","kind":"SPAN_KIND_SERVER",
        "status":{"code":"STATUS_CODE_ERROR"}}]}]}]}"#;
    check(
        base64,
        expect![[r#"
        0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < - SERVER "" 0+0 Error service=unknown_service scope=old/
    "#]],
    );
    check(
        &base64.replace("batches", "resourceSpans").replacen('{', r#"{"trace":{"#, 1).replacen(
            "]}]}]}",
            "]}]}]},\"metrics\":{}}",
            1,
        ),
        expect![[r#"
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < - SERVER "" 0+0 Error service=unknown_service scope=old/
        "#]],
    );
}

#[test]
fn snake_case_and_names_are_read() {
    check(
        r#"{"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"0af7651916cd43dd8448eb211c80319c",
        "span_id":"b7ad6b7169203331","parent_span_id":"0000000000000000","kind":"3","start_time_unix_nano":5.0,
        "end_time_unix_nano":"7","status":{"code":"Ok"},
        "attributes":{"plain":"map","n":3,"deep":{"string_value":"x"}}}]}]}]}"#,
        expect![[r#"
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < - CLIENT "" 5+2 Ok service=unknown_service scope=/
              plain=map n=3 deep=x
        "#]],
    );
}

#[test]
fn null_is_absent() {
    check(
        &span(
            r#","name":null,"events":null,"links":null,"attributes":null,"status":null,"kind":null,"parentSpanId":null"#,
        ),
        expect![[r#"
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < - UNSPECIFIED "" 0+0 Unset service=unknown_service scope=/
        "#]],
    );
    check(r#"{"resourceSpans":[{"resource":null,"scopeSpans":null}]}"#, expect![[""]]);
    check(r#"{"resourceSpans":null}"#, expect![[""]]);
    check("{}", expect![[""]]);
}

#[test]
fn values_in_every_dress() {
    check(
        &span(
            r#","attributes":[
            {"key":"infinite","value":{"doubleValue":"-Infinity"}},{"key":"whole","value":{"doubleValue":"3"}},
            {"key":"empty list","value":{"arrayValue":{}}},{"key":"null inside","value":{"stringValue":null,"intValue":"7"}},
            {"key":"bare","value":"text"},{"key":"absent"},{"key":"large","value":{"intValue":9007199254740993}},
            {"key":"unwrapped map","value":{"a":1}},{"key":"not an int","value":{"intValue":"x"}},
            {"value":{"stringValue":"no key"}},7,null]"#,
        ),
        expect![[r#"
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < - UNSPECIFIED "" 0+0 Unset service=unknown_service scope=/
              infinite=-inf whole=3 empty list=[] null inside=7 bare=text absent=null large=9007199254740993 unwrapped map={"a": 1} not an int=null
            trimmed 3: attributes without a key are left out
        "#]],
    );
}

#[test]
fn absurd_spans_are_kept_or_counted() {
    check(
        &span(
            r#","startTimeUnixNano":"18446744073709551615","endTimeUnixNano":-5,"kind":99,"parentSpanId":"xyz","status":{"code":"9"},"links":[{}]"#,
        ),
        expect![[r#"
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 < - UNSPECIFIED "" 18446744073709551615+0 Unset service=unknown_service scope=/
            trimmed 1: parent ids that cannot be read are left out
            trimmed 1: links without readable ids are left out
        "#]],
    );
    for (from, to) in [
        ("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000"),
        ("0af7651916cd43dd8448eb211c80319c", "not hexadecimal"),
        ("\"0af7651916cd43dd8448eb211c80319c\"", "7"),
        ("b7ad6b7169203331", ""),
    ] {
        let text = span("").replace(from, to);
        let batch = otlp_json::decode(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!((batch.spans.len(), batch.refused_count()), (0, 1), "{text}");
    }
}

#[test]
fn a_short_trace_id_is_padded() {
    check(
        &span("").replace("0af7651916cd43dd8448eb211c80319c", "8448eb211c80319c"),
        expect![[r#"
        00000000000000008448eb211c80319c b7ad6b7169203331 < - UNSPECIFIED "" 0+0 Unset service=unknown_service scope=/
    "#]],
    );
}

#[test]
fn logs_of_a_trace_are_kept() {
    check(
        r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeLogs":[{"scope":{"name":"logging"},"logRecords":[
          {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","timeUnixNano":"5","severityNumber":17,
           "body":{"stringValue":"it broke"},"eventName":"exception",
           "attributes":[{"key":"exception.type","value":{"stringValue":"ValueError"}}]},
          {"traceId":"0af7651916cd43dd8448eb211c80319c","observedTimeUnixNano":"9","severityNumber":"SEVERITY_NUMBER_WARN2",
           "body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}},
          {"traceId":"","body":{"stringValue":"of no trace"}},
          {"body":{"stringValue":"of no trace"}}]}]}]}"#,
        expect![[r#"
            log 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 at 5 severity 17 "exception" "it broke" exception.type=ValueError service=shop
            log 0af7651916cd43dd8448eb211c80319c - at 9 severity 14 "" "{\"a\": 1}"  service=shop
            trimmed 2: log records without a trace id are not kept
        "#]],
    );
}

#[test]
fn logs_survive_both_encodings() {
    let text = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"0af7651916cd43dd8448eb211c80319c",
        "timeUnixNano":"5","severityNumber":17,"body":{"stringValue":"b"},"eventName":"exception","attributes":[]}]}]}]}"#;
    let batch = otlp_json::decode(text.as_bytes(), &Limits::default()).unwrap();
    let proto = crate::otlp_proto::encode_logs(&batch.logs);
    let again = crate::otlp_proto::decode_logs(&proto, &Limits::default()).unwrap();
    assert_eq!(show(&again), show(&batch));
    let whole = model::Batch { spans: super::rich(), ..batch.clone() };
    let one = crate::otlp_proto::encode_batch(&whole);
    assert_eq!(show(&crate::otlp_proto::decode_batch(&one, &Limits::default()).unwrap()), show(&whole));
    let spans = crate::otlp_proto::decode_traces(&one, &Limits::default()).unwrap();
    assert_eq!((spans.spans.len(), spans.logs.len()), (1, 0));
    super::oracle::compare(&one).unwrap();
    let json = otlp_json::encode_logs(&batch.logs).to_string();
    let again = otlp_json::decode(json.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(show(&again), show(&batch));
}

#[test]
fn text_that_is_not_utf8_is_replaced() {
    let text = span(r#","name":"aZ""#).into_bytes();
    let at = text.iter().position(|byte| *byte == b'Z').unwrap();
    let mut bytes = text;
    bytes[at] = 0xff;
    let batch = otlp_json::decode(&bytes, &Limits::default()).unwrap();
    assert_eq!(batch.spans[0].name, "a\u{fffd}");
}

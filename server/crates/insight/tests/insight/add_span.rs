//! Starting a span in a function of each language: the text before, and the text after.

use expect_test::{Expect, expect};
use insight::add_span::add_span;

use crate::fixture::fixture;

/// The text after, with the cursor at `$0` before; `nothing` where nothing is offered.
fn check(path: &str, text: &str, expect: Expect) {
    let fixture = fixture(&format!("//- {path}\n{text}"));
    let (_, offset) = fixture.cursor.expect("the fixture has a cursor");
    let Some(found) = add_span(&fixture.snapshot, path, offset) else {
        return expect.assert_eq("nothing\n");
    };
    let mut after = fixture.files[0].1.clone();
    for edit in found.edits.iter().rev() {
        after.replace_range(edit.range.start as usize..edit.range.end as usize, &edit.text);
    }
    expect.assert_eq(&after);
}

#[test]
fn python_uses_the_tracer_of_the_file_and_its_way_of_naming() {
    check(
        "a.py",
        "from telemetry import step, tracer\n\n@tracer.start_as_current_span(\"price cart\")\ndef price_cart(): ...\n\n@app.get(\"/x\")\nasync def reserve_all$0(lines):\n    return 1\n",
        expect![[r#"
            from telemetry import step, tracer

            @tracer.start_as_current_span("price cart")
            def price_cart(): ...

            @app.get("/x")
            @tracer.start_as_current_span("reserve all")
            async def reserve_all(lines):
                return 1
        "#]],
    );
}

#[test]
fn python_makes_a_tracer_after_the_imports() {
    check(
        "a.py",
        "\"\"\"Doc.\"\"\"\nimport os\nfrom shop import (\n    cart,\n)\n\nclass Gateway:\n    def authorize$0(self):\n        return 1\n",
        expect![[r#"
            """Doc."""
            import os
            from shop import (
                cart,
            )
            from opentelemetry import trace

            tracer = trace.get_tracer(__name__)

            class Gateway:
                @tracer.start_as_current_span("Gateway.authorize")
                def authorize(self):
                    return 1
        "#]],
    );
    check("a.py", "def f$0():\n    yield 1\n", expect![["nothing\n"]]);
}

#[test]
fn javascript_wraps_the_body() {
    check(
        "a.js",
        "const express = require(\"express\");\n\nasync function load$0(id) {\n  const found = await get(id);\n\n  return found;\n}\n",
        expect![[r#"
            const express = require("express");
            const { trace } = require("@opentelemetry/api");

            const tracer = trace.getTracer("a");

            async function load(id) {
              return tracer.startActiveSpan("load", async (span) => {
                try {
                  const found = await get(id);

                  return found;
                } finally {
                  span.end();
                }
              });
            }
        "#]],
    );
    check(
        "a.ts",
        "import { tracer } from \"./telemetry\";\n\nexport class Cart {\n  total(): number {\n    return 1;\n  }\n  async $0load(id: string): Promise<void> {\n    await get(id);\n  }\n}\n",
        expect![[r#"
            import { tracer } from "./telemetry";

            export class Cart {
              total(): number {
                return 1;
              }
              async load(id: string): Promise<void> {
                return tracer.startActiveSpan("Cart.load", async (span) => {
                  try {
                    await get(id);
                  } finally {
                    span.end();
                  }
                });
              }
            }
        "#]],
    );
    check("a.js", "function* ids$0() {\n  yield 1;\n}\n", expect![["nothing\n"]]);
    check("a.js", "function sql$0() {\n  return `a\n  b`;\n}\n", expect![["nothing\n"]]);
}

#[test]
fn go_needs_a_context() {
    check(
        "a.go",
        "package orders\n\nimport (\n\t\"context\"\n)\n\nfunc (s *Store) Load$0(ctx context.Context, id int) error {\n\treturn nil\n}\n",
        expect![[r#"
            package orders

            import (
            	"context"
            	"go.opentelemetry.io/otel"
            )

            func (s *Store) Load(ctx context.Context, id int) error {
            	ctx, span := otel.Tracer("orders").Start(ctx, "Store.Load")
            	defer span.End()
            	return nil
            }
        "#]],
    );
    check(
        "a.go",
        "package orders\n\nimport \"net/http\"\n\nvar tracer = otel.Tracer(\"orders\")\n\nfunc list$0(w http.ResponseWriter, r *http.Request) {\n\tw.Write(nil)\n}\n",
        expect![[r#"
            package orders

            import "net/http"

            var tracer = otel.Tracer("orders")

            func list(w http.ResponseWriter, r *http.Request) {
            	_, span := tracer.Start(r.Context(), "list")
            	defer span.End()
            	w.Write(nil)
            }
        "#]],
    );
    check("a.go", "package a\n\nfunc add$0(a, b int) int {\n\treturn a + b\n}\n", expect![["nothing\n"]]);
}

#[test]
fn annotations_bring_their_import() {
    check(
        "A.java",
        "package shop;\n\nimport java.util.List;\n\nclass A {\n    @Override\n    public int total$0() {\n        return 1;\n    }\n}\n",
        expect![[r#"
            package shop;

            import java.util.List;
            import io.opentelemetry.instrumentation.annotations.WithSpan;

            class A {
                @WithSpan
                @Override
                public int total() {
                    return 1;
                }
            }
        "#]],
    );
    check(
        "A.kt",
        "package shop\n\nclass A {\n    fun total$0(): Int {\n        return 1\n    }\n}\n",
        expect![[r#"
            package shop

            import io.opentelemetry.instrumentation.annotations.WithSpan

            class A {
                @WithSpan
                fun total(): Int {
                    return 1
                }
            }
        "#]],
    );
    check(
        "a.rs",
        "impl Cart {\n    pub async fn total$0(&self) -> u32 {\n        1\n    }\n}\n",
        expect![[r#"
            impl Cart {
                #[tracing::instrument(skip_all)]
                pub async fn total(&self) -> u32 {
                    1
                }
            }
        "#]],
    );
}

#[test]
fn blocks_end_what_they_start() {
    check(
        "A.cs",
        "namespace Shop;\n\nclass Cart\n{\n    public int Total$0()\n    {\n        return 1;\n    }\n}\n",
        expect![[r#"
            namespace Shop;

            class Cart
            {
                private static readonly System.Diagnostics.ActivitySource Activities = new("Cart");

                public int Total()
                {
                    using var activity = Activities.StartActivity("Cart.Total");
                    return 1;
                }
            }
        "#]],
    );
    check(
        "a.cpp",
        "#include <string>\n\nint total$0() {\n  return 1;\n}\n",
        expect![[r##"
        #include <string>
        #include "opentelemetry/trace/provider.h"

        int total() {
          auto span = opentelemetry::trace::Provider::GetTracerProvider()->GetTracer("total")->StartSpan("total");
          opentelemetry::trace::Scope scope(span);
          return 1;
        }
    "##]],
    );
    check(
        "a.rb",
        "class Cart\n  def total$0(items)\n    items.sum\n  end\nend\n",
        expect![[r#"
            class Cart
              def total(items)
                OpenTelemetry.tracer_provider.tracer("Cart").in_span("Cart.total") do |span|
                  items.sum
                end
              end
            end
        "#]],
    );
    check(
        "a.php",
        "<?php\nclass Cart\n{\n    public function total$0(): int\n    {\n        return 1;\n    }\n}\n",
        expect![[r#"
            <?php
            class Cart
            {
                public function total(): int
                {
                    $span = \OpenTelemetry\API\Globals::tracerProvider()->getTracer('Cart')->spanBuilder('Cart.total')->startSpan();
                    $scope = $span->activate();
                    try {
                        return 1;
                    } finally {
                        $scope->detach();
                        $span->end();
                    }
                }
            }
        "#]],
    );
    check(
        "a.ex",
        "defmodule Cart do\n  def total$0(items) do\n    Enum.sum(items)\n  end\nend\n",
        expect![[r#"
            defmodule Cart do
              require OpenTelemetry.Tracer

              def total(items) do
                OpenTelemetry.Tracer.with_span "Cart.total" do
                  Enum.sum(items)
                end
              end
            end
        "#]],
    );
}

#[test]
fn a_function_that_starts_a_span_gets_no_second() {
    check("a.py", "@tracer.start_as_current_span(\"f\")\ndef f$0():\n    return 1\n", expect![["nothing\n"]]);
}

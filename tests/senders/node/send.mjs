// Sends spans by the official SDK: node send.mjs COUNT.
//
// Where, over what and how compressed is said by OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL and _COMPRESSION.
import { context, trace } from "@opentelemetry/api";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const exporters = {
  grpc: "@opentelemetry/exporter-trace-otlp-grpc",
  "http/protobuf": "@opentelemetry/exporter-trace-otlp-proto",
  "http/json": "@opentelemetry/exporter-trace-otlp-http",
};
const { OTLPTraceExporter } = await import(exporters[process.env.OTEL_EXPORTER_OTLP_PROTOCOL]);
const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
const tracer = provider.getTracer("sender");
const all = tracer.startSpan("all");
const within = trace.setSpan(context.active(), all);
for (let number = 1; number < Number(process.argv[2]); number++) {
  const one = tracer.startSpan("one", { attributes: { number, text: "π" } }, within);
  one.addEvent("done", { parts: [1, 2, 3] });
  one.end();
}
all.end();
await provider.shutdown();

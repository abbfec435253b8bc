"""Sends spans, one metric and one log record of a trace by the official SDK: python send.py COUNT.

Where, over what and how compressed is said by OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL and _COMPRESSION.
"""
import os
import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

protocol = os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"]
if protocol == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
elif protocol == "http/protobuf":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter


def metric_and_log():
    """The other two signals, by the exporters that have them."""
    import logging

    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    else:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    meters.get_meter("sender").create_counter("sent").add(1)
    loggers = LoggerProvider()
    loggers.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter()))
    logger = logging.getLogger("sender")
    logger.addHandler(LoggingHandler(logger_provider=loggers))
    logger.warning("a log record of a trace")
    loggers.shutdown()
    meters.shutdown()


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("sender")
with tracer.start_as_current_span("all"):
    for number in range(int(sys.argv[1]) - 1):
        with tracer.start_as_current_span("one", attributes={"number": number, "text": "π"}) as span:
            span.add_event("done", {"parts": [1, 2, 3]})
    if protocol != "http/json":
        metric_and_log()
trace.set_tracer_provider(provider)
provider.shutdown()

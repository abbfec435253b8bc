//! Telemetry in: the OTLP receiver, backends that are polled, and who hosts the port.

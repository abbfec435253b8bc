//! Decodes and encodes the dialects telemetry is written in; never fails as a whole.

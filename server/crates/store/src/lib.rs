//! Keeps spans in memory: bounded, indexed, with latency sketches.

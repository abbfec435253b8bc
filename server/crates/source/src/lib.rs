//! Reads code: functions, routes, places that start spans, outgoing calls.

//! The backends, one file each.

mod http;
pub mod zipkin;

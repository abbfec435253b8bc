//! Who sent a span: the resource (a service's process) and the instrumentation scope (the library).

use smol_str::SmolStr;

use crate::{Attributes, keys};

/// The entity that produced telemetry. Shared by all spans of a request body, so held behind an `Arc`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Everything the resource said of itself, `service.name` included.
    pub attributes: Attributes,
}

/// The instrumentation scope: the library, or by custom the package, that made a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// Empty when not sent.
    pub name: SmolStr,
    /// Empty when not sent.
    pub version: SmolStr,
    /// Rarely used.
    pub attributes: Attributes,
}

impl Resource {
    /// `service.name`, or `unknown_service` as the specification has it for a sender without one
    /// (Resource semantic conventions, "service").
    pub fn service(&self) -> &str {
        self.attributes.str(keys::SERVICE_NAME).unwrap_or("unknown_service")
    }

    /// The source revision that ran: a commit under any of the names in use, else `service.version`.
    pub fn revision(&self) -> Option<&str> {
        self.attributes.first_str(keys::REVISION).or_else(|| self.attributes.str(keys::SERVICE_VERSION))
    }
}

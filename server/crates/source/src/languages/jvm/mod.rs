//! What Java and Kotlin share: annotations, and what frameworks make of them.

pub(super) mod annotation;
pub(super) mod clients;
pub(super) mod methods;
pub(super) mod routes;

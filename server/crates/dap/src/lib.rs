//! The debug adapter surface: the only crate that knows DAP.

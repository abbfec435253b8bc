//! The language server surface: the only crate that knows LSP.

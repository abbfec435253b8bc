//! The `spanglass` binary.

fn main() {}

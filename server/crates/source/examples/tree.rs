//! Prints the tree of one file: what a reader of a language sees.
#![allow(clippy::print_stdout)]

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let Some(language) = source::Language::of_path(&path) else { return };
    println!("{}", source::tree_text(language, &text));
}

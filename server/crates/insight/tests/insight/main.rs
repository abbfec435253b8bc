//! What an editor is told, shown as text: a fixture of code and spans goes in, what a person would read comes out.

mod add_span;
mod annotate;
mod calls;
mod explain;
mod findings;
mod fixture;
mod hover;
mod rulings;
mod trace_tree;
mod traces;

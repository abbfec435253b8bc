//! What an editor is told: lenses, hints, hovers, trees. Pure functions of a snapshot.
//!
//! Everything here is plain data with byte offsets and 0-based lines; no editor's types, no Markdown, no IO. Text
//! that came from telemetry is hostile: whatever leaves this crate has passed [`visible::visible`], so that it holds
//! no control character, no line break and nothing that turns the reading direction around.

#![forbid(unsafe_code)]

pub mod add_span;
pub mod annotate;
mod call_costs;
pub mod call_hierarchy;
pub mod code_lens;
pub mod exemplars;
pub mod explain;
pub mod figures;
pub mod findings;
pub mod hover;
pub mod inlay_hints;
pub mod labels;
mod neighbours;
pub mod rulings;
pub mod served;
pub mod symbols;
mod thrown;
pub mod trace_ids;
pub mod trace_tree;
pub mod traces;
pub mod visible;
mod waterfall;
pub mod wording;

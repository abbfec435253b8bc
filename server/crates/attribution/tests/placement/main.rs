//! Rules and their counter-examples: code and a span go in, the placement comes out as text.

mod code;
mod cpp;
mod dotnet;
mod learning;
mod names;
mod origins;
mod outgoing;
mod phoenix;
mod php;
mod rails;
mod requests;
mod rpc_and_tasks;
mod rulings;
mod support;
mod traces;
mod upkeep;

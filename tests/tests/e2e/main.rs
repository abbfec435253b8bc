//! The real binary over its real protocols, as senders, editors and people use it.

mod bundles;
mod command_line;
mod editor;
mod history;
mod hostile_senders;
mod receiver;
mod replay;
mod rulings;
mod sharing;

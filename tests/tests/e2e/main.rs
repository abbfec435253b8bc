//! The real binary over its real protocols, as senders, editors and people use it.

mod bundles;
mod command_line;
mod doors;
mod durability;
mod editor;
mod history;
mod hostile_senders;
mod overload;
mod receiver;
mod replay;
mod rulings;
mod secrets;
mod sharing;

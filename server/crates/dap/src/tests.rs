//! Conversations: golden transcripts, clients that break the rules, pages, several sessions, random messages.

mod misuse;
mod random;
mod recorded;
mod streams;
mod walk;

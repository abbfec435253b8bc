//! Conversations: golden transcripts, clients that break the rules, pages, several sessions, random messages.

mod misuse;
mod random;
mod streams;
mod walk;

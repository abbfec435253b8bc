//! The trace page and the loopback API, for people, other windows and the command line.

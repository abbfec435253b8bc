//! The state: a change goes in, a snapshot comes out. One owner, one queue.

//! A recorded trace walked like a program: moments, frames, steps, breakpoints. Pure.

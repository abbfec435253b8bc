//! Finds the function a span belongs to, with confidence and evidence.

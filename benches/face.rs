//! The finder on one core.
fn main() {}

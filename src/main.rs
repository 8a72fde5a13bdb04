//! The `mujun` program.
fn main() {}

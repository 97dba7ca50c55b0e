//! What several test files use.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, reason = "a test that fails may stop")]

pub(crate) mod onnx;

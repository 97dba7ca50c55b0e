//! What several test files use.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

pub(crate) mod clips;
pub(crate) mod onnx;

pub(crate) use clips::*;

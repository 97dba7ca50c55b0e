//! The program `standin panel`, a client of it without a browser, and a browser.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may stop")]

pub(crate) mod browser;
#[path = "../call_support/exit_code.rs"]
mod exit_code;
pub(crate) mod http;
#[path = "../../../plugins/faceswap/tests/common/models.rs"]
pub(crate) mod models;
#[path = "../../../tests/common/onnx.rs"]
mod onnx;
pub(crate) mod picture;
pub(crate) mod program;

//! Without ONNX Runtime the element says where it looked. Alone in its file: it needs an environment of its own.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Watched, ben};

#[test]
fn without_onnx_runtime_nothing_leaves_and_the_text_names_the_variable() {
    // SAFETY: the only test of its process, and no other thread runs yet.
    unsafe { std::env::set_var("ORT_DYLIB_PATH", "/nonexistent/lib.so") };
    let mut watched = Watched::new(&format!("videotestsrc num-buffers=3 ! faceswap model={}", ben()));
    watched.start();
    let failure = watched.end().expect_err("it is refused");
    assert!(failure.is(gst::LibraryError::Init), "{failure:?}");
    assert!(failure.text().contains("ORT_DYLIB_PATH"), "{}", failure.text());
    assert!(failure.text().contains("/nonexistent/lib.so"), "{}", failure.text());
    assert!(watched.frames().is_empty());
}

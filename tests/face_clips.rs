//! The finder on rendered people, against the renderer's own truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

#[test]
fn decodes() {
    let Some(clip) = common::clip("hard/cut.mp4") else { return };
    assert_eq!(clip.count(), common::Truth::of("hard/cut").frames.len());
}

//! A face that turns away fades from swapped to blurred at `max_yaw`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use standin::face::{Finder, FinderSettings, Mesh};
use standin::frame::VideoBuffer;
use standin::live::{Guard, Observation, OnFailure, Plan, Settings};
use standin::runtime::Runtime;

#[test]
fn it_is_swapped_then_both_then_blurred() {
    // The landmarks say about 42 degrees of this frame.
    let Some(mut clip) = common::clip("ada_live.mp4") else { return };
    let frame = clip.nth(178).unwrap();
    let frame = frame.frame().unwrap();
    let mut faces = Vec::new();
    let mut finder = Finder::new(&Runtime::load(None).unwrap(), Mesh::Points468).unwrap();
    finder.find(&frame, &[], 0.0, &FinderSettings::default(), &mut faces).unwrap();
    let observed = Observation {
        faces: &faces,
        suspects: &[],
        unfinished: false,
        people: None,
        cut: false,
        time: 0.0,
        layout: *frame.layout(),
    };
    let plan_with = |max_yaw: f32, on_failure: OnFailure| {
        let mut plan = Plan::default();
        Guard::default().plan(&Settings { max_yaw, on_failure, ..Settings::default() }, &observed, &mut plan);
        plan
    };
    let whole = plan_with(60.0, OnFailure::Hold);
    assert_eq!((whole.found, whole.conceal.len()), (1, 0));
    let both = plan_with(38.0, OnFailure::Hold);
    assert_eq!((both.found, both.conceal.len()), (1, 1));
    assert!((0.05..0.95).contains(&both.conceal[0].strength), "{:?}", both.conceal);
    let blurred = plan_with(20.0, OnFailure::Hold);
    assert_eq!((blurred.found, blurred.conceal.len(), blurred.conceal[0].strength), (0, 1, 1.0));
    assert!(plan_with(20.0, OnFailure::Drop).drop);
    assert_eq!(plan_with(20.0, OnFailure::Pass).found, 1);
}

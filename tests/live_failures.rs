//! Whatever fails, and however: no bare face leaves unless that was asked for.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod live_support;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use live_support::{Script, Works, changed, leaves, model, picture, queue, settings, submit, take};
use standin::blend::{BlendRequest, Label};
use standin::face::Face;
use standin::frame::{Frame, FrameError, FrameMut, OwnedFrame, VideoBuffer};
use standin::geometry::Similarity;
use standin::live::{Job, LabelPlace, Model, OnFailure, Outcome, Settings, SwapStage};
use standin::swapper::{SwapError, Swapped, Swapper};

/// Everything that can fail, in each way that it can.
fn failures() -> Vec<(&'static str, Script)> {
    let good = Script::GOOD;
    let mut all = vec![("consent ended", Script { expired: true, ..good })];
    for works in [Works::Error, Works::Panic] {
        all.push(("find", Script { find: works, ..good }));
        all.push(("engine", Script { engine: works, ..good }));
        all.push(("crop", Script { crop: works, ..good }));
        all.push(("composite", Script { composite: works, ..good }));
    }
    all
}

#[test]
fn where_all_works_the_face_is_the_models() {
    for depth in [0, 1, 3] {
        let (queue, model) = queue(Script::GOOD, depth);
        submit(&queue, &model, &settings(OnFailure::Hold), 0.0).unwrap();
        let job = take(&queue);
        assert_eq!((job.outcome, job.plan.found), (Outcome::Swapped, 1));
        assert!(job.failure.is_none(), "{:?}", job.failure);
        assert!(changed(job.frame.as_ref().unwrap()) > 0.99);
    }
}

#[test]
fn no_failure_shows_the_face() {
    for (what, script) in failures() {
        for on_failure in [OnFailure::Hold, OnFailure::Blur, OnFailure::Drop] {
            for depth in [0, 3] {
                let (queue, model) = queue(script, depth);
                for i in 0..6 {
                    submit(&queue, &model, &settings(on_failure), f64::from(i) / 30.0).unwrap();
                    let job = take(&queue);
                    let what = format!("{what} ({script:?}), {on_failure:?}, depth {depth}, frame {i}");
                    if leaves(&job) {
                        assert_ne!(on_failure, OnFailure::Drop, "{what} left");
                        assert!(changed(job.frame.as_ref().unwrap()) > 0.9, "{what}: bare");
                        assert_eq!(job.outcome, Outcome::Concealed, "{what}");
                    }
                    assert!(job.failure.as_ref().is_some_and(|text| text.len() > 10), "{what}: nobody is told");
                    queue.finish(job);
                }
                queue.stop();
            }
        }
    }
}

#[test]
fn pass_passes_every_frame() {
    for (what, script) in failures() {
        let (queue, model) = queue(script, 3);
        submit(&queue, &model, &settings(OnFailure::Pass), 0.0).unwrap();
        let job = take(&queue);
        assert!(leaves(&job), "{what} ({script:?}) did not leave");
        assert!(changed(job.frame.as_ref().unwrap()) < 0.01, "{what} ({script:?}) was changed");
        assert_eq!(job.plan.found, 0, "{what} ({script:?}): counted as swapped");
    }
}

#[test]
fn the_reason_is_a_sentence_that_names_it() {
    let said = |script| {
        let (queue, model) = queue(script, 1);
        submit(&queue, &model, &settings(OnFailure::Blur), 0.0).unwrap();
        take(&queue).failure.clone().unwrap_or_default()
    };
    assert!(said(Script { expired: true, ..Script::GOOD }).contains("consent"));
    assert!(said(Script { engine: Works::Error, ..Script::GOOD }).contains("swap network"));
    assert!(said(Script { crop: Works::Error, ..Script::GOOD }).contains("GPU"));
    assert!(said(Script { find: Works::Panic, ..Script::GOOD }).contains("panicked"));
}

#[test]
fn without_a_model_or_a_finder_nothing_bare_leaves() {
    let (queue, _) = queue(Script::GOOD, 2);
    let mut job = queue.begin().unwrap();
    job.frame = Some(picture());
    queue.submit(job);
    let job = take(&queue);
    assert_eq!(job.outcome, Outcome::Concealed);
    assert!(changed(job.frame.as_ref().unwrap()) > 0.9, "no model");

    let (_keep, inbox) = crossbeam_channel::bounded(1);
    let stage = SwapStage::default();
    let queue = standin::live::Queue::start(0, standin::live::FindStage::new(inbox), vec![stage]).unwrap();
    submit(&queue, &model(Script::GOOD), &settings(OnFailure::Hold), 0.0).unwrap();
    let job = take(&queue);
    assert_eq!(job.outcome, Outcome::Concealed);
    assert!(changed(job.frame.as_ref().unwrap()) > 0.9, "no finder");
}

#[test]
fn it_goes_on_after_failures() {
    let (queue, good) = queue(Script::GOOD, 3);
    let bad = model(Script { engine: Works::Panic, ..Script::GOOD });
    for i in 0..30 {
        let model = if i % 3 == 0 { &bad } else { &good };
        submit(&queue, model, &settings(OnFailure::Hold), f64::from(i) / 30.0).unwrap();
        let job = take(&queue);
        assert_eq!(leaves(&job), i % 3 != 0, "frame {i}");
        if leaves(&job) {
            assert_eq!(job.outcome, Outcome::Swapped, "frame {i}");
        }
        queue.finish(job);
    }
    drop(Arc::clone(&good));
}

/// A frame that can be read and not written.
struct Sealed(OwnedFrame);

impl VideoBuffer for Sealed {
    fn frame(&self) -> Result<Frame<'_>, FrameError> {
        self.0.frame()
    }

    fn frame_mut(&mut self) -> Result<FrameMut<'_>, FrameError> {
        Err(FrameError::Memory("it is sealed".to_owned()))
    }
}

/// The same settings, with the label in its corner.
fn labelled(on_failure: OnFailure) -> Arc<Settings> {
    Arc::new(Settings { label: LabelPlace::Corner, ..(*settings(on_failure)).clone() })
}

#[test]
fn a_frame_that_cannot_be_written_counts_no_face_as_swapped() {
    let (hold, pass) = (OnFailure::Hold, OnFailure::Pass);
    for (settings, outcome) in [
        (settings(hold), Outcome::Dropped),
        (settings(pass), Outcome::Untouched),
        // It has no label, which was asked for.
        (labelled(pass), Outcome::Dropped),
    ] {
        let mut job: Job<Sealed, ()> = Job { frame: Some(Sealed(picture())), settings, ..Job::default() };
        job.casting.model = Some(model(Script::GOOD));
        job.plan.swap.push(Face { bounds: live_support::BOUNDS, ..Face::default() });
        job.plan.found = 1;
        SwapStage::default().run(&mut job);
        assert_eq!((job.outcome, job.plan.found), (outcome, 0));
        assert!(job.plan.swap.is_empty(), "it is said to be swapped");
        assert!(job.failure.as_ref().is_some_and(|text| text.contains("sealed")));
    }
}

/// Whether the frame is [`picture`] with the label of `model`'s subject and nothing else.
fn is_labelled(frame: &OwnedFrame) -> bool {
    let mut expected = picture();
    Label::new([], expected.layout()).draw(&mut expected.frame_mut().unwrap());
    (0..3).all(|plane| frame.bytes(plane) == expected.bytes(plane))
}

#[test]
fn a_frame_that_passes_has_its_label_or_does_not_leave() {
    for (what, script) in failures() {
        for depth in [0, 3] {
            let (queue, model) = queue(script, depth);
            submit(&queue, &model, &labelled(OnFailure::Pass), 0.0).unwrap();
            let job = take(&queue);
            let panicked = [script.engine, script.crop, script.composite].contains(&Works::Panic);
            assert_eq!(leaves(&job), !panicked, "{what} ({script:?})");
            assert!(panicked || is_labelled(job.frame.as_ref().unwrap()), "{what} ({script:?}) left without its label");
        }
    }
}

#[test]
fn nothing_is_drawn_on_a_frame_that_is_dropped() {
    let mut job: Job<OwnedFrame, ()> =
        Job { frame: Some(picture()), settings: labelled(OnFailure::Drop), ..Job::default() };
    (job.plan.drop, job.plan.conceal_all) = (true, true);
    SwapStage::default().run(&mut job);
    assert_eq!(job.outcome, Outcome::Dropped);
    let (frame, before) = (job.frame.unwrap(), picture());
    assert!((0..3).all(|plane| frame.bytes(plane) == before.bytes(plane)));
}

/// A swapper whose device is gone.
struct Gone;

impl Swapper for Gone {
    fn swap(&mut self, _: &mut FrameMut<'_>, _: &BlendRequest<'_>, _: f32) -> Result<Swapped, SwapError> {
        Err(SwapError::Lost)
    }

    fn is_lost(&self) -> bool {
        true
    }
}

#[test]
fn a_lost_device_is_told_of_whether_or_not_a_face_is_there() {
    let expires = SystemTime::now() + Duration::from_secs(3600);
    let gone = Arc::new(Model::of(vec![Box::new(Gone)], expires));
    for (model, lost) in [(gone, true), (model(Script::GOOD), false)] {
        for faces in [0, 1] {
            let mut job: Job<OwnedFrame, ()> = Job { frame: Some(picture()), ..Job::default() };
            job.settings = settings(OnFailure::Hold);
            job.casting.model = Some(Arc::clone(&model));
            let to_canonical = Similarity { a: 1.0 / 60.0, b: 0.0, tx: -40.0 / 60.0, ty: -0.5 };
            let face = Face {
                bounds: live_support::BOUNDS,
                to_canonical,
                to_canonical_rigid: to_canonical,
                ..Face::default()
            };
            job.plan.swap.extend((0..faces).map(|_| face.clone()));
            SwapStage::default().run(&mut job);
            assert_eq!(job.device_lost, lost, "{faces} faces");
            assert_eq!(job.outcome == Outcome::Concealed, lost && faces == 1, "{faces} faces: {:?}", job.outcome);
        }
    }
}

//! `device=gpu` when the GPU is lost. In a file of its own: other tests of a process would meet it.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that fails may stop"
)]

mod common;

use common::{Frame, Lent, Watched, changed, clip, play};
use gst::prelude::*;
use standin::gpu::{GpuDevice, Selection, adapters};

/// Difference to red, Cr, of full green in limited-range BT.709. That of skin is above 128; its luma is not always another.
const GREEN: u8 = 26;

/// Whether the middle of the face is the model's.
fn is_swapped(frame: &Frame) -> bool {
    frame.faces.first().is_some_and(|face| cr_at(frame, face.centre()).abs_diff(GREEN) < 16)
}

/// Cr of a pixel. I420.
fn cr_at(frame: &Frame, (x, y): (u32, u32)) -> u8 {
    let (width, height) = frame.size;
    let chroma = (width.div_ceil(2), height.div_ceil(2));
    frame.bytes[(width * height + chroma.0 * chroma.1 + y / 2 * chroma.0 + x / 2) as usize]
}

#[test]
fn a_gpu_that_is_lost_in_the_middle_of_a_clip_comes_back_and_no_bare_face_leaves() {
    if adapters().is_empty() {
        eprintln!("SKIPPED, not tested: no GPU, nor a software one");
        return;
    }
    let (lent, picture) = (Lent::green(), picture());
    lose_it(&lent, "");
    lose_it(&lent, &format!("performer-0::reference={} performer-0::model={lent}", picture.path().display()));
}

/// The clip's first frame as a picture.
fn picture() -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
    common::init();
    let text = format!("{} ! videoconvert ! pngenc ! filesink location={}", clip(1), file.path().display());
    let pipeline = gst::parse::launch(&text).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(end.type_(), gst::MessageType::Eos);
    file
}

fn lose_it(lent: &Lent, performer: &str) {
    const PACE: u32 = 160;
    let pace = format!("identity sleep-time={}", PACE * 1000);
    let swap = format!("faceswap model={lent} device=gpu color-transfer=false {performer}");
    let mut watched = Watched::new(&format!("{} ! {pace} ! {swap}", clip(60)));
    watched.start();
    watched.wait_for_frames(12);
    // The element's own: a device that is asked for in the same words is the same.
    GpuDevice::shared(&Selection::Auto).unwrap().device().destroy();
    watched.end().unwrap_or_else(|failure| panic!("{}", failure.text()));
    let warnings = watched.warnings();
    let (frames, bare) = (watched.frames(), play(&clip(60)));
    assert_eq!(frames.len(), bare.len());
    for (i, (bare, frame)) in bare.iter().zip(&frames).enumerate() {
        let part = changed(bare, frame, frame.faces[0].rect);
        assert!(part > 0.6, "frame {i} shows {:.0} % of the bare face", 100.0 * (1.0 - part));
    }
    let swapped: Vec<bool> = frames.iter().map(is_swapped).collect();
    let lost = swapped.iter().position(|swapped| !swapped).expect("the loss must show");
    let back = lost + swapped[lost..].iter().position(|swapped| *swapped).expect("swapping resumes");
    println!("lost at frame {lost}, swapped again at {back}: about {} ms", (back - lost) as u32 * PACE);
    assert!(lost >= 8 && swapped[back..].iter().all(|swapped| *swapped), "{swapped:?}");
    assert!(!warnings.is_empty() && warnings[0].contains("GPU"), "{warnings:?}");
}

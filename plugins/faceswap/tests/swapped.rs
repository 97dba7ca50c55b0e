//! In every frame the face is another one, and everything far from it is as it was.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod common;

use common::{Face, Frame, Lent, Watched, ben, changed, clip, luma_at, play};
use standin::gpu::adapters;

const FRAMES: u32 = 60;
/// Luma of full green in limited-range BT.709, and of mid grey.
const GREEN: u8 = 173;

/// `rect` about its centre, `factor` times as large, clipped below at 0.
fn grown((x, y, w, h): (u32, u32, u32, u32), factor: f64) -> (u32, u32, u32, u32) {
    let (wide, high) = (f64::from(w) * factor, f64::from(h) * factor);
    let left = (f64::from(x) + f64::from(w) / 2.0 - wide / 2.0).max(0.0);
    let top = (f64::from(y) + f64::from(h) / 2.0 - high / 2.0).max(0.0);
    (left as u32, top as u32, wide.ceil() as u32, high.ceil() as u32)
}

fn middle(face: &Face) -> (u32, u32, u32, u32) {
    grown(face.rect, 0.4)
}

/// Samples outside `rect` that differ at all, in luma and both planes of chroma.
fn differ_outside(a: &Frame, b: &Frame, (x, y, w, h): (u32, u32, u32, u32)) -> usize {
    let (width, height) = a.size;
    let luma = (width * height) as usize;
    let of = |i: usize| {
        if i < luma {
            (i as u32 % width, i as u32 / width)
        } else {
            let i = ((i - luma) % (luma / 4)) as u32;
            (2 * (i % (width / 2)), 2 * (i / (width / 2)))
        }
    };
    let inside = |(px, py): (u32, u32)| px + 1 >= x && px <= x + w && py + 1 >= y && py <= y + h;
    a.bytes.iter().zip(&b.bytes).enumerate().filter(|(i, (a, b))| a != b && !inside(of(*i))).count()
}

#[test]
fn every_frame_has_the_models_face_and_its_own_surroundings() {
    let bare = play(&clip(FRAMES));
    let lent = Lent::green();
    let swapped = play(&format!("{} ! faceswap model={lent} color-transfer=false", clip(FRAMES)));
    assert_eq!((bare.len(), swapped.len()), (FRAMES as usize, FRAMES as usize));
    for (i, (bare, swapped)) in bare.iter().zip(&swapped).enumerate() {
        let face = &swapped.faces[0];
        let green = luma_at(swapped, face.centre());
        assert!(green.abs_diff(GREEN) < 8, "frame {i}: luma {green} in the middle of the face is not the model's");
        assert!(changed(bare, swapped, middle(face)) > 0.95, "frame {i}");
        let outside = differ_outside(bare, swapped, grown(face.rect, 2.5));
        assert_eq!(outside, 0, "frame {i}: samples far from the face {:?} differ", face.rect);
    }
}

#[test]
fn the_demonstration_model_changes_every_face() {
    let bare = play(&clip(FRAMES));
    let swapped = play(&format!("{} ! faceswap model={}", clip(FRAMES), ben()));
    for (i, (bare, swapped)) in bare.iter().zip(&swapped).enumerate() {
        let face = &swapped.faces[0];
        assert_eq!(face.swapped.map(|(_, swapped)| swapped), Some(true), "frame {i}");
        assert!(changed(bare, swapped, middle(face)) > 0.4, "frame {i}: the face hardly changed");
        assert_eq!(differ_outside(bare, swapped, grown(face.rect, 2.5)), 0, "frame {i}");
    }
}

/// Plays the clip with a model that fails, and gives the frames and the warnings.
fn failing(lent: &Lent, properties: &str) -> (Vec<Frame>, Vec<String>) {
    let text = format!("{} ! faceswap model={lent} {properties}", clip(FRAMES));
    let mut watched = Watched::new(&text);
    watched.start();
    watched.end().unwrap_or_else(|failure| panic!("{text}: {}", failure.text()));
    (watched.frames(), watched.warnings())
}

/// The face's pixels are all others than the driver's.
fn never_bare(frames: &[Frame], why: &str) {
    let bare = play(&clip(FRAMES));
    assert_eq!(frames.len(), bare.len(), "{why}");
    for (i, (bare, frame)) in bare.iter().zip(frames).enumerate() {
        assert_eq!(frame.faces.len(), 1, "{why}: frame {i} has no mark");
        let part = changed(bare, frame, frame.faces[0].rect);
        assert!(part > 0.6, "{why}: frame {i} shows {:.0} % of the bare face", 100.0 * (1.0 - part));
    }
}

/// The clip's faces are bright enough for this model to give no number in every frame.
fn gives_no_number() -> Lent {
    let mut model = common::onnx::SwapModel::not_finite_when_bright();
    // The warm-up is grey, 0.5; every face has a brighter pixel.
    model.weights("limit").raw_data = Some(bytes::Bytes::copy_from_slice(&0.52_f32.to_le_bytes()));
    Lent::new(&model)
}

#[test]
fn a_network_that_fails_lets_no_bare_face_out_and_says_so_once() {
    let lent = gives_no_number();
    for on_failure in ["hold", "blur"] {
        let (frames, warnings) = failing(&lent, &format!("on-failure={on_failure}"));
        never_bare(&frames, on_failure);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("not a number"), "{warnings:?}");
    }
}

#[test]
fn a_mask_that_covers_nothing_lets_no_bare_face_out_and_says_so_once() {
    for device in ["cpu", "gpu"].into_iter().filter(|device| *device == "cpu" || !adapters().is_empty()) {
        let (frames, warnings) = failing(&Lent::nothing_masked(), &format!("device={device}"));
        never_bare(&frames, device);
        assert!(frames.iter().all(|frame| frame.faces[0].swapped.is_some_and(|(_, swapped)| !swapped)), "{device}");
        assert_eq!(warnings.len(), 1, "{device}: {warnings:?}");
        assert!(warnings[0].contains("mask"), "{device}: {warnings:?}");
    }
}

#[test]
fn drop_drops_and_pass_passes() {
    let lent = gives_no_number();
    let (frames, warnings) = failing(&lent, "on-failure=drop");
    assert!(frames.is_empty(), "{} frames left", frames.len());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let (frames, _) = failing(&lent, "on-failure=pass");
    let bare = play(&clip(FRAMES));
    assert_eq!(frames.len(), bare.len());
    assert!(frames.iter().zip(&bare).all(|(a, b)| a.bytes == b.bytes), "a passed frame was changed");
    assert!(frames.iter().all(|frame| frame.faces[0].swapped.is_some_and(|(_, swapped)| !swapped)));
}

//! `device=gpu`: the network and the blend on one GPU, with the processor's picture.
#![cfg(feature = "gpu")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that fails may stop"
)]

mod common;

use common::{Frame, Lent, Watched, ben, changed, clip, luma_at, play};
use standin::blend::gpu::{GpuDevice, Selection, adapters};

const FRAMES: u32 = 8;
/// Luma of full green in limited-range BT.709.
const GREEN: u8 = 173;

fn there_is_a_gpu() -> bool {
    let there = !adapters().is_empty();
    if !there {
        eprintln!("SKIPPED, not tested: no GPU, nor a software one");
    }
    there
}

#[test]
fn the_demonstration_has_the_same_picture_on_the_gpu() {
    if !there_is_a_gpu() {
        return;
    }
    let on = |device: &str| play(&format!("{} ! faceswap model={} device={device}", clip(FRAMES), ben()));
    let (bare, processor, gpu) = (play(&clip(FRAMES)), on("cpu"), on("gpu"));
    assert_eq!((processor.len(), gpu.len()), (FRAMES as usize, FRAMES as usize));
    for (i, ((bare, processor), gpu)) in bare.iter().zip(&processor).zip(&gpu).enumerate() {
        assert_eq!(gpu.faces[0].swapped.map(|(_, swapped)| swapped), Some(true), "frame {i}");
        let apart: Vec<u8> = gpu.bytes.iter().zip(&processor.bytes).map(|(a, b)| a.abs_diff(*b)).collect();
        let differ = gpu.bytes.iter().zip(&bare.bytes).filter(|(a, b)| a != b).count();
        let (most, far) = (apart.iter().max().unwrap(), apart.iter().filter(|&&apart| apart > 2).count());
        println!("frame {i}: at most {most} of 255, {far} samples over 2, {differ} changed");
        assert!(*most <= 8 && far * 1000 < differ, "frame {i}: at most {most} of 255, {far} of {differ} over 2");
    }
}

/// Whether the middle of the face is the model's.
fn is_swapped(frame: &Frame) -> bool {
    frame.faces.first().is_some_and(|face| luma_at(frame, face.centre()).abs_diff(GREEN) < 8)
}

#[test]
fn a_gpu_that_is_lost_in_the_middle_of_a_clip_comes_back_and_no_bare_face_leaves() {
    if !there_is_a_gpu() {
        return;
    }
    const PACE: u32 = 160;
    let lent = Lent::green();
    let pace = format!("identity sleep-time={}", PACE * 1000);
    let mut watched =
        Watched::new(&format!("{} ! {pace} ! faceswap model={lent} device=gpu color-transfer=false", clip(60)));
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

//! How steady an alignment is on a still head before a noisy camera, and how far it lags behind one that moves.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use standin::face::{Face, Finder, FinderSettings, Mesh};
use standin::frame::{OwnedFrame, VideoBuffer};
use standin::geometry::Point;
use standin::runtime::Runtime;

/// Standard deviation of the camera's noise, in codes of luma: an office at dusk.
const NOISE: f32 = 2.0;
/// Frames until the filter has settled.
const SETTLED: usize = 30;
/// Pixels a frame: at 30 frames a second a little more than a face width a second, for a face of 222 px.
const SPEED: usize = 8;

/// The frame with its picture moved `by` pixels to the right (even; what comes in at the left repeats), and noise.
fn seen(still: &OwnedFrame, by: usize, rng: &mut ChaCha8Rng) -> OwnedFrame {
    let mut frame = still.clone();
    let width = still.frame().unwrap().layout().width;
    for plane in 0..3 {
        let (row, by) = if plane == 0 { (width, by) } else { (width / 2, by / 2) };
        let source = still.bytes(plane).to_vec();
        for (to, from) in frame.bytes_mut(plane).chunks_exact_mut(row).zip(source.chunks_exact(row)) {
            to[by..].copy_from_slice(&from[..row - by]);
            to[..by].fill(from[0]);
        }
    }
    for byte in frame.bytes_mut(0) {
        // The sum of three even distributions is near enough to a normal one.
        let noise: f32 = (0..3).map(|_| rng.random_range(-1.0..1.0f32)).sum();
        *byte = (f32::from(*byte) + noise * NOISE).round().clamp(0.0, 255.0) as u8;
    }
    frame
}

/// Where the alignments put the crop's centre, in frame px.
fn centre(face: &Face) -> [Point; 2] {
    [&face.to_canonical, &face.to_canonical_rigid].map(|to| to.inverse().unwrap().apply(Point::new(0.5, 0.5)))
}

/// The centres in `frames` frames of a head that stands still for [`SETTLED`] frames and then moves by `speed` px a
/// frame.
fn centres(frames: usize, speed: usize) -> Option<Vec<[Point; 2]>> {
    let still = common::clip("ada_live.mp4")?.nth(60).unwrap();
    let mut finder = Finder::new(&Runtime::load(None).unwrap(), Mesh::Points468).unwrap();
    let (mut rng, mut faces) = (ChaCha8Rng::seed_from_u64(7), Vec::new());
    let of = |i: usize| {
        let frame = seen(&still, speed * i.saturating_sub(SETTLED), &mut rng);
        finder.find(&frame.frame().unwrap(), &[], i as f64 / 30.0, &FinderSettings::default(), &mut faces).unwrap();
        centre(&faces[0])
    };
    Some((0..frames).map(of).collect())
}

#[test]
fn a_still_head_is_aligned_within_a_sixth_of_a_pixel() {
    let Some(centres) = centres(SETTLED + 90, 0) else { return };
    for (kind, name) in ["template", "rigid"].into_iter().enumerate() {
        let places: Vec<Point> = centres[SETTLED..].iter().map(|both| both[kind]).collect();
        let n = places.len() as f32;
        let mean = Point::new(places.iter().map(|p| p.x).sum::<f32>() / n, places.iter().map(|p| p.y).sum::<f32>() / n);
        let rms = (places.iter().map(|p| p.distance(mean).powi(2)).sum::<f32>() / n).sqrt();
        println!("{name}: {rms:.3} px RMS");
        assert!(rms < 0.15, "{name}: {rms} px RMS");
    }
}

/// What the detector sees of somebody who is followed must not move the crop: a swapped face would jump every time it
/// looks.
#[test]
fn the_detector_moves_nobody_who_is_followed() {
    let centres = |detect_interval: u32| -> Option<Vec<[Point; 2]>> {
        let mut finder = Finder::new(&Runtime::load(None).unwrap(), Mesh::Points468).unwrap();
        let settings = FinderSettings { detect_interval, ..FinderSettings::default() };
        let mut faces = Vec::new();
        let of = |(i, frame): (usize, OwnedFrame)| {
            finder.find(&frame.frame().unwrap(), &[], i as f64 / 30.0, &settings, &mut faces).unwrap();
            centre(&faces[0])
        };
        Some(common::clip("ada_live.mp4")?.take(150).enumerate().map(of).collect())
    };
    let (Some(seldom), Some(often)) = (centres(1000), centres(5)) else { return };
    for (kind, name) in ["template", "rigid"].into_iter().enumerate() {
        let apart = seldom.iter().zip(&often).map(|(seldom, often)| seldom[kind].distance(often[kind]));
        let most = apart.fold(0.0_f32, f32::max);
        println!("{name}: {most:.3} px at most");
        assert!(most < 0.15, "{name}: {most} px");
    }
}

#[test]
fn a_head_that_moves_a_face_width_a_second_is_followed_within_half_a_frame() {
    let Some(centres) = centres(SETTLED + 40, SPEED) else { return };
    for (kind, name) in ["template", "rigid"].into_iter().enumerate() {
        let from = centres[SETTLED][kind].x;
        let late = centres[SETTLED + 10..].iter().enumerate().map(|(i, both)| {
            let moved = (SPEED * (i + 10)) as f32;
            (from + moved - both[kind].x) / SPEED as f32
        });
        let lag = late.sum::<f32>() / 30.0;
        println!("{name}: {lag:.2} frames late");
        assert!(lag.abs() < 0.4, "{name}: {lag} frames late");
    }
}

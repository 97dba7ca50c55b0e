//! The crop against the contract's sentence in f64.
#![allow(missing_docs, clippy::unwrap_used)]

mod blend_support;

use blend_support::*;
use standin::blend::{Blender, CpuBlender, plan};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range};
use standin::geometry::{Point, Similarity};

fn reference(frame: &OwnedFrame, to_crop: &Similarity, side: usize) -> Vec<f32> {
    let layout = *frame.layout();
    let taps = plan::taps(to_crop, side);
    let to_frame = to_crop.inverse().unwrap();
    let [a, b, tx, ty] = [to_frame.a, to_frame.b, to_frame.tx, to_frame.ty].map(f64::from);
    let black = to_codes(&layout, [0.0; 3]);
    let mut crop = Vec::new();
    for j in 0..side {
        for i in 0..side {
            let codes = [0, 1, 2].map(|c| {
                let n = if c > 0 && shared(layout.format) != (1, 1) { taps.div_ceil(2) } else { taps };
                let mut sum = 0.0;
                for t in 0..n {
                    for s in 0..n {
                        let u = (i as f64 + (s as f64 + 0.5) / n as f64) / side as f64;
                        let v = (j as f64 + (t as f64 + 0.5) / n as f64) / side as f64;
                        sum += tap(frame, c, a * u - b * v + tx, b * u + a * v + ty, black[c]);
                    }
                }
                sum / (n * n) as f64
            });
            let rgb = from_codes(&layout, codes);
            crop.extend([rgb[2], rgb[1], rgb[0]].map(|v| v.clamp(0.0, 1.0) as f32));
        }
    }
    crop
}

/// The worst of noise, where 1/512 of a sample is up to half a code a plane, and three planes make a colour.
const TOLERANCE: f32 = 3.0 / 255.0;

fn check(frame: &OwnedFrame, to_crop: &Similarity, side: usize) {
    let expected = reference(frame, to_crop, side);
    let mut crop = vec![f32::NAN; side * side * 3];
    CpuBlender::default().crop(&view(frame), to_crop, side, &mut crop).unwrap();
    let apart = worst(&crop, &expected);
    let mean = crop.iter().zip(&expected).map(|(a, b)| (a - b).abs()).sum::<f32>() / crop.len() as f32;
    assert!(apart <= TOLERANCE, "{:?} {to_crop:?}: {apart}", frame.layout());
    assert!(mean <= 0.3 / 255.0, "{:?} {to_crop:?}: mean {mean}", frame.layout());
}

#[test]
fn every_format_and_reduction_follows_the_contract() {
    for format in PixelFormat::ALL {
        for (width, height) in [(97, 83), (96, 82)] {
            let frame = noise(layout(format, width, height), 5);
            for scale in [0.7, 1.0, 1.9, 3.1, 4.0, 6.0] {
                let side = 20;
                check(&frame, &to_crop(Point::new(48.3, 40.1), scale * side as f32, 0.4), side);
            }
        }
    }
}

#[test]
fn every_matrix_and_range_follows_the_contract() {
    for format in [PixelFormat::Nv12, PixelFormat::P010, PixelFormat::Y444Ten] {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for range in [Range::Full, Range::Limited] {
                let frame = noise(Layout { matrix, range, ..layout(format, 64, 64) }, 0);
                check(&frame, &to_crop(Point::new(32.0, 32.0), 40.0, -0.3), 18);
            }
        }
    }
}

#[test]
fn crops_over_the_frames_edges_and_beyond_follow_the_contract() {
    for format in PixelFormat::ALL {
        for (width, height) in [(1, 1), (2, 3), (33, 17)] {
            let frame = noise(layout(format, width, height), 3);
            for angle in [0.0, 1.0, std::f32::consts::PI, -std::f32::consts::FRAC_PI_2] {
                check(&frame, &to_crop(Point::new(0.7, height as f32), 24.0, angle), 12);
                check(&frame, &to_crop(Point::new(-900.0, 12.0), 24.0, angle), 12);
                check(&frame, &to_crop(Point::new(16.0, 8.0), 3.0, angle), 12);
            }
        }
    }
}

#[test]
fn outside_the_frame_is_black() {
    let frame = noise(layout(PixelFormat::I420, 16, 16), 0);
    let mut crop = vec![1.0; 8 * 8 * 3];
    CpuBlender::default().crop(&view(&frame), &to_crop(Point::new(500.0, 0.0), 16.0, 0.0), 8, &mut crop).unwrap();
    assert!(crop.iter().all(|&v| v.abs() < 1e-6), "{crop:?}");
}

#[test]
fn formats_give_the_same_colours() {
    let place = to_crop(Point::new(70.0, 62.0), 90.0, 0.2);
    let mut crops = PixelFormat::ALL.map(|format| {
        let mut frame = OwnedFrame::new(layout(format, 141, 123));
        paint(&mut frame, smooth);
        let mut crop = vec![0.0; 45 * 45 * 3];
        CpuBlender::default().crop(&view(&frame), &place, 45, &mut crop).unwrap();
        crop
    });
    let [first, others @ ..] = &mut crops;
    for other in others {
        assert!(worst(first, other) <= 2.0 / 255.0, "{}", worst(first, other) * 255.0);
    }
}

#[test]
fn a_crop_without_a_place_is_black_and_a_short_one_an_error() {
    let frame = noise(layout(PixelFormat::Rgba, 16, 16), 0);
    let nowhere = Similarity { a: f32::NAN, ..Similarity::IDENTITY };
    let mut crop = vec![1.0; 8 * 8 * 3];
    let mut blender = CpuBlender::default();
    blender.crop(&view(&frame), &nowhere, 8, &mut crop).unwrap();
    assert!(crop.iter().all(|&v| v == 0.0));
    assert!(blender.crop(&view(&frame), &Similarity::IDENTITY, 9, &mut crop).is_err());
}

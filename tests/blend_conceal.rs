//! What is concealed cannot come back, and nothing else changes.
#![allow(missing_docs, clippy::unwrap_used)]

mod blend_support;

use blend_support::*;
use standin::blend::{conceal, conceal_all};
use standin::frame::{OwnedFrame, PixelFormat, VideoBuffer};
use standin::geometry::Rect;

const SIZES: [(usize, usize); 5] = [(1, 1), (2, 2), (7, 9), (64, 48), (161, 121)];

fn conceal_at(frame: &mut OwnedFrame, x: f32, y: f32, w: f32, h: f32) {
    conceal(&mut frame.frame_mut().unwrap(), Rect { x, y, w, h }, 1.0);
}

#[test]
fn outside_of_the_region_every_bit_stays() {
    for format in PixelFormat::ALL {
        for (width, height) in SIZES {
            for padding in [0, 13] {
                let before = noise(layout(format, width, height), padding);
                let mut after = before.clone();
                let (w, h) = (width as f32, height as f32);
                conceal_at(&mut after, w * 0.31, h * 0.27, w * 0.4, h * 0.5);
                let outside = |at: usize, low: f32, high: f32| {
                    at < (low.floor() as usize & !1) || at >= (high.ceil() as usize).next_multiple_of(2)
                };
                let mut inside = vec![];
                for y in 0..height {
                    for x in 0..width {
                        let is_outside =
                            outside(x, w * 0.31, w * 0.31 + w * 0.4) || outside(y, h * 0.27, h * 0.27 + h * 0.5);
                        if !is_outside {
                            inside.extend(
                                bytes_of(&before, x, y)
                                    .into_iter()
                                    .flat_map(|(plane, at)| at.map(move |at| (plane, at))),
                            );
                        }
                    }
                }
                for plane in 0..3 {
                    let pairs = before.bytes(plane).iter().zip(after.bytes(plane)).enumerate();
                    let stray = pairs.filter(|(at, (a, b))| a != b && !inside.contains(&(plane, *at))).count();
                    assert_eq!(stray, 0, "{format:?} {width}x{height}+{padding}");
                }
            }
        }
    }
}

#[test]
fn only_cell_means_are_left() {
    for format in PixelFormat::ALL {
        // Two frames with the same mean in every 2×2 block of every plane and nothing else alike.
        let make = |flip: bool| {
            let mut frame = OwnedFrame::new(layout(format, 128, 128));
            for (c, x, y) in places(&frame) {
                let (sx, sy) = if c == 0 { (1, 1) } else { shared(format) };
                let (across, down) = (x / sx, y / sy);
                let base = 60 + (across / 16 * 37 + down / 16 * 53) % 120;
                let up = (across + down) % 2 == usize::from(flip);
                set_code(&mut frame, c, x, y, unit(format) * (base + if up { 40 } else { 0 }) as u16);
            }
            frame
        };
        let (mut one, mut other) = (make(false), make(true));
        assert_ne!(one.bytes(0), other.bytes(0));
        conceal_at(&mut one, 0.0, 0.0, 128.0, 128.0);
        conceal_at(&mut other, 0.0, 0.0, 128.0, 128.0);
        for (c, x, y) in places(&one) {
            assert_eq!(code(&one, c, x, y), code(&other, c, x, y), "{format:?} ({x}, {y})");
        }
    }
}

#[test]
fn a_concealed_region_is_smooth() {
    for format in PixelFormat::ALL {
        let mut frame = noise(layout(format, 161, 121), 3);
        conceal_at(&mut frame, 0.0, 0.0, 161.0, 121.0);
        for y in 0..121 {
            for x in 2..161 {
                for c in 0..3 {
                    let step = code(&frame, c, x - 2, y).abs_diff(code(&frame, c, x, y)) / unit(format);
                    assert!(step <= 8, "{format:?} component {c} jumps by {step} at ({x}, {y})");
                }
            }
        }
    }
}

#[test]
fn a_flat_picture_stays_and_means_are_kept() {
    for format in PixelFormat::ALL {
        let mut frame = OwnedFrame::new(layout(format, 61, 43));
        paint(&mut frame, |_, _| [0.6, 0.4, 0.3]);
        let before = frame.clone();
        conceal_all(&mut frame.frame_mut().unwrap());
        for plane in 0..3 {
            assert_eq!(before.bytes(plane), frame.bytes(plane), "{format:?}");
        }
    }
}

#[test]
fn the_whole_frame_is_concealed_in_every_shape() {
    for format in PixelFormat::ALL {
        for (width, height) in [(161, 121), (1500, 9), (9, 1500), (640, 360)] {
            let mut frame = noise(layout(format, width, height), 1);
            let before = frame.clone();
            conceal_all(&mut frame.frame_mut().unwrap());
            let spread = |frame: &OwnedFrame| {
                let codes = || (0..height * width).map(|n| f64::from(code(frame, 0, n % width, n / width)));
                let mean = codes().sum::<f64>() / (width * height) as f64;
                (codes().map(|v| (v - mean).powi(2)).sum::<f64>() / (width * height) as f64).sqrt()
            };
            assert!(spread(&frame) < spread(&before) / 4.0, "{format:?} {width}x{height}");
        }
    }
}

#[test]
fn a_region_that_is_not_finite_conceals_everything() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut one = noise(layout(PixelFormat::I420, 64, 48), 0);
        let mut all = one.clone();
        conceal_at(&mut one, bad, 0.0, 10.0, 10.0);
        conceal_all(&mut all.frame_mut().unwrap());
        assert_eq!(one.bytes(0), all.bytes(0));
        assert_eq!(one.bytes(1), all.bytes(1));
    }
}

#[test]
fn nothing_to_conceal_is_no_trouble() {
    let before = noise(layout(PixelFormat::Nv12, 31, 17), 0);
    let mut after = before.clone();
    for (x, y, w, h) in
        [(-50.0, 0.0, 20.0, 20.0), (400.0, 3.0, 9.0, 9.0), (3.0, 900.0, 1e9, 5.0), (4.0, 4.0, -3.0, 2.0)]
    {
        conceal_at(&mut after, x, y, w, h);
    }
    assert_eq!(before.bytes(0), after.bytes(0));
    assert_eq!(before.bytes(1), after.bytes(1));
}

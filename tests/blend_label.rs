//! The label says what it should, in every format and at every size, and nothing else of the frame changes.
#![allow(missing_docs, clippy::unwrap_used)]

mod blend_support;

use blend_support::*;
use standin::blend::Label;
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, TransferFunction, VideoBuffer};

const HEIGHTS: [(usize, usize); 6] = [(320, 240), (640, 360), (853, 480), (1280, 720), (1920, 1080), (3840, 2160)];

fn labelled(before: &OwnedFrame, subjects: &[&str]) -> (OwnedFrame, Label) {
    let label = Label::new(subjects.iter().copied(), before.layout());
    let mut after = before.clone();
    label.draw(&mut after.frame_mut().unwrap());
    (after, label)
}

#[test]
fn outside_of_the_label_every_bit_stays() {
    for format in PixelFormat::ALL {
        for (width, height) in [(320, 240), (319, 181), (64, 48), (5, 3), (1, 1)] {
            let before = noise(layout(format, width, height), 7);
            let (after, label) = labelled(&before, &["Ben"]);
            let region = *label.region();
            let mut inside = std::collections::HashSet::new();
            for (_, x, y) in places(&before).filter(|(c, ..)| *c == 0) {
                if (region.x0..region.x1).contains(&x) && (region.y0..region.y1).contains(&y) {
                    for (plane, at) in bytes_of(&before, x, y) {
                        inside.extend(at.map(|at| (plane, at)));
                    }
                }
            }
            for plane in 0..format.planes() {
                let pairs = before.bytes(plane).iter().zip(after.bytes(plane)).enumerate();
                let stray = pairs.filter(|(at, (a, b))| a != b && !inside.contains(&(plane, *at))).count();
                assert_eq!(stray, 0, "{format:?} {width}x{height}");
            }
        }
    }
}

/// The least frame that has a mark.
const LEAST: (usize, usize) = (7, 3);

#[test]
fn every_frame_that_has_room_for_a_mark_has_one() {
    for format in PixelFormat::ALL {
        for width in [1, 2, 6, 7, 8, 9, 16, 31, 64] {
            for height in [1, 2, 3, 4, 5, 8, 31, 48] {
                let mut before = OwnedFrame::new(layout(format, width, height));
                paint(&mut before, |_, _| [0.5; 3]);
                let (after, label) = labelled(&before, &["Ben"]);
                let changed = (0..format.planes()).any(|plane| before.bytes(plane) != after.bytes(plane));
                let room = width >= LEAST.0 && height >= LEAST.1;
                assert!(changed || !room, "{format:?} {width}x{height}: nothing was drawn");
                assert!(!label.region().is_empty() || !room, "{format:?} {width}x{height}: {:?}", label.region());
            }
        }
    }
}

/// m of each pixel of a frame for the label, and how much of it is letters: what the label makes of a white frame and
/// of a black one in red, green and blue, whose code values are the picture's.
fn cover(width: usize, height: usize) -> Vec<(f64, f64)> {
    let shown = |grey: u8| {
        let mut before = OwnedFrame::new(layout(PixelFormat::Rgb, width, height));
        before.bytes_mut(0).fill(grey);
        labelled(&before, &["Ben"]).0
    };
    let (black, white) = (shown(0), shown(255));
    let pixels = black.bytes(0).chunks_exact(3).zip(white.bytes(0).chunks_exact(3));
    // A black frame becomes m·label, a white one that and 1 − m.
    pixels.map(|(b, w)| (1.0 - f64::from(w[0] - b[0]) / 255.0, f64::from(b[0]) / 255.0)).collect()
}

#[test]
fn all_three_components_are_the_mean_of_what_their_pixels_become() {
    for format in PixelFormat::ALL {
        for (width, height) in [(320, 240), (319, 181), (63, 47)] {
            let mut before = OwnedFrame::new(layout(format, width, height));
            // Saturated, and another colour every few pixels.
            paint(&mut before, |x, y| {
                [0.5 + 0.45 * (x / 3.0).sin(), 0.5 + 0.45 * (y / 4.0).cos(), 0.5 + 0.45 * (x / 5.0 - y / 3.0).sin()]
            });
            let (after, _) = labelled(&before, &["Ben"]);
            let (cover, layout, (sx, sy)) = (cover(width, height), *before.layout(), shared(format));
            let (black, white) = (to_codes(&layout, [0.0; 3]), to_codes(&layout, [1.0; 3]));
            let (mut worst, mut moved) = ([0.0_f64; 3], [0.0_f64; 3]);
            for (c, x, y) in places(&before) {
                let (sx, sy) = if c == 0 { (1, 1) } else { (sx, sy) };
                if x % sx != 0 || y % sy != 0 {
                    continue;
                }
                let frame = f64::from(code(&before, c, x, y));
                let sharers = (y..(y + sy).min(height)).flat_map(|y| (x..(x + sx).min(width)).map(move |x| (x, y)));
                let become_: Vec<f64> = sharers
                    .map(|(x, y)| {
                        let (m, letter) = cover[y * width + x];
                        (1.0 - m) * frame + m * black[c] + letter * (white[c] - black[c])
                    })
                    .collect();
                let expected = become_.iter().sum::<f64>() / become_.len() as f64;
                let found = f64::from(code(&after, c, x, y));
                worst[c] = worst[c].max((found - expected).abs());
                moved[c] = moved[c].max((found - frame).abs());
            }
            // Beside rounding, the cover is known to a code of eight bits.
            let bound = 1.0 + 0.5 * f64::from(unit(format));
            for c in 0..3 {
                assert!(worst[c] <= bound, "{format:?} {width}x{height}: component {c} is {} codes off", worst[c]);
                let seen = 40.0 * f64::from(unit(format));
                assert!(moved[c] > seen, "{format:?} {width}x{height}: component {c} moves by {} codes", moved[c]);
            }
        }
    }
}

#[test]
fn its_white_is_that_of_graphics() {
    for (transfer, white) in
        [(TransferFunction::Standard, 1.0), (TransferFunction::Hlg, 0.75), (TransferFunction::Pq, 0.58)]
    {
        for format in [PixelFormat::P010, PixelFormat::Rgbx] {
            let matrix = Matrix::Bt2020;
            let mut before = OwnedFrame::new(Layout { transfer, matrix, ..layout(format, 1280, 720) });
            paint(&mut before, |_, _| [0.0; 3]);
            let (after, label) = labelled(&before, &["Ben"]);
            let most = luma(&after, &label).into_iter().fold(0.0, f64::max);
            assert!((most - white).abs() < 0.005, "{format:?}, {transfer:?}: the brightest of the label is {most}");
        }
    }
}

/// Luma 0..1 of the pixels of the label's region, row by row.
fn luma(frame: &OwnedFrame, label: &Label) -> Vec<f64> {
    let region = label.region();
    let pixel = |x, y| {
        let codes = [0, 1, 2].map(|c| f64::from(code(frame, c, x, y)));
        let [r, g, b] = from_codes(frame.layout(), codes);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    (region.y0..region.y1).flat_map(|y| (region.x0..region.x1).map(move |x| pixel(x, y))).collect()
}

#[test]
fn it_is_white_on_dark_over_anything_in_every_format() {
    for format in PixelFormat::ALL {
        let mut pictures = Vec::new();
        for grey in [0.0, 0.5, 1.0] {
            let mut before = OwnedFrame::new(layout(format, 1280, 720));
            paint(&mut before, |_, _| [grey; 3]);
            let (after, label) = labelled(&before, &["Ben"]);
            let luma = luma(&after, &label);
            let white = luma.iter().filter(|v| **v > 0.97).count() as f64 / luma.len() as f64;
            assert!((0.05..0.5).contains(&white), "{format:?} on {grey}: {white} of the label is white");
            // The plate lets a third of a white frame through, no more.
            let dark = luma.iter().filter(|v| **v < 0.36).count() as f64 / luma.len() as f64;
            assert!(dark > 0.4, "{format:?} on {grey}: {dark} of the label is dark");
            pictures.push(luma.iter().map(|v| *v > 0.97).collect::<Vec<_>>());
        }
        for other in &pictures[1..] {
            // At the letters' edges a bright frame shows through more than a dark one.
            let apart = pictures[0].iter().zip(other).filter(|(a, b)| a != b).count() as f64;
            assert!(apart < 0.02 * other.len() as f64, "{format:?}: {apart} of {} px are other letters", other.len());
        }
    }
}

#[test]
fn every_format_shows_the_same_letters() {
    let shades = |format| {
        let mut before = OwnedFrame::new(layout(format, 641, 361));
        paint(&mut before, |_, _| [0.2; 3]);
        let (after, label) = labelled(&before, &["Ben"]);
        luma(&after, &label)
    };
    let rgb = shades(PixelFormat::Rgba);
    assert!(rgb.iter().any(|v| *v > 0.97));
    for format in PixelFormat::ALL {
        let found = shades(format);
        let apart = rgb.iter().zip(&found).filter(|(a, b)| (**a > 0.5) != (**b > 0.5)).count();
        assert!(apart * 100 < rgb.len(), "{format:?}: {apart} of {} px", rgb.len());
    }
}

#[test]
fn its_size_follows_the_frame_s_and_another_name_is_another_picture() {
    for (width, height) in HEIGHTS {
        let before = OwnedFrame::new(layout(PixelFormat::Nv12, width, height));
        let (ben, label) = labelled(&before, &["Ben"]);
        let region = label.region();
        let share = region.height() as f64 / height as f64;
        assert!((0.035..0.09).contains(&share), "{width}x{height}: {} rows", region.height());
        assert!(
            region.x0 > 0 && region.x1 < width / 2 && region.y1 < height && region.y0 > height * 4 / 5,
            "{region:?}"
        );
        let (eva, _) = labelled(&before, &["Eva"]);
        assert!(ben.bytes(0) != eva.bytes(0) && label.layout() == before.layout());
        let (mut other, wrong) = (OwnedFrame::new(layout(PixelFormat::I420, width, height)), before.layout());
        let clean = other.clone();
        Label::new(["Ben"], wrong).draw(&mut other.frame_mut().unwrap());
        assert_eq!(other.bytes(0), clean.bytes(0), "a frame of another layout is left alone");
    }
}

/// The mark at its smallest, as a picture to read.
#[test]
fn the_letters_can_be_read() {
    let (after, label) = labelled(&OwnedFrame::new(layout(PixelFormat::Rgbx, 200, 240)), &[]);
    let region = label.region();
    let shades = luma(&after, &label);
    let rows = shades.chunks(region.width()).map(|row| {
        row.iter()
            .map(|v| {
                if *v > 0.6 {
                    '#'
                } else if *v > 0.25 {
                    '+'
                } else {
                    '.'
                }
            })
            .collect::<String>()
    });
    let picture: Vec<String> = rows.collect();
    assert!(picture == LETTERS, "\n{}", picture.join("\n"));
}

/// White, and between white and the plate.
const LETTERS: [&str; 18] = [
    "........................",
    "........................",
    "........................",
    "........................",
    "........................",
    "........+++...++........",
    "........###...##+.......",
    ".......+###+..##+.......",
    ".......##.##..##+.......",
    "......+##.##..##+.......",
    "......######+.##+.......",
    "......#######.##+.......",
    ".....+#+...##.##+.......",
    "........................",
    "........................",
    "........................",
    "........................",
    "........................",
];

/// Writes what the label looks like over a picture to a folder, to be looked at.
#[test]
#[ignore = "writes pictures to the folder STANDIN_PICTURES"]
fn pictures() {
    let folder = std::path::PathBuf::from(std::env::var_os("STANDIN_PICTURES").unwrap());
    for (width, height) in HEIGHTS {
        let mut before = OwnedFrame::new(layout(PixelFormat::Nv12, width, height));
        paint(&mut before, |x, y| smooth(x * 3.0, y * 3.0));
        let (after, _) = labelled(&before, &["Ben Müller"]);
        let mut picture = image::RgbImage::new(width as u32, height as u32);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let codes = [0, 1, 2].map(|c| f64::from(code(&after, c, x as usize, y as usize)));
            pixel.0 = from_codes(after.layout(), codes).map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
        }
        picture.save(folder.join(format!("label-{height}.png"))).unwrap();
    }
}

//! Every format that the pads offer runs through the element as it is, and is swapped as I420 is.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod common;

use common::{Frame, Lent, Watched, play, small_clip};
use gst::prelude::*;

const FRAMES: u32 = 4;

/// The formats of the pad template.
fn formats() -> Vec<String> {
    common::init();
    let factory = gst::ElementFactory::find("faceswap").unwrap();
    let sink = factory.static_pad_templates().into_iter().find(|pad| pad.direction() == gst::PadDirection::Sink);
    let caps = sink.unwrap().caps();
    let list = caps.structure(0).unwrap().get::<gst::List>("format").unwrap();
    list.iter().map(|name| name.get::<String>().unwrap()).collect()
}

/// Left, top, width, height in pixels.
type Rect = (u32, u32, u32, u32);

/// The mean distance of two I420 frames in a rectangle, in codes: of luma, and of chroma.
fn apart(a: &Frame, b: &Frame, (x, y, w, h): Rect) -> [f64; 2] {
    let (width, height) = a.size;
    let (luma, across) = ((width * height) as usize, width.div_ceil(2));
    let chroma = (across * height.div_ceil(2)) as usize;
    let places = || (y..y + h).flat_map(|y| (x..x + w).map(move |x| (x, y)));
    let distance = |at: usize| f64::from(a.bytes[at].abs_diff(b.bytes[at]));
    let count = f64::from(w * h);
    let own: f64 = places().map(|(x, y)| distance((y * width + x) as usize)).sum();
    let shared: f64 = places()
        .map(|(x, y)| luma + (y / 2 * across + x / 2) as usize)
        .map(|at| distance(at) + distance(at + chroma))
        .sum();
    [own / count, shared / (2.0 * count)]
}

/// Asserts that every byte of every plane is the same outside of the rectangle, of which an odd edge counts as the
/// next even one; a third of each plane must lie there.
fn assert_same_outside(a: &Frame, b: &Frame, (x, y, w, h): Rect, what: &str) {
    let info = gst_video::VideoInfo::builder(a.format, a.size.0, a.size.1).build().unwrap();
    let layout = standin::media::layout(&info).unwrap();
    let (x0, y0) = (x as usize & !1, y as usize & !1);
    let (x1, y1) = (((x + w) as usize).next_multiple_of(2), ((y + h) as usize).next_multiple_of(2));
    let mut at = 0;
    for plane in 0..layout.format.planes() {
        let size = |x: usize, y: usize| layout.format.plane_size(plane, x, y);
        let (row, rows) = size(layout.width, layout.height);
        let [(left, top), (right, bottom)] = [size(x0, y0), size(x1, y1)];
        let mut compared = 0;
        for n in 0..row * rows {
            let (byte, line) = (n % row, n / row);
            if (left..right).contains(&byte) && (top..bottom).contains(&line) {
                continue;
            }
            compared += 1;
            assert!(a.bytes[at + n] == b.bytes[at + n], "{what}: byte {byte} of row {line} of plane {plane} changed");
        }
        assert!(compared * 3 > row * rows, "{what}: only {compared} bytes of plane {plane} were compared");
        at += row * rows;
    }
    assert_eq!(at, a.bytes.len());
}

/// What a blend of a face at these bounds may reach: as much again on each side, within the frame.
fn reach((x, y, w, h): Rect, size: (u32, u32)) -> Rect {
    let (left, top) = (x.saturating_sub(w), y.saturating_sub(h));
    let (right, bottom) = ((x + 2 * w).min(size.0), (y + 2 * h).min(size.1));
    (left, top, right - left, bottom - top)
}

/// The middle third.
fn middle((x, y, w, h): Rect) -> Rect {
    (x + w / 3, y + h / 3, w / 3, h / 3)
}

#[test]
fn every_format_is_swapped_without_a_converter_and_keeps_its_surroundings() {
    let lent = Lent::green();
    let swap = format!("faceswap model={lent} device=cpu color-transfer=false occlusion=off");
    let back = "videoconvert ! video/x-raw,format=I420";
    let (bare, expected) = (play(&small_clip(FRAMES)), play(&format!("{} ! {swap}", small_clip(FRAMES))));
    let formats = formats();
    for wanted in "NV12 I420 YUY2 NV21 YV12 UYVY Y42B Y444 RGB BGR P010_10LE I420_10LE I422_10LE Y444_10LE".split(' ') {
        assert!(formats.iter().any(|format| format == wanted), "{wanted} is not offered");
    }
    for format in formats {
        let source = format!("{} ! videoconvert ! video/x-raw,format={format}", small_clip(FRAMES));
        let before = play(&source);
        let after = play(&format!("{source} ! {swap}"));
        let shown = play(&format!("{source} ! {swap} ! {back}"));
        assert_eq!((after.len(), shown.len()), (FRAMES as usize, FRAMES as usize), "{format}");
        for i in 0..FRAMES as usize {
            assert_eq!(after[i].format.to_str().as_str(), format, "no converter was put in");
            let face = after[i].faces[0].rect;
            let [luma, chroma] = apart(&shown[i], &bare[i], middle(face));
            assert!(luma > 20.0 && chroma > 20.0, "{format}, frame {i}: the face is the driver's: {luma} {chroma}");
            let [luma, chroma] = apart(&shown[i], &expected[i], middle(face));
            assert!(luma < 3.0 && chroma < 3.0, "{format}, frame {i}: {luma} {chroma} codes from what I420 gives");
            let place = reach(face, after[i].size);
            assert_same_outside(&before[i], &after[i], place, &format!("{format}, frame {i}"));
        }
    }
}

#[test]
fn hlg_and_pq_stay_what_they_are_and_a_face_is_found_and_swapped_in_them() {
    let lent = Lent::green();
    for colorimetry in ["bt2100-hlg", "bt2100-pq", "bt2020-10"] {
        let source = format!(
            "{} ! videoconvert ! video/x-raw,format=P010_10LE ! capssetter caps=video/x-raw,colorimetry={colorimetry}",
            small_clip(FRAMES)
        );
        let before = play(&source);
        let mut watched = Watched::new(&format!("{source} ! faceswap model={lent} device=cpu color-transfer=none"));
        watched.start();
        watched.end().unwrap();
        let caps = watched.element("sink").static_pad("sink").unwrap().current_caps().unwrap();
        let kept = caps.structure(0).unwrap().get::<String>("colorimetry").unwrap();
        assert_eq!(kept, colorimetry, "{caps}");
        let after = watched.frames();
        assert_eq!((before.len(), after.len()), (FRAMES as usize, FRAMES as usize));
        for (i, (before, after)) in before.iter().zip(&after).enumerate() {
            assert_eq!(after.faces.len(), 1, "{colorimetry}, frame {i}");
            let face = after.faces[0].rect;
            assert_same_outside(before, after, reach(face, after.size), &format!("{colorimetry}, frame {i}"));
            // Luma words of the middle of the face: green all over, in codes of ten bits.
            let (x, y, w, h) = middle(face);
            let places = (y..y + h).flat_map(|y| (x..x + w).map(move |x| 2 * (y * after.size.0 + x) as usize));
            let luma = |at: usize| u16::from_le_bytes([after.bytes[at], after.bytes[at + 1]]) >> 6;
            let green = 64.0 + 876.0 * 0.678;
            let (sum, count) = places.fold((0.0, 0.0), |(sum, count), at| (sum + f64::from(luma(at)), count + 1.0));
            assert!((sum / count - green).abs() < 8.0, "{colorimetry}, frame {i}: {} is not {green}", sum / count);
        }
    }
}

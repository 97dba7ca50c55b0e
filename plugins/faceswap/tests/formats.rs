//! Every format that the pads offer runs through the element as it is, and is swapped as I420 is.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod common;

use common::{Frame, Lent, play, small_clip};

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

/// The mean distance of two frames' luma in a rectangle, in codes.
fn apart(a: &Frame, b: &Frame, (x, y, w, h): (u32, u32, u32, u32)) -> f64 {
    let places = (y..y + h).flat_map(|y| (x..x + w).map(move |x| (x, y)));
    let sum: f64 = places.map(|at| f64::from(common::luma_at(a, at).abs_diff(common::luma_at(b, at)))).sum();
    sum / f64::from(w * h)
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
            let (x, y, w, h) = face;
            let middle = (x + w / 3, y + h / 3, w / 3, h / 3);
            assert!(apart(&shown[i], &bare[i], middle) > 20.0, "{format}, frame {i}: the face is the driver's");
            let off = apart(&shown[i], &expected[i], middle);
            assert!(off < 3.0, "{format}, frame {i}: {off} codes from what I420 gives");
            // Rows above all that a blend of this face may reach.
            let rows = y.saturating_sub(h) as usize;
            let bytes = before[i].bytes.len() / before[i].size.1 as usize * rows;
            let packed = !matches!(format.as_str(), "P010_10LE" | "NV12" | "NV21") && !format.starts_with(['I', 'Y']);
            let bytes = if packed { bytes } else { before[i].size.0 as usize * rows };
            assert!(
                before[i].bytes[..bytes] == after[i].bytes[..bytes],
                "{format}, frame {i}: the surroundings changed"
            );
        }
    }
}

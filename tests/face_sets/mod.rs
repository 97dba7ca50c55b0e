//! Face sets for the trainer's tests.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

use std::path::Path;

use image::{GrayImage, Luma, Rgb, RgbImage};
use standin::blend::crop::{CropSums, crop};
use standin::face::{Alignment, CropSettings, Finder, FinderSettings, Mesh, hull};
use standin::frame::VideoBuffer;
use standin::geometry::Point;
use standin::runtime::Runtime;
use standin::train::faceset::{CROPS, FaceRecord, FaceSet, FaceSetHeader, LANDMARKS, MASKS, MaskKind, VERSION, Writer};

use super::common;

/// The header of a face set of whole faces.
pub(crate) fn header() -> FaceSetHeader {
    FaceSetHeader {
        version: VERSION,
        tool: "test".to_owned(),
        face_type: "whole-face".to_owned(),
        coverage: 2.1314,
        alignment: Alignment::Template,
        sources: vec!["a.mp4".to_owned()],
    }
}

/// Record number `n`, with landmarks on a grid that spans `extent` of the crop.
pub(crate) fn record(n: usize, yaw: f32, extent: f32) -> FaceRecord {
    let name = format!("{n:06}.png");
    let grid = |n: usize, of: usize| 0.5 + extent * (n as f32 / (of - 1) as f32 - 0.5);
    FaceRecord {
        picture: format!("{CROPS}/{name}"),
        mask: format!("{MASKS}/{name}"),
        mask_kind: MaskKind::Hull,
        source: "a.mp4".to_owned(),
        frame: n as u64,
        time: n as f64 / 25.0,
        track: 1,
        score: 0.99,
        bounds: [10.0, 20.0, 30.0, 40.0],
        to_crop: [0.01, 0.0, 0.0, 0.0],
        landmarks: (0..LANDMARKS).map(|i| [grid(i % 26, 26), grid(i / 26, 18)]).collect(),
        yaw,
        pitch: 0.0,
        roll: 0.0,
        size: 40.0,
        sharpness: 55.0,
        exposure: 0.4,
        hash: format!("{:016x}", (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        sha256: String::new(),
        mask_sha256: String::new(),
        performance: None,
    }
}

/// A face of `side` pixels that can be told from every other by its red and blue.
pub(crate) fn picture(side: u32, red: u8, blue: u8) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| Rgb([red, (x * 160 / side + y * 90 / side) as u8, blue]))
}

/// A round mask.
pub(crate) fn round(side: u32) -> GrayImage {
    let centre = |v: u32| (v as f32 + 0.5) / side as f32 - 0.5;
    GrayImage::from_fn(side, side, |x, y| Luma([if centre(x).hypot(centre(y)) < 0.4 { 255 } else { 0 }]))
}

/// Writes a face set of `count` made-up faces, whose heads turn from −60° to 60°; `red` marks the set.
pub(crate) fn write_set(folder: &Path, header: &FaceSetHeader, count: usize, red: u8, extent: f32) -> FaceSet {
    let mut writer = Writer::create(folder, header).unwrap();
    for n in 0..count {
        let mut face = record(n, -60.0 + 120.0 * n as f32 / count as f32, extent);
        face.hash = format!("{:02x}{}", red, &face.hash[2..]);
        writer.append(&mut face, &picture(48, red, (n * 255 / count) as u8), &round(48)).unwrap();
    }
    FaceSet::open(folder).unwrap()
}

/// Writes a face set of the whole faces that the finder sees in every `step`th frame of a clip; `None` where the clip
/// is missing.
pub(crate) fn extract(clip: &str, folder: &Path, step: usize, most: usize) -> Option<FaceSet> {
    let frames = common::clip(clip)?;
    let mut finder = Finder::new(&Runtime::load(None).unwrap(), Mesh::Points468).unwrap();
    let mut writer = Writer::create(folder, &header()).unwrap();
    let (mut faces, mut outline, mut sums) = (Vec::new(), Vec::new(), CropSums::default());
    for (n, frame) in frames.step_by(step).take(most).enumerate() {
        let view = frame.frame().unwrap();
        finder.reset();
        finder.find(&view, &[], 0.0, &FinderSettings::default(), &mut faces).unwrap();
        let Some(face) = faces.first() else { continue };
        let to_crop = CropSettings::default().to_crop(face);
        let side = (1.0 / to_crop.scale()).round() as usize;
        let mut bgr = vec![0.0; side * side * 3];
        crop(&view, &to_crop.inverse().unwrap(), side, &mut bgr, &mut sums);
        let byte = |v: f32| (v * 255.0 + 0.5) as u8;
        let picture = RgbImage::from_fn(side as u32, side as u32, |x, y| {
            let at = (y as usize * side + x as usize) * 3;
            Rgb([byte(bgr[at + 2]), byte(bgr[at + 1]), byte(bgr[at])])
        });
        hull(face, &to_crop, &mut outline);
        let mask = GrayImage::from_fn(side as u32, side as u32, |x, y| {
            let p = Point::new((x as f32 + 0.5) / side as f32, (y as f32 + 0.5) / side as f32);
            Luma([if inside(&outline, p) { 255 } else { 0 }])
        });
        let mut record = record(n, face.yaw.to_degrees(), 1.0);
        record.landmarks = face.landmarks[..LANDMARKS].iter().map(|&p| to_crop.apply(p)).map(|p| [p.x, p.y]).collect();
        record.size = side as f32;
        record.hash = format!("{:02x}{}", clip.as_bytes()[0], &record.hash[2..]);
        writer.append(&mut record, &picture, &mask).unwrap();
    }
    Some(FaceSet::open(folder).unwrap())
}

fn inside(hull: &[Point], p: Point) -> bool {
    hull.iter().enumerate().all(|(n, a)| {
        let b = hull[(n + 1) % hull.len()];
        (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) >= 0.0
    })
}

//! Face sets of people who perform the same frames.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

use std::path::Path;

use burn::tensor::Tensor;
use image::{GrayImage, Luma, Rgb, RgbImage};
use standin::train::augment::AugmentSettings;
use standin::train::faceset::{FaceRecord, FaceSet, Performance, Writer};
use standin::train::samples::{LoaderSettings, Pairing};

use super::face_sets::{header, record};

pub(crate) const PEOPLE: u32 = 3;
pub(crate) const FRAMES: u32 = 8;

/// Everybody has a colour of their own (red), every frame another (green); a blue square lies at one place of the
/// frame. Person 2's crops lie a quarter of a crop further right than the others'.
pub(crate) fn troupe(folder: &Path) -> FaceSet {
    troupe_with(folder, |_| true)
}

/// The same after `change` to each face; those for which it is false are left out.
pub(crate) fn troupe_with(folder: &Path, change: impl Fn(&mut FaceRecord) -> bool) -> FaceSet {
    troupe_of(folder, [60, 120, 180], change)
}

/// The same of people with these reds.
pub(crate) fn troupe_of(
    folder: &Path,
    reds: [u8; PEOPLE as usize],
    change: impl Fn(&mut FaceRecord) -> bool,
) -> FaceSet {
    let mut writer = Writer::create(folder, &header()).unwrap();
    for person in 0..PEOPLE {
        for frame in 0..FRAMES {
            let left = if person == 2 { 0.25 } else { 0.0 };
            let mut face = record((person * FRAMES + frame) as usize, 0.0, 0.6);
            face.to_crop = [0.01, 0.0, -left, 0.0];
            face.performance = Some(Performance { person, frame: Some(frame), sex: None });
            if !change(&mut face) {
                continue;
            }
            let crop = RgbImage::from_fn(100, 100, |x, y| {
                let place = (x as f32 + 100.0 * left, y as f32);
                let marked = (60.0..80.0).contains(&place.0) && (40.0..60.0).contains(&place.1);
                Rgb([reds[person as usize], 20 * (frame as u8 + 1), if marked { 255 } else { 0 }])
            });
            let mask = GrayImage::from_pixel(100, 100, Luma([255]));
            writer.append(&mut face, &crop, &mask).unwrap();
        }
    }
    drop(writer);
    FaceSet::open(folder).unwrap()
}

pub(crate) fn settings(pairing: Pairing) -> LoaderSettings {
    LoaderSettings { batch: 6, resolution: 100, balance: false, augment: AugmentSettings::none(), pairing, replay: 0.0 }
}

/// Mean of channel `c` (blue, green, red) over sample `n` of a batch, 0..255.
pub(crate) fn mean(pictures: &Tensor<4>, n: usize, c: usize) -> f32 {
    pictures.clone().slice([n..n + 1, c..c + 1]).mean().into_scalar::<f32>() * 255.0
}

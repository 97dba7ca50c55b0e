//! Face sets: written, read again, cut off, damaged.
#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

mod common;
mod face_sets;

use std::path::{Path, PathBuf};

use face_sets::header;
use image::{GrayImage, Luma, Rgb, RgbImage};
use standin::train::faceset::{
    CROPS, FaceRecord, FaceSet, FaceSetError, HEADER, LANDMARKS, MASKS, MaskKind, Performance, TABLE, Writer,
};

fn record(frame: u64) -> FaceRecord {
    let name = format!("0000-{frame:06}-0.png");
    FaceRecord {
        picture: format!("{CROPS}/{name}"),
        mask: format!("{MASKS}/{name}"),
        mask_kind: MaskKind::Hull,
        source: "a.mp4".to_owned(),
        frame,
        time: frame as f64 / 25.0,
        track: 1,
        score: 0.99,
        bounds: [10.5, 20.25, 30.0, 40.0],
        to_crop: [0.01, 0.001, -0.25, 0.125],
        landmarks: (0..LANDMARKS).map(|i| [i as f32 / 468.0, 0.3]).collect(),
        yaw: -12.5,
        pitch: 3.0,
        roll: 0.1,
        size: 20.0,
        sharpness: 55.0,
        exposure: 0.4,
        hash: "00ff00ff00ff00ff".to_owned(),
        sha256: String::new(),
        mask_sha256: String::new(),
        performance: None,
    }
}

fn crop(shade: u8) -> RgbImage {
    RgbImage::from_fn(20, 20, |x, y| Rgb([shade, x as u8 * 9, y as u8 * 7]))
}

fn mask() -> GrayImage {
    GrayImage::from_fn(20, 20, |x, _| Luma([if x < 10 { 255 } else { 0 }]))
}

/// A face set of two faces in a new folder.
fn two() -> (tempfile::TempDir, PathBuf, [FaceRecord; 2]) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("set");
    let mut writer = Writer::create(&folder, &header()).unwrap();
    let mut faces = [record(3), record(4)];
    for (i, face) in faces.iter_mut().enumerate() {
        writer.append(face, &crop(i as u8), &mask()).unwrap();
    }
    (place, folder, faces)
}

fn damage(folder: &Path, change: impl Fn(&str) -> String) -> FaceSetError {
    let text = std::fs::read_to_string(folder.join(TABLE)).unwrap();
    std::fs::write(folder.join(TABLE), change(&text)).unwrap();
    FaceSet::open(folder).unwrap_err()
}

#[test]
fn what_is_written_is_read_again() {
    let (_place, folder, faces) = two();
    let set = FaceSet::open(&folder).unwrap();
    assert_eq!(set.header, header());
    assert_eq!(set.faces, faces);
    assert_eq!(set.crop(&set.faces[1]).unwrap(), crop(1));
    assert_eq!(set.mask(&set.faces[1]).unwrap(), mask());
    let bytes = std::fs::read(folder.join(&faces[0].picture)).unwrap();
    assert_eq!(faces[0].sha256, standin::consent::sha256_hex(&bytes));
    let bytes = std::fs::read(folder.join(&faces[0].mask)).unwrap();
    assert_eq!(faces[0].mask_sha256, standin::consent::sha256_hex(&bytes));
}

#[test]
fn another_crop_mask_or_landmark_is_another_content() {
    let (_place, folder, _) = two();
    let set = FaceSet::open(&folder).unwrap();
    let changed = |change: &dyn Fn(&mut FaceRecord)| {
        let mut other = set.clone();
        change(&mut other.faces[1]);
        other.content_hash()
    };
    assert_eq!(changed(&|face| face.source = "b.mp4".to_owned()), set.content_hash(), "the name is no content");
    assert_ne!(changed(&|face| face.sha256.replace_range(..1, "x")), set.content_hash());
    assert_ne!(changed(&|face| face.mask_sha256.replace_range(..1, "x")), set.content_hash());
    assert_ne!(changed(&|face| face.landmarks[7][0] += 1e-3), set.content_hash());
    let mut fewer = set.clone();
    fewer.faces.pop();
    assert_ne!(fewer.content_hash(), set.content_hash());
}

#[test]
fn who_performs_what_is_content_and_how_they_are_numbered_is_not() {
    let (_place, folder, faces) = two();
    let mut set = FaceSet::open(&folder).unwrap();
    let mut bytes = Vec::new();
    for face in &faces {
        bytes.extend([face.sha256.as_bytes(), face.mask_sha256.as_bytes()].concat());
        bytes.extend(face.landmarks.iter().flatten().flat_map(|value| value.to_le_bytes()));
    }
    assert_eq!(set.content_hash(), standin::consent::sha256_hex(&bytes), "without performances");

    let mut hash = |performances: [(u32, u32); 2]| {
        for (face, (person, frame)) in set.faces.iter_mut().zip(performances) {
            face.performance = Some(Performance { person, frame: Some(frame), sex: None });
        }
        set.content_hash()
    };
    let crossed = hash([(0, 3), (1, 3)]);
    assert_ne!(crossed, standin::consent::sha256_hex(&bytes));
    assert_ne!(crossed, hash([(0, 3), (0, 3)]), "one person");
    assert_ne!(crossed, hash([(0, 3), (1, 4)]), "another frame");
    assert_eq!(crossed, hash([(5, 3), (2, 3)]), "other numbers");
}

#[test]
fn one_program_writes_to_a_face_set() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("set");
    let first = Writer::create(&folder, &header()).unwrap();
    let error = Writer::resume(&folder, 0).unwrap_err().to_string();
    assert!(error.contains("another extraction") && error.contains(TABLE), "{error}");
    drop(first);
    Writer::resume(&folder, 0).unwrap();
}

#[test]
fn resuming_forgets_what_came_after_the_noted_length_and_a_line_cut_off_is_passed_over() {
    let (_place, folder, faces) = two();
    let table = std::fs::read(folder.join(TABLE)).unwrap();
    let first = table.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    std::fs::write(folder.join(TABLE), &table[..table.len() - 9]).unwrap();
    assert_eq!(FaceSet::open(&folder).unwrap().faces, faces[..1]);
    let mut writer = Writer::resume(&folder, first as u64).unwrap();
    let mut third = record(5);
    writer.append(&mut third, &crop(9), &mask()).unwrap();
    assert_eq!(FaceSet::open(&folder).unwrap().faces, [faces[0].clone(), third]);
    let longer = writer.length() + 1;
    assert!(Writer::resume(&folder, longer).unwrap_err().to_string().contains("--fresh"));
}

#[test]
fn a_bad_line_is_named() {
    let (_place, folder, _) = two();
    let error = damage(&folder, |text| text.replacen("\"frame\":4", "\"frame\":\"four\"", 1));
    assert!(matches!(error, FaceSetError::Line { line: 2, .. }), "{error}");
    let error = damage(&folder, |text| text.replacen("faces/0000-000003-0.png", "../secret.png", 1));
    assert!(error.to_string().contains("line 1: picture: '../secret.png'"), "{error}");
    let performance = |person: u32, frame: u32| {
        let more = format!(",\"performance\":{{\"person\":{person},\"frame\":{frame}}}}}\n");
        let (_place, folder, _) = two();
        damage(&folder, |text| text.replacen("}\n", &more, 1)).to_string()
    };
    assert!(performance(u32::MAX, 0).contains("line 1: performance: person 4294967295; numbers go from 0 to"));
    assert!(performance(0, 2_000_000).contains("line 1: performance: frame 2000000"));
    let error = damage(&folder, |text| format!("\n{text}"));
    assert!(matches!(error, FaceSetError::Line { line: 1, .. }), "{error}");
}

#[test]
fn what_is_no_face_set_is_refused_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let error = FaceSet::open(place.path()).unwrap_err();
    assert!(matches!(error, FaceSetError::NotAFaceSet { .. }), "{error}");
    std::fs::write(place.path().join("letter.txt"), "dear").unwrap();
    let error = Writer::create(place.path(), &header()).unwrap_err();
    assert!(matches!(error, FaceSetError::Occupied { .. }), "{error}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    std::fs::write(place.path().join(HEADER), r#"{"version":2}"#).unwrap();
    let error = FaceSet::open(place.path()).unwrap_err();
    assert!(matches!(error, FaceSetError::Version { found: 2, .. }), "{error}");
}

#[test]
fn a_picture_that_cannot_be_read_is_named() {
    let (_place, folder, faces) = two();
    std::fs::write(folder.join(&faces[0].picture), b"not a picture").unwrap();
    std::fs::remove_file(folder.join(&faces[1].mask)).unwrap();
    let set = FaceSet::open(&folder).unwrap();
    assert!(set.crop(&set.faces[0]).unwrap_err().to_string().contains(&faces[0].picture));
    assert!(set.mask(&set.faces[1]).unwrap_err().to_string().contains(&faces[1].mask));
}

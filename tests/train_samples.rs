//! Face sets to batches: what is refused, what is warned of, which batch comes when.
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

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::{Device, Tensor};
use face_sets::{header, write_set};
use standin::train::augment::AugmentSettings;
use standin::train::faceset::FaceSetHeader;
use standin::train::samples::{
    Batch, BatchMaker, FaceLosses, Faces, Loader, LoaderSettings, MINIMUM_FACES, Pairing, RunProgress, SampleError,
    Sides, Warning, priority,
};
use standin::train::zoo::Side;
use tempfile::TempDir;

const RED_A: u8 = 200;
const RED_B: u8 = 40;

fn settings() -> LoaderSettings {
    LoaderSettings {
        batch: 3,
        resolution: 24,
        balance: true,
        augment: AugmentSettings::default(),
        pairing: Pairing::Sides,
        replay: 0.0,
    }
}

/// Face sets of 10 and 12 faces.
fn sides() -> (TempDir, Sides) {
    let place = tempfile::tempdir().unwrap();
    let a = write_set(&place.path().join("a"), &header(), 10, RED_A, 0.8);
    let b = write_set(&place.path().join("b"), &header(), 12, RED_B, 0.8);
    (place, Sides::new(vec![a], vec![b]).unwrap())
}

fn load(sides: &Sides) -> Arc<Faces> {
    Arc::new(Faces::load(sides, 24, &|| ()).unwrap())
}

fn values(tensor: &Tensor<4>) -> Vec<f32> {
    tensor.to_data().convert::<f32>().try_into_vec().unwrap()
}

fn all_values(batch: &Batch) -> Vec<f32> {
    [&batch.input, &batch.target, &batch.mask, &batch.priority].into_iter().flat_map(values).collect()
}

/// A step at the beginning of a run.
fn early(step: u64) -> RunProgress {
    RunProgress { step, done: 0.0 }
}

fn start(faces: &Arc<Faces>, seed: u64, first_step: u64) -> Loader {
    Loader::start(faces.clone(), &settings(), seed, first_step, Device::flex(), |_| 0.0, FaceLosses::default()).unwrap()
}

#[test]
fn a_batch_has_the_shapes_that_it_says() {
    let (_place, sides) = sides();
    let (a, b) = start(&load(&sides), 1, 0).next().unwrap();
    for batch in [a, b] {
        assert_eq!(batch.input.dims(), [3, 3, 24, 24]);
        assert_eq!(batch.target.dims(), [3, 3, 24, 24]);
        assert_eq!(batch.mask.dims(), [3, 1, 24, 24]);
        assert_eq!(batch.priority.dims(), [3, 1, 24, 24]);
        assert!(all_values(&batch).iter().all(|v| (0.0..=1.0).contains(v)));
    }
}

#[test]
fn a_loader_that_starts_later_gives_the_same_batches() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    let (early, late, other) = (start(&faces, 7, 0), start(&faces, 7, 3), start(&faces, 8, 3));
    for _ in 0..3 {
        early.next().unwrap();
    }
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let ((a, b), (late_a, late_b)) = (early.next().unwrap(), late.next().unwrap());
        assert_eq!((all_values(&a), all_values(&b)), (all_values(&late_a), all_values(&late_b)));
        assert_ne!(all_values(&a), all_values(&other.next().unwrap().0));
        seen.insert(all_values(&a).iter().map(|v| v.to_bits()).collect::<Vec<_>>());
    }
    assert_eq!(seen.len(), 3, "every step has another batch");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    let maker = BatchMaker::new(&faces, &LoaderSettings { batch: 9, ..settings() }, 5).unwrap();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| all_values(&maker.batch(&faces, Side::A, early(4), &Device::flex())))
    };
    assert_eq!(with(1), with(5));
}

#[test]
fn a_dropped_loader_leaves_no_thread_behind() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    let loader = start(&faces, 1, 0);
    loader.next().unwrap();
    drop(loader);
    // The thread held the only other reference.
    assert_eq!(Arc::strong_count(&faces), 1);
}

#[test]
fn every_face_set_of_a_side_is_as_likely_however_large() {
    let place = tempfile::tempdir().unwrap();
    let set = |name: &str, count: usize, red: u8| write_set(&place.path().join(name), &header(), count, red, 0.8);
    let drivers = vec![set("first", 40, 250), set("second", 8, 130), set("third", 8, 10)];
    let sides = Sides::new(drivers, vec![set("b", 8, RED_B)]).unwrap();
    let faces = load(&sides);
    let plain = LoaderSettings {
        batch: 600,
        resolution: 2,
        balance: false,
        augment: AugmentSettings::none(),
        pairing: Pairing::Sides,
        replay: 0.0,
    };
    let maker = BatchMaker::new(&faces, &plain, 1).unwrap();
    let red = values(&maker.batch(&faces, Side::A, early(0), &Device::flex()).target.slice([0..600, 2..3, 0..1, 0..1]));
    for expected in [250.0, 130.0, 10.0] {
        let share = red.iter().filter(|v| (*v * 255.0 - expected).abs() < 3.0).count() as f32 / 600.0;
        assert!((share - 1.0 / 3.0).abs() < 0.08, "{share} of the batch is from the set of {expected}");
    }
}

#[test]
fn sides_are_not_mixed_up_and_pixels_are_blue_green_red() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    for (side, red) in [(Side::A, RED_A), (Side::B, RED_B)] {
        let batch = faces.plain(side, &[0, 5], 24, &Device::flex()).unwrap();
        let found = values(&batch.target.clone().slice([0..2, 2..3]));
        assert!(found.iter().all(|v| (v * 255.0 - f32::from(red)).abs() < 1.5), "{side:?}");
        assert_eq!(values(&batch.input), values(&batch.target));
        // The second face's blue is half of all faces' range; green grows to the right.
        let (count, target) = (faces.of(side).len(), values(&batch.target));
        let plane = |n: usize| &target[n * 24 * 24..(n + 1) * 24 * 24];
        assert!((plane(3)[0] * 255.0 - (5 * 255 / count) as f32).abs() < 1.5);
        assert!(plane(1)[23] > plane(1)[0] + 0.5);
        // Round: a face in the middle, none in the corners.
        let mask = values(&batch.mask);
        assert!(mask[12 * 24 + 12] > 0.99 && mask[0] < 0.01);
    }
    let nothing = faces.plain(Side::A, &[99], 24, &Device::flex()).unwrap_err();
    assert!(matches!(nothing, SampleError::Nothing { .. }), "{nothing}");
}

#[test]
fn a_side_is_mirrored_only_where_that_is_asked_for() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    for (flip_a, flip_b) in [(true, false), (false, true)] {
        let augment = AugmentSettings { flip_a, flip_b, ..AugmentSettings::none() };
        let maker = BatchMaker::new(&faces, &LoaderSettings { batch: 64, augment, ..settings() }, 1).unwrap();
        for (side, asked) in [(Side::A, flip_a), (Side::B, flip_b)] {
            let green = values(&maker.batch(&faces, side, early(0), &Device::flex()).target.slice([0..64, 1..2, 0..1]));
            // Green grows to the right.
            let mirrored = green.chunks(24).filter(|row| row[0] > row[23]).count();
            assert!(if asked { (16..=48).contains(&mirrored) } else { mirrored == 0 }, "{side:?}: {mirrored} of 64");
        }
    }
}

#[test]
fn in_the_last_part_of_a_run_nothing_is_warped() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    let augment = AugmentSettings { warp: 0.05, warp_until: 0.7, ..AugmentSettings::none() };
    let settings = LoaderSettings { augment, ..settings() };
    let done = |step: u64| step as f64 / 10.0;
    let loader = Loader::start(faces, &settings, 1, 6, Device::flex(), done, FaceLosses::default()).unwrap();
    let warped = |batch: &Batch| values(&batch.input) != values(&batch.target);
    let (sixth, seventh) = (loader.next().unwrap(), loader.next().unwrap());
    assert!(warped(&sixth.0) && warped(&sixth.1));
    assert!(!warped(&seventh.0) && !warped(&seventh.1));
}

#[test]
fn previews_show_heads_from_left_to_right() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    assert_eq!(faces.spread(Side::A, 4), [0, 3, 6, 9]);
    assert_eq!(faces.spread(Side::A, 1), [0]);
    assert_eq!(faces.spread(Side::B, 0), [0usize; 0]);
}

#[test]
fn crops_are_reduced_and_the_memory_was_stated() {
    let (_place, sides) = sides();
    let progress = AtomicUsize::new(0);
    let count = || {
        progress.fetch_add(1, Ordering::Relaxed);
    };
    let faces = Faces::load(&sides, 24, &count).unwrap();
    assert_eq!(progress.into_inner(), 22);
    // 1.25 of 24 pixels, five bytes each.
    assert_eq!(faces.of(Side::A)[0].side(), 30);
    assert_eq!((faces.bytes(), sides.bytes(24)), (22 * 30 * 30 * 5, 22 * 30 * 30 * 5));
    // Crops of 48 pixels are not blown up for a resolution of 128, and what was stated is the most.
    let large = Faces::load(&sides, 128, &|| ()).unwrap();
    assert_eq!(large.of(Side::B)[3].side(), 48);
    assert!(large.bytes() < sides.bytes(128));
}

/// The error of opening face sets in these folders.
fn refused(a: &[PathBuf], b: &[PathBuf]) -> SampleError {
    Sides::open(a, b).unwrap_err()
}

#[test]
fn face_sets_that_cannot_be_trained_on_are_refused_with_their_name() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| place.path().join(name);
    let set = |name: &str, header: &FaceSetHeader, count: usize| write_set(&folder(name), header, count, 9, 0.8).folder;
    let good = set("good", &header(), MINIMUM_FACES);
    assert!(Sides::open(std::slice::from_ref(&good), std::slice::from_ref(&good)).is_ok());
    let tiny = set("tiny", &header(), MINIMUM_FACES - 1);
    let error = refused(std::slice::from_ref(&good), &[tiny]).to_string();
    assert!(error.contains("tiny: 7 faces") && error.contains("must have 8 or more"), "{error}");
    let empty = set("empty", &header(), 0);
    assert!(matches!(refused(&[empty], std::slice::from_ref(&good)), SampleError::TooSmall { found: 0, .. }));
    let error = refused(std::slice::from_ref(&good), &[]);
    assert!(matches!(error, SampleError::NoFaceSet { side: Side::B }), "{error}");
    assert!(matches!(refused(&[], std::slice::from_ref(&good)), SampleError::NoFaceSet { side: Side::A }));
    let full = set("full", &FaceSetHeader { face_type: "full".to_owned(), coverage: 1.5966, ..header() }, 9);
    let error = refused(std::slice::from_ref(&good), &[full]).to_string();
    assert!(error.contains("full: face type full with coverage 1.5966, template alignment, but"), "{error}");
    let wide = set("wide", &FaceSetHeader { coverage: 2.2, ..header() }, 9);
    assert!(matches!(refused(&[good.clone(), wide], std::slice::from_ref(&good)), SampleError::Mismatch { .. }));
    let error = refused(&[folder("nowhere")], &[good]).to_string();
    assert!(error.contains("nowhere"), "{error}");
}

#[test]
fn a_corrupt_picture_is_named() {
    let (_place, sides) = sides();
    let face = &sides.b[0].faces[4];
    let error = |damage: &dyn Fn(&Path)| {
        let file = sides.b[0].folder.join(&face.picture);
        let whole = std::fs::read(&file).unwrap();
        damage(&file);
        let error = Faces::load(&sides, 24, &|| ()).unwrap_err().to_string();
        std::fs::write(file, whole).unwrap();
        error
    };
    let cut = error(&|file| std::fs::write(file, &std::fs::read(file).unwrap()[..40]).unwrap());
    assert!(cut.contains("000004.png"), "{cut}");
    let larger = error(&|file| face_sets::picture(50, 1, 2).save(file).unwrap());
    assert!(larger.contains("masks/000004.png: (48, 48) pixels, but its crop has (50, 50)"), "{larger}");
    let oblong = error(&|file| image::RgbImage::new(4, 5).save(file).unwrap());
    assert!(oblong.contains("faces/000004.png: 4x5"), "{oblong}");
    assert!(Faces::load(&sides, 24, &|| ()).is_ok());
}

#[test]
fn settings_that_make_no_batch_are_refused() {
    let (_place, sides) = sides();
    let faces = load(&sides);
    let error = |settings: LoaderSettings| {
        Loader::start(faces.clone(), &settings, 1, 0, Device::flex(), |_| 0.0, FaceLosses::default()).unwrap_err()
    };
    assert!(matches!(error(LoaderSettings { batch: 0, ..settings() }), SampleError::Nothing { .. }));
    assert!(matches!(error(LoaderSettings { resolution: 0, ..settings() }), SampleError::Nothing { .. }));
    let augment = AugmentSettings { warp: 3.0, ..AugmentSettings::default() };
    assert!(error(LoaderSettings { augment, ..settings() }).to_string().contains("warp is 3"));
}

#[test]
fn the_same_person_twice_is_warned_of_and_two_people_are_not() {
    let place = tempfile::tempdir().unwrap();
    let set = |name: &str, red: u8| write_set(&place.path().join(name), &header(), 250, red, 0.8);
    let (ada, ben) = (set("ada", 1), set("ben", 2));
    assert_eq!(Sides::new(vec![ada.clone()], vec![ben]).unwrap().warnings(), []);
    let twice = Sides::new(vec![ada.clone()], vec![ada.clone()]).unwrap().warnings();
    assert_eq!(twice, [Warning::SamePerson { identical: 250, alike: 250, of: 250 }]);
    // Encoded anew: no file is the same, but they look the same.
    let mut again = ada.clone();
    again.faces.iter_mut().for_each(|face| face.sha256.insert(0, 'x'));
    let warnings = Sides::new(vec![ada], vec![again]).unwrap().warnings();
    assert_eq!(warnings, [Warning::SamePerson { identical: 0, alike: 250, of: 250 }]);
    assert!(warnings[0].to_string().contains("the same person twice?"));
}

#[test]
fn heads_of_other_sizes_and_few_faces_are_warned_of() {
    let place = tempfile::tempdir().unwrap();
    let set = |name: &str, red: u8, extent: f32| write_set(&place.path().join(name), &header(), 10, red, extent);
    let sides = Sides::new(vec![set("a", 1, 0.6)], vec![set("b", 2, 0.75)]).unwrap();
    let texts: Vec<_> = sides.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts[0].starts_with("side A has 10 faces") && texts[1].starts_with("side B has 10 faces"));
    assert!(
        texts[2].contains("fill 60 %") && texts[2].contains("75 %") && texts[2].contains("ratio 1.25"),
        "{texts:?}"
    );
    assert!(texts[2].contains("too large"));
}

#[test]
fn the_priority_map_covers_eyes_and_mouth() {
    // Only the outlines matter: a square eye at the left, the rest far outside.
    let mut landmarks = vec![[-9.0, -9.0]; 468];
    let outline = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246];
    for (n, row) in outline.into_iter().enumerate() {
        let angle = std::f32::consts::TAU * n as f32 / 16.0;
        landmarks[row] = [0.3 + 0.1 * angle.cos(), 0.4 + 0.1 * angle.sin()];
    }
    let map = priority(&landmarks, 100);
    let at = |x: usize, y: usize| map[y * 100 + x];
    assert_eq!((at(30, 40), at(38, 40), at(42, 40)), (255, 255, 255));
    assert!((1..255).contains(&at(45, 40)), "feathered: {}", at(45, 40));
    assert_eq!((at(50, 40), at(70, 70)), (0, 0));
    assert!(priority(&landmarks[..20], 10).iter().all(|&v| v == 0));
}

/// Shows what a training sees: `augmented.png` in the target's temporary folder has input, target, mask and priority
/// map of both sides' batches of two steps.
#[test]
fn augmented_faces_stay_faces() {
    let place = tempfile::tempdir().unwrap();
    let extract = |name: &str| face_sets::extract(&format!("{name}.mp4"), &place.path().join(name), 40, 20);
    let (Some(a), Some(b)) = (extract("ada_train"), extract("ben_train")) else { return };
    let sides = Sides::new(vec![a], vec![b]).unwrap();
    // Few they are, but two people with heads of the same size.
    let expected = sides.warnings().iter().all(|warning| matches!(warning, Warning::FewFaces { .. }));
    assert!(expected, "{:?}", sides.warnings());
    let faces = Faces::load(&sides, 128, &|| ()).unwrap();
    let settings = LoaderSettings { batch: 12, resolution: 128, ..settings() };
    let maker = BatchMaker::new(&faces, &settings, 3).unwrap();
    let batches = [0, 1].into_iter().flat_map(|step| [(Side::A, step), (Side::B, step)]);
    let batches: Vec<_> = batches.map(|(side, step)| maker.batch(&faces, side, early(step), &Device::flex())).collect();
    let mut sheet = image::RgbImage::new(12 * 128, 16 * 128);
    for (row, batch) in batches.iter().enumerate() {
        let maps = [&batch.input, &batch.target, &batch.mask, &batch.priority].map(values);
        for (x, y, pixel) in sheet.enumerate_pixels_mut().filter(|(_, y, _)| *y as usize / 512 == row) {
            let (slot, kind, at) = (x as usize / 128, y as usize / 128 % 4, (y % 128 * 128 + x % 128) as usize);
            let channels = maps[kind].len() / (12 * 128 * 128);
            let value = |c: usize| maps[kind][(slot * channels + c) * 128 * 128 + at] * 255.0;
            *pixel = image::Rgb([2, 1, 0].map(|c: usize| value(c.min(channels - 1)) as u8));
        }
        let within: f32 = maps[2].iter().zip(&maps[3]).map(|(mask, priority)| mask * priority).sum();
        let all: f32 = maps[3].iter().sum();
        assert!(all > 12.0 * 128.0 && within > 0.9 * all, "{within} of {all} of eyes and mouth lie in the mask");
        let apart = maps[0].iter().zip(&maps[1]).map(|(a, b)| (a - b).abs()).sum::<f32>() / maps[0].len() as f32;
        assert!((0.01..0.15).contains(&apart), "input and target differ by {apart} on average");
    }
    sheet.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("augmented.png")).unwrap();
}

//! What goes into a batch and what should come out: people with frames of their own, mirrored pairs, drivers without an
//! answer, skins, other proportions.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;
mod face_sets;
mod session_support;
mod troupe_support;

use burn::tensor::{Device, Tensor};
use face_sets::header;
use session_support::recipe;
use standin::geometry::Point;
use standin::train::augment::anchors::Anchors;
use standin::train::augment::proportions::Proportions;
use standin::train::augment::{AugmentSettings, Augmenter, Buffers, Sample, Source};
use standin::train::faceset::{FaceSet, Sex};
use standin::train::random::{Purpose, stream};
use standin::train::samples::{BatchMaker, Faces, LoaderSettings, Pairing, RunProgress, SampleError, Sides};
use standin::train::session::{BaseSource, Recipe};
use standin::train::zoo::{Side, Whose};
use troupe_support::{PEOPLE, mean, settings, troupe, troupe_of, troupe_with};

#[test]
fn people_with_frames_of_their_own_become_themselves() {
    let place = tempfile::tempdir().unwrap();
    let alike = troupe(&place.path().join("alike"));
    let own = troupe_with(&place.path().join("own"), |face| {
        face.performance.as_mut().unwrap().frame = None;
        true
    });
    let alone = Sides::open_subject(&[], std::slice::from_ref(&own.folder)).unwrap();
    assert!(matches!(alone.people(Side::B), Err(SampleError::NoTroupe)), "nobody performs what others do");
    let sides = Sides::open_subject(&[], &[alike.folder, own.folder]).unwrap();
    assert_eq!(sides.people(Side::B).unwrap(), 2 * PEOPLE as usize);
    let faces = Faces::load(&sides, 100, &|| ()).unwrap();
    let maker = BatchMaker::new(&faces, &settings(Pairing::Troupe), 1).unwrap();
    let mut of_own = 0;
    for step in 0..40 {
        let batch = maker.batch(&faces, Side::A, RunProgress { step, done: 0.0 }, &Device::flex());
        let Whose::Person(person) = batch.whose else { panic!("{:?}", batch.whose) };
        if person < PEOPLE as usize {
            continue;
        }
        for n in 0..6 {
            of_own += 1;
            let apart = (mean(&batch.input, n, 2) - mean(&batch.target, n, 2)).abs();
            assert!(apart < 2.0, "input and target of person {person} show two people");
        }
    }
    assert!(of_own > 60, "{of_own}");
}

#[test]
fn a_mirrored_pair_is_mirrored_alike() {
    let place = tempfile::tempdir().unwrap();
    let sides = Sides::open_subject(&[], &[troupe(&place.path().join("troupe")).folder]).unwrap();
    let faces = Faces::load(&sides, 100, &|| ()).unwrap();
    let augment = AugmentSettings { flip_b: true, ..AugmentSettings::none() };
    let maker = BatchMaker::new(&faces, &LoaderSettings { augment, ..settings(Pairing::Troupe) }, 1).unwrap();
    let mut sides_of_square = [0; 2];
    for step in 0..10 {
        let batch = maker.batch(&faces, Side::A, RunProgress { step, done: 0.0 }, &Device::flex());
        for n in 0..6 {
            let blue = |pictures: &Tensor<4>, from: usize, to: usize| {
                pictures.clone().slice([n..n + 1, 0..1, 40..60, from..to]).mean().into_scalar::<f32>()
            };
            let right = |pictures: &Tensor<4>| blue(pictures, 50, 100) > blue(pictures, 0, 50);
            assert_eq!(right(&batch.input), right(&batch.target), "step {step}, sample {n}");
            sides_of_square[usize::from(right(&batch.input))] += 1;
        }
    }
    assert!(sides_of_square.iter().all(|&times| times > 15), "{sides_of_square:?}");
}

#[test]
fn drivers_become_the_subject_where_the_code_counts_and_nobody_knows_the_answer() {
    let place = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| face_sets::write_set(&place.path().join(name), &header(), 10, 100, 0.8).folder);
    let faces = Faces::load(&Sides::open(&[a], &[b]).unwrap(), 100, &|| ()).unwrap();
    let maker = BatchMaker::new(&faces, &settings(Pairing::Driven), 1).unwrap();
    let batch = |side| maker.batch(&faces, side, RunProgress { step: 0, done: 0.0 }, &Device::flex());
    assert_eq!([Side::A, Side::B].map(|side| batch(side).whose), [Whose::Side(Side::B); 2]);
    assert_eq!([Side::A, Side::B].map(|side| batch(side).answered), [false, true]);
    let alone = Sides::open_subject(&[], &[troupe(&place.path().join("troupe")).folder]).unwrap();
    let alone = Faces::load(&alone, 24, &|| ()).unwrap();
    assert!(BatchMaker::new(&alone, &settings(Pairing::Driven), 1).is_err(), "nobody drives");

    let base = Some(BaseSource { file: None, sha256: String::new() });
    let mut of_base = Recipe { base, ..recipe("live", 1) };
    assert_eq!(of_base.pairing(), Pairing::Subject, "the code counts nothing");
    of_base.losses.code = 0.1;
    assert_eq!(of_base.pairing(), Pairing::Driven);
    of_base.a.clear();
    assert_eq!(of_base.pairing(), Pairing::Subject, "nobody drives");
}

/// Each person's part of the batches of a thousand steps.
fn people_drawn(faces: &Faces, balance: bool) -> [f32; PEOPLE as usize] {
    let settings = LoaderSettings { balance, resolution: 24, ..settings(Pairing::Troupe) };
    let maker = BatchMaker::new(faces, &settings, 1).unwrap();
    let mut drawn = [0.0; PEOPLE as usize];
    for step in 0..1000 {
        let batch = maker.batch(faces, Side::A, RunProgress { step, done: 0.0 }, &Device::flex());
        let Whose::Person(person) = batch.whose else { panic!("{:?}", batch.whose) };
        drawn[person] += 1e-3;
    }
    drawn
}

#[test]
fn light_and_dark_people_are_drawn_alike_however_many_there_are() {
    let place = tempfile::tempdir().unwrap();
    let set = troupe_of(&place.path().join("troupe"), [60, 60, 220], |_| true);
    let faces = Faces::load(&Sides::open_subject(&[], &[set.folder]).unwrap(), 24, &|| ()).unwrap();
    for (balance, expected) in [(true, [0.25, 0.25, 0.5]), (false, [1.0 / 3.0; 3])] {
        for (drawn, expected) in people_drawn(&faces, balance).into_iter().zip(expected) {
            assert!((drawn - expected).abs() < 0.05, "balance {balance}: {drawn} for {expected}");
        }
    }
}

#[test]
fn a_lightness_with_both_sexes_is_drawn_no_more_often_than_another() {
    let place = tempfile::tempdir().unwrap();
    // A woman and a man are dark, the third, a woman, is light.
    let set = troupe_of(&place.path().join("troupe"), [60, 60, 220], |face| {
        let performance = face.performance.as_mut().unwrap();
        performance.sex = Some(if performance.person == 1 { Sex::Male } else { Sex::Female });
        true
    });
    let faces = Faces::load(&Sides::open_subject(&[], &[set.folder]).unwrap(), 24, &|| ()).unwrap();
    let [.., light] = people_drawn(&faces, true);
    assert!((light - 0.5).abs() < 0.05, "{light}");
}

#[test]
fn women_and_men_of_one_lightness_are_drawn_alike_where_their_sex_is_known() {
    let place = tempfile::tempdir().unwrap();
    // Two women and a man, all of one lightness; of the last set nobody says it.
    for (name, known, expected) in [("known", true, [0.25, 0.25, 0.5]), ("unknown", false, [1.0 / 3.0; 3])] {
        let set = troupe_of(&place.path().join(name), [60, 60, 60], |face| {
            let performance = face.performance.as_mut().unwrap();
            performance.sex = known.then_some(if performance.person == 2 { Sex::Male } else { Sex::Female });
            true
        });
        let read = FaceSet::open(&set.folder).unwrap();
        assert_eq!(read.faces[0].performance.unwrap().sex, known.then_some(Sex::Female));
        let faces = Faces::load(&Sides::open_subject(&[], &[set.folder]).unwrap(), 24, &|| ()).unwrap();
        for (drawn, expected) in people_drawn(&faces, true).into_iter().zip(expected) {
            assert!((drawn - expected).abs() < 0.05, "{name}: {drawn} for {expected}");
        }
    }
}

/// Anchors of a face that looks ahead: eyes at a height of 0.35, the mouth at 0.65, the chin at 0.85.
fn anchors() -> Anchors {
    let mut mesh = vec![[0.5, 0.5]; 468];
    let places: [(usize, [f32; 2]); 16] = [
        (33, [0.3, 0.35]),
        (133, [0.42, 0.35]),
        (362, [0.58, 0.35]),
        (263, [0.7, 0.35]),
        (78, [0.42, 0.65]),
        (308, [0.58, 0.65]),
        (13, [0.5, 0.64]),
        (14, [0.5, 0.66]),
        (105, [0.36, 0.27]),
        (334, [0.64, 0.27]),
        (2, [0.5, 0.55]),
        (152, [0.5, 0.85]),
        (10, [0.5, 0.1]),
        (168, [0.5, 0.35]),
        (159, [0.36, 0.34]),
        (145, [0.36, 0.36]),
    ];
    for (row, place) in places {
        mesh[row] = place;
    }
    Anchors::of_mesh(&mesh).unwrap()
}

#[test]
fn parts_move_as_far_as_said_while_the_eyes_stay_and_nothing_folds() {
    let settings = AugmentSettings { proportions_chance: 1.0, proportions: 1.0, ..AugmentSettings::none() };
    let (mut moved, mut of_eyes) = ([0.0_f32; 3], 0.0_f32);
    for n in 0..400 {
        let mut rng = stream(1, Purpose::Augmentation, n, 0);
        let proportions = Proportions::draw(&settings, Some(&anchors()), &mut rng).unwrap();
        let shift = |y: f32| proportions.apply(Point::new(0.5, y)).y - y;
        for (moved, (y, most)) in moved.iter_mut().zip([(0.27, 0.05), (0.55, 0.1), (0.65, 0.1)]) {
            assert!(shift(y).abs() <= most * 0.5 + 1e-5, "{y}: {}", shift(y));
            *moved = moved.max(shift(y).abs());
        }
        of_eyes = of_eyes.max(shift(0.35).abs());
        let column: Vec<f32> = (0..=100).map(|i| proportions.apply(Point::new(0.4, i as f32 / 100.0)).y).collect();
        assert!(column.windows(2).all(|pair| pair[1] > pair[0]), "it folds");
    }
    assert!(moved[0] > 0.02 && moved[1] > 0.04 && moved[2] > 0.03, "{moved:?}");
    assert!(of_eyes < 1e-6, "{of_eyes}");
}

#[test]
fn without_chance_or_without_anchors_a_face_keeps_its_own() {
    let mut rng = stream(1, Purpose::Augmentation, 0, 0);
    assert!(Proportions::draw(&AugmentSettings::none(), Some(&anchors()), &mut rng).is_none());
    let always = AugmentSettings { proportions_chance: 1.0, proportions: 1.0, ..AugmentSettings::none() };
    assert!(Proportions::draw(&always, None, &mut rng).is_none());
}

/// Other proportions move what goes in, and its mask; what should come out stays.
#[test]
fn proportions_move_the_input_alone() {
    const SIDE: usize = 64;
    let pixels = || (0..SIDE * SIDE).map(|n| (n % SIDE, n / SIDE));
    let bgr = pixels().flat_map(|(_, y)| [(y * 4) as u8; 3]).collect();
    let mask = pixels().map(|(x, y)| if x.abs_diff(32) < 20 && y < 50 { 255 } else { 0 }).collect();
    let source = Source::new(SIDE, bgr, mask, vec![9; SIDE * SIDE]).unwrap().with_anchors(Some(anchors()));
    let sample = |proportions_chance: f32| {
        let settings = AugmentSettings { proportions_chance, proportions: 1.0, ..AugmentSettings::none() };
        let mut planes = [3, 3, 1, 1, 1].map(|channels| vec![0.0; channels * SIDE * SIDE]);
        let [input, target, mask, priority, driver_mask] = &mut planes;
        let mut sample = Sample { input, target, mask, priority, driver_mask };
        let mut rng = stream(3, Purpose::Augmentation, 0, 0);
        let augmenter = Augmenter::new(settings, SIDE).unwrap();
        augmenter.sample(&source, None, false, &mut rng, &mut Buffers::default(), &mut sample);
        planes
    };
    let (plain, moved) = (sample(0.0), sample(1.0));
    let apart = |n: usize| plain[n].iter().zip(&moved[n]).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(apart(0) > 0.01, "the input: {}", apart(0));
    assert!(apart(4) > 0.1, "the driver's mask: {}", apart(4));
    for (n, name) in [(1, "target"), (2, "mask"), (3, "priority")] {
        assert!(apart(n) < 1e-6, "{name}: {}", apart(n));
    }
    let at_eyes = |planes: &[Vec<f32>; 5]| planes[0][22 * SIDE + 32];
    assert!((at_eyes(&plain) - at_eyes(&moved)).abs() < 2.0 / 255.0, "the eyes stay");
}

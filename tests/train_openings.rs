//! Other lids, another gaze and another mouth in the pairs of a troupe: where they move what, and that both people of a pair change alike.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

use proptest::prelude::*;
use standin::geometry::{Point, Similarity};
use standin::train::augment::anchors::Anchors;
use standin::train::augment::openings::OpeningChange;
use standin::train::augment::{AugmentSettings, Augmenter, Buffers, CrossPair, Sample, Source};
use standin::train::random::{Purpose, stream};

const SIDE: usize = 400;
const PIXELS: usize = SIDE * SIDE;
/// Blue of skin, of an eye's white and of an iris.
const SKIN: u8 = 150;
const WHITE: u8 = 240;
const IRIS: u8 = 30;

/// A face whose eyes are `wide` and `open`, about (0.37, 0.45) and (0.63, 0.45).
fn anchors(wide: f32, open: f32) -> Anchors {
    let mut mesh = vec![[0.5, 0.5]; 468];
    for (x, rows) in [(0.37, [33, 133, 159, 145]), (0.63, [362, 263, 386, 374])] {
        let [from, to, upper, lower] = rows;
        mesh[from] = [x - 0.5 * wide, 0.45];
        mesh[to] = [x + 0.5 * wide, 0.45];
        mesh[upper] = [x, 0.45 - 0.5 * open];
        mesh[lower] = [x, 0.45 + 0.5 * open];
    }
    // A mouth from (0.4, 0.75) to (0.6, 0.75), as open as the eyes.
    for (row, place) in [(78, [0.4, 0.75]), (308, [0.6, 0.75]), (13, [0.5, 0.75]), (14, [0.5, 0.75 + open])] {
        mesh[row] = place;
    }
    Anchors::of_mesh(&mesh).unwrap()
}

/// A face with such eyes: skin, whites between the lids, an iris in the middle.
fn person(wide: f32, open: f32) -> Source {
    let anchors = anchors(wide, open);
    let blue = (0..PIXELS).map(|n| {
        let p = Point::new(((n % SIDE) as f32 + 0.5) / SIDE as f32, ((n / SIDE) as f32 + 0.5) / SIDE as f32);
        let eye = anchors.eyes.iter().find(|eye| eye.cover(p, 1e-6) > 0.0);
        eye.map_or(SKIN, |eye| if eye.centre().distance(p) < 0.18 * wide { IRIS } else { WHITE })
    });
    let bgr = blue.flat_map(|blue| [blue, 100, 100]).collect();
    Source::new(SIDE, bgr, vec![255; PIXELS], vec![0; PIXELS]).unwrap().with_anchors(Some(anchors))
}

/// Input and target, blue only.
fn pair(input: &Source, target: &Source, settings: &AugmentSettings, seed: u64) -> [Vec<f32>; 2] {
    let augmenter = Augmenter::new(settings.clone(), SIDE).unwrap();
    let (mut shown, mut asked) = (vec![0.0; 3 * PIXELS], vec![0.0; 3 * PIXELS]);
    let [mut mask, mut priority, mut driver_mask] = [(); 3].map(|()| vec![0.0; PIXELS]);
    let mut sample = Sample {
        input: &mut shown,
        target: &mut asked,
        mask: &mut mask,
        priority: &mut priority,
        driver_mask: &mut driver_mask,
    };
    let pair = CrossPair { input, target, to_target: Similarity::IDENTITY };
    let mut rng = stream(seed, Purpose::Augmentation, 0, 0);
    augmenter.cross_sample(&pair, false, &mut rng, &mut Buffers::default(), &mut sample);
    [shown, asked].map(|mut planes| {
        planes.truncate(PIXELS);
        planes
    })
}

/// How many pixels of an eye are seen, over the eye's width squared, and where its iris is, over the width from its middle.
fn eye(blue: &[f32], middle: f32, wide: f32) -> (f32, Option<f32>) {
    let near = |n: &usize| ((n % SIDE) as f32 / SIDE as f32 - middle).abs() < 0.12;
    let is = |n: usize, value: u8| (blue[n] - f32::from(value) / 255.0).abs() < 0.1;
    let irises: Vec<_> = (0..PIXELS).filter(near).filter(|&n| is(n, IRIS)).collect();
    let whites = (0..PIXELS).filter(near).filter(|&n| is(n, WHITE)).count();
    let scale = wide * SIDE as f32;
    let mean = irises.iter().map(|&n| (n % SIDE) as f32 + 0.5).sum::<f32>() / irises.len().max(1) as f32;
    let place = (mean - middle * SIDE as f32) / scale;
    ((irises.len() + whites) as f32 / (scale * scale), (!irises.is_empty()).then_some(place))
}

#[test]
fn two_people_of_a_pair_close_and_turn_their_eyes_alike() {
    let (wide, narrow) = (person(0.2, 0.08), person(0.16, 0.06));
    let settings =
        AugmentSettings { lids_chance: 1.0, lids: 1.0, gaze_chance: 1.0, gaze: 0.1, ..AugmentSettings::none() };
    let still = pair(&wide, &narrow, &AugmentSettings::none(), 1).map(|blue| eye(&blue, 0.37, 0.2).0);
    let (mut shut, mut turned) = (0, 0);
    for seed in 0..60 {
        let [input, target] = pair(&wide, &narrow, &settings, seed);
        for middle in [0.37, 0.63] {
            let ((seen, iris), (wanted, other)) = (eye(&input, middle, 0.2), eye(&target, middle, 0.16));
            let (seen, wanted) = (seen / still[0], wanted / (still[1] * (0.2f32 / 0.16).powi(2)));
            assert!((seen - wanted).abs() < 0.12, "seed {seed}: {seen} and {wanted} of the eye are seen");
            shut += usize::from(seen < 0.3);
            // Of a narrow slit the mean depends on single pixels.
            if let (Some(iris), Some(other), true) = (iris, other, seen > 0.5) {
                assert!((iris - other).abs() < 0.03, "seed {seed}: irises at {iris} and {other}");
                turned += usize::from(iris.abs() > 0.05);
            }
        }
    }
    assert!(shut > 5 && turned > 20, "{shut} eyes shut, {turned} turned");
}

#[test]
fn without_a_chance_or_without_anchors_nothing_moves() {
    let (known, unknown) = (person(0.2, 0.08), person(0.2, 0.08).with_anchors(None));
    let settings = AugmentSettings { lids_chance: 1.0, lids: 1.0, ..AugmentSettings::none() };
    let [still, _] = pair(&known, &known, &AugmentSettings { lids_chance: 0.0, ..settings.clone() }, 3);
    assert_eq!(pair(&unknown, &unknown, &settings, 3), [still.clone(), still.clone()]);
    assert!((0..8).any(|seed| pair(&known, &known, &settings, seed)[0] != still));
}

proptest! {
    #[test]
    fn openings_move_nothing_outside_of_them_and_fold_nowhere(
        open in 0.0f32..0.1, right in -0.35f32..=1.0, left in -0.35f32..=1.0, down in -0.12f32..=0.12, x in 0.0f32..1.0,
    ) {
        let anchors = anchors(0.2, open);
        let eyes = OpeningChange { lids: [right, left], gaze: [0.0, down], mouth: 0.0 }.of(&anchors);
        let mut last = f32::MIN;
        for n in 0..400 {
            let p = Point::new(x, n as f32 / 400.0);
            let place = eyes.apply(p);
            prop_assert!((place.x - p.x).abs() < 1e-5 && place.y >= last - 1e-5, "folds at {p:?}: {place:?} after {last}");
            last = place.y;
            let beside = (x - 0.37).abs().min((x - 0.63).abs()) > 0.1;
            let above_or_below = p.y < 0.45 - 0.5 * open - 0.081 || p.y > 0.45 + 0.5 * open + 1e-4;
            prop_assert!(place.distance(p) < if beside || above_or_below { 1e-5 } else { 0.12 }, "{p:?} moves to {place:?}");
        }
    }

    #[test]
    fn what_looks_aside_stays_between_the_lids_and_folds_nowhere(
        open in 0.02f32..0.1, closing in -0.35f32..=0.9, across in -0.24f32..=0.24, height in 0.01f32..0.99,
    ) {
        let anchors = anchors(0.2, open);
        let eyes = OpeningChange { lids: [closing; 2], gaze: [across, 0.1], mouth: 0.0 }.of(&anchors);
        let eye = &anchors.eyes[0];
        let mut last = f32::MIN;
        for n in -99..100 {
            let along = n as f32 / 100.0;
            let [upper, lower] = eye.edges(along);
            let lid = upper + closing * (lower - upper);
            let (found, below) = eye.place(eyes.apply(eye.point(along, lid + height * (lower - lid))));
            let [upper, lower] = eye.edges(found);
            prop_assert!((upper - 1e-5..=lower + 1e-5).contains(&below), "{below} is not between {upper} and {lower}");
            prop_assert!(found > last, "folds at {along}: {found} after {last}");
            last = found;
        }
    }

    #[test]
    fn a_mouth_opens_and_closes_by_its_lower_lip(open in 0.01f32..0.1, closing in -0.35f32..=1.0, x in 0.0f32..1.0) {
        let anchors = anchors(0.2, open);
        let mouth = OpeningChange { mouth: closing, ..OpeningChange::default() }.of(&anchors);
        let mut last = f32::MIN;
        for n in 0..400 {
            let p = Point::new(x, n as f32 / 400.0);
            let place = mouth.apply(p);
            prop_assert!((place.x - p.x).abs() < 1e-5 && place.y >= last - 1e-5, "folds at {p:?}: {place:?} after {last}");
            last = place.y;
            if p.y <= 0.75 || p.y > 0.75 + open + 0.121 || (x - 0.5).abs() > 0.1 {
                prop_assert!(place.distance(p) < 1e-5, "{p:?} moves to {place:?}");
            }
        }
        // In the middle the lower lip is seen where it has gone.
        let lip = Point::new(0.5, 0.75 + (1.0 - closing) * open + 1e-4);
        let place = mouth.apply(lip);
        prop_assert!((place.y - 0.75 - open).abs() < 1e-3, "at {lip:?} {place:?} is seen");
    }

    #[test]
    fn a_shut_eye_shows_lid_alone(open in 0.01f32..0.1, along in -0.95f32..0.95, height in 0.01f32..0.99) {
        let anchors = anchors(0.2, open);
        let eyes = OpeningChange { lids: [1.0; 2], gaze: [0.2, 0.1], mouth: 0.0 }.of(&anchors);
        let eye = &anchors.eyes[0];
        let [upper, lower] = eye.edges(along);
        let place = eyes.apply(eye.point(along, upper + height * (lower - upper)));
        let (found, below) = eye.place(place);
        prop_assert!((found - along).abs() < 1e-4);
        prop_assert!(below <= upper + 1e-5, "{below} is below the lid at {upper}");
    }
}

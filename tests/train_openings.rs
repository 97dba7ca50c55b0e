//! Other lids, another gaze and another mouth in the pairs of a troupe: where they move what, and that both people of a
//! pair change alike.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

use proptest::prelude::*;
use standin::geometry::{Point, Similarity};
use standin::train::augment::anchors::{Almond, Anchors};
use standin::train::augment::openings::{ChangedOpenings, OpeningChange};
use standin::train::augment::{AugmentSettings, Augmenter, Buffers, CrossPair, Sample, Source};
use standin::train::random::{Purpose, stream};

const SIDE: usize = 400;
const PIXELS: usize = SIDE * SIDE;
/// Blue of skin, of an eye's white and of an iris.
const SKIN: u8 = 150;
const WHITE: u8 = 240;
const IRIS: u8 = 30;
/// Of the inside of a mouth.
const MOUTH: u8 = 75;

/// A face whose eyes are `wide` and `open`, about (0.37, 0.45) and (0.63, 0.45), and all of it moved.
fn anchors_moved(wide: f32, open: f32, by: Point) -> Anchors {
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
    mesh.iter_mut().for_each(|point| *point = [point[0] + by.x, point[1] + by.y]);
    Anchors::of_mesh(&mesh).unwrap()
}

/// The same, where it is expected.
fn anchors(wide: f32, open: f32) -> Anchors {
    anchors_moved(wide, open, Point::default())
}

/// What a change makes of a face whose partner in the pair is as open.
fn changed(change: OpeningChange, anchors: &Anchors) -> ChangedOpenings {
    change.of_pair([anchors, anchors])[0]
}

/// A face with such eyes: skin, whites between the lids, an iris in the middle.
fn person(wide: f32, open: f32) -> Source {
    person_moved(wide, open, Point::default())
}

/// The same, elsewhere in the crop.
fn person_moved(wide: f32, open: f32, by: Point) -> Source {
    let anchors = anchors_moved(wide, open, by);
    let blue = (0..PIXELS).map(|n| {
        let p = Point::new(((n % SIDE) as f32 + 0.5) / SIDE as f32, ((n / SIDE) as f32 + 0.5) / SIDE as f32);
        let eye = anchors.eyes.iter().find(|eye| eye.cover(p, 1e-6) > 0.0);
        let skin = if anchors.mouth.cover(p, 1e-6) > 0.0 { MOUTH } else { SKIN };
        eye.map_or(skin, |eye| if eye.centre().distance(p) < 0.18 * wide { IRIS } else { WHITE })
    });
    let bgr = blue.flat_map(|blue| [blue, 100, 100]).collect();
    Source::new(SIDE, bgr, vec![255; PIXELS], vec![0; PIXELS]).unwrap().with_anchors(Some(anchors))
}

/// Input and target, blue only.
fn pair(input: &Source, target: &Source, settings: &AugmentSettings, seed: u64) -> [Vec<f32>; 2] {
    turned(input, target, settings, (seed, false, Similarity::IDENTITY))
}

/// The same, mirrored at times where `flip` says so, of a target whose crop lies elsewhere.
fn turned(
    input: &Source,
    target: &Source,
    settings: &AugmentSettings,
    (seed, flip, to_target): (u64, bool, Similarity),
) -> [Vec<f32>; 2] {
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
    let pair = CrossPair { input, target, to_target };
    let mut rng = stream(seed, Purpose::Augmentation, 0, 0);
    augmenter.cross_sample(&pair, flip, &mut rng, &mut Buffers::default(), &mut sample);
    [shown, asked].map(|mut planes| {
        planes.truncate(PIXELS);
        planes
    })
}

/// How many pixels of an eye are seen, over the eye's width squared, and where its iris is, over the width from its
/// middle.
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
    for [input, target] in [[&known, &unknown], [&unknown, &known]] {
        assert_eq!(pair(input, target, &settings, 3), pair(input, target, &AugmentSettings::none(), 3));
    }
    let [still, _] = pair(&known, &known, &AugmentSettings { lids_chance: 0.0, ..settings.clone() }, 3);
    assert_eq!(pair(&unknown, &unknown, &settings, 3), [still.clone(), still.clone()]);
    assert!((0..8).any(|seed| pair(&known, &known, &settings, seed)[0] != still));
}

#[test]
fn what_one_of_a_pair_cannot_change_stays_in_both() {
    let (open, shut) = (anchors(0.2, 0.08), anchors(0.2, 0.001));
    let change = OpeningChange { lids: [0.8; 2], gaze: [0.1, 0.0], mouth: 0.5 };
    let moves = |changed: &ChangedOpenings, p: Point| changed.apply(p).distance(p) > 1e-3;
    let (lid, lip) = (Point::new(0.37, 0.43), Point::new(0.5, 0.75 + 0.07));
    let both = change.of_pair([&open, &open]);
    assert!(both.iter().all(|changed| moves(changed, lid) && moves(changed, lip)));
    for pair in [[&open, &shut], [&shut, &open]] {
        assert!(!change.of_pair(pair).iter().any(|changed| moves(changed, lid) || moves(changed, lip)));
    }
    // Eyes alone that are shut do not keep the mouth from moving.
    let winks = Anchors { eyes: shut.eyes, ..open };
    assert!(change.of_pair([&open, &winks]).iter().all(|changed| !moves(changed, lid) && moves(changed, lip)));
}

#[test]
fn each_eye_closes_by_its_own_and_looks_where_it_is_told() {
    let anchors = anchors(0.2, 0.08);
    let [right, left] = [Point::new(0.37, 0.45), Point::new(0.63, 0.45)];
    let closed = changed(OpeningChange { lids: [1.0, 0.0], gaze: [0.05, 0.0], mouth: 0.0 }, &anchors);
    assert!(closed.apply(right).y < 0.45 - 0.04 && (closed.apply(left).y - 0.45).abs() < 1e-4);
    // What is seen in the middle comes from where the gaze leads away from: the iris moves to the right, and down.
    let aside = changed(OpeningChange { gaze: [0.1, 0.0], ..OpeningChange::default() }, &anchors);
    let below = changed(OpeningChange { gaze: [0.0, 0.1], ..OpeningChange::default() }, &anchors);
    for middle in [right, left] {
        let (aside, below) = (aside.apply(middle), below.apply(middle));
        assert!((aside.x - middle.x + 0.1 * 0.2).abs() < 1e-4 && (aside.y - middle.y).abs() < 1e-4, "{aside:?}");
        assert!((below.y - middle.y + 0.1 * 0.08).abs() < 1e-4 && (below.x - middle.x).abs() < 1e-4, "{below:?}");
    }
}

#[test]
fn two_faces_open_by_the_same_part_though_only_one_could_open_further() {
    // A mouth that is nearly as open as wide has less skin below it to press together.
    let [little, much] = [anchors(0.2, 0.06), anchors(0.2, 0.19)];
    let change = OpeningChange { mouth: -0.35, ..OpeningChange::default() };
    let lip = |changed: &ChangedOpenings, open: f32| {
        let seen = |y: f32| changed.apply(Point::new(0.5, y)).y;
        // Where the lower lip, which lies at 0.75 + open, is seen.
        (0..4000).map(|n| 0.75 + n as f32 * 1e-4).find(|&y| seen(y) >= 0.75 + open - 1e-5).unwrap() - 0.75
    };
    let [first, second] = change.of_pair([&little, &much]);
    let (first, second) = (lip(&first, 0.06) / 0.06, lip(&second, 0.19) / 0.19);
    assert!((first - second).abs() < 0.01 && first > 1.2, "they open to {first} and {second}");
}

#[test]
fn without_chances_nothing_is_drawn() {
    let streams = || stream(7, Purpose::Augmentation, 0, 0);
    let (mut asked, mut other) = (streams(), streams());
    assert_eq!(OpeningChange::draw(&AugmentSettings::none(), &mut asked), None);
    assert_eq!(asked.random::<u64>(), other.random::<u64>(), "runs of before would go on otherwise");
}

#[test]
fn a_mirrored_and_turned_pair_closes_its_mouth_alike() {
    let (one, by) = (person(0.2, 0.08), Point::new(0.03, -0.02));
    let elsewhere = person_moved(0.2, 0.08, by);
    let settings =
        AugmentSettings { mouth_chance: 1.0, mouth: 1.0, rotation: 10.0, shift: 0.05, ..AugmentSettings::none() };
    let mut closed = 0;
    for seed in 0..20 {
        // The same person twice: both pictures are the same, wherever they lie and however far the mouth is open.
        let (flip, identity) = (seed % 2 == 0, Similarity::IDENTITY);
        let [input, target] = turned(&one, &one, &settings, (seed, flip, identity));
        assert!(input.iter().zip(&target).all(|(a, b)| (a - b).abs() < 1e-4), "seed {seed}");
        let dark = input.iter().filter(|value| (**value - f32::from(MOUTH) / 255.0).abs() < 0.1).count();
        closed += usize::from(dark < 700);
        // Whose crop lies elsewhere is met at the same places all the same.
        let moved = Similarity { tx: by.x, ty: by.y, ..Similarity::IDENTITY };
        let [input, target] = turned(&one, &elsewhere, &settings, (seed, flip, moved));
        let apart = input.iter().zip(&target).filter(|(a, b)| (**a - **b).abs() > 0.15).count();
        assert!(apart < PIXELS / 200, "seed {seed}: {apart} pixels differ");
    }
    assert!(closed > 0);
}

proptest! {
    #[test]
    fn openings_move_nothing_outside_of_them_and_fold_nowhere(
        open in 0.0f32..0.1, right in -0.35f32..=1.0, left in -0.35f32..=1.0, down in -0.12f32..=0.12,
        x in 0.0f32..1.0,
    ) {
        let anchors = anchors(0.2, open);
        let eyes = changed(OpeningChange { lids: [right, left], gaze: [0.0, down], mouth: 0.0 }, &anchors);
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
        open in 0.02f32..0.1, closing in -0.35f32..=0.9, across in -0.12f32..=0.12, height in 0.01f32..0.99,
    ) {
        let anchors = anchors(0.2, open);
        let eyes = changed(OpeningChange { lids: [closing; 2], gaze: [across, 0.1], mouth: 0.0 }, &anchors);
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
        let mouth = changed(OpeningChange { mouth: closing, ..OpeningChange::default() }, &anchors);
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
    fn a_point_of_an_almond_is_where_it_is_placed(
        x in 0.2f32..0.8, y in 0.2f32..0.8, dx in -0.2f32..0.2, dy in -0.2f32..0.2, along in -1.5f32..1.5,
        below in -0.3f32..0.3,
    ) {
        prop_assume!(dx.hypot(dy) > 0.02);
        let corners = [Point::new(x, y), Point::new(x + dx, y + dy)];
        let almond = Almond { corners, upper: corners[0], lower: corners[1] };
        let (found_along, found_below) = almond.place(almond.point(along, below));
        prop_assert!((found_along - along).abs() < 1e-3 && (found_below - below).abs() < 1e-4);
    }

    #[test]
    fn no_opening_that_opens_tears_up_or_down(
        wide in 0.02f32..0.2, over in 0.03f32..1.0, closing in -0.35f32..=0.0, down in -0.12f32..=0.12, x in 0.3f32..0.7,
    ) {
        let anchors = anchors(wide, wide * over);
        let change = OpeningChange { lids: [closing; 2], gaze: [0.0, down], mouth: closing };
        let changed = changed(change, &anchors);
        let mut last: Option<Point> = None;
        for n in 0..2000 {
            let place = changed.apply(Point::new(x, n as f32 / 2000.0));
            let step = last.map_or(0.0, |last| place.y - last.y);
            // A step of 1 in 2000 is stretched to no more than four times that.
            prop_assert!((-1e-5..4.2 / 2000.0).contains(&step), "a step of {step} at {n}");
            last = Some(place);
        }
    }

    #[test]
    fn a_shut_eye_shows_lid_alone(open in 0.01f32..0.1, along in -0.95f32..0.95, height in 0.01f32..0.99) {
        let anchors = anchors(0.2, open);
        let eyes = changed(OpeningChange { lids: [1.0; 2], gaze: [0.1, 0.1], mouth: 0.0 }, &anchors);
        let eye = &anchors.eyes[0];
        let [upper, lower] = eye.edges(along);
        let place = eyes.apply(eye.point(along, upper + height * (lower - upper)));
        let (found, below) = eye.place(place);
        prop_assert!((found - along).abs() < 1e-4);
        prop_assert!(below <= upper + 1e-5, "{below} is below the lid at {upper}");
    }
}

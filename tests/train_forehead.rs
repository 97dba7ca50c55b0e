//! Training targets: the forehead behind the subject's hair becomes skin, and nothing else changes.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

use standin::train::augment::anchors::Anchors;
use standin::train::augment::{AugmentSettings, Augmenter, Buffers, Sample, Source};
use standin::train::random::{Purpose, stream};

const SIDE: usize = 96;
const PIXELS: usize = SIDE * SIDE;
/// Rows of the picture in which the fringe ends, and the brows are.
const FRINGE: usize = 20;
const BROWS: usize = 36;
/// Columns of the face.
const FACE: std::ops::Range<usize> = 20..76;
/// Blue, green, red.
const SKIN: [u8; 3] = [110, 150, 200];
const HAIR: [u8; 3] = [10, 20, 30];

fn mesh() -> Vec<[f32; 2]> {
    let mut mesh = vec![[0.5, 0.5]; 468];
    let rows = [
        (33, [0.3, 0.45]),
        (133, [0.44, 0.45]),
        (362, [0.56, 0.45]),
        (263, [0.7, 0.45]),
        (105, [0.36, BROWS as f32 / SIDE as f32]),
        (334, [0.64, BROWS as f32 / SIDE as f32]),
        (127, [0.21, 0.45]),
        (356, [0.79, 0.45]),
        (168, [0.5, 0.42]),
        (2, [0.5, 0.65]),
        (152, [0.5, 0.95]),
        (10, [0.5, 0.1]),
    ];
    rows.into_iter().for_each(|(row, point)| mesh[row] = point);
    mesh
}

/// A face with a fringe; brighter from left to right, as if lit from one side.
fn source(hair_masked: bool) -> Source {
    shaded(FRINGE, |_| 1.0).with_hair_masked(hair_masked)
}

/// The same, whose fringe ends in another row, and whose rows are as much darker or brighter as `shade` says; its
/// mask knows hair.
fn shaded(fringe: usize, shade: impl Fn(usize) -> f32) -> Source {
    let in_face = |n: usize| FACE.contains(&(n % SIDE)) && n / SIDE >= fringe;
    let light = |n: usize, value: u8| (f32::from(value) * side_light(n % SIDE) * shade(n / SIDE)) as u8;
    let bgr = (0..PIXELS).flat_map(|n| (if in_face(n) { SKIN } else { HAIR }).map(|value| light(n, value))).collect();
    let mask = (0..PIXELS).map(|n| if in_face(n) { 255 } else { 0 }).collect();
    let source = Source::new(SIDE, bgr, mask, vec![0; PIXELS]).unwrap();
    source.with_anchors(Anchors::of_mesh(&mesh())).with_hair_masked(true)
}

/// How bright a column is.
fn side_light(column: usize) -> f32 {
    0.6 + 0.4 * column as f32 / SIDE as f32
}

/// Whether the forehead's rows are face, and skin in a light of `light`.
fn assert_lit(found: &Found, rows: std::ops::Range<usize>, light: f32) {
    for (j, i) in rows.flat_map(|j| FACE.map(move |i| (j, i))) {
        let n = j * SIDE + i;
        assert!(found.mask[n] > 0.99, "the forehead at {i}, {j} is no face");
        for (k, skin) in SKIN.into_iter().enumerate() {
            let (drawn, expected) = (found.target[k * PIXELS + n], f32::from(skin) / 255.0 * side_light(i) * light);
            assert!((drawn / expected - 1.0).abs() < 0.12, "{i}, {j}, channel {k}: {drawn} for {expected}");
        }
    }
}

struct Found {
    input: Vec<f32>,
    target: Vec<f32>,
    mask: Vec<f32>,
}

fn sample(source: &Source, forehead: f32) -> Found {
    let settings = AugmentSettings { forehead, ..AugmentSettings::none() };
    let augmenter = Augmenter::new(settings, SIDE).unwrap();
    let mut found = Found { input: vec![0.0; 3 * PIXELS], target: vec![0.0; 3 * PIXELS], mask: vec![0.0; PIXELS] };
    let (mut priority, mut driver_mask) = (vec![0.0; PIXELS], vec![0.0; PIXELS]);
    let mut sample = Sample {
        input: &mut found.input,
        target: &mut found.target,
        mask: &mut found.mask,
        priority: &mut priority,
        driver_mask: &mut driver_mask,
    };
    let mut rng = stream(1, Purpose::Augmentation, 0, 0);
    augmenter.sample(source, None, false, &mut rng, &mut Buffers::default(), &mut sample);
    assert_eq!(driver_mask, source.mask().iter().map(|&m| f32::from(m) / 255.0).collect::<Vec<_>>());
    found
}

#[test]
fn what_hair_hides_of_the_forehead_is_skin_in_the_target_and_hair_in_the_input() {
    let found = sample(&source(true), 1.0);
    let as_filmed = sample(&source(true), 0.0);
    assert_eq!(found.input, as_filmed.input);
    // The light goes on above the fringe, as near as a smooth surface does.
    assert_lit(&found, 0..FRINGE, 1.0);
}

#[test]
fn the_forehead_goes_on_as_bright_as_it_shows() {
    for light in [0.8, 1.2] {
        let found = sample(&shaded(FRINGE, |row| if row < BROWS { light } else { 1.0 }), 1.0);
        assert_lit(&found, 0..BROWS - 4, light);
    }
}

#[test]
fn the_shadow_under_the_fringe_is_gone() {
    let shadow = |row| if row < FRINGE + 2 { 0.5 } else { 1.0 };
    assert_lit(&sample(&shaded(FRINGE, shadow), 1.0), 0..BROWS - 4, 1.0);
}

#[test]
fn a_line_across_the_forehead_is_gone() {
    for light in [0.7, 1.3] {
        let line = |row| if row == FRINGE + 8 { light } else { 1.0 };
        assert_lit(&sample(&shaded(FRINGE, line), 1.0), 0..BROWS - 6, 1.0);
    }
}

#[test]
fn a_spot_of_light_does_not_decide() {
    let spot = |row| if row == FRINGE + 8 { 1.25 } else { 0.8 };
    assert_lit(&sample(&shaded(FRINGE, spot), 1.0), 0..FRINGE, 0.8);
}

#[test]
fn a_forehead_that_is_all_shadow_does_not_decide() {
    let shadow = |row| if row < BROWS { 0.4 } else { 1.0 };
    assert_lit(&sample(&shaded(FRINGE, shadow), 1.0), 0..FRINGE / 2, 1.0);
}

#[test]
fn where_no_forehead_shows_cheeks_and_nose_say_its_colour() {
    assert_lit(&sample(&shaded(BROWS - 2, |_| 1.0), 1.0), 0..BROWS - 8, 1.0);
}

#[test]
fn below_the_forehead_the_target_is_as_it_was_filmed() {
    let (found, as_filmed) = (sample(&source(true), 1.0), sample(&source(true), 0.0));
    for n in BROWS * SIDE..PIXELS {
        assert_eq!(found.mask[n], as_filmed.mask[n], "pixel {n}");
        assert_eq!(found.target[n], as_filmed.target[n], "pixel {n}");
    }
}

#[test]
fn a_mask_that_does_not_know_hair_changes_nothing() {
    let (found, as_filmed) = (sample(&source(false), 1.0), sample(&source(false), 0.0));
    assert_eq!((found.target, found.mask), (as_filmed.target, as_filmed.mask));
}

#[test]
fn a_mask_without_forehead_and_cheeks_changes_nothing() {
    let grey = vec![120; 3 * PIXELS];
    let chin = 80;
    let mask = (0..PIXELS).map(|n| if n / SIDE >= chin { 255 } else { 0 }).collect();
    let source = Source::new(SIDE, grey, mask, vec![0; PIXELS]).unwrap();
    let source = source.with_anchors(Anchors::of_mesh(&mesh())).with_hair_masked(true);
    let (found, as_filmed) = (sample(&source, 1.0), sample(&source, 0.0));
    assert_eq!((found.target, found.mask), (as_filmed.target, as_filmed.mask));
}

#[test]
fn half_of_it_is_half_way() {
    let [none, half, all] = [0.0, 0.5, 1.0].map(|forehead| sample(&source(true), forehead));
    let n = 5 * SIDE + SIDE / 2;
    assert!((half.mask[n] - 0.5).abs() < 0.01);
    let middle = 0.5 * (none.target[n] + all.target[n]);
    assert!((half.target[n] - middle).abs() < 0.02, "{} for {middle}", half.target[n]);
}

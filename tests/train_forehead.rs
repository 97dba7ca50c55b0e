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
    let in_face = |n: usize| FACE.contains(&(n % SIDE)) && n / SIDE >= FRINGE;
    let light = |n: usize, value: u8| (f32::from(value) * (0.6 + 0.4 * (n % SIDE) as f32 / SIDE as f32)) as u8;
    let bgr = (0..PIXELS).flat_map(|n| (if in_face(n) { SKIN } else { HAIR }).map(|value| light(n, value))).collect();
    let mask = (0..PIXELS).map(|n| if in_face(n) { 255 } else { 0 }).collect();
    let source = Source::new(SIDE, bgr, mask, vec![0; PIXELS]).unwrap();
    source.with_anchors(Anchors::of_mesh(&mesh())).with_hair_masked(hair_masked)
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
    for j in 0..FRINGE {
        for i in FACE {
            let n = j * SIDE + i;
            assert!(found.mask[n] > 0.99, "the forehead at {i}, {j} is no face");
            // The light goes on above the fringe, as near as a smooth surface does.
            let lit = 0.6 + 0.4 * i as f32 / SIDE as f32;
            for (k, skin) in SKIN.into_iter().enumerate() {
                let (drawn, expected) = (found.target[k * PIXELS + n], f32::from(skin) / 255.0 * lit);
                assert!((drawn / expected - 1.0).abs() < 0.12, "{i}, {j}, channel {k}: {drawn} for {expected}");
            }
        }
    }
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
fn a_mask_without_cheeks_changes_nothing() {
    let grey = vec![120; 3 * PIXELS];
    let mask = (0..PIXELS).map(|n| if n / SIDE < BROWS { 255 } else { 0 }).collect();
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

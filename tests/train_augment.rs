//! Augmentation: what it keeps, what it changes, and where.
#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

use proptest::prelude::*;
use standin::blend::plan::Region;
use standin::blend::planes::{Planes, Space};
use standin::blend::statistics::{Statistics, statistics};
use standin::geometry::Point;
use standin::train::augment::colour::{HsvChange, LabLines};
use standin::train::augment::placement::Placement;
use standin::train::augment::warp::{GridWarp, NODES};
use standin::train::augment::{AugmentSettings, Augmenter, Buffers, Sample, Source};
use standin::train::random::{Purpose, stream};

const SIDE: usize = 48;

/// A sample that owns its planes.
#[derive(Debug, Clone, PartialEq)]
struct Owned {
    input: Vec<f32>,
    target: Vec<f32>,
    mask: Vec<f32>,
    priority: Vec<f32>,
}

fn sample_at(source: &Source, settings: &AugmentSettings, resolution: usize, flip: bool, seed: u64) -> Owned {
    let pixels = resolution * resolution;
    let (input, target) = (vec![9.0; 3 * pixels], vec![9.0; 3 * pixels]);
    let mut owned = Owned { input, target, mask: vec![9.0; pixels], priority: vec![9.0; pixels] };
    let Owned { input, target, mask, priority } = &mut owned;
    let mut sample = Sample { input, target, mask, priority };
    let augmenter = Augmenter::new(settings.clone(), resolution).unwrap();
    let mut rng = stream(seed, Purpose::Augmentation, 0, 0);
    let other = OTHER;
    augmenter.sample(source, Some(&other), flip, &mut rng, &mut Buffers::default(), &mut sample);
    owned
}

fn sample(source: &Source, settings: &AugmentSettings, seed: u64) -> Owned {
    sample_at(source, settings, SIDE, false, seed)
}

/// Colours of a face of the other side.
const OTHER: Statistics = Statistics { mean: [40.0, 10.0, 20.0], deviation: [12.0, 4.0, 5.0] };

/// A soft coloured pattern on which every augmentation shows.
fn pattern() -> Source {
    let wave = |n: usize, phase: f32| {
        let (x, y) = ((n % SIDE) as f32, (n / SIDE) as f32);
        (128.0 + 70.0 * (0.31 * x + phase).sin() + 40.0 * (0.23 * y - phase).cos()) as u8
    };
    let bgr = (0..SIDE * SIDE).flat_map(|n| [wave(n, 0.0), wave(n, 1.0), wave(n, 2.5)]).collect();
    let mask = (0..SIDE * SIDE).map(|n| wave(n, 4.0)).collect();
    let priority = (0..SIDE * SIDE).map(|n| wave(n, 5.0)).collect();
    Source::new(SIDE, bgr, mask, priority).unwrap()
}

/// Blue, mask and priority are the same map.
fn one_map() -> Source {
    let map: Vec<u8> = (0..SIDE * SIDE).map(|n| (n % SIDE * 3 + n / SIDE * 2) as u8).collect();
    Source::new(SIDE, map.iter().flat_map(|&v| [v, 10, 20]).collect(), map.clone(), map).unwrap()
}

fn only(change: impl Fn(&mut AugmentSettings)) -> AugmentSettings {
    let mut settings = AugmentSettings::none();
    change(&mut settings);
    settings
}

fn most_apart(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn without_augmentation_a_sample_is_its_source() {
    let source = pattern();
    let found = sample(&source, &AugmentSettings::none(), 1);
    assert_eq!(found.input, found.target);
    let expected: Vec<f32> =
        (0..3).flat_map(|c| source.bgr().iter().skip(c).step_by(3).map(|&v| f32::from(v) / 255.0)).collect();
    assert!(most_apart(&found.target, &expected) < 1e-5);
    let bytes = |plane: &[u8]| plane.iter().map(|&v| f32::from(v) / 255.0).collect::<Vec<_>>();
    assert!(most_apart(&found.mask, &bytes(source.mask())) < 1e-5);
    assert!(most_apart(&found.priority, &bytes(source.priority())) < 1e-5);
}

#[test]
fn a_warp_without_jitter_is_exactly_the_identity() {
    let warp = GridWarp::new([[Point::default(); NODES]; NODES]);
    for n in 0..=100 {
        assert_eq!(warp.at(Point::new(n as f32 / 100.0, (n * 37 % 101) as f32 / 100.0)), Point::default());
    }
}

#[test]
fn a_warp_is_the_identity_on_average_and_neither_scales_nor_shifts() {
    const DRAWS: u64 = 4000;
    let places: Vec<Point> = (0..81).map(|n| Point::new((n % 9) as f32 / 8.0, (n / 9) as f32 / 8.0)).collect();
    let mut means = vec![(0f64, 0f64); places.len()];
    for seed in 0..DRAWS {
        let warp = GridWarp::draw(0.03, &mut stream(seed, Purpose::Augmentation, 0, 0));
        for (mean, &p) in means.iter_mut().zip(&places) {
            let moved = warp.at(p);
            *mean = (mean.0 + f64::from(moved.x) / DRAWS as f64, mean.1 + f64::from(moved.y) / DRAWS as f64);
        }
    }
    // The mean's own deviation is 0.03/√4000 = 0.0005.
    for ((x, y), p) in means.iter().zip(&places) {
        assert!(x.hypot(*y) < 0.0025, "{p:?} moves by ({x}, {y}) on average");
    }
    let slope: f64 = means.iter().zip(&places).map(|((x, _), p)| x * f64::from(p.x - 0.5)).sum::<f64>()
        / places.iter().map(|p| f64::from(p.x - 0.5).powi(2)).sum::<f64>();
    assert!(slope.abs() < 0.002, "scales by {}", 1.0 + slope);
}

#[test]
fn a_warp_moves_the_input_and_only_it() {
    let source = pattern();
    let (still, warped) = (sample(&source, &AugmentSettings::none(), 3), sample(&source, &only(|s| s.warp = 0.03), 3));
    assert_eq!((&still.target, &still.mask), (&warped.target, &warped.mask));
    assert!(most_apart(&still.input, &warped.input) > 0.1);
}

#[test]
fn a_shift_moves_the_picture_that_way() {
    let placement = Placement::new(0.0, 1.0, Point::new(0.25, -0.125), false);
    assert!(placement.apply(Point::new(0.75, 0.375)).distance(Point::new(0.5, 0.5)) < 1e-6);
    // Clockwise on screen: what was above the middle is now to its right.
    let turned = Placement::new(std::f32::consts::FRAC_PI_2, 1.0, Point::default(), false);
    assert!(turned.apply(Point::new(0.9, 0.5)).distance(Point::new(0.5, 0.1)) < 1e-6);
    // What grows is further from the middle.
    let grown = Placement::new(0.0, 2.0, Point::default(), false);
    assert!(grown.apply(Point::new(0.9, 0.5)).distance(Point::new(0.7, 0.5)) < 1e-6);
}

#[test]
fn damage_hits_the_input_only() {
    let source = pattern();
    let clean = sample(&source, &AugmentSettings::none(), 5);
    let damages: [(&str, fn(&mut AugmentSettings)); 5] = [
        ("occluder", |s| (s.occluder_chance, s.occluder) = (1.0, 0.4)),
        ("blur", |s| (s.blur_chance, s.blur) = (1.0, 0.05)),
        ("shrink", |s| (s.shrink_chance, s.shrink) = (1.0, 0.2)),
        ("noise", |s| (s.noise_chance, s.noise) = (1.0, 0.1)),
        ("jpeg", |s| (s.jpeg_chance, s.jpeg) = (1.0, 10)),
    ];
    for (name, change) in damages {
        let found = sample(&source, &only(change), 5);
        assert_eq!(
            (&found.target, &found.mask, &found.priority),
            (&clean.target, &clean.mask, &clean.priority),
            "{name}"
        );
        assert!(most_apart(&found.input, &clean.input) > 0.02, "{name} changed nothing");
    }
}

#[test]
fn colour_and_light_are_common_to_input_and_target() {
    let source = pattern();
    let clean = sample(&source, &AugmentSettings::none(), 5);
    let changes: [(&str, fn(&mut AugmentSettings)); 6] = [
        ("transfer", |s| s.transfer_chance = 1.0),
        ("lab", |s| (s.lab_chance, s.lightness, s.contrast, s.tint, s.chroma) = (1.0, 20.0, 0.3, 10.0, 0.3)),
        ("hsv", |s| (s.hsv_chance, s.hue, s.saturation, s.value) = (1.0, 20.0, 0.3, 0.3)),
        ("gamma", |s| (s.gamma_chance, s.gamma) = (1.0, 0.6)),
        ("light", |s| (s.light_chance, s.light) = (1.0, 2.0)),
        ("shadow", |s| (s.shadow_chance, s.shadow) = (1.0, 3.0)),
    ];
    for (name, change) in changes {
        let found = sample(&source, &only(change), 5);
        assert_eq!(found.input, found.target, "{name}");
        assert_eq!((&found.mask, &found.priority), (&clean.mask, &clean.priority), "{name}");
        assert!(most_apart(&found.target, &clean.target) > 0.02, "{name} changed nothing");
    }
}

#[test]
fn noise_and_blur_keep_the_mean() {
    let grey = Source::new(SIDE, vec![128; SIDE * SIDE * 3], vec![255; SIDE * SIDE], vec![0; SIDE * SIDE]).unwrap();
    let noisy = sample(&grey, &only(|s| (s.noise_chance, s.noise) = (1.0, 0.08)), 2);
    let mean = noisy.input.iter().sum::<f32>() / noisy.input.len() as f32;
    assert!((mean - 128.0 / 255.0).abs() < 0.005, "{mean}");
    let still = sample(&grey, &AugmentSettings::none(), 2);
    let soft = |s: &mut AugmentSettings| (s.blur_chance, s.blur, s.shrink_chance, s.shrink) = (1.0, 0.1, 1.0, 0.1);
    assert!(most_apart(&sample(&grey, &only(soft), 2).input, &still.input) < 1e-5);
}

#[test]
fn a_colour_transfer_of_full_strength_takes_mean_and_deviation() {
    let source = pattern();
    let own = *source.statistics().unwrap();
    let other = Statistics { mean: [45.0, 5.0, 10.0], deviation: own.deviation.map(|d| d * 0.8) };
    let lines = LabLines::transfer(&own, &other, 1.0);
    let mut lab = Planes::default();
    let unit = |bytes: &[u8]| bytes.iter().map(|&v| f32::from(v) / 255.0).collect::<Vec<_>>();
    let region = Region { x0: 0, y0: 0, x1: SIDE, y1: SIDE };
    lab.fill(Space::Lab, &unit(source.bgr()), SIDE, &region);
    for c in 0..3 {
        lab.channels[c].iter_mut().for_each(|v| *v = *v * lines.ratio[c] + lines.shift[c]);
    }
    let found = statistics(&lab, &unit(source.mask()), SIDE, &region).unwrap();
    assert!(most_apart(&found.mean, &other.mean) < 0.05 && most_apart(&found.deviation, &other.deviation) < 0.05);
    assert_eq!(LabLines::transfer(&own, &other, 0.0).ratio, [1.0; 3]);
    assert!(most_apart(&LabLines::transfer(&own, &other, 0.0).shift, &[0.0; 3]) < 1e-5);
}

#[test]
fn a_source_must_have_all_its_pixels() {
    assert!(Source::new(2, vec![0; 12], vec![0; 4], vec![0; 4]).is_some());
    assert!(Source::new(0, vec![], vec![], vec![]).is_none());
    assert!(Source::new(2, vec![0; 11], vec![0; 4], vec![0; 4]).is_none());
    assert!(Source::new(2, vec![0; 12], vec![0; 3], vec![0; 4]).is_none());
    assert!(Source::new(2, vec![0; 12], vec![0; 4], vec![0; 5]).is_none());
}

#[test]
fn a_setting_out_of_its_range_is_named() {
    let refused = |change: fn(&mut AugmentSettings)| only(change).checked().unwrap_err().to_string();
    assert_eq!(refused(|s| s.warp = 0.5), "augmentation: warp is 0.5, but must be 0 to 0.1");
    assert!(refused(|s| s.rotation = f32::NAN).contains("rotation is NaN"));
    assert!(refused(|s| s.jpeg = 0).contains("jpeg is 0, but must be 1 to 100"));
    assert!(refused(|s| s.blur_chance = 1.1).contains("blur_chance"));
    assert!(AugmentSettings::default().checked().is_ok() && AugmentSettings::none().checked().is_ok());
}

#[test]
fn settings_are_read_from_a_preset_that_names_some() {
    let read: AugmentSettings = toml::from_str("warp = 0.01\nflip_b = true").unwrap();
    assert_eq!(read, AugmentSettings { warp: 0.01, flip_b: true, ..AugmentSettings::default() });
    assert!(toml::from_str::<AugmentSettings>("wrap = 0.01").unwrap_err().to_string().contains("wrap"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_warp_meets_its_nodes_and_hardly_leaves_their_range(seed: u64, x in 0f32..1.0, y in 0f32..1.0) {
        let mut nodes = [[Point::default(); NODES]; NODES];
        let mut rng = stream(seed, Purpose::Augmentation, 1, 1);
        for node in nodes.as_flattened_mut() {
            use rand::RngExt;
            *node = Point::new(rng.random::<f32>() * 0.1, rng.random::<f32>() * 0.1);
        }
        let warp = GridWarp::new(nodes);
        for (j, row) in nodes.iter().enumerate() {
            for (i, node) in row.iter().enumerate() {
                let found = warp.at(Point::new(i as f32 / 4.0, j as f32 / 4.0));
                prop_assert!(found.distance(*node) < 1e-6);
            }
        }
        // Weights of the spline are at least −0.125 in all: 1.25 times the range in each direction at most.
        let moved = warp.at(Point::new(x, y));
        prop_assert!((-0.06..0.16).contains(&moved.x) && (-0.06..0.16).contains(&moved.y));
    }

    #[test]
    fn a_placement_keeps_shapes(
        angle in -3f32..3.0, scale in 0.5f32..2.0, dx in -0.3f32..0.3, dy in -0.3f32..0.3, flip: bool,
        ax in 0f32..1.0, ay in 0f32..1.0, bx in 0f32..1.0, by in 0f32..1.0,
    ) {
        let placement = Placement::new(angle, scale, Point::new(dx, dy), flip);
        let (a, b) = (Point::new(ax, ay), Point::new(bx, by));
        let (pa, pb) = (placement.apply(a), placement.apply(b));
        prop_assert!((pa.distance(pb) * scale - a.distance(b)).abs() < 1e-4);
        let mirrored = Placement::new(angle, scale, Point::new(dx, dy), !flip);
        prop_assert!(mirrored.apply(Point::new(1.0 - ax, ay)).distance(pa) < 1e-5);
    }

    #[test]
    fn target_mask_and_priority_move_together(seed: u64, flip: bool) {
        let settings = only(|s| (s.rotation, s.scale, s.shift, s.warp) = (40.0, 0.4, 0.2, 0.05));
        let found = sample_at(&one_map(), &settings, 32, flip, seed);
        let blue = &found.target[..32 * 32];
        prop_assert!(most_apart(blue, &found.mask) < 1e-5 && most_apart(blue, &found.priority) < 1e-5);
    }

    #[test]
    fn whatever_is_drawn_a_sample_holds_colours(seed: u64, side in 1usize..40, resolution in 1usize..40) {
        let all = AugmentSettings {
            transfer_chance: 1.0, lab_chance: 1.0, hsv_chance: 1.0, gamma_chance: 1.0, light_chance: 1.0,
            shadow_chance: 1.0, occluder_chance: 1.0, blur_chance: 1.0, shrink_chance: 1.0, noise_chance: 1.0,
            jpeg_chance: 1.0, ..AugmentSettings::default()
        };
        let bytes = |count: usize| (0..count).map(|n| (n as u64).wrapping_mul(seed | 1).to_le_bytes()[3]).collect::<Vec<_>>();
        let source = Source::new(side, bytes(side * side * 3), bytes(side * side), bytes(side * side)).unwrap();
        let Owned { input, target, mask, priority } = sample_at(&source, &all, resolution, true, seed);
        let good = |plane: &[f32]| plane.iter().all(|v| (0.0..=1.0).contains(v));
        prop_assert!(good(&input) && good(&target) && good(&mask) && good(&priority));
    }

    #[test]
    fn a_full_turn_of_hue_changes_nothing(r in 0f32..1.0, g in 0f32..1.0, b in 0f32..1.0, turns in -1i32..2) {
        let change = HsvChange { hue: 360.0 * turns as f32, saturation: 1.0, value: 1.0 };
        prop_assert!(most_apart(&change.apply([r, g, b]), &[r, g, b]) < 1e-4);
    }
}

#[test]
fn a_third_of_a_turn_takes_red_to_green() {
    let change = HsvChange { hue: 120.0, saturation: 1.0, value: 0.5 };
    assert!(most_apart(&change.apply([0.8, 0.2, 0.2]), &[0.1, 0.4, 0.1]) < 1e-6);
}

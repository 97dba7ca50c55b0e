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
use standin::blend::lab::to_lab;
use standin::blend::plan::Region;
use standin::blend::planes::Planes;
use standin::blend::space::Space;
use standin::blend::statistics::{ColourStatistics, statistics};
use standin::geometry::Point;
use standin::train::augment::anchors::{Almond, Anchors, BEARD_POINTS};
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
    driver_mask: Vec<f32>,
}

fn sample_at(source: &Source, settings: &AugmentSettings, resolution: usize, flip: bool, seed: u64) -> Owned {
    let pixels = resolution * resolution;
    let (input, target) = (vec![9.0; 3 * pixels], vec![9.0; 3 * pixels]);
    let mut owned =
        Owned { input, target, mask: vec![9.0; pixels], priority: vec![9.0; pixels], driver_mask: vec![9.0; pixels] };
    let Owned { input, target, mask, priority, driver_mask } = &mut owned;
    let mut sample = Sample { input, target, mask, priority, driver_mask };
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
const OTHER: ColourStatistics = ColourStatistics { mean: [40.0, 10.0, 20.0], deviation: [12.0, 4.0, 5.0] };

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
    let source = pattern().with_anchors(Some(face()));
    let clean = sample(&source, &AugmentSettings::none(), 5);
    let damages: [(&str, fn(&mut AugmentSettings)); 16] = [
        ("occluder", |s| (s.occluder_chance, s.occluder) = (1.0, 0.4)),
        ("blur", |s| (s.blur_chance, s.blur) = (1.0, 0.05)),
        ("shrink", |s| (s.shrink_chance, s.shrink) = (1.0, 0.2)),
        ("noise", |s| (s.noise_chance, s.noise) = (1.0, 0.1)),
        ("jpeg", |s| (s.jpeg_chance, s.jpeg) = (1.0, 10)),
        ("skin", |s| (s.skin_chance, s.skin) = (1.0, 1.0)),
        ("beard", |s| (s.beard_chance, s.beard) = (1.0, 1.0)),
        ("makeup", |s| (s.makeup_chance, s.makeup) = (1.0, 1.0)),
        ("fringe", |s| (s.fringe_chance, s.fringe) = (1.0, 1.0)),
        ("glasses", |s| (s.glasses_chance, s.glasses) = (1.0, 1.0)),
        ("cast", |s| (s.cast_chance, s.cast, s.exposure) = (1.0, 1.0, 1.0)),
        ("tone", |s| (s.tone_chance, s.tone, s.lift) = (1.0, 1.0, 0.2)),
        ("motion", |s| (s.motion_chance, s.motion) = (1.0, 0.1)),
        ("sharpen", |s| (s.sharpen_chance, s.sharpen) = (1.0, 2.0)),
        ("subsampling", |s| (s.subsampling_chance, s.subsampling) = (1.0, 0.1)),
        ("banding", |s| (s.banding_chance, s.banding) = (1.0, 0.2)),
    ];
    for (name, change) in damages {
        let mut most = 0f32;
        for seed in 0..6 {
            let found = sample(&source, &only(change), seed);
            assert_eq!(
                (&found.target, &found.mask, &found.priority),
                (&clean.target, &clean.mask, &clean.priority),
                "{name}"
            );
            assert_eq!(found, sample(&source, &only(change), seed), "{name} is not the same again");
            assert!(found.input.iter().all(|v| (0.0..=1.0).contains(v)), "{name}");
            most = most.max(most_apart(&found.input, &clean.input));
        }
        assert!(most > 0.02, "{name} changed nothing");
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
    let other = ColourStatistics { mean: [45.0, 5.0, 10.0], deviation: own.deviation.map(|d| d * 0.8) };
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
    assert!(refused(|s| s.skin = 1.5).contains("skin is 1.5, but must be 0 to 1"));
    assert!(refused(|s| s.glasses_chance = -0.1).contains("glasses_chance is -0.1, but must be 0 to 1"));
    assert!(refused(|s| s.fringe = 3.0).contains("fringe is 3, but must be 0 to 2"));
    assert!(refused(|s| s.lift = 0.6).contains("lift is 0.6, but must be 0 to 0.5"));
    assert!(refused(|s| s.motion = 0.3).contains("motion is 0.3, but must be 0 to 0.2"));
    assert!(refused(|s| s.noise_growth = 2.0).contains("noise_growth is 2, but must be 0 to 1"));
    assert!(refused(|s| s.subsampling = f32::NAN).contains("subsampling is NaN"));
    assert!(refused(|s| s.banding = 1.0).contains("banding is 1, but must be 0 to 0.5"));
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
            jpeg_chance: 1.0, skin_chance: 1.0, beard_chance: 1.0, makeup_chance: 1.0, fringe_chance: 1.0,
            glasses_chance: 1.0, cast_chance: 1.0, tone_chance: 1.0, motion_chance: 1.0, sharpen_chance: 1.0,
            subsampling_chance: 1.0, banding_chance: 1.0, ..AugmentSettings::default()
        };
        let bytes = |count: usize| (0..count).map(|n| (n as u64).wrapping_mul(seed | 1).to_le_bytes()[3]).collect::<Vec<_>>();
        let source = Source::new(side, bytes(side * side * 3), bytes(side * side), bytes(side * side)).unwrap();
        // Of an odd mesh too, whose points coincide or lie anywhere.
        let place = |n: usize| (n as u64).wrapping_mul(seed | 1).to_le_bytes()[4] % seed.to_le_bytes()[0].max(1);
        let mesh: Vec<_> = (0..468).map(|n| [f32::from(place(n)) / 99.0, f32::from(place(n + 468)) / 99.0]).collect();
        let source = source.with_anchors(Anchors::of_mesh(&mesh));
        let Owned { input, target, mask, priority, driver_mask } = sample_at(&source, &all, resolution, true, seed);
        let good = |plane: &[f32]| plane.iter().all(|v| (0.0..=1.0).contains(v));
        prop_assert!(good(&input) && good(&target) && good(&mask) && good(&priority) && good(&driver_mask));
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

/// A face that looks ahead.
fn face() -> Anchors {
    let p = Point::new;
    let almond = |x: [f32; 2], y: f32, up: f32, down: f32| Almond {
        corners: [p(x[0], y), p(x[1], y)],
        upper: p(0.5 * (x[0] + x[1]), y - up),
        lower: p(0.5 * (x[0] + x[1]), y + down),
    };
    let beard: [(f32, f32); BEARD_POINTS] = [
        (0.5, 0.62),
        (0.45, 0.62),
        (0.36, 0.7),
        (0.22, 0.6),
        (0.24, 0.7),
        (0.27, 0.78),
        (0.33, 0.86),
        (0.4, 0.91),
        (0.45, 0.93),
        (0.5, 0.94),
        (0.55, 0.93),
        (0.6, 0.91),
        (0.67, 0.86),
        (0.73, 0.78),
        (0.76, 0.7),
        (0.78, 0.6),
        (0.64, 0.7),
        (0.55, 0.62),
    ];
    Anchors {
        eyes: [almond([0.3, 0.44], 0.4, 0.03, 0.03), almond([0.56, 0.7], 0.4, 0.03, 0.03)],
        lips: almond([0.38, 0.62], 0.75, 0.05, 0.07),
        mouth: almond([0.4, 0.6], 0.75, 0.02, 0.04),
        brows: [p(0.36, 0.3), p(0.64, 0.3)],
        cheeks: [p(0.3, 0.55), p(0.7, 0.55)],
        temples: [p(0.18, 0.42), p(0.82, 0.42)],
        bridge: p(0.5, 0.4),
        nose: p(0.5, 0.62),
        chin: p(0.5, 0.94),
        forehead: p(0.5, 0.15),
        beard: beard.map(|(x, y)| p(x, y)),
    }
}

/// Blue is how far right a pixel lies, green how far down; the mask is the upper left three quarters.
fn chart(side: usize) -> Source {
    let byte = |n: usize| (n * 255 / (side - 1)) as u8;
    let bgr = (0..side * side).flat_map(|n| [byte(n % side), byte(n / side), 128]).collect();
    let mask = (0..side * side).map(|n| if n % side < side * 3 / 4 && n / side < side * 3 / 4 { 255 } else { 0 });
    Source::new(side, bgr, mask.collect(), vec![0; side * side]).unwrap().with_anchors(Some(face()))
}

/// Where the input differs from the target, as points of the source of a [`chart`].
fn changed(found: &Owned) -> Vec<(f32, f32)> {
    let pixels = found.mask.len();
    let differs = |n: usize| (0..3).any(|c| (found.input[c * pixels + n] - found.target[c * pixels + n]).abs() > 1e-3);
    (0..pixels).filter(|&n| differs(n)).map(|n| (found.target[n], found.target[pixels + n])).collect()
}

#[test]
fn skin_changes_under_the_mask_and_neither_in_the_eyes_nor_in_the_open_mouth() {
    let source = chart(96);
    for seed in 0..24 {
        let found = sample_at(&source, &only(|s| (s.skin_chance, s.skin) = (1.0, 1.0)), 96, false, seed);
        let (mut under, mut beyond) = (0, 0);
        for n in 0..96 * 96 {
            let apart = (0..3).map(|c| (found.input[c * 9216 + n] - found.target[c * 9216 + n]).abs()).sum::<f32>();
            if found.mask[n] == 0.0 {
                assert_eq!(apart, 0.0, "seed {seed}, pixel {n}");
                beyond += 1;
            }
            under += usize::from(found.mask[n] == 1.0 && apart > 1e-3);
        }
        assert!(under > 4000 && beyond > 3000, "seed {seed}: {under}, {beyond}");
        for (x, y) in [(0.37, 0.4), (0.63, 0.4), (0.5, 0.76)] {
            let n = (y * 96.0) as usize * 96 + (x * 96.0) as usize;
            let apart = (0..3).map(|c| (found.input[c * 9216 + n] - found.target[c * 9216 + n]).abs()).sum::<f32>();
            assert!(found.mask[n] == 0.0 || apart < 1e-3, "seed {seed}: {apart} at ({x}, {y})");
        }
    }
}

/// A face of one colour: blue, green, red.
fn plain_face(bgr: [u8; 3]) -> Source {
    let pixels = SIDE * SIDE;
    Source::new(SIDE, bgr.repeat(pixels), vec![255; pixels], vec![0; pixels]).unwrap()
}

#[test]
fn skin_comes_in_every_tone_from_the_darkest_to_the_fairest_alike() {
    const DRAWS: u64 = 400;
    for bgr in [[150, 175, 215], [60, 80, 115]] {
        let source = plain_face(bgr);
        let mut lightness: Vec<f32> = (0..DRAWS)
            .map(|seed| {
                let found = sample(&source, &only(|s| (s.skin_chance, s.skin) = (1.0, 1.0)), seed).input;
                let [b, g, r] = [0, 1, 2].map(|c| found[c * SIDE * SIDE]);
                let [l, x, y] = to_lab([r, g, b]);
                // Always a colour of skin: between red and yellow, neither grey nor bright.
                assert!((3.0..20.0).contains(&x) && (6.0..30.0).contains(&y), "{:?}", [l, x, y]);
                l
            })
            .collect();
        lightness.sort_by(f32::total_cmp);
        // Uniform over 27..76: a quarter's own deviation is 49·√(0.25·0.75/400) = 1.1.
        for (part, expected) in [(0, 27.0), (100, 39.25), (200, 51.5), (300, 63.75), (399, 76.0)] {
            assert!((lightness[part] - expected).abs() < 4.5, "{bgr:?}: {} for {expected}", lightness[part]);
        }
    }
}

#[test]
fn another_skin_keeps_the_shading() {
    // Light that grows from left to right on one skin.
    let shade = |n: usize| 0.3 + 0.7 * (n % SIDE) as f32 / (SIDE - 1) as f32;
    let bgr = (0..SIDE * SIDE).flat_map(|n| [120.0, 145.0, 185.0].map(|v| (v * shade(n)) as u8)).collect();
    let source = Source::new(SIDE, bgr, vec![255; SIDE * SIDE], vec![0; SIDE * SIDE]).unwrap();
    for seed in 0..20 {
        let found = sample(&source, &only(|s| (s.skin_chance, s.skin) = (1.0, 1.0)), seed);
        for plane in found.input.chunks_exact(SIDE * SIDE) {
            assert!(plane[..SIDE].windows(2).all(|pair| pair[0] <= pair[1]), "seed {seed}");
            assert!(plane[SIDE - 1] > 1.5 * plane[0], "seed {seed}: {} to {}", plane[0], plane[SIDE - 1]);
        }
    }
}

#[test]
fn what_is_worn_lies_where_it_belongs_however_the_face_is_placed() {
    type Place = fn(f32, f32) -> bool;
    let worn: [(&str, fn(&mut AugmentSettings), Place); 4] = [
        ("beard", |s| (s.beard_chance, s.beard) = (1.0, 1.0), |x, y| y > 0.53 && (0.1..0.9).contains(&x)),
        ("makeup", |s| (s.makeup_chance, s.makeup) = (1.0, 1.0), |x, y| (0.25..0.9).contains(&y) && x < 0.78),
        ("fringe", |s| (s.fringe_chance, s.fringe) = (1.0, 1.0), |_, y| y < 0.45),
        (
            "glasses",
            |s| (s.glasses_chance, s.glasses) = (1.0, 1.0),
            |x, y| (0.25..0.58).contains(&y) && (0.14..0.86).contains(&x),
        ),
    ];
    for (name, change, belongs) in worn {
        let mut most = 0;
        for seed in 0..24 {
            let settings = only(|s| {
                (s.rotation, s.scale, s.shift, s.warp) = (40.0, 0.3, 0.1, 0.0);
                change(s);
            });
            let found = sample_at(&chart(96), &settings, 96, true, seed);
            let changed = changed(&found);
            most = most.max(changed.len());
            for (x, y) in changed {
                assert!(belongs(x, y), "{name}, seed {seed}: something at ({x}, {y})");
            }
        }
        assert!(most > 200, "{name}: {most} pixels at most");
    }
}

#[test]
fn glasses_have_their_rims_around_both_eyes() {
    for seed in 0..16 {
        let found = sample_at(&chart(96), &only(|s| (s.glasses_chance, s.glasses) = (1.0, 0.0)), 96, false, seed);
        let changed = changed(&found);
        for eye in [0.37, 0.63] {
            let (left, right) = (eye - 0.15, eye + 0.15);
            let near = |(x, y): &&(f32, f32)| (left..right).contains(x) && (0.28..0.56).contains(y);
            let beside: Vec<f32> = changed.iter().filter(near).map(|(x, _)| x - eye).collect();
            assert!(beside.iter().any(|x| *x < -0.08) && beside.iter().any(|x| *x > 0.08), "seed {seed}, eye {eye}");
        }
    }
}

#[test]
fn without_its_parts_known_a_face_wears_nothing() {
    let source = pattern();
    let worn = only(|s| {
        (s.beard_chance, s.makeup_chance, s.fringe_chance, s.glasses_chance) = (1.0, 1.0, 1.0, 1.0);
        (s.beard, s.makeup, s.fringe, s.glasses) = (1.0, 1.0, 1.0, 1.0);
    });
    let found = sample(&source, &worn, 3);
    assert_eq!(found.input, found.target);
    assert!(Anchors::of_mesh(&[[0.5, 0.5]; 467]).is_none());
    assert!(Anchors::of_mesh(&[[0.5, 0.5]; 468]).is_some());
}

#[test]
fn an_even_picture_has_nothing_to_blur_or_to_sharpen() {
    let source = plain_face([40, 120, 200]);
    let still = sample(&source, &AugmentSettings::none(), 2);
    let settings = only(|s| {
        (s.motion_chance, s.motion, s.sharpen_chance, s.sharpen) = (1.0, 0.2, 1.0, 4.0);
        (s.subsampling_chance, s.subsampling) = (1.0, 0.2);
    });
    for seed in 0..8 {
        assert!(most_apart(&sample(&source, &settings, seed).input, &still.input) < 1e-4);
    }
}

/// Dark on the left, light on the right.
fn halves(dark: [u8; 3], light: [u8; 3]) -> Source {
    let bgr = (0..SIDE * SIDE).flat_map(|n| if n % SIDE < SIDE / 2 { dark } else { light }).collect();
    Source::new(SIDE, bgr, vec![255; SIDE * SIDE], vec![0; SIDE * SIDE]).unwrap()
}

#[test]
fn sharpening_makes_halos_and_motion_ramps() {
    let source = halves([80; 3], [170; 3]);
    let row = |settings: AugmentSettings, seed: u64| sample(&source, &settings, seed).input[..SIDE].to_vec();
    let (dark, light) = (80.0 / 255.0, 170.0 / 255.0);
    let sharp = row(only(|s| (s.sharpen_chance, s.sharpen) = (1.0, 2.0)), 1);
    assert!(sharp[SIDE / 2 - 1] < dark - 0.02 && sharp[SIDE / 2] > light + 0.02, "{sharp:?}");
    assert!((sharp[2] - dark).abs() < 1e-4 && (sharp[SIDE - 3] - light).abs() < 1e-4);
    // A motion along the edge leaves it as it is.
    let ramps = (0..64).filter(|&seed| {
        let moved = row(only(|s| (s.motion_chance, s.motion) = (1.0, 0.2)), seed);
        assert!(moved.windows(2).all(|pair| pair[0] <= pair[1] + 1e-5));
        moved.iter().filter(|v| (dark + 0.01..light - 0.01).contains(*v)).count() >= 3
    });
    assert!((12..60).contains(&ramps.count()));
}

#[test]
fn subsampling_moves_colour_and_leaves_luma() {
    // Both halves have a luma of 0.4 or so, and colours that mix to colours.
    let source = halves([150, 90, 110], [80, 110, 100]);
    let luma = |planes: &[f32], n: usize| {
        let pixels = SIDE * SIDE;
        0.114 * planes[n] + 0.587 * planes[pixels + n] + 0.299 * planes[2 * pixels + n]
    };
    let mut most = 0f32;
    for seed in 0..8 {
        let found = sample(&source, &only(|s| (s.subsampling_chance, s.subsampling) = (1.0, 0.2)), seed);
        for n in 0..SIDE * SIDE {
            assert!((luma(&found.input, n) - luma(&found.target, n)).abs() < 1e-4);
        }
        most = most.max(most_apart(&found.input, &found.target));
    }
    assert!(most > 0.05, "{most}");
}

#[test]
fn banding_leaves_few_levels() {
    let found = sample(&pattern(), &only(|s| (s.banding_chance, s.banding) = (1.0, 0.2)), 5).input;
    let mut levels: Vec<u32> = found.iter().map(|v| v.to_bits()).collect();
    levels.sort_unstable();
    levels.dedup();
    assert!((2..60).contains(&levels.len()), "{}", levels.len());
}

#[test]
fn noise_that_grows_is_stronger_in_the_light() {
    let deviation = |growth: f32, value: u8| {
        let grey = plain_face([value; 3]);
        let still = f32::from(value) / 255.0;
        let (mut sum, mut count) = (0.0, 0.0);
        for seed in 0..48 {
            let settings = only(|s| (s.noise_chance, s.noise, s.noise_growth) = (1.0, 0.05, growth));
            for v in sample(&grey, &settings, seed).input {
                sum += (v - still).powi(2);
                count += 1.0;
            }
        }
        (sum / count as f32).sqrt()
    };
    // The growth is uniform in 0..1, so variances are 1.245 and 0.755 of the middle's on average.
    let ratio = deviation(1.0, 190) / deviation(1.0, 65);
    assert!((1.15..1.45).contains(&ratio), "{ratio}");
    assert!((deviation(0.0, 190) / deviation(0.0, 65) - 1.0).abs() < 0.05);
}

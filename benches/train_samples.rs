//! Samples of the trainer, one after the other on one thread: all of the default augmentation, and part by part.
#![allow(clippy::unwrap_used, reason = "a bench that fails may stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use standin::blend::statistics::ColourStatistics;
use standin::train::augment::anchors::Anchors;
use standin::train::augment::{AugmentSettings, Augmenter, Buffers, Sample, Source};
use standin::train::random::{Purpose, stream};

/// A crop as the loader keeps it for 128 pixels.
const SIDE: usize = 160;

/// Points that what is worn is placed by.
const MESH: [(usize, [f32; 2]); 42] = [
    (33, [0.3, 0.4]),
    (133, [0.44, 0.4]),
    (159, [0.37, 0.38]),
    (145, [0.37, 0.43]),
    (362, [0.56, 0.4]),
    (263, [0.7, 0.4]),
    (386, [0.63, 0.38]),
    (374, [0.63, 0.43]),
    (61, [0.39, 0.75]),
    (291, [0.61, 0.75]),
    (0, [0.5, 0.71]),
    (17, [0.5, 0.81]),
    (78, [0.41, 0.75]),
    (308, [0.59, 0.75]),
    (13, [0.5, 0.74]),
    (14, [0.5, 0.77]),
    (105, [0.35, 0.31]),
    (334, [0.65, 0.31]),
    (50, [0.3, 0.55]),
    (280, [0.7, 0.55]),
    (127, [0.17, 0.42]),
    (356, [0.83, 0.42]),
    (168, [0.5, 0.4]),
    (10, [0.5, 0.12]),
    (2, [0.5, 0.62]),
    (98, [0.45, 0.62]),
    (216, [0.36, 0.7]),
    (93, [0.2, 0.58]),
    (58, [0.23, 0.7]),
    (172, [0.26, 0.78]),
    (136, [0.32, 0.86]),
    (149, [0.4, 0.92]),
    (148, [0.45, 0.95]),
    (152, [0.5, 0.96]),
    (377, [0.55, 0.95]),
    (378, [0.6, 0.92]),
    (365, [0.68, 0.86]),
    (397, [0.74, 0.78]),
    (288, [0.77, 0.7]),
    (323, [0.8, 0.58]),
    (436, [0.64, 0.7]),
    (327, [0.55, 0.62]),
];

fn source() -> Source {
    let wave = |n: usize, phase: f32| (128.0 + 90.0 * (n as f32 * 0.037 + phase).sin()) as u8;
    let plane = |phase: f32| (0..SIDE * SIDE).map(|n| wave(n, phase)).collect::<Vec<_>>();
    let bgr = (0..SIDE * SIDE).flat_map(|n| [0.0, 1.0, 2.0].map(|phase| wave(n, phase))).collect();
    // Parts of a face that fills the crop: rows of the mesh that lie apart, about where they are.
    let mut mesh = vec![[0.5f32, 0.5]; 468];
    for (row, place) in MESH {
        mesh[row] = place;
    }
    Source::new(SIDE, bgr, plane(0.5), plane(1.5)).unwrap().with_anchors(Anchors::of_mesh(&mesh))
}

fn bench(c: &mut Criterion, name: &str, resolution: usize, settings: AugmentSettings) {
    let (source, augmenter) = (source(), Augmenter::new(settings, resolution).unwrap());
    let other = ColourStatistics { mean: [50.0, 10.0, 15.0], deviation: [15.0, 4.0, 5.0] };
    let planes = |count: usize| vec![0.0; count * resolution * resolution];
    let (mut input, mut target, mut mask, mut priority) = (planes(3), planes(3), planes(1), planes(1));
    let mut driver_mask = planes(1);
    let (mut buffers, mut step) = (Buffers::default(), 0);
    c.bench_function(name, |b| {
        b.iter(|| {
            let mut sample = Sample {
                input: &mut input,
                target: &mut target,
                mask: &mut mask,
                priority: &mut priority,
                driver_mask: &mut driver_mask,
            };
            let mut rng = stream(1, Purpose::Augmentation, step, 0);
            augmenter.sample(&source, Some(&other), true, &mut rng, &mut buffers, &mut sample);
            step += 1;
        });
    });
}

fn samples(c: &mut Criterion) {
    bench(c, "sample 128 default", 128, AugmentSettings::default());
    bench(c, "sample 192 default", 192, AugmentSettings::default());
    let none = AugmentSettings::none;
    bench(c, "sample 128 nothing", 128, none());
    let geometry = AugmentSettings { rotation: 10.0, scale: 0.05, shift: 0.05, warp: 0.03, ..none() };
    bench(c, "sample 128 geometry", 128, geometry);
    bench(c, "sample 128 lab", 128, AugmentSettings { lab_chance: 1.0, tint: 5.0, ..none() });
    bench(c, "sample 128 hsv", 128, AugmentSettings { hsv_chance: 1.0, hue: 8.0, ..none() });
    bench(
        c,
        "sample 128 light",
        128,
        AugmentSettings { light_chance: 1.0, light: 0.7, shadow_chance: 1.0, shadow: 1.0, ..none() },
    );
    bench(c, "sample 128 occluder", 128, AugmentSettings { occluder_chance: 1.0, occluder: 0.25, ..none() });
    bench(c, "sample 128 blur", 128, AugmentSettings { blur_chance: 1.0, blur: 0.015, ..none() });
    bench(c, "sample 128 shrink", 128, AugmentSettings { shrink_chance: 1.0, shrink: 0.3, ..none() });
    bench(c, "sample 128 noise", 128, AugmentSettings { noise_chance: 1.0, noise: 0.04, ..none() });
    bench(c, "sample 128 jpeg", 128, AugmentSettings { jpeg_chance: 1.0, jpeg: 30, ..none() });
    bench(c, "sample 128 skin", 128, AugmentSettings { skin_chance: 1.0, skin: 1.0, ..none() });
    bench(c, "sample 128 beard", 128, AugmentSettings { beard_chance: 1.0, beard: 1.0, ..none() });
    bench(c, "sample 128 makeup", 128, AugmentSettings { makeup_chance: 1.0, makeup: 1.0, ..none() });
    bench(c, "sample 128 fringe", 128, AugmentSettings { fringe_chance: 1.0, fringe: 1.0, ..none() });
    bench(c, "sample 128 glasses", 128, AugmentSettings { glasses_chance: 1.0, glasses: 1.0, ..none() });
    let developed = AugmentSettings { cast_chance: 1.0, cast: 0.4, tone_chance: 1.0, tone: 0.8, ..none() };
    bench(c, "sample 128 camera", 128, developed);
    bench(c, "sample 128 motion", 128, AugmentSettings { motion_chance: 1.0, motion: 0.04, ..none() });
    bench(c, "sample 128 sharpen", 128, AugmentSettings { sharpen_chance: 1.0, sharpen: 1.5, ..none() });
    bench(c, "sample 128 subsampling", 128, AugmentSettings { subsampling_chance: 1.0, subsampling: 0.03, ..none() });
    bench(c, "sample 128 banding", 128, AugmentSettings { banding_chance: 1.0, banding: 0.025, ..none() });
}

criterion_group!(benches, samples);
criterion_main!(benches);

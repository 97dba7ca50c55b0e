//! Samples of the trainer, one after the other on one thread: all of the default augmentation, and part by part.
#![allow(clippy::unwrap_used, reason = "a bench that fails may stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use standin::blend::statistics::Statistics;
use standin::train::augment::{AugmentSettings, Augmenter, Buffers, Sample, Source};
use standin::train::random::{Purpose, stream};

/// A crop as the loader keeps it for 128 pixels.
const SIDE: usize = 160;

fn source() -> Source {
    let wave = |n: usize, phase: f32| (128.0 + 90.0 * (n as f32 * 0.037 + phase).sin()) as u8;
    let plane = |phase: f32| (0..SIDE * SIDE).map(|n| wave(n, phase)).collect::<Vec<_>>();
    let bgr = (0..SIDE * SIDE).flat_map(|n| [0.0, 1.0, 2.0].map(|phase| wave(n, phase))).collect();
    Source::new(SIDE, bgr, plane(0.5), plane(1.5)).unwrap()
}

fn bench(c: &mut Criterion, name: &str, resolution: usize, settings: AugmentSettings) {
    let (source, augmenter) = (source(), Augmenter::new(settings, resolution).unwrap());
    let other = Statistics { mean: [50.0, 10.0, 15.0], deviation: [15.0, 4.0, 5.0] };
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
}

criterion_group!(benches, samples);
criterion_main!(benches);

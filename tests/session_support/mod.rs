//! What the trainer's tests share: small recipes, and batches that need no face set.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use standin::face::Alignment;
use standin::train::augment::AugmentSettings;
use standin::train::losses::LossWeights;
use standin::train::optimise::{Course, OptimiserSettings, Schedule};
use standin::train::precision::ComputePrecision;
use standin::train::random::{Purpose, stream};
use standin::train::samples::Batch;
use standin::train::session::{Goal, Recipe};
use standin::train::zoo::preset::Dimensions;
use standin::train::zoo::{Side, Whose};

/// Small relatives of every family and option: the same layers, few channels.
pub(crate) fn small(name: &str) -> Dimensions {
    let dimensions = Dimensions::named(name).unwrap();
    let resolution = 2 * dimensions.multiple();
    let d_mask = dimensions.d_mask.min(2);
    Dimensions { resolution, ae: 16, e: 4, d: 4, d_mask, ..dimensions }
}

/// One name for each family and option.
pub(crate) const NAMES: [&str; 14] = [
    "live", "original", "df", "df-u", "df-d", "df-t", "df-udt", "df-c", "liae", "liae-ud", "liae-udt", "h64",
    "liaef128", "dfaker",
];

/// A recipe for a small model, which ends after `steps`.
pub(crate) fn recipe(name: &str, steps: u64) -> Recipe {
    Recipe {
        version: Recipe::VERSION,
        model: name.to_owned(),
        batch: 2,
        seed: 11,
        a: vec!["a".into()],
        a_hashes: vec!["a".to_owned()],
        b: vec!["b".into()],
        b_hashes: vec!["b".to_owned()],
        face_type: "whole-face".to_owned(),
        coverage: 2.1314,
        alignment: Alignment::Template,
        balance: true,
        replay: 0.0,
        precision: ComputePrecision::F32,
        goal: Goal { steps: Some(steps), minutes: None },
        dimensions: small(name),
        base: None,
        losses: LossWeights::default(),
        optimiser: OptimiserSettings::default(),
        schedule: Schedule { rate: 2e-3, warm_up: 5, course: Course::Constant, ..Schedule::default() },
        augment: AugmentSettings::default(),
    }
}

/// Both sides' batch of a step: discs of a side's own colour, somewhere, on grey.
pub(crate) fn discs(side: usize, count: usize, step: u64) -> (Batch, Batch) {
    let batch = |who: u64, colour: [f32; 3]| {
        let mut numbers = stream(5, Purpose::Choice, step, who);
        let (mut pictures, mut masks) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let centre = [(); 2].map(|()| numbers.random_range(0.4..0.6) * side as f32);
            let inside = |n: usize| {
                let (x, y) = ((n % side) as f32 + 0.5 - centre[0], (n / side) as f32 + 0.5 - centre[1]);
                x.hypot(y) < 0.3 * side as f32
            };
            for value in colour {
                pictures.extend((0..side * side).map(|n| if inside(n) { value } else { 0.5 }));
            }
            masks.extend((0..side * side).map(|n| f32::from(u8::from(inside(n)))));
        }
        let tensor = |values: Vec<f32>, channels: usize| {
            Tensor::<4>::from_data(TensorData::new(values, [count, channels, side, side]), &Device::flex())
        };
        let target = tensor(pictures, 3);
        let mask = tensor(masks, 1);
        let whose = Whose::Side(if who == 0 { Side::A } else { Side::B });
        Batch {
            input: target.clone(),
            target,
            priority: mask.clone() * 0.5,
            driver_mask: mask.clone(),
            mask,
            whose,
            answered: true,
            subject: Vec::new(),
        }
    };
    (batch(0, [0.2, 0.3, 0.8]), batch(1, [0.8, 0.6, 0.1]))
}

//! A short training on few crops of clips, from face sets to two faces.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;
mod face_sets;
mod session_support;

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use session_support::recipe;
use standin::train::augment::AugmentSettings;
use standin::train::losses::{LossWeights, l1};
use standin::train::optimise::{Course, Schedule};
use standin::train::samples::{FaceLosses, Faces, Loader, LoaderSettings, Pairing, Sides};
use standin::train::session::{Recipe, Run, Stop, Trainer};
use standin::train::zoo::Side;
use standin::train::zoo::preset::Dimensions;

const STEPS: u64 = 200;

/// Mean over the last 20 steps of one side's weighted sum, which begins at about 0.8.
const MOST_LOSS: f32 = 0.30;

#[test]
fn two_hundred_steps_on_a_tiny_face_set_draw_both_people() {
    let folder = tempfile::tempdir().unwrap();
    let set = |clip: &str, name: &str| face_sets::extract(clip, &folder.path().join(name), 50, 16);
    let (Some(ada), Some(ben)) = (set("ada_train.mp4", "ada"), set("ben_train.mp4", "ben")) else { return };
    let dimensions = Dimensions { resolution: 64, ae: 64, e: 8, d: 8, ..Dimensions::named("live").unwrap() };
    let schedule = Schedule { rate: 3e-3, warm_up: 20, course: Course::Cosine, ..Schedule::default() };
    // The terms and the samples that the bound is of.
    let losses = LossWeights { priority: 0.6, priority_dssim: 0.0, ..LossWeights::default() };
    let augment = AugmentSettings {
        skin_chance: 0.0,
        beard_chance: 0.0,
        makeup_chance: 0.0,
        fringe_chance: 0.0,
        glasses_chance: 0.0,
        cast_chance: 0.0,
        tone_chance: 0.0,
        motion_chance: 0.0,
        sharpen_chance: 0.0,
        subsampling_chance: 0.0,
        banding_chance: 0.0,
        noise_growth: 0.0,
        ..AugmentSettings::default()
    };
    let recipe = Recipe { batch: 4, dimensions, schedule, losses, augment, ..recipe("live", STEPS) };
    let sides = Sides::new(vec![ada], vec![ben]).unwrap();
    let faces = Arc::new(Faces::load(&sides, 64, &|| ()).unwrap());
    let augment = recipe.augment.clone();
    let settings =
        LoaderSettings { batch: 4, resolution: 64, balance: true, augment, pairing: Pairing::Sides, replay: 0.0 };
    let done = |step: u64| step as f64 / STEPS as f64;
    let loader =
        Loader::start(Arc::clone(&faces), &settings, recipe.seed, 0, Device::flex(), done, FaceLosses::default())
            .unwrap();
    let run = Run::begin(&folder.path().join("run"), recipe).unwrap();
    let mut trainer = Trainer::open(run, Device::flex().autodiff(), &mut |_| {}).unwrap();
    trainer.train(&mut |_, _| loader.next(), &mut |_| {}, &mut |_| Stop::No).unwrap();

    let last: Vec<_> = trainer.history().iter().rev().take(2).collect();
    for (side, loss) in [("a", last[0].loss_a + last[1].loss_a), ("b", last[0].loss_b + last[1].loss_b)] {
        println!("side {side}: {}", loss / 2.0);
        assert!(loss / 2.0 < MOST_LOSS, "side {side}: {}", loss / 2.0);
    }

    // Each decoder draws its own person: nearer to their pictures than the other decoder's.
    let weights = trainer.weights();
    for (own, other) in [(Side::A, Side::B), (Side::B, Side::A)] {
        let batch = faces.plain(own, &faces.spread(own, 8), 64, &Device::flex()).unwrap();
        let drawn = |side| {
            let face = trainer.run().network().reconstruct(weights, batch.input.clone().autodiff(), side).face.inner();
            let inside = |picture: Tensor<4>| picture * batch.mask.clone();
            l1(inside(face), inside(batch.target.clone())).into_scalar::<f32>()
        };
        let (right, wrong) = (drawn(own), drawn(other));
        println!("{own:?}: {right} by its own decoder, {wrong} by the other");
        assert!(right < 0.8 * wrong, "{own:?}: {right} by its own decoder, {wrong} by the other");
    }
}

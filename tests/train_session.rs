//! The loop and its folder: it learns, goes on from exactly where it stopped, and loses nothing.
#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

mod session_support;

use std::path::Path;

use burn::tensor::Device;
use session_support::{NAMES, discs, recipe, small};
use standin::train::augment::{AugmentSettings, LATER};
use standin::train::losses::total;
use standin::train::optimise::{Optimiser, gradients};
use standin::train::session::{Checkpoint, Event, Metrics, Recipe, Run, SessionError, Stop, Trainer};
use standin::train::weights::Weights;
use standin::train::zoo::{Network, Side};

fn device() -> Device {
    Device::flex().autodiff()
}

fn numbers(weights: &Weights) -> Vec<u32> {
    weights.0.iter().flat_map(|weight| weight.to_vec()).map(f32::to_bits).collect()
}

/// Trains the run in `folder` until `stop`, and gives the trainer.
fn train(folder: &Path, stop: u64) -> Trainer {
    let run = Run::open(folder).unwrap();
    let side = run.recipe().dimensions.resolution;
    let mut trainer = Trainer::open(run, device(), &mut |_| {}).unwrap();
    let (a, b) = discs(side, 2, 9999);
    trainer.show(a, b);
    trainer
        .train(&mut |step, _| Ok(discs(side, 2, step)), &mut |_| {}, &mut |step| {
            if step >= stop { Stop::Yes } else { Stop::No }
        })
        .unwrap();
    trainer
}

#[test]
fn one_step_lowers_the_loss_of_every_model() {
    for name in NAMES {
        let network = Network::new(small(name).blueprint().unwrap()).unwrap();
        let (a, b) = discs(network.blueprint().resolution, 2, 0);
        let mut weights = network.init(3, &device()).leaves(&device(), |_| true);
        let loss = |weights: &Weights| {
            let of = |batch, side| {
                let batch: &standin::train::samples::Batch = batch;
                total(
                    &network.reconstruct(weights, batch.input.clone(), side),
                    batch,
                    &Default::default(),
                    &Default::default(),
                )
                .0
            };
            of(&a, Side::A) + of(&b, Side::B)
        };
        let before = loss(&weights);
        let mut all = before.backward();
        let found = gradients(&weights, &mut all);
        for (weight, gradient) in weights.0.iter().zip(&found) {
            assert!(gradient.is_some(), "{name}: {} has no gradient", weight.name);
        }
        let mut optimiser = Optimiser::new(Default::default(), &weights).unwrap();
        assert!(optimiser.step(&mut weights, found, 1e-4).unwrap().moved, "{name}");
        let (before, after) = (before.into_scalar::<f32>(), loss(&weights).into_scalar::<f32>());
        assert!(after < before, "{name}: {before} to {after}");
    }
}

#[test]
fn two_times_fifty_steps_are_a_hundred() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, halves) = (folder.path().join("whole"), folder.path().join("halves"));
    for path in [&whole, &halves] {
        Run::begin(path, recipe("live", 100)).unwrap();
    }
    let at_once = train(&whole, 100);
    assert_eq!(train(&halves, 50).step(), 50);
    let resumed = train(&halves, 100);
    assert_eq!((at_once.step(), resumed.step()), (100, 100));
    assert!(numbers(at_once.weights()) == numbers(resumed.weights()), "the weights differ");
    let average = |path| Run::open(path).unwrap().trained(&Device::flex()).unwrap().0;
    assert!(numbers(&average(&whole)) == numbers(&average(&halves)), "the averages differ");
    let losses = |trainer: &Trainer| trainer.history().iter().map(|row| (row.step, row.loss_a)).collect::<Vec<_>>();
    assert_eq!(losses(&at_once), losses(&resumed));
    let (first, last) = (at_once.history()[0].loss_a, at_once.history()[9].loss_a);
    assert!(last < 0.7 * first, "it did not learn: {first} to {last}");
    assert!(whole.join("previews/step-00000100.png").exists());
}

#[test]
fn checkpoints_rotate_and_a_damaged_one_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::begin(folder.path(), recipe("live", 5)).unwrap();
    let mut trainer = Trainer::open(run.clone(), device(), &mut |_| {}).unwrap();
    (trainer.save_every, trainer.keep) = (1, 3);
    let side = run.recipe().dimensions.resolution;
    trainer.train(&mut |step, _| Ok(discs(side, 2, step)), &mut |_| {}, &mut |_| Stop::No).unwrap();
    let files = Checkpoint::list(&run.checkpoints());
    assert_eq!(files, [5, 4, 3].map(|step| Checkpoint::path(&run.checkpoints(), step)));

    let whole = std::fs::read(&files[0]).unwrap();
    std::fs::write(&files[0], &whole[..whole.len() / 2]).unwrap();
    let killed = run.checkpoints().join(".unfinished-Ab12cd");
    std::fs::write(&killed, &whole[..9]).unwrap();
    let mut skipped = Vec::new();
    let trainer = Trainer::open(run.clone(), device(), &mut |event| {
        if let Event::Skipped(error) = event {
            skipped.push(error.to_string());
        }
    })
    .unwrap();
    assert!(!killed.exists(), "what a killed program left is still there");
    assert_eq!(trainer.step(), 4);
    assert!(skipped.len() == 1 && skipped[0].contains("step-00000005"), "{skipped:?}");
    assert!(Metrics::read(&run.metrics_path()).unwrap().iter().all(|row| row.step <= 4));
}

#[test]
fn a_checkpoint_that_cannot_be_written_leaves_the_older_ones() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::begin(folder.path(), recipe("live", 2)).unwrap();
    drop(train(folder.path(), 2));
    let before = Checkpoint::list(&run.checkpoints());
    let (mut checkpoint, _) = run.newest(&Device::flex()).unwrap().unwrap();
    checkpoint.step = 3;
    // A folder of that name takes the place that the file should have.
    std::fs::create_dir(Checkpoint::path(&run.checkpoints(), 3)).unwrap();
    let error = checkpoint.save(&run.checkpoints(), 1).unwrap_err();
    assert!(error.to_string().contains("step-00000003"), "{error}");
    for file in before {
        assert!(Checkpoint::load(&file, run.network().parameters(), &Device::flex()).is_ok());
    }
}

#[test]
fn steps_without_numbers_change_nothing_and_training_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::begin(folder.path(), recipe("live", 12)).unwrap();
    let side = run.recipe().dimensions.resolution;
    let mut trainer = Trainer::open(run, device(), &mut |_| {}).unwrap();
    trainer.save_every = 4;
    let mut said = Vec::new();
    let mut batches = |step, _| {
        let (mut a, b) = discs(side, 2, step);
        if (5..8).contains(&step) {
            a.target = a.target * f32::NAN;
        }
        Ok((a, b))
    };
    let mut told = |event: Event<'_>| match event {
        Event::NotANumber(step) => said.push(format!("bad {step}")),
        Event::WentBack { step, to } => said.push(format!("back at {step} to {to}")),
        _ => {}
    };
    trainer.train(&mut batches, &mut told, &mut |_| Stop::No).unwrap();
    assert_eq!(said, ["bad 5", "bad 6", "bad 7", "back at 8 to 4"]);
    assert_eq!(trainer.step(), 12);
    assert!(trainer.weights().0.iter().flat_map(|weight| weight.to_vec()).all(f32::is_finite));
}

/// Every step is poisoned: each return takes an older checkpoint, and none of them is overwritten.
#[test]
fn a_training_that_only_blows_up_ends_with_its_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::begin(folder.path(), recipe("live", 60)).unwrap();
    let side = run.recipe().dimensions.resolution;
    let mut trainer = Trainer::open(run.clone(), device(), &mut |_| {}).unwrap();
    trainer.save_every = 2;
    let mut back = Vec::new();
    let mut batches = |step, _| {
        let (mut a, b) = discs(side, 2, step);
        if step >= 4 {
            a.target = a.target * f32::NAN;
        }
        Ok((a, b))
    };
    let mut told = |event: Event<'_>| {
        if let Event::WentBack { to, .. } = event {
            back.push(to);
        }
    };
    let error = trainer.train(&mut batches, &mut told, &mut |_| Stop::No).unwrap_err();
    assert!(matches!(error, SessionError::Diverged { times: 3, .. }), "{error}");
    assert_eq!(back, [4, 2, 0]);
    let steps = [4, 2, 0].map(|step| Checkpoint::path(&run.checkpoints(), step));
    assert_eq!(Checkpoint::list(&run.checkpoints()), steps);
}

#[test]
fn checkpoints_of_other_models_and_versions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::begin(folder.path(), recipe("live", 1)).unwrap();
    drop(train(folder.path(), 1));
    let newest = &Checkpoint::list(&run.checkpoints())[0];
    let other = Network::new(small("df").blueprint().unwrap()).unwrap();
    let error = Checkpoint::load(newest, other.parameters(), &Device::flex()).unwrap_err();
    assert!(error.to_string().contains("another model"), "{error}");

    let recipe = std::fs::read_to_string(folder.path().join("run.toml")).unwrap();
    std::fs::write(
        folder.path().join("run.toml"),
        recipe.replace(&format!("version = {}", Recipe::VERSION), "version = 9"),
    )
    .unwrap();
    let error = Run::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("version 9"), "{error}");
}

#[test]
fn what_is_wrong_in_a_recipe_is_named_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    Run::begin(folder.path(), recipe("live", 1)).unwrap();
    let file = folder.path().join("run.toml");
    let whole = std::fs::read_to_string(&file).unwrap();
    for (field, line, said) in [
        ("warp_until", "warp_until = 2.0", "warp_until is 2, but must be 0 to 1"),
        ("priority_dssim", "priority_dssim = -1.0", "priority_dssim is -1"),
        ("last", "last = 2.0", "schedule.last must be 0 to 1"),
    ] {
        let changed =
            |written: &str| if written.starts_with(&format!("{field} =")) { line } else { written }.to_owned();
        std::fs::write(&file, whole.lines().map(changed).collect::<Vec<_>>().join("\n")).unwrap();
        let error = Run::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("run.toml") && error.contains(said), "{error}");
    }
    // A run that was begun before there was a setting goes on as it did: its warp has no end, nothing new is drawn.
    let later = |line: &&str| LATER.iter().any(|(name, _)| line.starts_with(&format!("{name} =")));
    assert_eq!(whole.lines().filter(later).count(), LATER.len());
    let older = whole.lines().filter(|line| !later(line)).collect::<Vec<_>>().join("\n");
    std::fs::write(&file, older).unwrap();
    let augment = Run::open(folder.path()).unwrap().recipe().augment.clone();
    assert_eq!(augment.warp_until, 1.0);
    assert_eq!([augment.skin_chance, augment.glasses_chance, augment.cast_chance, augment.noise_growth], [0.0; 4]);
    assert_eq!(augment.warp, AugmentSettings::default().warp);
}

#[test]
fn one_run_is_trained_by_one_program() {
    let folder = tempfile::tempdir().unwrap();
    let held = Run::lock(folder.path()).unwrap();
    assert!(matches!(Run::lock(folder.path()), Err(SessionError::InUse(_))));
    drop(held);
    assert!(Run::lock(folder.path()).is_ok());
}

//! Hard faces come again: how often, known to which batch, and as if the run had not been stopped between.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;
mod face_sets;
mod session_support;

use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use face_sets::{header, write_set};
use session_support::recipe;
use standin::train::augment::AugmentSettings;
use standin::train::samples::{
    Batch, BatchMaker, FaceLosses, Faces, Loader, LoaderSettings, Pairing, RunProgress, Sides, StepLosses,
};
use standin::train::session::{Event, Recipe, Run, Stop, Trainer};
use standin::train::zoo::Side;
use tempfile::TempDir;

/// Faces of the subject.
const FACES: usize = 40;

fn faces() -> (TempDir, Arc<Faces>) {
    let place = tempfile::tempdir().unwrap();
    let set = |name: &str, count: usize, red: u8| write_set(&place.path().join(name), &header(), count, red, 0.8);
    let sides = Sides::new(vec![set("a", 10, 200)], vec![set("b", FACES, 40)]).unwrap();
    (place, Arc::new(Faces::load(&sides, 32, &|| ()).unwrap()))
}

fn settings(replay: f32) -> LoaderSettings {
    LoaderSettings {
        batch: 8,
        resolution: 8,
        balance: true,
        augment: AugmentSettings::default(),
        pairing: Pairing::Sides,
        replay,
    }
}

fn start(faces: &Arc<Faces>, replay: f32, first: u64, losses: FaceLosses) -> Loader {
    Loader::start(Arc::clone(faces), &settings(replay), 3, first, Device::flex(), |_| 0.0, losses).unwrap()
}

/// What a model would say that draws face 7 badly and the others alike.
fn judged(batch: &Batch) -> StepLosses {
    batch.subject.iter().map(|&face| (face, if face == 7 { 0.5 } else { 0.1 + face as f32 * 1e-6 })).collect()
}

fn values(batch: &Batch) -> Vec<f32> {
    batch.input.to_data().convert::<f32>().try_into_vec().unwrap()
}

/// Faces of the subject in the batches of `steps` steps, by face.
fn drawn(faces: &Arc<Faces>, replay: f32, steps: u64) -> [f32; FACES] {
    let loader = start(faces, replay, 0, FaceLosses::default());
    let mut counts = [0.0; FACES];
    for _ in 0..steps {
        let (a, b) = loader.next().unwrap();
        assert!(a.subject.is_empty(), "the driver's faces are not replayed");
        loader.say(&judged(&b));
        b.subject.iter().for_each(|&face| counts[face] += 1.0);
    }
    counts
}

#[test]
fn a_face_that_comes_out_badly_is_drawn_more_often_but_does_not_fill_the_batches() {
    let (_place, faces) = faces();
    let (evenly, replayed) = (drawn(&faces, 0.0, 400), drawn(&faces, 0.5, 400));
    let all = 8.0 * 400.0;
    assert_eq!((evenly.iter().sum::<f32>(), replayed.iter().sum::<f32>()), (all, all));
    // Half of the draws, of which the hardest of forty gets nearly a tenth.
    let expected = evenly[7] / 2.0 + all / 2.0 * (1.0 - (1.0 - 1.0 / FACES as f32).powi(4));
    assert!(replayed[7] > 1.5 * evenly[7], "{} of {all}, {} without", replayed[7], evenly[7]);
    assert!((replayed[7] / expected - 1.0).abs() < 0.2, "{} of {all} for {expected}", replayed[7]);
    assert!(replayed.iter().all(|&count| count > 0.2 * all / 2.0 / FACES as f32), "{replayed:?}");
}

#[test]
fn samples_that_are_not_replayed_are_those_of_a_run_without() {
    let (_place, faces) = faces();
    let mut losses = FaceLosses::default();
    (0..9).for_each(|_| losses.add(vec![(7, 0.9), (3, 0.2)]));
    let batch = |replay: f32, side: Side, step: u64| {
        let mut maker = BatchMaker::new(&faces, &settings(replay), 3).unwrap();
        if replay >= 0.0 {
            maker.rank(&faces, &losses);
        }
        maker.batch(&faces, side, RunProgress { step, done: 0.0 }, &Device::flex())
    };
    let mut same = 0;
    for step in 0..30 {
        // Below 0 stands for a maker that knows no hard face.
        let plain = batch(-1.0, Side::B, step);
        assert_eq!(values(&plain), values(&batch(0.0, Side::B, step)), "0 replays nothing");
        let some = batch(0.4, Side::B, step);
        same += plain.subject.iter().zip(&some.subject).filter(|(plain, some)| plain == some).count();
        assert_eq!(values(&batch(-1.0, Side::A, step)), values(&batch(0.4, Side::A, step)));
    }
    let share = same as f32 / 240.0;
    assert!((share - 0.6).abs() < 0.1, "{share} of the samples are the same");
}

#[test]
fn a_loader_that_starts_later_with_the_losses_so_far_gives_the_same_batches() {
    let (_place, faces) = faces();
    let (early, mut losses) = (start(&faces, 0.6, 0, FaceLosses::default()), FaceLosses::default());
    let mut late: Option<Loader> = None;
    for step in 0..24 {
        if step == 11 {
            late = Some(start(&faces, 0.6, step, losses.clone()));
        }
        let (a, b) = early.next().unwrap();
        if let Some(late) = &late {
            let (late_a, late_b) = late.next().unwrap();
            assert_eq!((&b.subject, values(&a), values(&b)), (&late_b.subject, values(&late_a), values(&late_b)));
            late.say(&judged(&late_b));
        }
        // What others of the machine do must not matter.
        std::thread::sleep(std::time::Duration::from_millis(step % 4));
        early.say(&judged(&b));
        losses.add(judged(&b));
    }
}

#[test]
fn a_loader_that_waits_for_losses_can_be_dropped() {
    let (_place, faces) = faces();
    let loader = start(&faces, 0.5, 0, FaceLosses::default());
    // Nobody says anything, so that it comes to wait.
    for _ in 0..4 {
        loader.next().unwrap();
    }
    drop(loader);
    assert_eq!(Arc::strong_count(&faces), 1);
}

/// Trains the run in `folder` up to `stop`, as the command does.
fn train(folder: &Path, faces: &Arc<Faces>, stop: u64) -> Trainer {
    let run = Run::open(folder).unwrap();
    let (recipe, seed) = (run.recipe().clone(), run.recipe().seed);
    let mut trainer = Trainer::open(run, Device::flex().autodiff(), &mut |_| {}).unwrap();
    let settings =
        LoaderSettings { batch: recipe.batch, resolution: recipe.dimensions.resolution, ..settings(recipe.replay) };
    let (first, losses) = (trainer.step(), trainer.face_losses());
    let loader = Loader::start(Arc::clone(faces), &settings, seed, first, Device::flex(), |_| 0.0, losses).unwrap();
    let mut told = |event: Event<'_>| {
        if let Event::Faces(losses) = event {
            loader.say(losses);
        }
    };
    let mut until = |step| if step >= stop { Stop::Yes } else { Stop::No };
    trainer.train(&mut |_, _| loader.next(), &mut told, &mut until).unwrap();
    trainer
}

#[test]
fn two_times_ten_steps_with_replay_are_twenty() {
    let (place, faces) = faces();
    let [whole, halves, without] = ["whole", "halves", "without"].map(|name| place.path().join(name));
    for (folder, replay) in [(&whole, 0.5), (&halves, 0.5), (&without, 0.0)] {
        Run::begin(folder, Recipe { replay, ..recipe("live", 20) }).unwrap();
    }
    let at_once = train(&whole, &faces, 20);
    train(&halves, &faces, 10);
    let resumed = train(&halves, &faces, 20);
    let bits = |trainer: &Trainer| -> Vec<u32> {
        trainer.weights().0.iter().flat_map(|weight| weight.to_vec()).map(f32::to_bits).collect()
    };
    assert_eq!(at_once.face_losses(), resumed.face_losses());
    assert_ne!(at_once.face_losses(), FaceLosses::default());
    assert!(bits(&at_once) == bits(&resumed), "the weights differ");
    let plain = train(&without, &faces, 20);
    assert_eq!(plain.face_losses(), FaceLosses::default());
    assert!(bits(&at_once) != bits(&plain), "replay changes nothing");
}

#[test]
fn parts_that_are_none_are_refused() {
    for replay in [-0.1, 1.5, f32::NAN] {
        let error = Recipe { replay, ..recipe("live", 1) }.check().unwrap_err();
        assert_eq!(error, "the field replay must be 0 to 1");
    }
    let mut base = Recipe { replay: 0.2, ..recipe("live", 1) };
    base.dimensions.people = 3;
    assert!(base.check().unwrap_err().contains("a base has none"), "a base has no subject");
}

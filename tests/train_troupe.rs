//! People who perform the same frames: pairs, a base, and models that start from it.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;
mod face_sets;
mod session_support;
mod troupe_support;

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use clap::Parser;
use face_sets::header;
use session_support::{discs, recipe, small};
use standin::face::Alignment;
use standin::train::base::{Base, BaseError};
use standin::train::faceset::{FaceSet, Performance};
use standin::train::samples::{BatchMaker, Faces, Pairing, RunProgress, SampleError, Sides};
use standin::train::session::{BaseSource, Checkpoint, Memory, Recipe, Run, Stop, Trainer};
use standin::train::zoo::preset::Dimensions;
use standin::train::zoo::{Network, Side, Whose};
use troupe_support::{FRAMES, PEOPLE, mean, settings, troupe, troupe_with};

#[test]
fn one_frame_of_anybody_becomes_the_same_frame_of_the_batch_s_person() {
    let place = tempfile::tempdir().unwrap();
    let sides = Sides::open_subject(&[], &[troupe(&place.path().join("troupe")).folder]).unwrap();
    let faces = Faces::load(&sides, 100, &|| ()).unwrap();
    let maker = BatchMaker::new(&faces, &settings(Pairing::Troupe), 1).unwrap();
    let (mut people, mut crossed) = ([0; PEOPLE as usize], 0);
    for step in 0..40 {
        let moment = RunProgress { step, done: 0.0 };
        let batch = maker.batch(&faces, Side::A, moment, &Device::flex());
        let Whose::Person(person) = batch.whose else { panic!("{:?}", batch.whose) };
        people[person] += 1;
        for n in 0..6 {
            let (red_in, red_out) = (mean(&batch.input, n, 2), mean(&batch.target, n, 2));
            assert!((red_out - 60.0 * (person as f32 + 1.0)).abs() < 2.0, "the target is person {person}: {red_out}");
            assert!((mean(&batch.input, n, 1) - mean(&batch.target, n, 1)).abs() < 2.0, "frames differ");
            crossed += usize::from((red_in - red_out).abs() > 30.0);
            // The square lies at one place of both, whoever's crop it is.
            let blue =
                |pictures: &Tensor<4>| pictures.clone().slice([n..n + 1, 0..1, 40..60, 30..90]).reshape([20, 60]);
            let apart = (blue(&batch.input) - blue(&batch.target)).abs().mean().into_scalar::<f32>();
            assert!(apart < 0.02, "input and target are {apart} apart");
        }
    }
    assert!(people.iter().all(|&times| times > 4), "{people:?}");
    assert!((100..220).contains(&crossed), "two thirds of 240 pairs show two people: {crossed}");
}

#[test]
fn a_troupe_needs_faces_that_say_who_performs_what() {
    let place = tempfile::tempdir().unwrap();
    let set = face_sets::write_set(&place.path().join("a"), &header(), 10, 100, 0.8);
    let sides = Sides::open_subject(&[], &[set.folder]).unwrap();
    let faces = Faces::load(&sides, 24, &|| ()).unwrap();
    let error = BatchMaker::new(&faces, &settings(Pairing::Troupe), 1).unwrap_err();
    assert!(matches!(error, SampleError::NoTroupe) && error.to_string().contains("--performances"), "{error}");
}

/// Person and frame of every face of side B.
fn performances(sides: &Sides) -> Vec<(u32, u32)> {
    sides.faces(Side::B).map(|face| face.performance.map(|of| (of.person, of.frame.unwrap())).unwrap()).collect()
}

#[test]
fn every_source_and_every_face_set_has_its_own_people() {
    let place = tempfile::tempdir().unwrap();
    // In each set the third person is the first of a clip of their own.
    let set = |name: &str| {
        troupe_with(&place.path().join(name), |face| {
            if face.performance.is_some_and(|of| of.person == 2) {
                face.source = "b.mp4".to_owned();
                face.performance.as_mut().unwrap().person = 0;
            }
            true
        })
    };
    let sets = [set("first"), set("second")];
    let sides = Sides::open_subject(&[], &sets.clone().map(|set| set.folder)).unwrap();
    assert_eq!(sides.people(Side::B).unwrap(), 6);
    let expected: Vec<_> = (0..6).flat_map(|person| (0..FRAMES).map(move |frame| (person, frame))).collect();
    assert_eq!(performances(&sides), expected);
    let now: Vec<_> = sides.of(Side::B).iter().map(FaceSet::content_hash).collect();
    assert_eq!(now, sets.map(|set| set.content_hash()), "numbers are no content");

    let faces = Faces::load(&sides, 100, &|| ()).unwrap();
    let maker = BatchMaker::new(&faces, &settings(Pairing::Troupe), 1).unwrap();
    let drawn: std::collections::BTreeSet<_> = (0..60)
        .map(|step| match maker.batch(&faces, Side::A, RunProgress { step, done: 0.0 }, &Device::flex()).whose {
            Whose::Person(person) => person,
            whose @ Whose::Side(_) => panic!("{whose:?}"),
        })
        .collect();
    assert!(drawn.into_iter().eq(0..6));
}

#[test]
fn people_without_a_face_have_no_number_and_who_is_seen_rarely_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let people = |name: &str, keep: &dyn Fn(u32, u32) -> bool| {
        let set = troupe_with(&place.path().join(name), |face| {
            let Performance { person, frame, .. } = face.performance.unwrap();
            keep(person, frame.unwrap())
        });
        let sides = Sides::open_subject(&[], &[set.folder]).unwrap();
        sides.people(Side::B).map(|people| (people, performances(&sides)))
    };
    let (count, found) = people("gap", &|person, _| person != 1).unwrap();
    assert_eq!(count, 2);
    assert!(found.iter().all(|(person, _)| *person < 2), "{found:?}");
    assert_eq!(people("half", &|person, frame| person != 1 || frame < 4).unwrap().0, 3);
    let error = people("rare", &|person, frame| person != 1 || frame < 3).unwrap_err();
    assert!(matches!(error, SampleError::RarelySeen { frame: 8, found: 3, frames: 8, .. }), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("a.mp4") && error.contains("--performances N"), "{error}");

    let set = face_sets::write_set(&place.path().join("alone"), &header(), 10, 100, 0.8);
    let sides = Sides::open_subject(&[], &[set.folder]).unwrap();
    assert!(matches!(sides.people(Side::B), Err(SampleError::NoTroupe)));
}

#[test]
fn a_maker_of_batches_refuses_a_side_without_faces() {
    let place = tempfile::tempdir().unwrap();
    let sides = Sides::open_subject(&[], &[troupe(&place.path().join("troupe")).folder]).unwrap();
    let faces = Faces::load(&sides, 24, &|| ()).unwrap();
    let error = BatchMaker::new(&faces, &settings(Pairing::Sides), 1).unwrap_err();
    assert!(matches!(error, SampleError::NoFaceSet { side: Side::A }), "{error}");
    BatchMaker::new(&faces, &settings(Pairing::Subject), 1).unwrap();
    assert!(sides.warnings().iter().all(|warning| !warning.to_string().contains("side A")), "{:?}", sides.warnings());
}

#[test]
fn a_source_that_ends_within_a_performance_is_refused() {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/media/ada.mp4").display().to_string();
    let place = tempfile::tempdir().unwrap();
    let set = place.path().join("set").display().to_string();
    let words = ["standin-train", "extract", &clip, "-o", &set, "--performances", "100000", "--every", "60"];
    let error = standin::cli::train::Cli::try_parse_from(words).unwrap().run(&mut Vec::new()).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("ada.mp4") && error.contains("no multiple of --performances 100000"), "{error}");
    assert!(error.contains("--fresh"), "{error}");
}

fn of_people(name: &str) -> Dimensions {
    Dimensions { people: PEOPLE as usize, ..small(name) }
}

#[test]
fn people_of_a_base_differ_by_gains_and_biases_alone() {
    let device = Device::flex();
    for name in ["live", "df-ud", "original", "dfaker"] {
        let network = Network::new(of_people(name).blueprint().unwrap()).unwrap();
        let mut weights = network.init(3, &device);
        let side = network.blueprint().resolution;
        let (crops, _) = discs(side, 2, 0);
        let face = |weights: &_, person| network.reconstruct(weights, crops.input.clone(), Whose::Person(person)).face;
        let apart = |a: Tensor<4>, b: Tensor<4>| (a - b).abs().max().into_scalar::<f32>();
        assert!(apart(face(&weights, 0), face(&weights, 2)) < 1e-7, "{name}: all start alike");
        let bias = weights.0.iter_mut().filter(|p| p.name.starts_with("decoder.") && p.name.ends_with(".bias"));
        for parameter in bias {
            assert_eq!(parameter.shape[0], PEOPLE as usize, "{name}: {}", parameter.name);
            let last = parameter.shape[1];
            let mut values = parameter.to_vec();
            values[2 * last..].iter_mut().for_each(|value| *value += 0.3);
            parameter.value = Tensor::from_data(TensorData::new(values, [3 * last]), &device);
        }
        assert!(apart(face(&weights, 0), face(&weights, 1)) < 1e-7, "{name}: person 1 is as before");
        assert!(apart(face(&weights, 0), face(&weights, 2)) > 1e-3, "{name}: person 2 is another");
    }
}

/// A run with a troupe of discs after some steps.
fn base_run(folder: &Path) -> Run {
    let recipe = Recipe { dimensions: of_people("live"), a: vec![], a_hashes: vec![], ..recipe("live", 6) };
    let side = recipe.dimensions.resolution;
    let run = Run::begin(folder, recipe).unwrap();
    let mut trainer = Trainer::open(run, Device::flex().autodiff(), &mut |_| {}).unwrap();
    let mut batches = |step: u64, _| {
        let (mut a, mut b) = discs(side, 2, step);
        (a.whose, b.whose) = (Whose::Person(step as usize % 3), Whose::Person((step as usize + 1) % 3));
        Ok((a, b))
    };
    trainer.train(&mut batches, &mut |_| {}, &mut |_| Stop::No).unwrap();
    Run::open(folder).unwrap()
}

#[test]
fn a_model_from_a_base_starts_as_the_base_and_trains_its_decoder_alone() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("base.safetensors");
    Base::of_run(&base_run(&place.path().join("base"))).unwrap().save(&file).unwrap();
    let base = Base::open(&file).unwrap();
    assert_eq!((base.header.people, base.header.steps, base.header.dimensions.people), (3, 6, 0));

    let source = Some(BaseSource { file: Some(file), sha256: base.sha256.clone() });
    let recipe = Recipe { base: source, a: vec![], a_hashes: vec![], ..recipe("live", 8) };
    assert_eq!(recipe.pairing(), Pairing::Subject);
    let side = recipe.dimensions.resolution;
    let run = Run::begin(&place.path().join("subject"), recipe).unwrap();
    let mut trainer = Trainer::open(run, Device::flex().autodiff(), &mut |_| {}).unwrap();
    let values = |trainer: &Trainer| -> Vec<(String, Vec<f32>)> {
        trainer.weights().0.iter().map(|parameter| (parameter.name.clone(), parameter.to_vec())).collect()
    };
    let before = values(&trainer);
    let of = |start: &'static str| before.iter().filter(move |(name, _)| name.starts_with(start)).map(|(_, v)| v);
    assert!(of("decoder_a.").eq(of("decoder_b.")), "both decoders start as the base's");
    let mut batches = |step: u64, _| {
        let (mut a, b) = discs(side, 2, step);
        a.whose = Side::B.into();
        Ok((a, b))
    };
    trainer.train(&mut batches, &mut |_| {}, &mut |_| Stop::No).unwrap();
    for ((name, before), (_, after)) in before.iter().zip(values(&trainer)) {
        assert_eq!(name.starts_with("decoder_b."), *before != after, "{name}");
    }
}

#[test]
fn a_base_is_refused_with_the_field_that_differs_and_the_mend() {
    let place = tempfile::tempdir().unwrap();
    let run = base_run(&place.path().join("base"));
    let base = Base::of_run(&run).unwrap();
    let dimensions = small("live");
    let fits = |dimensions: &Dimensions, face_type: &str, coverage, alignment| {
        base.fits(dimensions, face_type, coverage, alignment).map_err(|error| error.to_string())
    };
    assert_eq!(fits(&dimensions, "whole-face", 2.1314, Alignment::Template), Ok(()));
    assert_eq!(fits(&dimensions, "whole-face", 2.1319, Alignment::Template), Ok(()), "as face sets fit each other");
    for (error, expected) in [
        (fits(&dimensions, "full", 2.1314, Alignment::Template), "extract with --face-type whole-face"),
        (fits(&dimensions, "whole-face", 2.14, Alignment::Template), "coverage 2.1314, but this training has 2.14"),
        (fits(&dimensions, "whole-face", 2.1314, Alignment::Rigid), "extract with --alignment template"),
        (fits(&small("df-ud"), "whole-face", 2.1314, Alignment::Template), "model live, but this training has df-ud"),
        (fits(&Dimensions { ae: 18, ..small("live") }, "whole-face", 2.1314, Alignment::Template), "give --ae-dims 16"),
        (fits(&of_people("live"), "whole-face", 2.1314, Alignment::Template), "instead of --troupe"),
    ] {
        let error = error.unwrap_err();
        assert!(error.contains(expected) && error.contains("--from none"), "{error}");
    }

    let file = place.path().join("base.safetensors");
    base.save(&file).unwrap();
    let good = std::fs::read(&file).unwrap();
    let mut newer = good.clone();
    let version = br#"\"version\":1"#;
    let at = good.windows(version.len()).position(|bytes| bytes == version).unwrap();
    newer[at + version.len() - 1] = b'7';
    // The last value of the last tensor becomes infinite.
    let mut infinite = good.clone();
    let end = infinite.len();
    infinite[end - 2..].copy_from_slice(&[0x00, 0x7c]);
    for (bytes, expected) in [
        (good[..good.len() / 2].to_vec(), "damaged or no base"),
        (b"not a base at all".to_vec(), "damaged or no base"),
        (newer, "version 7"),
        (infinite, "holds a value that is no number, or too large"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let error = Base::open(&file).unwrap_err();
        assert!(matches!(&error, BaseError::File { file, .. } if file.ends_with("base.safetensors")), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let two_sided = Run::begin(&place.path().join("two"), recipe("live", 1)).unwrap();
    assert!(matches!(Base::of_run(&two_sided), Err(BaseError::NoTroupe(_))));
}

#[test]
fn a_base_that_16_bits_cannot_hold_is_not_written() {
    let place = tempfile::tempdir().unwrap();
    let run = base_run(&place.path().join("base"));
    let (mut checkpoint, _) = run.newest(&Device::flex()).unwrap().unwrap();
    let name = checkpoint.weights.0[0].name.clone();
    let average = checkpoint.optimiser.iter_mut().find(|(of, _)| *of == format!("{name}.average")).unwrap();
    average.1[0] = 1e5;
    checkpoint.step += 1;
    checkpoint.save(&run.checkpoints(), 1).unwrap();
    let file = place.path().join("base.safetensors");
    let base = Base::of_run(&run).unwrap();
    assert_eq!(base.header.steps, 7);
    let error = base.save(&file).unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains("too large for 16 bits"), "{error}");
    assert!(!file.exists());
}

#[test]
fn a_base_and_a_run_that_do_not_go_together_are_refused_with_their_names() {
    let place = tempfile::tempdir().unwrap();
    let run = base_run(&place.path().join("base"));
    let base = Base::of_run(&run).unwrap();
    let wider = Network::new(Dimensions { d: 6, ..small("live") }.blueprint().unwrap()).unwrap();
    let error = base.start(&wider, &[], &Device::flex()).unwrap_err();
    assert!(matches!(&error, BaseError::File { file, .. } if file == run.folder()), "{error}");

    for checkpoint in Checkpoint::list(&run.checkpoints()) {
        std::fs::remove_file(checkpoint).unwrap();
    }
    let error = Base::of_run(&run).unwrap_err().to_string();
    assert!(error.contains("no checkpoint yet"), "{error}");
}

#[test]
fn what_is_not_trained_needs_no_gradient_in_memory() {
    let network = Network::new(small("live").blueprint().unwrap()).unwrap();
    let whole = recipe("live", 1);
    let based = Recipe { base: Some(BaseSource { file: None, sha256: String::new() }), ..whole.clone() };
    let (all, some) = (Memory::of(&network, &whole, 0, 0).weights, Memory::of(&network, &based, 0, 0).weights);
    let frozen = network.parameters().iter().filter(|wanted| !wanted.name.starts_with("decoder_b."));
    let frozen: usize = frozen.map(|wanted| wanted.shape.iter().product::<usize>()).sum();
    assert!(frozen > 0);
    assert_eq!(all - some, 4 * frozen as u64);
}

/// The base that comes with Standin is one that `train` takes by default.
#[test]
fn the_built_in_base_fits_the_default_model() {
    let base = Base::built_in().unwrap();
    base.fits(&Dimensions::named("live").unwrap(), "full", 1.5966, Alignment::Rigid).unwrap();
    let network = Network::new(base.header.dimensions.blueprint().unwrap()).unwrap();
    let weights = base.start(&network, &[], &Device::flex()).unwrap();
    assert_eq!(weights.count(), network.blueprint().count().unwrap());
    assert!(weights.0.iter().flat_map(|parameter| parameter.to_vec()).all(f32::is_finite));
}

#[test]
fn a_troupe_goes_on_from_a_base_with_everybody_alike_and_trains_all_of_it() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("base.safetensors");
    Base::of_run(&base_run(&place.path().join("base"))).unwrap().save(&file).unwrap();
    let base = Base::open(&file).unwrap();
    let source = Some(BaseSource { file: Some(file), sha256: base.sha256.clone() });
    let recipe = Recipe { base: source, dimensions: of_people("live"), ..recipe("live", 2) };
    assert_eq!(recipe.pairing(), Pairing::Troupe);
    recipe.check().unwrap();
    let names = Network::new(recipe.dimensions.blueprint().unwrap()).unwrap();
    assert!(names.parameters().iter().all(|wanted| recipe.trains(&wanted.name)), "a troupe's encoder is trained");

    let weights = base.start(&names, &[], &Device::flex()).unwrap();
    let two_sided = Network::new(small("live").blueprint().unwrap()).unwrap();
    let single = base.start(&two_sided, &[], &Device::flex()).unwrap();
    let (crops, _) = discs(names.blueprint().resolution, 2, 0);
    let expected = two_sided.reconstruct(&single, crops.input.clone(), Side::B).face;
    for person in 0..PEOPLE as usize {
        let face = names.reconstruct(&weights, crops.input.clone(), Whose::Person(person)).face;
        let apart = (face - expected.clone()).abs().max().into_scalar::<f32>();
        assert!(apart < 1e-6, "person {person} begins as the base draws: {apart}");
    }
}

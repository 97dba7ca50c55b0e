//! People who perform the same frames: pairs, a base, and models that start from it.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;
mod face_sets;
mod session_support;

use std::path::Path;

use burn::tensor::{Device, Tensor};
use face_sets::{header, record};
use image::{GrayImage, Luma, Rgb, RgbImage};
use session_support::{discs, recipe, small};
use standin::face::Alignment;
use standin::train::augment::AugmentSettings;
use standin::train::base::{Base, BaseError};
use standin::train::faceset::{FaceSet, Performance, Writer};
use standin::train::samples::{BatchMaker, Faces, LoaderSettings, Moment, Pairing, SampleError, Sides};
use standin::train::session::{BaseSource, Recipe, Run, Stop, Trainer};
use standin::train::zoo::preset::Dimensions;
use standin::train::zoo::{Network, Side, Whose};

const PEOPLE: u32 = 3;
const FRAMES: u32 = 8;

/// Everybody has a colour of their own (red), every frame another (green); a blue square lies at one place of the frame.
/// Person 2's crops lie a quarter of a crop further right than the others'.
fn troupe(folder: &Path) -> FaceSet {
    let mut writer = Writer::create(folder, &header()).unwrap();
    for person in 0..PEOPLE {
        for frame in 0..FRAMES {
            let left = if person == 2 { 0.25 } else { 0.0 };
            let mut face = record((person * FRAMES + frame) as usize, 0.0, 0.6);
            face.to_crop = [0.01, 0.0, -left, 0.0];
            face.performance = Some(Performance { person, frame });
            let crop = RgbImage::from_fn(100, 100, |x, y| {
                let place = (x as f32 + 100.0 * left, y as f32);
                let marked = (60.0..80.0).contains(&place.0) && (40.0..60.0).contains(&place.1);
                Rgb([60 * (person as u8 + 1), 20 * (frame as u8 + 1), if marked { 255 } else { 0 }])
            });
            let mask = GrayImage::from_pixel(100, 100, Luma([255]));
            writer.append(&mut face, &crop, &mask).unwrap();
        }
    }
    drop(writer);
    FaceSet::open(folder).unwrap()
}

fn settings(pairing: Pairing) -> LoaderSettings {
    LoaderSettings { batch: 6, resolution: 100, balance_yaw: false, augment: AugmentSettings::none(), pairing }
}

/// Mean of channel `c` (blue, green, red) over sample `n` of a batch, 0..255.
fn mean(pictures: &Tensor<4>, n: usize, c: usize) -> f32 {
    pictures.clone().slice([n..n + 1, c..c + 1]).mean().into_scalar::<f32>() * 255.0
}

#[test]
fn one_frame_of_anybody_becomes_the_same_frame_of_the_batch_s_person() {
    let place = tempfile::tempdir().unwrap();
    let sides = Sides::open_subject(&[], &[troupe(&place.path().join("troupe")).folder]).unwrap();
    let faces = Faces::load(&sides, 100, &|| ()).unwrap();
    let maker = BatchMaker::new(&faces, &settings(Pairing::Troupe), 1).unwrap();
    let (mut people, mut crossed) = ([0; PEOPLE as usize], 0);
    for step in 0..40 {
        let moment = Moment { step, done: 0.0 };
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
            parameter.value = Tensor::from_data(burn::tensor::TensorData::new(values, [3 * last]), &device);
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
    for (error, expected) in [
        (fits(&dimensions, "full", 2.1314, Alignment::Template), "extract with --face-type"),
        (fits(&dimensions, "whole-face", 2.1314, Alignment::Rigid), "extract with --alignment"),
        (fits(&small("df"), "whole-face", 2.1314, Alignment::Template), "leave the model's options out"),
    ] {
        let error = error.unwrap_err();
        assert!(error.contains(expected) && error.contains("--from none"), "{error}");
    }

    let file = place.path().join("base.safetensors");
    base.save(&file).unwrap();
    let good = std::fs::read(&file).unwrap();
    for (bytes, expected) in [
        (good[..good.len() / 2].to_vec(), "damaged or no base"),
        (b"not a base at all".to_vec(), "damaged or no base"),
        (String::from_utf8_lossy(&good[..1200]).replace("\\\"version\\\":1", "\\\"version\\\":7").into_bytes(), ""),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let error = Base::open(&file).unwrap_err();
        assert!(matches!(&error, BaseError::File { file, .. } if file.ends_with("base.safetensors")), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let two_sided = Run::begin(&place.path().join("two"), recipe("live", 1)).unwrap();
    assert!(matches!(Base::of_run(&two_sided), Err(BaseError::NoTroupe(_))));
}

/// The base that comes with Standin is one that `train` takes by default.
#[test]
fn the_built_in_base_fits_the_default_model() {
    let base = Base::built_in().unwrap();
    base.fits(&Dimensions::named("live").unwrap(), "full", 1.5966, Alignment::Rigid).unwrap();
    let network = Network::new(base.header.dimensions.blueprint().unwrap()).unwrap();
    let weights = base.start(&network, &Device::flex()).unwrap();
    assert_eq!(weights.count(), network.blueprint().count().unwrap());
    assert!(weights.0.iter().flat_map(|parameter| parameter.to_vec()).all(f32::is_finite));
}

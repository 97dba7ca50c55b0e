//! A subject beside a troupe: what goes into its batches, what is trained, where its people begin, and the model of it.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;
mod face_sets;
mod session_support;
mod troupe_support;

use std::path::Path;

use burn::tensor::{Device, Tensor};
use face_sets::{header, write_set};
use session_support::{discs, recipe, small};
use standin::face::{Alignment, FaceType};
use standin::onnx::Model;
use standin::train::base::{Base, BaseError};
use standin::train::export::{Metadata, Precision, export, verify};
use standin::train::optimise::OptimiserSettings;
use standin::train::samples::{BatchMaker, Faces, Pairing, RunProgress, SampleError, Sides};
use standin::train::session::{BaseSource, Recipe, Run, Stop, Trainer};
use standin::train::zoo::preset::Dimensions;
use standin::train::zoo::{Network, Side, Whose};
use troupe_support::{PEOPLE, mean, settings, troupe};

/// A small model of a subject beside the troupe.
fn beside() -> Dimensions {
    Dimensions { people: PEOPLE as usize, subject: true, ..small("live") }
}

fn rehearsal(steps: u64) -> Recipe {
    Recipe { dimensions: beside(), a_hashes: vec!["troupe".to_owned()], ..recipe("live", steps) }
}

/// Trains on discs: side A's are whose turn it is of the people, one darker than the other; side B's the subject's.
fn trained(folder: &Path, recipe: Recipe) -> Trainer {
    let (side, subject) = (recipe.dimensions.resolution, recipe.dimensions.subject);
    let mut trainer =
        Trainer::open(Run::begin(folder, recipe).unwrap(), Device::flex().autodiff(), &mut |_| {}).unwrap();
    let mut batches = |step: u64, _| {
        let (mut a, mut b) = discs(side, 2, step);
        let people = [&mut a, &mut b].into_iter().zip(step..).take(if subject { 1 } else { 2 });
        for (batch, turn) in people {
            let person = turn as usize % PEOPLE as usize;
            batch.whose = Whose::Person(person);
            batch.target = batch.target.clone() * (0.4 + 0.3 * person as f32);
        }
        Ok((a, b))
    };
    trainer.train(&mut batches, &mut |_| {}, &mut |_| Stop::No).unwrap();
    trainer
}

fn apart(a: Tensor<4>, b: Tensor<4>) -> f32 {
    (a - b).abs().max().into_scalar::<f32>()
}

#[test]
fn one_batch_is_the_troupe_s_and_one_the_subject_s() {
    let place = tempfile::tempdir().unwrap();
    let subject = write_set(&place.path().join("subject"), &header(), 10, 100, 0.8);
    let set = troupe(&place.path().join("troupe"));
    let sides = Sides::open(&[set.folder], std::slice::from_ref(&subject.folder)).unwrap();
    assert_eq!(sides.people(Side::A).unwrap(), PEOPLE as usize);
    let faces = Faces::load(&sides, 100, &|| ()).unwrap();
    let maker = BatchMaker::new(&faces, &settings(Pairing::Rehearsal), 1).unwrap();
    let mut crossed = 0;
    for step in 0..20 {
        let batch = |side| maker.batch(&faces, side, RunProgress { step, done: 0.0 }, &Device::flex());
        let (a, b) = (batch(Side::A), batch(Side::B));
        let Whose::Person(person) = a.whose else { panic!("{:?}", a.whose) };
        assert_eq!(b.whose, Whose::Side(Side::B));
        for n in 0..6 {
            let (red_in, red_out) = (mean(&a.input, n, 2), mean(&a.target, n, 2));
            assert!((red_out - 60.0 * (person as f32 + 1.0)).abs() < 2.0, "the target is person {person}: {red_out}");
            crossed += usize::from((red_in - red_out).abs() > 30.0);
            assert!((mean(&b.input, n, 2) - mean(&b.target, n, 2)).abs() < 2.0, "the subject is drawn as themselves");
        }
    }
    assert!(crossed > 40, "others of the troupe go in: {crossed} of 120");

    let alone = Sides::open(std::slice::from_ref(&subject.folder), std::slice::from_ref(&subject.folder)).unwrap();
    let faces = Faces::load(&alone, 24, &|| ()).unwrap();
    let error = BatchMaker::new(&faces, &settings(Pairing::Rehearsal), 1).unwrap_err();
    assert!(matches!(error, SampleError::NoTroupe), "{error}");
}

#[test]
fn the_encoder_is_trained_with_both_decoders() {
    let place = tempfile::tempdir().unwrap();
    let recipe = rehearsal(3);
    assert_eq!(recipe.pairing(), Pairing::Rehearsal);
    recipe.check().unwrap();
    let network = Network::new(recipe.dimensions.blueprint().unwrap()).unwrap();
    let before = network.init(recipe.seed, &Device::flex());
    let trainer = trained(place.path(), recipe);
    for (parameter, before) in trainer.weights().0.iter().zip(&before.0) {
        assert_ne!(parameter.to_vec(), before.to_vec(), "{} stayed", parameter.name);
    }
    for part in ["encoder.", "inter.", "decoder.", "decoder_b.", "driver_mask."] {
        assert!(before.0.iter().any(|parameter| parameter.name.starts_with(part)), "{part}");
    }
    let gains = before.0.iter().filter(|parameter| parameter.name.ends_with(".gain"));
    assert!(gains.clone().count() > 3 && gains.into_iter().all(|parameter| parameter.name.starts_with("decoder.")));
}

#[test]
fn the_model_draws_the_subject_and_holds_nobody_else() {
    let place = tempfile::tempdir().unwrap();
    let trainer = trained(place.path(), rehearsal(4));
    let run = Run::open(place.path()).unwrap();
    let (network, device) = (run.network(), Device::flex());
    let (weights, ..) = run.trained(&device).unwrap();
    let (crops, _) = discs(network.blueprint().resolution, 4, 9);
    let swapped = network.swap(&weights, crops.input.clone()).face;
    let face = |whose: Whose| network.reconstruct(&weights, crops.input.clone(), whose).face;
    assert!(apart(swapped.clone(), face(Side::B.into())) < 1e-6);
    assert!(apart(swapped, face(Whose::Person(1))) > 1e-4);

    let metadata = Metadata {
        name: "beside".to_owned(),
        face_type: FaceType::WholeFace,
        coverage: 2.1314,
        alignment: Alignment::Template,
        registration: None,
        skull_centre: None,
        sharpen: None,
        model: "live".to_owned(),
        steps: trainer.step(),
        faceset_a: vec![],
        faceset_b: vec![],
        who: String::new(),
        licence: String::new(),
    };
    let bytes = export(network, &weights, &metadata, Precision::Fp32).unwrap();
    let agreement = verify(&bytes, network, &weights, &crops.input).unwrap();
    assert!(agreement.max < 1e-3, "{agreement}");
    let model = <Model as prost::Message>::decode(bytes::Bytes::from(bytes)).unwrap();
    let graph = model.graph.unwrap();
    let held: usize = graph.initializer.iter().map(|tensor| tensor.dims.iter().product::<i64>() as usize).sum();
    let own: usize = (weights.0.iter())
        .filter(|parameter| !parameter.name.starts_with("decoder."))
        .map(|parameter| parameter.shape.iter().product::<usize>())
        .sum();
    assert!((own..own + 64).contains(&held), "{held} numbers, of which {own} are the subject's");
    assert!(matches!(Base::of_run(&run), Err(BaseError::NoTroupe(_))), "a subject's model is no base");
}

#[test]
fn people_whom_the_base_knows_begin_as_themselves() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("base");
    let of_people = Dimensions { subject: false, ..beside() };
    let optimiser = OptimiserSettings { average: 0.0, ..OptimiserSettings::default() };
    let of_base =
        Recipe { dimensions: of_people, b_hashes: vec!["troupe".to_owned()], optimiser, ..recipe("live", 40) };
    trained(&folder, of_base);
    let run = Run::open(&folder).unwrap();
    let file = place.path().join("base.safetensors");
    Base::of_run(&run).unwrap().save(&file).unwrap();
    let base = Base::open(&file).unwrap();
    let (before, ..) = run.trained(&Device::flex()).unwrap();
    let (crops, _) = discs(run.network().blueprint().resolution, 2, 0);
    let draw =
        |network: &Network, weights: &_, whose: Whose| network.reconstruct(weights, crops.input.clone(), whose).face;
    let network = Network::new(beside().blueprint().unwrap()).unwrap();
    let known = base.start(&network, &["troupe".to_owned()], &Device::flex()).unwrap();
    let others = base.start(&network, &["others".to_owned()], &Device::flex()).unwrap();
    let of = |weights: &_, person| draw(&network, weights, Whose::Person(person));
    assert!(
        apart(draw(run.network(), &before, Whose::Person(0)), draw(run.network(), &before, Whose::Person(1))) > 0.01
    );
    for person in 0..PEOPLE as usize {
        // 16 bits lie between.
        let off = apart(of(&known, person), draw(run.network(), &before, Whose::Person(person)));
        assert!(off < 2e-3, "person {person} is {off} off");
        assert!(apart(of(&others, person), of(&others, 0)) < 1e-6, "people it does not know begin alike");
    }
    assert!(apart(draw(&network, &known, Side::B.into()), of(&others, 0)) < 1e-6, "the subject begins as nobody");

    let source = BaseSource { file: Some(file), sha256: base.sha256 };
    let recipe = Recipe { base: Some(source), ..rehearsal(1) };
    let trainer = Trainer::open(
        Run::begin(&place.path().join("beside"), recipe).unwrap(),
        Device::flex().autodiff(),
        &mut |_| {},
    );
    let weights = trainer.unwrap().weights().constants();
    assert!(apart(of(&weights, 2), of(&known, 2)) < 1e-6, "so does a run");
}

#[test]
fn a_family_without_a_mask_of_the_driver_is_refused() {
    for name in ["df", "liae", "original", "dfaker"] {
        let dimensions = Dimensions { people: 3, subject: true, ..small(name) };
        let error = dimensions.blueprint().unwrap_err().to_string();
        assert!(error.contains("live"), "{name}: {error}");
    }
}

#[test]
fn rows_of_another_shape_are_refused_and_channels_without_a_mean_gain_come_back_as_they_were() {
    let place = tempfile::tempdir().unwrap();
    let of_people = Dimensions { subject: false, ..beside() };
    let optimiser = OptimiserSettings { average: 0.0, ..OptimiserSettings::default() };
    let of_base = Recipe { dimensions: of_people, b_hashes: vec!["troupe".to_owned()], optimiser, ..recipe("live", 1) };
    trained(place.path(), of_base);
    let run = Run::open(place.path()).unwrap();
    // Gains of +1, −1 and 0 have the mean 0.
    let (mut checkpoint, _) = run.newest(&Device::flex()).unwrap().unwrap();
    let gain = checkpoint.weights.0.iter_mut().find(|parameter| parameter.name.ends_with(".gain")).unwrap();
    let out = gain.shape[1];
    let values: Vec<f32> = [1.0_f32, -1.0, 0.0].iter().flat_map(|&value| vec![value; out]).collect();
    gain.value = Tensor::from_data(burn::tensor::TensorData::new(values, [3 * out]), &Device::flex());
    checkpoint.step += 1;
    checkpoint.save(&run.checkpoints(), 1).unwrap();
    let base = Base::of_run(&run).unwrap();
    let network = Network::new(beside().blueprint().unwrap()).unwrap();
    let known = base.start(&network, &["troupe".to_owned()], &Device::flex()).unwrap();
    let (crops, _) = discs(network.blueprint().resolution, 2, 0);
    let (before, ..) = run.trained(&Device::flex()).unwrap();
    for person in 0..PEOPLE as usize {
        let drawn = |network: &Network, weights: &_| {
            network.reconstruct(weights, crops.input.clone(), Whose::Person(person)).face
        };
        let off = apart(drawn(&network, &known), drawn(run.network(), &before));
        assert!(off < 1e-5, "person {person} is {off} off");
    }
    let more = Network::new(Dimensions { people: 5, ..beside() }.blueprint().unwrap()).unwrap();
    let error = base.start(&more, &["troupe".to_owned()], &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("people.decoder."), "{error}");
}

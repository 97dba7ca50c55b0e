//! Every model of the trainer's zoo, exported and run on the tests' GPU: the same picture as ONNX Runtime's.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

mod gpu_support;

use burn::tensor::Device;
use prost::Message;
use standin::face::{Alignment, FaceType};
use standin::onnx::Model;
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::graph::{Operator, SwapGraph};
use standin::swap::passes::{Plan, Tier};
use standin::swap::{Engine, GpuEngine, ModelFile, OnnxEngine};
use standin::train::export::{Metadata, Precision, export};
use standin::train::zoo::Network;
use standin::train::zoo::preset::{Dimensions, PRESETS};

/// As in `swap_passes.rs`.
const MOST: f32 = 1e-4;
/// Likewise.
const MEAN: f32 = 1e-5;

fn metadata() -> Metadata {
    Metadata {
        name: "Nobody".to_owned(),
        face_type: FaceType::WholeFace,
        coverage: 2.2,
        alignment: Alignment::Rigid,
        registration: None,
        skull_centre: None,
        sharpen: None,
        model: "small".to_owned(),
        steps: 0,
        faceset_a: Vec::new(),
        faceset_b: Vec::new(),
        who: "Nobody".to_owned(),
        licence: "CC0-1.0".to_owned(),
    }
}

fn outputs(engine: &mut dyn Engine) -> Vec<f32> {
    for (i, value) in engine.crop_mut().iter_mut().enumerate() {
        *value = ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
    }
    let generated = engine.run(0.0).unwrap();
    [generated.driver_mask, generated.face, generated.face_mask].concat()
}

/// A model of the zoo with few channels.
fn small(name: &str) -> Network {
    let wanted = Dimensions::named(name).unwrap();
    let resolution = 2 * wanted.multiple();
    let small = Dimensions { ae: 16, e: 8, d: 8, d_mask: 8.min(wanted.d_mask), resolution, ..wanted };
    Network::new(small.blueprint().unwrap()).unwrap()
}

/// Residual sums and joined pictures cost no dispatch of their own, but for one pair and what is joined and read
/// elsewhere, too.
#[test]
fn deep_networks_are_convolutions_and_little_else() {
    let folder = tempfile::tempdir().unwrap();
    for (name, dispatches, others) in [("df-udt", 41, 3), ("liae-udt", 46, 4)] {
        let network = small(name);
        let path = folder.path().join(format!("{name}.dfm"));
        let bytes = export(&network, &network.init(7, &Device::flex()), &metadata(), Precision::Fp32).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let file = ModelFile::open(&path).unwrap();
        let graph = SwapGraph::read(&Model::decode(file.bytes()).unwrap(), &file.contract()).unwrap();
        let mut kinds = std::collections::BTreeMap::<String, usize>::new();
        for pass in Plan::new(&graph, Tier::Half).passes {
            *kinds.entry(pass.name.split(' ').next().unwrap().to_owned()).or_default() += 1;
        }
        let all: usize = kinds.values().sum();
        let of = |wanted: fn(&Operator) -> bool| graph.steps.iter().filter(move |step| wanted(&step.operator));
        let pairs = of(|operator| matches!(operator, Operator::Binary(_))).count();
        let joined: usize =
            of(|operator| matches!(operator, Operator::Concat { .. })).map(|step| step.inputs.len()).sum();
        println!("{name}: {pairs} pairs, {joined} values that are joined; {all} dispatches, {kinds:?}");
        let others_found = all - kinds["Convolution"] - kinds["Dense"];
        assert_eq!((all, others_found), (dispatches, others), "{name}: {kinds:?}");
    }
}

#[test]
fn the_zoo_runs_on_the_gpu() {
    let Some(gpu) = gpu_support::device() else { return };
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::load(None).unwrap();
    let names = PRESETS.iter().map(|preset| preset.name).chain(["df-udtc", "liae-udtc"]);
    for name in names {
        let network = small(name);
        let weights = network.init(7, &Device::flex());
        for precision in [Precision::Fp32, Precision::Fp16] {
            let path = folder.path().join(format!("{name}-{}.dfm", precision.name()));
            std::fs::write(&path, export(&network, &weights, &metadata(), precision).unwrap()).unwrap();
            let file = ModelFile::open(&path).unwrap();
            let expected = outputs(&mut OnnxEngine::new(&runtime, &file, NetworkOptions::default()).unwrap());
            let mut engine = GpuEngine::with_tier(&file, &gpu, 1, Tier::Single).unwrap().remove(0);
            let found = outputs(&mut engine);
            let differences = || found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
            let (most, mean) = (differences().fold(0.0, f32::max), differences().sum::<f32>() / found.len() as f32);
            println!("{}: max {most:.1e}, mean {mean:.1e}", path.display());
            assert_eq!(found.len(), expected.len());
            assert!(most < MOST && mean < MEAN, "{name}: max {most}, mean {mean}");
        }
    }
}

//! A trained network as a .dfm: the file is what was trained, and what its readers take.

#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use burn::tensor::{Device, Tensor, TensorData};
use prost::Message;
use standin::face::{Alignment, FaceType};
use standin::onnx::{DataType, Model};
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::{Engine, ModelFile, OnnxEngine};
use standin::train::export::{Agreement, ExportError, Metadata, Precision, calibrate, export, verify};
use standin::train::weights::{Parameter, Weights};
use standin::train::zoo::preset::{Dimensions, PRESETS};
use standin::train::zoo::{Blueprint, Decoder, Inter, Layer, Network};

const SIDE: usize = 32;

fn conv(out: usize, kernel: usize, stride: usize) -> Layer {
    Layer::Conv { out, kernel, stride }
}

fn upscale(channels: usize, slope: f32) -> Vec<Layer> {
    vec![conv(channels * 4, 3, 1), Layer::PixelShuffle, Layer::LeakyRelu { slope }]
}

fn picture(channels: usize) -> Vec<Layer> {
    vec![conv(channels * 4, 3, 1), Layer::PixelShuffle, Layer::Sigmoid]
}

/// Every kind of layer; decoders from 8 × 8 to 32 × 32.
fn shared() -> Blueprint {
    let residual = vec![conv(12, 3, 1), Layer::LeakyRelu { slope: 0.2 }, conv(12, 3, 1)];
    let encoder = vec![
        conv(8, 5, 2),
        Layer::LeakyRelu { slope: 0.1 },
        Layer::Depthwise { kernel: 3, stride: 2 },
        conv(12, 1, 1),
        Layer::Cosine,
        Layer::Residual(residual),
        Layer::LeakyRelu { slope: 0.2 },
        Layer::Halve,
        Layer::Flatten,
        Layer::PixelNorm,
        Layer::Dense { out: 24 },
    ];
    let mut inter = vec![Layer::Dense { out: 8 * 16 }, Layer::Unflatten { channels: 8, side: 4 }];
    inter.extend(upscale(8, 0.1));
    Blueprint {
        family: "every-layer".to_owned(),
        resolution: SIDE,
        encoder,
        inter: Inter::Shared(inter),
        decoder: Decoder { trunk: upscale(8, 0.2), face: picture(3), mask: picture(1) },
        driver_mask: None,
        people: 0,
        subject: false,
    }
}

fn with_driver_mask() -> Blueprint {
    let head = [upscale(4, 0.1), picture(1)].concat();
    Blueprint { driver_mask: Some(head), ..shared() }
}

fn split() -> Blueprint {
    let Inter::Shared(inter) = shared().inter else { unreachable!() };
    Blueprint { inter: Inter::Split(inter), ..shared() }
}

fn families() -> [(&'static str, Blueprint); 3] {
    [("shared", shared()), ("driver mask", with_driver_mask()), ("split", split())]
}

/// A network with first weights and biases that are not 0.
fn made(blueprint: Blueprint) -> (Network, Weights) {
    let device = Device::flex();
    let network = Network::new(blueprint).unwrap();
    let mut weights = network.init(7, &device);
    for (i, parameter) in weights.0.iter_mut().enumerate().filter(|(_, parameter)| parameter.name.ends_with("bias")) {
        let values = noise(parameter.shape[0], i as u32).into_iter().map(|value| 0.2 * value - 0.1).collect();
        *parameter = changed(parameter, values);
    }
    (network, weights)
}

fn changed(parameter: &Parameter, values: Vec<f32>) -> Parameter {
    let shape = [values.len()];
    let value = Tensor::from_data(TensorData::new(values, shape), &Device::flex());
    Parameter { value, ..parameter.clone() }
}

/// Numbers 0..1 that look like chance.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let hash = |i: u32| {
        let x = (i ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
        let x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
        x ^ (x >> 16)
    };
    (0..count as u32).map(|i| (hash(i) >> 8) as f32 / (1 << 24) as f32).collect()
}

/// Crops with slopes and noise, each another.
fn crops(count: usize) -> Tensor<4> {
    crops_of(SIDE, count)
}

fn crops_of(side: usize, count: usize) -> Tensor<4> {
    let grain = noise(count * 3 * side * side, 3);
    let values: Vec<f32> = grain
        .iter()
        .enumerate()
        .map(|(i, grain)| {
            let (x, y, plane) = ((i % side) as f32, (i / side % side) as f32, (i / side / side) as f32);
            0.2 * grain + 0.4 + 0.4 * ((x * 0.2 + plane).sin() * (y * 0.15 + 0.3 * plane).cos())
        })
        .collect();
    Tensor::from_data(TensorData::new(values, [count, 3, side, side]), &Device::flex())
}

fn metadata() -> Metadata {
    Metadata {
        name: "Ben at 32".to_owned(),
        face_type: FaceType::WholeFace,
        coverage: 2.2,
        alignment: Alignment::Rigid,
        registration: None,
        skull_centre: Some(standin::geometry::Point::new(0.0005, -0.007)),
        sharpen: Some(0.7),
        model: "every-layer tiny".to_owned(),
        steps: 1234,
        faceset_a: vec!["aa".to_owned(), "ab".to_owned()],
        faceset_b: vec!["bb".to_owned()],
        who: "Ben".to_owned(),
        licence: "CC0-1.0".to_owned(),
    }
}

fn saved(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.dfm");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn opened(bytes: &[u8]) -> ModelFile {
    let (_folder, path) = saved(bytes);
    ModelFile::open(path).unwrap()
}

fn agreement(blueprint: Blueprint, precision: Precision<'_>) -> Agreement {
    let (network, weights) = made(blueprint);
    let bytes = export(&network, &weights, &metadata(), precision).unwrap();
    verify(&bytes, &network, &weights, &crops(4)).unwrap()
}

#[test]
fn fp32_is_what_was_trained() {
    for (family, blueprint) in families() {
        let agreement = agreement(blueprint, Precision::Fp32);
        println!("{family}: {agreement}");
        assert!(agreement.max < 2e-5 && agreement.ssim > 0.99999, "{family}: {agreement}");
    }
}

#[test]
fn fp16_is_close() {
    for (family, blueprint) in families() {
        let agreement = agreement(blueprint, Precision::Fp16);
        println!("{family}: {agreement}");
        // Not the same either: the weights are rounded.
        assert!(agreement.max > 1e-6 && agreement.max < 1e-3, "{family}: {agreement}");
    }
}

#[test]
fn int8_keeps_the_picture() {
    for (family, blueprint) in families() {
        let (network, weights) = made(blueprint);
        let ranges = calibrate(&network, &weights, &crops(8)).unwrap();
        let bytes = export(&network, &weights, &metadata(), Precision::Int8(&ranges)).unwrap();
        let agreement = verify(&bytes, &network, &weights, &crops(12).narrow(0, 8, 4)).unwrap();
        println!("{family}: {agreement}");
        assert!(agreement.max > 1e-4 && agreement.mean < 0.02 && agreement.ssim > 0.9, "{family}: {agreement}");
        let summary = opened(&bytes).summary().clone();
        assert!(summary.quantised && summary.operators["QuantizeLinear"] > 10, "{summary:?}");
    }
}

/// A difference in one weight of each part is seen: every part is in the file, at its place.
#[test]
fn verify_sees_every_part() {
    for (family, blueprint) in families() {
        let (network, weights) = made(blueprint);
        let bytes = export(&network, &weights, &metadata(), Precision::Fp32).unwrap();
        for place in 0..weights.0.len() {
            let name = weights.0[place].name.clone();
            let decoder_a = name.starts_with("decoder_a");
            let unused = decoder_a && (name.contains("face") || family == "driver mask");
            let mut other = weights.clone();
            let values = other.0[place].to_vec().into_iter().map(|value| value + 0.3).collect();
            other.0[place] = changed(&other.0[place], values);
            let max = verify(&bytes, &network, &other, &crops(1)).unwrap().max;
            assert_eq!(max < 2e-5, unused, "{family}, {name}: {max}");
        }
    }
}

#[test]
fn the_contract_is_kept() {
    for (family, blueprint) in families() {
        let (network, weights) = made(blueprint);
        let bytes = export(&network, &weights, &metadata(), Precision::Fp32).unwrap();
        let file = opened(&bytes);
        assert_eq!((file.resolution(), file.has_morph(), file.summary().opset), (SIDE, false, 13), "{family}");
        let graph = Model::decode(bytes.as_slice()).unwrap().graph.unwrap();
        let names: Vec<_> = graph.input.iter().chain(&graph.output).map(|value| value.name.as_str()).collect();
        assert_eq!(names, ["in_face:0", "out_face_mask:0", "out_celeb_face:0", "out_celeb_face_mask:0"]);
        for value in graph.input.iter().chain(&graph.output) {
            let shape = value.tensor_type().unwrap().shape.as_ref().unwrap().to_string();
            assert!(shape.starts_with("[N, 32, 32, "), "{shape}");
        }
    }
}

#[test]
fn the_live_engine_runs_it() {
    let (network, weights) = made(shared());
    let bytes = export(&network, &weights, &metadata(), Precision::Fp16).unwrap();
    let mut engine =
        OnnxEngine::new(&Runtime::load(None).unwrap(), &opened(&bytes), NetworkOptions::default()).unwrap();
    let crop = crops(1);
    engine.crop_mut().copy_from_slice(&crop.clone().permute([0, 2, 3, 1]).to_data().try_to_vec::<f32>().unwrap());
    let generated = engine.run(0.0).unwrap();
    let face: Vec<f32> = network.swap(&weights, crop).face.permute([0, 2, 3, 1]).to_data().try_to_vec().unwrap();
    let largest = generated.face.iter().zip(&face).fold(0.0_f32, |largest, (a, b)| largest.max((a - b).abs()));
    assert!(largest < 1e-3, "{largest}");
}

/// With two crops at once each comes out as it does alone.
#[test]
fn the_batch_is_open() {
    let (network, weights) = made(split());
    let bytes = export(&network, &weights, &metadata(), Precision::Fp32).unwrap();
    let mut model = Model::decode(bytes.as_slice()).unwrap();
    let graph = model.graph.as_mut().unwrap();
    for value in graph.input.iter_mut().chain(&mut graph.output) {
        let tensor = value.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
        let batch = &mut tensor.shape.as_mut().unwrap().dim[0];
        (batch.dim_value, batch.dim_param) = (Some(2), None);
    }
    let runtime = Runtime::load(None).unwrap();
    let run = |bytes: &[u8], crops: Tensor<4>| {
        let mut engine = standin::runtime::Network::new(&runtime, bytes, NetworkOptions::default()).unwrap();
        engine.input_mut(0).copy_from_slice(&crops.permute([0, 2, 3, 1]).to_data().try_to_vec::<f32>().unwrap());
        engine.run().unwrap();
        [0, 1, 2].map(|output| engine.output(output).to_vec())
    };
    let both = run(&model.encode_to_vec(), crops(2));
    for i in 0..2 {
        let alone = run(&bytes, crops(2).narrow(0, i, 1));
        for (both, alone) in both.iter().zip(&alone) {
            let part = &both[i * alone.len()..(i + 1) * alone.len()];
            let largest = part.iter().zip(alone).fold(0.0_f32, |largest, (a, b)| largest.max((a - b).abs()));
            assert!(largest < 1e-5, "{largest}");
        }
    }
}

#[test]
fn metadata_comes_back() {
    let (network, weights) = made(shared());
    let file = opened(&export(&network, &weights, &metadata(), Precision::Fp16).unwrap());
    assert_eq!(
        (file.name().as_str(), file.face_type(), file.coverage()),
        ("Ben at 32", Some(FaceType::WholeFace), Some(2.2))
    );
    assert_eq!(
        (file.alignment(), file.skull_centre(), file.sharpen()),
        (metadata().alignment, metadata().skull_centre, metadata().sharpen)
    );
    let told: Vec<_> = file.origin().iter().map(|(key, value)| (*key, value.as_str())).collect();
    let expected = [
        ("standin.model", "every-layer tiny"),
        ("standin.resolution", "32"),
        ("standin.steps", "1234"),
        ("standin.precision", "fp16"),
        ("standin.who", "Ben"),
        ("standin.licence", "CC0-1.0"),
        ("standin.faceset_a", "aa,ab"),
        ("standin.faceset_b", "bb"),
    ];
    assert_eq!(told, expected);
    let long = Metadata { name: "n".repeat(201), ..metadata() };
    let error = export(&network, &weights, &long, Precision::Fp32).unwrap_err().to_string();
    assert!(error.contains("standin.name") && error.contains("200 bytes"), "{error}");
    let wide = Metadata { coverage: 9.0, ..metadata() };
    let error = export(&network, &weights, &wide, Precision::Fp32).unwrap_err().to_string();
    assert!(error.contains("standin.coverage") && error.contains("from 0.5 to 8"), "{error}");
}

#[test]
fn fp16_halves_the_file_and_the_same_model_gives_the_same_bytes() {
    let (network, weights) = made(shared());
    let [fp32, fp16, again] = [Precision::Fp32, Precision::Fp16, Precision::Fp16]
        .map(|p| export(&network, &weights, &metadata(), p).unwrap());
    assert_eq!(fp16, again);
    assert!(fp16.len() * 10 < fp32.len() * 8, "{} {}", fp16.len(), fp32.len());
    let tensors = Model::decode(fp16.as_slice()).unwrap().graph.unwrap().initializer;
    let matrices = tensors.iter().filter(|tensor| tensor.dims.len() > 1);
    assert!(matrices.clone().count() > 10);
    assert!(matrices.clone().all(|tensor| tensor.data_type == DataType::Float16 as i32));
}

#[test]
fn fp16_keeps_the_head_of_the_driver_s_mask_as_it_was_trained() {
    let (network, weights) = made(with_driver_mask());
    let bytes = export(&network, &weights, &metadata(), Precision::Fp16).unwrap();
    let tensors = Model::decode(bytes.as_slice()).unwrap().graph.unwrap().initializer;
    let (head, others): (Vec<_>, Vec<_>) = (tensors.iter())
        .filter(|tensor| tensor.dims.len() > 1)
        .partition(|tensor| tensor.name.starts_with("driver_mask"));
    assert!(!head.is_empty() && !others.is_empty());
    assert!(head.iter().all(|tensor| tensor.data_type == DataType::Float as i32));
    assert!(others.iter().all(|tensor| tensor.data_type == DataType::Float16 as i32));
}

/// Every model of the zoo, small, as float32 and as integers.
#[test]
fn the_zoo_can_be_exported() {
    let names = PRESETS.iter().map(|preset| preset.name).chain(["df-udtc", "liae-udtc"]);
    for name in names {
        let wanted = Dimensions::named(name).unwrap();
        let small = Dimensions {
            ae: 16,
            e: 8,
            d: 8,
            d_mask: 8.min(wanted.d_mask),
            resolution: 2 * wanted.multiple(),
            ..wanted
        };
        let network = Network::new(small.blueprint().unwrap()).unwrap();
        let weights = network.init(7, &Device::flex());
        let crops = crops_of(small.resolution, 2);
        let exact = export(&network, &weights, &metadata(), Precision::Fp32).unwrap();
        let exact = verify(&exact, &network, &weights, &crops).unwrap();
        let ranges = calibrate(&network, &weights, &crops).unwrap();
        let coarse = export(&network, &weights, &metadata(), Precision::Int8(&ranges)).unwrap();
        let coarse = verify(&coarse, &network, &weights, &crops).unwrap();
        println!("{name} at {}: fp32 {exact}; int8 {coarse}", small.resolution);
        assert!(exact.max < 2e-5 && coarse.mean < 0.02, "{name}: fp32 {exact}; int8 {coarse}");
    }
}

#[test]
fn bad_weights_are_named() {
    let (network, weights) = made(shared());
    let refused = |change: &dyn Fn(&mut Weights), precision| {
        let mut weights = weights.clone();
        change(&mut weights);
        export(&network, &weights, &metadata(), precision).unwrap_err()
    };
    let at = |weights: &Weights, name: &str| weights.0.iter().position(|parameter| parameter.name == name).unwrap();
    let set = |name: &'static str, value: f32| {
        move |weights: &mut Weights| {
            let place = at(weights, name);
            let mut values = weights.0[place].to_vec();
            values[1] = value;
            weights.0[place] = changed(&weights.0[place], values);
        }
    };
    let missing = refused(&|weights| drop(weights.0.remove(at(weights, "encoder.5.0.bias"))), Precision::Fp32);
    assert!(matches!(&missing, ExportError::Missing(name) if name == "encoder.5.0.bias"), "{missing}");
    let nan = refused(&set("decoder_b.face.0.weight", f32::NAN), Precision::Fp32);
    assert!(matches!(&nan, ExportError::NotFinite(name) if name == "decoder_b.face.0.weight"), "{nan}");
    let large = refused(&set("inter.0.weight", 70_000.0), Precision::Fp16);
    assert!(large.to_string().contains("inter.0.weight") && large.to_string().contains("--precision fp32"), "{large}");
    assert!(export(&network, &weights, &metadata(), Precision::Fp32).is_ok());
    let shape = refused(&|weights| weights.0[0].shape = vec![8, 3, 3, 3], Precision::Fp32);
    assert!(shape.to_string().contains("encoder.0.weight") && shape.to_string().contains("convolution"), "{shape}");
    let short = refused(&|weights| weights.0[0] = changed(&weights.0[0], vec![0.0; 7]), Precision::Fp32);
    assert!(short.to_string().contains("encoder.0.weight") && short.to_string().contains("7 values"), "{short}");
}

#[test]
fn crops_of_another_size_are_refused() {
    let (network, weights) = made(shared());
    let bytes = export(&network, &weights, &metadata(), Precision::Fp32).unwrap();
    let small = crops(1).narrow(2, 0, 16);
    let error = verify(&bytes, &network, &weights, &small).unwrap_err().to_string();
    assert!(error.contains("[1, 3, 16, 32]") && error.contains("[N, 3, 32, 32]"), "{error}");
    assert!(calibrate(&network, &weights, &small).is_err());
}

/// The rules of ONNX itself, from its Python package, types and shapes included.
#[test]
fn onnx_checks_it() {
    if !python(&["-c", "import onnx"]).success() {
        println!("skipped: python3 has no package onnx; `./run test` installs it");
        return;
    }
    const CHECK: &str = "import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)";
    let check = |path: &Path| python(&["-c", CHECK, path.to_str().unwrap()]).success();
    for (family, blueprint) in families() {
        let (network, weights) = made(blueprint);
        let ranges = calibrate(&network, &weights, &crops(2)).unwrap();
        for precision in [Precision::Fp32, Precision::Fp16, Precision::Int8(&ranges)] {
            let bytes = export(&network, &weights, &metadata(), precision).unwrap();
            let (_folder, path) = saved(&bytes);
            assert!(check(&path), "{family}, {}", precision.name());
        }
    }
    // The check can fail: a convolution without its input.
    let (network, weights) = made(shared());
    let mut model =
        Model::decode(export(&network, &weights, &metadata(), Precision::Fp32).unwrap().as_slice()).unwrap();
    model.graph.as_mut().unwrap().node[1].input[0] = "nothing".to_owned();
    let (_folder, path) = saved(&model.encode_to_vec());
    assert!(!check(&path));
}

fn python(arguments: &[&str]) -> std::process::ExitStatus {
    let started = Command::new("python3").args(arguments).stderr(std::process::Stdio::null()).status();
    started.unwrap_or_else(|_| Command::new("false").status().unwrap())
}

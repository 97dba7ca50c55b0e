//! The network as passes of our own gives what ONNX Runtime gives, and moves nothing.
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;
mod gpu_support;

use common::onnx::SwapModel;
use prost::Message;
use standin::gpu::GpuDevice;
use standin::onnx::Model;
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::graph::{Array, Operand, Operator, Order, Step, SwapGraph, Unary};
use standin::swap::passes::{Binding, NetworkPasses, Plan};
use standin::swap::{Engine, GpuEngine, ModelFile, OnnxEngine, Tier, not_finite};

/// The largest difference that rounding in another order makes, of values 0..1, and the mean one.
const SINGLE: (f32, f32) = (1e-4, 1e-5);
/// With values of 16 bits between.
const HALF: (f32, f32) = (4.0 / 255.0, 0.5 / 255.0);

/// A crop with slopes and a grain.
fn picture(crop: &mut [f32], side: usize) {
    for (i, value) in crop.iter_mut().enumerate() {
        let (x, y, channel) = ((i / 3 % side) as f32, (i / 3 / side) as f32, (i % 3) as f32);
        let grain = ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
        *value = 0.1 * grain + 0.45 + 0.4 * ((x * 0.2 + channel).sin() * (y * 0.15 + 0.3 * channel).cos());
    }
}

fn graph(file: &ModelFile) -> SwapGraph {
    SwapGraph::read(&Model::decode(file.bytes()).unwrap(), &file.contract()).unwrap()
}

fn compare(gpu: &GpuDevice, file: &ModelFile, tier: Tier, morphs: &[f32]) {
    let mut host = OnnxEngine::new(&Runtime::load(None).unwrap(), file, NetworkOptions::default()).unwrap();
    let network = NetworkPasses::several(&Plan::new(&graph(file), tier), gpu.device(), None, 1).unwrap().remove(0);
    let side = host.resolution();
    for &morph in morphs {
        picture(host.crop_mut(), side);
        let crop = host.crop_mut().to_vec();
        let generated = host.run(morph).unwrap();
        let expected = [generated.driver_mask, generated.face, generated.face_mask].concat();
        let pixels = side * side;
        let found = gpu_support::drawn(gpu, &network, &crop, morph, [pixels, 3 * pixels, pixels]).concat();
        assert_eq!(found.len(), expected.len());
        let differences: Vec<f32> = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).collect();
        let most = differences.iter().copied().fold(0.0, f32::max);
        let mean = differences.iter().sum::<f32>() / differences.len() as f32;
        let name = file.path().file_name().unwrap().display();
        println!("{name} at morph {morph}: max {most:.1e}, mean {mean:.1e}, {} dispatches", network.dispatches());
        let (largest, average) = if tier == Tier::Single { SINGLE } else { HALF };
        assert!(differences.iter().all(|one| *one < largest) && mean < average, "{name}: max {most}, mean {mean}");
    }
}

fn made(gpu: &GpuDevice, tier: Tier) {
    let folder = tempfile::tempdir().unwrap();
    let models: [(&str, SwapModel, &[f32]); 10] = [
        ("norm", SwapModel::norm_of_large(), &[0.0]),
        ("plain", SwapModel::plain(), &[0.0]),
        ("half", SwapModel::half_precision(), &[0.0]),
        ("dense", SwapModel::dense(32), &[0.0]),
        ("varied", SwapModel::varied(), &[0.0]),
        ("tiled", SwapModel::tiled(), &[0.0]),
        ("joined", SwapModel::joined(), &[0.0]),
        ("saved by ONNX Runtime", SwapModel::saved_by_onnx_runtime(), &[0.0]),
        ("morph", SwapModel::morph(), &[0.0, 0.3, 1.0]),
        // 0.7 · 10 and its like: the channel at which the codes meet must be the same one.
        ("spliced", SwapModel::spliced(), &[0.0, 0.1, 0.125, 0.3, 0.5, 0.7, 0.75, 0.999, 1.0]),
    ];
    for (name, model, morphs) in models {
        let file = ModelFile::open(model.save(folder.path(), &format!("{name}.dfm"))).unwrap();
        compare(gpu, &file, tier, morphs);
    }
    compare(gpu, &ModelFile::open("models/ben.dfm").unwrap(), tier, &[0.0]);
}

#[test]
fn the_passes_draw_what_the_processor_draws() {
    let Some(gpu) = gpu_support::device() else { return };
    made(&gpu, Tier::Single);
}

#[test]
fn sixteen_bits_draw_nearly_the_same() {
    let Some(gpu) = gpu_support::device() else { return };
    let tiers: Vec<_> = Tier::of(gpu.device()).into_iter().filter(|tier| *tier != Tier::Single).collect();
    if tiers.is_empty() {
        eprintln!("skipped: {} has no 16-bit floats", gpu.info());
    }
    tiers.into_iter().for_each(|tier| made(&gpu, tier));
}

#[test]
fn files_of_other_tools_run() {
    let Some(gpu) = gpu_support::device() else { return };
    for name in ["ben.dfm", "speed_128.dfm"] {
        let Some(path) = common::swap_model(name) else { continue };
        compare(&gpu, &ModelFile::open(path).unwrap(), Tier::Single, &[0.0]);
    }
}

#[test]
fn what_is_no_number_is_counted_as_its_twin_counts() {
    let Some(gpu) = gpu_support::device() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile::open(SwapModel::root_of_what_is_dark().save(folder.path(), "root.dfm")).unwrap();
    let engine = GpuEngine::with_tier(&file, &gpu, 1, Tier::Single).unwrap().remove(0);
    let network = engine.network();
    let side = network.resolution();
    let passes =
        NetworkPasses::several(&Plan::new(&graph(&file), Tier::Single), gpu.device(), None, 1).unwrap().remove(0);
    // The root of less than nothing is no number.
    for bright in [0, 1, 7, side * side] {
        let crop: Vec<f32> = (0..3 * side * side).map(|i| if i / 3 < bright { 1.0 } else { 0.1 }).collect();
        let pixels = side * side;
        let pictures = gpu_support::drawn(&gpu, &passes, &crop, 0.0, [pixels, 3 * pixels, pixels]);
        let expected: usize = pictures.iter().map(|picture| not_finite(picture)).sum();
        assert_eq!(expected > 0, bright > 0, "{bright} bright pixels");

        gpu.queue().write_buffer(network.crop(), 0, bytemuck::cast_slice(&crop));
        let (count, bytes) = network.not_finite();
        let back = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes,
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        network.record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()), 0.0);
        encoder.copy_buffer_to_buffer(count, 0, &back, 0, bytes);
        gpu.queue().submit([encoder.finish()]);
        back.map_async(wgpu::MapMode::Read, .., |done| done.unwrap());
        gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        let found: f32 = bytemuck::pod_read_unaligned(&back.get_mapped_range(..).unwrap());
        assert_eq!(found, expected as f32, "{bright} bright pixels");
    }
}

/// Every shader of a plan is valid, whether or not the tests' adapter has 16-bit floats.
#[test]
fn every_shader_of_every_operator_is_valid() {
    use naga::valid::{Capabilities, ValidationFlags, Validator};
    let folder = tempfile::tempdir().unwrap();
    let models = [
        SwapModel::varied(),
        SwapModel::spliced(),
        SwapModel::morph(),
        SwapModel::dense(32),
        SwapModel::plain(),
        SwapModel::tiled(),
        SwapModel::joined(),
    ];
    let mut seen = std::collections::BTreeSet::new();
    let capabilities = Capabilities::SHADER_FLOAT16 | Capabilities::COOPERATIVE_MATRIX;
    let mut files: Vec<_> = models
        .into_iter()
        .enumerate()
        .map(|(n, model)| ModelFile::open(model.save(folder.path(), &format!("{n}.dfm"))).unwrap())
        .collect();
    // It has many convolutions on matrices; of those above `varied` has one.
    files.push(ModelFile::open("models/ben.dfm").unwrap());
    let mut on_matrices = 0;
    for file in files {
        for tier in [Tier::Single, Tier::Half, Tier::Matrices] {
            for pass in Plan::new(&graph(&file), tier).passes {
                let module = naga::front::wgsl::parse_str(&pass.text)
                    .unwrap_or_else(|error| panic!("{}: {}", pass.name, error.emit_to_string(&pass.text)));
                let checked = Validator::new(ValidationFlags::all(), capabilities).validate(&module);
                checked.unwrap_or_else(|error| panic!("{}: {}", pass.name, error.emit_to_string(&pass.text)));
                seen.insert(pass.name.split(' ').next().unwrap().to_owned());
                on_matrices += usize::from(pass.text.contains("coopMultiplyAdd"));
            }
        }
    }
    assert!(seen.len() >= 10, "{seen:?}");
    assert!(on_matrices >= 10, "{on_matrices} passes on matrices");
}

#[test]
fn what_is_no_number_stays_none() {
    let Some(gpu) = gpu_support::device() else { return };
    let numbers = [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, -1.0, 0.5];
    for (unary, expected) in [
        (Unary::Tanh, [f32::NAN, -1.0, 1.0, (-1.0_f32).tanh(), 0.5_f32.tanh()]),
        (Unary::LeakyRelu(0.0), [f32::NAN, 0.0, f32::INFINITY, 0.0, 0.5]),
        (Unary::LeakyRelu(0.2), [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, -0.2, 0.5]),
    ] {
        let graph = SwapGraph::of_step(Operator::Unary(unary), vec![1, 5], vec![1, 5], vec![]);
        let network =
            NetworkPasses::several(&Plan::new(&graph, Tier::Single), gpu.device(), None, 1).unwrap().remove(0);
        let [found, ..] = gpu_support::drawn(&gpu, &network, &numbers, 0.0, [5; 3]);
        for (found, expected) in found.iter().zip(expected) {
            let same = found.is_nan() && expected.is_nan() || *found == expected || (found - expected).abs() < 1e-5;
            assert!(same, "{unary:?}: {found} and not {expected}");
        }
    }
}

#[test]
fn two_pictures_are_convolved_each_and_large_layers_are_whole_or_refused() {
    let Some(gpu) = gpu_support::device() else { return };
    let weight = Array { shape: vec![1, 1, 1, 1], values: vec![2.0] };
    let convolution = Operator::Convolution { stride: [1; 2], pads: [0; 4], groups: 1, slope: None };
    let graph = SwapGraph::of_step(convolution, vec![2, 1, 2, 2], vec![2, 1, 2, 2], vec![weight]);
    let network = NetworkPasses::several(&Plan::new(&graph, Tier::Single), gpu.device(), None, 1).unwrap().remove(0);
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let [found, ..] = gpu_support::drawn(&gpu, &network, &numbers, 0.0, [8; 3]);
    assert!(found.iter().zip(numbers).all(|(found, number)| *found == 2.0 * number), "{found:?}");

    // More rows than a dispatch has groups along an axis.
    let limits = wgpu::Limits {
        max_buffer_size: u64::MAX,
        max_storage_buffer_binding_size: u64::MAX,
        max_compute_workgroups_per_dimension: 65_535,
        ..wgpu::Limits::default()
    };
    let weight = Array { shape: vec![1, 64], values: vec![1.0; 64] };
    let wide = SwapGraph::of_step(Operator::Dense, vec![70_000, 1], vec![70_000, 64], vec![weight]);
    let error = Plan::new(&wide, Tier::Single).fits(&limits).unwrap_err();
    assert!(error.contains("70000 workgroups"), "{error}");
    let weight = Array { shape: vec![1, 70], values: (0..70_u8).map(f32::from).collect() };
    let long = SwapGraph::of_step(Operator::Dense, vec![60_000, 1], vec![60_000, 70], vec![weight]);
    let plan = Plan::new(&long, Tier::Single);
    plan.fits(&limits).unwrap();
    let network = NetworkPasses::several(&plan, gpu.device(), None, 1).unwrap().remove(0);
    let [found, ..] = gpu_support::drawn(&gpu, &network, &vec![1.0; 60_000], 0.0, [60_000 * 70, 1, 1]);
    assert!(found.iter().enumerate().all(|(i, value)| *value == (i % 70) as f32), "all 4.2 million are written");
}

#[test]
fn a_pass_that_is_refused_is_named_and_the_device_goes_on() {
    let Some(gpu) = gpu_support::device() else { return };
    let graph = graph(&ModelFile::open("models/ben.dfm").unwrap());
    let plan = || Plan::new(&graph, Tier::Single);
    let make = |plan: &Plan| gpu.attempt("refused", |device, _| NetworkPasses::several(plan, device, None, 1));
    // At each place, so that every thread is likely to meet one.
    for n in 0..plan().passes.len() {
        let mut broken = plan();
        broken.passes[n].text = "not a shader".to_owned();
        let error = make(&broken).unwrap_err().to_string();
        assert!(error.contains(&format!("{}: ", broken.passes[n].name)), "pass {n}: {error}");
        assert!(!gpu.is_lost(), "pass {n}: the device is given up");
    }
    let whole = NetworkPasses::several(&plan(), gpu.device(), None, 1).unwrap();
    assert_eq!(whole[0].dispatches(), plan().passes.len());
}

#[test]
fn what_bends_or_moves_values_is_done_as_they_are_stored() {
    let kinds = |file: &ModelFile| {
        let plan = Plan::new(&graph(file), Tier::Single);
        let bytes = plan.passes.iter().flat_map(|pass| &pass.bindings).map(|binding| match *binding {
            Binding::Value { bytes, .. } | Binding::Numbers { bytes, .. } => bytes,
            Binding::Input => plan.input,
            Binding::Output(n) => plan.outputs[n],
            Binding::Weights { .. } => 0,
        });
        let bytes: u64 = bytes.sum();
        let mut kinds = std::collections::BTreeMap::<String, usize>::new();
        plan.passes
            .iter()
            .for_each(|pass| *kinds.entry(pass.name.split(' ').next().unwrap().to_owned()).or_default() += 1);
        println!(
            "{}: {} dispatches, {bytes} bytes of values bound, {kinds:?}",
            file.path().display(),
            plan.passes.len()
        );
        (plan.passes.len(), kinds)
    };
    let (dispatches, kinds_of_ben) = kinds(&ModelFile::open("models/ben.dfm").unwrap());
    // Two dense layers are two dispatches each; a picture is turned once, at the beginning.
    assert_eq!(dispatches, 23, "{kinds_of_ben:?}");
    for kind in ["Unary", "DepthToSpace", "Binary", "Concat"] {
        assert!(!kinds_of_ben.contains_key(kind), "{kinds_of_ben:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (dispatches, _) = kinds(&ModelFile::open(SwapModel::spliced().save(folder.path(), "spliced.dfm")).unwrap());
    assert!(dispatches <= 10, "{dispatches}");
    let (dispatches, kinds) = kinds(&ModelFile::open(SwapModel::joined().save(folder.path(), "joined.dfm")).unwrap());
    // The factors by channel, and half a mask; what is there twice is put to its places by itself.
    assert_eq!((dispatches, kinds.get("Binary"), kinds.get("Concat")), (18, Some(&2), Some(&2)), "{kinds:?}");
}

#[test]
fn a_chain_of_moves_gives_what_its_steps_give() {
    let Some(gpu) = gpu_support::device() else { return };
    // Channels 4 and 2 × 3 pixels, doubled; to pixels by 2 × 2; turned; bent; turned back.
    let (numbers, sides): (Vec<f32>, _) = ((0..24_u8).map(|n| f32::from(n) - 12.0).collect(), [4_usize, 2, 3]);
    let doubled = Operator::Convolution { stride: [1; 2], pads: [0; 4], groups: 4, slope: None };
    let weight = Array { shape: vec![4, 1, 1, 1], values: vec![2.0; 4] };
    for order in [Order::Dcr, Order::Crd] {
        let mut graph = SwapGraph::of_step(doubled.clone(), vec![1, 4, 2, 3], vec![1, 4, 2, 3], vec![weight.clone()]);
        let behind = [
            (Operator::DepthToSpace { block: 2, order }, vec![1, 1, 4, 6]),
            (Operator::Transpose { order: vec![0, 3, 2, 1] }, vec![1, 6, 4, 1]),
            (Operator::Unary(Unary::LeakyRelu(0.5)), vec![1, 6, 4, 1]),
            (Operator::Reshape, vec![1, 24]),
            (Operator::Unary(Unary::Negate), vec![1, 24]),
        ];
        for (operator, shape) in behind {
            let input = graph.shapes.len() - 1;
            graph.shapes.push(shape);
            graph.steps.push(Step { operator, inputs: vec![Operand::Value(input)], output: input + 1 });
        }
        graph.outputs = [graph.shapes.len() - 1; 3];
        let plan = Plan::new(&graph, Tier::Single);
        // The other two pictures are copies of the first.
        assert_eq!(plan.passes.len(), 3, "{:?}", plan.passes.iter().map(|pass| &pass.name).collect::<Vec<_>>());
        let network = NetworkPasses::several(&plan, gpu.device(), None, 1).unwrap().remove(0);
        let drawn = gpu_support::drawn(&gpu, &network, &numbers, 0.0, [24; 3]);
        let mut expected = vec![0.0; 24];
        let [_, high, wide] = sides;
        for (n, number) in numbers.iter().enumerate() {
            let (channel, y, x) = (n / (high * wide), n / wide % high, n % wide);
            // One channel is left, so that both orders are the same but for which bit is which.
            let (row, column) = (2 * y + channel / 2, 2 * x + channel % 2);
            let doubled = 2.0 * number;
            expected[column * 4 + row] = -if doubled > 0.0 { doubled } else { 0.5 * doubled };
        }
        assert!(drawn.iter().all(|picture| *picture == expected), "{order:?}: {drawn:?} and not {expected:?}");
    }
}

#[test]
fn one_plan_holds_all_values_in_little_memory_and_reads_what_was_written() {
    let file = ModelFile::open("models/ben.dfm").unwrap();
    let graph = graph(&file);
    let (single, half) = (Plan::new(&graph, Tier::Single), Plan::new(&graph, Tier::Half));
    let values: u64 = graph.shapes.iter().map(|shape| 4 * shape.iter().product::<usize>() as u64).sum();
    assert!(single.arena < values / 3, "{} of {values} bytes", single.arena);
    assert!(half.arena * 2 <= single.arena + 65_536 && half.weights.len() * 2 <= single.weights.len() + 65_536);
    assert_eq!(single.passes.len(), half.passes.len());
    for plan in [&single, &half, &Plan::new(&graph, Tier::Matrices)] {
        reads_what_was_written(plan);
    }
}

/// No pass writes what it reads, and none reads what nothing wrote.
fn reads_what_was_written(plan: &Plan) {
    let range = |binding: &Binding| match *binding {
        Binding::Value { offset, bytes } => Some(offset..offset + bytes),
        _ => None,
    };
    let mut written: Vec<std::ops::Range<u64>> = Vec::new();
    for pass in &plan.passes {
        let mut inputs = pass.bindings.clone();
        let out = &inputs.remove(pass.written);
        for input in inputs.iter().filter_map(range) {
            assert!(written.contains(&input), "{} reads {input:?}", pass.name);
            let apart = range(out).is_none_or(|out| out.end <= input.start || input.end <= out.start);
            assert!(apart, "{} writes {out:?} over {input:?}", pass.name);
        }
        if let Some(out) = range(out) {
            written.retain(|other| other.end <= out.start || out.end <= other.start || *other == out);
            written.push(out);
        }
    }
    let written: Vec<_> = plan.passes.iter().map(|pass| &pass.bindings[pass.written]).collect();
    assert!((0..3).all(|n| written.contains(&&Binding::Output(n))));
}

//! `pass_times MODEL… [--passes MODEL…]`: how near each tier of a GPU comes to the processor's picture and how fast it is, and
//! for the models behind `--passes` what each pass takes with each tier and each tile of matrices.
//!
//! A model is a `.dfm` file, or a model of `standin-train` and its side (`df-udt:224`), which then has weights of chance. Times
//! are by the GPU's own clock, the mean of passes that are recorded one behind the other.
#![allow(missing_docs, clippy::print_stderr, reason = "a program for developers")]

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use burn::tensor::Device;
use prost::Message as _;
use standin::face::{Alignment, FaceType};
use standin::gpu::{GpuDevice, Selection};
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::convolution::Convolution;
use standin::swap::graph::SwapGraph;
use standin::swap::onnx::Model;
use standin::swap::passes::matrices::Tile;
use standin::swap::passes::{NetworkPasses, Plan, Tier};
use standin::swap::{Engine, GpuEngine, ModelFile, OnnxEngine};
use standin::train::export::{Metadata, Precision, export};
use standin::train::zoo::Network;
use standin::train::zoo::preset::Dimensions;

/// How often each is recorded.
const TIMES: u32 = 20;

fn main() -> anyhow::Result<()> {
    let gpu = GpuDevice::open(&Selection::Auto)?;
    let info = gpu.adapter().get_info();
    println!(
        "{}, driver {} {}, subgroups of {} to {}",
        gpu.info(),
        info.driver,
        info.driver_info,
        info.subgroup_min_size,
        info.subgroup_max_size
    );
    for of in gpu.adapter().cooperative_matrix_properties() {
        println!("   matrices {} x {} x {}, {:?} to {:?}", of.m_size, of.n_size, of.k_size, of.ab_type, of.cr_type);
    }
    let tiers = Tier::of(gpu.device(), gpu.adapter());
    println!("   tiers: {tiers:?}");
    let runtime = Runtime::load(None)?;
    let folder = tempfile::tempdir()?;
    let mut with_passes = false;
    for name in std::env::args().skip(1) {
        if name == "--passes" {
            with_passes = true;
        } else if let Err(error) = model(&name, &gpu, &tiers, &runtime, folder.path(), with_passes) {
            println!("{name}: {error:#}");
        }
    }
    Ok(())
}

fn model(
    name: &str,
    gpu: &GpuDevice,
    tiers: &[Tier],
    runtime: &Runtime,
    folder: &Path,
    with_passes: bool,
) -> anyhow::Result<()> {
    let path = if name.ends_with(".dfm") { PathBuf::from(name) } else { of_chance(name, folder)? };
    let file = ModelFile::open(&path)?;
    let graph = SwapGraph::read(&Model::decode(file.bytes())?, &file.contract())?;
    let flop = 2.0 * graph.steps.iter().map(|step| graph.work(step).multiplications as f64).sum::<f64>();
    println!("\n{name}: {:.1} GFLOP", flop / 1e9);
    let expected = pictures(&mut OnnxEngine::new(runtime, &file, NetworkOptions::default())?)?;
    for &tier in tiers {
        let plan = Plan::new(&graph, tier);
        let begun = std::time::Instant::now();
        let made = GpuEngine::with_tier(&file, gpu, 1, tier).map_err(|error| anyhow!("{error}"));
        let loaded = begun.elapsed().as_secs_f32();
        let drawn = made.and_then(|mut engines| pictures(&mut engines.remove(0)));
        match drawn {
            Ok(found) => {
                let differences = || found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
                let (most, mean) = (differences().fold(0.0, f32::max), differences().sum::<f32>() / found.len() as f32);
                let ms = whole(gpu, &plan)?;
                println!(
                    "   {tier}: {ms:.3} ms a network, {:.1} TFLOP/s; max {most:.1e}, mean {mean:.1e} of the processor's; loaded in {loaded:.2} s, {} passes",
                    flop / ms / 1e9,
                    plan.passes.len()
                );
            }
            Err(error) => println!("   {tier}: {error:#}"),
        }
    }
    if with_passes { table(gpu, &graph, tiers) } else { Ok(()) }
}

/// Each pass with each tier and each tile.
fn table(gpu: &GpuDevice, graph: &SwapGraph, tiers: &[Tier]) -> anyhow::Result<()> {
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    for tier in [Tier::Single, Tier::Half].into_iter().filter(|tier| tiers.contains(tier)) {
        columns.push((format!("{tier:?}"), passes(gpu, &Plan::new(graph, tier))?));
    }
    let shapes = RefCell::new(Vec::new());
    let mut tiled = Vec::new();
    if tiers.contains(&Tier::Matrices) {
        for n in 0..8 {
            shapes.borrow_mut().clear();
            let tile_of = |shape: &Convolution| {
                let tiles = Tile::candidates(shape.output[0]);
                shapes.borrow_mut().push((*shape, tiles[n % tiles.len()], n < tiles.len()));
                Some(tiles[n % tiles.len()])
            };
            let plan = Plan::tiled(graph, Tier::Matrices, &tile_of);
            let times = passes(gpu, &plan)?;
            let mut shapes = shapes.borrow().clone().into_iter();
            let at: Vec<_> = plan
                .passes
                .iter()
                .map(|pass| pass.text.contains("coop_mat").then(|| shapes.next()).flatten())
                .collect();
            tiled.push((times, at));
        }
    }
    let plan = Plan::new(graph, Tier::Half);
    for (at, pass) in plan.passes.iter().enumerate() {
        print!("   {:36}", pass.name);
        columns.iter().for_each(|(name, times)| print!(" {name} {:.4}", times[at]));
        for (times, shapes) in &tiled {
            if let Some((shape, Tile { subgroups: [a, b], matrices: [c, d] }, true)) = shapes[at] {
                let gflop = 2.0 * shape.multiplications() as f64 / 1e9;
                print!(" | {a}{b}{c}{d} {:.4} {:.1}T", times[at], gflop / times[at]);
            }
        }
        println!();
    }
    Ok(())
}

fn whole(gpu: &GpuDevice, plan: &Plan) -> anyhow::Result<f64> {
    let network = NetworkPasses::several(plan, gpu.device(), None, 1).remove(0);
    let record: &dyn Fn(&mut wgpu::ComputePass<'_>) = &|pass| network.record(pass);
    timed(gpu, &[record])?.first().copied().ok_or_else(|| anyhow!("nothing was timed"))
}

fn passes(gpu: &GpuDevice, plan: &Plan) -> anyhow::Result<Vec<f64>> {
    let network = &NetworkPasses::several(plan, gpu.device(), None, 1).remove(0);
    let records: Vec<_> =
        (0..plan.passes.len()).map(|at| move |pass: &mut wgpu::ComputePass<'_>| network.record_one(pass, at)).collect();
    let records: Vec<_> = records.iter().map(|record| record as &dyn Fn(&mut wgpu::ComputePass<'_>)).collect();
    timed(gpu, &records)
}

/// Milliseconds of each, the mean of [`TIMES`] behind as many to warm up.
fn timed(gpu: &GpuDevice, records: &[&dyn Fn(&mut wgpu::ComputePass<'_>)]) -> anyhow::Result<Vec<f64>> {
    let (device, queue) = (gpu.device(), gpu.queue());
    if !device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
        bail!("{} writes no timestamps", gpu.info());
    }
    let count = 2 * records.len() as u32;
    let queries =
        device.create_query_set(&wgpu::QuerySetDescriptor { label: None, ty: wgpu::QueryType::Timestamp, count });
    let bytes = 8 * u64::from(count);
    let buffer = |usage| {
        device.create_buffer(&wgpu::BufferDescriptor { label: None, size: bytes, usage, mapped_at_creation: false })
    };
    let resolved = buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
    let back = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
    for is_timed in [false, true] {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (n, record) in records.iter().enumerate() {
            let timestamp_writes = is_timed.then_some(wgpu::ComputePassTimestampWrites {
                query_set: &queries,
                beginning_of_pass_write_index: Some(2 * n as u32),
                end_of_pass_write_index: Some(2 * n as u32 + 1),
            });
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes });
            (0..TIMES).for_each(|_| record(&mut pass));
        }
        encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
        encoder.copy_buffer_to_buffer(&resolved, 0, &back, 0, bytes);
        queue.submit([encoder.finish()]);
        device.poll(wgpu::PollType::wait_indefinitely())?;
    }
    back.map_async(wgpu::MapMode::Read, .., |_| {});
    device.poll(wgpu::PollType::wait_indefinitely())?;
    let data = back.get_mapped_range(..)?;
    let ticks: &[u64] = bytemuck::cast_slice(&data);
    let period = f64::from(queue.get_timestamp_period()) * 1e-6 / f64::from(TIMES);
    Ok(ticks.chunks_exact(2).map(|of| of[1].saturating_sub(of[0]) as f64 * period).collect())
}

fn pictures(engine: &mut dyn Engine) -> anyhow::Result<Vec<f32>> {
    for (i, value) in engine.crop_mut().iter_mut().enumerate() {
        *value = ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
    }
    let generated = engine.run(0.0)?;
    Ok([generated.driver_mask, generated.face, generated.face_mask].concat())
}

/// A model of the zoo with weights of chance, in 16 bits.
fn of_chance(name: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let (model, side) =
        name.split_once(':').context("neither a .dfm file nor a model and its side, such as df-udt:224")?;
    let wanted = Dimensions::named(model).with_context(|| format!("no model is called {model}"))?;
    let dimensions = Dimensions { resolution: side.parse()?, ..wanted };
    let network = Network::new(dimensions.blueprint()?)?;
    let metadata = Metadata {
        name: "Nobody".to_owned(),
        face_type: FaceType::WholeFace,
        coverage: 2.2,
        alignment: Alignment::Rigid,
        registration: None,
        skull_centre: None,
        sharpen: None,
        model: model.to_owned(),
        steps: 0,
        faceset_a: Vec::new(),
        faceset_b: Vec::new(),
        who: "Nobody".to_owned(),
        licence: "CC0-1.0".to_owned(),
    };
    let path = folder.join(format!("{model}.dfm"));
    std::fs::write(&path, export(&network, &network.init(7, &Device::flex()), &metadata, Precision::Fp16)?)?;
    Ok(path)
}

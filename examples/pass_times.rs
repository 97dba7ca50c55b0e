//! `pass_times MODEL… [--passes MODEL…]`: how near each tier of a GPU comes to the processor's picture and how fast
//! it is, and for the models behind `--passes` what each pass takes with each tier and each share of matrices.
//!
//! A model is a `.dfm` file, or a model of `standin-train` and its side (`df-udt:224`), which then has weights of
//! chance. Times are by the GPU's own clock, the mean of several rounds; of a whole network in a row, as a stream runs
//! it. `--json FILE` writes the same figures for programs.
#![allow(missing_docs, clippy::print_stderr, reason = "a program for developers")]

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use burn::tensor::Device;
use prost::Message as _;
use serde::Serialize;
use standin::face::{Alignment, FaceType};
use standin::gpu::{GpuDevice, Selection};
use standin::onnx::Model;
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::convolution::Convolution;
use standin::swap::graph::SwapGraph;
use standin::swap::passes::matrices::{Share, share};
use standin::swap::passes::{NetworkPasses, Plan, Tier};
use standin::swap::{Engine, GpuEngine, ModelFile, OnnxEngine};
use standin::train::export::{Metadata, Precision, export};
use standin::train::zoo::Network;
use standin::train::zoo::preset::Dimensions;

/// How long everything runs before it is timed.
const WARM_UP: std::time::Duration = std::time::Duration::from_millis(500);
/// How often each is recorded.
const TIMES: u32 = 20;
/// Networks in a row between two looks at the clock: one alone is over before a GPU has raised its own.
const IN_A_ROW: u32 = 10;

/// What was measured.
#[derive(Serialize)]
struct Report {
    adapter: String,
    driver: String,
    models: Vec<ModelReport>,
}

#[derive(Serialize)]
struct ModelReport {
    name: String,
    gflop: f64,
    tiers: Vec<TierReport>,
    convolutions: Vec<ShapeReport>,
}

/// A model with one tier, or why not.
#[derive(Serialize)]
struct TierReport {
    tier: String,
    refused: Option<String>,
    /// Largest and mean difference to the processor's pictures, of 0..1.
    apart: Option<[f32; 2]>,
    loaded_s: f32,
    whole_ms: Option<f64>,
    /// Each pass by itself.
    passes_ms: Vec<(String, f64)>,
}

/// A convolution on matrix units, alone.
#[derive(Serialize)]
struct ShapeReport {
    input: [usize; 3],
    output: [usize; 3],
    kernel: [usize; 2],
    gflop: f64,
    /// Milliseconds, and over how many workgroups each sum is shared out; 0 for 16-bit floats without matrices. The
    /// first is the one that is taken.
    shares_ms: Vec<(usize, f64)>,
}

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
    let tiers = Tier::of(gpu.device());
    println!("   tiers: {tiers:?}");
    let runtime = Runtime::load(None)?;
    // Its models stay, for others to time them, too.
    let folder = std::env::temp_dir().join("standin-pass-times");
    std::fs::create_dir_all(&folder)?;
    let (mut with_passes, mut failed, mut json) = (false, 0, None);
    let driver = [info.driver, info.driver_info].join(" ");
    let mut report = Report { adapter: gpu.info().to_string(), driver, models: Vec::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--passes" => with_passes = true,
            "--json" => json = Some(PathBuf::from(arguments.next().context("--json wants a file")?)),
            _ => match model(&name, &gpu, &tiers, &runtime, &folder, with_passes) {
                Ok(measured) => {
                    report.models.push(measured);
                    // What comes later may take too long.
                    write(&report, json.as_deref())?;
                }
                Err(error) => {
                    println!("{name}: {error:#}");
                    failed += 1;
                }
            },
        }
    }
    if failed > 0 {
        bail!("{failed} models could not be timed");
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
) -> anyhow::Result<ModelReport> {
    let path = if name.ends_with(".dfm") { PathBuf::from(name) } else { of_chance(name, folder)? };
    let file = ModelFile::open(&path)?;
    let graph = SwapGraph::read(&Model::decode(file.bytes())?, &file.contract())?;
    let flop = 2.0 * graph.steps.iter().map(|step| graph.work(step).multiplications as f64).sum::<f64>();
    println!("\n{name}: {:.1} GFLOP", flop / 1e9);
    let expected = pictures(&mut OnnxEngine::new(runtime, &file, NetworkOptions::default())?)?;
    let mut report =
        ModelReport { name: name.to_owned(), gflop: flop / 1e9, tiers: Vec::new(), convolutions: Vec::new() };
    for &tier in tiers {
        let plan = Plan::new(&graph, tier);
        let begun = std::time::Instant::now();
        let made = GpuEngine::with_tier(&file, gpu, 1, tier).map_err(|error| anyhow!("{error}"));
        let loaded_s = begun.elapsed().as_secs_f32();
        let drawn = made.and_then(|mut engines| pictures(&mut engines.remove(0)));
        let (tier, passes_ms) = (tier.to_string(), Vec::new());
        let mut measured = TierReport { tier, refused: None, apart: None, loaded_s, whole_ms: None, passes_ms };
        match drawn {
            Ok(found) => {
                let differences = || found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
                let (most, mean) = (differences().fold(0.0, f32::max), differences().sum::<f32>() / found.len() as f32);
                measured.apart = Some([most, mean]);
                let (loaded, passes) = (format!("loaded in {loaded_s:.2} s"), plan.passes.len());
                println!(
                    "   {}: max {most:.1e}, mean {mean:.1e} of the processor's; {loaded}, {passes} passes",
                    measured.tier
                );
                match whole(gpu, &plan) {
                    Ok(ms) => {
                        measured.whole_ms = Some(ms);
                        println!("      {ms:.3} ms a network, {:.1} TFLOP/s", flop / ms / 1e9);
                    }
                    Err(error) => println!("      not timed: {error:#}"),
                }
            }
            Err(error) => {
                println!("   {}: {error:#}", measured.tier);
                measured.refused = Some(format!("{error:#}"));
            }
        }
        report.tiers.push(measured);
    }
    if with_passes && let Err(error) = table(gpu, &graph, tiers, &mut report) {
        println!("   not timed further: {error:#}");
    }
    Ok(report)
}

/// Writes what was measured so far.
fn write(report: &Report, file: Option<&Path>) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    std::fs::write(file, serde_json::to_vec_pretty(report)?).with_context(|| file.display().to_string())
}

/// Each pass with each tier, in order, as a network runs them, and their sum; then each convolution alone by its parts.
fn table(gpu: &GpuDevice, graph: &SwapGraph, tiers: &[Tier], report: &mut ModelReport) -> anyhow::Result<()> {
    for (&tier, measured) in tiers.iter().zip(&mut report.tiers) {
        let plan = Plan::new(graph, tier);
        let times = passes(gpu, &plan)?;
        println!("   {tier}: {:.3} ms in all passes", times.iter().sum::<f64>());
        for (pass, ms) in plan.passes.iter().zip(times) {
            println!("      {:36} {ms:.4} ms", pass.name);
            measured.passes_ms.push((pass.name.to_string(), ms));
        }
    }
    if !tiers.contains(&Tier::Matrices) {
        return Ok(());
    }
    let shapes = RefCell::new(Vec::new());
    let plain = |shape: &Convolution| {
        if !shapes.borrow().contains(shape) {
            shapes.borrow_mut().push(*shape);
        }
        None
    };
    Plan::shared_out(graph, Tier::Matrices, &plain);
    for shape in shapes.into_inner() {
        let alone = alone(&shape);
        print!("   {:?} to {:?} by {:?}: usual", shape.input, shape.output, shape.kernel);
        let usual = share(&shape);
        let all = Share::candidates(&shape).into_iter().map(Some).chain([None]);
        let flop = 2.0 * shape.multiplications() as f64;
        let mut shares_ms = Vec::new();
        for share in [usual].into_iter().chain(all) {
            let plan = Plan::shared_out(&alone, Tier::Matrices, &|_| share);
            // The network has three pictures, of which two are copies.
            let times = plan.passes.iter().zip(passes(gpu, &plan)?);
            let ms: f64 = times.filter(|(pass, _)| pass.name.starts_with("Convolution")).map(|(_, ms)| ms).sum();
            let parts = share.map_or("plain".to_owned(), |share| share.parts.to_string());
            print!(" {parts} {ms:.4} ms {:.1} TFLOP/s,", flop / 1e9 / ms);
            shares_ms.push((share.map_or(0, |share| share.parts), ms));
        }
        println!();
        let Convolution { input, output, kernel, .. } = shape;
        report.convolutions.push(ShapeReport { input, output, kernel, gflop: flop / 1e9, shares_ms });
    }
    Ok(())
}

/// A convolution alone as a network; its picture and its result are 32-bit floats.
fn alone(shape: &Convolution) -> SwapGraph {
    let values = |count: usize| (0..count).map(|i| (i * 7919 % 101) as f32 / 1010.0 - 0.05).collect::<Vec<_>>();
    let (out, taps) = (shape.output[0], shape.input[0] * shape.kernel[0] * shape.kernel[1]);
    SwapGraph::of_convolution(shape, values(out * taps), values(out))
}

/// Milliseconds of a network, of several in a row.
fn whole(gpu: &GpuDevice, plan: &Plan) -> anyhow::Result<f64> {
    let network = made(gpu, plan)?;
    let record: &dyn Fn(&mut wgpu::ComputePass<'_>) = &|pass| (0..IN_A_ROW).for_each(|_| network.record(pass));
    let all = timed(gpu, &[record])?.first().copied().ok_or_else(|| anyhow!("nothing was timed"))?;
    Ok(all / f64::from(IN_A_ROW))
}

/// Milliseconds of each pass of a network.
fn passes(gpu: &GpuDevice, plan: &Plan) -> anyhow::Result<Vec<f64>> {
    let network = &made(gpu, plan)?;
    let records: Vec<_> =
        (0..plan.passes.len()).map(|at| move |pass: &mut wgpu::ComputePass<'_>| network.record_one(pass, at)).collect();
    let records: Vec<_> = records.iter().map(|record| record as &dyn Fn(&mut wgpu::ComputePass<'_>)).collect();
    timed(gpu, &records)
}

/// A network on the device; one that it refuses leaves the device as it was.
fn made(gpu: &GpuDevice, plan: &Plan) -> anyhow::Result<NetworkPasses> {
    plan.fits(&gpu.device().limits()).map_err(|reason| anyhow!(reason))?;
    let networks = gpu.attempt("pass_times", |device, _| NetworkPasses::several(plan, device, None, 1))?;
    networks.into_iter().next().context("no network was made")
}

/// Milliseconds of each, the mean of [`TIMES`] rounds of all of them in order, once the GPU has run for [`WARM_UP`].
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
    let period = f64::from(queue.get_timestamp_period()) * 1e-6 / f64::from(TIMES);
    let mut sums = vec![0.0; records.len()];
    let round = |sums: Option<&mut Vec<f64>>| -> anyhow::Result<()> {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (n, record) in (0..).zip(records) {
            let timestamp_writes = Some(wgpu::ComputePassTimestampWrites {
                query_set: &queries,
                beginning_of_pass_write_index: Some(2 * n),
                end_of_pass_write_index: Some(2 * n + 1),
            });
            record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes }));
        }
        encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
        encoder.copy_buffer_to_buffer(&resolved, 0, &back, 0, bytes);
        queue.submit([encoder.finish()]);
        back.map_async(wgpu::MapMode::Read, .., |_| {});
        device.poll(wgpu::PollType::wait_indefinitely())?;
        if let Some(sums) = sums {
            let data = back.get_mapped_range(..)?;
            let ticks: &[u64] = bytemuck::cast_slice(&data);
            for (sum, of) in sums.iter_mut().zip(ticks.chunks_exact(2)) {
                *sum += of[1].saturating_sub(of[0]) as f64 * period;
            }
        }
        back.unmap();
        Ok(())
    };
    // A GPU that idles is slow for a while.
    let begun = std::time::Instant::now();
    while begun.elapsed() < WARM_UP {
        round(None)?;
    }
    (0..TIMES).try_for_each(|_| round(Some(&mut sums)))?;
    Ok(sums)
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
    let path = folder.join(format!("{model}-{side}.dfm"));
    std::fs::write(&path, export(&network, &network.init(7, &Device::flex()), &metadata, Precision::Fp16)?)?;
    Ok(path)
}

//! The two convolutions that a `.dfm` of 224 pixels (`df-ud`) spends the most time in, with half of their channels on
//! either side, and one of its encoder, by the shader of this project, on the GPU that there is.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use criterion::{Criterion, criterion_group, criterion_main};
use standin::gpu::{GpuDevice, Selection, adapters};
use standin::swap::convolution::Convolution;
use standin::swap::graph::SwapGraph;
use standin::swap::passes::{NetworkPasses, Plan, Tier};

/// A convolution alone as a network; weights and bias are anything.
fn graph(input: [usize; 3], output: [usize; 3], kernel: usize, stride: usize) -> SwapGraph {
    let values = |count: usize| -> Vec<f32> { (0..count).map(|i| (i % 101) as f32 / 101.0 - 0.5).collect() };
    let (kernel, stride, pads) = ([kernel; 2], [stride; 2], [(kernel - 1) / 2; 2]);
    let shape = Convolution { input, output, kernel, stride, pads, slope_bits: 0.1f32.to_bits() };
    SwapGraph::of_convolution(&shape, values(output[0] * input[0] * kernel[0] * kernel[1]), values(output[0]))
}

fn convolutions(c: &mut Criterion) {
    if adapters().is_empty() {
        eprintln!("skipped: there is no GPU");
        return;
    }
    let gpu = GpuDevice::shared(&Selection::Auto).unwrap();
    let shapes = [
        ("decoder 3x3, 128 to 256 channels, 56x56", graph([128, 56, 56], [256, 56, 56], 3, 1)),
        ("decoder 3x3, 256 to 512 channels, 28x28", graph([256, 28, 28], [512, 28, 28], 3, 1)),
        ("encoder 5x5 by 2, 64 to 128 channels, 56x56", graph([64, 112, 112], [128, 56, 56], 5, 2)),
    ];
    for (name, graph) in shapes {
        let mut group = c.benchmark_group(name);
        for tier in Tier::of(gpu.device()) {
            let network = NetworkPasses::several(&Plan::new(&graph, tier), gpu.device(), None, 1).unwrap().remove(0);
            group.bench_function(tier.to_string(), |b| {
                b.iter(|| {
                    let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
                    network.record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
                    gpu.queue().submit([encoder.finish()]);
                    gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = convolutions
}
criterion_main!(benches);

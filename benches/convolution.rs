//! The two convolutions that a `.dfm` of 224 pixels (`df-ud`) spends the most time in, with half of their channels on either
//! side, and one of its encoder, by burn and by the shader of this project, on the GPU that there is.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::hint::black_box;

use burn::tensor::activation::leaky_relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, DeviceKind, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use standin::blend::gpu::adapters;
use standin::swap::convolution::Convolution;
use standin::swap::{Filter, Precision};

/// The result is there when one number of it has come back; data is fetched when it is looked at.
fn wait(result: Tensor<1>) {
    black_box(result.narrow(0, 0, 1).into_data().as_slice::<f32>().unwrap()[0]);
}

fn convolutions(c: &mut Criterion) {
    if adapters().is_empty() {
        eprintln!("skipped: there is no GPU");
        return;
    }
    let device = Device::wgpu(DeviceKind::DefaultDevice);
    let slope = 0.1_f32;
    let shape = |input: [usize; 3], output: [usize; 3], kernel: usize, stride: usize| Convolution {
        input,
        output,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pads: [(kernel - 1) / 2; 2],
        slope_bits: slope.to_bits(),
    };
    let shapes = [
        ("decoder 3x3, 128 to 256 channels, 56x56", shape([128, 56, 56], [256, 56, 56], 3, 1)),
        ("decoder 3x3, 256 to 512 channels, 28x28", shape([256, 28, 28], [512, 28, 28], 3, 1)),
        ("encoder 5x5 by 2, 64 to 128 channels, 56x56", shape([64, 112, 112], [128, 56, 56], 5, 2)),
    ];
    for (name, shape) in shapes {
        let Convolution { input: [channels, high, wide], output: [out, ..], kernel: [side, _], stride, .. } = shape;
        let values = |count: usize| -> Vec<f32> { (0..count).map(|i| (i % 101) as f32 / 101.0 - 0.5).collect() };
        let (picture, weights, bias) =
            (values(channels * high * wide), values(out * channels * side * side), values(out));
        let tensor = |values: &[f32]| -> Tensor<1> { Tensor::from_floats(values, &device) };
        let filter = Filter::new(shape, &weights, &bias, Precision::Single, &device);
        let (picture, weights, bias) = (tensor(&picture), tensor(&weights), tensor(&bias));
        let mut group = c.benchmark_group(name);
        group.bench_function("burn", |b| {
            b.iter(|| {
                let (x, w) = (picture.clone().reshape([1, channels, high, wide]), weights.clone());
                let options = ConvOptions::new(stride, shape.pads, [1, 1], 1);
                let y = conv2d(x, w.reshape([out, channels, side, side]), Some(bias.clone()), options);
                let count: usize = y.dims().iter().product();
                wait(leaky_relu(y.reshape([count]), f64::from(slope)));
            });
        });
        group.bench_function("own", |b| b.iter(|| wait(filter.run(picture.clone()).unwrap())));
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = convolutions
}
criterion_main!(benches);

//! Times what training is made of on the processor: each kind of layer, forward and backward.
//!
//! ```sh
//! cargo run --release --workspace --features standin/train --example train_speed
//! ```

use std::time::Instant;

use burn::tensor::activation::leaky_relu;
use burn::tensor::module::{avg_pool2d, conv2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions};
use burn::tensor::{Device, Distribution, Tensor};

const BATCH: usize = 8;

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), device)
}

fn time(name: &str, flops: f64, mut forward: impl FnMut() -> Tensor<4>) {
    let mut best = [f64::INFINITY; 2];
    for _ in 0..5 {
        let start = Instant::now();
        let out = forward();
        let middle = Instant::now();
        let grads = out.sum().backward();
        let end = Instant::now();
        drop(grads);
        best[0] = best[0].min((middle - start).as_secs_f64() * 1e3);
        best[1] = best[1].min((end - middle).as_secs_f64() * 1e3);
    }
    println!(
        "{name:44} forward {:8.2} ms ({:6.1} GF/s)  backward {:8.2} ms ({:6.1} GF/s)",
        best[0],
        flops / best[0] / 1e6,
        best[1],
        2.0 * flops / best[1] / 1e6
    );
}

fn conv(input: usize, output: usize, kernel: usize, stride: usize, groups: usize, side: usize, device: &Device) {
    let x = random([BATCH, input, side, side], device).require_grad();
    let w = random([output, input / groups, kernel, kernel], device).require_grad();
    let b = random([output], device).require_grad();
    let flops = 2.0 * (BATCH * output * (input / groups) * kernel * kernel * (side / stride) * (side / stride)) as f64;
    let name = format!("conv {input}→{output} k{kernel} s{stride} g{groups} @{side}");
    time(&name, flops, || {
        let options = ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], groups);
        conv2d(x.clone(), w.clone(), Some(b.clone()), options)
    });
}

fn main() {
    let device = Device::flex().autodiff();
    conv(64, 64, 3, 1, 64, 64, &device);
    conv(256, 256, 3, 1, 256, 32, &device);
    conv(256, 256, 5, 1, 256, 16, &device);
    conv(64, 64, 3, 2, 64, 64, &device);
    conv(64, 128, 1, 1, 1, 64, &device);
    conv(256, 256, 1, 1, 1, 32, &device);
    conv(3, 32, 5, 2, 1, 128, &device);
    conv(32, 64, 5, 2, 1, 64, &device);
    conv(64, 128, 5, 2, 1, 32, &device);
    conv(128, 256, 5, 2, 1, 16, &device);
    conv(64, 128, 3, 1, 1, 32, &device);
    conv(256, 128, 3, 1, 1, 32, &device);
    conv(64, 128, 3, 1, 1, 64, &device);
    conv(32, 3, 1, 1, 1, 128, &device);
    let x = random([BATCH, 64, 64, 64], &device).require_grad();
    time("leaky_relu 64@64", 1.0, || leaky_relu(x.clone(), 0.1));
    time("sigmoid 64@64", 1.0, || burn::tensor::activation::sigmoid(x.clone()));
    time("add 64@64", 1.0, || x.clone() + x.clone());
    time("mul 64@64", 1.0, || x.clone() * x.clone());
    time("pixel shuffle 64@64", 1.0, || {
        x.clone().reshape([BATCH, 16, 2, 2, 64, 64]).permute([0, 1, 4, 2, 5, 3]).reshape([BATCH, 16, 128, 128]) * 1.0
    });
    time("avg_pool 2 64@64", 1.0, || avg_pool2d(x.clone(), AvgPoolOptions::new([2, 2])));
    let a = random([8192, 128], &device).require_grad();
    let b = random([128, 512], &device).require_grad();
    time("matmul 8192×128×512", 2.0 * 8192.0 * 128.0 * 512.0, || a.clone().matmul(b.clone()).unsqueeze());
    let a = random([BATCH, 16384], &device).require_grad();
    let b = random([16384, 256], &device).require_grad();
    time("dense 16384→256", 2.0 * 8.0 * 16384.0 * 256.0, || a.clone().matmul(b.clone()).unsqueeze());
}

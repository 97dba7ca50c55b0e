//! Times what training is made of on the processor: one step of a plain network, and each kind of layer, with the
//! trainer's own layers and with burn's. `benches/train_speed.py` is the same network in PyTorch.
//!
//! ```sh
//! cargo run --release --workspace --features standin/train --example train_speed
//! ```
//!
//! Times are the least of several runs. With the argument `processor` they are means of the processor's time of all
//! threads instead: what to compare by, on one thread, on a machine that has other work. Any other argument picks the
//! lines that it is part of.

use std::sync::OnceLock;
use std::time::Instant;

use burn::tensor::activation::{leaky_relu, sigmoid};
use burn::tensor::module::{conv2d, linear};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Tensor};
use standin::train::kernels;
use standin::train::losses::{Judges, LossWeights, dssim, total};
use standin::train::optimise::{Optimiser, OptimiserSettings, gradients};
use standin::train::samples::Batch;
use standin::train::weights::{Parameter, Weights};
use standin::train::zoo::preset::Dimensions;
use standin::train::zoo::{Network, Output, Side};

const BATCH: usize = 8;
const SIDE: usize = 128;
const CODE: usize = 256;
const SLOPE: f32 = 0.1;

#[derive(Clone, Copy, PartialEq)]
enum Layers {
    Own,
    Burn,
}

impl Layers {
    fn convolution(self, x: Tensor<4>, w: Tensor<4>, b: Tensor<1>, stride: usize, bent: bool) -> Tensor<4> {
        if self == Self::Own {
            return kernels::convolution(x, w, b, stride, bent.then_some(SLOPE));
        }
        let padding = w.dims()[2] / 2;
        let y = conv2d(x, w, Some(b), ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1));
        if bent { leaky_relu(y, f64::from(SLOPE)) } else { y }
    }

    fn dense(self, x: Tensor<2>, w: Tensor<2>, b: Tensor<1>) -> Tensor<2> {
        if self == Self::Own { kernels::dense(x, w, b) } else { linear(x, w, Some(b)) }
    }

    fn sigmoid(self, x: Tensor<4>) -> Tensor<4> {
        if self == Self::Own { kernels::sigmoid(x) } else { sigmoid(x) }
    }

    fn shuffle(self, x: Tensor<4>) -> Tensor<4> {
        if self == Self::Own {
            return kernels::pixel_shuffle(x);
        }
        let [n, channels, h, w] = x.dims();
        let out = channels / 4;
        x.reshape([n, out, 2, 2, h, w]).permute([0, 1, 4, 2, 5, 3]).reshape([n, out, h * 2, w * 2])
    }
}

/// Encoder of four 5×5 convolutions with stride 2, two dense layers, decoder of four 3×3 convolutions with pixel
/// shuffle, a 1×1 head.
struct Plain {
    shapes: Vec<Vec<usize>>,
}

impl Plain {
    fn new() -> Self {
        let mut shapes = Vec::new();
        let mut add = |shape: &[usize], out: usize| shapes.extend([shape.to_vec(), vec![out]]);
        for (narrow, wide) in [(3, 32), (32, 64), (64, 128), (128, 256)] {
            add(&[wide, narrow, 5, 5], wide);
        }
        add(&[256 * 64, CODE], CODE);
        add(&[CODE, 256 * 64], 256 * 64);
        for (wide, narrow) in [(256, 128), (128, 64), (64, 32), (32, 16)] {
            add(&[narrow * 4, wide, 3, 3], narrow * 4);
        }
        add(&[3, 16, 1, 1], 3);
        Self { shapes }
    }

    fn init(&self, device: &Device) -> Weights {
        let parameter = |(n, shape): (usize, &Vec<usize>)| {
            let count: usize = shape.iter().product();
            let bound = (1.0 / (count / shape[0]) as f64).sqrt();
            let value = Tensor::random([count], Distribution::Uniform(-bound, bound), device).require_grad();
            Parameter { name: n.to_string(), shape: shape.clone(), value }
        };
        Weights(self.shapes.iter().enumerate().map(parameter).collect())
    }

    fn forward(&self, weights: &Weights, layers: Layers, x: Tensor<4>) -> Tensor<4> {
        let vector = |n: usize| weights.0[n].value.clone();
        let picture = |n: usize| {
            let shape = &self.shapes[n];
            vector(n).reshape([shape[0], shape[1], shape[2], shape[3]])
        };
        let matrix = |n: usize| vector(n).reshape([self.shapes[n][0], self.shapes[n][1]]);
        let mut x = x;
        for n in [0, 2, 4, 6] {
            x = layers.convolution(x, picture(n), vector(n + 1), 2, true);
        }
        let code = layers.dense(x.reshape([BATCH, 256 * 64]), matrix(8), vector(9));
        let mut x = layers.dense(code, matrix(10), vector(11)).reshape([BATCH, 256, 8, 8]);
        for n in [12, 14, 16, 18] {
            x = layers.shuffle(layers.convolution(x, picture(n), vector(n + 1), 1, true));
        }
        layers.sigmoid(layers.convolution(x, picture(20), vector(21), 1, false))
    }
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Uniform(0.0, 1.0), device)
}

/// Milliseconds: of the clock, or of the processor over all threads (Linux).
fn now() -> f64 {
    static START: OnceLock<(Instant, bool)> = OnceLock::new();
    let (start, processor) =
        START.get_or_init(|| (Instant::now(), std::env::args().any(|argument| argument == "processor")));
    if !processor {
        return start.elapsed().as_secs_f64() * 1e3;
    }
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = |thread: std::fs::DirEntry| -> Option<f64> {
        let file = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        file.split_whitespace().next()?.parse().ok()
    };
    threads.filter_map(nanoseconds).sum::<f64>() / 1e6
}

/// Whether a line was asked for.
fn picked(name: &str) -> bool {
    let mut wanted = std::env::args().skip(1).filter(|argument| argument != "processor").peekable();
    wanted.peek().is_none() || wanted.any(|argument| name.contains(&argument))
}

/// Milliseconds of one part of several runs.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn since(&mut self, start: f64) {
        self.0.push(now() - start);
    }

    /// The least by the clock, the mean by the processor, whose counters are coarse; without the first run.
    fn value(&self) -> f64 {
        let rest = &self.0[1..];
        if std::env::args().any(|argument| argument == "processor") {
            return rest.iter().sum::<f64>() / rest.len() as f64;
        }
        rest.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

fn step(name: &str, layers: Layers, device: &Device) {
    if !picked(name) {
        return;
    }
    let network = Plain::new();
    let mut weights = network.init(device);
    let Ok(mut optimiser) = Optimiser::new(OptimiserSettings::default(), &weights) else { return };
    let (x, y) =
        (random([BATCH, 3, SIDE, SIDE], &device.clone().inner()), random([BATCH, 3, SIDE, SIDE], device).inner());
    let mut times = [(); 3].map(|()| Times::default());
    for _ in 0..20 {
        let start = now();
        let loss = (network.forward(&weights, layers, x.clone()) - y.clone()).abs().mean();
        times[0].since(start);
        let start = now();
        let mut all = loss.backward();
        times[1].since(start);
        let start = now();
        let pulls = gradients(&weights, &mut all);
        let moved = optimiser.step(&mut weights, pulls, 1e-4);
        times[2].since(start);
        if moved.is_err() {
            return;
        }
    }
    let [forward, backward, optimiser] = times.map(|times| times.value());
    println!(
        "{name:28} forward {forward:7.1} ms  backward {backward:7.1} ms  optimiser {optimiser:6.1} ms  sum {:7.1} ms",
        forward + backward + optimiser
    );
}

/// One step of a preset as the trainer does it: both sides, all losses.
fn model(name: &str, device: &Device) -> Result<(), Box<dyn std::error::Error>> {
    let line = format!("model {name}");
    if !picked(&line) {
        return Ok(());
    }
    let network = Network::new(Dimensions::named(name)?.blueprint()?)?;
    let mut weights = network.init(1, &device.clone().inner()).leaves(device, |_| true);
    let mut optimiser = Optimiser::new(OptimiserSettings::default(), &weights)?;
    let side = network.blueprint().resolution;
    let wide = || random([BATCH, 3, side, side], device).inner();
    let narrow = || random([BATCH, 1, side, side], device).inner();
    let batches = [Side::A, Side::B].map(|side| Batch {
        input: wide(),
        target: wide(),
        mask: narrow(),
        priority: narrow(),
        driver_mask: narrow(),
        whose: side.into(),
        answered: true,
        subject: Vec::new(),
    });
    let mut times = [(); 4].map(|()| Times::default());
    for _ in 0..12 {
        let start = now();
        let outputs = network.reconstruct_both(
            &weights,
            [batches[0].input.clone(), batches[1].input.clone()],
            [batches[0].whose, batches[1].whose],
        );
        times[0].since(start);
        let start = now();
        let [a, b] = [0, 1].map(|n| total(&outputs[n], &batches[n], &LossWeights::default(), &Judges::default()).0);
        let loss = a + b;
        times[1].since(start);
        let start = now();
        let mut all = loss.backward();
        times[2].since(start);
        let start = now();
        let pulls = gradients(&weights, &mut all);
        optimiser.step(&mut weights, pulls, 1e-4)?;
        times[3].since(start);
    }
    let [forward, losses, backward, optimiser] = times.map(|times| times.value());
    println!(
        "{line:28} forward {forward:7.1} ms  losses {losses:7.1} ms  backward {backward:7.1} ms  optimiser {optimiser:6.1} ms  \
         sum {:7.1} ms",
        forward + losses + backward + optimiser
    );
    Ok(())
}

fn time<const D: usize>(name: &str, flops: f64, mut forward: impl FnMut() -> Tensor<D>) {
    if !picked(name) {
        return;
    }
    let mut times = [(); 2].map(|()| Times::default());
    for _ in 0..12 {
        let start = now();
        let out = forward();
        times[0].since(start);
        let loss = out.sum();
        let start = now();
        let all = loss.backward();
        times[1].since(start);
        drop(all);
    }
    let [forward, backward] = times.map(|times| times.value());
    let rate = |times: f64, ms: f64| times * flops / ms / 1e6;
    println!(
        "{name:44} forward {:8.2} ms ({:5.0} GFLOP/s)  backward {:8.2} ms ({:5.0} GFLOP/s)",
        forward,
        rate(1.0, forward),
        backward,
        rate(2.0, backward)
    );
}

fn convolution(
    layers: Layers,
    (input, out): (usize, usize),
    (kernel, stride): (usize, usize),
    side: usize,
    device: &Device,
) {
    let x = random([BATCH, input, side, side], device).require_grad();
    let w = random([out, input, kernel, kernel], device).require_grad();
    let b = random([out], device).require_grad();
    let flops = 2.0 * (BATCH * out * input * kernel * kernel * (side / stride) * (side / stride)) as f64;
    let whose = if layers == Layers::Own { "own " } else { "burn" };
    time(&format!("{whose} {input}→{out} {kernel}×{kernel} stride {stride} at {side} px"), flops, || {
        layers.convolution(x.clone(), w.clone(), b.clone(), stride, true)
    });
}

fn losses(device: &Device) {
    let wide = || random([BATCH, 3, SIDE, SIDE], device);
    let narrow = || random([BATCH, 1, SIDE, SIDE], device);
    let (face, mask) = (wide().require_grad(), narrow().require_grad());
    let target = wide().inner();
    time("dssim, one scale", 0.0, || dssim(face.clone(), target.clone(), 1));
    let [mask_of_target, priority, driver_mask] = [(); 3].map(|()| narrow().inner());
    let whose = Side::B.into();
    let batch = Batch {
        input: wide().inner(),
        target,
        mask: mask_of_target,
        priority,
        driver_mask,
        whose,
        answered: true,
        subject: Vec::new(),
    };
    time("all losses of one side", 0.0, || {
        let output = Output {
            face: face.clone(),
            mask: mask.clone(),
            driver_mask: None,
            code: Tensor::zeros([1, 1], &mask.device()),
        };
        total(&output, &batch, &LossWeights::default(), &Judges::default()).0
    });
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex().autodiff();
    for name in ["live", "df", "original"] {
        model(name, &device)?;
    }
    step("own layers", Layers::Own, &device);
    step("burn's layers", Layers::Burn, &device);
    for (channels, window, side) in [
        ((3, 32), (5, 2), 128),
        ((32, 64), (5, 2), 64),
        ((64, 128), (5, 2), 32),
        ((128, 256), (5, 2), 16),
        ((256, 512), (3, 1), 8),
        ((256, 128), (3, 1), 32),
        ((64, 128), (3, 1), 64),
        ((64, 128), (1, 1), 64),
        ((16, 3), (1, 1), 128),
    ] {
        for layers in [Layers::Own, Layers::Burn] {
            convolution(layers, channels, window, side, &device);
        }
    }
    let (x, w, b) = (random([BATCH, 16384], &device), random([16384, CODE], &device), random([CODE], &device));
    let (x, w, b) = (x.require_grad(), w.require_grad(), b.require_grad());
    let x4 = random([BATCH, 64, 64, 64], &device).require_grad();
    for (whose, layers) in [("own ", Layers::Own), ("burn", Layers::Burn)] {
        let flops = 2.0 * (BATCH * 16384 * CODE) as f64;
        time(&format!("{whose} dense 16384→{CODE}"), flops, || layers.dense(x.clone(), w.clone(), b.clone()));
        time(&format!("{whose} pixel shuffle 64 at 64 px"), 0.0, || layers.shuffle(x4.clone()));
    }
    let x3 = random([BATCH, 3, SIDE, SIDE], &device).require_grad();
    time("own  sigmoid 3 at 128 px", 0.0, || kernels::sigmoid(x3.clone()));
    time("burn sigmoid 3 at 128 px", 0.0, || sigmoid(x3.clone()));
    time("own  leaky ReLU 64 at 64 px", 0.0, || kernels::leaky_relu(x4.clone(), SLOPE));
    time("burn leaky ReLU 64 at 64 px", 0.0, || leaky_relu(x4.clone(), f64::from(SLOPE)));
    losses(&device);
    Ok(())
}

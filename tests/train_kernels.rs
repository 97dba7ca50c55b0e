//! The processor's own layers against burn's operations: what comes out, and all gradients.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, reason = "a test that fails may stop")]

use burn::tensor::module::{conv2d, linear};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use standin::train::kernels::{convolution, dense, leaky_relu, pixel_shuffle, sigmoid};
use standin::train::losses::dssim;

/// Reproducible, of both signs, without a pattern that sums cancel in.
fn values(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn leaf<const D: usize>(shape: [usize; D], seed: u32) -> Tensor<D> {
    constant(shape, seed).autodiff().require_grad()
}

fn constant<const D: usize>(shape: [usize; D], seed: u32) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values(shape.iter().product(), seed), shape), &Device::flex())
}

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_into_vec().expect("32-bit floats")
}

fn close(what: &str, found: Vec<f32>, expected: Vec<f32>) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-6_f32, |most, value| most.max(value.abs()));
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let error = (found - expected).abs();
        assert!(error <= 3e-5 * largest, "{what}, value {at}: {found} against {expected} (largest {largest})");
    }
}

fn gradient<const D: usize>(of: &Tensor<D>, all: &Gradients) -> Vec<f32> {
    read(of.grad(all).expect("a gradient"))
}

/// A loss in which every value of `y` counts differently.
fn backward<const D: usize>(y: Tensor<D>) -> Gradients {
    let shape = y.dims();
    (y * constant(shape, 99)).sum().backward()
}

struct Case {
    count: usize,
    channels: usize,
    out: usize,
    kernel: usize,
    stride: usize,
    size: (usize, usize),
    slope: Option<f32>,
}

fn check_convolution(case: &Case) {
    let &Case { count, channels, out, kernel, stride, size: (height, width), slope } = case;
    let what = format!("{count}×{channels}→{out}, kernel {kernel}, stride {stride}, {height}×{width}, {slope:?}");
    let x = leaf([count, channels, height, width], 1);
    let (weight, bias) = (leaf([out, channels, kernel, kernel], 2), leaf([out], 3));
    let own = convolution(x.clone(), weight.clone(), bias.clone(), stride, slope);
    let options = ConvOptions::new([stride; 2], [kernel / 2; 2], [1; 2], 1);
    let burn = conv2d(x.clone(), weight.clone(), Some(bias.clone()), options);
    let burn = match slope {
        Some(slope) => burn::tensor::activation::leaky_relu(burn, f64::from(slope)),
        None => burn,
    };
    assert_eq!(own.dims(), burn.dims(), "{what}");
    close(&format!("{what}: output"), read(own.clone()), read(burn.clone()));
    let (own, burn) = (backward(own), backward(burn));
    close(&format!("{what}: gradient of the input"), gradient(&x, &own), gradient(&x, &burn));
    close(&format!("{what}: gradient of the weight"), gradient(&weight, &own), gradient(&weight, &burn));
    close(&format!("{what}: gradient of the bias"), gradient(&bias, &own), gradient(&bias, &burn));
}

/// Every way that work is cut: one picture and many, few pixels and many, few channels and many, odd sizes.
#[test]
fn convolutions_are_burns() {
    let case = |count, (channels, out), (kernel, stride), size, slope| Case {
        count,
        channels,
        out,
        kernel,
        stride,
        size,
        slope,
    };
    for case in [
        case(2, (3, 5), (3, 1), (9, 7), None),
        case(8, (3, 32), (5, 2), (64, 64), Some(0.1)),
        case(1, (4, 6), (5, 2), (12, 10), Some(0.2)),
        case(3, (2, 3), (3, 2), (7, 9), Some(0.1)),
        case(9, (40, 9), (3, 1), (4, 4), Some(0.0)),
        case(5, (33, 130), (5, 1), (8, 8), None),
        case(2, (70, 17), (3, 1), (40, 36), Some(0.1)),
        case(3, (7, 9), (1, 1), (33, 31), Some(0.1)),
        case(6, (20, 300), (1, 1), (4, 4), None),
        case(2, (3, 4), (1, 2), (8, 8), None),
        case(2, (16, 140), (3, 2), (48, 48), Some(0.1)),
        case(1, (1, 1), (3, 1), (1, 1), None),
        case(2, (2, 2), (7, 1), (5, 6), None),
    ] {
        check_convolution(&case);
    }
}

/// A crop that goes in is no leaf: the layer still differentiates in its weights, and without any graph it only
/// computes.
#[test]
fn inputs_without_a_graph_are_constants() {
    let x = constant([2, 3, 16, 16], 1);
    let (weight, bias) = (leaf([4, 3, 3, 3], 2), leaf([4], 3));
    let all = backward(convolution(x.clone(), weight.clone(), bias.clone(), 1, None));
    let tracked = x.clone().autodiff().require_grad();
    let expected = backward(convolution(tracked.clone(), weight.clone(), bias.clone(), 1, None));
    assert_eq!(gradient(&weight, &all), gradient(&weight, &expected));
    assert_eq!(gradient(&bias, &all), gradient(&bias, &expected));
    let plain = convolution(x, weight.clone().inner(), bias.clone().inner(), 1, None);
    assert!(!plain.is_autodiff());
    assert_eq!(read(plain), read(convolution(tracked, weight, bias, 1, None)));
}

#[test]
fn dense_layers_are_burns() {
    for (count, input, out) in [(1, 5, 3), (8, 700, 300), (3, 20, 5000), (16, 5000, 20)] {
        let what = format!("{count}, {input}→{out}");
        let (x, weight, bias) = (leaf([count, input], 1), leaf([input, out], 2), leaf([out], 3));
        let own = dense(x.clone(), weight.clone(), bias.clone());
        let burn = linear(x.clone(), weight.clone(), Some(bias.clone()));
        close(&format!("{what}: output"), read(own.clone()), read(burn.clone()));
        let (own, burn) = (backward(own), backward(burn));
        close(&format!("{what}: gradient of the input"), gradient(&x, &own), gradient(&x, &burn));
        close(&format!("{what}: gradient of the weight"), gradient(&weight, &own), gradient(&weight, &burn));
        close(&format!("{what}: gradient of the bias"), gradient(&bias, &own), gradient(&bias, &burn));
    }
}

#[test]
fn leaky_relu_is_burns() {
    let x = leaf([3, 5, 30, 101], 1);
    let (own, burn) = (leaky_relu(x.clone(), 0.2), burn::tensor::activation::leaky_relu(x.clone(), 0.2));
    close("output", read(own.clone()), read(burn.clone()));
    close("gradient", gradient(&x, &backward(own)), gradient(&x, &backward(burn)));
}

#[test]
fn sigmoid_is_burns() {
    let x = leaf([3, 5, 30, 101], 1);
    let (own, burn) = (sigmoid(x.clone()), burn::tensor::activation::sigmoid(x.clone()));
    close("output", read(own.clone()), read(burn.clone()));
    close("gradient", gradient(&x, &backward(own)), gradient(&x, &backward(burn)));
    let far = sigmoid(leaf([1, 1, 1, 4], 1).sign() * 200.0);
    assert!(read(far).iter().all(|y| *y == 0.0 || *y == 1.0));
}

#[test]
fn pixel_shuffle_is_depth_to_space() {
    let x = leaf([2, 12, 3, 5], 1);
    let plain = |x: Tensor<4>| x.reshape([2, 3, 2, 2, 3, 5]).permute([0, 1, 4, 2, 5, 3]).reshape([2, 3, 6, 10]);
    let (own, burn) = (pixel_shuffle(x.clone()), plain(x.clone()));
    assert_eq!(own.dims(), [2, 3, 6, 10]);
    assert_eq!(read(own.clone()), read(burn.clone()));
    assert_eq!(gradient(&x, &backward(own)), gradient(&x, &backward(burn)));
}

/// Values that do not lie in a row in memory.
#[test]
fn views_are_read_as_what_they_show() {
    let wide = leaf([2, 3, 8, 12], 1);
    let view = wide.clone().permute([0, 1, 3, 2]).slice([0..2, 0..3, 2..10, 0..8]);
    let whole = Tensor::<4>::from_data(view.clone().inner().into_data(), &Device::flex());
    let (weight, bias) = (constant([4, 3, 3, 3], 2), constant([4], 3));
    assert_eq!(
        read(convolution(view, weight.clone(), bias.clone(), 1, None)),
        read(convolution(whole, weight, bias, 1, None))
    );
}

#[test]
fn threads_do_not_change_a_bit() {
    let run = || {
        let x = leaf([5, 20, 24, 24], 1);
        let (weight, bias) = (leaf([150, 20, 3, 3], 2), leaf([150], 3));
        let y = convolution(x.clone(), weight.clone(), bias.clone(), 1, Some(0.1));
        let [_, channels, height, width] = y.dims();
        let flat = y.clone().reshape([5, channels * height * width]);
        let (matrix, shift) = (leaf([channels * height * width, 16], 4), leaf([16], 5));
        let all = backward(dense(flat, matrix.clone(), shift));
        let (a, b) = (leaf([2, 3, 40, 40], 6), constant([2, 3, 40, 40], 7));
        let likeness = dssim(a.clone(), b.autodiff(), 2);
        // Small pictures are taken together.
        let (few, kernel, none) = (leaf([9, 20, 4, 4], 8), leaf([30, 20, 3, 3], 9), leaf([30], 10));
        let small = convolution(few.clone(), kernel.clone(), none, 1, None);
        let together = backward(small.clone());
        [
            read(y),
            gradient(&x, &all),
            gradient(&weight, &all),
            gradient(&bias, &all),
            gradient(&matrix, &all),
            read(likeness.clone()),
            gradient(&a, &backward(likeness)),
            read(small),
            gradient(&few, &together),
            gradient(&kernel, &together),
        ]
    };
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(run);
    assert!(on(1) == on(3), "one thread and three differ");
}

//! The convolution on matrix units: its shader is valid for every share, and on a GPU that has them it draws what its
//! twin draws.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that fails may stop")]

mod gpu_support;

use naga::valid::{Capabilities, ValidationFlags, Validator};
use standin::swap::convolution::{Convolution, convolution};
use standin::swap::graph::SwapGraph;
use standin::swap::passes::matrices::{Share, suits};
use standin::swap::passes::{NetworkPasses, Plan, Tier};

/// Of values of 16 bits between, for sums of up to about 2000 products of −1..1.
const MOST: f32 = 0.1;

fn shape(
    input: [usize; 3],
    output: [usize; 3],
    kernel: [usize; 2],
    stride: [usize; 2],
    pads: [usize; 2],
    slope: f32,
) -> Convolution {
    Convolution { input, output, kernel, stride, pads, slope_bits: slope.to_bits() }
}

/// Few and many channels, with and without padding of them; maps that fill shares and such that do not.
fn shapes() -> [Convolution; 8] {
    [
        shape([16, 8, 8], [16, 8, 8], [3, 3], [1, 1], [1, 1], 0.1),
        shape([24, 9, 7], [12, 9, 7], [3, 3], [1, 1], [1, 1], 1.0),
        shape([32, 20, 20], [70, 10, 10], [5, 5], [2, 2], [2, 2], 0.0),
        shape([40, 7, 5], [200, 7, 5], [1, 1], [1, 1], [0, 0], 0.2),
        shape([96, 13, 17], [130, 13, 17], [3, 3], [1, 1], [1, 1], 0.1),
        shape([20, 12, 30], [48, 6, 14], [2, 4], [2, 2], [1, 0], 0.1),
        shape([16, 12, 12], [16, 12, 12], [5, 7], [1, 1], [2, 3], 0.1),
        shape([128, 3, 3], [16, 3, 3], [4, 4], [1, 1], [2, 2], 0.2),
    ]
}

fn values(count: usize, seed: u32) -> Vec<f32> {
    let value = |i: u32| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0;
    (0..count as u32).map(value).collect()
}

fn network(shape: &Convolution, share: Share) -> (SwapGraph, Vec<f32>, Vec<f32>, Plan) {
    let weights = values(shape.output[0] * shape.input[0] * shape.kernel[0] * shape.kernel[1], 1);
    let bias = values(shape.output[0], 2);
    let graph = SwapGraph::of_convolution(shape, weights.clone(), bias.clone());
    let plan = Plan::shared_out(&graph, Tier::Matrices, &|_| Some(share));
    (graph, weights, bias, plan)
}

#[test]
fn every_share_is_a_valid_shader() {
    for shape in shapes() {
        assert!(suits(&shape), "{shape:?}");
        for share in Share::candidates(&shape) {
            let (.., plan) = network(&shape, share);
            assert!(plan.passes[0].text.contains("coopMultiplyAdd"), "{shape:?} goes to matrix units");
            // Of the three pictures two are copies.
            assert_eq!(plan.passes.len(), 3 + usize::from(share.parts > 1), "{share:?}: its parts are added up");
            for pass in &plan.passes {
                let text = &pass.text;
                let module =
                    naga::front::wgsl::parse_str(text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(text)));
                let capabilities = Capabilities::SHADER_FLOAT16 | Capabilities::COOPERATIVE_MATRIX;
                let checked = Validator::new(ValidationFlags::all(), capabilities).validate(&module);
                checked.unwrap_or_else(|error| panic!("{}", error.emit_to_string(text)));
            }
        }
    }
}

#[test]
fn what_has_few_channels_goes_another_way() {
    assert!(!suits(&shape([3, 64, 64], [32, 64, 64], [3, 3], [1, 1], [1, 1], 0.1)), "three channels");
    assert!(!suits(&shape([64, 64, 64], [3, 64, 64], [3, 3], [1, 1], [1, 1], 0.1)), "a picture");
    assert!(!suits(&shape([16, 1, 1], [16, 1, usize::MAX / 64], [1, 1], [1, 1], [0, 0], 0.1)), "too many pixels");
}

#[test]
fn matrix_units_draw_what_the_twin_draws() {
    let Some(gpu) = gpu_support::device() else { return };
    if !Tier::of(gpu.device()).contains(&Tier::Matrices) {
        eprintln!("skipped: {} has no matrix units", gpu.info());
        return;
    }
    for shape in shapes() {
        for share in Share::candidates(&shape) {
            let (_, weights, bias, plan) = network(&shape, share);
            let picture = values(shape.input.iter().product(), 3);
            let expected = convolution(&shape, &picture, &weights, &bias);
            let network = NetworkPasses::several(&plan, gpu.device(), None, 1).unwrap().remove(0);
            let [found, ..] = gpu_support::drawn(&gpu, &network, &picture, 0.0, [expected.len(); 3]);
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!(
                    (found - expected).abs() < MOST,
                    "{shape:?}, {share:?}: value {i} is {found} and not {expected}"
                );
            }
        }
    }
}

//! The convolution's shader gives what its twin gives, for any shape.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod gpu_support;

use std::sync::LazyLock;

use proptest::prelude::*;
use standin::gpu::GpuDevice;
use standin::swap::convolution::{Convolution, convolution};
use standin::swap::graph::SwapGraph;
use standin::swap::passes::{NetworkPasses, Plan, Tier};

/// Of sums of up to a few hundred products of values of −1..1: rounding in another order.
const MOST: f32 = 1e-4;
/// With values of 16 bits between.
const MOST_HALF: f32 = 0.05;

fn values(count: usize, seed: u32) -> Vec<f32> {
    let value = |i: u32| {
        (i.wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503)) >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count as u32).map(value).collect()
}

fn compare(shape: &Convolution, seed: u32, tier: Tier, gpu: &GpuDevice) -> Result<(), TestCaseError> {
    let picture = values(shape.input.iter().product(), seed);
    let weights = values(shape.output[0] * shape.input[0] * shape.kernel[0] * shape.kernel[1], seed + 1);
    let bias = values(shape.output[0], seed + 2);
    let expected = convolution(shape, &picture, &weights, &bias);
    let plan = Plan::new(&SwapGraph::of_convolution(shape, weights, bias), tier);
    let network = NetworkPasses::several(&plan, gpu.device(), None, 1).unwrap().remove(0);
    let [found, again, _] = gpu_support::drawn(gpu, &network, &picture, 0.0, [expected.len(); 3]);
    prop_assert!(found == again, "a picture that is two has two");
    let most = if tier == Tier::Single { MOST } else { MOST_HALF };
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        prop_assert!((found - expected).abs() < most, "{:?}: value {} is {} and not {}", shape, i, found, expected);
    }
    Ok(())
}

fn shapes() -> impl Strategy<Value = Convolution> {
    let kernels = prop::sample::select(vec![[1, 1], [3, 3], [5, 5], [3, 1], [2, 4], [7, 7]]);
    let sides = (1_usize..20, 1_usize..20, 1_usize..20, 1_usize..20);
    (sides, kernels, [1_usize..3, 1_usize..3], [0_usize..4, 0_usize..4], 0_usize..3).prop_filter_map(
        "the kernel is larger than the picture",
        |((channels, out, high, wide), kernel, stride, pads, more)| {
            let side = |side: usize, pad: usize, kernel: usize, stride: usize| {
                Some((side + pad + more).checked_sub(kernel)? / stride + 1)
            };
            let height = side(high, pads[0], kernel[0], stride[0])?;
            let width = side(wide, pads[1], kernel[1], stride[1])?;
            let slope_bits = [1.0_f32, 0.2, 0.0][more].to_bits();
            let (input, output) = ([channels, high, wide], [out, height, width]);
            Some(Convolution { input, output, kernel, stride, pads, slope_bits })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_shader_gives_what_its_twin_gives(shape in shapes(), seed in 0_u32..1000) {
        static GPU: LazyLock<Option<GpuDevice>> = LazyLock::new(gpu_support::device);
        if let Some(gpu) = &*GPU {
            compare(&shape, seed, Tier::Single, gpu)?;
        }
    }
}

#[test]
fn sixteen_bits_give_nearly_the_same() {
    let Some(gpu) = gpu_support::device() else { return };
    if !gpu.device().features().contains(wgpu::Features::SHADER_F16) {
        eprintln!("skipped: {} has no 16-bit floats", gpu.info());
        return;
    }
    let shape = Convolution {
        input: [16, 20, 13],
        output: [11, 20, 13],
        kernel: [3, 3],
        stride: [1, 1],
        pads: [1, 1],
        slope_bits: 0.1_f32.to_bits(),
    };
    compare(&shape, 3, Tier::Half, &gpu).unwrap();
}

//! This module's layers as operations of burn's processor back end, and of its autodiff graph.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Tensor, TensorData};

use super::convolution::Convolution;
use super::dense::Dense;
use super::pixels;
use super::similarity::Similarity;
use super::window::Window;

type Graph = Autodiff<Flex, NoCheckpointing>;

/// `None`, as from all of these, where a tensor is not on the processor, not of 32 bits, or of a graph with gradient
/// checkpointing.
pub(super) fn convolution(
    x: &Tensor<4>,
    weight: &Tensor<4>,
    bias: &Tensor<1>,
    stride: usize,
    slope: Option<f32>,
) -> Option<Tensor<4>> {
    let ([count, channels, height, width], [out, _, kernel, _]) = (x.dims(), weight.dims());
    let window = Window { kernel, stride, input: (height, width) };
    let tracked = x.is_autodiff() || weight.is_autodiff();
    let inputs = [input(x, tracked)?, input(weight, tracked)?, input(bias, tracked)?];
    apply(Convolution { count, channels, out, window, slope: slope.unwrap_or(1.0) }, inputs)
}

pub(super) fn dense(x: &Tensor<2>, weight: &Tensor<2>, bias: &Tensor<1>) -> Option<Tensor<2>> {
    let ([count, width], [_, out]) = (x.dims(), weight.dims());
    let tracked = x.is_autodiff() || weight.is_autodiff();
    let inputs = [input(x, tracked)?, input(weight, tracked)?, input(bias, tracked)?];
    apply(Dense { count, input: width, out }, inputs)
}

pub(super) fn leaky_relu<const D: usize>(x: &Tensor<D>, slope: f32) -> Option<Tensor<D>> {
    apply(Bend { slope }, [input(x, x.is_autodiff())?])
}

pub(super) fn sigmoid<const D: usize>(x: &Tensor<D>) -> Option<Tensor<D>> {
    apply(Squash, [input(x, x.is_autodiff())?])
}

pub(super) fn pixel_shuffle(x: &Tensor<4>) -> Option<Tensor<4>> {
    let [_, _, height, width] = x.dims();
    apply(Shuffle { height, width }, [input(x, x.is_autodiff())?])
}

/// Differentiable in `x` alone.
pub(super) fn similarity(x: &Tensor<4>, y: &Tensor<4>, of: Similarity) -> Option<Tensor<1>> {
    let shape = x.dims().to_vec();
    let (y, _) = if y.is_autodiff() { input(&y.clone().inner(), false)? } else { input(y, false)? };
    let (x, node) = input(x, x.is_autodiff())?;
    let (value, gradient) = of.value_and_gradient(values(&x), values(&y));
    let output = tensor(vec![value], vec![1]);
    let Some(node) = node else { return Some(Tensor::from_primitive::<Flex>(output)) };
    let output = match Compare.prepare::<NoCheckpointing>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(tensor(gradient, shape), output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    };
    Some(Tensor::from_primitive::<Graph>(output))
}

/// Values of a tensor, and its place in the graph, where there is one.
type Input = (FlexTensor, Option<NodeGuard>);

fn input<const D: usize>(x: &Tensor<D>, tracked: bool) -> Option<Input> {
    if x.dtype() != DType::F32 {
        return None;
    }
    let (values, node) = if tracked {
        let (values, node) = x.clone().autodiff().try_into_primitive::<Graph>().ok()?.into_parts();
        (values, Some(node))
    } else {
        (x.clone().try_into_primitive::<Flex>().ok()?, None)
    };
    Some((values.to_contiguous(), node))
}

/// A layer with `N` inputs on contiguous values.
trait Layer<const N: usize>: std::fmt::Debug + Copy + Send + 'static {
    fn forward(self, inputs: [&[f32]; N]) -> Vec<f32>;

    /// Shape of the output, from those of the inputs.
    fn shape(self, inputs: [&FlexTensor; N]) -> Vec<usize>;

    /// The gradients of the inputs, from the inputs, the output and its gradient; that of the first may be left out
    /// where it is not `wanted`.
    fn backward(self, inputs: [&[f32]; N], output: &[f32], gradient: FlexTensor, wanted: bool) -> [Vec<f32>; N];
}

impl Layer<3> for Convolution {
    fn forward(self, [x, weight, bias]: [&[f32]; 3]) -> Vec<f32> {
        Self::forward(&self, x, weight, bias)
    }

    fn shape(self, _: [&FlexTensor; 3]) -> Vec<usize> {
        let (height, width) = self.window.output();
        vec![self.count, self.out, height, width]
    }

    fn backward(self, [x, weight, _]: [&[f32]; 3], y: &[f32], gradient: FlexTensor, wanted: bool) -> [Vec<f32>; 3] {
        let found = Self::backward(&self, x, weight, y, owned(gradient), wanted);
        [found.input, found.weight, found.bias]
    }
}

impl Layer<3> for Dense {
    fn forward(self, [x, weight, bias]: [&[f32]; 3]) -> Vec<f32> {
        Self::forward(&self, x, weight, bias)
    }

    fn shape(self, _: [&FlexTensor; 3]) -> Vec<usize> {
        vec![self.count, self.out]
    }

    fn backward(self, [x, weight, _]: [&[f32]; 3], _: &[f32], gradient: FlexTensor, _: bool) -> [Vec<f32>; 3] {
        let found = Self::backward(&self, x, weight, values(&gradient.to_contiguous()));
        [found.input, found.weight, found.bias]
    }
}

#[derive(Debug, Clone, Copy)]
struct Bend {
    slope: f32,
}

impl Layer<1> for Bend {
    fn forward(self, [x]: [&[f32]; 1]) -> Vec<f32> {
        pixels::leaky_relu(x, self.slope)
    }

    fn shape(self, [x]: [&FlexTensor; 1]) -> Vec<usize> {
        x.layout().shape().to_vec()
    }

    fn backward(self, _: [&[f32]; 1], y: &[f32], gradient: FlexTensor, _: bool) -> [Vec<f32>; 1] {
        [pixels::leaky_relu_backward(y, owned(gradient), self.slope)]
    }
}

#[derive(Debug, Clone, Copy)]
struct Squash;

impl Layer<1> for Squash {
    fn forward(self, [x]: [&[f32]; 1]) -> Vec<f32> {
        pixels::sigmoid(x)
    }

    fn shape(self, [x]: [&FlexTensor; 1]) -> Vec<usize> {
        x.layout().shape().to_vec()
    }

    fn backward(self, _: [&[f32]; 1], y: &[f32], gradient: FlexTensor, _: bool) -> [Vec<f32>; 1] {
        [pixels::sigmoid_backward(y, owned(gradient))]
    }
}

#[derive(Debug, Clone, Copy)]
struct Shuffle {
    height: usize,
    width: usize,
}

impl Layer<1> for Shuffle {
    fn forward(self, [x]: [&[f32]; 1]) -> Vec<f32> {
        pixels::shuffle(x, self.height, self.width)
    }

    fn shape(self, [x]: [&FlexTensor; 1]) -> Vec<usize> {
        let shape = x.layout().shape();
        vec![shape[0], shape[1] / 4, 2 * self.height, 2 * self.width]
    }

    fn backward(self, _: [&[f32]; 1], _: &[f32], gradient: FlexTensor, _: bool) -> [Vec<f32>; 1] {
        [pixels::unshuffle(values(&gradient.to_contiguous()), self.height, self.width)]
    }
}

/// The values of a contiguous tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_default()
}

/// The values, without a copy where nobody else holds them.
fn owned(tensor: FlexTensor) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap_or_default()
}

fn tensor(values: Vec<f32>, shape: Vec<usize>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// The layer's output, with its way back in the graph where there is one.
fn apply<L, const N: usize, const D: usize>(layer: L, inputs: [Input; N]) -> Option<Tensor<D>>
where
    L: Layer<N>,
{
    let held = inputs.each_ref().map(|(values, _)| values.clone());
    let nodes: Vec<NodeGuard> = inputs.into_iter().filter_map(|(_, node)| node).collect();
    let output = tensor(layer.forward(held.each_ref().map(values)), layer.shape(held.each_ref()));
    let Ok(nodes) = <[NodeGuard; N]>::try_from(nodes) else {
        return Some(Tensor::from_primitive::<Flex>(output));
    };
    let output = match Step(layer).prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(SavedTensors { inputs: held, output: output.clone() }, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    };
    Some(Tensor::from_primitive::<Graph>(output))
}

/// What the way back needs.
#[derive(Debug, Clone)]
struct SavedTensors<const N: usize> {
    inputs: [FlexTensor; N],
    output: FlexTensor,
}

#[derive(Debug)]
struct Step<L>(L);

impl<L: Layer<N>, const N: usize> Backward<Flex, N> for Step<L> {
    type State = SavedTensors<N>;

    fn backward(self, ops: Ops<SavedTensors<N>, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let SavedTensors { inputs, output } = ops.state;
        let wanted = ops.parents[0].is_some();
        let found = self.0.backward(inputs.each_ref().map(values), values(&output), gradient, wanted);
        for ((node, input), found) in ops.parents.into_iter().zip(&inputs).zip(found) {
            if let Some(node) = node {
                gradients.register::<Flex>(node.id, tensor(found, input.layout().shape().to_vec()));
            }
        }
    }
}

/// The way back of [`similarity`], whose gradient is known from the way there.
#[derive(Debug)]
struct Compare;

impl Backward<Flex, 1> for Compare {
    type State = FlexTensor;

    fn backward(self, ops: Ops<FlexTensor, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let pull = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let pull = values(&pull).first().copied().unwrap_or_default();
        let [parent] = ops.parents;
        if let Some(node) = parent {
            let shape = ops.state.layout().shape().to_vec();
            let mut gradient = owned(ops.state);
            gradient.iter_mut().for_each(|value| *value *= pull);
            gradients.register::<Flex>(node.id, tensor(gradient, shape));
        }
    }
}

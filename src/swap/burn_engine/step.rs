//! One step of a graph, by burn's operations.
//!
//! A value is flat between steps, with its shape beside it: what changes a shape alone costs nothing, and only here is
//! known of which rank an operation is.

use burn::tensor::Tensor;
use burn::tensor::activation::{leaky_relu, sigmoid};
use burn::tensor::module::conv2d;
use burn::tensor::ops::{ConvOptions, PadMode};

use crate::swap::graph::{Binary, Operator, Order, Unary};

/// A value and its shape.
type Shaped<'a> = (Tensor<1>, &'a [usize]);

/// Calls a function of a rank that is known at run time. Ranks over 6 do not occur: a depth-to-space has 6.
macro_rules! by_rank {
    ($rank:expr, $function:ident($($argument:expr),*)) => {
        match $rank {
            0 | 1 => $function::<1>($($argument),*),
            2 => $function::<2>($($argument),*),
            3 => $function::<3>($($argument),*),
            4 => $function::<4>($($argument),*),
            5 => $function::<5>($($argument),*),
            _ => $function::<6>($($argument),*),
        }
    };
}

/// Does one step; `shape` is its output's. The graph was checked: shapes fit.
pub(super) fn run(operator: &Operator, inputs: Vec<Shaped<'_>>, shape: &[usize], morph: f32) -> Option<Tensor<1>> {
    let rank = inputs.iter().map(|(_, shape)| shape.len()).max().unwrap_or(1);
    let mut inputs = inputs.into_iter();
    let first = inputs.next()?;
    let output = match operator {
        &Operator::Convolution { stride, pads: [above, left, below, right], groups, slope } => {
            let (weight, bias) = (inputs.next()?, inputs.next());
            let pads = [(above, below), (left, right)];
            let options = ConvOptions::new_with_padding(stride, pads, [1, 1], groups);
            let y = flat(conv2d(ranked(first), ranked(weight), bias.map(|(bias, _)| bias), options));
            match slope {
                Some(slope) => leaky_relu(y, f64::from(slope)),
                None => y,
            }
        }
        Operator::Dense => {
            let (weight, bias) = (inputs.next()?, inputs.next());
            let y = ranked::<2>(first).matmul(ranked(weight));
            flat(match bias {
                Some(bias) => y + ranked(bias),
                None => y,
            })
        }
        Operator::Binary(operator) => by_rank!(rank, binary(*operator, first, inputs.next()?)),
        Operator::Unary(operator) => unary(*operator, first.0),
        Operator::Mean { axes } => by_rank!(rank, mean(first, axes)),
        Operator::Transpose { order } => by_rank!(rank, transpose(first, order)),
        Operator::Reshape => first.0,
        Operator::Pad { around, value } => by_rank!(rank, pad(first, around, *value)),
        Operator::Concat { axis } => by_rank!(rank, concat([first].into_iter().chain(inputs).collect(), *axis)),
        Operator::Slice { axis, from } => by_rank!(rank, slice(first, *axis, *from, shape[*axis])),
        Operator::Splice { axis, at } => by_rank!(rank, splice(first, inputs.next()?, *axis, at.at(f64::from(morph)))),
        Operator::DepthToSpace { block, order } => depth_to_space(first, *block, *order)?,
    };
    Some(output)
}

/// Of rank `D`, with axes of side 1 before where it has fewer.
fn ranked<const D: usize>((value, shape): Shaped<'_>) -> Tensor<D> {
    let missing = D - shape.len().min(D);
    value.reshape(std::array::from_fn::<usize, D, _>(|axis| axis.checked_sub(missing).map_or(1, |axis| shape[axis])))
}

fn flat<const D: usize>(value: Tensor<D>) -> Tensor<1> {
    let count = value.dims().iter().product::<usize>();
    value.reshape([count])
}

fn binary<const D: usize>(operator: Binary, a: Shaped<'_>, b: Shaped<'_>) -> Tensor<1> {
    let (a, b) = (ranked::<D>(a), ranked::<D>(b));
    flat(match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
    })
}

fn unary(operator: Unary, x: Tensor<1>) -> Tensor<1> {
    match operator {
        Unary::LeakyRelu(slope) => leaky_relu(x, f64::from(slope)),
        Unary::Sigmoid => sigmoid(x),
        Unary::Tanh => x.tanh(),
        Unary::Cos => x.cos(),
        Unary::Sqrt => x.sqrt(),
        Unary::Reciprocal => x.recip(),
        Unary::Negate => x.neg(),
    }
}

fn mean<const D: usize>(x: Shaped<'_>, axes: &[usize]) -> Tensor<1> {
    let missing = D - x.1.len().min(D);
    flat(axes.iter().fold(ranked::<D>(x), |x, axis| x.mean_dim(axis + missing)))
}

fn transpose<const D: usize>(x: Shaped<'_>, order: &[usize]) -> Tensor<1> {
    flat(ranked::<D>(x).permute(std::array::from_fn::<usize, D, _>(|axis| order.get(axis).copied().unwrap_or(axis))))
}

fn pad<const D: usize>(x: Shaped<'_>, around: &[[usize; 2]], value: f32) -> Tensor<1> {
    let pairs: [(usize, usize); D] = std::array::from_fn(|axis| around.get(axis).map_or((0, 0), |&[a, b]| (a, b)));
    flat(ranked::<D>(x).pad(pairs, PadMode::Constant(value)))
}

fn concat<const D: usize>(inputs: Vec<Shaped<'_>>, axis: usize) -> Tensor<1> {
    flat(Tensor::cat(inputs.into_iter().map(ranked::<D>).collect(), axis))
}

fn slice<const D: usize>(x: Shaped<'_>, axis: usize, from: usize, count: usize) -> Tensor<1> {
    flat(ranked::<D>(x).narrow(axis, from, count))
}

fn splice<const D: usize>(first: Shaped<'_>, second: Shaped<'_>, axis: usize, at: f64) -> Tensor<1> {
    let side = first.1[axis];
    match at.clamp(0.0, side as f64) as usize {
        0 => second.0,
        at if at == side => first.0,
        at => {
            let (begin, end) =
                (ranked::<D>(first).narrow(axis, 0, at), ranked::<D>(second).narrow(axis, at, side - at));
            flat(Tensor::cat(vec![begin, end], axis))
        }
    }
}

fn depth_to_space((x, shape): Shaped<'_>, b: usize, order: Order) -> Option<Tensor<1>> {
    let &[n, channels, h, w] = shape else { return None };
    let c = channels / (b * b);
    Some(flat(match order {
        Order::Dcr => x.reshape([n, b, b, c, h, w]).permute([0, 3, 4, 1, 5, 2]),
        Order::Crd => x.reshape([n, c, b, b, h, w]).permute([0, 1, 4, 2, 5, 3]),
    }))
}

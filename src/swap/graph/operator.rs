//! The operations of a swap network, and the shapes they give.

use super::arithmetic::{Binary, Unary};
use super::numbers::Number;
use super::shape::broadcast;

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Operator {
    /// Of a picture `[1, C, H, W]`, a weight `[O, C / groups, K, L]` and perhaps a bias `[O]`.
    Convolution {
        /// Along height and width.
        stride: [usize; 2],
        /// Zeros above, to the left, below, to the right.
        pads: [usize; 4],
        /// Groups of channels that do not see each other.
        groups: usize,
        /// Then `max(x, slope · x)`.
        slope: Option<f32>,
    },
    /// `[M, I]` times a weight `[I, O]`, and perhaps a bias `[O]`.
    Dense,
    /// Of each pair.
    Binary(Binary),
    /// Of each value.
    Unary(Unary),
    /// Mean over some axes, which stay with side 1.
    Mean {
        /// The axes, ascending.
        axes: Vec<usize>,
        /// Whether of the values' squares.
        squares: bool,
    },
    /// Axis `n` of the result is axis `order[n]` of what went in.
    Transpose {
        /// A permutation.
        order: Vec<usize>,
    },
    /// The same values in the shape of the output.
    Reshape,
    /// A value around.
    Pad {
        /// How many before and after, by axis.
        around: Vec<[usize; 2]>,
        /// The value.
        value: f32,
    },
    /// One behind the other.
    Concat {
        /// Along it.
        axis: usize,
    },
    /// Repeated.
    Tile {
        /// How often, by axis.
        repeats: Vec<usize>,
    },
    /// A part.
    Slice {
        /// Along it.
        axis: usize,
        /// The first that is in it.
        from: usize,
    },
    /// The beginning of the first input, then the end of the second, which are of one shape: how models that morph
    /// mix two codes.
    Splice {
        /// Along it.
        axis: usize,
        /// Where the second begins.
        at: Number,
    },
    /// `[1, C, H, W]` to `[1, C / b², b H, b W]`.
    DepthToSpace {
        /// b.
        block: usize,
        /// Which channel goes where.
        order: Order,
    },
}

/// Which channel of a block of b² goes to which output channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Depth, column, row: channel `(y b + x) C' + c` is pixel (x, y) of output channel c.
    Dcr,
    /// Column, row, depth: channel `c b² + y b + x` is.
    Crd,
}

impl Operator {
    /// The shape of the output, where the inputs' decide it (not for [`Operator::Reshape`] and [`Operator::Slice`]),
    /// or why there is none.
    pub(super) fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let misfit = || format!("inputs of the shapes {inputs:?} do not fit together");
        match (self, inputs) {
            (Self::Convolution { stride, pads, groups, .. }, [x, weight, bias @ ..]) => {
                let (&[n, channels, height, width], &[out, depth, high, wide]) = (*x, *weight) else {
                    return Err(misfit());
                };
                let fits = depth * groups == channels && out % groups == 0 && bias.iter().all(|bias| **bias == [out]);
                let side = |side: usize, pads: usize, kernel: usize, stride: usize| {
                    Some((side + pads).checked_sub(kernel)? / stride + 1)
                };
                let height = side(height, pads[0] + pads[2], high, stride[0]);
                let width = side(width, pads[1] + pads[3], wide, stride[1]);
                match (fits, height, width) {
                    (true, Some(height), Some(width)) => Ok(vec![n, out, height, width]),
                    _ => Err(misfit()),
                }
            }
            (Self::Dense, [[rows, inner], [depth, out], bias @ ..])
                if inner == depth && bias.iter().all(|bias| **bias == [*out]) =>
            {
                Ok(vec![*rows, *out])
            }
            (Self::Binary(_), [a, b]) => broadcast(a, b).ok_or_else(misfit),
            (Self::Unary(_), [x]) => Ok(x.to_vec()),
            (Self::Mean { axes, .. }, [x]) if axes.iter().all(|&axis| axis < x.len()) => {
                Ok(x.iter().enumerate().map(|(axis, &side)| if axes.contains(&axis) { 1 } else { side }).collect())
            }
            (Self::Transpose { order }, [x]) => {
                let mut sorted = order.clone();
                sorted.sort_unstable();
                let fits = sorted.iter().copied().eq(0..x.len());
                if fits { Ok(order.iter().map(|&axis| x[axis]).collect()) } else { Err(misfit()) }
            }
            (Self::Pad { around, .. }, [x]) if around.len() == x.len() => {
                Ok(x.iter().zip(around).map(|(side, around)| side + around[0] + around[1]).collect())
            }
            (Self::Tile { repeats }, [x]) if repeats.len() == x.len() && !repeats.contains(&0) => {
                let sides = x.iter().zip(repeats).map(|(side, times)| side.checked_mul(*times));
                sides.collect::<Option<_>>().ok_or_else(misfit)
            }
            (&Self::Concat { axis }, [first, ..]) if axis < first.len() => {
                let others = |shape: &[usize]| [&shape[..axis], &shape[axis + 1..]].concat();
                let fits = inputs.iter().all(|x| x.len() == first.len() && others(x) == others(first));
                let mut shape = first.to_vec();
                shape[axis] = inputs.iter().filter_map(|x| x.get(axis)).sum();
                if fits { Ok(shape) } else { Err(misfit()) }
            }
            (&Self::Splice { axis, .. }, [a, b]) if a == b && axis < a.len() => Ok(a.to_vec()),
            (Self::DepthToSpace { block, .. }, [[n, channels, height, width]])
                if *block > 0 && channels % (block * block) == 0 =>
            {
                Ok(vec![*n, channels / (block * block), height * block, width * block])
            }
            _ => Err(misfit()),
        }
    }
}

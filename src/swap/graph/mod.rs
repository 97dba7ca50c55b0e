//! The network of a `.dfm` as a small typed graph, for engines that run it themselves.
//!
//! [`SwapGraph::read`] goes once through the file's nodes ([`reader`]): what depends on no input is computed there
//! and then ([`constant`], [`numbers`]), every other node becomes a [`Step`] with an [`Operator`] out of about
//! fifteen, and every value gets its shape. [`fuse`] then makes one step of what a converter wrote as several:
//! padding and convolution, a convolution and its bias or activation, a convolution of a picture behind itself, a
//! depth-to-space in three pieces.
//!
//! A batch is one crop. Layouts are the file's own: pictures come in and go out by pixels, and are by channels
//! between two Transposes.

mod arithmetic;
mod constant;
mod error;
mod fuse;
mod node;
mod numbers;
mod operator;
mod reader;
mod shape;
mod work;

pub use arithmetic::{Binary, Unary};
pub use constant::Array;
pub use error::GraphError;
pub use numbers::Number;
pub use operator::{Operator, Order};
pub use work::Work;

use super::contract::Contract;
use super::convolution::Convolution;
use crate::onnx::Model;

/// What goes into a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A value: an index of [`SwapGraph::shapes`].
    Value(usize),
    /// An index of [`SwapGraph::constants`].
    Constant(usize),
    /// An index of [`SwapGraph::frame_numbers`].
    FrameNumbers(usize),
}

/// Numbers that are known when a frame comes.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameNumbers {
    /// Shape.
    pub shape: Vec<usize>,
    /// As many as the shape says.
    pub numbers: Vec<Number>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it does.
    pub operator: Operator,
    /// What it does it to.
    pub inputs: Vec<Operand>,
    /// The value it gives.
    pub output: usize,
}

/// A swap network.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SwapGraph {
    /// Shape of each value; a value that no step gives any more has one all the same.
    pub shapes: Vec<Vec<usize>>,
    /// Weights and the like.
    pub constants: Vec<Array>,
    /// Few numbers that `morph_value` decides, frame by frame.
    pub frame_numbers: Vec<FrameNumbers>,
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// The crop: `[1, S, S, 3]`.
    pub input: usize,
    /// Mask of the driver's face, generated face, its mask.
    pub outputs: [usize; 3],
}

impl SwapGraph {
    /// The graph of a model whose contract was checked.
    ///
    /// # Errors
    /// [`GraphError`], which names the node and, where that helps, another engine.
    pub fn read(model: &Model, contract: &Contract) -> Result<Self, GraphError> {
        let mut graph = reader::read(model, contract)?;
        fuse::fuse(&mut graph);
        Ok(graph)
    }

    /// A network of one step on a value of `shape`, whose result of `result` is all three pictures: for tests and
    /// benches of single operations.
    pub fn of_step(operator: Operator, shape: Vec<usize>, result: Vec<usize>, constants: Vec<Array>) -> Self {
        let inputs = [Operand::Value(0)].into_iter().chain((0..constants.len()).map(Operand::Constant)).collect();
        let steps = vec![Step { operator, inputs, output: 1 }];
        Self { shapes: vec![shape, result], constants, steps, input: 0, outputs: [1; 3], ..Self::default() }
    }

    /// A network of one convolution: `weights` are O × C × K × L, `bias` O values. Likewise for tests and benches.
    pub fn of_convolution(shape: &Convolution, weights: Vec<f32>, bias: Vec<f32>) -> Self {
        let ([channels, high, wide], [out, height, width], [rows, columns]) = (shape.input, shape.output, shape.kernel);
        let pads = [shape.pads[0], shape.pads[1], 0, 0];
        let operator = Operator::Convolution { stride: shape.stride, pads, groups: 1, slope: Some(shape.slope()) };
        let weights = Array { shape: vec![out, channels, rows, columns], values: weights };
        let bias = Array { shape: vec![out], values: bias };
        Self::of_step(operator, vec![1, channels, high, wide], vec![1, out, height, width], vec![weights, bias])
    }

    /// The same with nothing in its constants but their shapes: for what is on a device.
    pub(super) fn without_values(&self) -> Self {
        let bare = |constant: &Array| Array { shape: constant.shape.clone(), values: Vec::new() };
        let constants = self.constants.iter().map(bare).collect();
        let Self { shapes, frame_numbers, steps, input, outputs, .. } = self;
        Self {
            shapes: shapes.clone(),
            constants,
            frame_numbers: frame_numbers.clone(),
            steps: steps.clone(),
            input: *input,
            outputs: *outputs,
        }
    }

    /// Numbers in all constants, also where their values are on a device only.
    pub fn parameters(&self) -> usize {
        self.constants.iter().map(|constant| constant.shape.iter().product::<usize>()).sum()
    }
}

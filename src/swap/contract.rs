//! What a swap model's inputs and outputs must be: the .dfm contract.
//!
//! Inputs `in_face…` `[N, S, S, 3]` and, in models with morph, `morph_value…` `[1]`; outputs: mask of the driver's
//! face `[N, S, S, 1]`, generated face `[N, S, S, 3]`, mask of the generated face `[N, S, S, 1]`. All float32. N is
//! open or 1. Outputs may leave dimensions open: the engine's first run settles them.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::onnx::{DataType, Graph, Shape, TensorType, ValueInfo};

/// Sides that a crop may have, in pixels.
pub const RESOLUTIONS: RangeInclusive<i64> = 16..=1024;

const NAMES: [&str; 3] = ["out_face_mask", "out_celeb_face", "out_celeb_face_mask"];
const CHANNELS: [i64; 3] = [1, 3, 1];

/// Inputs and outputs that are not those of a swap model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// Another number of inputs.
    #[error("it has {0} inputs; a swap model has 'in_face' and at most 'morph_value'")]
    Inputs(usize),
    /// An input of another name.
    #[error("input {position} is '{name}', but should be named '{expected}…'; this is not a swap model")]
    InputName {
        /// Place, from 1.
        position: usize,
        /// Its name.
        name: String,
        /// What the name should contain.
        expected: &'static str,
    },
    /// Another number of outputs.
    #[error("it has {0} outputs; a swap model has three: mask of the driver's face, generated face, its mask")]
    Outputs(usize),
    /// Not a float32 tensor.
    #[error("tensor '{0}' is not a float32 tensor; export the model with float32 inputs and outputs")]
    NotFloat(String),
    /// Another shape.
    #[error("tensor '{name}' has the shape {shape}, but should have {expected}")]
    Shape {
        /// Tensor.
        name: String,
        /// Its shape, open dimensions as the file names them.
        shape: String,
        /// What the contract says.
        expected: String,
    },
    /// A crop too small or too large.
    #[error("input '{name}' takes crops of {side} pixels; 16 to 1024 are supported")]
    Resolution {
        /// Input.
        name: String,
        /// Side.
        side: i64,
    },
}

/// What the engines need to know of a model's inputs and outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// Side of the square crop, in pixels.
    pub resolution: usize,
    /// Whether there is a second input, `morph_value`.
    pub has_morph: bool,
    /// Which output is the mask of the driver's face.
    pub driver_mask: usize,
    /// Which output is the generated face.
    pub face: usize,
    /// Which output is the mask of the generated face.
    pub face_mask: usize,
}

impl Contract {
    /// Checks a graph.
    ///
    /// # Errors
    /// [`ContractError`] for the first tensor that is not as it should be.
    pub fn of(graph: &Graph) -> Result<Self, ContractError> {
        let weights: HashSet<_> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
        let inputs: Vec<_> = graph.input.iter().filter(|input| !weights.contains(input.name.as_str())).collect();
        let (face, morph) = match inputs.as_slice() {
            [face] => (face, None),
            [face, morph] => (face, Some(morph)),
            other => return Err(ContractError::Inputs(other.len())),
        };
        let side = check_face(face)?;
        if let Some(morph) = morph {
            check_name(morph, 2, "morph_value")?;
            check_shape(morph, &[1], "[1]")?;
        }
        if graph.output.len() != 3 {
            return Err(ContractError::Outputs(graph.output.len()));
        }
        let order = order(&graph.output);
        for (&output, channels) in order.iter().zip(CHANNELS) {
            let expected = format!("[N, {side}, {side}, {channels}]");
            check_shape(&graph.output[output], &[1, side, side, channels], &expected)?;
        }
        let [driver_mask, face, face_mask] = order;
        Ok(Self { resolution: side as usize, has_morph: morph.is_some(), driver_mask, face, face_mask })
    }
}

/// Which output is which: by name where all three have theirs, otherwise by position.
fn order(outputs: &[ValueInfo]) -> [usize; 3] {
    let place = |name: &str| outputs.iter().position(|output| output.name.split(':').next() == Some(name));
    match NAMES.map(place) {
        [Some(driver_mask), Some(face), Some(face_mask)] => [driver_mask, face, face_mask],
        _ => [0, 1, 2],
    }
}

/// The side of the crop.
fn check_face(input: &ValueInfo) -> Result<i64, ContractError> {
    check_name(input, 1, "in_face")?;
    let shape = float_tensor(input)?.shape.as_ref();
    let wrong = || wrong_shape(input, "[N, S, S, 3] with a fixed side S");
    let dims = &shape.ok_or_else(wrong)?.dim;
    let [_, height, width, _] = dims.as_slice() else { return Err(wrong()) };
    let (Some(height), Some(width)) = (height.fixed(), width.fixed()) else { return Err(wrong()) };
    if height != width {
        return Err(wrong());
    }
    if !RESOLUTIONS.contains(&height) {
        return Err(ContractError::Resolution { name: shown(&input.name), side: height });
    }
    check_shape(input, &[1, height, height, 3], &format!("[N, {height}, {height}, 3]"))?;
    Ok(height)
}

fn check_name(input: &ValueInfo, position: usize, expected: &'static str) -> Result<(), ContractError> {
    match input.name.contains(expected) {
        true => Ok(()),
        false => Err(ContractError::InputName { position, name: shown(&input.name), expected }),
    }
}

/// Open dimensions agree with anything; a shape that is not said at all, too.
fn check_shape(value: &ValueInfo, expected: &[i64], said: &str) -> Result<(), ContractError> {
    let Some(shape) = float_tensor(value)?.shape.as_ref() else { return Ok(()) };
    let agrees = |(dim, &expected): (&crate::onnx::Dimension, &i64)| dim.fixed().is_none_or(|dim| dim == expected);
    match shape.dim.len() == expected.len() && shape.dim.iter().zip(expected).all(agrees) {
        true => Ok(()),
        false => Err(wrong_shape(value, said)),
    }
}

fn float_tensor(value: &ValueInfo) -> Result<&TensorType, ContractError> {
    value
        .tensor_type()
        .filter(|tensor| tensor.elem_type == DataType::Float as i32)
        .ok_or_else(|| ContractError::NotFloat(shown(&value.name)))
}

fn wrong_shape(value: &ValueInfo, expected: &str) -> ContractError {
    let shape = value.tensor_type().and_then(|tensor| tensor.shape.as_ref());
    let shape = shape.map_or_else(|| "that the file does not say".to_owned(), Shape::to_string);
    ContractError::Shape { name: shown(&value.name), shape, expected: expected.to_owned() }
}

/// A name from the file, fit for a terminal.
fn shown(name: &str) -> String {
    name.escape_debug().collect()
}

//! Makes the face networks in `models/` smaller; what they hold is widened again when ONNX Runtime loads them.
//!
//! ```sh
//! cargo run --release --workspace --features standin/train,standin/dmabuf --example compact_weights -- halves IN OUT
//! cargo run --release --workspace --features standin/train,standin/dmabuf --example compact_weights -- bytes IN OUT
//! ```
//!
//! `halves` keeps as 16-bit floats the weights of which not one loses anything by it. `bytes` keeps weights as 8-bit
//! integers, but for tensors of less than 256 values or of no multiple of [`BLOCK`], with a step, a 16-bit float, for
//! every [`BLOCK`] of them: the finer the blocks, the less the largest weight takes away from the others.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use half::f16;
use prost::Message;
use standin::onnx::{Attribute, DataType, Model, Node, Tensor};

/// Tensors of fewer values stay as they are: the nodes that widen them would take more.
const LEAST: usize = 256;
/// Weights that share a step.
const BLOCK: usize = 16;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, from, to] = arguments.as_slice() else { bail!("usage: compact_weights halves|bytes IN OUT") };
    let compact = match kind.as_str() {
        "halves" => in_halves,
        "bytes" => in_bytes,
        other => bail!("{other}: neither halves nor bytes"),
    };
    let (from, to) = (PathBuf::from(from), PathBuf::from(to));
    let bytes = std::fs::read(&from).with_context(|| from.display().to_string())?;
    let mut model = Model::decode(&*bytes).with_context(|| from.display().to_string())?;
    let graph = model.graph.as_mut().context("the file holds no graph")?;
    let (mut tensors, mut nodes) = (Vec::new(), Vec::new());
    for tensor in graph.initializer.drain(..) {
        match weights(&tensor).and_then(|values| compact(&tensor, &values)) {
            Some((made, widening)) => {
                tensors.extend(made);
                nodes.extend(widening);
            }
            None => tensors.push(tensor),
        }
    }
    graph.initializer = tensors;
    graph.node.splice(0..0, nodes);
    std::fs::write(&to, model.encode_to_vec()).with_context(|| to.display().to_string())
}

/// The values of a tensor of floats that is large enough.
fn weights(tensor: &Tensor) -> Option<Vec<f32>> {
    tensor.floats().filter(|values| values.len() >= LEAST)
}

/// The tensors and nodes that give a tensor's values, where they are told by 16-bit floats.
fn in_halves(tensor: &Tensor, values: &[f32]) -> Option<(Vec<Tensor>, Vec<Node>)> {
    let same = |value: &f32| f16::from_f32(*value).to_f32().to_bits() == value.to_bits();
    let lossless = tensor.data_type == DataType::Float as i32 && values.iter().all(same);
    let name = &tensor.name;
    let held = format!("{name}_half");
    lossless.then(|| (vec![halves(&held, tensor.dims.clone(), values)], vec![widened(&held, name)]))
}

/// The tensors and nodes that give nearly a tensor's values: `integer · step`, block by block.
fn in_bytes(tensor: &Tensor, values: &[f32]) -> Option<(Vec<Tensor>, Vec<Node>)> {
    let (blocks, rest) = values.as_chunks::<BLOCK>();
    if !rest.is_empty() {
        return None;
    }
    let most = |block: &[f32; BLOCK]| block.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let steps: Vec<f32> = blocks.iter().map(|block| f16::from_f32(most(block) / 127.0).to_f32()).collect();
    let integer =
        |value: f32, step: f32| if step > 0.0 { (value / step).round().clamp(-127.0, 127.0) as i8 } else { 0 };
    let integers = blocks.iter().zip(&steps).flat_map(|(block, &step)| block.map(|value| integer(value, step) as u8));
    let name = &tensor.name;
    let [held, step, shape, whole, steps_of, product] =
        ["byte", "step", "shape", "whole", "steps", "product"].map(|part| format!("{name}_{part}"));
    let dims = [blocks.len() as i64, BLOCK as i64];
    let tensors = vec![
        Tensor::raw(&held, dims.to_vec(), DataType::Int8, integers.collect()),
        halves(&step, vec![dims[0], 1], &steps),
        Tensor::of_integers(&shape, &tensor.dims),
    ];
    let nodes = vec![
        widened(&held, &whole),
        widened(&step, &steps_of),
        Node::new("Mul", &[&whole, &steps_of], &product, vec![]),
        Node::new("Reshape", &[&product, &shape], name, vec![]),
    ];
    Some((tensors, nodes))
}

fn halves(name: &str, dims: Vec<i64>, values: &[f32]) -> Tensor {
    let bytes = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
    Tensor::raw(name, dims, DataType::Float16, bytes)
}

/// A Cast to 32-bit floats.
fn widened(from: &str, to: &str) -> Node {
    Node::new("Cast", &[from], to, vec![Attribute::int("to", i64::from(DataType::Float as i32))])
}

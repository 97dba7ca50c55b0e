//! From the nodes of a file to steps. [`Reader`] goes through them once; how an operator is read stands in [`arrange`],
//! [`part`], [`compute`] and [`layer`].

mod arrange;
mod compute;
mod layer;
mod part;

use std::collections::HashMap;
use std::sync::Arc;

use super::constant::{MOST_NUMBERS, TensorValues, held};
use super::node::Named;
use super::numbers::Numbers;
use super::{Array, Binary, FrameNumbers, GraphError, Number, Operand, Operator, Step, SwapGraph, Unary};
use crate::onnx::{Graph, Model, Node, Tensor};
use crate::swap::contract::Contract;
use crate::swap::summary::opset;

/// Constants of up to so many values may steer the network.
const FEW: usize = 64;
/// What a file that means well stays far below: inputs of a node, steps, numbers in folded constants.
const MOST_INPUTS: usize = 64;
const MOST_STEPS: usize = 10_000;
const MOST_FOLDED: usize = 1 << 30;

/// What a name of the file stands for.
#[derive(Debug, Clone)]
enum Known {
    /// What a step gives, or the crop.
    Value(usize),
    /// A constant.
    Floats(Arc<Array>),
    /// What steers the network.
    Numbers(Numbers),
    /// A part of a value whose bounds depend on `morph_value`: only another part can complete it.
    Part { of: usize, axis: usize, from: Number, to: Number },
}

/// Reads a whole model; nothing is fused yet.
pub(super) fn read(model: &Model, contract: &Contract) -> Result<SwapGraph, GraphError> {
    let empty = Graph::default();
    let file = model.graph.as_ref().unwrap_or(&empty);
    let opset = opset(model).unwrap_or(0);
    let mut reader = Reader { opset, ..Reader::default() };
    for tensor in &file.initializer {
        reader.known.insert(tensor.name.clone(), constant(tensor)?);
    }
    let mut inputs = file.input.iter().filter(|input| !reader.known.contains_key(&input.name));
    let (face, morph) = (inputs.next(), inputs.next());
    let side = contract.resolution;
    reader.graph.input = reader.value(vec![1, side, side, 3]);
    if let Some(face) = face {
        reader.known.insert(face.name.clone(), Known::Value(reader.graph.input));
    }
    if let Some(morph) = morph {
        let morphs = Numbers { shape: vec![1], values: vec![Number::Morph], whole: false };
        reader.known.insert(morph.name.clone(), Known::Numbers(morphs));
    }
    for node in &file.node {
        reader.node(node)?;
    }
    for (at, (output, channels)) in
        [(contract.driver_mask, 1), (contract.face, 3), (contract.face_mask, 1)].into_iter().enumerate()
    {
        let name = file.output.get(output).map(|output| output.name.clone()).unwrap_or_default();
        let expected = vec![1, side, side, channels];
        let value = match reader.known.get(&name) {
            Some(Known::Value(value)) => *value,
            _ => return Err(GraphError::Output { output: name, found: Vec::new(), expected }),
        };
        if reader.graph.shapes[value] != expected {
            return Err(GraphError::Output { output: name, found: reader.graph.shapes[value].clone(), expected });
        }
        reader.graph.outputs[at] = value;
    }
    Ok(reader.graph)
}

fn constant(tensor: &Tensor) -> Result<Known, GraphError> {
    Ok(match held(tensor)? {
        TensorValues::Floats(array) => Known::Floats(Arc::new(array)),
        TensorValues::Integers { shape, values } => Known::Numbers(Numbers::integers(shape, values)),
    })
}

#[derive(Default)]
struct Reader {
    graph: SwapGraph,
    known: HashMap<String, Known>,
    opset: i64,
    /// Numbers of the constants that nodes gave.
    folded: usize,
    /// Constants that are in the graph already, by their address, which they keep as long as they are here.
    placed: HashMap<usize, (usize, Arc<Array>)>,
}

impl Reader {
    fn node(&mut self, node: &Node) -> Result<(), GraphError> {
        let of = Named { node, opset: self.opset };
        if node.input.len() > MOST_INPUTS || self.graph.steps.len() >= MOST_STEPS {
            return Err(of.fail("no swap network is that large"));
        }
        let known = self.compute(of)?;
        self.folded += match &known {
            Known::Floats(array) => array.values.len(),
            Known::Numbers(numbers) => numbers.values.len(),
            _ => 0,
        };
        if self.folded > MOST_FOLDED || matches!(&known, Known::Numbers(few) if few.values.len() > MOST_NUMBERS) {
            return Err(of.fail("it computes too many constants"));
        }
        let Some(name) = node.output.first() else { return Err(of.fail("it has no output")) };
        if node.output.iter().skip(1).any(|name| !name.is_empty()) {
            return Err(of.fail("it has more than one output"));
        }
        self.known.insert(name.clone(), known);
        Ok(())
    }

    fn compute(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        match of.node.domain.as_str() {
            "" | "ai.onnx" => {}
            // What ONNX Runtime leaves in a file that it saves.
            "com.microsoft" if of.node.op_type == "FusedConv" => return self.fused_convolution(of),
            _ => return Err(of.unknown()),
        }
        match of.node.op_type.as_str() {
            "Identity" | "Dropout" => self.input(of, 0),
            "Constant" => literal(of),
            "Cast" => self.cast(of),
            "Shape" => self.shape_of(of),
            "Reshape" => self.reshape(of),
            "Flatten" => self.flatten(of),
            "Squeeze" | "Unsqueeze" => self.squeeze(of),
            "Transpose" => self.transpose(of),
            "Gather" => self.gather(of),
            "Concat" => self.concat(of),
            "Tile" => self.tile(of),
            "Slice" => self.slice(of),
            "Add" => self.binary(of, Binary::Add),
            "Sub" => self.binary(of, Binary::Subtract),
            "Mul" => self.binary(of, Binary::Multiply),
            "Div" => self.binary(of, Binary::Divide),
            "Pow" => self.power(of),
            "Equal" => self.equal(of),
            "Relu" => self.unary(of, Unary::LeakyRelu(0.0)),
            "LeakyRelu" => self.leaky_relu(of),
            "Sigmoid" => self.unary(of, Unary::Sigmoid),
            "Tanh" => self.unary(of, Unary::Tanh),
            "Cos" => self.unary(of, Unary::Cos),
            "Sqrt" => self.unary(of, Unary::Sqrt),
            "Reciprocal" => self.unary(of, Unary::Reciprocal),
            "Neg" => self.unary(of, Unary::Negate),
            "ReduceMean" => self.mean(of),
            "Pad" => self.pad(of),
            "Conv" => self.convolution(of),
            "AveragePool" => self.average_pool(of),
            "MatMul" => self.matmul(of),
            "Gemm" => self.gemm(of),
            "DepthToSpace" => self.depth_to_space(of),
            _ => Err(of.unknown()),
        }
    }

    // What goes in.

    fn input(&self, of: Named<'_>, n: usize) -> Result<Known, GraphError> {
        self.optional(of, n)?.ok_or_else(|| of.fail(format!("input {} is missing", n + 1)))
    }

    fn optional(&self, of: Named<'_>, n: usize) -> Result<Option<Known>, GraphError> {
        let Some(name) = of.node.input.get(n).filter(|name| !name.is_empty()) else { return Ok(None) };
        let known = self.known.get(name).cloned();
        known.map(Some).ok_or_else(|| GraphError::Unknown { node: of.name(), value: name.clone() })
    }

    /// An input that must be integers that are known.
    fn integers(&self, of: Named<'_>, n: usize) -> Result<Option<Vec<i64>>, GraphError> {
        let Some(known) = self.optional(of, n)? else { return Ok(None) };
        let fixed = numbers(&known).and_then(|numbers| numbers.fixed());
        let fixed = fixed.ok_or_else(|| of.fail(format!("input {} is not known before the first frame", n + 1)))?;
        Ok(Some(fixed.into_iter().map(|value| value as i64).collect()))
    }

    /// An attribute that later operator sets made an input.
    fn setting(&self, of: Named<'_>, name: &str, n: usize) -> Result<Option<Vec<i64>>, GraphError> {
        match of.ints(name) {
            Some(ints) => Ok(Some(ints.to_vec())),
            None => self.integers(of, n),
        }
    }

    fn operand(&mut self, of: Named<'_>, known: &Known) -> Result<Operand, GraphError> {
        match known {
            Known::Value(value) => Ok(Operand::Value(*value)),
            Known::Floats(array) => {
                of.sized(&array.shape)?;
                Ok(Operand::Constant(self.place(array)))
            }
            Known::Numbers(numbers) => {
                of.sized(&numbers.shape)?;
                if let Some(array) = floats(known) {
                    return Ok(Operand::Constant(self.place(&array)));
                }
                self.graph
                    .frame_numbers
                    .push(FrameNumbers { shape: numbers.shape.clone(), numbers: numbers.values.clone() });
                Ok(Operand::FrameNumbers(self.graph.frame_numbers.len() - 1))
            }
            Known::Part { .. } => Err(of.fail("it reads a part whose size depends on morph_value")),
        }
    }

    fn shape(&self, operand: Operand) -> &[usize] {
        match operand {
            Operand::Value(value) => &self.graph.shapes[value],
            Operand::Constant(constant) => &self.graph.constants[constant].shape,
            Operand::FrameNumbers(frame_numbers) => &self.graph.frame_numbers[frame_numbers].shape,
        }
    }

    // What comes out.

    fn value(&mut self, shape: Vec<usize>) -> usize {
        self.graph.shapes.push(shape);
        self.graph.shapes.len() - 1
    }

    fn place(&mut self, array: &Arc<Array>) -> usize {
        let address = Arc::as_ptr(array) as usize;
        if let Some((at, _)) = self.placed.get(&address) {
            return *at;
        }
        self.graph.constants.push(Array::clone(array));
        let at = self.graph.constants.len() - 1;
        self.placed.insert(address, (at, Arc::clone(array)));
        at
    }

    fn step(&mut self, of: Named<'_>, operator: Operator, inputs: Vec<Operand>) -> Result<Known, GraphError> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|&input| self.shape(input)).collect();
        let shape = operator.shape(&shapes).map_err(|reason| of.fail(reason))?;
        self.step_to(of, operator, inputs, shape)
    }

    fn step_to(
        &mut self,
        of: Named<'_>,
        operator: Operator,
        inputs: Vec<Operand>,
        shape: Vec<usize>,
    ) -> Result<Known, GraphError> {
        of.sized(&shape)?;
        let output = self.value(shape);
        self.graph.steps.push(Step { operator, inputs, output });
        Ok(Known::Value(output))
    }
}

/// A Constant node's value.
fn literal(of: Named<'_>) -> Result<Known, GraphError> {
    if let Some(tensor) = of.tensor("value") {
        return constant(tensor);
    }
    if let Some(value) = of.float("value_float") {
        return Ok(Known::Floats(Arc::new(Array::scalar(value))));
    }
    if let Some(values) = of.floats("value_floats") {
        return Ok(Known::Floats(Arc::new(Array { shape: vec![values.len()], values: values.to_vec() })));
    }
    if let Some(value) = of.int("value_int") {
        return Ok(Known::Numbers(Numbers::integers(Vec::new(), [value])));
    }
    if let Some(values) = of.ints("value_ints") {
        return Ok(Known::Numbers(Numbers::integers(vec![values.len()], values.iter().copied())));
    }
    Err(of.fail("a constant of another kind"))
}

/// As numbers that steer; `None` for what flows, and for large constants.
fn numbers(known: &Known) -> Option<Numbers> {
    match known {
        Known::Numbers(numbers) => Some(numbers.clone()),
        Known::Floats(array) if array.values.len() <= FEW => {
            let values = array.values.iter().map(|&value| Number::Fixed(f64::from(value))).collect();
            Some(Numbers { shape: array.shape.clone(), values, whole: false })
        }
        _ => None,
    }
}

/// As a constant; `None` for what flows and for what depends on `morph_value`.
fn floats(known: &Known) -> Option<Arc<Array>> {
    match known {
        Known::Floats(array) => Some(Arc::clone(array)),
        Known::Numbers(numbers) => {
            let values = numbers.fixed()?.into_iter().map(|value| value as f32).collect();
            Some(Arc::new(Array { shape: numbers.shape.clone(), values }))
        }
        _ => None,
    }
}

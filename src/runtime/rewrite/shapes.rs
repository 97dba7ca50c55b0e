//! What shapes the pictures of a network have, as far as its nodes say it.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::onnx::{DataType, Graph, Node, Tensor};

/// Sides, numbers of channels and blocks that are followed: products of three stay far within 64 bits.
const FOLLOWED: RangeInclusive<i64> = 1..=1 << 16;

/// The last three of a picture's dimensions: channels, height and width, where they come in that order.
pub(super) type PictureShape = [i64; 3];

/// The constants of a graph, and the shapes of its pictures `[N, C, H, W]` as far as they are followed.
pub(super) struct Shapes<'a> {
    constants: HashMap<String, &'a Tensor>,
    /// Constants that are held as integers with steps; only their shapes are of use.
    quantised: HashMap<String, &'a Tensor>,
    pictures: HashMap<String, PictureShape>,
}

impl<'a> Shapes<'a> {
    /// Of a graph's weights and inputs.
    pub(super) fn of(graph: &'a Graph) -> Self {
        let constants = graph.initializer.iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        let inputs = graph.input.iter().filter_map(|input| {
            let dims = &input.tensor_type()?.shape.as_ref()?.dim;
            let [_, a, b, c] = dims.as_slice() else { return None };
            Some((input.name.clone(), [a.fixed()?, b.fixed()?, c.fixed()?]))
        });
        let inputs = inputs.filter(|(_, shape)| is_followed(shape));
        Self { constants, quantised: HashMap::new(), pictures: inputs.collect() }
    }

    /// A constant, also one of fewer bits that is widened to 32 on its way.
    pub(super) fn constant(&self, name: &str) -> Option<&'a Tensor> {
        self.constants.get(name).copied()
    }

    /// The shape of a picture; `None` where it was not followed.
    pub(super) fn picture(&self, name: &str) -> Option<PictureShape> {
        self.pictures.get(name).copied()
    }

    /// Follows a node. Nodes come in the order in which they run.
    pub(super) fn pass(&mut self, node: &Node) {
        let [output] = node.output.as_slice() else { return };
        if !is_onnx(node) {
            return;
        }
        let constant = node.input.first().and_then(|input| self.constant(input));
        let widens = |node: &Node| node.attribute("to").and_then(|to| to.i) == Some(i64::from(DataType::Float as i32));
        if let Some(constant) = constant.filter(|_| node.op_type == "Cast" && widens(node)) {
            self.constants.insert(output.clone(), constant);
        } else if let Some(constant) = constant.filter(|_| node.op_type == "DequantizeLinear") {
            self.quantised.insert(output.clone(), constant);
        } else if let Some(shape) = self.given(node).filter(is_followed) {
            self.pictures.insert(output.clone(), shape);
        }
    }

    fn given(&self, node: &Node) -> Option<PictureShape> {
        let input = node.input.first()?;
        match node.op_type.as_str() {
            "Relu" | "LeakyRelu" | "PRelu" | "Sigmoid" | "Tanh" | "Clip" | "Identity" => self.picture(input),
            "Add" | "Sub" | "Mul" => {
                let [a, b] = node.input.as_slice() else { return None };
                self.picture(a).filter(|shape| self.picture(b) == Some(*shape))
            }
            "Transpose" => {
                let shape = self.picture(input)?;
                let order = &node.attribute("perm")?.ints;
                let [0, axes @ ..] = order.as_slice() else { return None };
                let axis = |n: usize| shape.get(usize::try_from(axes.get(n)?.checked_sub(1)?).ok()?).copied();
                Some([axis(0)?, axis(1)?, axis(2)?])
            }
            "Conv" => self.convolved(node, self.picture(input)?),
            "DepthToSpace" => {
                let [channels, height, width] = self.picture(input)?;
                let block = block(node)?;
                Some([channels / (block * block), height * block, width * block])
            }
            "Reshape" => {
                let wanted = self.constant(node.input.get(1)?).filter(|wanted| wanted.dims == [4])?.integers()?;
                let &[_, channels, height, width] = wanted.as_slice() else { return None };
                Some([channels, height, width])
            }
            _ => None,
        }
    }

    fn convolved(&self, node: &Node, [_, height, width]: PictureShape) -> Option<PictureShape> {
        let weight = node.input.get(1)?;
        let weight = self.constant(weight).or_else(|| self.quantised.get(weight).copied())?;
        let &[out, _, rows, columns] = weight.dims.as_slice() else { return None };
        let said = |name: &str| node.attribute(name);
        let padded_by_rule = said("auto_pad").and_then(|rule| rule.s.as_deref()).is_some_and(|rule| rule != b"NOTSET");
        if padded_by_rule || said("dilations").is_some_and(|by| by.ints.iter().any(|&by| by != 1)) {
            return None;
        }
        let pads: [i64; 4] = said("pads").map_or(Some([0; 4]), |pads| pads.ints.as_slice().try_into().ok())?;
        let strides: [i64; 2] =
            said("strides").map_or(Some([1; 2]), |strides| strides.ints.as_slice().try_into().ok())?;
        let side = |side: i64, kernel: i64, n: usize| {
            let span = side.saturating_add(pads[n]).saturating_add(pads[n + 2]).saturating_sub(kernel);
            (strides[n] > 0 && span >= 0).then(|| (span / strides[n]).saturating_add(1))
        };
        Some([out, side(height, rows, 0)?, side(width, columns, 1)?])
    }
}

/// The side of a DepthToSpace's blocks, where that may be.
pub(super) fn block(node: &Node) -> Option<i64> {
    node.attribute("blocksize")?.i.filter(|block| FOLLOWED.contains(block))
}

/// Whether the operator is ONNX's own.
pub(super) fn is_onnx(node: &Node) -> bool {
    matches!(node.domain.as_str(), "" | "ai.onnx")
}

fn is_followed(shape: &PictureShape) -> bool {
    shape.iter().all(|side| FOLLOWED.contains(side))
}

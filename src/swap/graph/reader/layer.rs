//! Layers: convolutions and dense layers, padding, depth-to-space.

use std::sync::Arc;

use super::{Known, Named, Reader, floats};
use crate::swap::graph::node::natural;
use crate::swap::graph::{Array, Binary, GraphError, Operand, Operator, Order, Unary};

impl Reader {
    pub(super) fn pad(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        if of.text("mode").is_some_and(|mode| mode != "constant") {
            return Err(of.fail("it pads with something else than a constant"));
        }
        if self.optional(of, 3)?.is_some() {
            return Err(of.fail("it pads named axes"));
        }
        let known = self.input(of, 0)?;
        let input = self.operand(of, &known)?;
        let rank = self.shape(input).len();
        let pads = self.setting(of, "pads", 1)?.ok_or_else(|| of.fail("it has no pads"))?;
        let value = match self.optional(of, 2)? {
            Some(value) => floats(&value)
                .and_then(|value| value.values.first().copied())
                .ok_or_else(|| of.fail("its value is not known before the first frame"))?,
            None => of.float("value").unwrap_or(0.0),
        };
        let side = |n: usize| pads.get(n).and_then(|&pad| natural(pad));
        let around: Option<Vec<_>> = (0..rank).map(|axis| Some([side(axis)?, side(rank + axis)?])).collect();
        let around = around.ok_or_else(|| of.fail(format!("pads {pads:?} of a value with {rank} axes")))?;
        self.step(of, Operator::Pad { around, value }, vec![input])
    }

    /// A convolution with what ONNX Runtime has joined to it: a value that is added, and an activation.
    pub(super) fn fused_convolution(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        const ADDED: usize = 3;
        let activation = match (of.text("activation"), of.floats("activation_params").unwrap_or_default()) {
            (None | Some(""), _) => None,
            (Some("Relu"), _) => Some(Unary::LeakyRelu(0.0)),
            (Some("LeakyRelu"), &[slope]) if (0.0..=1.0).contains(&slope) => Some(Unary::LeakyRelu(slope)),
            (Some("Sigmoid"), _) => Some(Unary::Sigmoid),
            (Some("Tanh"), _) => Some(Unary::Tanh),
            (Some(other), numbers) => {
                return Err(of.fail(format!("activation '{}' with {numbers:?}", other.escape_debug())));
            }
        };
        let mut known = self.convolution_of(of, ADDED)?;
        if let Some(added) = self.optional(of, ADDED)? {
            let inputs = vec![self.operand(of, &known)?, self.operand(of, &added)?];
            known = self.step(of, Operator::Binary(Binary::Add), inputs)?;
        }
        match activation {
            Some(unary) => {
                let input = self.operand(of, &known)?;
                self.step(of, Operator::Unary(unary), vec![input])
            }
            None => Ok(known),
        }
    }

    pub(super) fn convolution(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        self.convolution_of(of, of.node.input.len())
    }

    /// Of the first `count` inputs.
    fn convolution_of(&mut self, of: Named<'_>, count: usize) -> Result<Known, GraphError> {
        if of.ints("dilations").is_some_and(|dilations| dilations.iter().any(|&dilation| dilation != 1)) {
            return Err(of.fail("it is dilated"));
        }
        let inputs = (0..count).filter_map(|n| self.optional(of, n).transpose()).collect::<Result<Vec<_>, _>>()?;
        let inputs = inputs.iter().map(|known| self.operand(of, known)).collect::<Result<Vec<_>, _>>()?;
        let [x, weight, ..] = *inputs else { return Err(of.fail("it has no weight")) };
        let (&[_, _, height, width], &[_, _, high, wide]) = (self.shape(x), self.shape(weight)) else {
            return Err(of.fail("it is not one of pictures"));
        };
        let naturals = |values: &[i64]| values.iter().map(|&value| natural(value)).collect::<Option<Vec<_>>>();
        let stride = match of.ints("strides").map(naturals) {
            None => [1, 1],
            Some(Some(strides)) if strides.len() == 2 && !strides.contains(&0) => [strides[0], strides[1]],
            Some(_) => return Err(of.fail("its strides")),
        };
        // What "as large as before, over the stride" needs, and how much of it comes first.
        let same = |side: usize, kernel: usize, stride: usize, upper: bool| {
            let all = ((side.div_ceil(stride) - 1) * stride + kernel).saturating_sub(side);
            let less = all / 2;
            if upper { [less, all - less] } else { [all - less, less] }
        };
        let pads = match (of.text("auto_pad").unwrap_or("NOTSET"), of.ints("pads").map(naturals)) {
            ("VALID", _) | ("NOTSET", None) => [0; 4],
            ("NOTSET", Some(Some(pads))) if pads.len() == 4 => [pads[0], pads[1], pads[2], pads[3]],
            (which @ ("SAME_UPPER" | "SAME_LOWER"), _) => {
                let [vertical, horizontal] = [(height, high, stride[0]), (width, wide, stride[1])]
                    .map(|(side, kernel, stride)| same(side, kernel, stride, which == "SAME_UPPER"));
                [vertical[0], horizontal[0], vertical[1], horizontal[1]]
            }
            _ => return Err(of.fail("its pads")),
        };
        let groups = of.int("group").unwrap_or(1);
        let groups = natural(groups).filter(|&groups| groups > 0).ok_or_else(|| of.fail("its groups"))?;
        self.step(of, Operator::Convolution { stride, pads, groups, slope: None }, inputs)
    }

    /// As a convolution of each channel for itself.
    pub(super) fn average_pool(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let input = self.operand(of, &known)?;
        let &[_, channels, _, _] = self.shape(input) else { return Err(of.fail("it is not one of pictures")) };
        let all =
            |name: &str, usual: i64| of.ints(name).is_none_or(|values| values.iter().all(|&value| value == usual));
        let plain = of.int("ceil_mode").unwrap_or(0) == 0
            && matches!(of.text("auto_pad"), None | Some("NOTSET" | "VALID"))
            && all("pads", 0)
            && all("dilations", 1);
        let two = |name: &str| match of.ints(name) {
            None => Some([1, 1]),
            Some(&[high, wide]) => Some([natural(high)?, natural(wide)?]),
            Some(_) => None,
        };
        let (true, Some([high @ 1..=64, wide @ 1..=64]), Some(stride @ [1..=64, 1..=64])) =
            (plain, two("kernel_shape"), two("strides"))
        else {
            return Err(of.fail("its window"));
        };
        let shape = vec![channels, 1, high, wide];
        of.sized(&shape)?;
        let values = vec![1.0 / (high * wide) as f32; channels * high * wide];
        let weight = self.operand(of, &Known::Floats(Arc::new(Array { shape, values })))?;
        let operator = Operator::Convolution { stride, pads: [0; 4], groups: channels, slope: None };
        self.step(of, operator, vec![input, weight])
    }

    pub(super) fn matmul(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let (a, b) = (self.input(of, 0)?, self.input(of, 1)?);
        let inputs = vec![self.operand(of, &a)?, self.operand(of, &b)?];
        if !matches!(inputs[1], Operand::Constant(_)) {
            return Err(of.fail("its second input is no weight"));
        }
        self.step(of, Operator::Dense, inputs)
    }

    pub(super) fn gemm(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        if of.int("transA").unwrap_or(0) != 0 {
            return Err(of.fail("transA"));
        }
        let (x, weight, bias) = (self.input(of, 0)?, self.input(of, 1)?, self.optional(of, 2)?);
        let mut weight = floats(&weight).ok_or_else(|| of.fail("its second input is no weight"))?;
        if of.int("transB").unwrap_or(0) != 0 {
            if weight.shape.len() != 2 {
                return Err(of.fail("its weight is no matrix"));
            }
            weight = Arc::new(weight.transposed(&[1, 0]));
        }
        let scaled = |array: Arc<Array>, by: f32| match by {
            1.0 => array,
            by => Arc::new(Array {
                shape: array.shape.clone(),
                values: array.values.iter().map(|value| value * by).collect(),
            }),
        };
        weight = scaled(weight, of.float("alpha").unwrap_or(1.0));
        let mut inputs = vec![self.operand(of, &x)?, self.operand(of, &Known::Floats(weight))?];
        if let Some(bias) = bias {
            let bias = floats(&bias).ok_or_else(|| of.fail("its bias is no constant"))?;
            let bias = scaled(bias, of.float("beta").unwrap_or(1.0));
            if bias.shape.last().is_some_and(|&last| last != bias.values.len()) {
                return Err(of.fail("its bias is not one number a column"));
            }
            let flat = Array { shape: vec![bias.values.len()], values: bias.values.clone() };
            inputs.push(self.operand(of, &Known::Floats(Arc::new(flat)))?);
        }
        self.step(of, Operator::Dense, inputs)
    }

    pub(super) fn depth_to_space(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let block = of.int("blocksize").and_then(natural).unwrap_or(0);
        let order = match of.text("mode").unwrap_or("DCR") {
            "DCR" => Order::Dcr,
            "CRD" => Order::Crd,
            mode => return Err(of.fail(format!("mode '{}'", mode.escape_debug()))),
        };
        let input = self.operand(of, &known)?;
        self.step(of, Operator::DepthToSpace { block, order }, vec![input])
    }
}

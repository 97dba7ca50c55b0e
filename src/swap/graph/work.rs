//! What a network's steps cost, whatever runs them.

use super::{Operand, Operator, Step, SwapGraph};

/// Work of one step for one crop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Multiplications, each with an addition.
    pub multiplications: usize,
    /// Weights that are read.
    pub parameters: usize,
    /// Values that are read and written.
    pub values: usize,
}

impl SwapGraph {
    /// The work of `step`, one of this graph's: everything read and written once.
    pub fn work(&self, step: &Step) -> Work {
        let count = |shape: &[usize]| shape.iter().product::<usize>();
        let output = count(&self.shapes[step.output]);
        let mut work = Work { values: output, ..Work::default() };
        for input in &step.inputs {
            match *input {
                Operand::Value(value) => work.values += count(&self.shapes[value]),
                Operand::Constant(n) => work.parameters += count(&self.constants[n].shape),
                Operand::FrameNumbers(n) => work.values += count(&self.frame_numbers[n].shape),
            }
        }
        let shape = |n: usize| match step.inputs.get(n) {
            Some(&Operand::Value(value)) => self.shapes[value].as_slice(),
            Some(&Operand::Constant(n)) => self.constants[n].shape.as_slice(),
            _ => &[],
        };
        work.multiplications = match &step.operator {
            // The same memory by another shape.
            Operator::Reshape => return Work::default(),
            Operator::Convolution { .. } => output * count(shape(1).get(1..).unwrap_or_default()),
            Operator::Dense => output * shape(1).first().copied().unwrap_or_default(),
            _ => output,
        };
        work
    }
}

#[cfg(test)]
mod tests {
    use super::super::Array;
    use super::*;

    #[test]
    fn a_convolution_and_a_dense_layer_cost_what_they_multiply() {
        let array = |shape: &[usize]| Array { shape: shape.to_vec(), values: Vec::new() };
        let graph = SwapGraph {
            shapes: vec![vec![1, 3, 8, 8], vec![1, 16, 4, 4], vec![1, 256], vec![1, 10]],
            constants: vec![array(&[16, 3, 5, 5]), array(&[16]), array(&[256, 10])],
            ..SwapGraph::default()
        };
        let convolution = Operator::Convolution { stride: [2, 2], pads: [2; 4], groups: 1, slope: None };
        let inputs = vec![Operand::Value(0), Operand::Constant(0), Operand::Constant(1)];
        let work = graph.work(&Step { operator: convolution, inputs, output: 1 });
        let expected = Work { multiplications: 16 * 16 * 75, parameters: 1216, values: 192 + 256 };
        assert_eq!(work, expected);
        let inputs = vec![Operand::Value(2), Operand::Constant(2)];
        let work = graph.work(&Step { operator: Operator::Dense, inputs, output: 3 });
        assert_eq!(work, Work { multiplications: 2560, parameters: 2560, values: 266 });
        let work = graph.work(&Step { operator: Operator::Reshape, inputs: vec![Operand::Value(1)], output: 2 });
        assert_eq!(work, Work::default());
    }
}

//! Operators that compute value by value, and means.

use std::sync::Arc;

use super::{Known, Named, Reader, floats, numbers};
use crate::swap::graph::{Binary, GraphError, Operand, Operator, Unary};

impl Reader {
    pub(super) fn binary(&mut self, of: Named<'_>, operator: Binary) -> Result<Known, GraphError> {
        let (a, b) = (self.input(of, 0)?, self.input(of, 1)?);
        let misfit = || of.fail("its inputs do not fit together, or there are too many operations");
        match (&a, &b) {
            (Known::Numbers(x), Known::Numbers(y)) => x.with(operator, y).map(Known::Numbers).ok_or_else(misfit),
            (Known::Value(_), _) | (_, Known::Value(_)) => {
                let inputs = vec![self.operand(of, &a)?, self.operand(of, &b)?];
                self.step(of, Operator::Binary(operator), inputs)
            }
            _ => match (floats(&a), floats(&b)) {
                (Some(x), Some(y)) => {
                    x.with(operator, &y).map(|joined| Known::Floats(Arc::new(joined))).ok_or_else(misfit)
                }
                _ => match (numbers(&a), numbers(&b)) {
                    (Some(x), Some(y)) => x.with(operator, &y).map(Known::Numbers).ok_or_else(misfit),
                    _ => Err(of.fail("it computes weights of morph_value")),
                },
            },
        }
    }

    /// Of numbers, where the answer does not depend on `morph_value`.
    pub(super) fn equal(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let (a, b) = (self.input(of, 0)?, self.input(of, 1)?);
        let equal = numbers(&a).zip(numbers(&b)).and_then(|(a, b)| a.equal(&b));
        equal.map(Known::Numbers).ok_or_else(|| of.fail("it compares what is not known before the first frame"))
    }

    pub(super) fn power(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let x = self.input(of, 0)?;
        let exponent = floats(&self.input(of, 1)?).filter(|array| array.values.len() == 1).map(|array| array.values[0]);
        let input = self.operand(of, &x)?;
        match exponent {
            Some(2.0) => self.step(of, Operator::Binary(Binary::Multiply), vec![input, input]),
            Some(0.5) => self.step(of, Operator::Unary(Unary::Sqrt), vec![input]),
            _ => Err(of.fail("an exponent that is neither 2 nor 0.5")),
        }
    }

    pub(super) fn leaky_relu(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let slope = of.float("alpha").unwrap_or(0.01);
        if !(0.0..=1.0).contains(&slope) {
            return Err(of.fail(format!("alpha {slope} is not within 0..1")));
        }
        self.unary(of, Unary::LeakyRelu(slope))
    }

    pub(super) fn unary(&mut self, of: Named<'_>, operator: Unary) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        if let Known::Value(value) = known {
            return self.step(of, Operator::Unary(operator), vec![Operand::Value(value)]);
        }
        let array = floats(&known).ok_or_else(|| of.fail("it computes with morph_value"))?;
        Ok(Known::Floats(Arc::new(array.mapped(operator))))
    }

    pub(super) fn mean(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let input = self.operand(of, &known)?;
        let rank = self.shape(input).len();
        let mut axes = match self.setting(of, "axes", 1)? {
            Some(axes) if !axes.is_empty() => {
                axes.iter().map(|&axis| of.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?
            }
            _ if of.int("noop_with_empty_axes").unwrap_or(0) != 0 => return Ok(known),
            _ => (0..rank).collect(),
        };
        axes.sort_unstable();
        axes.dedup();
        let mean = self.step(of, Operator::Mean { axes: axes.clone(), squares: false }, vec![input])?;
        if of.int("keepdims").unwrap_or(1) != 0 {
            return Ok(mean);
        }
        let shape = self.shape(input).iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        let shape = shape.map(|(_, &side)| side).collect();
        self.reshaped(of, mean, shape)
    }
}

//! Parts of values, and parts that complete each other.

use super::{Known, Named, Reader, numbers};
use crate::swap::graph::numbers::Numbers;
use crate::swap::graph::{GraphError, Number, Operand, Operator};

impl Reader {
    pub(super) fn slice(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let list = |n: usize, name: &str| match of.ints(name) {
            Some(ints) => Ok(Some(Numbers::integers(vec![ints.len()], ints.iter().copied()))),
            None => match self.optional(of, n)? {
                Some(known) => numbers(&known)
                    .map(Some)
                    .ok_or_else(|| of.fail(format!("input {} is not known before the first frame", n + 1))),
                None => Ok(None),
            },
        };
        let (starts, ends, axes) = (list(1, "starts")?, list(2, "ends")?, list(3, "axes")?);
        let (Some(starts), Some(ends)) = (starts, ends) else { return Err(of.fail("it has no bounds")) };
        let steps = self.integers(of, 4)?.unwrap_or_default();
        if starts.values.len() != ends.values.len() || steps.iter().any(|&step| step != 1) {
            return Err(of.fail("bounds that do not match, or steps"));
        }
        let axes: Vec<f64> = match axes {
            Some(axes) => axes.fixed().ok_or_else(|| of.fail("axes that depend on morph_value"))?,
            None => (0..starts.values.len()).map(|axis| axis as f64).collect(),
        };
        if axes.len() != starts.values.len() {
            return Err(of.fail("it needs as many axes as bounds"));
        }
        let mut known = known;
        for ((from, to), axis) in starts.values.iter().zip(&ends.values).zip(axes) {
            known = self.part(of, known, axis as i64, from, to)?;
        }
        Ok(known)
    }

    pub(super) fn part(
        &mut self,
        of: Named<'_>,
        known: Known,
        axis: i64,
        from: &Number,
        to: &Number,
    ) -> Result<Known, GraphError> {
        let shape = match &known {
            Known::Part { of: value, axis: other, .. } => {
                // The other axes of a part may be named, as long as they are whole.
                let shape = &self.graph.shapes[*value];
                let axis = of.axis(axis, shape.len())?;
                let whole = from.fixed() == Some(0.0) && to.fixed().is_some_and(|to| to >= shape[axis] as f64);
                return if whole && axis != *other { Ok(known) } else { Err(of.fail("a part of a part")) };
            }
            known => self.shape_of_known(of, known)?,
        };
        let axis = of.axis(axis, shape.len())?;
        let side = shape[axis] as f64;
        // Negative bounds count from the end.
        let bound = |number: f64| if number < 0.0 { number + side } else { number }.clamp(0.0, side) as usize;
        let (Some(first), Some(last)) = (from.fixed(), to.fixed()) else {
            let Known::Value(value) = known else { return Err(of.fail("a part of a constant by morph_value")) };
            return Ok(Known::Part { of: value, axis, from: from.clone(), to: to.clone() });
        };
        let (first, last) = (bound(first), bound(last));
        if first >= last {
            return Err(of.fail(format!("an empty part, {first} to {last} of {shape:?}")));
        }
        if (first, last) == (0, shape[axis]) {
            return Ok(known);
        }
        match known {
            Known::Numbers(list) if list.shape.len() == 1 => {
                let values = list.values[first..last].to_vec();
                Ok(Known::Numbers(Numbers { shape: vec![values.len()], values, whole: list.whole }))
            }
            Known::Value(value) => {
                let mut shape = shape;
                shape[axis] = last - first;
                self.step_to(of, Operator::Slice { axis, from: first }, vec![Operand::Value(value)], shape)
            }
            _ => Err(of.fail("a part of a constant")),
        }
    }

    /// The beginning of one value and the end of another.
    pub(super) fn splice(&mut self, of: Named<'_>, parts: &[Known], along: i64) -> Result<Known, GraphError> {
        let [
            Known::Part { of: first, axis, from: begin, to: at },
            Known::Part { of: second, axis: other, from: again, to: end },
        ] = parts
        else {
            return Err(of.fail("it joins parts whose sizes depend on morph_value"));
        };
        let shape = self.graph.shapes[*first].clone();
        let length = Number::Fixed(shape[*axis] as f64);
        let fits = axis == other
            && of.axis(along, shape.len())? == *axis
            && shape == self.graph.shapes[*second]
            && begin.same(&Number::Fixed(0.0))
            && at.same(again)
            && (0..=1000).all(|n| at.at(f64::from(n) / 1000.0) >= 0.0)
            && (0..=100).all(|n| end.at(f64::from(n) / 100.0) >= shape[*axis] as f64 || end.same(&length));
        if !fits {
            return Err(of.fail("the parts that it joins do not complete each other"));
        }
        let operator = Operator::Splice { axis: *axis, at: at.clone() };
        self.step(of, operator, vec![Operand::Value(*first), Operand::Value(*second)])
    }
}

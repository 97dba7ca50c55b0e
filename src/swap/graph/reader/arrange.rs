//! Operators that arrange values anew: casts, shapes, axes, joins.

use std::sync::Arc;

use super::{Known, Named, Reader, numbers};
use crate::onnx::DataType;
use crate::swap::graph::node::natural;
use crate::swap::graph::numbers::Numbers;
use crate::swap::graph::{Array, GraphError, Number, Operand, Operator};

/// Axes that an Unsqueeze may add.
const MOST_NEW_AXES: usize = 6;

impl Reader {
    pub(super) fn cast(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let to = of.int("to").and_then(|to| DataType::numbered(to as i32));
        let float = matches!(to, Some(DataType::Float | DataType::Float16 | DataType::Bfloat16 | DataType::Double));
        if !float && !matches!(to, Some(DataType::Int32 | DataType::Int64)) {
            return Err(of.fail("it casts to something else than floats or integers"));
        }
        match self.input(of, 0)? {
            Known::Numbers(numbers) => Ok(Known::Numbers(numbers.cast(!float))),
            known if float => Ok(known),
            known @ Known::Floats(_) => {
                let numbers = numbers(&known).ok_or_else(|| of.fail("it makes integers of weights"))?;
                Ok(Known::Numbers(numbers.cast(true)))
            }
            _ => Err(of.fail("it makes integers of what depends on the crop")),
        }
    }

    pub(super) fn shape_of(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let shape = match self.input(of, 0)? {
            Known::Value(value) => self.graph.shapes[value].clone(),
            Known::Floats(array) => array.shape.clone(),
            Known::Numbers(numbers) => numbers.shape,
            Known::Part { .. } => return Err(of.fail("its size depends on morph_value")),
        };
        let rank = shape.len() as i64;
        let bound = |name: &str, usual: i64| {
            let at = of.int(name).unwrap_or(usual);
            (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize
        };
        let sides = shape.get(bound("start", 0)..bound("end", rank)).unwrap_or_default();
        Ok(Known::Numbers(Numbers::integers(vec![sides.len()], sides.iter().map(|&side| side as i64))))
    }

    pub(super) fn reshape(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let wanted = self.setting(of, "shape", 1)?.ok_or_else(|| of.fail("it has no shape"))?;
        let from = self.shape_of_known(of, &known)?;
        let copied = of.int("allowzero").unwrap_or(0) == 0;
        let count: usize = from.iter().product();
        let mut open = None;
        let mut shape = Vec::with_capacity(wanted.len());
        for (axis, &side) in wanted.iter().enumerate() {
            shape.push(match side {
                0 if copied => *from.get(axis).ok_or_else(|| of.fail(format!("shape {wanted:?} of {from:?}")))?,
                -1 if open.replace(axis).is_none() => 1,
                side => usize::try_from(side).map_err(|_| of.fail(format!("shape {wanted:?}")))?,
            });
        }
        let sides = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
        let sides = sides.ok_or_else(|| of.fail(format!("shape {wanted:?}")))?;
        if let Some(axis) = open {
            shape[axis] = count / sides.max(1);
        }
        self.reshaped(of, known, shape)
    }

    pub(super) fn flatten(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let from = self.shape_of_known(of, &known)?;
        let axis = match of.int("axis").unwrap_or(1) {
            axis if axis == from.len() as i64 => from.len(),
            axis => of.axis(axis, from.len())?,
        };
        let shape = vec![from[..axis].iter().product(), from[axis..].iter().product()];
        self.reshaped(of, known, shape)
    }

    pub(super) fn squeeze(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let mut shape = self.shape_of_known(of, &known)?;
        let axes = self.setting(of, "axes", 1)?;
        if of.node.op_type == "Squeeze" {
            let axes = match axes {
                Some(axes) => axes.iter().map(|&axis| of.axis(axis, shape.len())).collect::<Result<Vec<_>, _>>()?,
                None => (0..shape.len()).filter(|&axis| shape[axis] == 1).collect(),
            };
            shape = shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &side)| side).collect();
        } else {
            let axes = axes.ok_or_else(|| of.fail("it has no axes"))?;
            if axes.len() > MOST_NEW_AXES {
                return Err(of.fail("too many axes"));
            }
            let rank = shape.len() + axes.len();
            let mut axes = axes.iter().map(|&axis| of.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?;
            axes.sort_unstable();
            if axes.windows(2).any(|two| two[0] == two[1]) {
                return Err(of.fail("axes that are named twice"));
            }
            for axis in axes {
                shape.insert(axis, 1);
            }
        }
        self.reshaped(of, known, shape)
    }

    pub(super) fn shape_of_known(&self, of: Named<'_>, known: &Known) -> Result<Vec<usize>, GraphError> {
        match known {
            Known::Value(value) => Ok(self.graph.shapes[*value].clone()),
            Known::Floats(array) => Ok(array.shape.clone()),
            Known::Numbers(numbers) => Ok(numbers.shape.clone()),
            Known::Part { .. } => Err(of.fail("it reads a part whose size depends on morph_value")),
        }
    }

    pub(super) fn reshaped(&mut self, of: Named<'_>, known: Known, shape: Vec<usize>) -> Result<Known, GraphError> {
        let from = self.shape_of_known(of, &known)?;
        if from.iter().product::<usize>() != shape.iter().product::<usize>() {
            return Err(of.fail(format!("{from:?} cannot become {shape:?}")));
        }
        Ok(match known {
            _ if from == shape => known,
            Known::Floats(array) => Known::Floats(Arc::new(Array { shape, values: array.values.clone() })),
            Known::Numbers(numbers) => Known::Numbers(Numbers { shape, ..numbers }),
            Known::Value(value) => self.step_to(of, Operator::Reshape, vec![Operand::Value(value)], shape)?,
            part @ Known::Part { .. } => part,
        })
    }

    pub(super) fn transpose(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let rank = self.shape_of_known(of, &known)?.len();
        let order = match of.ints("perm") {
            Some(order) => order.iter().map(|&axis| of.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?,
            None => (0..rank).rev().collect(),
        };
        if let Known::Floats(array) = &known {
            Operator::Transpose { order: order.clone() }.shape(&[&array.shape]).map_err(|reason| of.fail(reason))?;
            return Ok(Known::Floats(Arc::new(array.transposed(&order))));
        }
        let input = self.operand(of, &known)?;
        self.step(of, Operator::Transpose { order }, vec![input])
    }

    pub(super) fn gather(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let few = numbers(&known).filter(|numbers| numbers.shape.len() == 1);
        let few = few.ok_or_else(|| of.fail("it gathers from something else than a list of numbers"))?;
        let index = self.input(of, 1)?;
        let Known::Numbers(index) = &index else { return Err(of.fail("its indices are no integers")) };
        let places = index.fixed().ok_or_else(|| of.fail("its indices depend on morph_value"))?;
        let count = few.values.len();
        let at = |place: f64| Ok(few.values[of.axis(place as i64, count)?].clone());
        let values = places.into_iter().map(at).collect::<Result<Vec<_>, GraphError>>()?;
        Ok(Known::Numbers(Numbers { shape: index.shape.clone(), values, whole: few.whole }))
    }

    pub(super) fn tile(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let known = self.input(of, 0)?;
        let repeats = self.integers(of, 1)?.ok_or_else(|| of.fail("it has no repeats"))?;
        let naturals = repeats.iter().map(|&times| natural(times)).collect::<Option<Vec<_>>>();
        let repeats = naturals.ok_or_else(|| of.fail(format!("repeats {repeats:?}")))?;
        let input = self.operand(of, &known)?;
        self.step(of, Operator::Tile { repeats }, vec![input])
    }

    pub(super) fn concat(&mut self, of: Named<'_>) -> Result<Known, GraphError> {
        let all = (0..of.node.input.len()).map(|n| self.input(of, n)).collect::<Result<Vec<_>, _>>()?;
        let axis = of.int("axis").ok_or_else(|| of.fail("it has no axis"))?;
        if all.iter().all(|known| matches!(known, Known::Numbers(_))) {
            let lists: Vec<Numbers> = all.iter().filter_map(numbers).collect();
            if lists.iter().any(|list| list.shape.len() != 1) {
                return Err(of.fail("it joins numbers that are no lists"));
            }
            let values: Vec<Number> = lists.iter().flat_map(|list| list.values.clone()).collect();
            let whole = lists.iter().all(|list| list.whole);
            return Ok(Known::Numbers(Numbers { shape: vec![values.len()], values, whole }));
        }
        if let [Known::Part { .. }, Known::Part { .. }] = &*all {
            return self.splice(of, &all, axis);
        }
        let inputs = all.iter().map(|known| self.operand(of, known)).collect::<Result<Vec<_>, _>>()?;
        let rank = inputs.first().map_or(0, |&input| self.shape(input).len());
        self.step(of, Operator::Concat { axis: of.axis(axis, rank)? }, inputs)
    }
}

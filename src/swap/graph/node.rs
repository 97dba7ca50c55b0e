//! A node of the file: its attributes, and errors that name it.

use super::GraphError;
use super::shape::count;
use crate::onnx::{Attribute, Node, Tensor, attribute_type};

/// A node, and the operator set that it is written for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) node: &'a Node,
    pub(super) opset: i64,
}

impl<'a> Named<'a> {
    /// Its name, or what it gives where it has none.
    pub(super) fn name(&self) -> String {
        let Node { name, output, .. } = self.node;
        if name.is_empty() { output.first().cloned().unwrap_or_default() } else { name.clone() }
    }

    /// This use of the operator is not known.
    pub(super) fn fail(&self, reason: impl Into<String>) -> GraphError {
        GraphError::Use { node: self.name(), operator: self.node.op_type.clone(), reason: reason.into() }
    }

    /// The operator is not known.
    pub(super) fn unknown(&self) -> GraphError {
        GraphError::Operator { node: self.name(), operator: self.node.op_type.clone(), opset: self.opset }
    }

    /// Refuses shapes that no engine holds.
    pub(super) fn sized(&self, shape: &[usize]) -> Result<(), GraphError> {
        let fits = count(shape).map(|_| ());
        fits.ok_or_else(|| self.fail(format!("a value of the shape {shape:?}; 6 axes and 2^28 numbers are the most")))
    }

    fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.node.attribute(name)
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        let attribute = self.attribute(name)?;
        // Some writers leave zeros out.
        attribute.i.or((attribute.kind == attribute_type::INT).then_some(0))
    }

    pub(super) fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name).map(|attribute| attribute.ints.as_slice())
    }

    pub(super) fn float(&self, name: &str) -> Option<f32> {
        self.attribute(name)?.f
    }

    pub(super) fn floats(&self, name: &str) -> Option<&'a [f32]> {
        self.attribute(name).map(|attribute| attribute.floats.as_slice())
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.attribute(name)?.s.as_deref()?).ok()
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&'a Tensor> {
        self.attribute(name)?.t.as_ref()
    }

    /// The axis that a number means, where negative ones count from the last.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, GraphError> {
        let from_start = if axis < 0 { axis + rank as i64 } else { axis };
        let found = usize::try_from(from_start).ok().filter(|&axis| axis < rank);
        found.ok_or_else(|| self.fail(format!("axis {axis} of a value with {rank} axes")))
    }
}

/// A number of an attribute that no sum or product of a few can overflow.
pub(super) fn natural(value: i64) -> Option<usize> {
    usize::try_from(value).ok().filter(|&value| value <= 1 << 20)
}

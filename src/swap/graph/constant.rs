//! Values that are known before the first frame.

use half::{bf16, f16};

use super::GraphError;
use super::arithmetic::{Binary, Unary};
use super::shape::{broadcast, broadcast_steps, count, offset, places, steps};
use crate::onnx::{DataType, Tensor};

/// Integers that one tensor may have: they steer, and are few.
pub(super) const MOST_NUMBERS: usize = 4096;

/// Floats in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Shape; empty for a single number.
    pub shape: Vec<usize>,
    /// As many values as the shape says.
    pub values: Vec<f32>,
}

/// What a tensor of a file holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TensorValues {
    Floats(Array),
    Integers { shape: Vec<usize>, values: Vec<i64> },
}

/// The values of a tensor, of whatever type.
pub(super) fn held(tensor: &Tensor) -> Result<TensorValues, GraphError> {
    let wrong = |reason: String| GraphError::Tensor { tensor: tensor.name.clone(), reason };
    let shape = tensor
        .dims
        .iter()
        .map(|&side| usize::try_from(side).map_err(|_| wrong(format!("dimensions {:?}", tensor.dims))))
        .collect::<Result<Vec<_>, _>>()?;
    let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
    let count = count.ok_or_else(|| wrong(format!("dimensions {:?}", tensor.dims)))?;
    let data_type = DataType::numbered(tensor.data_type).ok_or_else(|| wrong(format!("type {}", tensor.data_type)))?;
    let whole = matches!(data_type, DataType::Int32 | DataType::Int64 | DataType::Bool);
    if whole && count > MOST_NUMBERS {
        return Err(wrong(format!("{count} integers")));
    }
    let raw = tensor.raw_data.as_deref().unwrap_or_default();
    let floats = |values: Vec<f32>| TensorValues::Floats(Array { shape: shape.clone(), values });
    let integers = |values: Vec<i64>| TensorValues::Integers { shape: shape.clone(), values };
    let bits = || tensor.int32_data.iter().map(|&bits| bits as u16);
    let found = match data_type {
        DataType::Float if raw.is_empty() => floats(tensor.float_data.clone()),
        DataType::Float => floats(each(raw, f32::from_le_bytes)),
        DataType::Double if raw.is_empty() => floats(tensor.double_data.iter().map(|&value| value as f32).collect()),
        DataType::Double => floats(each(raw, |bytes| f64::from_le_bytes(bytes) as f32)),
        DataType::Float16 if raw.is_empty() => floats(bits().map(|bits| f16::from_bits(bits).to_f32()).collect()),
        DataType::Float16 => floats(each(raw, |bytes| f16::from_le_bytes(bytes).to_f32())),
        DataType::Bfloat16 if raw.is_empty() => floats(bits().map(|bits| bf16::from_bits(bits).to_f32()).collect()),
        DataType::Bfloat16 => floats(each(raw, |bytes| bf16::from_le_bytes(bytes).to_f32())),
        DataType::Int64 if raw.is_empty() => integers(tensor.int64_data.clone()),
        DataType::Int64 => integers(each(raw, i64::from_le_bytes)),
        DataType::Int32 | DataType::Bool if raw.is_empty() => {
            integers(tensor.int32_data.iter().map(|&value| i64::from(value)).collect())
        }
        DataType::Int32 => integers(each(raw, |bytes| i64::from(i32::from_le_bytes(bytes)))),
        DataType::Bool => integers(raw.iter().map(|&value| i64::from(value)).collect()),
        other => return Err(wrong(format!("values of type {other:?}"))),
    };
    let length = match &found {
        TensorValues::Floats(array) => array.values.len(),
        TensorValues::Integers { values, .. } => values.len(),
    };
    if length == count { Ok(found) } else { Err(wrong(format!("{length} values for dimensions {shape:?}"))) }
}

fn each<const N: usize, T>(raw: &[u8], value: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>().0.iter().map(|&bytes| value(bytes)).collect()
}

impl Array {
    /// A single number, of rank 0.
    pub(super) fn scalar(value: f32) -> Self {
        Self { shape: Vec::new(), values: vec![value] }
    }

    /// Axis `n` of the result is axis `order[n]` of this.
    pub(super) fn transposed(&self, order: &[usize]) -> Self {
        let steps = steps(&self.shape);
        let shape: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
        let steps: Vec<usize> = order.iter().map(|&axis| steps[axis]).collect();
        let values = places(&shape).map(|place| self.values[offset(&place, &steps)]).collect();
        Self { shape, values }
    }

    /// `operator` for each value.
    pub(super) fn mapped(&self, operator: Unary) -> Self {
        Self { shape: self.shape.clone(), values: self.values.iter().map(|&value| operator.of(value)).collect() }
    }

    /// `operator` for each pair; `None` where the shapes do not fit together.
    pub(super) fn with(&self, operator: Binary, other: &Self) -> Option<Self> {
        let shape = broadcast(&self.shape, &other.shape)?;
        count(&shape)?;
        let (a, b) = (broadcast_steps(&self.shape, &shape), broadcast_steps(&other.shape, &shape));
        let value = |place: Vec<usize>| operator.of(self.values[offset(&place, &a)], other.values[offset(&place, &b)]);
        Some(Self { values: places(&shape).map(value).collect(), shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_and_broadcasting_are_those_of_onnx() {
        let array = Array { shape: vec![2, 3], values: vec![1., 2., 3., 4., 5., 6.] };
        assert_eq!(array.transposed(&[1, 0]).values, [1., 4., 2., 5., 3., 6.]);
        let row = Array { shape: vec![3], values: vec![10., 20., 30.] };
        assert_eq!(array.with(Binary::Add, &row).map(|sum| sum.values), Some(vec![11., 22., 33., 14., 25., 36.]));
        let column = Array { shape: vec![2, 1], values: vec![2., 3.] };
        let product = column.with(Binary::Multiply, &row);
        assert_eq!(product, Some(Array { shape: vec![2, 3], values: vec![20., 40., 60., 30., 60., 90.] }));
        assert_eq!(array.with(Binary::Add, &Array { shape: vec![2], values: vec![0.; 2] }), None);
        assert_eq!(Array::scalar(4.).mapped(Unary::Sqrt).values, [2.]);
    }
}

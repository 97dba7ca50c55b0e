//! Weights and constants.

use bytes::Bytes;
use half::f16;
use prost::Message;

use super::Entry;

/// `TensorProto`. The values are in `raw_data`, little-endian, or in the one typed field that suits the type.
#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    /// Shape; none for a scalar.
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub dims: Vec<i64>,
    /// Element type: a [`DataType`].
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// Values of [`DataType::Float`].
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    /// Values of the integers up to 32 bits, of booleans and of the 16-bit floats' bits.
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    /// Values of [`DataType::Int64`].
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    /// Name.
    #[prost(string, tag = "8")]
    pub name: String,
    /// Values of any type, little-endian, row-major.
    #[prost(bytes = "bytes", optional, tag = "9")]
    pub raw_data: Option<Bytes>,
    /// Values of [`DataType::Double`].
    #[prost(double, repeated, tag = "10")]
    pub double_data: Vec<f64>,
    /// Values of [`DataType::Uint32`] and [`DataType::Uint64`].
    #[prost(uint64, repeated, tag = "11")]
    pub uint64_data: Vec<u64>,
    /// Where the values are in another file.
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<Entry>,
    /// 1 where the values are in another file.
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

impl Tensor {
    /// A tensor of these little-endian bytes.
    pub fn raw(name: &str, dims: Vec<i64>, data_type: DataType, bytes: Vec<u8>) -> Self {
        Self {
            dims,
            data_type: data_type as i32,
            name: name.to_owned(),
            raw_data: Some(bytes.into()),
            ..Self::default()
        }
    }

    /// 32-bit floats.
    pub fn of_floats(name: &str, dims: Vec<i64>, values: &[f32]) -> Self {
        Self::raw(name, dims, DataType::Float, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// A list of 64-bit integers.
    pub fn of_integers(name: &str, values: &[i64]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self::raw(name, vec![values.len() as i64], DataType::Int64, bytes)
    }

    /// The values of floats of 32 or 16 bits; `None` for another type, where they are in another file, and where they
    /// are not as many as the shape says.
    pub fn floats(&self) -> Option<Vec<f32>> {
        let count = self.count()?;
        let kind = DataType::numbered(self.data_type)?;
        Some(match (&self.raw_data, kind) {
            (Some(raw), DataType::Float) if raw.len() == 4 * count => {
                raw.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
            }
            (Some(raw), DataType::Float16) if raw.len() == 2 * count => {
                raw.as_chunks().0.iter().map(|&two| f16::from_le_bytes(two).to_f32()).collect()
            }
            (None, DataType::Float) if self.float_data.len() == count => self.float_data.clone(),
            (None, DataType::Float16) if self.int32_data.len() == count => {
                self.int32_data.iter().map(|&bits| f16::from_bits(bits as u16).to_f32()).collect()
            }
            _ => return None,
        })
    }

    /// The values of 64-bit integers, likewise.
    pub fn integers(&self) -> Option<Vec<i64>> {
        let count = self.count().filter(|_| self.data_type == DataType::Int64 as i32)?;
        match &self.raw_data {
            Some(raw) if raw.len() == 8 * count => {
                Some(raw.as_chunks().0.iter().map(|&eight| i64::from_le_bytes(eight)).collect())
            }
            None if self.int64_data.len() == count => Some(self.int64_data.clone()),
            _ => None,
        }
    }

    /// How many values the shape says, where they are in this file.
    fn count(&self) -> Option<usize> {
        let mut sides = self.dims.iter().map(|&side| usize::try_from(side).ok());
        let count = sides.try_fold(1_usize, |count, side| count.checked_mul(side?))?;
        (self.data_location == 0 && count <= usize::MAX / 8).then_some(count)
    }
}

/// `TensorProto.DataType`, those that a swap model may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum DataType {
    /// 32-bit float.
    Float = 1,
    /// Unsigned byte.
    Uint8 = 2,
    /// Signed byte.
    Int8 = 3,
    /// Unsigned 16-bit integer.
    Uint16 = 4,
    /// Signed 16-bit integer.
    Int16 = 5,
    /// Signed 32-bit integer.
    Int32 = 6,
    /// Signed 64-bit integer.
    Int64 = 7,
    /// Boolean, a byte each.
    Bool = 9,
    /// 16-bit float.
    Float16 = 10,
    /// 64-bit float.
    Double = 11,
    /// Unsigned 32-bit integer.
    Uint32 = 12,
    /// Unsigned 64-bit integer.
    Uint64 = 13,
    /// 16-bit float with the exponent of a 32-bit one.
    Bfloat16 = 16,
}

impl DataType {
    const ALL: [Self; 13] = [
        Self::Float,
        Self::Uint8,
        Self::Int8,
        Self::Uint16,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Bool,
        Self::Float16,
        Self::Double,
        Self::Uint32,
        Self::Uint64,
        Self::Bfloat16,
    ];

    /// The type with this number in a file.
    pub fn numbered(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|&data_type| data_type as i32 == number)
    }

    /// Bytes of one element in [`Tensor::raw_data`].
    pub const fn size(self) -> usize {
        match self {
            Self::Uint8 | Self::Int8 | Self::Bool => 1,
            Self::Uint16 | Self::Int16 | Self::Float16 | Self::Bfloat16 => 2,
            Self::Float | Self::Int32 | Self::Uint32 => 4,
            Self::Int64 | Self::Double | Self::Uint64 => 8,
        }
    }
}

//! Names, types and shapes of inputs and outputs.

use prost::Message;

/// `ValueInfoProto`: a named, typed value.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct ValueInfo {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Type and shape.
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<Type>,
}

/// `TypeProto`; a value that is not a dense tensor has none here.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Type {
    /// A dense tensor.
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorType>,
}

/// `TypeProto.Tensor`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct TensorType {
    /// Element type: a [`super::DataType`].
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// Shape, where the file says it.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

/// `TensorShapeProto`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Shape {
    /// Dimensions, outermost first.
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

/// `TensorShapeProto.Dimension`: a number, a symbol, or neither where it is open.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Dimension {
    /// A fixed dimension.
    #[prost(int64, optional, tag = "1")]
    pub dim_value: Option<i64>,
    /// The name of an open dimension.
    #[prost(string, optional, tag = "2")]
    pub dim_param: Option<String>,
}

impl ValueInfo {
    /// The tensor type, unless the value is something else.
    pub fn tensor_type(&self) -> Option<&TensorType> {
        self.r#type.as_ref()?.tensor_type.as_ref()
    }
}

impl Dimension {
    /// The number, where the dimension is fixed. Some writers say 0 or -1 for an open one.
    pub fn fixed(&self) -> Option<i64> {
        self.dim_value.filter(|&value| value > 0)
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dims: Vec<_> = self
            .dim
            .iter()
            .map(|dim| match (&dim.dim_param, dim.dim_value) {
                (_, Some(value)) => value.to_string(),
                (Some(name), None) if !name.is_empty() => name.escape_debug().to_string(),
                _ => "?".to_owned(),
            })
            .collect();
        write!(f, "[{}]", dims.join(", "))
    }
}

/// `StringStringEntryProto`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Entry {
    /// Key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Value.
    #[prost(string, tag = "2")]
    pub value: String,
}

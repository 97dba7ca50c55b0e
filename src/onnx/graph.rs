//! The model, its graph and the graph's nodes.

use bytes::Bytes;
use prost::Message;

use super::{Entry, Tensor, ValueInfo};

/// `ModelProto`: the file.
#[derive(Clone, PartialEq, Message)]
pub struct Model {
    /// Version of the container, 8 for ONNX 1.10 and later.
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// Tool that wrote the file.
    #[prost(string, tag = "2")]
    pub producer_name: String,
    /// Version of that tool.
    #[prost(string, tag = "3")]
    pub producer_version: String,
    /// The network.
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    /// Operator sets that the nodes are written for.
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSet>,
    /// Free key and value pairs.
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<Entry>,
    /// Training graphs, undecoded: only their presence matters.
    #[prost(bytes = "bytes", repeated, tag = "20")]
    pub training_info: Vec<Bytes>,
    /// Functions that the model defines, undecoded: only their presence matters.
    #[prost(bytes = "bytes", repeated, tag = "25")]
    pub functions: Vec<Bytes>,
}

/// `OperatorSetIdProto`: a domain and its version.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct OperatorSet {
    /// Empty for ONNX itself.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// Version of the operator set.
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// `GraphProto`: nodes in running order, weights, inputs and outputs.
#[derive(Clone, PartialEq, Message)]
pub struct Graph {
    /// Operators, each after those it depends on.
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<Node>,
    /// `SAEHD` or `AMP` in other tools' files.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Weights.
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Tensor>,
    /// Inputs; in old files also the weights.
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    /// Outputs.
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
    /// Types of intermediate values.
    #[prost(message, repeated, tag = "13")]
    pub value_info: Vec<ValueInfo>,
    /// Sparse weights, undecoded: only their presence matters.
    #[prost(bytes = "bytes", repeated, tag = "15")]
    pub sparse_initializer: Vec<Bytes>,
}

/// `NodeProto`: one operator.
#[derive(Clone, PartialEq, Message)]
pub struct Node {
    /// Values that go in; an empty name leaves an optional one out.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// Values that come out.
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// Name of this node, often empty.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Operator, such as `Conv`.
    #[prost(string, tag = "4")]
    pub op_type: String,
    /// Settings of the operator.
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<Attribute>,
    /// Operator set; empty for ONNX itself.
    #[prost(string, tag = "7")]
    pub domain: String,
}

/// `AttributeProto`: one setting of a node. Exactly one of the values is set, and `kind` says which.
#[derive(Clone, PartialEq, Message)]
pub struct Attribute {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// A float.
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    /// An integer.
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    /// A string.
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub s: Option<Bytes>,
    /// A tensor.
    #[prost(message, optional, tag = "5")]
    pub t: Option<Tensor>,
    /// A subgraph.
    #[prost(message, optional, tag = "6")]
    pub g: Option<Graph>,
    /// Floats.
    #[prost(float, repeated, packed = "false", tag = "7")]
    pub floats: Vec<f32>,
    /// Integers.
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub ints: Vec<i64>,
    /// Strings.
    #[prost(bytes = "bytes", repeated, tag = "9")]
    pub strings: Vec<Bytes>,
    /// Tensors.
    #[prost(message, repeated, tag = "10")]
    pub tensors: Vec<Tensor>,
    /// Subgraphs.
    #[prost(message, repeated, tag = "11")]
    pub graphs: Vec<Graph>,
    /// Which value is set: one of [`attribute_type`].
    #[prost(int32, tag = "20")]
    pub kind: i32,
    /// A sparse tensor, undecoded: only its presence matters.
    #[prost(bytes = "bytes", optional, tag = "22")]
    pub sparse_tensor: Option<Bytes>,
    /// Sparse tensors, undecoded: only their presence matters.
    #[prost(bytes = "bytes", repeated, tag = "23")]
    pub sparse_tensors: Vec<Bytes>,
}

impl Attribute {
    /// An attribute that is a float.
    pub fn float(name: &str, value: f32) -> Self {
        Self { name: name.to_owned(), f: Some(value), kind: attribute_type::FLOAT, ..Self::default() }
    }

    /// An attribute that is an integer.
    pub fn int(name: &str, value: i64) -> Self {
        Self { name: name.to_owned(), i: Some(value), kind: attribute_type::INT, ..Self::default() }
    }

    /// An attribute that is a list of integers.
    pub fn ints(name: &str, values: &[i64]) -> Self {
        Self { name: name.to_owned(), ints: values.to_vec(), kind: attribute_type::INTS, ..Self::default() }
    }

    /// An attribute that is a text.
    pub fn text(name: &str, value: &str) -> Self {
        let s = Some(Bytes::copy_from_slice(value.as_bytes()));
        Self { name: name.to_owned(), s, kind: attribute_type::STRING, ..Self::default() }
    }
}

impl Node {
    /// A node of ONNX's own operators.
    pub fn new(operator: &str, inputs: &[&str], output: &str, attribute: Vec<Attribute>) -> Self {
        Self {
            op_type: operator.to_owned(),
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            attribute,
            ..Self::default()
        }
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attribute.iter().find(|attribute| attribute.name == name)
    }
}

/// `AttributeProto.AttributeType`: values of [`Attribute::kind`].
pub mod attribute_type {
    /// [`Attribute::f`](super::Attribute::f).
    pub const FLOAT: i32 = 1;
    /// [`Attribute::i`](super::Attribute::i).
    pub const INT: i32 = 2;
    /// [`Attribute::s`](super::Attribute::s).
    pub const STRING: i32 = 3;
    /// [`Attribute::t`](super::Attribute::t).
    pub const TENSOR: i32 = 4;
    /// [`Attribute::g`](super::Attribute::g).
    pub const GRAPH: i32 = 5;
    /// [`Attribute::floats`](super::Attribute::floats).
    pub const FLOATS: i32 = 6;
    /// [`Attribute::ints`](super::Attribute::ints).
    pub const INTS: i32 = 7;
}

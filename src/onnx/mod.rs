//! The ONNX messages that networks are made of, by hand for prost: tags and types from `onnx.proto`.
//!
//! Fields that nothing here reads are left out; protobuf skips them, and a file that is encoded again lacks them.
//! Decoding from [`bytes::Bytes`] copies no weights: [`Tensor::raw_data`] points into the file.

mod graph;
mod tensor;
mod value;

pub use graph::{Attribute, Graph, Model, Node, OperatorSet, attribute_type};
pub use tensor::{DataType, Tensor};
pub use value::{Dimension, Entry, Shape, TensorType, Type, ValueInfo};

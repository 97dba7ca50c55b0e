//! What a graph may hold that cannot be run.

/// A network that this program cannot run itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// An operator that is not known.
    #[error(
        "node '{node}' is a {operator} of operator set {opset}, which the GPU engine does not have; run the model with ONNX Runtime (device=cpu)"
    )]
    Operator {
        /// The node, or what it gives where it has no name.
        node: String,
        /// Its operator.
        operator: String,
        /// Version of the operator set.
        opset: i64,
    },
    /// A use of a known operator that is not known.
    #[error("node '{node}' ({operator}): {reason}; run the model with ONNX Runtime (device=cpu)")]
    Use {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// What is not known about it.
        reason: String,
    },
    /// A value that no node before gives.
    #[error("node '{node}' reads '{value}', which nothing before it gives; the file is damaged")]
    Unknown {
        /// The node.
        node: String,
        /// The value.
        value: String,
    },
    /// A tensor whose values cannot be read.
    #[error("tensor '{tensor}': {reason}; export the model as float32 or float16")]
    Tensor {
        /// Its name.
        tensor: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An output that is not what the contract says.
    #[error("output '{output}' has the shape {found:?}, but should have {expected:?}; this is not a swap model")]
    Output {
        /// Its name.
        output: String,
        /// Its shape.
        found: Vec<usize>,
        /// What it should be.
        expected: Vec<usize>,
    },
}

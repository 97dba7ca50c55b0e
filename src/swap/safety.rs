//! What a model file must not hold: anything that reads other files, runs other code, may never end, or says another
//! size than it has. Checked before a runtime sees the file.

use crate::onnx::{Attribute, DataType, Graph, Model, Node, Tensor};

/// Operator sets that a model may use: ONNX's own, and ONNX Runtime's.
const DOMAINS: [&str; 3] = ["", "ai.onnx", "com.microsoft"];
/// Operators of those sets that read files, run code or may never end.
const REFUSED: [&str; 5] = ["EPContext", "PythonOp", "Loop", "Scan", "SequenceMap"];
/// Subgraphs within subgraphs.
const MAX_DEPTH: usize = 4;
/// Longest name, in bytes.
const MAX_NAME: usize = 1024;

/// Something in the file that is not safe to load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SafetyError {
    /// Weights in another file.
    #[error("tensor '{0}' keeps its values in another file; export the model as one file, without external data")]
    ExternalData(String),
    /// A name that is a way out of a folder, or not fit to be shown.
    #[error(
        "the name '{0}' has a control character, a path part '..' or more than 1024 bytes; export the model again with plain names"
    )]
    Name(String),
    /// A negative or overflowing shape.
    #[error("tensor '{tensor}' has impossible dimensions {dims:?}; the file is damaged or hostile")]
    Dimensions {
        /// Tensor.
        tensor: String,
        /// Its dimensions.
        dims: Vec<i64>,
    },
    /// An element type that no swap model uses.
    #[error("tensor '{tensor}' has the element type {data_type}, which is not supported; export the model as float32")]
    ElementType {
        /// Tensor.
        tensor: String,
        /// Number of the ONNX data type.
        data_type: i32,
    },
    /// Values more or fewer than the dimensions say.
    #[error(
        "tensor '{tensor}' should have {expected} bytes by its dimensions {dims:?}, but holds {held}; the file is damaged or hostile"
    )]
    TensorSize {
        /// Tensor.
        tensor: String,
        /// Its dimensions.
        dims: Vec<i64>,
        /// Bytes by the dimensions.
        expected: usize,
        /// Bytes in the file.
        held: usize,
    },
    /// Sparse weights.
    #[error("{0} holds a sparse tensor; export the model with dense weights")]
    Sparse(String),
    /// An operator of unknown make.
    #[error(
        "node '{node}' is of the operator set '{domain}', which is not ONNX's; export the model without custom operators"
    )]
    Domain {
        /// Node.
        node: String,
        /// Its operator set.
        domain: String,
    },
    /// An operator that no swap model needs and that is not safe.
    #[error("node '{node}' is a {operator}, which may read files, run code or never end; export the model without it")]
    Operator {
        /// Node.
        node: String,
        /// Its operator.
        operator: String,
    },
    /// Functions of its own.
    #[error("the model defines functions of its own (field `functions`); export it with them inlined")]
    Functions,
    /// Training graphs.
    #[error("the model holds training graphs (field `training_info`); export it for inference")]
    Training,
    /// Subgraphs nested without end.
    #[error("node '{0}' nests graphs more than 4 deep; export a plain model")]
    Depth(String),
}

/// Checks a whole model.
///
/// # Errors
/// [`SafetyError`] for the first thing that is not safe.
pub fn check(model: &Model) -> Result<(), SafetyError> {
    if !model.functions.is_empty() {
        return Err(SafetyError::Functions);
    }
    if !model.training_info.is_empty() {
        return Err(SafetyError::Training);
    }
    for set in &model.opset_import {
        check_name(&set.domain)?;
    }
    for text in [&model.producer_name, &model.producer_version] {
        check_name(text)?;
    }
    model.graph.iter().try_for_each(|graph| check_graph(graph, 0))
}

fn check_graph(graph: &Graph, depth: usize) -> Result<(), SafetyError> {
    check_name(&graph.name)?;
    if !graph.sparse_initializer.is_empty() {
        return Err(SafetyError::Sparse(format!("graph '{}'", graph.name)));
    }
    for value in graph.input.iter().chain(&graph.output).chain(&graph.value_info) {
        check_name(&value.name)?;
    }
    graph.initializer.iter().try_for_each(check_tensor)?;
    graph.node.iter().try_for_each(|node| check_node(node, depth))
}

fn check_node(node: &Node, depth: usize) -> Result<(), SafetyError> {
    for name in node.input.iter().chain(&node.output).chain([&node.name, &node.op_type, &node.domain]) {
        check_name(name)?;
    }
    if !DOMAINS.contains(&node.domain.as_str()) {
        return Err(SafetyError::Domain { node: called(node), domain: node.domain.clone() });
    }
    if REFUSED.contains(&node.op_type.as_str()) {
        return Err(SafetyError::Operator { node: called(node), operator: node.op_type.clone() });
    }
    node.attribute.iter().try_for_each(|attribute| check_attribute(node, attribute, depth))
}

fn check_attribute(node: &Node, attribute: &Attribute, depth: usize) -> Result<(), SafetyError> {
    if attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty() {
        return Err(SafetyError::Sparse(format!("node '{}'", called(node))));
    }
    attribute.t.iter().chain(&attribute.tensors).try_for_each(check_tensor)?;
    attribute.g.iter().chain(&attribute.graphs).try_for_each(|graph| match depth < MAX_DEPTH {
        true => check_graph(graph, depth + 1),
        false => Err(SafetyError::Depth(called(node))),
    })
}

fn check_tensor(tensor: &Tensor) -> Result<(), SafetyError> {
    check_name(&tensor.name)?;
    if tensor.data_location != 0 || !tensor.external_data.is_empty() {
        return Err(SafetyError::ExternalData(tensor.name.clone()));
    }
    let element = DataType::numbered(tensor.data_type)
        .ok_or_else(|| SafetyError::ElementType { tensor: tensor.name.clone(), data_type: tensor.data_type })?;
    let expected = tensor
        .dims
        .iter()
        .try_fold(element.size(), |bytes, &dim| bytes.checked_mul(usize::try_from(dim).ok()?))
        .ok_or_else(|| SafetyError::Dimensions { tensor: tensor.name.clone(), dims: tensor.dims.clone() })?;
    let held = held(tensor, element);
    if held != expected {
        return Err(SafetyError::TensorSize { tensor: tensor.name.clone(), dims: tensor.dims.clone(), expected, held });
    }
    Ok(())
}

/// Bytes that the values take; none where they are in two places, or in the place of another type.
fn held(tensor: &Tensor, element: DataType) -> usize {
    let typed = [
        (tensor.float_data.len(), matches!(element, DataType::Float)),
        (tensor.double_data.len(), matches!(element, DataType::Double)),
        (tensor.int64_data.len(), matches!(element, DataType::Int64)),
        (tensor.uint64_data.len(), matches!(element, DataType::Uint32 | DataType::Uint64)),
        (tensor.int32_data.len(), element.size() < 4 || matches!(element, DataType::Int32)),
    ];
    let foreign = typed.iter().any(|&(length, fits)| length > 0 && !fits);
    let values: usize = typed.iter().map(|&(length, _)| length).sum();
    match &tensor.raw_data {
        _ if foreign => 0,
        Some(raw) if values == 0 => raw.len(),
        Some(_) => 0,
        None => values.saturating_mul(element.size()),
    }
}

fn check_name(name: &str) -> Result<(), SafetyError> {
    let climbs = name.split(['/', '\\']).any(|part| part == "..");
    if climbs || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(SafetyError::Name(name.chars().take(80).flat_map(char::escape_debug).collect()));
    }
    Ok(())
}

/// What to call a node in a message: many have no name.
fn called(node: &Node) -> String {
    let output = node.output.first().map_or("", String::as_str);
    let name = if node.name.is_empty() { output } else { &node.name };
    if name.is_empty() { node.op_type.clone() } else { name.to_owned() }
}

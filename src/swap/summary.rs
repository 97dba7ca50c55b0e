//! What a model is made of, for people.

use std::collections::BTreeMap;

use crate::onnx::{DataType, Model};

/// Facts of a model that running it does not need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Tool that wrote the file, with its version; may be empty.
    pub producer: String,
    /// Name of the graph: `SAEHD` or `AMP` in other tools' files.
    pub graph: String,
    /// Version of ONNX's own operator set.
    pub opset: i64,
    /// Operators with how many nodes each has.
    pub operators: BTreeMap<String, usize>,
    /// Numbers in all weights.
    pub parameters: u64,
    /// Whether any weights are 16-bit floats.
    pub half_precision: bool,
    /// Whether any weights are 8-bit integers.
    pub quantised: bool,
}

impl Summary {
    pub(super) fn of(model: &Model) -> Self {
        let mut operators = BTreeMap::new();
        let graph = model.graph.as_ref();
        for node in graph.iter().flat_map(|graph| &graph.node) {
            *operators.entry(node.op_type.clone()).or_default() += 1;
        }
        let weights = || graph.iter().flat_map(|graph| &graph.initializer);
        Self {
            producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
            graph: graph.map(|graph| graph.name.clone()).unwrap_or_default(),
            opset: opset(model).unwrap_or_default(),
            operators,
            parameters: weights().map(|tensor| tensor.dims.iter().product::<i64>().unsigned_abs()).sum(),
            half_precision: weights().any(|tensor| tensor.data_type == DataType::Float16 as i32),
            // A byte alone is the zero point of some layer, no weight.
            quantised: weights().any(|tensor| tensor.data_type == DataType::Int8 as i32 && tensor.dims.len() > 1),
        }
    }
}

/// Version of ONNX's own operator set.
pub(super) fn opset(model: &Model) -> Option<i64> {
    let own = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    model.opset_import.iter().find(|set| own(&set.domain)).map(|set| set.version)
}

//! The occlusion network as an ONNX file.

use prost::Message;

use super::graph::{Builder, open_batch};
use super::{ExportError, IR_VERSION, OPSET, Precision};
use crate::onnx::{Model, OperatorSet};
use crate::train::weights::Weights;
use crate::train::zoo::Segmenter;

/// Name of the crop: `[N, 3, S, S]`, blue, green, red, 0..1.
const INPUT: &str = "crop";
/// Name of the scores: `[N, classes, S, S]`.
const OUTPUT: &str = "scores";

/// The bytes of an ONNX file that gives what [`Segmenter::scores`] does; weights as 16-bit floats. The same arguments
/// give the same bytes.
///
/// # Errors
/// [`ExportError`] where weights are missing, of another shape, not finite or too large for 16 bits.
pub fn export_segmenter(network: &Segmenter, weights: &Weights) -> Result<Vec<u8>, ExportError> {
    let mut builder = Builder::new(weights, Precision::Fp16);
    let scores = builder.layers(Segmenter::part(), network.layers(), INPUT.to_owned())?;
    builder.node("Identity", &[&scores], OUTPUT, vec![]);
    let mut graph = builder.finish();
    let side = network.side() as i64;
    graph.input = vec![open_batch(INPUT, &[3, side, side])];
    graph.output = vec![open_batch(OUTPUT, &[network.classes() as i64, side, side])];
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "standin-train".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        ..Model::default()
    };
    Ok(model.encode_to_vec())
}

//! The swap: which parts of a blueprint the file has, and how they are joined.

use super::ExportError;
use super::graph::{Builder, open_batch};
use crate::onnx::{Attribute, Graph};
use crate::train::zoo::{Blueprint, Inter};

/// Name of the crop.
pub(super) const INPUT: &str = "in_face:0";
/// Name of the head that draws the driver's mask, where a model has one.
pub(super) const DRIVER_MASK: &str = "driver_mask";
/// Mask of the driver's face, generated face, mask of that.
pub(super) const OUTPUTS: [&str; 3] = ["out_face_mask:0", "out_celeb_face:0", "out_celeb_face_mask:0"];

/// The graph that does what [`crate::train::zoo::Network::swap`] does.
pub(super) fn swap(blueprint: &Blueprint, mut builder: Builder<'_>) -> Result<Graph, ExportError> {
    let graph = &mut builder;
    let crop = graph.node("Transpose", &[INPUT], "crop", vec![Attribute::ints("perm", &[0, 3, 1, 2])]);
    let crop = graph.settled(crop)?;
    let encoded = graph.layers("encoder", &blueprint.encoder, crop)?;
    let decoder = &blueprint.decoder;
    let (face, mask, driver_mask) = match &blueprint.inter {
        Inter::Shared(layers) => {
            let code = graph.layers("inter", layers, encoded)?;
            let trunk = graph.layers("decoder_b.trunk", &decoder.trunk, code.clone())?;
            let face = graph.head("decoder_b.face", &decoder.face, trunk.clone())?;
            let mask = graph.head("decoder_b.mask", &decoder.mask, trunk)?;
            let driver_mask = match &blueprint.driver_mask {
                Some(head) => graph.head(DRIVER_MASK, head, code)?,
                None => {
                    let trunk = graph.layers("decoder_a.trunk", &decoder.trunk, code)?;
                    graph.head("decoder_a.mask", &decoder.mask, trunk)?
                }
            };
            (face, mask, driver_mask)
        }
        Inter::Split(layers) => {
            let ab = graph.layers("inter_ab", layers, encoded.clone())?;
            let code = graph.concat("code", [&ab, &ab])?;
            let trunk = graph.layers("decoder.trunk", &decoder.trunk, code.clone())?;
            let face = graph.head("decoder.face", &decoder.face, trunk.clone())?;
            let mask = graph.head("decoder.mask", &decoder.mask, trunk)?;
            let driver_mask = match &blueprint.driver_mask {
                Some(head) => graph.head(DRIVER_MASK, head, code)?,
                None => {
                    let a = graph.layers("inter_a", layers, encoded)?;
                    // The same decoder again, on the driver's own code.
                    graph.scope("driver/");
                    let code = graph.concat("code", [&a, &ab])?;
                    let trunk = graph.layers("decoder.trunk", &decoder.trunk, code)?;
                    let driver_mask = graph.head("decoder.mask", &decoder.mask, trunk)?;
                    graph.scope("");
                    driver_mask
                }
            };
            (face, mask, driver_mask)
        }
    };
    let side = blueprint.resolution as i64;
    let shape = graph.integers("one_channel_last", &[0, side, side, 1]);
    graph.node("Reshape", &[&driver_mask, &shape], OUTPUTS[0], vec![]);
    graph.node("Transpose", &[&face], OUTPUTS[1], vec![Attribute::ints("perm", &[0, 2, 3, 1])]);
    graph.node("Reshape", &[&mask, &shape], OUTPUTS[2], vec![]);
    let mut graph = builder.finish();
    graph.input = vec![open_batch(INPUT, &[side, side, 3])];
    graph.output =
        OUTPUTS.iter().zip([1, 3, 1]).map(|(name, channels)| open_batch(name, &[side, side, channels])).collect();
    Ok(graph)
}

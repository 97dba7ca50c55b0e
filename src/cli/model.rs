//! `standin model`: what a model file is.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use prost::Message as _;

use super::Outcome;
use super::roofline::{Card, Roofline};
use crate::consent::today;
use crate::swap::ModelFile;
use crate::swap::{Tier, graph::SwapGraph};

/// Arguments of `standin model`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The .dfm file.
    pub model: PathBuf,
}

/// Describes the model. A model without valid consent is described, too, but the outcome is bad.
///
/// # Errors
/// Why the file is not a model that can be used.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let model = ModelFile::open(&arguments.model)?;
    let summary = model.summary();
    let side = model.resolution();
    let operators: Vec<_> = summary.operators.iter().map(|(name, nodes)| format!("{name} {nodes}")).collect();
    let face_type = model.face_type().map_or("not said (whole-face is usual)", |face_type| face_type.name());
    let coverage = model.coverage().map_or_else(|| "the face type's".to_owned(), |coverage| coverage.to_string());
    let weights = match (summary.quantised, summary.half_precision) {
        (true, _) => "8-bit integers",
        (false, true) => "16-bit floats",
        (false, false) => "32-bit floats",
    };
    let features = model.skull_centre().map_or_else(
        || "not said".to_owned(),
        |centre| format!("{:+.4} canonical units below the mean head's", centre.y),
    );
    let sharpened = model.sharpen().map_or_else(|| "no".to_owned(), |strength| format!("by {strength}"));
    let consented = model.consented(today());
    let consent = match &consented {
        Ok(consent) => format!("{}, valid until {} (UTC)", consent.subject, consent.until),
        Err(error) => format!("none that is valid: {error}"),
    };
    let lines = [
        ("name", model.name()),
        ("resolution", format!("{side} x {side}")),
        ("morph", if model.has_morph() { "yes" } else { "no" }.to_owned()),
        ("face type", face_type.to_owned()),
        ("coverage", coverage),
        ("alignment", model.alignment().name().to_owned()),
        ("registered", if model.registration().is_some() { "yes" } else { "no" }.to_owned()),
        ("features", features),
        ("sharpened", sharpened),
        ("weights", format!("{:.1} million, {weights}", summary.parameters as f64 / 1e6)),
        ("operators", operators.join(", ")),
        ("opset", summary.opset.to_string()),
        ("graph", or_not_said(&summary.graph)),
        ("producer", or_not_said(&summary.producer)),
        ("size", format!("{} bytes", model.bytes().len())),
        ("sha256", model.sha256().to_owned()),
        ("consent", consent),
    ];
    let origin = model.origin().iter().filter(|(key, _)| *key != "standin.resolution");
    let origin = origin.map(|(key, value)| (key.trim_start_matches("standin."), value.clone()));
    for (what, value) in lines.into_iter().chain(origin) {
        writeln!(out, "{what:<11} {value}")?;
    }
    on_gpu(&model, out)?;
    Ok(if consented.is_ok() { Outcome::Good } else { Outcome::Bad })
}

/// Bytes of a face of 300 pixels in an NV12 frame, for what the passes move.
const REGION: usize = 300 * 300 * 3 / 2;

/// Whether `device=gpu` takes the model, and what it would take of a card.
fn on_gpu(model: &ModelFile, out: &mut dyn Write) -> anyhow::Result<()> {
    let decoded = crate::onnx::Model::decode(model.bytes())?;
    match SwapGraph::read(&decoded, &model.contract()) {
        Ok(graph) => Roofline::of(&graph, Tier::Half, model.resolution(), REGION, Card::default()).text(out),
        Err(reason) => Ok(writeln!(out, "{:<11} not with device=gpu: {reason}", "gpu")?),
    }
}

fn or_not_said(text: &str) -> String {
    if text.is_empty() { "not said".to_owned() } else { text.to_owned() }
}

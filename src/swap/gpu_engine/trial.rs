//! Which tier a model is computed with on a GPU: the fastest that draws the processor's picture.

use std::sync::Arc;

use super::{GpuEngine, GpuEngineError, overflow};
use crate::gpu::GpuDevice;
use crate::runtime::{NetworkOptions, Runtime};
use crate::swap::passes::{Tier, on_matrices};
use crate::swap::{Engine, EngineError, Generated, ModelFile, OnnxEngine};

/// The largest difference from the processor's value that a tier may have, of 0..1: four codes of a frame.
pub const MOST_APART: f32 = 4.0 / 255.0;
/// And the mean difference: half a code.
pub const MEAN_APART: f32 = 0.5 / 255.0;

/// Engines on `gpu`, held against the processor on a crop of slopes and grain: of the fastest tier that the device
/// has and that gives the same within [`MOST_APART`] and [`MEAN_APART`].
///
/// # Errors
/// [`GpuEngineError`]; also where even 32-bit floats come out otherwise, which a driver that computes wrongly gives.
pub(super) fn chosen(
    runtime: &Runtime,
    model: &ModelFile,
    gpu: &GpuDevice,
    count: usize,
) -> Result<Vec<GpuEngine>, GpuEngineError> {
    // What no GPU runs is told before anything is run.
    let graph = super::graph(model)?;
    let refused = |reason: String| GpuEngineError::device(model, reason);
    let expected = {
        // A large model takes a second on one core. A stream may run beside, with the model of before.
        let threads = std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
        let mut host = OnnxEngine::new(runtime, model, NetworkOptions { threads, ..NetworkOptions::default() })?;
        pictures(&mut host, model).map_err(|error| refused(error.to_string()))?
    };
    let mut refusals = Vec::new();
    let has_matrices = on_matrices(&graph);
    let tiers = Tier::of(gpu.device());
    let overflowed = overflow::is_remembered(model.graph_sha256());
    for tier in tiers.into_iter().filter(|tier| *tier != Tier::Matrices || has_matrices) {
        let is_last = tier == Tier::Single;
        if overflowed && !is_last {
            refusals.push(refusal(tier, "its 16 bits did not hold what the network gave for a frame"));
            continue;
        }
        // No slower tier runs on a device that is gone.
        if gpu.is_lost() {
            return Err(refused(format!("{}; {} was lost with it, use device=cpu", refusals.join("; "), gpu.info())));
        }
        let mut engines = match GpuEngine::of_graph(&graph, model, gpu, count, tier) {
            Ok(engines) => engines,
            Err(error) if is_last => return Err(error),
            // What 16 bits cannot hold, 32 may, and a driver may refuse matrices.
            Err(error) => {
                let reason = match error {
                    GpuEngineError::Device { reason, .. } => reason,
                    error => error.to_string(),
                };
                refusals.push(refusal(tier, &reason));
                continue;
            }
        };
        let Some(first) = engines.first_mut() else { return Ok(engines) };
        match pictures(first, model) {
            Ok(found) if close(&found, &expected) => {
                let refusals: Arc<str> = refusals.join("; ").into();
                engines.iter_mut().for_each(|engine| engine.refusals = Arc::clone(&refusals));
                return Ok(engines);
            }
            Err(error) if is_last => return Err(refused(error.to_string())),
            Err(error) => refusals.push(refusal(tier, &error.to_string())),
            Ok(_) => refusals.push(format!("{tier} draw another picture than the processor")),
        }
    }
    let others = refusals[..refusals.len().saturating_sub(1)].join("; ");
    let others = if others.is_empty() { others } else { format!(" ({others})") };
    Err(refused(format!(
        "{} draws another picture than the processor{others}; update its driver, or use device=cpu",
        gpu.info()
    )))
}

/// Why a tier was not taken, in one line.
fn refusal(tier: Tier, reason: &str) -> String {
    format!("{tier}: {}", reason.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What an engine draws, for each way that a morph may take.
fn pictures(engine: &mut dyn Engine, model: &ModelFile) -> Result<Vec<f32>, EngineError> {
    engine.crop_mut().copy_from_slice(&trial(model.resolution()));
    let morphs: &[f32] = if model.has_morph() { &[0.0, 0.5, 1.0] } else { &[0.0] };
    let mut all = Vec::new();
    for &morph in morphs {
        let Generated { driver_mask, face, face_mask, .. } = engine.run(morph)?;
        [driver_mask, face, face_mask].into_iter().for_each(|picture| all.extend_from_slice(picture));
    }
    Ok(all)
}

/// Slopes, edges and grain, as a face has them.
fn trial(side: usize) -> Vec<f32> {
    let value = |i: usize| {
        let (x, y, channel) =
            ((i / 3 % side) as f32 / side as f32, (i / 3 / side) as f32 / side as f32, (i % 3) as f32);
        let grain = ((i as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
        0.1 * grain + 0.45 + 0.4 * ((x * 21.0 + channel).sin() * (y * 17.0 + 0.3 * channel).cos())
    };
    (0..side * side * 3).map(value).collect()
}

/// Whether both are numbers and near each other; not where there are none.
fn close(found: &[f32], expected: &[f32]) -> bool {
    let differences = || found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let mean = differences().sum::<f32>() / found.len() as f32;
    // NaN is not less than anything.
    found.len() == expected.len() && differences().all(|one| one <= MOST_APART) && mean <= MEAN_APART
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_and_a_number_will_do() {
        assert!(close(&[0.5, 0.25], &[0.501, 0.251]));
        assert!(!close(&[0.5, 0.25], &[0.52, 0.25]), "more than the largest");
        assert!(!close(&[0.5, 0.25], &[0.504, 0.254]), "more than the mean");
        assert!(!close(&[f32::NAN, 0.25], &[0.5, 0.25]));
        assert!(!close(&[], &[]));
        assert!(trial(64).iter().all(|value| (0.0..=1.0).contains(value)));
    }
}

//! What the networks alone take, with one thread, nothing else running: no implementation of this path is faster.

use std::time::Instant;

use crate::face::{BlazeFace, Mesh};
use crate::live::{Load, percentile};
use crate::runtime::{Network, NetworkOptions, Runtime};
use crate::swap::ModelFile;

/// Runs of each network.
const RUNS: usize = 40;

/// Milliseconds a run, medians.
#[derive(Debug)]
pub(super) struct Floor {
    /// The detector.
    pub(super) detect: f32,
    /// The mesh.
    pub(super) mesh: f32,
    /// The swap network.
    pub(super) swap: f32,
    /// All three a frame: the detector counts only as often as it runs.
    pub(super) frame: f32,
}

impl Floor {
    /// Measures the networks on the processor.
    pub(super) fn measure(load: &Load, detect_interval: u32) -> anyhow::Result<Self> {
        let runtime = Runtime::load(None)?;
        let detect = bare(&runtime, BlazeFace::Back.bytes())?;
        let mesh = bare(&runtime, Mesh::default().bytes())?;
        let swap = bare(&runtime, ModelFile::open(&load.path)?.bytes())?;
        let share = if detect_interval > 0 { detect / detect_interval as f32 } else { 0.0 };
        Ok(Self { detect, mesh, swap, frame: share + mesh + swap })
    }
}

fn bare(runtime: &Runtime, bytes: &[u8]) -> anyhow::Result<f32> {
    let mut network = Network::new(runtime, bytes, NetworkOptions::default())?;
    network.input_mut(0).fill(0.5);
    let mut times = Vec::with_capacity(RUNS);
    for i in 0..RUNS + 5 {
        let begun = Instant::now();
        network.run()?;
        if i >= 5 {
            times.push(begun.elapsed().as_secs_f32() * 1e3);
        }
    }
    times.sort_by(f32::total_cmp);
    Ok(percentile(&times, 0.5))
}

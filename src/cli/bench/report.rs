//! The figures of a run, for people and for programs.

use std::time::Duration;

use serde::Serialize;

use super::floor::Floor;
use super::gpu::Swaps;
use super::{Arguments, Measured};
use crate::frame::Layout;
use crate::live::{Stage, percentile};

/// Median and 99th percentile, in milliseconds.
#[derive(Debug, Serialize)]
struct Spread {
    median: f32,
    p99: f32,
}

impl Spread {
    fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut sorted: Vec<f32> = values.collect();
        sorted.sort_by(f32::total_cmp);
        Self { median: percentile(&sorted, 0.5), p99: percentile(&sorted, 0.99) }
    }
}

/// All figures of a run.
#[derive(Debug, Serialize)]
pub(super) struct BenchReport {
    model: String,
    clip: String,
    width: usize,
    height: usize,
    frames: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    depth: usize,
    cores: usize,
    runs_on: String,
    fps: f64,
    ms_per_frame: f64,
    interval_ms: Spread,
    latency_ms: Spread,
    stages_ms: Vec<(&'static str, Spread)>,
    cpu_ms_per_frame: f64,
    peak_rss_mib: Option<f64>,
    load_ms: f64,
    swapped: usize,
    concealed: usize,
    floor_detect_ms: f32,
    floor_mesh_ms: f32,
    floor_swap_ms: f32,
    floor_all_cores_ms: f32,
    times_floor: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gpu: Option<Swaps>,
}

impl BenchReport {
    pub(super) fn new(
        arguments: &Arguments,
        layout: Layout,
        measured: &Measured,
        floor: &Floor,
        (loaded, peak, cores): (Duration, Option<f64>, usize),
        runs_on: String,
    ) -> Self {
        let frames = measured.stages.len();
        let ms_per_frame = measured.wall / frames.max(1) as f64;
        let stage = |stage: Stage| Spread::of(measured.stages.iter().map(|times| times[stage as usize]));
        let floor_all_cores_ms = floor.frame / cores as f32;
        Self {
            model: arguments.model.display().to_string(),
            clip: arguments.clip.display().to_string(),
            width: layout.width,
            height: layout.height,
            frames,
            rate: arguments.rate,
            depth: arguments.depth,
            cores,
            runs_on,
            fps: 1e3 / ms_per_frame,
            ms_per_frame,
            interval_ms: Spread::of(measured.intervals.iter().copied()),
            latency_ms: stage(Stage::Total),
            stages_ms: Stage::ALL.iter().filter(|&&s| s != Stage::Total).map(|&s| (s.name(), stage(s))).collect(),
            cpu_ms_per_frame: measured.cpu / frames.max(1) as f64,
            peak_rss_mib: peak,
            load_ms: loaded.as_secs_f64() * 1e3,
            swapped: measured.swapped,
            concealed: measured.concealed,
            floor_detect_ms: floor.detect,
            floor_mesh_ms: floor.mesh,
            floor_swap_ms: floor.swap,
            floor_all_cores_ms,
            times_floor: ms_per_frame / f64::from(floor_all_cores_ms),
            gpu: None,
        }
    }

    pub(super) fn json(&self, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)?;
        Ok(())
    }

    pub(super) fn text(&self, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
        let Self { width, height, frames, depth, cores, .. } = self;
        let rate = self.rate.map(|rate| format!(" that come {rate} a second")).unwrap_or_default();
        writeln!(out, "{} on {}", self.model, self.clip)?;
        writeln!(
            out,
            "{frames} frames of {width}x{height}{rate}, {depth} in flight, {cores} cores; on {}",
            self.runs_on
        )?;
        writeln!(out, "swapped in {}, concealed in {} (warm-up included)", self.swapped, self.concealed)?;
        writeln!(out, "{:8.1} fps, {:.2} ms a frame", self.fps, self.ms_per_frame)?;
        let spread = |s: &Spread| format!("median {:6.2}  p99 {:6.2} ms", s.median, s.p99);
        writeln!(out, "   interval  {}", spread(&self.interval_ms))?;
        writeln!(out, "   latency   {}", spread(&self.latency_ms))?;
        for (name, times) in &self.stages_ms {
            writeln!(out, "   {name:9} {}", spread(times))?;
        }
        writeln!(out, "{:8.2} ms of processor time a frame", self.cpu_ms_per_frame)?;
        if let Some(peak) = self.peak_rss_mib {
            writeln!(out, "{peak:8.1} MiB peak resident memory")?;
        }
        writeln!(out, "{:8.0} ms to load everything", self.load_ms)?;
        writeln!(
            out,
            "floor: detect {:.2} (every so often) + mesh {:.2} + swap {:.2} ms with one thread; on {cores} cores {:.2} ms a frame: this run took {:.2} times that",
            self.floor_detect_ms, self.floor_mesh_ms, self.floor_swap_ms, self.floor_all_cores_ms, self.times_floor
        )?;
        if let Some(swaps) = &self.gpu {
            swaps.text(out)?;
        }
        Ok(())
    }
}

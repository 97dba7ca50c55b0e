//! One face at a time on the GPU: what each pass takes, what moves, what the processor waits for.

use std::path::Path;

use serde::Serialize;

use super::spool::Spool;
use crate::blend::gpu::{GpuBlender, Span, SwapTimes};
use crate::blend::{BlendRequest, BlendSettings};
use crate::cli::roofline::{Card, Roofline};
use crate::frame::{OwnedFrame, VideoBuffer};
use crate::geometry::{Point, Similarity};
use crate::gpu::{GpuDevice, Selection};
use crate::live::percentile;
use crate::runtime::Runtime;
use crate::swap::{Engine, GpuEngine, ModelFile};

/// Side of the crop in the frame, in pixels.
const FACE: f32 = 300.0;
/// Swaps that are measured, and swaps before them.
const SWAPS: usize = 30;
const WARM_UP: usize = 5;

/// What one swap takes; times are medians in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Swaps {
    adapter: String,
    tier: String,
    /// By the GPU's own clock, or why it tells no times.
    passes_ms: Result<Vec<(&'static str, f32)>, String>,
    prepare_ms: f32,
    wait_ms: f32,
    uploaded_bytes: u64,
    read_back_bytes: u64,
    on_paper: Roofline,
}

impl Swaps {
    pub(super) fn measure(model: &Path, selection: &Selection, spool: &mut Spool) -> anyhow::Result<Self> {
        let file = ModelFile::open(model)?;
        let gpu = GpuDevice::shared(selection)?;
        let engines = GpuEngine::several(&Runtime::load(None)?, &file, &gpu, 1)?;
        let engine = engines.first().ok_or_else(|| anyhow::anyhow!("no engine was made"))?;
        let tier = engine.tier();
        let mut blender = GpuBlender::new(&gpu)?;
        let watched = blender.watch();
        let mut owned = OwnedFrame::new(spool.layout());
        spool.read(0, &mut owned)?;
        let layout = spool.layout();
        let centre = Point::new(layout.width as f32 / 2.0, layout.height as f32 / 2.0);
        let to_crop = Similarity::taking(centre, Point::new(0.5, 0.5), 1.0 / FACE, 0.0);
        let settings = BlendSettings::default();
        let request = BlendRequest::new(&to_crop, &settings);
        let mut times = Vec::with_capacity(SWAPS);
        let mut before = blender.transfers();
        for i in 0..WARM_UP + SWAPS {
            if i == WARM_UP {
                before = blender.transfers();
            }
            blender.swap(&mut owned.frame_mut()?, engine.network(), &request, 0.5)?;
            if i >= WARM_UP {
                times.extend(blender.times());
            }
        }
        let moved = blender.transfers();
        let timestamps = if watched.is_ok() { SwapTimes::BYTES } else { 0 };
        let each = |now: u64, before: u64| (now - before) / SWAPS as u64;
        let median = |of: &dyn Fn(&SwapTimes) -> f32| {
            let mut values: Vec<f32> = times.iter().map(of).collect();
            values.sort_by(f32::total_cmp);
            percentile(&values, 0.5)
        };
        let uploaded_bytes = each(moved.uploaded, before.uploaded);
        Ok(Self {
            adapter: gpu.info().to_string(),
            tier: tier.to_string(),
            passes_ms: watched
                .map(|()| Span::ALL.map(|span| (span.name(), median(&|times| times.gpu[span as usize]))).into())
                .map_err(|error| error.to_string()),
            prepare_ms: median(&|times| times.prepare),
            wait_ms: median(&|times| times.wait),
            uploaded_bytes,
            // The timestamps themselves come back, too.
            read_back_bytes: each(moved.read_back, before.read_back).saturating_sub(timestamps),
            on_paper: Roofline::of(engine.graph(), tier, engine.resolution(), uploaded_bytes as usize, Card::default()),
        })
    }

    pub(super) fn text(&self, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
        writeln!(out, "one face of {FACE} px at a time on {}, {}:", self.adapter, self.tier)?;
        match &self.passes_ms {
            Ok(passes) => {
                for (name, ms) in passes {
                    writeln!(out, "   {name:10} {ms:8.3} ms of the GPU")?;
                }
                let Self { prepare_ms, wait_ms, .. } = self;
                writeln!(out, "   processor: {prepare_ms:.2} ms to prepare, {wait_ms:.2} ms to wait")?;
            }
            Err(why) => writeln!(out, "   no times: {why}")?,
        }
        writeln!(out, "   {} bytes up, {} bytes back", self.uploaded_bytes, self.read_back_bytes)?;
        self.on_paper.text(out)
    }
}

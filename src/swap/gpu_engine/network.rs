//! The network on a device on which others work too: they put the crop into its memory, and take its pictures from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::gpu::GpuDevice;
use crate::swap::graph::SwapGraph;
use crate::swap::passes::{NetworkPasses, NotFinitePass, Tier};

/// A network that reads its crop from, and leaves its pictures in, the memory of a GPU.
#[derive(Debug)]
pub struct GpuNetwork {
    pub(super) gpu: GpuDevice,
    pub(super) graph: Arc<SwapGraph>,
    pub(super) tier: Tier,
    pub(super) resolution: usize,
    pub(super) passes: NetworkPasses,
    pub(super) not_finite: NotFinitePass,
    pub(super) overflow: Overflow,
}

/// Swaps without numbers, less those with, from which on 16 bits are taken to be too few for a model. Of two faces in a
/// frame one may be good each time, so that a good one forgives less than a bad one counts.
const MOST_OVERFLOWS: u32 = 6;
/// What a swap without numbers counts.
const OVERFLOW: u32 = 2;

/// Whether a model's values leave the range of 16-bit floats in real frames, though those of the trial did not.
#[derive(Debug)]
pub(super) struct Overflow {
    /// [`ModelFile::graph_sha256`](crate::swap::ModelFile::graph_sha256).
    pub(super) graph_sha256: Arc<str>,
    /// Shared by the model's networks.
    pub(super) too_few_bits: Arc<AtomicBool>,
    /// Swaps without numbers, less those that were good since.
    pub(super) failures: AtomicU32,
}

impl GpuNetwork {
    /// The device that it is on.
    pub fn gpu(&self) -> &GpuDevice {
        &self.gpu
    }

    /// Side of the crop in pixels.
    pub fn resolution(&self) -> usize {
        self.resolution
    }

    /// Where the crop is to be put: blue, green, red, 0..1, by pixels; 32-bit floats.
    pub fn crop(&self) -> &wgpu::Buffer {
        &self.passes.input
    }

    /// Mask of the driver's face, generated face (blue, green, red), its mask, by pixels; 32-bit floats that are not
    /// clamped.
    pub fn pictures(&self) -> &[wgpu::Buffer; 3] {
        &self.passes.outputs
    }

    /// Where it is said how many values of the pictures are no numbers, one 32-bit float; and its bytes.
    pub fn not_finite(&self) -> (&wgpu::Buffer, u64) {
        (&self.not_finite.count, size_of::<f32>() as u64)
    }

    /// Takes in whether a swap gave numbers. Where several gave none and the tier computes with 16 bits, no such tier is
    /// taken for this model again in this process, and [`GpuNetwork::has_too_few_bits`].
    pub fn note(&self, finite: bool) {
        let Overflow { graph_sha256, too_few_bits, failures } = &self.overflow;
        if finite {
            // A network serves one frame at a time.
            failures.store(failures.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        } else if self.tier != Tier::Single
            && failures.fetch_add(OVERFLOW, Ordering::Relaxed) + OVERFLOW >= MOST_OVERFLOWS
        {
            super::overflow::remember(graph_sha256);
            too_few_bits.store(true, Ordering::Release);
        }
    }

    /// Whether the model needs a tier of more bits: it is to be loaded again.
    pub fn has_too_few_bits(&self) -> bool {
        self.overflow.too_few_bits.load(Ordering::Acquire)
    }

    /// Records the network, and the look at its pictures. `morph` (0..1) is used by models that have it, from the
    /// next submission on.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, morph: f32) {
        self.passes.steer(self.gpu.queue(), morph.clamp(0.0, 1.0));
        self.passes.record(pass);
        self.not_finite.record(pass);
    }
}

//! Where the time of a swap on the GPU goes, by timestamps that the GPU itself writes between the passes.

use crate::gpu::{GpuDevice, GpuError};

/// A part of a swap, in the order in which the GPU does them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The planes and parameters into the GPU's own memory.
    Upload,
    /// Frame to crop.
    Crop,
    /// The swap network.
    Network,
    /// The masks' product.
    Mask,
    /// The mask's minimum.
    Erode,
    /// The mask's Gaussian.
    Feather,
    /// The generated face at its place.
    Place,
    /// Mean and deviation.
    Statistics,
    /// The generated face's colours.
    Transfer,
    /// The layer into the frame.
    Composite,
}

impl Span {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Upload,
        Self::Crop,
        Self::Network,
        Self::Mask,
        Self::Erode,
        Self::Feather,
        Self::Place,
        Self::Statistics,
        Self::Transfer,
        Self::Composite,
    ];

    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Crop => "crop",
            Self::Network => "network",
            Self::Mask => "mask",
            Self::Erode => "erode",
            Self::Feather => "feather",
            Self::Place => "place",
            Self::Statistics => "statistics",
            Self::Transfer => "transfer",
            Self::Composite => "composite",
        }
    }

    /// The least bytes that the GPU's memory moves for it, with a region of `region` bytes and a model of `resolution`
    /// pixels, every value read and written once; of the network nothing: the roofline counts its layers.
    pub fn bytes(self, region: usize, resolution: usize) -> usize {
        let plane = resolution * resolution * 4;
        match self {
            Self::Upload => 2 * region,
            Self::Crop => region + 3 * plane,
            Self::Network => 0,
            Self::Mask => 3 * plane,
            // A row and a column pass.
            Self::Erode | Self::Feather => 4 * plane,
            Self::Place => 8 * plane,
            Self::Statistics => 7 * plane,
            Self::Transfer => 8 * plane,
            Self::Composite => 2 * region + 4 * plane,
        }
    }
}

/// Milliseconds of one swap.
#[derive(Debug, Clone, Copy, Default)]
pub struct SwapTimes {
    /// By [`Span`].
    pub gpu: [f32; Span::ALL.len()],
    /// Of the processor: packing planes, recording, submitting.
    pub prepare: f32,
    /// Waiting for the GPU.
    pub wait: f32,
}

/// Timestamps of one swap at a time.
pub(super) struct Watch {
    queries: wgpu::QuerySet,
    pub(super) resolved: wgpu::Buffer,
    /// Milliseconds a tick.
    tick: f32,
    pub(super) times: SwapTimes,
}

/// One more than spans: the beginning.
const POINTS: u32 = Span::ALL.len() as u32 + 1;

impl SwapTimes {
    /// Bytes that are read back for it, beside the picture.
    pub const BYTES: u64 = POINTS as u64 * 8;
}

impl Watch {
    pub(super) fn new(device: &GpuDevice) -> Result<Self, GpuError> {
        let needed = wgpu::Features::TIMESTAMP_QUERY
            | wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS
            | wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES;
        if !device.device().features().contains(needed) {
            return Err(GpuError(format!("{} writes no timestamps between passes", device.info())));
        }
        let queries = device.device().create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("watch"),
            ty: wgpu::QueryType::Timestamp,
            count: POINTS,
        });
        let resolved = device.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("watch"),
            size: SwapTimes::BYTES,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let tick = device.queue().get_timestamp_period() * 1e-6;
        Ok(Self { queries, resolved, tick, times: SwapTimes::default() })
    }

    /// The swap begins.
    pub(super) fn begin(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.write_timestamp(&self.queries, 0);
    }

    /// `span` ends here.
    pub(super) fn end(&self, pass: &mut wgpu::ComputePass<'_>, span: Span) {
        pass.write_timestamp(&self.queries, span as u32 + 1);
    }

    /// Everything is recorded: makes the timestamps bytes.
    pub(super) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..POINTS, &self.resolved, 0);
    }

    /// Takes the bytes that were read back.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let mut points = bytes.as_chunks::<8>().0.iter().map(|&bytes| u64::from_le_bytes(bytes));
        let Some(mut last) = points.next() else { return };
        for (spent, point) in self.times.gpu.iter_mut().zip(points) {
            *spent = point.saturating_sub(last) as f32 * self.tick;
            last = point;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_order_and_move_what_they_read_and_write() {
        for (i, span) in Span::ALL.into_iter().enumerate() {
            assert_eq!(span as usize, i, "{}", span.name());
        }
        assert_eq!(Span::Mask.bytes(1000, 10), 1200);
        assert_eq!(Span::Composite.bytes(1000, 10), 3600);
    }
}

//! What `statistics` leaves in its buffer: the result, then the sums of each workgroup of a fixed grid.

use crate::blend::Colours;
use crate::blend::plan::LEAST_WEIGHT;
use crate::blend::space::Space;
use crate::blend::statistics::ColourStatistics;

/// Workgroups along each side of the grid whose sums the last dispatch adds up.
pub(super) const GROUPS: usize = 8;

/// Floats of one workgroup's sums: of each picture three sums and three sums of squares, the weight; and the sums for
/// the mean luminance of both pictures.
pub(super) const SUMS: usize = 16;

/// The result as it lies in the buffer.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Measured {
    driver_mean: [f32; 3],
    driver_deviation: [f32; 3],
    face_mean: [f32; 3],
    face_deviation: [f32; 3],
    weight: f32,
}

impl Measured {
    /// Bytes of it.
    pub(super) const BYTES: u64 = size_of::<Self>() as u64;

    /// The one that `data` begins with.
    pub(super) fn of(data: &[u8]) -> Option<Self> {
        bytemuck::try_pod_read_unaligned(data.get(..size_of::<Self>())?).ok()
    }

    /// Its colours, which are in `space`; `None` where too little of the face was seen.
    pub(super) fn colours(&self, space: Space) -> Option<Colours> {
        let driver = ColourStatistics { mean: self.driver_mean, deviation: self.driver_deviation };
        let face = ColourStatistics { mean: self.face_mean, deviation: self.face_deviation };
        (self.weight >= LEAST_WEIGHT).then_some(Colours { space, driver, face })
    }
}

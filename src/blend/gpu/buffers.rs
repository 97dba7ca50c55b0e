//! The GPU's memory of one blender. Buffers stay until a bigger face or model comes.

use super::measured::{GROUPS, SUMS};
use crate::swap::GpuNetwork;
use wgpu::BufferUsages as Use;

pub(super) fn buffer(device: &wgpu::Device, label: &str, bytes: usize, usage: Use) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        // Nothing may bind an empty buffer.
        size: bytes.max(16) as u64,
        usage,
        mapped_at_creation: false,
    })
}

/// The packed planes of the face's region.
pub(crate) struct FrameBuffers {
    /// As they came.
    pub(crate) planes: wgpu::Buffer,
    /// With the face.
    pub(crate) blended: wgpu::Buffer,
}

impl FrameBuffers {
    pub(super) fn new(device: &wgpu::Device, bytes: usize) -> Self {
        Self {
            planes: buffer(device, "planes", bytes, Use::STORAGE | Use::COPY_DST),
            blended: buffer(device, "blended planes", bytes, Use::STORAGE | Use::COPY_SRC),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.planes.size() as usize
    }
}

/// What network and blend hand each other: pictures of the model's resolution, 32-bit floats by pixels. Where the
/// network is on this device they are its own, so that nothing is copied.
pub(crate) struct Pictures {
    /// The crop that goes in, blue, green, red.
    pub(crate) crop: wgpu::Buffer,
    /// The crop that went in.
    pub(crate) driver: wgpu::Buffer,
    /// The generated face.
    pub(crate) face: wgpu::Buffer,
    /// The network's mask of the driver.
    pub(crate) driver_mask: wgpu::Buffer,
    /// The network's mask of the generated face.
    pub(crate) face_mask: wgpu::Buffer,
}

/// Pictures of the model's resolution, 32-bit floats.
pub(crate) struct ModelBuffers {
    /// Side in pixels.
    pub(super) resolution: usize,
    /// Out of `mask`.
    pub(crate) mask: wgpu::Buffer,
    /// Between rows and columns.
    pub(crate) scratch: wgpu::Buffer,
    /// Out of `erode`.
    pub(crate) eroded: wgpu::Buffer,
    /// The feather's weights from the centre outwards.
    pub(crate) weights: wgpu::Buffer,
    /// Out of `feather`.
    pub(crate) feathered: wgpu::Buffer,
    /// Out of `place`: red, green, blue, mask.
    pub(crate) placed: wgpu::Buffer,
    /// Out of `covered`: one number.
    pub(crate) covered: wgpu::Buffer,
    /// Out of `statistics`: the result, then each workgroup's sums.
    pub(crate) statistics: wgpu::Buffer,
    /// Out of `transfer`: red, green, blue, mask.
    pub(crate) layer: wgpu::Buffer,
}

impl Pictures {
    /// For a network that is elsewhere: the crop is read back, the others come up.
    pub(super) fn new(device: &wgpu::Device, resolution: usize) -> Self {
        let plane = resolution * resolution * 4;
        let make = |label, bytes, usage| buffer(device, label, bytes, Use::STORAGE | usage);
        Self {
            crop: make("crop", plane * 3, Use::COPY_SRC),
            driver: make("driver", plane * 3, Use::COPY_DST),
            face: make("face", plane * 3, Use::COPY_DST),
            driver_mask: make("driver mask", plane, Use::COPY_DST),
            face_mask: make("face mask", plane, Use::COPY_DST),
        }
    }

    /// Those of a network on the device.
    pub(super) fn of(network: &GpuNetwork) -> Self {
        let [driver_mask, face, face_mask] = network.pictures().clone();
        let crop = network.crop().clone();
        Self { driver: crop.clone(), crop, face, driver_mask, face_mask }
    }

    /// Whether they are this network's, or, for `None`, no network's.
    pub(super) fn are_of(&self, network: Option<&GpuNetwork>) -> bool {
        match network {
            Some(network) => self.crop == *network.crop(),
            None => self.crop != self.driver,
        }
    }
}

impl ModelBuffers {
    pub(super) fn new(device: &wgpu::Device, resolution: usize) -> Self {
        let plane = resolution * resolution * 4;
        let make = |label, bytes, usage| buffer(device, label, bytes, Use::STORAGE | usage);
        Self {
            resolution,
            mask: make("mask", plane, Use::COPY_SRC),
            scratch: make("scratch", plane, Use::empty()),
            eroded: make("eroded", plane, Use::COPY_SRC),
            weights: make("weights", (resolution / 2 + 1) * 4, Use::COPY_DST),
            feathered: make("feathered", plane, Use::COPY_SRC),
            placed: make("placed", plane * 4, Use::COPY_SRC),
            covered: make("covered", 4, Use::COPY_SRC),
            statistics: make("statistics", (1 + GROUPS * GROUPS) * SUMS * 4, Use::COPY_SRC),
            layer: make("layer", plane * 4, Use::COPY_SRC),
        }
    }
}

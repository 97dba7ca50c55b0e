//! Frames that are on the GPU already: how their planes become textures, and how a region moves between those and the
//! blender's buffers without the processor.
//!
//! A frame of `video/x-raw(memory:DMABuf)` is one file descriptor a memory, with an offset and a stride a plane. Each
//! plane is imported as a texture of its own, in the format of its bytes ([`PlaneFormat`]): NV12 is one of single
//! bytes and one of pairs. [`ImportedPlane::load`] copies the face's region into a buffer of packed planes, which the
//! crop reads as it reads planes that came from the processor; [`ImportedPlane::store`] copies the blended region
//! back. No pass changes, and of the frame nothing is uploaded or read back.
//!
//! What each platform needs:
//!
//! | platform | memory | needs |
//! |---|---|---|
//! | Linux, AMD and Intel | DMA-buf of VA-API or V4L2 | Vulkan with `VK_EXT_external_memory_dma_buf` and `VK_EXT_image_drm_format_modifier` (Mesa RADV, ANV); the modifier from the caps (`drm-format`, GStreamer 1.24) or linear |
//! | Linux, NVIDIA | DMA-buf of V4L2 on Jetson; CUDA memory elsewhere | the same; CUDA memory must be exported to a file descriptor first (`VULKAN_EXTERNAL_MEMORY_FD`) |
//! | Linux, lavapipe of Mesa 22.3 | | has neither extension: [`GpuError`] says so, frames are mapped |
//! | Windows | D3D11 or D3D12 textures | `VULKAN_EXTERNAL_MEMORY_WIN32` (D3D11 handle), or wgpu on D3D12 and `create_texture_from_hal` |
//! | macOS | IOSurface of VideoToolbox | Metal, `create_texture_from_hal` over a `CVMetalTexture` |
//!
//! Order between the decoder's GPU work and ours is not in this: a DMA-buf carries implicit fences, which the
//! importer waits for on the processor (`poll` on the descriptor) until wgpu takes semaphores from outside.
//!
//! **State**: importing and both copies are here. The copies are tested on any adapter with textures of our own.
//! Importing has run on no hardware yet, and one step is missing that only there can be tried: the image comes from
//! another owner (`VK_QUEUE_FAMILY_FOREIGN_EXT`) and should be acquired from it, which wgpu 30 has no call for; it is
//! wrapped as readable. The element does not offer the memory: it refuses caps that ask for it, and maps a DMA-buf
//! that comes under plain caps like any other memory.

use std::os::fd::OwnedFd;

use crate::gpu::{GpuDevice, GpuError};

/// The bytes of one place of a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaneFormat {
    /// One: luma, or one chroma of I420.
    One,
    /// Two: the chroma of NV12.
    Two,
    /// Four: packed RGB with a fourth byte.
    Four,
}

impl PlaneFormat {
    /// Its bytes.
    pub fn bytes(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    fn texture(self) -> wgpu::TextureFormat {
        match self {
            Self::One => wgpu::TextureFormat::R8Unorm,
            Self::Two => wgpu::TextureFormat::Rg8Unorm,
            Self::Four => wgpu::TextureFormat::Rgba8Unorm,
        }
    }
}

/// Where a plane lies in a DMA-buf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaneLayout {
    /// What a place holds.
    pub format: PlaneFormat,
    /// Places across.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from one row to the next.
    pub stride: u64,
    /// Bytes before the first row.
    pub offset: u64,
    /// How the driver arranged it: a modifier of `drm_fourcc.h`; 0 is row by row.
    pub modifier: u64,
}

/// A part of a plane, in places and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanePart {
    /// First place.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Places.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl PlanePart {
    /// Bytes of a row in a buffer, with what copies want after it.
    pub fn pitch(&self, format: PlaneFormat) -> u32 {
        (self.width * format.bytes()).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT)
    }
}

/// A plane as a texture.
#[derive(Debug)]
pub struct ImportedPlane {
    texture: wgpu::Texture,
    format: PlaneFormat,
}

impl ImportedPlane {
    /// Imports one plane of the DMA-buf behind `fd`, which is closed with it.
    ///
    /// # Errors
    /// [`GpuError`] where the adapter does not import such memory, or this plane.
    ///
    /// # Safety
    /// `fd` is a DMA-buf that holds a plane as `layout` says, and whoever writes to it has finished.
    pub unsafe fn import(device: &GpuDevice, fd: OwnedFd, layout: &PlaneLayout) -> Result<Self, GpuError> {
        let refused = |why: &str| GpuError(format!("{} does not import the frame's memory: {why}", device.info()));
        if !device.device().features().contains(wgpu::Features::VULKAN_EXTERNAL_MEMORY_DMA_BUF) {
            return Err(refused("it lacks VK_EXT_external_memory_dma_buf; let frames be mapped"));
        }
        let size = wgpu::Extent3d { width: layout.width, height: layout.height, depth_or_array_layers: 1 };
        let description = wgpu::hal::TextureDescriptor {
            label: Some("plane"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: layout.format.texture(),
            usage: wgpu::TextureUses::COPY_SRC | wgpu::TextureUses::COPY_DST,
            memory_flags: wgpu::hal::MemoryFlags::empty(),
            view_formats: Vec::new(),
        };
        // SAFETY: what is taken out is used for one call and not kept; the caller vouches for descriptor and layout.
        let imported = unsafe {
            let vulkan = device.device().as_hal::<wgpu::hal::api::Vulkan>();
            let vulkan = vulkan.ok_or_else(|| refused("it is not reached through Vulkan"))?;
            vulkan.texture_from_dmabuf_fd(fd, &description, layout.modifier, layout.stride, layout.offset)
        };
        let imported = imported.map_err(|error| refused(&error.to_string()))?;
        // SAFETY: made just now on this device, by this description; it holds the frame. Its state is assumed, see
        // the module.
        let texture = unsafe {
            let description = Self::description(layout.format, layout.width, layout.height);
            device.device().create_texture_from_hal::<wgpu::hal::api::Vulkan>(
                imported,
                &description,
                wgpu::TextureUses::COPY_SRC,
            )
        };
        Ok(Self { texture, format: layout.format })
    }

    /// A plane of our own, as an imported one is.
    pub fn new(device: &GpuDevice, format: PlaneFormat, width: u32, height: u32) -> Self {
        let texture = device.device().create_texture(&Self::description(format, width, height));
        Self { texture, format }
    }

    fn description(format: PlaneFormat, width: u32, height: u32) -> wgpu::TextureDescriptor<'static> {
        wgpu::TextureDescriptor {
            label: Some("plane"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: format.texture(),
            usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        }
    }

    /// Has `encoder` copy `part` to `buffer` from byte `offset` (a multiple of 256) on, rows [`PlanePart::pitch`]
    /// apart.
    pub fn load(&self, encoder: &mut wgpu::CommandEncoder, part: &PlanePart, buffer: &wgpu::Buffer, offset: u64) {
        encoder.copy_texture_to_buffer(self.place(part), self.rows(part, buffer, offset), extent(part));
    }

    /// Has `encoder` copy `part` from `buffer`, where [`ImportedPlane::load`] would put it.
    pub fn store(&self, encoder: &mut wgpu::CommandEncoder, part: &PlanePart, buffer: &wgpu::Buffer, offset: u64) {
        encoder.copy_buffer_to_texture(self.rows(part, buffer, offset), self.place(part), extent(part));
    }

    fn place(&self, part: &PlanePart) -> wgpu::TexelCopyTextureInfo<'_> {
        wgpu::TexelCopyTextureInfo {
            texture: &self.texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x: part.x, y: part.y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        }
    }

    fn rows<'a>(&self, part: &PlanePart, buffer: &'a wgpu::Buffer, offset: u64) -> wgpu::TexelCopyBufferInfo<'a> {
        let bytes_per_row = Some(part.pitch(self.format));
        let layout = wgpu::TexelCopyBufferLayout { offset, bytes_per_row, rows_per_image: Some(part.height) };
        wgpu::TexelCopyBufferInfo { buffer, layout }
    }
}

fn extent(part: &PlanePart) -> wgpu::Extent3d {
    wgpu::Extent3d { width: part.width, height: part.height, depth_or_array_layers: 1 }
}

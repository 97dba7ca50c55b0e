//! Planes that are textures: a region out and back in, and what an adapter says that imports none.
#![cfg(all(feature = "dmabuf", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod gpu_support;

use std::fs::File;
use std::os::fd::OwnedFd;

use standin::blend::gpu::dmabuf::{ImportedPlane, PlaneFormat, PlaneLayout, PlanePart};
use standin::gpu::GpuDevice;

fn buffer(device: &GpuDevice, size: u64, usage: wgpu::BufferUsages, data: Option<&[u8]>) -> wgpu::Buffer {
    let descriptor = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: data.is_some() };
    let buffer = device.device().create_buffer(&descriptor);
    if let Some(data) = data {
        buffer.get_mapped_range_mut(..).unwrap().copy_from_slice(data);
        buffer.unmap();
    }
    buffer
}

/// Puts `bytes` into the middle of a plane, moves a part of it out and back in elsewhere, and reads that.
fn there_and_back(device: &GpuDevice, format: PlaneFormat) {
    let whole = PlanePart { x: 0, y: 0, width: 64, height: 32 };
    let (from, to) =
        (PlanePart { x: 6, y: 3, width: 21, height: 10 }, PlanePart { x: 40, y: 20, width: 21, height: 10 });
    let pitch = |part: &PlanePart| part.pitch(format) as usize;
    let picture: Vec<u8> = (0..pitch(&whole) * 32).map(|i| (i * 7 % 251) as u8).collect();
    let plane = ImportedPlane::new(device, format, whole.width, whole.height);
    let copies = wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    let source = buffer(device, picture.len() as u64, wgpu::BufferUsages::COPY_SRC, Some(&picture));
    let packed = buffer(device, (pitch(&from) * 10) as u64, copies, None);
    let result =
        buffer(device, picture.len() as u64, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST, None);

    let mut encoder = device.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    plane.store(&mut encoder, &whole, &source, 0);
    plane.load(&mut encoder, &from, &packed, 0);
    plane.store(&mut encoder, &to, &packed, 0);
    plane.load(&mut encoder, &whole, &result, 0);
    device.queue().submit([encoder.finish()]);
    result.map_async(wgpu::MapMode::Read, .., |mapped| mapped.unwrap());
    device.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
    let found = result.get_mapped_range(..).unwrap();

    let size = format.bytes() as usize;
    for y in 0..32 {
        for x in 0..64 {
            let inside = (40..61).contains(&x) && (20..30).contains(&y);
            let (from_x, from_y) = if inside { (x - 34, y - 17) } else { (x, y) };
            let (at, from) = (y * pitch(&whole) + x * size, from_y * pitch(&whole) + from_x * size);
            assert_eq!(found[at..at + size], picture[from..from + size], "{format:?} at {x}, {y}");
        }
    }
}

#[test]
fn a_region_goes_out_and_in_again() {
    let Some(device) = gpu_support::device() else { return };
    for format in [PlaneFormat::One, PlaneFormat::Two, PlaneFormat::Four] {
        there_and_back(&device, format);
    }
}

fn layout() -> PlaneLayout {
    PlaneLayout { format: PlaneFormat::One, width: 64, height: 32, stride: 64, offset: 0, modifier: 0 }
}

#[test]
fn an_adapter_without_the_extension_says_so() {
    let Some(device) = gpu_support::device() else { return };
    if device.device().features().contains(wgpu::Features::VULKAN_EXTERNAL_MEMORY_DMA_BUF) {
        eprintln!("skipped: {} imports such memory", device.info());
        return;
    }
    let file = OwnedFd::from(File::open("/dev/null").unwrap());
    // SAFETY: refused before it is looked at.
    let error = unsafe { ImportedPlane::import(&device, file, &layout()) }.unwrap_err().to_string();
    assert!(error.contains("VK_EXT_external_memory_dma_buf") && error.contains("mapped"), "{error}");
}

/// Needs a GPU whose driver imports DMA-bufs, and `/dev/udmabuf`-backed memory as descriptor in `STANDIN_DMABUF`'s
/// file.
#[test]
#[ignore = "needs a GPU that imports DMA-bufs and a file that is one, named by STANDIN_DMABUF"]
fn a_plane_is_imported() {
    let device = gpu_support::device().unwrap();
    let file = File::options().read(true).write(true).open(std::env::var_os("STANDIN_DMABUF").unwrap()).unwrap();
    // SAFETY: whoever runs this test names a DMA-buf of at least 64 x 32 bytes that nobody writes to.
    unsafe { ImportedPlane::import(&device, OwnedFd::from(file), &layout()) }.unwrap();
}

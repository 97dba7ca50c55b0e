//! The GPU of the tests, or a printed reason why there is none.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use standin::blend::{BlendSettings, ColorTransfer};
use standin::frame::{Layout, Matrix, PixelFormat, Range};
use standin::geometry::{Point, Similarity};
use standin::gpu::{GpuDevice, Selection};
use standin::swap::passes::NetworkPasses;

/// The best adapter; `None`, and a line that says why, where there is none. `./run test` requires one.
pub fn device() -> Option<GpuDevice> {
    match GpuDevice::open(&Selection::Auto) {
        Ok(device) => Some(device),
        Err(e) => {
            assert!(std::env::var_os("STANDIN_GPU_REQUIRED").is_none(), "STANDIN_GPU_REQUIRED is set, but: {e}");
            eprintln!("SKIPPED, not tested: {e}");
            None
        }
    }
}

/// What a network's passes draw of a crop: so many numbers of each picture.
pub fn drawn(gpu: &GpuDevice, network: &NetworkPasses, crop: &[f32], morph: f32, counts: [usize; 3]) -> [Vec<f32>; 3] {
    let (device, queue) = (gpu.device(), gpu.queue());
    queue.write_buffer(&network.input, 0, bytemuck::cast_slice(crop));
    network.steer(queue, morph);
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    network.record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
    let back = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 4 * counts.iter().sum::<usize>() as u64,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let mut at = 0;
    for (output, count) in network.outputs.iter().zip(counts) {
        encoder.copy_buffer_to_buffer(output, 0, &back, at, 4 * count as u64);
        at += 4 * count as u64;
    }
    queue.submit([encoder.finish()]);
    back.map_async(wgpu::MapMode::Read, .., |done| done.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    let data = back.get_mapped_range(..).unwrap();
    let mut values = bytemuck::cast_slice::<u8, f32>(&data);
    counts.map(|count| {
        let (first, rest) = values.split_at(count);
        values = rest;
        first.to_vec()
    })
}

/// Every format at sizes that are even, odd and no multiple of eight, in every colour.
pub fn layouts() -> Vec<Layout> {
    let colours = [
        (Matrix::Bt601, Range::Limited, 160, 120),
        (Matrix::Bt709, Range::Limited, 161, 123),
        (Matrix::Bt601, Range::Full, 203, 118),
        (Matrix::Bt2020, Range::Full, 150, 131),
    ];
    let all = PixelFormat::ALL.into_iter().flat_map(|format| {
        colours.map(|(matrix, range, width, height)| Layout {
            format,
            width,
            height,
            matrix,
            range,
            transfer: Default::default(),
        })
    });
    all.collect()
}

/// Centre, side and angle of faces: inside, turned, small, reduced, and across the frame's corners. No tap of a crop
/// lies within 1e-4 px of a frame's edge, where rounding decides whether it counts.
pub const FACES: [(Point, f32, f32); 5] = [
    (Point::new(80.3, 60.7), 70.0, 0.0),
    (Point::new(75.0, 66.2), 61.3, 0.7),
    (Point::new(40.5, 50.5), 23.0, -2.3),
    (Point::new(70.2, 56.2), 260.0, 0.3),
    (Point::new(148.5, 8.9), 75.0, 1.9),
];

/// Settings that use every branch of every pass.
pub fn settings() -> Vec<BlendSettings> {
    let default = BlendSettings::default();
    vec![
        default,
        BlendSettings { hull_mask: true, erode: -12.0, blur: 60.0, opacity: 0.6, ..default },
        BlendSettings { color_transfer: ColorTransfer::None, erode: 0.0, blur: 0.0, gamma: [0.7, 1.3, 2.2], ..default },
        BlendSettings { face_scale: 1.2, face_x_offset: 0.07, face_y_offset: -0.11, sharpen: 1.5, ..default },
        BlendSettings {
            registration: Similarity::taking(Point::new(0.5, 0.5), Point::new(0.47, 0.53), 1.06, 0.11),
            face_scale: 0.95,
            ..default
        },
        BlendSettings { color_transfer: ColorTransfer::Gain, hull_mask: true, ..default },
        BlendSettings { color_transfer: ColorTransfer::Lab, sharpen: 1.0, gamma: [1.0, 1.2, 1.0], ..default },
        BlendSettings { driver_mask: false, generated_mask: false, erode: 20.0, sharpen: 3.0, ..default },
    ]
}

/// A convex hull in the crop's unit square, clockwise on screen, no corner in the middle of a pixel.
pub const HULL: [Point; 5] = [
    Point::new(0.313, 0.152),
    Point::new(0.711, 0.187),
    Point::new(0.823, 0.561),
    Point::new(0.507, 0.913),
    Point::new(0.171, 0.549),
];

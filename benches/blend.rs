//! The CPU blend, pass by pass: a 640-pixel crop of a 720p frame, at the resolutions of usual models.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use standin::blend::composite::{Codes, composite};
use standin::blend::erode::erode;
use standin::blend::feather::{FeatherBuffers, feather};
use standin::blend::mask::{bounds, mask};
use standin::blend::plan::Filters;
use standin::blend::planes::Planes;
use standin::blend::skin::skin;
use standin::blend::statistics::statistics;
use standin::blend::transfer::{Transfer, transfer};
use standin::blend::{BlendRequest, BlendSettings, Blender, ColorTransfer, Colours, CpuBlender};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Similarity};
use standin::swap::Generated;

fn picture(resolution: usize, phase: f32) -> Vec<f32> {
    (0..resolution * resolution * 3).map(|n| 0.5 + 0.4 * (n as f32 * 0.37 + phase).sin()).collect()
}

/// 1 inside an ellipse; with the filters it covers about 300×400 pixels of a 640-pixel crop.
fn oval(resolution: usize) -> Vec<f32> {
    let side = resolution as f32;
    (0..resolution * resolution)
        .map(|n| {
            let (x, y) = ((n % resolution) as f32 / side - 0.5, (n / resolution) as f32 / side - 0.5);
            f32::from(u8::from((x / 0.23).hypot(y / 0.31) < 1.0))
        })
        .collect()
}

fn frame(format: PixelFormat) -> OwnedFrame {
    let mut frame = OwnedFrame::new(Layout {
        format,
        width: 1280,
        height: 720,
        matrix: Matrix::Bt709,
        range: Range::Limited,
        transfer: Default::default(),
    });
    for plane in 0..format.planes() {
        for (n, byte) in frame.bytes_mut(plane).iter_mut().enumerate() {
            *byte = (n * 31 % 217) as u8 + 16;
        }
    }
    frame
}

fn passes(c: &mut Criterion) {
    let to_crop = Similarity::taking(Point::new(640.0, 360.0), Point::new(0.5, 0.5), 1.0 / 640.0, 0.1);
    let settings = BlendSettings::default();
    for resolution in [128, 224] {
        let mut group = c.benchmark_group(format!("{resolution}"));
        let mut blender = CpuBlender::default();
        let mut crop = vec![0.0; resolution * resolution * 3];
        for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Yuy2, PixelFormat::Rgba] {
            let frame = frame(format);
            let view = frame.frame().unwrap();
            group.bench_function(format!("crop {format:?}"), |b| {
                b.iter(|| blender.crop(&view, &to_crop, resolution, &mut crop).unwrap());
            });
        }
        let (driver, face) = (picture(resolution, 0.0), picture(resolution, 1.0));
        let (driver_mask, face_mask) = (oval(resolution), oval(resolution));
        let generated =
            Generated { resolution, driver: &driver, face: &face, driver_mask: &driver_mask, face_mask: &face_mask };

        let filters = Filters::new(&settings, resolution);
        let mut weights = vec![0.0; resolution * resolution];
        let (mut scratch, mut buffers) = (Vec::new(), FeatherBuffers::default());
        group.bench_function("mask, erode, feather", |b| {
            b.iter(|| {
                mask(&generated, &[], &settings, &mut weights);
                erode(&mut weights, resolution, filters.erode, filters.border, &mut scratch);
                feather(&mut weights, resolution, &filters, &mut buffers);
            });
        });

        let covered = bounds(&weights, resolution);
        let mut layer = vec![[0.0; 4]; resolution * resolution];
        let (mut driver_planes, mut face_planes, mut counts) = (Planes::default(), Planes::default(), Vec::new());
        let region = covered.grown_within(1, resolution);
        for wanted in [ColorTransfer::SoftGain, ColorTransfer::Lab] {
            let space = wanted.space().unwrap();
            group.bench_function(format!("statistics, transfer: {wanted:?}"), |b| {
                b.iter(|| {
                    driver_planes.fill(space, &driver, resolution, &region);
                    face_planes.fill(space, &face, resolution, &region);
                    skin(&driver_planes, &face_planes, &weights, resolution, &region, &mut counts);
                    let of = |planes: &Planes| statistics(planes, &counts, resolution, &region).unwrap();
                    let colours = Colours { space, driver: of(&driver_planes), face: of(&face_planes) };
                    let matched = Transfer::new(wanted, &colours).map(|transfer| (&face_planes, transfer));
                    transfer(&face, matched, &weights, [1.0; 3], &region, resolution, &mut layer);
                });
            });
        }

        let mut codes = Codes::default();
        let to_frame = to_crop.inverse().unwrap();
        for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Yuy2, PixelFormat::Rgba] {
            let mut frame = frame(format);
            group.bench_function(format!("composite {format:?}"), |b| {
                b.iter(|| {
                    let mut view = frame.frame_mut().unwrap();
                    composite(&mut view, (&to_crop, &to_frame), &layer, resolution, &covered, 1.0, &mut codes);
                });
            });
        }
        let mut frame = frame(PixelFormat::I420);
        group.bench_function("all but the crop, I420", |b| {
            b.iter(|| {
                let mut view = frame.frame_mut().unwrap();
                blender.composite(&mut view, &generated, &BlendRequest::new(&to_crop, &settings)).unwrap();
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_millis(600)).warm_up_time(std::time::Duration::from_millis(200));
    targets = passes
}
criterion_main!(benches);

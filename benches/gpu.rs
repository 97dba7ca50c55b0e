//! The whole blend on the GPU that there is: crop, then masks to composite, for a face of 300 pixels.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use standin::blend::gpu::GpuBlender;
use standin::blend::{BlendRequest, BlendSettings, Blender, CpuBlender};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Similarity};
use standin::gpu::{GpuDevice, Selection};
use standin::swap::Generated;

fn blend(c: &mut Criterion, name: &str, blender: &mut dyn Blender) {
    let mut group = c.benchmark_group(name);
    for (width, height) in [(1280, 720), (1920, 1080)] {
        for (format, resolution) in [(PixelFormat::I420, 128), (PixelFormat::I420, 224), (PixelFormat::Rgba, 224)] {
            let layout = Layout {
                format,
                width,
                height,
                matrix: Matrix::Bt709,
                range: Range::Limited,
                transfer: Default::default(),
            };
            let mut frame = OwnedFrame::new(layout);
            for plane in 0..format.planes() {
                let bytes = frame.bytes_mut(plane).iter_mut().enumerate();
                bytes.for_each(|(i, byte)| *byte = 90 + (i / 7 % 61) as u8);
            }
            let centre = Point::new(width as f32 / 2.0, height as f32 / 2.0);
            let to_crop = Similarity::taking(centre, Point::new(0.5, 0.5), 1.0 / 300.0, 0.1);
            let settings = BlendSettings::default();
            let pixels = resolution * resolution;
            let mut crop = vec![0.0; pixels * 3];
            let face: Vec<_> = (0..pixels * 3).map(|i| 0.3 + (i % 101) as f32 / 200.0).collect();
            let mask = vec![1.0; pixels];
            let id = BenchmarkId::from_parameter(format!("{height}p {format:?} {resolution}"));
            group.bench_function(id, |b| {
                b.iter(|| {
                    let mut frame = frame.frame_mut().unwrap();
                    blender.crop(&frame.as_frame(), &to_crop, resolution, &mut crop).unwrap();
                    let generated =
                        Generated { resolution, driver: &crop, face: &face, driver_mask: &mask, face_mask: &mask };
                    blender.composite(&mut frame, &generated, &BlendRequest::new(&to_crop, &settings)).unwrap();
                    black_box(&crop);
                });
            });
        }
    }
    group.finish();
}

fn both(c: &mut Criterion) {
    blend(c, "cpu", &mut CpuBlender::default());
    match GpuDevice::open(&Selection::Auto).and_then(|device| GpuBlender::new(&device)) {
        Ok(mut blender) => blend(c, "gpu", &mut blender),
        Err(e) => eprintln!("skipped: {e}"),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = both
}
criterion_main!(benches);

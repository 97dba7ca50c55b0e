//! The finder on one core: `cargo bench --bench face`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use standin::face::{BlazeFace, Finder, FinderSettings, Mesh, Tone, letterbox, sample};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Rect, Similarity};
use standin::runtime::Runtime;

fn frame(format: PixelFormat, width: usize, height: usize) -> OwnedFrame {
    let mut frame = OwnedFrame::new(Layout {
        format,
        width,
        height,
        matrix: Matrix::Bt709,
        range: Range::Limited,
        transfer: Default::default(),
    });
    for plane in 0..format.planes() {
        frame.bytes_mut(plane).iter_mut().enumerate().for_each(|(i, byte)| *byte = (i * 31 % 251) as u8);
    }
    frame
}

fn pictures(c: &mut Criterion) {
    let detector = BlazeFace::Back.size();
    let mut picture = vec![0.0; 3 * detector * detector];
    for format in [PixelFormat::Nv12, PixelFormat::I420, PixelFormat::Yuy2, PixelFormat::Bgrx] {
        for (w, h) in [(1280, 720), (1920, 1080)] {
            let frame = frame(format, w, h);
            let whole = letterbox(&Rect { x: 0.0, y: 0.0, w: w as f32, h: h as f32 }, detector, 0);
            c.bench_function(&format!("detector picture {format:?} {h}p"), |b| {
                b.iter(|| sample(&frame.frame().unwrap(), &whole, detector, Tone::SIGNED, black_box(&mut picture)));
            });
        }
        let frame = frame(format, 1280, 720);
        for side in [120.0, 380.0] {
            let roi = Similarity::taking(Point::new(96.0, 96.0), Point::new(600.0, 350.0), side / 192.0, 0.2);
            c.bench_function(&format!("mesh picture {format:?} of {side} px"), |b| {
                b.iter(|| sample(&frame.frame().unwrap(), &roi, 192, Tone::UNIT, black_box(&mut picture)));
            });
        }
    }
}

fn finding(c: &mut Criterion) {
    let Some(frame) = common::clip("ada_live.mp4").and_then(|mut clip| clip.next()) else { return };
    let frame = frame.frame().unwrap();
    let runtime = Runtime::load(None).unwrap();
    let mut faces = Vec::new();
    for (name, mesh, interval) in [
        ("find, followed, 468", Mesh::Points468, u32::MAX),
        ("find, followed, 478", Mesh::Points478, u32::MAX),
        ("find with the detector, 468", Mesh::Points468, 1),
    ] {
        let mut finder = Finder::new(&runtime, mesh).unwrap();
        let settings = FinderSettings { detect_interval: interval, ..FinderSettings::default() };
        let mut time = 0.0;
        c.bench_function(name, |b| {
            b.iter(|| {
                time += 1.0 / 30.0;
                finder.find(&frame, &[], time, &settings, &mut faces).unwrap();
                assert_eq!(faces.len(), 1);
            });
        });
    }
}

criterion_group!(benches, pictures, finding);
criterion_main!(benches);

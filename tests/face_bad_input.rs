//! The finder on frames and hints that nobody would film: no panic, and nothing absurd comes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::f32::consts::{FRAC_PI_2, PI};

use standin::face::{Face, Finder, FinderSettings, Mesh, hull};
use standin::frame::{Frame, Layout, Matrix, OwnedFrame, PixelFormat, Range, RgbToCodes, VideoBuffer, YuvToRgb};
use standin::geometry::{Point, Rect, Similarity};
use standin::runtime::Runtime;

fn finder() -> Finder {
    Finder::new(&Runtime::load(None).unwrap(), Mesh::Points468).unwrap()
}

fn find(finder: &mut Finder, frame: &OwnedFrame, hints: &[Rect], time: f64) -> Vec<Face> {
    let mut faces = Vec::new();
    finder.find(&frame.frame().unwrap(), hints, time, &FinderSettings::default(), &mut faces).unwrap();
    for face in &faces {
        assert!(face.landmarks.len() == 468 && face.landmarks.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
        assert!(face.to_canonical.inverse().is_some() && face.yaw.is_finite() && face.bounds.area() > 0.0);
    }
    faces
}

fn layout(format: PixelFormat, width: usize, height: usize) -> Layout {
    Layout { format, width, height, matrix: Matrix::Bt709, range: Range::Limited, transfer: Default::default() }
}

/// RGB 0..1 of an I420 px.
fn pixel(frame: &Frame, x: usize, y: usize) -> [f32; 3] {
    let [a, b, c] = [0, 1, 2].map(|i| frame.plane(i));
    let half = y / 2 * b.stride + x / 2;
    let [y, u, v] = [a.data[y * a.stride + x], b.data[half], c.data[half]].map(f32::from);
    YuvToRgb::of(frame.layout()).rgb(y, u, v)
}

/// A frame of this layout that shows `picture` through `to_picture` (frame px to picture px); grey elsewhere.
fn shown(picture: &OwnedFrame, layout: Layout, copies: &[Similarity]) -> OwnedFrame {
    let source = picture.frame().unwrap();
    let (w, h) = (source.layout().width as f32, source.layout().height as f32);
    let colour = |x: usize, y: usize| {
        let at = Point::new(x as f32 + 0.5, y as f32 + 0.5);
        let inside = |p: &Point| p.x >= 0.0 && p.y >= 0.0 && p.x < w && p.y < h;
        let found = copies.iter().map(|map| map.apply(at)).find(inside);
        found.map_or([0.5; 3], |p| pixel(&source, p.x as usize, p.y as usize))
    };
    let mut frame = OwnedFrame::with_padding(layout, 7);
    let encode = RgbToCodes::of(&layout);
    let most = f32::from(layout.format.depth().most());
    let mut target = frame.frame_mut().unwrap();
    for y in 0..layout.height {
        for x in 0..layout.width {
            for (c, code) in encode.codes(colour(x, y)).into_iter().enumerate() {
                target.put_code(c, x, y, code.round().clamp(0.0, most) as u16);
            }
        }
    }
    frame
}

/// The first frame of a clip with one face of about 240 px in 1280x720, and that face's bounds.
fn portrait() -> Option<(OwnedFrame, Rect)> {
    let frame = common::clip("hard/cut.mp4")?.next().unwrap();
    let bounds = common::Truth::of("hard/cut").frames[0].faces[0].rect();
    Some((frame, bounds))
}

/// Frame px to picture px so that the picture's face has height `side` and its centre lies at `centre` in the frame.
fn placed(face: &Rect, centre: Point, side: f32, angle: f32) -> Similarity {
    Similarity::taking(centre, face.centre(), face.h / side, angle)
}

#[test]
fn every_format_and_any_padding_shows_the_same_face() {
    let Some((picture, _)) = portrait() else { return };
    let found: Vec<Face> = PixelFormat::ALL
        .map(|format| {
            let frame = shown(&picture, layout(format, 1280, 720), &[Similarity::IDENTITY]);
            let faces = find(&mut finder(), &frame, &[], 0.0);
            assert_eq!(faces.len(), 1, "{format:?}");
            faces.into_iter().next().unwrap()
        })
        .into();
    for (face, format) in found.iter().zip(PixelFormat::ALL) {
        let farthest = |(p, q): (&Point, &Point)| p.distance(*q);
        let worst = face.landmarks.iter().zip(&found[0].landmarks).map(farthest).fold(0.0, f32::max);
        assert!(worst < 2.5, "{format:?}: {worst} px from {:?}", PixelFormat::ALL[0]);
    }
}

#[test]
fn turned_frames_are_searched() {
    let Some((picture, face)) = portrait() else { return };
    for angle in [PI, FRAC_PI_2, -FRAC_PI_2] {
        let map = placed(&face, Point::new(400.0, 300.0), 240.0, angle);
        let frame = shown(&picture, layout(PixelFormat::Nv12, 800, 600), &[map]);
        let faces = find(&mut finder(), &frame, &[], 0.0);
        assert_eq!(faces.len(), 1, "{angle}");
        // Turning the picture by `angle` turns the face back.
        let turn = faces[0].to_canonical.angle() - angle;
        assert!(turn.sin().abs() < 0.3 && turn.cos() > 0.0, "{angle}: {turn} {} {:?}", faces[0].score, faces[0].bounds);
    }
}

#[test]
fn small_faces_are_found_in_tiles() {
    let Some((picture, face)) = portrait() else { return };
    let map = placed(&face, Point::new(1000.0, 500.0), 60.0, 0.0);
    // A strip, so that the letterboxed whole frame shows the face at 12 px.
    let frame = shown(&picture, layout(PixelFormat::I420, 2400, 720), &[map]);
    let faces = find(&mut finder(), &frame, &[], 0.0);
    assert!(faces.iter().any(|f| f.bounds.centre().distance(Point::new(1000.0, 500.0)) < 30.0), "{faces:?}");
}

#[test]
fn faces_at_the_edge_and_beyond_it() {
    let Some((picture, face)) = portrait() else { return };
    for (x, y, side) in [(0.0, 300.0, 240.0), (640.0, 0.0, 240.0), (320.0, 240.0, 900.0), (320.0, 240.0, 20.0)] {
        let map = placed(&face, Point::new(x, y), side, 0.0);
        let frame = shown(&picture, layout(PixelFormat::I420, 640, 480), &[map]);
        let mut finder = finder();
        for i in 0..4 {
            let faces = find(&mut finder, &frame, &[], f64::from(i) / 30.0);
            assert!(faces.len() <= 1 && faces.iter().all(|f| f.bounds.w < 4.0 * 640.0));
        }
    }
}

#[test]
fn tiny_and_huge_frames() {
    let mut finder = finder();
    for format in PixelFormat::ALL {
        for (w, h) in [(1, 1), (2, 1), (1, 7), (3, 3), (5, 400), (16, 16)] {
            let faces = find(&mut finder, &OwnedFrame::new(layout(format, w, h)), &[], 0.0);
            assert!(faces.is_empty(), "{w}x{h}");
        }
    }
    assert!(find(&mut finder, &OwnedFrame::new(layout(PixelFormat::Nv12, 7680, 4320)), &[], 0.0).is_empty());
}

#[test]
fn a_crowd_is_limited_and_the_rest_suspected() {
    let Some((picture, face)) = portrait() else { return };
    let crowd: Vec<Similarity> = (0..50)
        .map(|i| {
            let (x, y) = ((i % 10) as f32, (i / 10) as f32);
            let cell = Point::new(80.0 + 160.0 * x, 90.0 + 180.0 * y);
            placed(&face, cell, 110.0, 0.0)
        })
        .collect();
    // Each copy shows its cell only.
    let mut frame = OwnedFrame::new(layout(PixelFormat::I420, 1600, 900));
    for (i, map) in crowd.iter().enumerate() {
        let (left, top) = (160 * (i % 10), 180 * (i / 10));
        let cell = shown(&picture, layout(PixelFormat::I420, 160, 180), &[shift(left, top, map)]);
        paste(&cell, &mut frame, left, top);
    }
    let mut finder = finder();
    let mut faces = Vec::new();
    let mut ids = Vec::new();
    for i in 0..3 {
        let settings = FinderSettings { max_faces: 5, ..FinderSettings::default() };
        finder.find(&frame.frame().unwrap(), &[], f64::from(i) / 30.0, &settings, &mut faces).unwrap();
        assert_eq!(faces.len(), 5);
        assert!(faces.windows(2).all(|pair| pair[0].bounds.area() >= pair[1].bounds.area()));
        if i == 0 {
            assert!(finder.suspects().len() > 20, "{}", finder.suspects().len());
        }
        ids.push(faces.iter().map(|face| face.track).collect::<std::collections::BTreeSet<_>>());
    }
    assert!(ids.iter().all(|set| *set == ids[0]), "{ids:?}");
    let all = FinderSettings { max_faces: usize::MAX, ..FinderSettings::default() };
    finder.reset();
    finder.find(&frame.frame().unwrap(), &[], 1.0, &all, &mut faces).unwrap();
    assert!(faces.len() > 40 && faces.len() <= 64, "{}", faces.len());
    assert!(faces.iter().all(|face| !ids[0].contains(&face.track)), "a number was used twice");
}

/// `map` for a frame whose first px is (left, top) of the other.
fn shift(left: usize, top: usize, map: &Similarity) -> Similarity {
    Similarity { tx: left as f32, ty: top as f32, ..Similarity::IDENTITY }.then(map)
}

fn paste(from: &OwnedFrame, to: &mut OwnedFrame, left: usize, top: usize) {
    for plane in 0..3 {
        let half = usize::from(plane > 0);
        let stride = to.layout().width >> half;
        let (row, rows) = PixelFormat::I420.plane_size(plane, from.layout().width, from.layout().height);
        for y in 0..rows {
            let source = from.bytes(plane)[y * (row + 7)..][..row].to_vec();
            to.bytes_mut(plane)[(y + (top >> half)) * stride + (left >> half)..][..row].copy_from_slice(&source);
        }
    }
}

#[test]
fn hints_replace_the_detector_and_bad_ones_hide_no_face() {
    let Some((picture, face)) = portrait() else { return };
    let nan = f32::NAN;
    let bad = [
        Rect { x: nan, y: nan, w: nan, h: nan },
        Rect { x: 0.0, y: 0.0, w: 0.0, h: 0.0 },
        Rect { x: 1e30, y: -1e30, w: 1e30, h: 1e30 },
        Rect { x: 10.0, y: 10.0, w: f32::INFINITY, h: 5.0 },
    ];
    let mut hinted = finder();
    assert_eq!(find(&mut hinted, &picture, &bad, 0.0).len(), 1);
    assert!(hinted.detector_ran());
    hinted.reset();
    let faces = find(&mut hinted, &picture, &[bad[0], face], 0.04);
    assert_eq!(faces.len(), 1);
    assert!(!hinted.detector_ran());
    assert!(faces[0].bounds.iou(&face) > 0.4);
    // A hint where there is no face is suspect.
    let wall = Rect { x: 1000.0, y: 20.0, w: 200.0, h: 200.0 };
    assert_eq!(find(&mut hinted, &picture, &[wall], 0.08).len(), 1);
    assert_eq!(hinted.suspects(), [wall]);
}

#[test]
fn time_may_stand_still_or_run_backwards() {
    let Some((picture, _)) = portrait() else { return };
    let mut finder = finder();
    for time in [0.0, 0.0, -5.0, 1e9, f64::NAN, f64::INFINITY] {
        assert_eq!(find(&mut finder, &picture, &[], time).len(), 1, "{time}");
    }
    finder.reset();
    let again = find(&mut finder, &picture, &[], 0.0);
    assert!(again[0].track > 1, "numbers go on after a reset");
}

#[test]
fn the_outline_goes_round_the_face() {
    let Some((picture, _)) = portrait() else { return };
    let faces = find(&mut finder(), &picture, &[], 0.0);
    let to_crop = standin::face::CropSettings::default().to_crop(&faces[0]);
    let mut outline = Vec::new();
    hull(&faces[0], &to_crop, &mut outline);
    assert!(outline.len() > 8 && outline.iter().all(|p| (0.0..1.0).contains(&p.x) && (0.0..1.0).contains(&p.y)));
    let next = |i: usize| outline[(i + 1) % outline.len()];
    let area: f32 = outline.iter().enumerate().map(|(i, p)| p.x * next(i).y - next(i).x * p.y).sum::<f32>() / 2.0;
    // Clockwise on screen is positive with y down.
    assert!((0.15..0.8).contains(&area), "{area}");
}

//! Similarities, letterboxes, smoothing and sampling: what must hold for any numbers.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use standin::face::{AlignmentFilter, Smoothing, Tone, letterbox, sample};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Rect, Similarity};

prop_compose! {
    fn similarity()(scale in 0.05f32..20.0, angle in -3.1f32..3.1, x in -2000f32..2000.0, y in -2000f32..2000.0)
        -> Similarity {
        Similarity::taking(Point::new(0.0, 0.0), Point::new(x, y), scale, angle)
    }
}

prop_compose! {
    fn point()(x in -1000f32..1000.0, y in -1000f32..1000.0) -> Point {
        Point::new(x, y)
    }
}

proptest! {
    #[test]
    fn umeyama_recovers_a_similarity(map in similarity(), points in proptest::collection::vec(point(), 3..40)) {
        let spread = Rect::around(&points);
        prop_assume!(spread.w.max(spread.h) > 50.0);
        let moved: Vec<Point> = points.iter().map(|&p| map.apply(p)).collect();
        let found = Similarity::umeyama(&points, &moved).unwrap();
        for (&p, &q) in points.iter().zip(&moved) {
            prop_assert!(found.apply(p).distance(q) < 0.02 * map.scale().max(1.0), "{found:?}");
        }
    }

    #[test]
    fn the_inverse_undoes(map in similarity(), p in point()) {
        let back = map.inverse().unwrap().apply(map.apply(p));
        prop_assert!(back.distance(p) < 0.02 / map.scale().min(1.0), "{back:?}");
    }

    #[test]
    fn a_letterbox_holds_its_region(w in 1f32..4000.0, h in 1f32..4000.0, x in -500f32..500.0, turns in 0u8..4) {
        let region = Rect { x, y: -x, w, h };
        let map = letterbox(&region, 256, turns);
        let back = map.inverse().unwrap();
        let corners = [(x, -x), (x + w, -x), (x, h - x), (x + w, h - x)].map(|(x, y)| back.apply(Point::new(x, y)));
        let inside = Rect::around(&corners);
        prop_assert!((inside.w.max(inside.h) - 256.0).abs() < 0.1, "{inside:?}");
        prop_assert!(inside.centre().distance(Point::new(128.0, 128.0)) < 0.1);
    }

    #[test]
    fn something_constant_stays(map in similarity(), strength in 0f32..=1.0) {
        let mut filter = AlignmentFilter::default();
        let size = map.inverse().unwrap().scale();
        for i in 0..20 {
            let smooth = filter.smooth(&map, f64::from(i) / 30.0, &Smoothing::with_strength(strength));
            let p = map.inverse().unwrap().apply(Point::new(0.3, 0.7));
            let q = smooth.inverse().unwrap().apply(Point::new(0.3, 0.7));
            // Positions are single precision: relative to the farther of place and size.
            prop_assert!(p.distance(q) < 2e-5 * (size + p.x.abs() + p.y.abs()), "{p:?} {q:?}");
        }
    }

    #[test]
    fn any_map_samples_any_frame(
        map in similarity(), w in 1usize..40, h in 1usize..40, format in 0..PixelFormat::ALL.len(), zoom in -12i32..12
    ) {
        let layout = Layout { format: PixelFormat::ALL[format], width: w, height: h, matrix: Matrix::Bt601, range: Range::Full, transfer: Default::default() };
        let mut frame = OwnedFrame::new(layout);
        let codes = standin::frame::RgbToCodes::of(&layout).codes([128.0 / 255.0; 3]);
        for (c, n) in (0..3).flat_map(|c| (0..w * h).map(move |n| (c, n))) {
            frame.frame_mut().unwrap().put_code(c, n % w, n / w, codes[c].round() as u16);
        }
        let zoom = 10f32.powi(zoom);
        let map = Similarity { a: map.a * zoom, b: map.b * zoom, ..map };
        let mut picture = vec![f32::NAN; 3 * 16 * 16];
        sample(&frame.frame().unwrap(), &map, 16, Tone::UNIT, &mut picture);
        // Grey inside, black outside, and nothing else.
        for value in picture {
            prop_assert!(value == 0.0 || (value - 128.0 / 255.0).abs() < 0.001, "{value}");
        }
    }
}

#[test]
fn the_filter_follows_a_cut_at_once_and_calms_noise() {
    let at = |x: f32, size: f32| Similarity::taking(Point::new(0.5, 0.5), Point::new(x, 300.0), size, 0.0);
    let smoothing = Smoothing::with_strength(0.5);
    let mut filter = AlignmentFilter::default();
    let mut largest = 0f32;
    for i in 0..60u8 {
        let noisy = at(400.0, if i % 2 == 0 { 198.0 } else { 202.0 }).inverse().unwrap();
        let smooth = filter.smooth(&noisy, f64::from(i) / 30.0, &smoothing);
        if i > 20 {
            largest = largest.max((smooth.inverse().unwrap().scale() - 200.0).abs());
        }
    }
    assert!(largest < 1.0, "{largest} px of 2 px noise are left");
    let cut = at(900.0, 120.0).inverse().unwrap();
    assert_eq!(filter.smooth(&cut, 2.0, &smoothing), cut);
    let off = at(905.0, 121.0).inverse().unwrap();
    assert_eq!(filter.smooth(&off, 2.03, &Smoothing::with_strength(0.0)), off);
}

/// A frame whose red grows to the right and green downwards, by one code a px.
fn ramp(size: usize) -> OwnedFrame {
    let layout = Layout {
        format: PixelFormat::Rgbx,
        width: size,
        height: size,
        matrix: Matrix::Bt709,
        range: Range::Full,
        transfer: Default::default(),
    };
    let mut frame = OwnedFrame::new(layout);
    for (i, pixel) in frame.bytes_mut(0).chunks_exact_mut(4).enumerate() {
        pixel.copy_from_slice(&[(i % size) as u8, (i / size) as u8, 9, 77]);
    }
    frame
}

#[test]
fn enlarged_pictures_are_interpolated_and_reduced_ones_averaged() {
    let frame = ramp(200);
    let mut picture = vec![0.0; 3 * 20 * 20];
    let codes = Tone { scale: 1.0, offset: 0.0 };
    for (scale, tolerance) in [(0.25, 0.02), (1.0, 0.02), (3.0, 0.51), (8.0, 0.7)] {
        for angle in [0.0, 0.6, 2.5] {
            let map = Similarity::taking(Point::new(10.0, 10.0), Point::new(100.0, 100.0), scale, angle);
            sample(&frame.frame().unwrap(), &map, 20, codes, &mut picture);
            for (i, rgb) in picture.chunks_exact(3).enumerate() {
                let p = map.apply(Point::new((i % 20) as f32 + 0.5, (i / 20) as f32 + 0.5));
                if !(10.0..190.0).contains(&p.x) || !(10.0..190.0).contains(&p.y) {
                    continue;
                }
                // Code n lies at n + 0.5.
                let off = (rgb[0] + 0.5 - p.x).abs().max((rgb[1] + 0.5 - p.y).abs());
                assert!(off <= tolerance, "{scale} {angle}: {rgb:?} at {p:?}");
                assert!((rgb[2] - 9.0).abs() < 1e-3);
            }
        }
    }
}

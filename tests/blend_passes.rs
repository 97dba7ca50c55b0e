//! Each pass after the crop against the contract's sentence in f64.
#![allow(missing_docs, clippy::unwrap_used, clippy::needless_range_loop, clippy::panic)]

mod blend_support;

use blend_support::*;
use standin::blend::erode::erode;
use standin::blend::feather::{FeatherBuffers, feather};
use standin::blend::lab::{to_lab, to_rgb};
use standin::blend::mask::{bounds, mask};
use standin::blend::place::place;
use standin::blend::plan::{Filters, Region};
use standin::blend::planes::Planes;
use standin::blend::sharpen::sharpen;
use standin::blend::skin::skin;
use standin::blend::space::Space;
use standin::blend::statistics::{ColourStatistics, statistics};
use standin::blend::transfer::{LabLine, Transfer, transfer};
use standin::blend::{BlendSettings, ColorTransfer, Colours, Earlier};
use standin::geometry::{Point, Similarity};

fn whole(side: usize) -> Region {
    Region { x0: 0, y0: 0, x1: side, y1: side }
}

#[test]
fn masks_multiply_as_far_as_the_settings_ask() {
    let face = Face::new(24, 1);
    for (driver_mask, generated_mask) in [(false, false), (true, false), (false, true), (true, true)] {
        let settings = BlendSettings { driver_mask, generated_mask, ..plain() };
        let mut out = vec![9.0; 24 * 24];
        mask(&face.generated(), &[], &settings, &mut out);
        for n in 0..24 * 24 {
            let expected = if driver_mask { face.driver_mask[n] } else { 1.0 }
                * if generated_mask { face.face_mask[n] } else { 1.0 };
            assert_eq!(out[n], expected);
        }
    }
}

#[test]
fn a_face_that_was_drawn_elsewhere_is_put_where_it_belongs() {
    let side = 40;
    let mut face = Face::new(side, 2);
    // One bright pixel, drawn at (26, 13), belongs at (20, 20): six pixels to the right and seven up.
    face.face.fill(0.0);
    let drawn = 13 * side + 26;
    face.face[3 * drawn..3 * drawn + 3].fill(1.0);
    let shift = |px: f32| px / side as f32;
    let registration = Similarity { tx: shift(6.0), ty: shift(-7.0), ..Similarity::IDENTITY };
    let settings = BlendSettings { registration, ..plain() };
    let (mut placed, mut ignored) = (vec![0.0; side * side * 3], vec![1.0; side * side]);
    place(&face.generated(), &settings, &mut placed, &mut ignored);
    let brightest = (0..side * side).max_by(|&a, &b| placed[3 * a].total_cmp(&placed[3 * b])).unwrap();
    assert_eq!((brightest % side, brightest / side), (20, 20));
    assert!(placed[3 * brightest] > 0.99, "{}", placed[3 * brightest]);
}

#[test]
fn the_generated_face_and_its_mask_move_together() {
    let side = 30;
    let face = Face::new(side, 2);
    let settings =
        BlendSettings { generated_mask: true, face_scale: 0.8, face_x_offset: 0.11, face_y_offset: -0.23, ..plain() };
    let (mut weights, mut placed) = (vec![1.0; side * side], vec![0.0; side * side * 3]);
    mask(&face.generated(), &[], &settings, &mut weights);
    let mut ignored = weights.clone();
    place(&face.generated(), &settings, &mut placed, &mut ignored);
    let mut outside = 0;
    for j in 0..side {
        for i in 0..side {
            let back = |v: usize, offset: f64| ((v as f64 + 0.5) / side as f64 - 0.5 - offset) / 0.8 + 0.5;
            let (x, y) = (back(i, 0.11), back(j, -0.23));
            let at = |picture: &[f32], channels: usize, c: usize| {
                bilinear(side, side, x * side as f64 - 0.5, y * side as f64 - 0.5, |i, j| {
                    f64::from(picture[(j * side + i) * channels + c])
                })
            };
            let within = (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y);
            outside += usize::from(!within);
            let expected = if within { at(&face.face_mask, 1, 0) } else { 0.0 };
            assert!((f64::from(weights[j * side + i]) - expected).abs() < 1e-4);
            for c in 0..3 {
                let apart = f64::from(placed[(j * side + i) * 3 + c]) - at(&face.face, 3, c);
                assert!(apart.abs() < 1e-4);
            }
        }
    }
    assert!(outside > 50);
}

#[test]
fn the_hull_keeps_what_lies_to_the_right_of_all_its_edges() {
    let side = 40;
    let face = Face::new(side, 3);
    let hull =
        [(0.5, 0.1), (0.83, 0.3), (0.9, 0.7), (0.55, 0.95), (0.2, 0.8), (0.12, 0.31)].map(|(x, y)| Point::new(x, y));
    let settings = BlendSettings { hull_mask: true, ..plain() };
    let mut out = vec![0.0; side * side];
    mask(&face.generated(), &hull, &settings, &mut out);
    for j in 0..side {
        for i in 0..side {
            let (x, y) = ((i as f64 + 0.5) / side as f64, (j as f64 + 0.5) / side as f64);
            let least = (0..hull.len())
                .map(|n| {
                    let (a, b) = (hull[n], hull[(n + 1) % hull.len()]);
                    let (dx, dy) = (f64::from(b.x) - f64::from(a.x), f64::from(b.y) - f64::from(a.y));
                    dx * (y - f64::from(a.y)) - dy * (x - f64::from(a.x))
                })
                .fold(f64::INFINITY, f64::min);
            if least.abs() > 1e-6 {
                assert_eq!(out[j * side + i], f32::from(u8::from(least > 0.0)), "({i}, {j})");
            }
        }
    }
    let inside = out.iter().sum::<f32>() / (side * side) as f32;
    assert!((0.4..0.6).contains(&inside), "{inside}");
    mask(&face.generated(), &hull[..2], &settings, &mut out);
    assert!(out.iter().all(|&m| m == 1.0), "two corners are no hull");
}

#[test]
fn not_a_number_becomes_no_mask() {
    let mut face = Face::new(8, 4);
    face.driver_mask.fill(1.0);
    face.driver_mask[3] = f32::NAN;
    face.driver_mask[4] = f32::INFINITY;
    face.face_mask.fill(1.0);
    face.face[3 * 9] = f32::NAN;
    face.face[3 * 10] = f32::INFINITY;
    let mut out = vec![0.0; 64];
    mask(&face.generated(), &[], &BlendSettings::default(), &mut out);
    let mut placed = vec![0.0; 64 * 3];
    place(&face.generated(), &BlendSettings::default(), &mut placed, &mut out);
    assert_eq!((out[3], out[4], out[9], out[10]), (0.0, 1.0, 0.0, 1.0));
    assert_eq!(placed[27..30], face.driver[27..30]);
    assert_eq!(placed[30], 1.0);
}

#[test]
fn bounds_hold_every_value_above_zero() {
    let mut values = vec![0.0; 100];
    assert!(bounds(&values, 10).is_empty());
    (values[23], values[68]) = (0.1, 0.2);
    assert_eq!(bounds(&values, 10), Region { x0: 3, y0: 2, x1: 9, y1: 7 });
}

#[test]
fn erosion_is_the_extreme_of_a_square() {
    for side in [1, 2, 7, 19, 32] {
        let mut noise = Noise::new(side as u32);
        let before: Vec<f32> = (0..side * side).map(|_| noise.unit()).collect();
        for radius in [-30i32, -7, -2, -1, 0, 1, 2, 3, 4, 5, 8, 15, 16, 40] {
            let mut after = before.clone();
            erode(&mut after, side, radius, 0, &mut Vec::new());
            for n in 0..side * side {
                let near = |a: usize, b: usize| a.abs_diff(b) <= radius.unsigned_abs() as usize;
                let square = (0..side * side).filter(|m| near(m % side, n % side) && near(m / side, n / side));
                let values = square.map(|m| before[m]);
                let expected =
                    if radius < 0 { values.fold(0.0, f32::max) } else { values.fold(f32::INFINITY, f32::min) };
                assert_eq!(after[n], expected, "side {side} radius {radius} at {n}");
            }
        }
    }
}

#[test]
fn the_ring_is_zero_and_nothing_else() {
    for border in [0, 1, 3, 5, 9] {
        let mut values = vec![1.0; 81];
        erode(&mut values, 9, 0, border, &mut Vec::new());
        for (n, v) in values.iter().enumerate() {
            let (x, y) = (n % 9, n / 9);
            let ring = x.min(y).min(8 - x).min(8 - y) < border;
            assert_eq!(*v, f32::from(u8::from(!ring)));
        }
    }
}

#[test]
fn feathering_is_a_gaussian_with_nothing_outside() {
    let (mut kept, mut dropped) = (0, 0);
    for (side, blur) in [(17, 60.0), (32, 40.0), (45, 11.0), (16, 0.0)] {
        let filters = Filters::new(&BlendSettings { blur, ..BlendSettings::default() }, side);
        let mut noise = Noise::new(9);
        let before: Vec<f32> = (0..side * side).map(|_| noise.unit() * 0.01).collect();
        let mut after = before.clone();
        feather(&mut after, side, &filters, &mut FeatherBuffers::default());
        let (radius, sigma) = (filters.radius as i64, f64::from(filters.sigma).max(1e-9));
        let weight = |d: i64| (-0.5 * (d as f64 / sigma).powi(2)).exp();
        let total: f64 = (-radius..=radius).map(weight).sum();
        for n in 0..side * side {
            let (x, y) = ((n % side) as i64, (n / side) as i64);
            let mut expected = 0.0;
            for (m, value) in before.iter().enumerate() {
                let (dx, dy) = ((m % side) as i64 - x, (m / side) as i64 - y);
                if dx.abs() <= radius && dy.abs() <= radius {
                    expected += f64::from(*value) * weight(dx) * weight(dy) / (total * total);
                }
            }
            if (expected - 1.0 / 255.0).abs() > 1e-6 {
                let floored = if expected < 1.0 / 255.0 { 0.0 } else { expected };
                assert!((f64::from(after[n]) - floored).abs() < 1e-6, "side {side} blur {blur} at {n}");
                *if floored > 0.0 { &mut kept } else { &mut dropped } += 1;
            }
        }
    }
    assert!(kept > 50 && dropped > 50, "both sides of the floor are tested: {kept} {dropped}");
}

fn exact_lab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let linear = |v: f64| if v > 0.04045 { ((v + 0.055) / 1.055).powf(2.4) } else { v / 12.92 };
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let xyz = [
        (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883,
    ];
    let [x, y, z] = xyz.map(|t| if t > 216.0 / 24389.0 { t.cbrt() } else { t * 841.0 / 108.0 + 4.0 / 29.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn lab_is_near_the_exact_one_and_comes_back() {
    let (mut apart, mut back) = (0f64, 0f32);
    // Every code of grey, and a net over all colours.
    let greys = (0..256).map(|v| [v; 3]);
    let net = (0..52 * 52 * 52).map(|n| [n % 52 * 5, n / 52 % 52 * 5, n / 2704 * 5]);
    for code in greys.chain(net) {
        let rgb = code.map(|v| v as f32 / 255.0);
        let lab = to_lab(rgb);
        for (got, exact) in lab.iter().zip(exact_lab(rgb.map(f64::from))) {
            apart = apart.max((f64::from(*got) - exact).abs());
        }
        for (a, b) in to_rgb(lab).iter().zip(rgb) {
            back = back.max((a - b).abs());
        }
    }
    assert!(apart <= 0.05, "Lab is off by {apart}");
    assert!(back <= 0.5 / 255.0, "there and back is off by {} codes", back * 255.0);
}

#[test]
fn colours_that_no_screen_shows_are_clamped() {
    for lab in [[150.0, 300.0, -300.0], [-50.0, -200.0, 200.0], [50.0, 1e6, 1e6]] {
        assert!(to_rgb(lab).iter().all(|v| (0.0..=1.0).contains(v)), "{lab:?}");
    }
}

#[test]
fn statistics_are_weighted() {
    let side = 37;
    let mut noise = Noise::new(11);
    let mut lab = Planes::default();
    // A large mean with little spread, which one-pass sums would lose.
    for (c, plane) in lab.channels.iter_mut().enumerate() {
        *plane = (0..side * side).map(|_| 90.0 - 60.0 * c as f32 + 0.05 * noise.unit()).collect();
    }
    let mut weights: Vec<f32> = (0..side * side).map(|_| noise.unit()).collect();
    for n in 0..side * side {
        if n % side < 5 {
            weights[n] = 0.0;
            lab.channels[1][n] = 1e6;
        }
    }
    let found = statistics(&lab, &weights, side, &whole(side)).unwrap();
    let total: f64 = weights.iter().map(|&w| f64::from(w)).sum();
    for c in 0..3 {
        let pairs = || lab.channels[c].iter().zip(&weights).map(|(&v, &w)| (f64::from(v), f64::from(w)));
        let mean = pairs().map(|(v, w)| v * w).sum::<f64>() / total;
        let deviation = (pairs().map(|(v, w)| w * (v - mean).powi(2)).sum::<f64>() / total).sqrt();
        assert!((f64::from(found.mean[c]) - mean).abs() < 1e-4, "{found:?} {mean}");
        assert!((f64::from(found.deviation[c]) / deviation - 1.0).abs() < 1e-3, "{found:?} {deviation}");
    }
}

#[test]
fn too_little_mask_has_no_statistics() {
    let mut lab = Planes::default();
    lab.channels.iter_mut().for_each(|plane| plane.resize(100, 5.0));
    let mut weights = vec![0.0; 100];
    weights[..15].fill(1.0);
    assert_eq!(statistics(&lab, &weights, 10, &whole(10)), None);
    weights[15] = 1.0;
    assert_eq!(
        statistics(&lab, &weights, 10, &whole(10)),
        Some(ColourStatistics { mean: [5.0; 3], deviation: [0.0; 3] })
    );
}

#[test]
fn skin_is_what_both_pictures_show_in_the_same_light() {
    let side = 8;
    // Luminance of driver and face over 0.2, and how far it counts; the other pixels hold both means there.
    let cases = [
        (1.0, 1.0, 1.0),
        (0.6, 0.8, 1.0),
        (0.1, 0.1, 0.0),
        (0.325, 0.325, 0.5),
        (1.0, 0.3, 0.0),
        (0.4, 1.0, 0.0),
        (2.25, 2.25, 0.5),
        (3.0, 3.0, 0.0),
    ];
    for space in [Space::Linear, Space::Lab] {
        for (of_driver, of_face, expected) in cases {
            let grey = |first: f64| {
                let rest = 0.2 * (64.0 - first) / 63.0;
                let encode = |v: f64| if v > 0.0031308 { 1.055 * v.powf(1.0 / 2.4) - 0.055 } else { 12.92 * v };
                let mut picture = vec![encode(rest) as f32; side * side * 3];
                picture[..3].fill(encode(0.2 * first) as f32);
                let mut planes = Planes::default();
                planes.fill(space, &picture, side, &whole(side));
                planes
            };
            let mut weights = vec![9.0; 3];
            let mask = vec![0.5; side * side];
            skin(&grey(of_driver), &grey(of_face), &mask, side, &whole(side), &mut weights);
            assert!((weights[0] - 0.5 * expected).abs() < 0.02, "{space:?} {of_driver} {of_face}: {}", weights[0]);
            assert_eq!(weights.len(), side * side);
            assert!((weights[1] - 0.5).abs() < 1e-6);
        }
    }
}

#[test]
fn the_lab_line_gives_the_driver_s_statistics_within_bounds() {
    let generated = ColourStatistics { mean: [40.0, 3.0, -7.0], deviation: [10.0, 0.0, 2.0] };
    let driver = ColourStatistics { mean: [60.0, 12.0, 9.0], deviation: [5.0, 3.0, 200.0] };
    let line = LabLine::new(&generated, &driver);
    assert_eq!(line.ratio, [0.5, 4.0, 4.0]);
    let near = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(near(line.apply(generated.mean), driver.mean));
    // Above the mean, a step is as many of the driver's deviations as it was of the face's own.
    assert!(near(line.apply([50.0, 3.0, -7.0]), [65.0, 12.0, 9.0]));
    // Below it, lightness has the ratio of the means, and black is black.
    assert!((line.apply([20.0, 0.0, 0.0])[0] - 30.0).abs() < 1e-4);
    assert_eq!(line.apply([0.0; 3]), [0.0; 3]);
}

#[test]
fn gains_are_the_ratio_of_the_means_in_bounds_and_half_of_the_way_its_root() {
    let of = |mean| ColourStatistics { mean, deviation: [0.1; 3] };
    let colours = Colours { space: Space::Linear, driver: of([0.32, 0.01, 0.9]), face: of([0.2, 0.2, 0.1]) };
    let gains = |wanted| match Transfer::new(wanted, &colours) {
        Some(Transfer::Gain(gains)) => gains,
        other => panic!("{other:?}"),
    };
    let near = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near(gains(ColorTransfer::Gain), [1.6, 0.25, 4.0]));
    assert!(near(gains(ColorTransfer::SoftGain), [1.6f32.sqrt(), 0.5, 2.0]));
    assert_eq!(Transfer::new(ColorTransfer::None, &colours), None);
    let black = Colours { face: of([0.0; 3]), ..colours };
    assert!(matches!(Transfer::new(ColorTransfer::Gain, &black), Some(Transfer::Gain(g)) if g == [4.0; 3]));
}

#[test]
fn colours_are_mixed_with_earlier_ones_of_the_same_space() {
    let of = |mean: f32| ColourStatistics { mean: [mean; 3], deviation: [2.0 * mean; 3] };
    let colours = |space, mean: f32| Colours { space, driver: of(mean), face: of(3.0 * mean) };
    let (own, before) = (colours(Space::Linear, 1.0), colours(Space::Linear, 2.0));
    let earlier = Earlier { colours: before, share: 0.25 };
    let steadied = |own, earlier: Option<Earlier>| Colours::steadied(own, earlier.as_ref(), Space::Linear);
    assert_eq!(steadied(Some(own), Some(earlier)), Some(colours(Space::Linear, 1.25)));
    assert_eq!(steadied(Some(own), None), Some(own));
    assert_eq!(steadied(None, Some(earlier)), Some(before));
    assert_eq!(steadied(None, None), None);
    let other = Earlier { colours: colours(Space::Lab, 2.0), share: 0.25 };
    assert_eq!(steadied(Some(own), Some(other)), Some(own));
    assert_eq!(steadied(None, Some(Earlier { share: 0.0, ..earlier })), None);
}

#[test]
fn the_layer_has_the_colours_gamma_and_the_mask() {
    let side = 12;
    let face = Face::new(side, 21);
    let gamma = [0.5, 1.0, 2.0];
    let mut layer = vec![[0.0; 4]; side * side];
    transfer(&face.face, None, &face.face_mask, gamma, &whole(side), side, &mut layer);
    for (n, pixel) in layer.iter().enumerate() {
        for c in 0..3 {
            let expected = f64::from(face.face[n * 3 + 2 - c]).powf(1.0 / f64::from(gamma[c]));
            assert!((f64::from(pixel[c]) - expected).abs() < 1e-5);
        }
        assert_eq!(pixel[3], face.face_mask[n]);
    }
    let mut planes = Planes::default();
    planes.fill(Space::Lab, &face.face, side, &whole(side));
    let line = LabLine { ratio: [0.8, 1.1, 0.9], shift: [4.0, -3.0, 2.0], knee: 50.0 };
    let matched = Some((&planes, Transfer::Lab(line)));
    transfer(&face.face, matched, &face.face_mask, [1.0; 3], &whole(side), side, &mut layer);
    let mut tested = [0; 2];
    for (n, pixel) in layer.iter().enumerate() {
        let rgb = [pixel[0], pixel[1], pixel[2]];
        if rgb.iter().all(|v| (0.01..0.99).contains(v)) {
            let source = exact_lab([2, 1, 0].map(|c: usize| f64::from(face.face[n * 3 + c])));
            let lab = exact_lab(rgb.map(f64::from));
            for c in 0..3 {
                let shift = f64::from(line.shift[c]) * (source[0] / 50.0).min(1.0);
                let expected = source[c] * f64::from(line.ratio[c]) + shift;
                assert!((lab[c] - expected).abs() < 0.1, "{lab:?} {expected}");
            }
            tested[usize::from(source[0] < 50.0)] += 1;
        }
    }
    assert!(tested.iter().all(|&count| count > side * side / 10), "both sides of the knee: {tested:?}");
    planes.fill(Space::Linear, &face.face, side, &whole(side));
    let matched = Some((&planes, Transfer::Gain([0.5, 1.0, 1.8])));
    transfer(&face.face, matched, &face.face_mask, [1.0; 3], &whole(side), side, &mut layer);
    for (n, pixel) in layer.iter().enumerate() {
        for (c, gain) in [0.5, 1.0, 1.8].into_iter().enumerate() {
            let v = f64::from(face.face[n * 3 + 2 - c]);
            let light = gain * if v > 0.04045 { ((v + 0.055) / 1.055).powf(2.4) } else { v / 12.92 };
            let light = light.min(1.0);
            let expected = if light > 0.0031308 { 1.055 * light.powf(1.0 / 2.4) - 0.055 } else { 12.92 * light };
            assert!((f64::from(pixel[c]) - expected).abs() < 0.5 / 255.0, "{v} became {} for {expected}", pixel[c]);
        }
        assert_eq!(pixel[3], face.face_mask[n]);
    }
}

#[test]
fn sharpening_adds_what_a_blur_takes() {
    let side = 15;
    let face = Face::new(side, 31);
    let mut sharp = face.face.clone();
    sharpen(&mut sharp, side, 0.7, &mut Vec::new());
    let kernel = [1.0, 4.0, 6.0, 4.0, 1.0].map(|v| v / 16.0);
    for n in 0..side * side * 3 {
        let (c, x, y) = (n % 3, n / 3 % side, n / 3 / side);
        let mut blurred = 0.0;
        for (b, v) in kernel.iter().enumerate() {
            for (a, u) in kernel.iter().enumerate() {
                let near = |at: usize, step: usize| (at + step).saturating_sub(2).min(side - 1);
                blurred += u * v * f64::from(face.face[(near(y, b) * side + near(x, a)) * 3 + c]);
            }
        }
        let value = f64::from(face.face[n]);
        let expected = (value + 0.7 * (value - blurred)).clamp(0.0, 1.0);
        assert!((f64::from(sharp[n]) - expected).abs() < 1e-5);
    }
}

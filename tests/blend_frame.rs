//! The whole blend in the frame: right inside, nothing outside.
#![allow(missing_docs, clippy::unwrap_used, clippy::needless_range_loop)]

mod blend_support;

use blend_support::*;
use proptest::prelude::*;
use standin::blend::composite::{Codes, composite};
use standin::blend::mask::bounds;
use standin::blend::{BlendRequest, BlendSettings, Blender, ColorTransfer, CpuBlender};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Similarity};

const TRANSFERS: [ColorTransfer; 4] =
    [ColorTransfer::None, ColorTransfer::SoftGain, ColorTransfer::Gain, ColorTransfer::Lab];

fn blend(frame: &mut OwnedFrame, place: &Similarity, face: &Face, settings: &BlendSettings) {
    let mut target = frame.frame_mut().unwrap();
    CpuBlender::default().composite(&mut target, &face.generated(), &BlendRequest::new(place, settings)).unwrap();
}

/// m of every frame pixel and the sampled layer, by the contract's sentence.
fn sampled(layer: &[[f32; 4]], side: usize, place: &Similarity, x: usize, y: usize) -> [f64; 4] {
    let [a, b, tx, ty] = [place.a, place.b, place.tx, place.ty].map(f64::from);
    let (px, py) = (x as f64 + 0.5, y as f64 + 0.5);
    let (u, v) = (a * px - b * py + tx, b * px + a * py + ty);
    if !((0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v)) {
        return [0.0; 4];
    }
    [0, 1, 2, 3].map(|c| {
        bilinear(side, side, u * side as f64 - 0.5, v * side as f64 - 0.5, |i, j| f64::from(layer[j * side + i][c]))
    })
}

/// `before` with the layer composited in f64.
fn reference(before: &OwnedFrame, layer: &[[f32; 4]], side: usize, place: &Similarity, opacity: f64) -> OwnedFrame {
    let layout = *before.layout();
    let mut after = before.clone();
    for y in 0..layout.height {
        for x in 0..layout.width {
            for c in 0..3 {
                let (sx, sy) = if c == 0 { (1, 1) } else { shared(layout.format) };
                let frame = f64::from(code(before, c, x, y));
                let (mut sum, mut count) = (0.0, 0.0);
                for py in y / sy * sy..(y / sy * sy + sy).min(layout.height) {
                    for px in x / sx * sx..(x / sx * sx + sx).min(layout.width) {
                        let [r, g, b, m] = sampled(layer, side, place, px, py);
                        sum += m * opacity * (to_codes(&layout, [r, g, b])[c] - frame);
                        count += 1.0;
                    }
                }
                set_code(&mut after, c, x, y, (frame + sum / count).round() as u16);
            }
        }
    }
    after
}

fn layer_of(face: &Face) -> Vec<[f32; 4]> {
    face.face.chunks(3).zip(&face.face_mask).map(|(c, &m)| [c[2], c[1], c[0], m]).collect()
}

#[test]
fn compositing_follows_the_contract_in_every_format() {
    let side = 21;
    for format in PixelFormat::ALL {
        for (matrix, range) in
            [(Matrix::Bt601, Range::Full), (Matrix::Bt709, Range::Limited), (Matrix::Bt2020, Range::Limited)]
        {
            for (width, height) in [(63, 47), (64, 48), (1, 1), (3, 2)] {
                let mut face = Face::new(side, 5);
                // Some of the masks reach the crop's edge.
                if width == 64 {
                    face.face_mask.fill(1.0);
                }
                let layer = layer_of(&face);
                let before = noise(Layout { matrix, range, ..layout(format, width, height) }, 5);
                for (extent, angle) in [(40.0, 0.3), (90.0, -2.0), (9.0, 0.0)] {
                    let place = to_crop(Point::new(width as f32 * 0.45, height as f32 * 0.55), extent, angle);
                    let mut after = before.clone();
                    let ways = (&place, &place.inverse().unwrap());
                    let covered = bounds(&face.face_mask, side);
                    let mut target = after.frame_mut().unwrap();
                    composite(&mut target, ways, &layer, side, &covered, 0.8, &mut Codes::default());
                    let expected = reference(&before, &layer, side, &place, 0.8);
                    assert_near(&after, &expected, 1);
                    assert!(width < 9 || after.bytes(0) != before.bytes(0), "something is blended");
                }
            }
        }
    }
}

/// Every code within `most`, and hardly one that differs at all: only where rounding falls the other way.
fn assert_near(after: &OwnedFrame, expected: &OwnedFrame, most: u16) {
    let (mut differ, mut count) = (0, 0);
    for (c, x, y) in places(after) {
        let (a, b) = (code(after, c, x, y), code(expected, c, x, y));
        assert!(a.abs_diff(b) <= most, "{:?}: {a} for {b}", after.layout());
        differ += usize::from(a != b);
        count += 1;
    }
    assert!(differ * 200 <= count + 400, "{:?}: {differ} of {count} codes differ", after.layout());
}

#[test]
fn outside_of_the_crop_every_bit_stays() {
    let face = Face::new(16, 8);
    for format in PixelFormat::ALL {
        for (width, height) in [(41, 33), (40, 32), (5, 7), (1, 1)] {
            for padding in [0, 9] {
                let before = noise(layout(format, width, height), padding);
                let mut after = before.clone();
                let place = to_crop(Point::new(width as f32 / 2.0, height as f32 / 3.0), width as f32 * 0.5, 0.7);
                blend(&mut after, &place, &face, &plain());
                assert_untouched_outside(&before, &after, &place);
            }
        }
    }
}

#[test]
fn no_opacity_and_no_mask_change_no_bit() {
    let mut face = Face::new(16, 8);
    let place = to_crop(Point::new(20.0, 16.0), 30.0, 0.2);
    for format in PixelFormat::ALL {
        let before = noise(layout(format, 41, 33), 4);
        let mut after = before.clone();
        for opacity in [0.0, f32::NAN, -1.0] {
            blend(&mut after, &place, &face, &BlendSettings { opacity, ..plain() });
        }
        face.driver_mask.fill(0.0);
        blend(&mut after, &place, &face, &BlendSettings::default());
        for plane in 0..3 {
            assert_eq!(before.bytes(plane), after.bytes(plane), "{format:?}");
        }
    }
}

#[test]
fn the_driver_blended_onto_itself_changes_next_to_nothing() {
    let side = 64;
    for format in PixelFormat::ALL {
        for color_transfer in TRANSFERS {
            let mut before = OwnedFrame::new(layout(format, 99, 81));
            paint(&mut before, smooth);
            let place = to_crop(Point::new(50.0, 40.0), 64.0, 0.0);
            let mut face = Face::new(side, 1);
            CpuBlender::default().crop(&view(&before), &place, side, &mut face.driver).unwrap();
            face.face = face.driver.clone();
            let mut after = before.clone();
            blend(&mut after, &place, &face, &BlendSettings { color_transfer, ..plain() });
            for (c, x, y) in places(&before) {
                let (a, b) = (code(&before, c, x, y), code(&after, c, x, y));
                assert!(a.abs_diff(b) <= 2 * unit(format), "{format:?}: {a} became {b}");
            }
        }
    }
}

/// Mean red, green, blue (0..1) in the middle of a frame, where a face of so much light was blended over a driver of so
/// much: blue, green, red, encoded, each with a little noise.
fn middle(driver: [f32; 3], generated: [f32; 3], color_transfer: ColorTransfer) -> [f64; 3] {
    let side = 48;
    let mut face = Face::new(side, 3);
    face.driver.iter_mut().enumerate().for_each(|(n, v)| *v = driver[n % 3] + *v * 0.1);
    face.face.iter_mut().enumerate().for_each(|(n, v)| *v = generated[n % 3] + *v * 0.1);
    let mut after = OwnedFrame::new(layout(PixelFormat::Rgba, 60, 60));
    let place = to_crop(Point::new(30.0, 30.0), 48.0, 0.0);
    let settings = BlendSettings { color_transfer, erode: 0.0, blur: 0.0, ..BlendSettings::default() };
    blend(&mut after, &place, &face, &settings);
    let mut sums = [0.0; 3];
    for y in 24..36 {
        for x in 24..36 {
            for (c, sum) in sums.iter_mut().enumerate() {
                *sum += f64::from(code(&after, c, x, y)) / 144.0 / 255.0;
            }
        }
    }
    sums
}

fn near(found: [f64; 3], expected: [f64; 3]) -> bool {
    found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 6.0 / 255.0)
}

#[test]
fn the_transferred_face_has_the_driver_s_colours() {
    // A red face on a blue driver must not stay red.
    let (driver, generated) = ([0.6, 0.4, 0.3], [0.2, 0.3, 0.7]);
    let without = middle(driver, generated, ColorTransfer::None);
    assert!(without[0] > without[2] + 80.0 / 255.0, "{without:?}");
    let with = middle(driver, generated, ColorTransfer::Lab);
    assert!(near(with, [0.35, 0.45, 0.65]), "{with:?}");
    // A gain does as much within its bounds.
    let generated = [0.4, 0.3, 0.5];
    let with = middle(driver, generated, ColorTransfer::Gain);
    assert!(near(with, [0.35, 0.45, 0.65]), "{with:?}");
    // And half of it comes to the geometric mean of their light.
    let half = middle(driver, generated, ColorTransfer::SoftGain);
    let light = |v: f64| ((v + 0.055) / 1.055).powf(2.4);
    let shown = |v: f64| 1.055 * v.powf(1.0 / 2.4) - 0.055;
    let between = |a: f64, b: f64| shown((light(a) * light(b)).sqrt());
    assert!(near(half, [between(0.35, 0.55), between(0.45, 0.35), between(0.65, 0.45)]), "{half:?}");
    assert!(!near(half, with) && !near(half, middle(driver, generated, ColorTransfer::None)));
}

#[test]
fn black_stays_black() {
    let side = 64;
    let place = to_crop(Point::new(32.0, 32.0), 64.0, 0.0);
    for color_transfer in TRANSFERS {
        let mut face = Face::new(side, 3);
        // Bright, reddish skin on a driver with bluish skin, so that every transfer has much to do; a black mouth.
        let mouth = |n: usize| (24..40).contains(&(n % side)) && (36..44).contains(&(n / side));
        for n in 0..side * side {
            for c in 0..3 {
                face.driver[3 * n + c] = [0.8, 0.6, 0.6][c] + 0.1 * face.driver[3 * n + c];
                face.face[3 * n + c] = if mouth(n) { 0.0 } else { [0.3, 0.35, 0.5][c] + 0.1 * face.face[3 * n + c] };
            }
        }
        let mut after = OwnedFrame::new(layout(PixelFormat::Rgba, side, side));
        after.bytes_mut(0).fill(90);
        blend(&mut after, &place, &face, &BlendSettings { color_transfer, ..plain() });
        for n in (0..side * side).filter(|&n| mouth(n)) {
            let pixel = &after.bytes(0)[n * 4..n * 4 + 3];
            assert!(pixel.iter().all(|&v| v <= 1), "{color_transfer:?}: black became {pixel:?}");
        }
        let skin = after.bytes(0)[(16 * side + 32) * 4 + 2];
        assert!((skin > 110) == (color_transfer != ColorTransfer::None), "{color_transfer:?} does something: {skin}");
    }
}

#[test]
fn what_is_not_skin_does_not_change_the_colours() {
    let side = 64;
    let to = to_crop(Point::new(32.0, 32.0), 64.0, 0.0);
    let measured = |settings: &BlendSettings, change: &dyn Fn(&mut Face)| {
        let mut face = Face::new(side, 3);
        face.driver.iter_mut().enumerate().for_each(|(n, v)| *v = [0.45, 0.5, 0.6][n % 3] + *v * 0.1);
        face.face.iter_mut().enumerate().for_each(|(n, v)| *v = [0.35, 0.4, 0.55][n % 3] + *v * 0.1);
        change(&mut face);
        let mut frame = OwnedFrame::new(layout(PixelFormat::Rgba, side, side));
        let mut view = frame.frame_mut().unwrap();
        let request = BlendRequest::new(&to, settings);
        CpuBlender::default().composite(&mut view, &face.generated(), &request).unwrap().measured.unwrap()
    };
    for color_transfer in [ColorTransfer::Gain, ColorTransfer::Lab] {
        let settings = BlendSettings { color_transfer, ..plain() };
        let bare = measured(&settings, &|_| ());
        let rows =
            |picture: &mut [f32], from: usize, to: usize, v: f32| picture[from * side * 3..to * side * 3].fill(v);
        let changes: [&dyn Fn(&mut Face); 4] = [
            &|face| rows(&mut face.driver, 0, 13, 0.05),
            &|face| rows(&mut face.face, 40, 50, 0.0),
            &|face| rows(&mut face.driver, 20, 24, 1.0),
            &|face| (rows(&mut face.driver, 0, 9, 0.0), rows(&mut face.face, 0, 9, 0.0)).0,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let found = measured(&settings, change);
            for c in 0..3 {
                for (a, b) in [(found.driver, bare.driver), (found.face, bare.face)] {
                    let (scale, apart) = (bare.driver.mean[0], (a.mean[c] - b.mean[c]).abs());
                    assert!(apart < 0.01 * scale, "{color_transfer:?}, change {n}: {found:?} for {bare:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_number_does_not_reach_the_frame() {
    let place = to_crop(Point::new(20.0, 16.0), 30.0, 0.2);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut before = OwnedFrame::new(layout(PixelFormat::I420, 41, 33));
        paint(&mut before, smooth);
        let mut after = before.clone();
        let mut face = Face::new(16, 8);
        face.face_mask.fill(f32::NAN);
        blend(&mut after, &place, &face, &BlendSettings::default());
        assert_eq!(before.bytes(0), after.bytes(0));
        face = Face::new(16, 8);
        face.face.fill(bad);
        blend(&mut after, &place, &face, &BlendSettings { sharpen: 1.0, ..BlendSettings::default() });
        assert!(bad.is_infinite() || before.bytes(0) == after.bytes(0));
        for plane in 0..3 {
            let wrapped = after.bytes(plane).iter().find(|v| !(16..=240).contains(*v));
            assert_eq!(wrapped, None, "{bad} left the limited range");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_place_leaves_the_rest_alone(
        format in prop::sample::select(PixelFormat::ALL.to_vec()),
        (width, height) in (1usize..50, 1usize..50),
        (x, y) in (-80.0f32..120.0, -80.0f32..120.0),
        extent in prop::sample::select(vec![1e-30f32, 1e-3, 0.3, 1.0, 7.7, 33.0, 400.0, 1e6, 1e15, 1e30]),
        angle in -4.0f32..4.0,
        scale in 0.5f32..1.5,
    ) {
        let face = Face::new(11, 4);
        let place = to_crop(Point::new(x, y), extent, angle);
        let before = noise(layout(format, width, height), 3);
        let mut after = before.clone();
        let mut crop = vec![f32::NAN; 11 * 11 * 3];
        CpuBlender::default().crop(&view(&before), &place, 11, &mut crop).unwrap();
        prop_assert!(crop.iter().all(|v| (0.0..=1.0).contains(v)));
        blend(&mut after, &place, &face, &BlendSettings { face_scale: scale, blur: 8.0, ..plain() });
        assert_untouched_outside(&before, &after, &place);
    }
}

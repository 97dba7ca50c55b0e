//! Colour transfers against the counterfactual truth: a decoder that draws the very face that belongs there, in the
//! right light and in wrong ones, is blended into the driver's frame and compared with the frame that is right.
//! Bounds are what was measured, with a margin.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod common;

use common::{Clip, Truth};
use standin::blend::linear::{encoded, linear};
use standin::blend::{BlendRequest, BlendSettings, Blender, ColorTransfer, CpuBlender};
use standin::face::{CropSettings, Face, FaceType};
use standin::frame::VideoBuffer;
use standin::geometry::{Point, Rect, Similarity};
use standin::media::GreyClip;
use standin::swap::Generated;

/// Side of the crop.
const SIDE: usize = 160;
/// Every so many frames one is looked at.
const STEP: usize = 15;
/// Classes of the masks that are face.
const FACE: [u8; 6] = [1, 2, 3, 4, 5, 11];

const TRANSFERS: [ColorTransfer; 4] =
    [ColorTransfer::None, ColorTransfer::SoftGain, ColorTransfer::Gain, ColorTransfer::Lab];

/// What a decoder gets wrong: a factor of linear light for blue, green, red.
const LIGHTS: [(&str, [f32; 3]); 5] = [
    ("right", [1.0; 3]),
    ("dark", [0.5; 3]),
    ("bright", [1.6; 3]),
    ("warm", [0.65, 1.0, 1.3]),
    ("cool", [1.4, 1.0, 0.75]),
];

/// Sums of one transfer in one light.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    frames: f64,
    psnr: f64,
    /// Pixels that are all but black (pupils, lashes, the mouth's inside), and how many codes bluer the transfer makes
    /// them.
    dark: f64,
    blue: f64,
}

/// A crop of a frame: blue, green, red.
fn crop(frame: &impl VideoBuffer, to_crop: &Similarity) -> Vec<f32> {
    let mut crop = vec![0.0; SIDE * SIDE * 3];
    CpuBlender::default().crop(&frame.frame().unwrap(), to_crop, SIDE, &mut crop).unwrap();
    crop
}

/// The classes of the crop's pixels.
fn classes(mask: &image::GrayImage, to_frame: &Similarity) -> Vec<u8> {
    let centre = |v: usize| (v as f32 + 0.5) / SIDE as f32;
    let of = |n: usize| {
        let p = to_frame.apply(Point::new(centre(n % SIDE), centre(n / SIDE)));
        let inside = p.x >= 0.0 && p.y >= 0.0 && p.x < mask.width() as f32 && p.y < mask.height() as f32;
        if inside { mask.get_pixel(p.x as u32, p.y as u32).0[0] } else { 0 }
    };
    (0..SIDE * SIDE).map(of).collect()
}

/// Whether all pixels as near as `reach` are face.
fn deep(face: &[f32], n: usize, reach: usize) -> bool {
    let (x, y) = (n % SIDE, n / SIDE);
    let near = |v: usize| v.saturating_sub(reach)..(v + reach + 1).min(SIDE);
    near(y).all(|y| near(x).all(|x| face[y * SIDE + x] > 0.0))
}

/// By light and transfer; `None` where a clip is missing.
fn measure(driver: &str, truth: &str) -> Option<Vec<[Sums; 4]>> {
    let clips: (Clip, Clip) = (common::clip(&format!("{driver}.mp4"))?, common::clip(&format!("{truth}.mp4"))?);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/media/{truth}_mask.mkv"));
    let masks = GreyClip::open(&path.canonicalize().unwrap()).unwrap();
    let known = Truth::of(driver);
    let settings = CropSettings { face_type: FaceType::Full, ..CropSettings::default() };
    let mut sums = vec![[Sums::default(); 4]; LIGHTS.len()];
    let frames = clips.0.zip(clips.1).zip(masks).zip(known.frames).step_by(STEP);
    for (((driver, truth), mask), known) in frames {
        let Some(face) = known.faces.first() else { continue };
        let to_canonical = face.to_canonical();
        let bounds = Rect::default();
        let to_crop = settings.to_crop(&Face {
            track: 1,
            score: 1.0,
            bounds,
            landmarks: Vec::new(),
            to_canonical,
            to_canonical_rigid: to_canonical,
            ..Face::default()
        });
        let classes = classes(&mask.unwrap(), &to_crop.inverse().unwrap());
        let mask: Vec<f32> = classes.iter().map(|class| f32::from(u8::from(FACE.contains(class)))).collect();
        let (driver_crop, right) = (crop(&driver, &to_crop), crop(&truth, &to_crop));
        for ((_, light), sums) in LIGHTS.iter().zip(&mut sums) {
            let wrong = |(n, v): (usize, &f32)| encoded((linear(*v) * light[n % 3]).min(1.0));
            let face: Vec<f32> = right.iter().enumerate().map(wrong).collect();
            let generated =
                Generated { resolution: SIDE, driver: &driver_crop, face: &face, driver_mask: &mask, face_mask: &mask };
            let mut untouched = Vec::new();
            for (color_transfer, sums) in TRANSFERS.into_iter().zip(sums) {
                let settings = BlendSettings { color_transfer, ..BlendSettings::default() };
                let mut blended = driver.clone();
                let mut view = blended.frame_mut().unwrap();
                CpuBlender::default()
                    .composite(&mut view, &generated, &BlendRequest::new(&to_crop, &settings))
                    .unwrap();
                let found = crop(&blended, &to_crop);
                if color_transfer == ColorTransfer::None {
                    untouched.clone_from(&found);
                }
                add(sums, &found, &untouched, &right, &mask);
            }
        }
    }
    Some(sums)
}

fn add(sums: &mut Sums, found: &[f32], untouched: &[f32], right: &[f32], mask: &[f32]) {
    let (mut squares, mut count) = (0.0, 0.0);
    for n in (0..SIDE * SIDE).filter(|&n| deep(mask, n, 3)) {
        let [found, untouched, right] = [found, untouched, right].map(|picture| &picture[3 * n..3 * n + 3]);
        squares += found.iter().zip(right).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        count += 3.0;
        // Far enough inside, nothing of the driver is left.
        if right.iter().all(|&v| v < 0.15) && deep(mask, n, 14) {
            sums.blue += 255.0 * f64::from((found[0] - found[2]) - (untouched[0] - untouched[2]));
            sums.dark += 1.0;
        }
    }
    if count > 3000.0 {
        sums.psnr += -10.0 * (squares / count).log10();
        sums.frames += 1.0;
    }
}

#[test]
fn colour_transfers_against_the_truth() {
    for (driver, truth) in [("ada_live", "ben_as_ada_live"), ("ada_eval", "ben_eval")] {
        let Some(sums) = measure(driver, truth) else { return };
        let psnr: Vec<[f64; 4]> = sums.iter().map(|row| row.map(|sums| sums.psnr / sums.frames)).collect();
        println!("{driver}: PSNR in dB under the mask, and how many codes bluer it makes what is black");
        println!("light   none          soft-gain     gain          lab");
        for (((light, _), row), sums) in LIGHTS.iter().zip(&psnr).zip(&sums) {
            print!("{light:7}");
            for (psnr, sums) in row.iter().zip(sums) {
                print!(" {psnr:5.2} ({:+5.1})", sums.blue / sums.dark.max(1.0));
            }
            println!();
        }
        assert!(sums[0][0].frames >= 5.0 && sums[0][0].dark > 100.0, "{sums:?}");
        let [none, soft, gain, lab] = psnr[0];
        assert!(none > 25.0, "what is right is left alone: {none}");
        assert!(soft > gain + 1.5 && soft > lab + 1.5, "half of the way keeps more of the subject: {:?}", psnr[0]);
        let wrong = |transfer: usize| psnr[1..].iter().map(|row| row[transfer]).sum::<f64>() / 4.0;
        assert!(wrong(1) > wrong(0) + 3.0, "and wins back most of a wrong light: {} {}", wrong(1), wrong(0));
        for (transfer, sums) in TRANSFERS.iter().zip(&sums[0]) {
            let blue = sums.blue / sums.dark;
            assert!(blue.abs() < 4.0, "{driver}, {transfer:?}: what is black is {blue} codes bluer");
        }
    }
}

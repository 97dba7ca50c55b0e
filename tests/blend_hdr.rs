//! What swapping in the signal's own transfer costs: a scene in HLG and in PQ beside the same scene in BT.709.
//!
//! The scene's colours are display light of BT.709 (ITU-R BT.1886, gamma 2.4, white at 203 cd/m², ITU-R BT.2408-7),
//! taken to BT.2020's primaries (ITU-R BT.2087-0) and coded by ITU-R BT.2100-2: PQ's inverse EOTF, or HLG for a
//! display of 1000 cd/m².
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod blend_support;

use blend_support::*;
use standin::blend::{BlendRequest, BlendSettings, Blender, ColorTransfer, CpuBlender};
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, TransferFunction, VideoBuffer};
use standin::geometry::Point;

/// White of BT.709 in cd/m².
const WHITE: f64 = 203.0;
const SIDE: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Signal {
    Sdr,
    Hlg,
    Pq,
}

impl Signal {
    fn transfer(self) -> TransferFunction {
        match self {
            Self::Sdr => TransferFunction::Standard,
            Self::Hlg => TransferFunction::Hlg,
            Self::Pq => TransferFunction::Pq,
        }
    }

    /// R'G'B' of a colour of BT.709.
    fn of(self, rgb: [f64; 3]) -> [f64; 3] {
        if self == Self::Sdr {
            return rgb;
        }
        let [r, g, b] = rgb.map(|v| WHITE * v.powf(2.4));
        let light = [
            0.6274 * r + 0.3293 * g + 0.0433 * b,
            0.0691 * r + 0.9195 * g + 0.0114 * b,
            0.0164 * r + 0.0880 * g + 0.8956 * b,
        ];
        match self {
            Self::Pq => light.map(pq),
            _ => hlg(light),
        }
    }

    /// A colour of BT.709 of R'G'B', found by halving along each channel's grey.
    fn light(self, code: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.5);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if self.of([middle; 3])[1] < code { low = middle } else { high = middle }
        }
        WHITE * low.powf(2.4)
    }
}

fn pq(light: f64) -> f64 {
    let (m1, m2, c1, c2, c3) = (2610.0 / 16384.0, 2523.0 / 32.0, 3424.0 / 4096.0, 2413.0 / 128.0, 2392.0 / 128.0);
    let y = (light / 10_000.0).powf(m1);
    ((c1 + c2 * y) / (1.0 + c3 * y)).powf(m2)
}

fn hlg([r, g, b]: [f64; 3]) -> [f64; 3] {
    let shown = (0.2627 * r + 0.6780 * g + 0.0593 * b) / 1000.0;
    let inverse = if shown > 0.0 { shown.powf((1.0 - 1.2) / 1.2) } else { 0.0 };
    [r, g, b].map(|light| {
        let e = light / 1000.0 * inverse;
        if e <= 1.0 / 12.0 { (3.0 * e).sqrt() } else { 0.178_832_77 * (12.0 * e - 0.284_668_92).ln() + 0.559_910_73 }
    })
}

/// Skin with some shading (red, green, blue), as a picture of BT.709 has it.
fn skin(x: f64, y: f64, light: f64) -> [f64; 3] {
    let shade = light * (1.0 + 0.25 * (x / 17.0).sin() * (y / 23.0).cos());
    [0.78 * shade, 0.60 * shade, 0.50 * shade]
}

/// Light in the middle of the blended face, as a factor of what the driver's was.
fn exposure(signal: Signal, color_transfer: ColorTransfer) -> f64 {
    let (format, matrix, range) = match signal {
        Signal::Sdr => (PixelFormat::Nv12, Matrix::Bt709, Range::Limited),
        _ => (PixelFormat::P010, Matrix::Bt2020, Range::Limited),
    };
    let transfer = signal.transfer();
    let mut frame = OwnedFrame::new(Layout { format, width: 160, height: 160, matrix, range, transfer });
    paint(&mut frame, |x, y| signal.of(skin(x, y, 0.8)));
    let place = to_crop(Point::new(80.0, 80.0), 120.0, 0.0);
    let mut face = Face::new(SIDE, 1);
    CpuBlender::default().crop(&view(&frame), &place, SIDE, &mut face.driver).unwrap();
    let at = |n: usize| 20.0 + 120.0 * (n as f64 + 0.5) / SIDE as f64;
    for n in 0..SIDE * SIDE {
        // What a network that was trained on BT.709 draws, whatever it is shown.
        let [r, g, b] = skin(at(n % SIDE), at(n / SIDE), 0.8);
        face.face[3 * n..3 * n + 3].copy_from_slice(&[b as f32, g as f32, r as f32]);
    }
    let settings = BlendSettings { color_transfer, ..BlendSettings::default() };
    let mean = |frame: &OwnedFrame| {
        let places = (70..90).flat_map(|y| (70..90).map(move |x| (x, y)));
        let light = |(x, y)| {
            let codes = [0, 1, 2].map(|c| f64::from(code(frame, c, x, y)));
            signal.light(from_codes(frame.layout(), codes)[1].max(0.0))
        };
        places.map(light).sum::<f64>() / 400.0
    };
    let before = mean(&frame);
    let mut target = frame.frame_mut().unwrap();
    CpuBlender::default().composite(&mut target, &face.generated(), &BlendRequest::new(&place, &settings)).unwrap();
    mean(&frame) / before
}

/// What `standin::blend` says of them, by none, soft-gain, gain and lab.
const SAID: [(Signal, [f64; 4]); 3] = [
    (Signal::Sdr, [1.0, 1.0, 1.0, 1.0]),
    (Signal::Hlg, [1.34, 1.16, 1.01, 0.99]),
    (Signal::Pq, [3.56, 2.18, 1.37, 1.01]),
];

#[test]
fn a_face_in_hlg_or_pq_has_as_much_more_light_than_the_driver_as_is_said() {
    let transfers = [ColorTransfer::None, ColorTransfer::SoftGain, ColorTransfer::Gain, ColorTransfer::Lab];
    for (signal, said) in SAID {
        let found = transfers.map(|transfer| exposure(signal, transfer));
        let [none, soft, gain, lab] = found;
        println!("{signal:?}: none {none:.3}, soft-gain {soft:.3}, gain {gain:.3}, lab {lab:.3} of the driver's light");
        for (found, said) in found.into_iter().zip(said) {
            assert!((found - said).abs() < 0.02, "{signal:?}: {found} is not the {said} that is said");
        }
    }
}

#[test]
fn what_is_done_instead_of_a_gain_gives_the_driver_s_light() {
    for (signal, _) in SAID {
        for asked in [ColorTransfer::SoftGain, ColorTransfer::Gain, ColorTransfer::Lab] {
            let light = exposure(signal, asked.within(signal.transfer()));
            assert!((0.97..1.03).contains(&light), "{signal:?}, {asked:?}: {light} of the driver's light");
        }
        assert_eq!(ColorTransfer::None.within(signal.transfer()), ColorTransfer::None);
    }
    for asked in [ColorTransfer::SoftGain, ColorTransfer::Gain] {
        assert_eq!(asked.within(TransferFunction::Standard), asked);
    }
}

//! Letterbox: a small square RGB picture of a frame, sampled from its native planes into a network's input.
//!
//! Which part of the frame, how large and how turned is a [`Similarity`] from picture px to frame px. Only the pixels
//! that the picture needs are read.

mod source;

use crate::frame::{Frame, Sample, with_sample};
use crate::geometry::{Point, Rect, Similarity};
use source::{Offset, PixelSource, Rgb, Taps, Yuv, samples_from};

/// The values that a network expects: `code * scale + offset` for codes 0..255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// Factor.
    pub scale: f32,
    /// Value of black.
    pub offset: f32,
}

impl Tone {
    /// 0..1, for the meshes.
    pub const UNIT: Self = Self { scale: 1.0 / 255.0, offset: 0.0 };
    /// -1..1, for the detectors.
    pub const SIGNED: Self = Self { scale: 1.0 / 127.5, offset: -1.0 };
}

/// Picture px to frame px, so that a picture of `size` x `size` px just holds `region` (frame px), centred, after the
/// frame was turned by `quarter_turns` x 90° counter-clockwise on screen.
pub fn letterbox(region: &Rect, size: usize, quarter_turns: u8) -> Similarity {
    let middle = size as f32 / 2.0;
    let scale = region.w.max(region.h) / size as f32;
    let angle = f32::from(quarter_turns % 4) * std::f32::consts::FRAC_PI_2;
    Similarity::taking(Point::new(middle, middle), region.centre(), scale, angle)
}

/// Fills `picture` (rows of `size` RGB px, three values a px) with what `to_frame` (picture px to frame px) shows of
/// `frame`; what lies outside the frame is black. A map that is not finite gives a black picture.
///
/// Enlarged pictures are interpolated bilinearly; those that reduce the frame by more than 1.5 average 3x3 px of
/// each px's footprint, so that small faces do not alias.
pub fn sample(frame: &Frame, to_frame: &Similarity, size: usize, tone: Tone, picture: &mut [f32]) {
    let layout = frame.layout();
    let view = View { to_frame: *to_frame, width: layout.width, height: layout.height, size, tone };
    with_sample!(layout.format.depth(), sample_of(frame, &view, picture));
}

/// Picks the source that is compiled for where the format has its components.
fn sample_of<S: Sample>(frame: &Frame<'_>, view: &View, picture: &mut [f32]) {
    let format = frame.layout().format;
    let [a, b, c] = format.components();
    if !format.is_yuv() {
        let plane = frame.plane(a.plane);
        match (a.step, a.first) {
            (3, 0) => view.fill(&Rgb::<3, 0, 2>(plane), picture),
            (3, _) => view.fill(&Rgb::<3, 2, 0>(plane), picture),
            (_, 0) => view.fill(&Rgb::<4, 0, 2>(plane), picture),
            _ => view.fill(&Rgb::<4, 2, 0>(plane), picture),
        }
        return;
    }
    let planes = [a, b, c].map(|component| samples_from::<S>(frame, &component));
    let layout = frame.layout();
    match (a.step, b.step, b.shared) {
        (1, 1, (2, 2)) => view.fill(&Yuv::<S, 1, 1, 1, 1>::new(planes, layout), picture),
        (1, 1, (2, 1)) => view.fill(&Yuv::<S, 1, 1, 1, 0>::new(planes, layout), picture),
        (1, 1, _) => view.fill(&Yuv::<S, 1, 1, 0, 0>::new(planes, layout), picture),
        (1, _, _) => view.fill(&Yuv::<S, 1, 2, 1, 1>::new(planes, layout), picture),
        _ => view.fill(&Yuv::<S, 2, 4, 1, 0>::new(planes, layout), picture),
    }
}

/// Fraction bits of a position in the frame.
const BITS: u32 = 16;
/// Frame px that one picture px spans from which on its footprint is averaged.
const AVERAGED_FROM: f32 = 1.5;

struct View {
    to_frame: Similarity,
    width: usize,
    height: usize,
    size: usize,
    tone: Tone,
}

impl View {
    fn fill<S: PixelSource>(&self, source: &S, picture: &mut [f32]) {
        if self.to_frame.inverse().is_none() || self.size == 0 {
            picture.fill(self.tone.offset);
            return;
        }
        let reduced = self.to_frame.scale() > AVERAGED_FROM;
        // Bilinear chroma needs two columns and rows of it.
        if reduced || self.width < 3 || self.height < 3 {
            let taps = self.taps(source);
            let (right, bottom) = (self.width - 1 - taps.reach, self.height - 1 - taps.reach);
            self.rows(picture, |x, y| {
                let x = ((x >> BITS) as usize).clamp(taps.reach, right);
                let y = ((y >> BITS) as usize).clamp(taps.reach, bottom);
                source.average(x, y, &taps)
            });
        } else {
            let (right, bottom) = ((self.width - 1) << 8, (self.height - 1) << 8);
            self.rows(picture, |x, y| {
                // From pixel edges to pixel centres, eight bits of fraction.
                let x = ((x >> (BITS - 8)) - 128).clamp(0, right as i64) as usize;
                let y = ((y >> (BITS - 8)) - 128).clamp(0, bottom as i64) as usize;
                source.between(x, y, self.width, self.height)
            });
        }
    }

    /// The px around a px's centre whose average stands for its footprint; one where the frame has too few.
    fn taps<S: PixelSource>(&self, source: &S) -> Taps {
        let Similarity { a, b, .. } = self.to_frame;
        // Whole px: half a px is nothing where a picture px spans several.
        let offset = |u: f32, v: f32| ((a * u - b * v).round() as isize, (b * u + a * v).round() as isize);
        let third = |k: usize| (k as f32 - 1.0) / 3.0;
        let main = std::array::from_fn(|k| offset(third(k % 3), third(k / 3)));
        let reach = main.iter().map(|(x, y): &Offset| x.unsigned_abs().max(y.unsigned_abs())).max().unwrap_or(0);
        if self.width.min(self.height) <= 2 * reach {
            return source.taps([(0, 0); 9], [(0, 0); 4], 0);
        }
        // Colour changes slowly: fewer taps of it.
        let quarter = |k: usize| k as f32 / 2.0 - 0.25;
        source.taps(main, std::array::from_fn(|k| offset(quarter(k % 2), quarter(k / 2))), reach)
    }

    /// Walks the picture; `colour` gives RGB 0..255 at a position in the frame (`BITS` bits of fraction).
    #[inline(always)]
    fn rows(&self, picture: &mut [f32], colour: impl Fn(i64, i64) -> [f32; 3]) {
        let Similarity { a, b, .. } = self.to_frame;
        let fixed = |v: f64| (v * f64::from(1 << BITS)) as i64;
        let (step_x, step_y) = (fixed(f64::from(a)), fixed(f64::from(b)));
        for (j, row) in picture.chunks_exact_mut(3 * self.size).enumerate().take(self.size) {
            let start = self.to_frame.apply(Point::new(0.5, j as f32 + 0.5));
            let (first, end) = self.inside(start);
            row[..3 * first].fill(self.tone.offset);
            row[3 * end..].fill(self.tone.offset);
            let mut x = fixed(f64::from(start.x) + f64::from(a) * first as f64);
            let mut y = fixed(f64::from(start.y) + f64::from(b) * first as f64);
            for pixel in row[3 * first..3 * end].chunks_exact_mut(3) {
                for (value, code) in pixel.iter_mut().zip(colour(x.max(0), y.max(0))) {
                    *value = code.clamp(0.0, 255.0) * self.tone.scale + self.tone.offset;
                }
                x = x.wrapping_add(step_x);
                y = y.wrapping_add(step_y);
            }
        }
    }

    /// The columns of a row that begins at `start` (frame px) which lie inside the frame.
    fn inside(&self, start: Point) -> (usize, usize) {
        let (mut first, mut end) = (0f64, self.size as f64);
        let edges = [(start.x, self.to_frame.a, self.width), (start.y, self.to_frame.b, self.height)];
        for (from, step, limit) in edges {
            let (from, step, limit) = (f64::from(from), f64::from(step), limit as f64);
            if step.abs() < 1e-9 {
                if !(0.0..limit).contains(&from) {
                    return (0, 0);
                }
                continue;
            }
            let (at_zero, at_limit) = (-from / step, (limit - from) / step);
            first = first.max(at_zero.min(at_limit).ceil());
            end = end.min(at_zero.max(at_limit).ceil());
        }
        let first = (first as usize).min(self.size);
        (first, (end.max(0.0) as usize).clamp(first, self.size))
    }
}

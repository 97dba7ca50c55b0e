//! Where one blend happens and how wide its filters are: worked out once a face, used by the CPU twin and the shaders.

use super::{BlendSettings, REFERENCE_CROP};
use crate::frame::{Layout, PixelFormat};
use crate::geometry::{Point, Similarity};

/// Whole pixels of the frame, `x0..x1` and `y0..y1`. Starts are even, ends are even or the frame's own edge, so that
/// shared chroma samples belong to one region wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Region {
    /// First column.
    pub x0: usize,
    /// First row.
    pub y0: usize,
    /// Column after the last.
    pub x1: usize,
    /// Row after the last.
    pub y1: usize,
}

impl Region {
    /// The part of the frame that the crop's square `low..high` (in the crop's unit square) covers.
    pub fn covered(layout: &Layout, to_frame: &Similarity, low: Point, high: Point) -> Self {
        let corners = [low, Point::new(high.x, low.y), high, Point::new(low.x, high.y)].map(|c| to_frame.apply(c));
        let bound = crate::geometry::Rect::around(&corners);
        let clip = |v: f32, end: usize| v.clamp(0.0, end as f32) as usize;
        let even_end = |v: usize, end: usize| v.next_multiple_of(2).min(end);
        Self {
            x0: clip(bound.x.floor(), layout.width) & !1,
            y0: clip(bound.y.floor(), layout.height) & !1,
            x1: even_end(clip((bound.x + bound.w).ceil(), layout.width), layout.width),
            y1: even_end(clip((bound.y + bound.h).ceil(), layout.height), layout.height),
        }
    }

    /// The same with `margin` more on every side, within a square picture of `side` pixels.
    pub fn grown_within(&self, margin: usize, side: usize) -> Self {
        Self {
            x0: self.x0.saturating_sub(margin),
            y0: self.y0.saturating_sub(margin),
            x1: (self.x1 + margin).min(side),
            y1: (self.y1 + margin).min(side),
        }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.x1.saturating_sub(self.x0)
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.y1.saturating_sub(self.y0)
    }

    /// Whether it holds no pixel.
    pub fn is_empty(&self) -> bool {
        self.width() == 0 || self.height() == 0
    }
}

/// Most taps a crop pixel along one axis.
pub const MOST_TAPS: usize = 3;

/// Taps a crop pixel along one axis, so that a reduced picture does not flicker: about one a frame pixel, 1..=3.
pub fn taps(to_crop: &Similarity, resolution: usize) -> usize {
    let frame_per_crop = 1.0 / (to_crop.scale() * resolution as f32);
    (frame_per_crop.round() as usize).clamp(1, MOST_TAPS)
}

/// Taps of a chroma sample along one axis, for `taps` of luma: half where pixels share it, since the samples are
/// twice as far apart.
pub fn chroma_taps(taps: usize, format: PixelFormat) -> usize {
    let [_, chroma, _] = format.components();
    if chroma.shared == (1, 1) { taps } else { taps.div_ceil(2) }
}

/// Mask weight, in whole crop pixels, under which colour statistics mean nothing.
pub const LEAST_WEIGHT: f32 = 16.0;

/// Feathered masks below this are 0: less than one code of a frame.
pub const MASK_FLOOR: f32 = 1.0 / 255.0;

/// Blur that sharpening subtracts: the binomial kernel of variance 1, from the centre outwards.
pub const SHARPEN_KERNEL: [f32; 3] = [6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

/// Factor of linear light for one channel that takes the generated face's mean to the driver's, 1/4..4. A black face
/// divides by the least light that a frame's code shows.
pub fn light_ratio(driver: f32, generated: f32) -> f32 {
    (driver / generated.max(3e-4)).clamp(0.25, 4.0)
}

/// Factor of contrast for one Lab channel: driver's standard deviation over the generated face's, 0..4. A generated
/// face without contrast divides by a hundredth of a Lab unit.
pub fn deviation_ratio(driver: f32, generated: f32) -> f32 {
    (driver / generated.max(0.01)).clamp(0.0, 4.0)
}

/// Filter widths in pixels of the crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filters {
    /// Radius of the square erosion; negative dilates.
    pub erode: i32,
    /// Width of the ring of zeros at the crop's edge.
    pub border: usize,
    /// Standard deviation of the feather; 0 is none.
    pub sigma: f32,
    /// Taps of the feather to either side.
    pub radius: usize,
}

impl Filters {
    /// The filters of `settings` for a crop of `resolution` pixels.
    pub fn new(settings: &BlendSettings, resolution: usize) -> Self {
        let scale = resolution as f32 / REFERENCE_CROP;
        let sigma = (0.25 * settings.blur * scale).max(0.0);
        let most = resolution / 2;
        Self {
            erode: ((settings.erode * scale).round() as i32).clamp(-(most as i32), most as i32),
            border: ((0.5 * settings.blur * scale).round().max(0.0) as usize).min(most),
            sigma,
            radius: ((3.0 * sigma).ceil() as usize).min(most),
        }
    }

    /// Weights of the feather: `radius + 1` values from the centre outwards, written to `weights`; they and their
    /// mirror image sum to 1.
    pub fn feather_weights(&self, weights: &mut Vec<f32>) {
        weights.clear();
        weights.extend((0..=self.radius).map(|i| match self.sigma {
            s if s > 0.0 => (-0.5 * (i as f32 / s).powi(2)).exp(),
            _ => f32::from(u8::from(i == 0)),
        }));
        let sum = 2.0 * weights.iter().sum::<f32>() - weights[0];
        weights.iter_mut().for_each(|w| *w /= sum);
    }
}

/// Centre of crop pixel (i, j) in the crop's unit square.
pub fn centre(i: usize, j: usize, resolution: usize) -> Point {
    let side = resolution as f32;
    Point::new((i as f32 + 0.5) / side, (j as f32 + 0.5) / side)
}

//! Gives the generated face the driver's colours and writes the layer.

use super::ColorTransfer;
use super::colours::Colours;
use super::lab::to_rgb;
use super::linear::encoded;
use super::place::unit;
use super::plan::{Region, deviation_ratio, light_ratio};
use super::planes::Planes;
use super::statistics::ColourStatistics;

/// What happens to every pixel of the generated face, in the space of its [`Planes`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transfer {
    /// Factors of red, green, blue in linear light.
    Gain([f32; 3]),
    /// A line for each of L, a, b.
    Lab(LabLine),
}

impl Transfer {
    /// What `wanted` asks for between these colours, which are in its space; none where it asks for nothing.
    pub fn new(wanted: ColorTransfer, colours: &Colours) -> Option<Self> {
        let gain = || [0, 1, 2].map(|c| light_ratio(colours.driver.mean[c], colours.face.mean[c]));
        match wanted {
            ColorTransfer::None => None,
            ColorTransfer::SoftGain => Some(Self::Gain(gain().map(f32::sqrt))),
            ColorTransfer::Gain => Some(Self::Gain(gain())),
            ColorTransfer::Lab => Some(Self::Lab(LabLine::new(&colours.face, &colours.driver))),
        }
    }
}

/// A line for each Lab channel: `x · ratio + shift`, whose shift fades towards black.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabLine {
    /// Factors of L, a, b.
    pub ratio: [f32; 3],
    /// Offsets of L, a, b.
    pub shift: [f32; 3],
    /// The L from which the shift is whole: the generated face's mean. Under it, L is multiplied by the ratio of the
    /// means, and black stays black.
    pub knee: f32,
}

impl LabLine {
    /// Takes mean and deviation of the generated face to the driver's: E. Reinhard, M. Ashikhmin, B. Gooch,
    /// P. Shirley, "Color transfer between images", 2001, in Lab instead of lαβ.
    pub fn new(generated: &ColourStatistics, driver: &ColourStatistics) -> Self {
        let ratio = [0, 1, 2].map(|c| deviation_ratio(driver.deviation[c], generated.deviation[c]));
        let shift = [0, 1, 2].map(|c| driver.mean[c] - generated.mean[c] * ratio[c]);
        Self { ratio, shift, knee: generated.mean[0].max(1.0) }
    }

    /// L, a, b of a pixel with `lab`.
    #[inline(always)]
    pub fn apply(&self, lab: [f32; 3]) -> [f32; 3] {
        let whole = unit(lab[0] / self.knee);
        let channel = |c: usize| lab[c] * self.ratio[c] + self.shift[c] * whole;
        [channel(0), channel(1), channel(2)]
    }
}

/// Fills `region` of `layer` (`resolution`² pixels of red, green, blue, mask; 0..1) from the generated face: its `face`
/// (blue, green, red, interleaved), or with a transfer its planes. Then raises each colour to 1/gamma.
pub fn transfer(
    face: &[f32],
    matched: Option<(&Planes, Transfer)>,
    mask: &[f32],
    gamma: [f32; 3],
    region: &Region,
    resolution: usize,
    layer: &mut [[f32; 4]],
) {
    for j in region.y0..region.y1 {
        let span = j * resolution + region.x0..j * resolution + region.x1;
        let (out, mask) = (&mut layer[span.clone()], &mask[span.clone()]);
        match matched {
            Some((planes, Transfer::Gain(gain))) => {
                let lit = |value: f32, gain: f32| encoded(unit(value * gain));
                let convert = |[r, g, b]: [f32; 3]| [lit(r, gain[0]), lit(g, gain[1]), lit(b, gain[2])];
                write(out, mask, planes, span.start, convert);
            }
            Some((planes, Transfer::Lab(line))) => {
                write(out, mask, planes, span.start, |lab| to_rgb(line.apply(lab)));
            }
            None => {
                let pixels = face[span.start * 3..span.end * 3].chunks_exact(3);
                for ((pixel, &m), bgr) in out.iter_mut().zip(mask).zip(pixels) {
                    *pixel = [bgr[2], bgr[1], bgr[0], m];
                }
            }
        }
        if gamma != [1.0; 3] {
            for pixel in out {
                for c in 0..3 {
                    pixel[c] = pixel[c].powf(1.0 / gamma[c]);
                }
            }
        }
    }
}

/// Writes one row, whose first pixel is `start` of the planes.
#[inline(always)]
fn write(out: &mut [[f32; 4]], mask: &[f32], planes: &Planes, start: usize, convert: impl Fn([f32; 3]) -> [f32; 3]) {
    let [first, second, third] = planes.channels.each_ref().map(|plane| &plane[start..start + mask.len()]);
    let channels = first.iter().zip(second).zip(third);
    for ((pixel, &m), ((&a, &b), &c)) in out.iter_mut().zip(mask).zip(channels) {
        let [r, g, b] = convert([a, b, c]);
        *pixel = [r, g, b, m];
    }
}

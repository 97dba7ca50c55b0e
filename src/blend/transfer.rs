//! Gives the generated face the driver's colours and writes the layer.

use super::lab::{LabPicture, to_rgb};
use super::plan::{Region, deviation_ratio};
use super::statistics::Statistics;

/// A line for each Lab channel: `x · ratio + shift`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColourTransfer {
    /// Factors of L, a, b.
    pub ratio: [f32; 3],
    /// Offsets of L, a, b.
    pub shift: [f32; 3],
}

impl ColourTransfer {
    /// Takes mean and deviation of the generated face to the driver's: E. Reinhard, M. Ashikhmin, B. Gooch,
    /// P. Shirley, "Color transfer between images", 2001, in Lab instead of lαβ.
    pub fn new(generated: &Statistics, driver: &Statistics) -> Self {
        let ratio = [0, 1, 2].map(|c| deviation_ratio(driver.deviation[c], generated.deviation[c]));
        Self { ratio, shift: [0, 1, 2].map(|c| driver.mean[c] - generated.mean[c] * ratio[c]) }
    }
}

/// Fills `region` of `layer` (`resolution`² pixels of red, green, blue, mask; 0..1) from the generated face: its `face`
/// (blue, green, red, interleaved), or with a transfer its `lab` picture. Then raises each colour to 1/gamma.
pub fn transfer(
    face: &[f32],
    matched: Option<(&LabPicture, ColourTransfer)>,
    mask: &[f32],
    gamma: [f32; 3],
    region: &Region,
    resolution: usize,
    layer: &mut [[f32; 4]],
) {
    for j in region.y0..region.y1 {
        let span = j * resolution + region.x0..j * resolution + region.x1;
        let out = layer[span.clone()].iter_mut().zip(&mask[span.clone()]);
        if let Some((LabPicture([l, a, b]), ColourTransfer { ratio, shift })) = matched {
            let colours = l[span.clone()].iter().zip(&a[span.clone()]).zip(&b[span.clone()]);
            for ((pixel, &m), ((&l, &a), &b)) in out.zip(colours) {
                let [r, g, b] = to_rgb([l * ratio[0] + shift[0], a * ratio[1] + shift[1], b * ratio[2] + shift[2]]);
                *pixel = [r, g, b, m];
            }
        } else {
            for ((pixel, &m), bgr) in out.zip(face[span.start * 3..span.end * 3].chunks_exact(3)) {
                *pixel = [bgr[2], bgr[1], bgr[0], m];
            }
        }
        if gamma != [1.0; 3] {
            for pixel in &mut layer[span] {
                for c in 0..3 {
                    pixel[c] = pixel[c].powf(1.0 / gamma[c]);
                }
            }
        }
    }
}

//! What hides a face: hands and things in front of it.
//!
//! The network is the project's own, made by `standin-train mask`; `models/face_occlusion.md` is its card.

use crate::runtime::{Network, NetworkError, NetworkOptions, Runtime};

/// Side in px of the crop that the network sees, and of its maps.
pub const OCCLUSION_SIDE: usize = 128;
/// Classes that it tells apart: face, hair, hand or thing, body, background.
pub const OCCLUSION_CLASSES: usize = 5;

/// Classes that count here. Neither hair nor background hides: where the network takes the far side of a face for
/// either, in low light, the driver's own eye would show, and the driver's mask knows the face's outline already.
const FACE: usize = 0;
const THING: usize = 2;
/// How visible a pixel is whose scores for face and thing are the same: a doubt must not show the driver's face.
const TIE: f32 = 1.0;
/// How fast it becomes less with the lead of the thing's score: one of 4 hides for certain.
const SLOPE: f32 = 0.25;

/// A loaded occlusion network.
#[derive(Debug)]
pub struct OcclusionNetwork {
    network: Network,
    visible: Vec<f32>,
}

impl OcclusionNetwork {
    /// Loads the network that is compiled in.
    ///
    /// # Errors
    /// [`NetworkError`] where ONNX Runtime refuses it.
    pub fn new(runtime: &Runtime) -> Result<Self, NetworkError> {
        Self::of(runtime, include_bytes!("../../models/face_occlusion_128.onnx"))
    }

    /// Loads another of the same shape: `bytes` is an ONNX file that takes `[1, 3, 128, 128]` and gives `[1, 5, 128,
    /// 128]`.
    ///
    /// # Errors
    /// As [`OcclusionNetwork::new`], and where its input or its output has another size.
    pub fn of(runtime: &Runtime, bytes: &[u8]) -> Result<Self, NetworkError> {
        let network = Network::new(runtime, bytes, NetworkOptions::default())?;
        let pixels = OCCLUSION_SIDE * OCCLUSION_SIDE;
        let fits = network.inputs() == 1 && network.input(0).len() == 3 * pixels;
        if !fits || network.output(0).len() != OCCLUSION_CLASSES * pixels {
            return Err(NetworkError::Runtime(
                "this is no occlusion network: it should take [1, 3, 128, 128] and give [1, 5, 128, 128]".to_owned(),
            ));
        }
        Ok(Self { network, visible: vec![1.0; pixels] })
    }

    /// Looks at an aligned crop: `resolution`² pixels of blue, green, red, 0..1, interleaved. Gives how visible the
    /// face is at each of [`OCCLUSION_SIDE`]² places of it, row by row: 0 is a hand or a thing before it, 1 is
    /// anything else.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails or gives what is no number.
    pub fn look(&mut self, crop: &[f32], resolution: usize) -> Result<&[f32], NetworkError> {
        reduce(crop, resolution, self.network.input_mut(0));
        self.network.run()?;
        let pixels = OCCLUSION_SIDE * OCCLUSION_SIDE;
        let scores = self.network.output(0);
        let of = |class: usize| &scores[class * pixels..(class + 1) * pixels];
        let mut numbers = true;
        for ((visible, face), thing) in self.visible.iter_mut().zip(of(FACE)).zip(of(THING)) {
            let lead = SLOPE * (face - thing) + TIE;
            numbers &= !lead.is_nan();
            *visible = lead.clamp(0.0, 1.0);
        }
        if !numbers {
            return Err(NetworkError::Runtime("the occlusion network gave a value that is not a number".to_owned()));
        }
        Ok(&self.visible)
    }

    /// What [`OcclusionNetwork::look`] gave last.
    pub fn visible(&self) -> &[f32] {
        &self.visible
    }

    /// The scores behind it: [`OCCLUSION_SIDE`]² of each class, in the order face, hair, hand or thing, body,
    /// background.
    pub fn scores(&self) -> &[f32] {
        self.network.output(0)
    }
}

/// Fills `planes` (blue, green, red) with the crop at [`OCCLUSION_SIDE`]: the mean over each pixel's square, in which a
/// pixel of the crop counts as far as it lies in it; a smaller crop's are repeated so.
fn reduce(crop: &[f32], resolution: usize, planes: &mut [f32]) {
    let pixels = OCCLUSION_SIDE * OCCLUSION_SIDE;
    if resolution == OCCLUSION_SIDE {
        for (n, pixel) in crop[..3 * pixels].chunks_exact(3).enumerate() {
            pixel.iter().enumerate().for_each(|(c, &value)| planes[c * pixels + n] = value);
        }
        return;
    }
    let step = resolution as f32 / OCCLUSION_SIDE as f32;
    // First and last pixel under pixel `n`, and how much of the first and the last counts.
    let under = |n: usize| {
        let (from, to) = (n as f32 * step, (n + 1) as f32 * step);
        let (first, end) = (from as usize, (to.ceil() as usize).min(resolution));
        (first, end, from, to)
    };
    let share = |n: usize, from: f32, to: f32| ((n + 1) as f32).min(to) - (n as f32).max(from);
    let scale = 1.0 / (step * step);
    for j in 0..OCCLUSION_SIDE {
        let (top, bottom, y0, y1) = under(j);
        for i in 0..OCCLUSION_SIDE {
            let (left, right, x0, x1) = under(i);
            let mut sum = [0.0f32; 3];
            for y in top..bottom {
                let high = share(y, y0, y1);
                let row = &crop[(y * resolution + left) * 3..(y * resolution + right) * 3];
                for (x, pixel) in row.chunks_exact(3).enumerate() {
                    let weight = high * share(left + x, x0, x1);
                    sum.iter_mut().zip(pixel).for_each(|(sum, v)| *sum += weight * v);
                }
            }
            for (c, sum) in sum.iter().enumerate() {
                planes[c * pixels + j * OCCLUSION_SIDE + i] = sum * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_keeps_its_mean_and_its_sides_whatever_its_size() {
        for resolution in [64, 128, 160, 224, 333] {
            // Blue grows to the right, green downwards, red is even.
            let at = |n: usize| (n as f32 + 0.5) / resolution as f32;
            let crop: Vec<f32> =
                (0..resolution * resolution).flat_map(|n| [at(n % resolution), at(n / resolution), 0.25]).collect();
            let mut planes = vec![0.0; 3 * OCCLUSION_SIDE * OCCLUSION_SIDE];
            reduce(&crop, resolution, &mut planes);
            for (j, i) in [(0, 0), (5, 90), (64, 64), (127, 127)] {
                let n = j * OCCLUSION_SIDE + i;
                let pixels = OCCLUSION_SIDE * OCCLUSION_SIDE;
                let place = |n: usize| (n as f32 + 0.5) / OCCLUSION_SIDE as f32;
                let step = 0.51 / resolution.min(OCCLUSION_SIDE) as f32;
                assert!((planes[n] - place(i)).abs() < step, "{resolution}: {} at {i}", planes[n]);
                assert!((planes[pixels + n] - place(j)).abs() < step, "{resolution}: {} at {j}", planes[pixels + n]);
                assert!((planes[2 * pixels + n] - 0.25).abs() < 1e-4);
            }
        }
    }
}

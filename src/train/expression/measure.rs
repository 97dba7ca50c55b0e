//! How good an expression network is.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};

use super::outputs::{GAZE, LIDS, NAMES, OUTPUTS, SHUT, Values};
use super::reader::ExpressionShot;
use super::{ExpressionJudge, SIDE};

/// Crops that are looked at together.
const TOGETHER: usize = 32;

/// How one number compares with its truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Faces.
    pub faces: usize,
    /// Correlation (Pearson), −1..1; `None` where the truth never changes.
    pub correlation: Option<f64>,
    /// Root of the mean squared error, in the number's own unit.
    pub error: f64,
}

/// For each number, over faces; the gaze over those that show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures(pub [Agreement; OUTPUTS]);

impl Figures {
    /// Of crops as they are, or blurred by a Gaussian of `blur` px.
    pub fn of(judge: &ExpressionJudge, shots: &[ExpressionShot], blur: f32) -> Self {
        let found: Vec<Values> = shots.chunks(TOGETHER).flat_map(|shots| read(judge, shots, blur)).collect();
        let seen = |place: usize, shot: &ExpressionShot| {
            !GAZE.contains(&place) || LIDS.iter().all(|&lid| shot.values[lid] > SHUT)
        };
        Self(std::array::from_fn(|place| {
            let pairs = shots.iter().zip(&found).filter(|(shot, _)| seen(place, shot));
            agreement(&pairs.map(|(shot, found)| [shot.values[place].into(), found[place].into()]).collect::<Vec<_>>())
        }))
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, agreement) in NAMES.iter().zip(&self.0) {
            let correlation = agreement.correlation.map_or_else(|| "    -".to_owned(), |value| format!("{value:.3}"));
            writeln!(f, "  {name:18} {correlation}  {:.3}  {} faces", agreement.error, agreement.faces)?;
        }
        Ok(())
    }
}

/// How far each number is to be trusted, 0..1: the part of the truth's variance that it explains at best (the square
/// of the correlation), in the worst of several groups of faces.
pub fn counts(groups: &[Figures]) -> Values {
    let explained = |figures: &Figures, place: usize| {
        figures.0[place].correlation.map_or(0.0, |correlation| correlation.max(0.0).powi(2) as f32)
    };
    std::array::from_fn(|place| groups.iter().map(|figures| explained(figures, place)).fold(1.0, f32::min))
}

fn read(judge: &ExpressionJudge, shots: &[ExpressionShot], blur: f32) -> Vec<Values> {
    let (pixels, count) = (SIDE * SIDE, shots.len());
    let mut crops = vec![0.0; count * 3 * pixels];
    for (planes, shot) in crops.chunks_exact_mut(3 * pixels).zip(shots) {
        for (n, pixel) in shot.source.bgr().chunks_exact(3).enumerate() {
            pixel.iter().enumerate().for_each(|(c, &v)| planes[c * pixels + n] = f32::from(v) / 255.0);
        }
    }
    let masks: Vec<f32> = shots.iter().flat_map(|shot| shot.source.mask()).map(|&v| f32::from(v) / 255.0).collect();
    let pictures = |values, channels| {
        Tensor::<4>::from_data(TensorData::new(values, [count, channels, SIDE, SIDE]), &Device::flex())
    };
    let found = judge.read_faces(blurred(pictures(crops, 3), blur), pictures(masks, 1));
    let found = found.into_data().convert::<f32>().try_into_vec::<f32>().unwrap_or_default();
    let [means, deviations] = [&judge.header.means, &judge.header.deviations];
    let row = |row: &[f32]| std::array::from_fn(|i| row[i] * deviations[i] + means[i]);
    found.chunks_exact(OUTPUTS).map(row).collect()
}

/// Pictures through a Gaussian of deviation `sigma` px, zero beyond their edges.
fn blurred(pictures: Tensor<4>, sigma: f32) -> Tensor<4> {
    if sigma <= 0.0 {
        return pictures;
    }
    let reach = (3.0 * sigma).ceil() as usize;
    let values: Vec<f32> =
        (0..=2 * reach).map(|n| (-(n as f32 - reach as f32).powi(2) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f32 = values.iter().sum();
    let values: Vec<f32> = values.into_iter().map(|value| value / sum).collect();
    let [count, channels, height, width] = pictures.dims();
    let along = |pictures: Tensor<4>, shape: [usize; 2]| {
        let kernel = TensorData::new(values.clone(), [1, 1, shape[0], shape[1]]);
        let kernel = Tensor::<4>::from_data(kernel, &pictures.device());
        let options = ConvOptions::new([1, 1], [shape[0] / 2, shape[1] / 2], [1, 1], 1);
        conv2d(pictures, kernel, None, options)
    };
    let one = pictures.reshape([count * channels, 1, height, width]);
    along(along(one, [1, 2 * reach + 1]), [2 * reach + 1, 1]).reshape([count, channels, height, width])
}

/// Of pairs of truth and what was found.
fn agreement(pairs: &[[f64; 2]]) -> Agreement {
    let count = pairs.len().max(1) as f64;
    let mean = [0, 1].map(|i| pairs.iter().map(|pair| pair[i]).sum::<f64>() / count);
    let product = |a: usize, b: usize| pairs.iter().map(|pair| (pair[a] - mean[a]) * (pair[b] - mean[b])).sum::<f64>();
    let spread = (product(0, 0) * product(1, 1)).sqrt();
    let square = pairs.iter().map(|[truth, found]| (found - truth).powi(2)).sum::<f64>() / count;
    Agreement { faces: pairs.len(), correlation: (spread > 1e-9).then(|| product(0, 1) / spread), error: square.sqrt() }
}

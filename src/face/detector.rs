//! BlazeFace: where faces are, with six key points each.
//!
//! V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019; the anchors and the
//! decoding are those of MediaPipe's face detection graphs.

use super::letterbox::{Tone, sample};
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Similarity};
use crate::runtime::{Network, NetworkError, NetworkOptions, Runtime};

/// Which detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlazeFace {
    /// 256x256 px: finds faces from about 1/18 of the picture's side.
    #[default]
    Back,
    /// 128x128 px, five times cheaper: for faces that fill a quarter of the picture or more.
    Short,
}

impl BlazeFace {
    /// Side of its square picture in px.
    pub const fn size(self) -> usize {
        match self {
            Self::Back => 256,
            Self::Short => 128,
        }
    }

    /// The network's ONNX file.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Back => include_bytes!("../../models/blazeface_back_256.onnx"),
            Self::Short => include_bytes!("../../models/blazeface_short_128.onnx"),
        }
    }
}

/// A face that a detector saw. Positions in frame px.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Detection {
    /// Brows to chin, cheek to cheek; not clipped to the frame.
    pub bounds: Rect,
    /// The subject's right eye, left eye, nose tip, mouth, right ear, left ear.
    pub keypoints: [Point; 6],
    /// How sure the detector is, 0..1.
    pub score: f32,
}

/// Values of one anchor: centre, size, six key points.
const VALUES: usize = 16;
/// Anchors of either detector: 16x16 cells of two, 8x8 cells of six.
const ANCHORS: usize = 16 * 16 * 2 + 8 * 8 * 6;
/// Detections whose intersection over union is larger are of the same face.
const SAME_FACE: f32 = 0.3;

/// A loaded detector.
#[derive(Debug)]
pub struct Detector {
    network: Network,
    kind: BlazeFace,
    regressors: usize,
    scores: usize,
    candidates: Vec<Detection>,
}

impl Detector {
    /// Loads a detector from the bytes that are compiled in.
    ///
    /// # Errors
    /// [`NetworkError`] where ONNX Runtime refuses it.
    pub fn new(runtime: &Runtime, kind: BlazeFace) -> Result<Self, NetworkError> {
        let network = Network::new(runtime, kind.bytes(), NetworkOptions::default())?;
        let output = |name: &str| {
            let missing = || NetworkError::Runtime(format!("the detector has no output '{name}'"));
            network.output_named(name).ok_or_else(missing)
        };
        let (regressors, scores) = (output("regressors")?, output("classificators")?);
        Ok(Self { network, kind, regressors, scores, candidates: Vec::with_capacity(ANCHORS) })
    }

    /// Side of its square picture in px.
    pub fn size(&self) -> usize {
        self.kind.size()
    }

    /// Appends to `found` the faces whose score is at least `threshold` in the picture that `search` (picture px to
    /// frame px, a [`letterbox`](super::letterbox::letterbox)) shows of `frame`, best first.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn detect(
        &mut self,
        frame: &Frame,
        search: &Similarity,
        threshold: f32,
        found: &mut Vec<Detection>,
    ) -> Result<(), NetworkError> {
        sample(frame, search, self.size(), Tone::SIGNED, self.network.input_mut(0));
        self.run(search, threshold, found)
    }

    /// [`Detector::detect`] in a picture that was sampled already: RGB, −1..1, rows first, of the detector's size.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn detect_in(
        &mut self,
        picture: &[f32],
        search: &Similarity,
        threshold: f32,
        found: &mut Vec<Detection>,
    ) -> Result<(), NetworkError> {
        for (to, from) in self.network.input_mut(0).iter_mut().zip(picture) {
            *to = *from;
        }
        self.run(search, threshold, found)
    }

    fn run(&mut self, search: &Similarity, threshold: f32, found: &mut Vec<Detection>) -> Result<(), NetworkError> {
        let size = self.size();
        self.network.run()?;
        let (regressors, scores) = (self.network.output(self.regressors), self.network.output(self.scores));
        self.candidates.clear();
        decode(regressors, scores, size, threshold, &mut self.candidates);
        let first = found.len();
        suppress(&mut self.candidates, found);
        for detection in &mut found[first..] {
            *detection = detection.seen_through(search);
        }
        Ok(())
    }
}

impl Detection {
    /// The same detection after `map`; bounds are those of the mapped rectangle.
    fn seen_through(&self, map: &Similarity) -> Self {
        let Rect { x, y, w, h } = self.bounds;
        let corners = [(x, y), (x + w, y), (x, y + h), (x + w, y + h)].map(|(x, y)| map.apply(Point::new(x, y)));
        Self { bounds: Rect::around(&corners), keypoints: self.keypoints.map(|p| map.apply(p)), score: self.score }
    }
}

/// Centre of anchor `i`, 0..1: layer by layer, row by row, all of a cell's anchors together.
fn anchor(i: usize) -> Point {
    let (cells, each, i) = if i < 16 * 16 * 2 { (16, 2, i) } else { (8, 6, i - 16 * 16 * 2) };
    let cell = i / each;
    Point::new(((cell % cells) as f32 + 0.5) / cells as f32, ((cell / cells) as f32 + 0.5) / cells as f32)
}

/// Appends the anchors whose score is at least `threshold`, in px of a picture of `size` x `size` px.
fn decode(regressors: &[f32], scores: &[f32], size: usize, threshold: f32, candidates: &mut Vec<Detection>) {
    let side = size as f32;
    for (i, (values, logit)) in regressors.chunks_exact(VALUES).zip(scores).enumerate().take(ANCHORS) {
        let score = 1.0 / (1.0 + (-logit.clamp(-100.0, 100.0)).exp());
        if score.is_nan() || score < threshold || !values.iter().all(|value| value.is_finite()) {
            continue;
        }
        let anchor = anchor(i);
        let at = |k: usize| Point::new(values[k] + anchor.x * side, values[k + 1] + anchor.y * side);
        let (centre, w, h) = (at(0), values[2], values[3]);
        if w <= 0.0 || h <= 0.0 {
            continue;
        }
        let bounds = Rect { x: centre.x - w / 2.0, y: centre.y - h / 2.0, w, h };
        candidates.push(Detection { bounds, keypoints: [0, 1, 2, 3, 4, 5].map(|k| at(4 + 2 * k)), score });
    }
}

/// Weighted suppression: each best candidate takes those that overlap it into its score-weighted mean, and keeps its
/// score. Empties `candidates`; appends to `found`, best first.
fn suppress(candidates: &mut Vec<Detection>, found: &mut Vec<Detection>) {
    candidates.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    while let Some(&best) = candidates.first() {
        let mut mean = Detection { bounds: Rect::default(), keypoints: [Point::default(); 6], score: best.score };
        let mut total = 0.0;
        let mut first = true;
        candidates.retain(|other| {
            // The best belongs to itself, however degenerate its rectangle is.
            let same = std::mem::take(&mut first) || other.bounds.iou(&best.bounds) > SAME_FACE;
            if same {
                let weight = other.score;
                total += weight;
                let (to, from) = (&mut mean.bounds, &other.bounds);
                to.x += weight * from.x;
                to.y += weight * from.y;
                to.w += weight * from.w;
                to.h += weight * from.h;
                for (to, from) in mean.keypoints.iter_mut().zip(&other.keypoints) {
                    to.x += weight * from.x;
                    to.y += weight * from.y;
                }
            }
            !same
        });
        let share = 1.0 / total.max(f32::MIN_POSITIVE);
        let Rect { x, y, w, h } = mean.bounds;
        mean.bounds = Rect { x: x * share, y: y * share, w: w * share, h: h * share };
        mean.keypoints = mean.keypoints.map(|p| Point::new(p.x * share, p.y * share));
        found.push(mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tensors in which nothing is a face.
    fn nothing() -> (Vec<f32>, Vec<f32>) {
        (vec![0.0; ANCHORS * VALUES], vec![-100.0; ANCHORS])
    }

    #[test]
    fn anchors_run_through_layers_rows_columns_and_repeats() {
        assert_eq!(anchor(0), Point::new(0.5 / 16.0, 0.5 / 16.0));
        assert_eq!(anchor(1), anchor(0));
        assert_eq!(anchor(2), Point::new(1.5 / 16.0, 0.5 / 16.0));
        assert_eq!(anchor(32), Point::new(0.5 / 16.0, 1.5 / 16.0));
        assert_eq!(anchor(512), Point::new(0.5 / 8.0, 0.5 / 8.0));
        assert_eq!(anchor(517), anchor(512));
        assert_eq!(anchor(895), Point::new(7.5 / 8.0, 7.5 / 8.0));
    }

    #[test]
    fn an_anchor_decodes_to_picture_px() {
        let (mut regressors, mut scores) = nothing();
        scores[34] = 2.0;
        regressors[34 * VALUES..][..8].copy_from_slice(&[4.0, -2.0, 20.0, 30.0, 1.0, 2.0, 3.0, 4.0]);
        let mut found = Vec::new();
        decode(&regressors, &scores, 256, 0.5, &mut found);
        assert_eq!(found.len(), 1);
        // Anchor 34: column 1, row 1 of 16x16 cells of 16 px, centre (24, 24).
        assert_eq!(found[0].bounds, Rect { x: 18.0, y: 7.0, w: 20.0, h: 30.0 });
        assert_eq!(found[0].keypoints[0], Point::new(25.0, 26.0));
        assert_eq!(found[0].keypoints[1], Point::new(27.0, 28.0));
        assert!((found[0].score - 1.0 / (1.0 + (-2f32).exp())).abs() < 1e-6);
    }

    #[test]
    fn bad_values_are_no_face() {
        let (mut regressors, mut scores) = nothing();
        scores[..4].copy_from_slice(&[f32::NAN, 9.0, 9.0, 9.0]);
        regressors[VALUES + 2] = f32::INFINITY;
        regressors[2 * VALUES + 2..][..2].copy_from_slice(&[-5.0, 5.0]);
        let mut found = Vec::new();
        decode(&regressors, &scores, 128, 0.5, &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn suppression_weighs_by_score_and_keeps_other_faces() {
        let face = |x: f32, score: f32| Detection {
            bounds: Rect { x, y: 0.0, w: 10.0, h: 10.0 },
            keypoints: [Point::new(x, 1.0); 6],
            score,
        };
        let mut candidates = vec![face(2.0, 0.3), face(50.0, 0.6), face(0.0, 0.9)];
        let mut found = Vec::new();
        suppress(&mut candidates, &mut found);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].score, found[1].score), (0.9, 0.6));
        // (0.9 x 0 + 0.3 x 2) / 1.2
        assert!((found[0].bounds.x - 0.5).abs() < 1e-6 && (found[0].keypoints[3].x - 0.5).abs() < 1e-6);
        assert!((found[1].bounds.x - 50.0).abs() < 1e-4);
    }
}

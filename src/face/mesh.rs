//! Face mesh: dense landmarks of one face, from its region of the frame.
//!
//! Y. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019, and
//! I. Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020.

mod refinement;

use super::Detection;
use super::letterbox::{Tone, sample};
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Similarity};
use crate::runtime::{Network, NetworkError, NetworkOptions, Runtime};

/// Which mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mesh {
    /// 468 points.
    #[default]
    Points468,
    /// The same with refined lips and eyes, and ten points of the irises; about three times the cost.
    Points478,
}

impl Mesh {
    /// How many landmarks.
    pub const fn points(self) -> usize {
        match self {
            Self::Points468 => 468,
            Self::Points478 => 478,
        }
    }

    /// The mesh of so many landmarks.
    pub fn of_points(points: usize) -> Option<Self> {
        [Self::Points468, Self::Points478].into_iter().find(|mesh| mesh.points() == points)
    }

    /// The network's ONNX file.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Points468 => include_bytes!("../../models/face_landmark_468.onnx"),
            Self::Points478 => include_bytes!("../../models/face_landmark_attention_478.onnx"),
        }
    }

    /// Names of its outputs: points, flag.
    const fn outputs(self) -> [&'static str; 2] {
        match self {
            Self::Points468 => ["conv2d_20", "conv2d_30"],
            Self::Points478 => ["output_mesh_identity", "conv_faceflag"],
        }
    }
}

/// Side of the network's square picture in px.
pub(super) const SIZE: usize = 192;
/// Points of the mesh without irises.
const POINTS: usize = 468;
/// The region's side, from the longer side of a BlazeFace box or of the landmarks' box.
const MARGIN: f32 = 1.5;
/// The subject's right and left outer eye corners.
const OUTER_EYES: [usize; 2] = [33, 263];

/// A loaded mesh network.
#[derive(Debug)]
pub struct MeshNetwork {
    network: Network,
    kind: Mesh,
    points: usize,
    flag: usize,
    refined: [usize; refinement::OUTPUTS.len()],
}

impl MeshNetwork {
    /// Loads a mesh from the bytes that are compiled in.
    ///
    /// # Errors
    /// [`NetworkError`] where ONNX Runtime refuses it.
    pub fn new(runtime: &Runtime, kind: Mesh) -> Result<Self, NetworkError> {
        let network = Network::new(runtime, kind.bytes(), NetworkOptions::default())?;
        let output = |name: &str| {
            let missing = || NetworkError::Runtime(format!("the mesh has no output '{name}'"));
            network.output_named(name).ok_or_else(missing)
        };
        let [points, flag] = kind.outputs();
        let (points, flag) = (output(points)?, output(flag)?);
        let mut refined = [0; refinement::OUTPUTS.len()];
        if kind == Mesh::Points478 {
            for (slot, part) in refined.iter_mut().zip(&refinement::OUTPUTS) {
                *slot = output(part.name)?;
            }
        }
        Ok(Self { network, kind, points, flag, refined })
    }

    /// The region to look at for a face whose landmarks are about these (frame px, the rows of the mesh).
    pub fn region(landmarks: &[Point]) -> Similarity {
        roi_of_landmarks(landmarks)
    }

    /// Fills `landmarks` (frame px) from the region `roi`, which takes px of the 192x192 px picture to frame px;
    /// returns how sure the network is that the region shows a face, 0..1.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn run(&mut self, frame: &Frame, roi: &Similarity, landmarks: &mut Vec<Point>) -> Result<f32, NetworkError> {
        sample(frame, roi, SIZE, Tone::UNIT, self.network.input_mut(0));
        self.network.run()?;
        let mesh = self.network.output(self.points).chunks_exact(3).take(POINTS);
        landmarks.clear();
        landmarks.extend(mesh.map(|p| roi.apply(Point::new(p[0], p[1]))));
        landmarks.resize(self.kind.points(), Point::default());
        if self.kind == Mesh::Points478 {
            for (part, &output) in refinement::OUTPUTS.iter().zip(&self.refined) {
                for (&row, p) in part.rows.iter().zip(self.network.output(output).chunks_exact(2)) {
                    landmarks[usize::from(row)] = roi.apply(Point::new(p[0], p[1]));
                }
            }
        }
        let logit = self.network.output(self.flag).first().copied().unwrap_or(f32::NAN);
        let score = 1.0 / (1.0 + (-logit).exp());
        Ok(if score.is_nan() { 0.0 } else { score })
    }
}

/// The region about a detection, upright in the face's frame.
pub(super) fn roi_of_detection(detection: &Detection) -> Similarity {
    region(detection.bounds.centre(), detection.bounds.w.max(detection.bounds.h), tilt_of_detection(detection))
}

/// Tilt of a detected face in radians, clockwise on screen.
pub(super) fn tilt_of_detection(detection: &Detection) -> f32 {
    let [right, left, ..] = detection.keypoints;
    angle(right, left)
}

/// The region about a rectangle that somebody else found, taken to be upright.
pub(super) fn roi_of_rect(rect: &Rect) -> Similarity {
    region(rect.centre(), rect.w.max(rect.h), 0.0)
}

/// The region about the same face in the next frame.
pub(super) fn roi_of_landmarks(landmarks: &[Point]) -> Similarity {
    let angle = tilt(landmarks);
    let (sin, cos) = angle.sin_cos();
    let mut low = Point::new(f32::INFINITY, f32::INFINITY);
    let mut high = Point::new(f32::NEG_INFINITY, f32::NEG_INFINITY);
    for p in landmarks.iter().take(POINTS) {
        let (x, y) = (cos * p.x + sin * p.y, cos * p.y - sin * p.x);
        low = Point::new(low.x.min(x), low.y.min(y));
        high = Point::new(high.x.max(x), high.y.max(y));
    }
    let (x, y) = ((low.x + high.x) / 2.0, (low.y + high.y) / 2.0);
    let centre = Point::new(cos * x - sin * y, sin * x + cos * y);
    region(centre, (high.x - low.x).max(high.y - low.y), angle)
}

/// The same region, turned by half a turn.
pub(super) fn upside_down(roi: &Similarity) -> Similarity {
    let side = SIZE as f32;
    Similarity { a: -1.0, b: 0.0, tx: side, ty: side }.then(roi)
}

/// Tilt of the face in radians, clockwise on screen. `landmarks` are a whole mesh.
pub(super) fn tilt(landmarks: &[Point]) -> f32 {
    let [right, left] = OUTER_EYES.map(|row| landmarks[row]);
    angle(right, left)
}

fn angle(right_eye: Point, left_eye: Point) -> f32 {
    (left_eye.y - right_eye.y).atan2(left_eye.x - right_eye.x)
}

fn region(centre: Point, side: f32, angle: f32) -> Similarity {
    let middle = SIZE as f32 / 2.0;
    Similarity::taking(Point::new(middle, middle), centre, MARGIN * side / SIZE as f32, angle)
}

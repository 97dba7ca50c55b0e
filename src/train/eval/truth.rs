//! Ground truth beside a clip: what a renderer knows of each frame, in `CLIP.json` for `CLIP.mp4`.
//!
//! ```text
//! { "fps": 30, "view": [16 numbers: world to camera, row-major, camera along −z],
//!   "frames": [ { "f": [focal length px, cx, cy],
//!                 "faces": [ { "head": [12 numbers: 3x4, head to world], "box": [x, y, w, h],
//!                              "lm68": [x0, y0, …], "iris": [[x, y], [x, y]],
//!                              "gaze": [degrees to image right, degrees down], "expr": { unit: weight } } ],
//!                 "index": who of several people who follow each other } ] }
//! ```
//!
//! `gaze`, `expr` and `index` may be missing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::EvalError;
use crate::geometry::{Point, Rect};
use crate::train::extract::pose::Pose;

/// The file.
#[derive(Debug, Clone, Deserialize)]
pub struct GroundTruth {
    /// Frames a second.
    pub fps: f64,
    view: Vec<f64>,
    frames: Vec<TrueFrame>,
}

#[derive(Debug, Clone, Deserialize)]
struct TrueFrame {
    f: [f64; 3],
    faces: Vec<Record>,
    #[serde(default)]
    index: Option<usize>,
}

#[derive(Debug, Clone, Deserialize)]
struct Record {
    head: Vec<f64>,
    #[serde(rename = "box")]
    bounds: [f32; 4],
    lm68: Vec<f32>,
    iris: [[f32; 2]; 2],
    #[serde(default)]
    gaze: Option<[f32; 2]>,
    #[serde(default)]
    expr: HashMap<String, f32>,
}

/// One face of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct TrueFace {
    /// Bounds of the face's surface in frame px.
    pub bounds: Rect,
    /// Its pose as seen from the camera.
    pub pose: Pose,
    /// The 68 landmarks in frame px.
    pub landmarks: Vec<Point>,
    /// Pupils, the subject's right one first.
    pub pupils: [Point; 2],
    /// How far the eyes are turned in the head, in degrees: to image right, and down. `None` where nobody said.
    pub gaze: Option<[f32; 2]>,
    /// Weights of the units of expression, 0..1; those that are not listed are 0.
    pub units: HashMap<String, f32>,
}

impl GroundTruth {
    /// Where the truth of a clip would lie.
    pub fn path(clip: &Path) -> PathBuf {
        clip.with_extension("json")
    }

    /// The truth beside `clip`; `None` where there is no such file, or one without a view and frames.
    ///
    /// # Errors
    /// [`EvalError::GroundTruth`] where it cannot be read.
    pub fn beside(clip: &Path) -> Result<Option<Self>, EvalError> {
        let file = Self::path(clip);
        if !file.is_file() {
            return Ok(None);
        }
        let broken = |reason: String| EvalError::GroundTruth { file: file.clone(), reason };
        let text = std::fs::read_to_string(&file).map_err(|error| broken(error.to_string()))?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
        // Other tools leave files of this name beside a clip, too.
        if value.get("view").is_none() && value.get("frames").is_none() {
            return Ok(None);
        }
        let truth: Self = serde_json::from_value(value).map_err(|error| broken(error.to_string()))?;
        if truth.view.len() != 16 {
            return Err(broken(format!("'view' has {} numbers and needs 16", truth.view.len())));
        }
        let bad = |face: &Record| face.head.len() != 12 || face.lm68.len() != 136;
        if let Some(i) = truth.frames.iter().position(|frame| frame.faces.iter().any(bad)) {
            return Err(broken(format!("a face of frame {i} needs 12 numbers in 'head' and 136 in 'lm68'")));
        }
        Ok(Some(truth))
    }

    /// How many frames it knows.
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// How many faces are in view in frame `i`.
    pub fn faces(&self, i: usize) -> usize {
        self.frames.get(i).map_or(0, |frame| frame.faces.len())
    }

    /// Who is in frame `i`, where several people follow each other in the clip, each frame a picture of its own.
    pub fn person(&self, i: usize) -> Option<usize> {
        self.frames.get(i)?.index
    }

    /// The face of frame `i` that lies where `bounds` are.
    pub fn face(&self, i: usize, bounds: &Rect) -> Option<TrueFace> {
        let frame = self.frames.get(i)?;
        let rect = |face: &Record| Rect { x: face.bounds[0], y: face.bounds[1], w: face.bounds[2], h: face.bounds[3] };
        let nearest = frame.faces.iter().map(|face| (face, rect(face).iou(bounds))).max_by(|a, b| a.1.total_cmp(&b.1));
        let (face, _) = nearest.filter(|(_, iou)| *iou > 0.2)?;
        let landmarks: Vec<Point> = face.lm68.chunks_exact(2).map(|p| Point::new(p[0], p[1])).collect();
        let pupils = face.iris.map(|[x, y]| Point::new(x, y));
        let pose = seen_pose(&self.view, frame.f, &face.head, &landmarks);
        let (gaze, units) = (face.gaze, face.expr.clone());
        Some(TrueFace { bounds: rect(face), pose, landmarks, pupils, gaze, units })
    }
}

type Matrix = [[f64; 3]; 3];

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

/// The head's rotation as a camera sees it that looks straight at the nose: a mesh knows only the picture. Angles of
/// R = Ry(yaw) Rx(pitch) Rz(roll).
fn seen_pose(view: &[f64], [focal, cx, cy]: [f64; 3], head: &[f64], landmarks: &[Point]) -> Pose {
    let view: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| view[4 * i + j]));
    let head: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| head[4 * i + j]));
    let nose = &landmarks[27..36];
    let (x, y) = nose.iter().fold((0.0, 0.0), |(x, y), p| (x + f64::from(p.x) / 9.0, y + f64::from(p.y) / 9.0));
    let seen = product(&straighten((x - cx) / focal, -(y - cy) / focal), &product(&view, &head));
    // A head matrix may scale; the angles do not mind, but for the sine.
    let scale = (seen[0][2].powi(2) + seen[1][2].powi(2) + seen[2][2].powi(2)).sqrt();
    Pose {
        yaw: seen[0][2].atan2(seen[2][2]).to_degrees() as f32,
        pitch: (-seen[1][2] / scale).clamp(-1.0, 1.0).asin().to_degrees() as f32,
        roll: seen[1][0].atan2(seen[1][1]).to_degrees() as f32,
    }
}

/// The smallest rotation that takes the direction (x, y, −1) to the axis of view (0, 0, −1).
fn straighten(x: f64, y: f64) -> Matrix {
    let length = (x * x + y * y + 1.0).sqrt();
    let (x, y, cosine) = (x / length, y / length, 1.0 / length);
    // Rodrigues' formula about direction × axis = (−y, x, 0).
    let (u, v) = (-y, x);
    let k = 1.0 / (1.0 + cosine);
    [[1.0 - k * v * v, k * u * v, v], [k * u * v, 1.0 - k * u * u, -u], [-v, u, 1.0 - k * (u * u + v * v)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_off_the_axis_is_turned_onto_it() {
        let turn = straighten(0.3, -0.2);
        let to: Vec<f64> = turn.iter().map(|row| row[0] * 0.3 - row[1] * 0.2 - row[2]).collect();
        assert!(to[0].abs() < 1e-12 && to[1].abs() < 1e-12 && to[2] < -1.0, "{to:?}");
    }

    #[test]
    fn a_file_of_another_kind_is_no_truth() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let clip = folder.path().join("clip.mp4");
        std::fs::write(GroundTruth::path(&clip), r#"{"camera": "front"}"#)?;
        assert!(GroundTruth::beside(&clip).is_ok_and(|truth| truth.is_none()));
        std::fs::write(GroundTruth::path(&clip), r#"{"view": [], "frames": []}"#)?;
        assert!(GroundTruth::beside(&clip).is_err());
        Ok(())
    }

    #[test]
    fn a_head_that_faces_an_off_axis_camera_has_no_pose() {
        // The head is turned towards the camera from where it stands.
        let towards = straighten(0.3, 0.1);
        let head: Vec<f64> = (0..3).flat_map(|i| [towards[0][i], towards[1][i], towards[2][i], 0.0]).collect();
        let view: Vec<f64> = (0..16u8).map(|n| f64::from(u8::from(n % 5 == 0))).collect();
        let nose = vec![Point::new(640.0 + 300.0, 360.0 - 100.0); 68];
        let pose = seen_pose(&view, [1000.0, 640.0, 360.0], &head, &nose);
        assert!(pose.yaw.abs() < 1e-3 && pose.pitch.abs() < 1e-3 && pose.roll.abs() < 1e-3, "{pose:?}");
    }
}

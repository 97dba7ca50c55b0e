//! Finding faces and aligning them: detector, mesh, tracker, alignment, face types.

mod detector;
mod error;
mod face_type;
mod finder;
mod hull;
mod letterbox;
mod mesh;
mod probes;
mod settings;
mod smoothing;
mod template;
mod tracker;

pub use detector::{BlazeFace, Detection, Detector};
pub use error::FindError;
pub use face_type::{CropSettings, FaceType};
pub use finder::{Finder, FinderState};
pub use hull::hull;
pub use letterbox::{Tone, letterbox, sample};
pub use mesh::{Mesh, MeshNetwork};
pub use settings::FinderSettings;
pub use smoothing::{AlignmentFilter, Smoothing};
pub use template::{align, yaw};

use crate::geometry::{Point, Rect, Similarity};

/// One face of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// Stays the same as long as the face is followed; never used again for another.
    pub track: u32,
    /// How sure the mesh network is that this is a face, 0..1.
    pub score: f32,
    /// Bounds of the landmarks in frame pixels, not clipped to the frame.
    pub bounds: Rect,
    /// The mesh's points in frame pixels: 468, or 478 with irises.
    pub landmarks: Vec<Point>,
    /// Frame pixels to the canonical unit frame, smoothed over time.
    pub to_canonical: Similarity,
    /// Turn of the head in radians, positive towards image right.
    pub yaw: f32,
}

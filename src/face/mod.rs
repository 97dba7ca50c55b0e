//! Finding faces and aligning them: detector, mesh, tracker, alignment, face types; people whose faces cannot be
//! found; and what hides a face.

mod alignment;
mod detector;
mod error;
mod face_type;
mod finder;
mod hull;
pub mod identity;
mod letterbox;
mod mesh;
mod occlusion;
mod people;
pub mod pose;
mod probes;
mod recognition;
mod reference;
mod settings;
mod smoothing;
mod template;
mod tracker;

pub use alignment::Alignment;
pub use detector::{BlazeFace, Detection, Detector};
pub use error::FindError;
pub use face_type::{CropSettings, FaceType};
pub use finder::{Finder, FinderState};
pub use hull::hull;
pub use identity::IdentityNetwork;
pub use letterbox::{Tone, letterbox, sample};
pub use mesh::{Mesh, MeshNetwork};
pub use occlusion::{OCCLUSION_CLASSES, OCCLUSION_SIDE, OcclusionNetwork};
pub use people::{PeopleMap, PeopleNetwork};
pub use pose::align_rigid;
pub use recognition::{Recognised, Recognition, Reference};
pub use reference::{ReferenceError, read_reference};
pub use settings::FinderSettings;
pub use smoothing::{AlignmentFilter, Smoothing};
pub use template::{align, yaw};

use crate::geometry::{Point, Rect, Similarity};

/// One face of one frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Face {
    /// Stays the same as long as the face is followed; never used again for another.
    pub track: u32,
    /// How sure the mesh network is that this is a face, 0..1.
    pub score: f32,
    /// Bounds of the landmarks in frame pixels, not clipped to the frame.
    pub bounds: Rect,
    /// The mesh's points in frame pixels: 468, or 478 with irises.
    pub landmarks: Vec<Point>,
    /// Frame pixels to the canonical unit frame by [`Alignment::Template`], smoothed over time.
    pub to_canonical: Similarity,
    /// The same by [`Alignment::Rigid`].
    pub to_canonical_rigid: Similarity,
    /// How far the skull's points lie from where the mean head has them ([`pose::skull_centre`]), averaged while the
    /// face is followed; canonical units. `None` until it was seen from ahead.
    pub skull_centre: Option<Point>,
    /// Turn of the head in radians, positive towards image right.
    pub yaw: f32,
    /// Whose face it is, where somebody asked.
    pub recognised: Recognised,
}

impl Face {
    /// Frame pixels to the canonical unit frame by `alignment`, smoothed over time.
    pub fn to_canonical_by(&self, alignment: Alignment) -> Similarity {
        match alignment {
            Alignment::Template => self.to_canonical,
            Alignment::Rigid => self.to_canonical_rigid,
        }
    }

    /// Moves all of the face by so many pixels.
    pub fn shift(&mut self, by: Point) {
        (self.bounds.x, self.bounds.y) = (self.bounds.x + by.x, self.bounds.y + by.y);
        for landmark in &mut self.landmarks {
            *landmark = Point::new(landmark.x + by.x, landmark.y + by.y);
        }
        let back = Similarity { tx: -by.x, ty: -by.y, ..Similarity::IDENTITY };
        for to_canonical in [&mut self.to_canonical, &mut self.to_canonical_rigid] {
            *to_canonical = back.then(to_canonical);
        }
    }
}

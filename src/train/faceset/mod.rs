//! A face set: a folder of aligned faces of one person, with one table. Other tools may read it.
//!
//! ```text
//! FACESET/
//!   faceset.json     what it is: a [`FaceSetHeader`]
//!   faces.jsonl      the table: one [`FaceRecord`] a line
//!   faces/           the crops, PNG, RGB, square, at the resolution that the source had
//!   masks/           their masks, PNG, 8-bit grey, same size: 255 face, 0 not
//! ```
//!
//! A picture belongs to the set only if the table names it: a run that was stopped may leave others. What else the
//! folder holds (`extract.json`, `report.json`, `report.txt`, `contact-sheet.png`) is the extractor's and may be
//! deleted, after which the set can be used but not gone on with.

mod error;
mod folder;
mod writer;

pub use error::FaceSetError;
pub use folder::FaceSet;
pub use writer::{Writer, lock, replace, write_header};

use serde::{Deserialize, Serialize};

use crate::face::Alignment;

/// Version of the folder's format that is written, and the newest that is read.
pub const VERSION: u32 = 1;
/// Points of a face's landmarks.
pub const LANDMARKS: usize = 468;

/// File of the [`FaceSetHeader`].
pub const HEADER: &str = "faceset.json";
/// File of the table.
pub const TABLE: &str = "faces.jsonl";
/// Folder of the crops.
pub const CROPS: &str = "faces";
/// Folder of the masks.
pub const MASKS: &str = "masks";

/// `faceset.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceSetHeader {
    /// [`VERSION`].
    pub version: u32,
    /// Tool and version that wrote it.
    pub tool: String,
    /// Name of the crop: half, mid-full, full, whole-face or head.
    pub face_type: String,
    /// Side of the crop in canonical units.
    pub coverage: f32,
    /// How the faces were aligned: template or rigid; template where it is left out.
    #[serde(default)]
    pub alignment: Alignment,
    /// The clips and pictures that it was extracted from, as they were given.
    pub sources: Vec<String>,
}

/// Where a mask came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskKind {
    /// The hull of the landmarks.
    Hull,
    /// What the occlusion network takes for face.
    Network,
    /// Somebody supplied it.
    Supplied,
}

/// One face: a line of `faces.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceRecord {
    /// File of the crop, from the face set's folder: `faces/0000-000012-0.png` (source, frame, face), a PNG or JPEG
    /// file.
    pub picture: String,
    /// File of the mask, likewise.
    pub mask: String,
    /// Where the mask came from.
    pub mask_kind: MaskKind,
    /// The clip or picture.
    pub source: String,
    /// Frame of the clip, from 0; 0 for a picture.
    pub frame: u64,
    /// Its time in seconds.
    pub time: f64,
    /// The same for faces that were followed from frame to frame within a source.
    pub track: u32,
    /// How sure the mesh network is that this is a face, 0..1.
    pub score: f32,
    /// Bounds of the landmarks in source px: left, top, width, height.
    pub bounds: [f32; 4],
    /// Source px to the unit square of the crop: `x' = a x − b y + tx`, `y' = b x + a y + ty`; a, b, tx, ty.
    pub to_crop: [f32; 4],
    /// The 468 points of the mesh in the unit square of the crop: x and y.
    pub landmarks: Vec<[f32; 2]>,
    /// Turn of the head in degrees, positive towards image right.
    pub yaw: f32,
    /// Nod in degrees, positive downwards.
    pub pitch: f32,
    /// Tilt in degrees, positive counter-clockwise in the picture.
    pub roll: f32,
    /// Side of the crop in source px.
    pub size: f32,
    /// Variance of the Laplacian of luma (0..255) within the mask, at 128 px: small means blurred.
    pub sharpness: f32,
    /// Mean luma within the mask, 0..1.
    pub exposure: f32,
    /// Hash of the crop's look, 64 bits in hexadecimal; pictures that differ in few bits look alike. Holds no identity.
    pub hash: String,
    /// SHA-256 of the crop's file.
    pub sha256: String,
    /// SHA-256 of the mask's file; tables of other tools may leave it out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mask_sha256: String,
    /// In face sets of several people: who, and which frame of what they perform alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance: Option<Performance>,
}

/// Who shows a face of a troupe. In one frame of a performance pose, expression, gaze, light and camera are the same
/// for all, so that anybody's picture of it is the right answer for anybody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performance {
    /// Who performs, from 0.
    pub person: u32,
    /// Frame of the performance, from 0; none where nobody else performs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<u32>,
    /// Their sex, where whoever extracted them said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

/// Of people of a troupe, who are drawn evenly over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// Women.
    Female,
    /// Men.
    Male,
}

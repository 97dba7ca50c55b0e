//! The report, as `eval.json` has it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::expression::Follows;
use super::figures::{FrameFigures, Spread};
use super::lag::Followed;
use super::skin_tone::ToneFigures;

/// Version of the JSON.
pub const VERSION: u32 = 2;

/// Everything that was found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvalReport {
    /// [`VERSION`].
    pub version: u32,
    /// Tool and version that wrote it.
    pub tool: String,
    /// The model's file.
    pub model: String,
    /// Who lent the face.
    pub subject: String,
    /// The driver's clip.
    pub driver: String,
    /// What a perfect swap of that clip looks like.
    pub truth: Option<String>,
    /// Whose identity is the target's: a clip or a face set.
    pub target: Option<String>,
    /// The file that knows pose and landmarks of each of the driver's frames.
    pub ground_truth: Option<String>,
    /// Where the pictures are compared: `landmark hull` or the mask's clip.
    pub mask: String,
    /// Width of the frames.
    pub width: usize,
    /// Height of the frames.
    pub height: usize,
    /// Frames a second of the clip.
    pub clip_fps: f64,
    /// What left the live path.
    pub delivery: Delivery,
    /// What it took.
    pub timing: EvalTiming,
    /// The figures to compare models by, by the keys of [`super::table::ROWS`]; null where the clips do not say.
    pub table: BTreeMap<&'static str, Option<f32>>,
    /// The same of the truth clip in the output's place, as far as it was measured: what a perfect swap has, which is
    /// not perfect where the measurement is not.
    pub table_of_truth: BTreeMap<&'static str, f32>,
    /// Identity, where there is a target.
    pub identity: Option<IdentityFigures>,
    /// Samples of all frames that changed where nothing may.
    pub outside: u64,
    /// Every figure over the clip, by its key in `frames`.
    pub figures: BTreeMap<&'static str, Spread>,
    /// Each measure of the expression, output against source.
    pub expression: Vec<Follows>,
    /// Each measure of the expression, output against the ground truth.
    pub expression_to_ground_truth: Vec<Follows>,
    /// Each measure of the expression, source against the ground truth: how exact the measurement is.
    pub expression_of_source: Vec<Follows>,
    /// How lids, mouth and irises of the output follow the source's, by name, and how many frames later.
    pub followed: BTreeMap<&'static str, Followed>,
    /// The same of the truth clip: two people's meshes differ, so that not even this is perfect.
    pub followed_by_truth: BTreeMap<&'static str, Followed>,
    /// How those of the output follow the truth clip's: the same person, so that a perfect swap has 1.
    pub followed_truth: BTreeMap<&'static str, Followed>,
    /// Root mean square of the drawn face's movement from frame to frame less the source's, while the source's head is
    /// still, in px of a full-face crop of 160 px; where it is for five frames at least.
    pub still_jitter: Option<f32>,
    /// The same of the truth clip's face: the noise of the measurement.
    pub still_jitter_truth: Option<f32>,
    /// Frames in which it is still and measured.
    pub still_frames: usize,
    /// Identity by tone of the driver's skin, lightest first.
    pub skin_tones: Vec<ToneFigures>,
    /// Mean difference of the output's pose to the source's, which the figures leave out: yaw, pitch, roll in degrees.
    pub pose_offset: Option<[f32; 3]>,
    /// How well the networks draw what they were trained on, where the training is at hand: a .dfm has but one decoder.
    pub reconstruction: Option<Reconstruction>,
    /// Each frame.
    pub frames: Vec<FrameFigures>,
}

/// What became of the frames.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// All of them.
    pub frames: usize,
    /// With a face that was found and swapped.
    pub swapped: usize,
    /// Swapped where a face was a moment ago.
    pub held: usize,
    /// With something blurred.
    pub concealed: usize,
    /// As they came in.
    pub untouched: usize,
    /// Not delivered.
    pub dropped: usize,
    /// Untouched although a face is there; known only with ground truth.
    pub missed: Option<usize>,
    /// Swapped, and then no face is to be found in the output.
    pub unrecognisable: usize,
    /// The first reason why a frame could not be swapped.
    pub failure: Option<String>,
}

/// Time on one frame at a time, on the processor; `standin bench` measures throughput.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvalTiming {
    /// Threads of the swap network.
    pub threads: usize,
    /// Milliseconds by stage.
    pub stages: Vec<(&'static str, Spread)>,
    /// Frames a second, one after the other.
    pub fps: f64,
}

/// Distances of faces in the identity network's space.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IdentityFigures {
    /// Distance under which two faces are taken for the same person.
    pub same: f32,
    /// Mean distance of the output's faces to the target's mean face.
    pub to_target: f32,
    /// To the driver's mean face.
    pub to_driver: f32,
    /// Mean distance of the output's faces to each of the target's.
    pub to_target_pairs: f32,
    /// To each of the driver's.
    pub to_driver_pairs: f32,
    /// Distance of the driver's mean face to the target's.
    pub driver_to_target: f32,
    /// Part of the frames that are nearer to the target's mean face than to the driver's, 0..1.
    pub nearer_to_target: f32,
    /// Part of the frames that are nearer to the target's mean face than to the performer's in the same frame, 0..1:
    /// for clips of many people, whose mean is nobody.
    pub nearer_to_target_than_performer: f32,
    /// Mean distance of the network's bare output to the target's mean face.
    pub bare_to_target: Option<f32>,
    /// To the driver's mean face.
    pub bare_to_driver: Option<f32>,
    /// Part of the frames that are within [`Self::same`] of the target, 0..1.
    pub taken_for_target: f32,
    /// Faces of the target that were measured.
    pub target_faces: usize,
}

/// DSSIM, (1 − SSIM) / 2, of each side's faces through its own decoder, masked, not augmented.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reconstruction {
    /// Of the driver; none where the training had none.
    pub a: Option<f32>,
    /// Of the target.
    pub b: Option<f32>,
    /// Steps of the training behind it.
    pub step: u64,
}

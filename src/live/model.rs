//! A loaded model: what its file says, and the swappers that run it.

use std::path::PathBuf;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::blend::BlendRequest;
use crate::face::pose::pose_through;
use crate::face::{Alignment, Face, FaceType};
use crate::frame::FrameMut;
use crate::geometry::{Point, Similarity};
use crate::swap::{RegistrationMap, kept_proportion};
use crate::swapper::{SwapError, Swapped, Swapper};

/// A loaded model and as many swappers as frames may be worked on at once.
#[derive(Debug)]
pub struct Model {
    /// File, for messages.
    pub path: PathBuf,
    /// Its SHA-256, 64 lower-case hexadecimal digits, as the consent record has it.
    pub sha256: String,
    /// Who lent the face.
    pub subject: String,
    /// Face type it was trained with, where it says so.
    pub face_type: Option<FaceType>,
    /// Coverage it was trained with, where it says so.
    pub coverage: Option<f32>,
    /// How the faces that it was trained with were aligned.
    pub alignment: Alignment,
    /// Where it draws a face beside where it belongs, where it says so.
    pub registration: Option<RegistrationMap>,
    /// How far the subject's features lie from where the mean head has them, where it says so.
    pub skull_centre: Option<Point>,
    /// How far what it draws is to be sharpened, 0 (not at all)..3.
    pub sharpen: f32,
    /// When the consent ends.
    pub expires: SystemTime,
    /// What runs it: a provider of ONNX Runtime, or a GPU.
    pub runs_on: String,
    swappers: Pool,
    count: usize,
}

type Pool = (Sender<Box<dyn Swapper>>, Receiver<Box<dyn Swapper>>);

impl Model {
    /// A model that is none of ours: for tests and for tools with swappers of their own.
    pub fn of(swappers: Vec<Box<dyn Swapper>>, expires: SystemTime) -> Self {
        let (pool, count) = (bounded(swappers.len().max(1)), swappers.len());
        for swapper in swappers {
            let _ = pool.0.send(swapper);
        }
        Self {
            path: PathBuf::new(),
            sha256: String::new(),
            subject: String::new(),
            face_type: None,
            coverage: None,
            alignment: Alignment::default(),
            registration: None,
            skull_centre: None,
            sharpen: 0.0,
            expires,
            runs_on: String::new(),
            swappers: pool,
            count,
        }
    }

    /// Whether its consent still holds.
    ///
    /// # Errors
    /// The reason, as a sentence.
    pub fn usable(&self) -> Result<(), String> {
        if SystemTime::now() >= self.expires {
            return Err(format!(
                "the consent for {} has ended; ask {} for a new one and write it with `standin consent new`",
                self.path.display(),
                self.subject
            ));
        }
        Ok(())
    }

    /// From where a point of the crop's unit square belongs to where the model draws it, for this face, which `to_crop`
    /// takes from frame px to that square: by the model's map, and by how far the performer's features lie from the
    /// subject's, since some of that stays in what is drawn.
    pub fn registration_of(&self, face: &Face, to_crop: &Similarity) -> Similarity {
        let map = |map: &RegistrationMap| {
            let pose = pose_through(&face.landmarks, to_crop)?;
            Some(map.at(pose.yaw.to_radians(), pose.pitch.to_radians()))
        };
        let mapped = self.registration.as_ref().and_then(map).unwrap_or(Similarity::IDENTITY);
        let crop_sides = to_crop.scale() / face.to_canonical_rigid.scale().max(f32::MIN_POSITIVE);
        match (self.skull_centre.filter(|_| self.alignment == Alignment::Rigid), face.skull_centre) {
            (Some(own), Some(seen)) => kept_proportion(own, seen, crop_sides).then(&mapped),
            _ => mapped,
        }
    }

    /// Whether it must be loaded again ([`Swapper::is_lost`]), as far as a swapper that nobody has now can tell.
    pub fn is_lost(&self) -> bool {
        let Ok(swapper) = self.swappers.1.try_recv() else { return false };
        let lost = swapper.is_lost();
        let _ = self.swappers.0.send(swapper);
        lost
    }

    /// A swapper for one frame; waits for one to be free.
    pub fn swapper(&self) -> Borrowed<'_> {
        let swapper = if self.count > 0 { self.swappers.1.recv().ok() } else { None };
        Borrowed { swapper, pool: &self.swappers.0 }
    }
}

/// A swapper that goes back to its model when dropped.
pub struct Borrowed<'a> {
    swapper: Option<Box<dyn Swapper>>,
    pool: &'a Sender<Box<dyn Swapper>>,
}

impl Swapper for Borrowed<'_> {
    fn swap(&mut self, frame: &mut FrameMut<'_>, request: &BlendRequest<'_>, morph: f32) -> Result<Swapped, SwapError> {
        match &mut self.swapper {
            Some(swapper) => swapper.swap(frame, request, morph),
            None => Err(SwapError::NoEngine),
        }
    }

    fn is_lost(&self) -> bool {
        self.swapper.as_ref().is_some_and(|swapper| swapper.is_lost())
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(swapper) = self.swapper.take() {
            let _ = self.pool.send(swapper);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    #[test]
    fn only_a_model_that_says_where_its_subject_s_features_lie_has_faces_moved_and_only_where_they_were_seen() {
        let (own, higher) = (Point::new(0.0, 0.004), Point::new(0.0, -0.006));
        let to_canonical = Similarity { a: 0.01, ..Similarity::IDENTITY };
        // The crop is twice as wide as the canonical frame.
        let to_crop = Similarity { a: 0.005, ..Similarity::IDENTITY };
        let moved = |own, alignment, seen| {
            let model = Model { skull_centre: own, alignment, ..Model::of(Vec::new(), SystemTime::UNIX_EPOCH) };
            let (bounds, landmarks, skull_centre) = (Rect::default(), Vec::new(), seen);
            let to_canonical_rigid = to_canonical;
            let face = Face {
                track: 1,
                score: 1.0,
                bounds,
                landmarks,
                to_canonical,
                to_canonical_rigid,
                skull_centre,
                ..Face::default()
            };
            model.registration_of(&face, &to_crop)
        };
        assert_eq!(moved(Some(own), Alignment::Rigid, Some(higher)), kept_proportion(own, higher, 0.5));
        assert!(moved(Some(own), Alignment::Rigid, Some(higher)).ty < 0.0);
        for (own, alignment, seen) in [
            (None, Alignment::Rigid, Some(higher)),
            (Some(own), Alignment::Template, Some(higher)),
            (Some(own), Alignment::Rigid, None),
        ] {
            assert_eq!(moved(own, alignment, seen), Similarity::IDENTITY);
        }
    }
}

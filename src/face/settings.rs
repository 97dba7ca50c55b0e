//! How faces are found: what a user sets.

/// How faces are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FinderSettings {
    /// Frames from one run of the detector to the next while every face is followed; 0 only when a face is lost.
    pub detect_interval: u32,
    /// Strength of the smoothing of alignments, 0 (off) to 1; see
    /// [`Smoothing::with_strength`](super::Smoothing::with_strength).
    pub smoothing: f32,
    /// Faces that are followed at most, the largest first; never more than 64.
    pub max_faces: usize,
    /// Takes the mesh without refined eyes and lips, where both are there; the refined points are then where that has
    /// them.
    pub plain_landmarks: bool,
    /// Lets no frame wait for the detector: who is lost or comes in is found at once if the cheap detector is sure of
    /// them, which takes a face of a quarter of the frame, others up to five frames later. For a scene that goes on,
    /// where what shows of people is concealed meanwhile; in the first frame of a new one it is left off.
    pub search_beside: bool,
}

impl Default for FinderSettings {
    fn default() -> Self {
        Self { detect_interval: 15, smoothing: 0.5, max_faces: 8, plain_landmarks: false, search_beside: false }
    }
}

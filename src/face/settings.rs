//! How faces are found: what a user sets.

/// How faces are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FinderSettings {
    /// Frames from one run of the detector to the next while every face is followed; 0 only when a face is lost.
    pub detect_interval: u32,
    /// Strength of the smoothing of alignments, 0 (off) to 1; see [`Smoothing::with_strength`](super::Smoothing::with_strength).
    pub smoothing: f32,
    /// Faces that are followed at most, the largest first; never more than 64.
    pub max_faces: usize,
    /// Takes the mesh without refined eyes and lips, where both are there; the refined points are then where that has them.
    pub plain_landmarks: bool,
    /// Lets a frame wait for nothing while somebody may come in: whoever fills a quarter of it is still found at once, others
    /// up to four frames later. For live video of a scene that goes on, where what shows of people is concealed meanwhile.
    pub search_beside: bool,
}

impl Default for FinderSettings {
    fn default() -> Self {
        Self { detect_interval: 15, smoothing: 0.5, max_faces: 8, plain_landmarks: false, search_beside: false }
    }
}

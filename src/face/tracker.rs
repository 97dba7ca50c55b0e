//! The faces that are followed from frame to frame, and those lost a moment ago.

use serde::{Deserialize, Serialize};

use super::mesh::{roi_of_landmarks, tilt};
use super::pose::skull_centre;
use super::smoothing::{AlignmentFilter, Smoothing};
use super::{align_rigid, template};
use crate::geometry::{Point, Rect, Similarity};

/// Seconds for which a lost face may come back under its number.
const REMEMBERED: f64 = 0.5;
/// Lost faces that are remembered at most.
const MOST_LOST: usize = 64;

/// Frames that a face's own shape is averaged over, at most; newer ones then weigh more.
const AVERAGED: f32 = 300.0;

/// The mean [`skull_centre`] of so many frames.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct OwnShape {
    centre: Point,
    frames: f32,
}

impl OwnShape {
    /// Takes another frame in.
    fn add(&mut self, centre: Point) {
        self.frames = (self.frames + 1.0).min(AVERAGED);
        let Point { x, y } = self.centre;
        self.centre = Point::new(x + (centre.x - x) / self.frames, y + (centre.y - y) / self.frames);
    }
}

/// One face that is followed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Track {
    pub(super) id: u32,
    pub(super) score: f32,
    pub(super) bounds: Rect,
    pub(super) landmarks: Vec<Point>,
    pub(super) to_canonical: Similarity,
    pub(super) to_canonical_rigid: Similarity,
    #[serde(default)]
    shape: OwnShape,
    #[serde(skip)]
    filters: [AlignmentFilter; 2],
}

impl Track {
    fn new() -> Self {
        Self {
            id: 0,
            score: 0.0,
            bounds: Rect::default(),
            landmarks: Vec::new(),
            to_canonical: Similarity::IDENTITY,
            to_canonical_rigid: Similarity::IDENTITY,
            shape: OwnShape::default(),
            filters: Default::default(),
        }
    }

    /// Where to look for it in the next frame: picture px of the mesh to frame px.
    pub(super) fn roi(&self) -> Similarity {
        roi_of_landmarks(&self.landmarks)
    }

    /// Its mean [`skull_centre`], where a frame has shown it.
    pub(super) fn skull_centre(&self) -> Option<Point> {
        (self.shape.frames > 0.0).then_some(self.shape.centre)
    }

    /// Takes over a mesh that [`plausible`] accepted.
    pub(super) fn moved(&mut self, landmarks: &[Point], bounds: Rect, score: f32) {
        self.landmarks.clear();
        self.landmarks.extend_from_slice(landmarks);
        self.bounds = bounds;
        self.score = score;
    }
}

/// A face that was followed until a moment ago.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct LostFace {
    id: u32,
    /// Where it was.
    pub(super) bounds: Rect,
    /// Its tilt, radians clockwise on screen.
    pub(super) angle: f32,
    #[serde(default)]
    shape: OwnShape,
    time: f64,
}

/// All of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Tracks {
    live: Vec<Track>,
    lost: Vec<LostFace>,
    /// Dropped tracks, kept for their memory.
    #[serde(skip)]
    spare: Vec<Track>,
    next_id: u32,
}

impl Tracks {
    pub(super) fn live(&self) -> &[Track] {
        &self.live
    }

    pub(super) fn live_mut(&mut self) -> &mut [Track] {
        &mut self.live
    }

    pub(super) fn lost(&self) -> &[LostFace] {
        &self.lost
    }

    /// Forgets every face; numbers go on.
    pub(super) fn clear(&mut self) {
        self.spare.append(&mut self.live);
        self.lost.clear();
    }

    /// The same without the kept memory.
    pub(super) fn noted(&self) -> Self {
        Self { live: self.live.clone(), lost: self.lost.clone(), spare: Vec::new(), next_id: self.next_id }
    }

    /// Whether a followed face lies where `bounds` does.
    pub(super) fn hold(&self, bounds: &Rect) -> bool {
        self.live.iter().any(|track| same_place(&track.bounds, bounds))
    }

    /// Whether a face was lost there a moment ago.
    pub(super) fn lately_held(&self, bounds: &Rect) -> bool {
        self.lost.iter().any(|lost| same_place(&lost.bounds, bounds))
    }

    /// Begins to follow a face, under the number of one lost in the same place if there is one.
    pub(super) fn begin(&mut self, landmarks: &[Point], bounds: Rect, score: f32) {
        let known = self.lost.iter().position(|lost| same_place(&lost.bounds, &bounds));
        let (id, shape) = match known.map(|i| self.lost.swap_remove(i)) {
            Some(lost) => (lost.id, lost.shape),
            None => {
                self.next_id += 1;
                (self.next_id, OwnShape::default())
            }
        };
        let mut track = self.spare.pop().unwrap_or_else(Track::new);
        track.id = id;
        track.filters.iter_mut().for_each(AlignmentFilter::reset);
        track.shape = shape;
        track.moved(landmarks, bounds, score);
        self.live.push(track);
    }

    /// Stops following face `i`, but remembers it for a while.
    pub(super) fn lose(&mut self, i: usize, time: f64) {
        let track = self.live.swap_remove(i);
        if self.lost.len() < MOST_LOST {
            let Track { id, bounds, shape, .. } = track;
            self.lost.push(LostFace { id, bounds, angle: tilt(&track.landmarks), shape, time });
        }
        self.spare.push(track);
    }

    /// Forgets the faces that were lost too long before `time`, or after it.
    pub(super) fn forget(&mut self, time: f64) {
        self.lost.retain(|lost| (0.0..=REMEMBERED).contains(&(time - lost.time)));
    }

    /// Of two tracks that came to lie on one face, stops the younger.
    pub(super) fn part(&mut self) {
        self.live.sort_unstable_by_key(|track| track.id);
        let mut i = 1;
        while i < self.live.len() {
            let (older, rest) = self.live.split_at(i);
            if older.iter().any(|track| one_face(&track.bounds, &rest[0].bounds)) {
                let dropped = self.live.remove(i);
                self.spare.push(dropped);
            } else {
                i += 1;
            }
        }
    }

    /// Sorts by size, largest first, and stops following all but the `most` largest.
    pub(super) fn keep_largest(&mut self, most: usize) {
        self.live.sort_unstable_by(|a, b| b.bounds.area().total_cmp(&a.bounds.area()));
        while self.live.len() > most {
            self.spare.extend(self.live.pop());
        }
    }

    /// Aligns every face to the canonical template at `time`; drops those that cannot be.
    pub(super) fn align(&mut self, time: f64, smoothing: &Smoothing) {
        let mut i = 0;
        while i < self.live.len() {
            let track = &mut self.live[i];
            let Some(raw) = template::align(&track.landmarks) else {
                self.lose(i, time);
                continue;
            };
            // Landmarks that have a template but no head behind them lie in one line: one alignment is then as good
            // as the other.
            let rigid = align_rigid(&track.landmarks);
            let seen = rigid.and_then(|rigid| skull_centre(&track.landmarks, &rigid));
            seen.into_iter().for_each(|centre| track.shape.add(centre));
            let rigid = rigid.unwrap_or(raw);
            let [filter, rigid_filter] = &mut track.filters;
            track.to_canonical = filter.smooth(&raw, time, smoothing);
            track.to_canonical_rigid = rigid_filter.smooth(&rigid, time, smoothing);
            i += 1;
        }
    }
}

/// Whether a detection and a track, or a face lost and found, are in one place.
pub(super) fn same_place(a: &Rect, b: &Rect) -> bool {
    let size = a.w.max(a.h).min(b.w.max(b.h));
    a.iou(b) > 0.3 || a.centre().distance(b.centre()) < 0.5 * size
}

/// Whether two meshes lie on one face.
fn one_face(a: &Rect, b: &Rect) -> bool {
    let size = a.w.max(a.h).min(b.w.max(b.h));
    a.iou(b) > 0.5 || a.centre().distance(b.centre()) < 0.25 * size
}

/// The landmarks' bounds, if they can be a face's in a frame of this size.
///
/// A mesh that slid off its face is not finite, has shrunk to nothing, has grown far beyond the frame or has left it.
pub(super) fn plausible(landmarks: &[Point], width: usize, height: usize) -> Option<Rect> {
    if landmarks.is_empty() || !landmarks.iter().all(|p| p.x.is_finite() && p.y.is_finite()) {
        return None;
    }
    let bounds = Rect::around(landmarks);
    let frame = Rect { x: 0.0, y: 0.0, w: width as f32, h: height as f32 };
    let (long, short) = (bounds.w.max(bounds.h), bounds.w.min(bounds.h));
    let sized = short >= 4.0 && long <= 8.0 * frame.w.max(frame.h) && long <= 4.0 * short;
    let seen = bounds.intersection(&frame).area();
    (sized && seen >= 0.1 * bounds.area().min(frame.area())).then_some(bounds)
}

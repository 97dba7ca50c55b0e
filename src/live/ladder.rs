//! The ladder that protects a subject which was swapped and is not found any more.
//!
//! | seconds since it was seen | what leaves |
//! |---|---|
//! | up to `hold_time` | its last pose, swapped; the region, where it was leaving the frame |
//! | up to `blur_time` | its region blurred, and whatever shows of a person there |
//! | up to [`LONGEST`] | the same; the whole frame, where nobody was seen in its place even when it was lost |
//! | later | the frame as it is |
//!
//! `on_failure` may ask for less: to begin with the second step, to drop the frame, to let it pass. A weak detection
//! near its place holds the ladder at the second step. A face that comes back from there is concealed until it was
//! seen for [`BACK`] seconds: one that flickers at the edge of what can be found would flash up. It ends early when
//! the face has moved out of the frame, and when nobody has been seen in its place for [`ABSENT`] seconds, where
//! somebody was when it was lost.

use super::faceless::{body, head};
use super::plan::copy;
use super::{MARGIN, Observation, OnFailure, Plan, Settings};
use crate::face::{Face, PeopleMap};
use crate::frame::Layout;
use crate::geometry::{Point, Rect};

/// Seconds after which nothing is protected any more that left no trace.
pub const LONGEST: f64 = 2.5;
/// Seconds without a person in a lost face's place from which on it has left.
pub const ABSENT: f64 = 0.2;
/// Seconds for which a face that was concealed must be seen again to be swapped.
const BACK: f64 = 0.1;
/// Growth of the concealed region a second, since a lost face may move.
const SPREAD: f32 = 0.8;

/// From this score on a face is protected when it is lost: a pattern that was taken for a face once is not.
const SURE: f32 = 0.95;
/// A face that was seen in so many frames is protected whatever its score.
const OFTEN: u32 = 8;
/// Overlap (intersection over union) from which a doubtful detection stands for the face that was there.
const TRACE: f32 = 0.2;

/// Seconds for which somebody who is leaving is taken to move on as they moved.
const LONGEST_MOVE: f64 = 1.0;
/// Seconds for which a face is protected that was seen a few times and is not sure to be one.
const UNSURE: f64 = 0.3;
/// Seconds between two frames below which no speed is told from them.
const SHORTEST_STEP: f32 = 1e-3;
/// Part of a lost face's bounds that must show a person for it to be held there.
const STAYS: f32 = 0.5;
/// Part of a lost face's surroundings that must show a person for anybody to be there.
const SOMEBODY: f32 = 0.03;
/// Sides of its bounds within which somebody who is leaving is looked for: they slow down and turn.
const AROUND: f32 = 2.5;

/// A face is in front of another if it is so many times as wide.
const NEARER: f32 = 1.2;

/// Whether somebody is where a face was lost, as the people of a frame show it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Presence {
    /// Nobody has looked yet.
    Unknown,
    /// Nobody was seen there when the face was lost: people are not told from what is behind them here.
    NeverSeen,
    /// Somebody was there at this time, in seconds.
    Seen(f64),
}

/// A subject that was seen.
#[derive(Debug)]
pub(super) struct Remembered {
    /// As it was seen last.
    pub(super) face: Face,
    /// When it was seen last, in seconds.
    pub(super) seen: f64,
    /// Pixels a second.
    velocity: Point,
    /// Whether it reached over the frame's edge. Elsewhere its centre moves when the head turns, too, and says little.
    leaving: bool,
    /// Whether the scene has changed since it was seen.
    pub(super) cut: bool,
    /// Frames in which it was seen.
    sightings: u32,
    /// Whether it surely is a face.
    sure: bool,
    /// The newest track there was when it was seen: one that comes back as another has a newer one.
    pub(super) newest: u32,
    /// Whether somebody is there since it was lost.
    presence: Presence,
    /// Whether a weak detection was seen near its place since: it is not held any more.
    traced: bool,
    /// Whether it is held where it was, and its body with it.
    pub(super) held: bool,
    /// How far it has gone since it was seen, in px, as far as it could be followed.
    gone: Point,
    /// Whether it was concealed where it was lost, and since when it is seen again.
    concealed: bool,
    back: Option<f64>,
}

impl Remembered {
    /// For a face that is seen for the first time.
    pub(super) fn new(face: &Face, time: f64, newest: u32) -> Self {
        Self {
            face: face.clone(),
            seen: time,
            velocity: Point::default(),
            leaving: false,
            cut: false,
            sightings: 1,
            sure: face.score >= SURE,
            newest,
            presence: Presence::Unknown,
            traced: false,
            held: false,
            gone: Point::default(),
            concealed: false,
            back: None,
        }
    }

    /// For a face that stands for one that was lost and concealed.
    pub(super) fn returning(face: &Face, time: f64, newest: u32) -> Self {
        Self { concealed: true, back: Some(time), ..Self::new(face, time, newest) }
    }

    /// Whether it was concealed, and is not yet seen again for long enough.
    pub(super) fn is_returning(&self) -> bool {
        self.concealed
    }

    /// Notes that it is seen again.
    pub(super) fn see(&mut self, face: &Face, time: f64, newest: u32, layout: &Layout) {
        self.sightings += 1;
        self.newest = newest;
        self.presence = Presence::Unknown;
        (self.traced, self.held, self.gone) = (false, false, Point::default());
        self.leaving = reaches_over(&face.bounds.grown(1.2), layout, 0.999);
        self.sure |= face.score >= SURE || self.sightings >= OFTEN;
        let elapsed = (time - self.seen) as f32;
        if elapsed > SHORTEST_STEP {
            let (from, to) = (self.face.bounds.centre(), face.bounds.centre());
            let follow = |velocity: f32, moved: f32| velocity + 0.3 * (moved / elapsed - velocity);
            self.velocity = Point::new(follow(self.velocity.x, to.x - from.x), follow(self.velocity.y, to.y - from.y));
        }
        let back = *self.back.get_or_insert(time);
        self.concealed &= !self.cut && time - back < BACK;
        copy(&mut self.face, face);
        (self.seen, self.cut) = (time, false);
    }

    /// Notes where it is held now.
    pub(super) fn follow(&mut self, held: &Face) {
        let (from, to) = (self.face.bounds.centre(), held.bounds.centre());
        self.gone = Point::new(to.x - from.x, to.y - from.y);
    }

    /// How far it has moved since it was seen, if it moves on as it did.
    fn moved(&self, time: f64) -> Point {
        let missing = if self.leaving { (time - self.seen).clamp(0.0, LONGEST_MOVE) as f32 } else { 0.0 };
        Point::new(self.velocity.x * missing, self.velocity.y * missing)
    }

    /// Where it should be.
    pub(super) fn place(&self, time: f64) -> Rect {
        let (moved, bounds) = (self.moved(time), self.face.bounds);
        Rect { x: bounds.x + self.gone.x + moved.x, y: bounds.y + self.gone.y + moved.y, ..bounds }
    }

    /// Where it may be: a margin that grows with the time for which nobody knows.
    fn region(&self, time: f64) -> Rect {
        let margin = MARGIN + SPREAD * (time - self.seen).clamp(0.0, LONGEST) as f32;
        self.place(time).grown(margin)
    }

    /// Whether `face`, which is new since, is where this one should be.
    pub(super) fn comes_back_as(&self, face: &Face, time: f64) -> bool {
        let place = self.place(time);
        let near = face.bounds.centre().distance(place.centre()) < 0.75 * place.w.max(place.h);
        face.track > self.newest && (near || face.bounds.iou(&place) > TRACE)
    }

    /// The people of a frame who are not one of its faces and may be this one; and whether a face that is nearer to the
    /// camera is in front of it.
    fn others(&self, people: &PeopleMap, faces: &[Face], time: f64) -> (PeopleMap, bool) {
        let (mut others, mut hidden, place) = (people.clone(), false, self.place(time));
        for Face { bounds, .. } in faces {
            others.clear(&head(bounds));
            if bounds.w > NEARER * self.face.bounds.w {
                others.clear(&body(bounds));
                hidden |= [head(bounds), body(bounds)].iter().any(|zone| zone.intersection(&place).area() > 0.0);
            }
        }
        (others, hidden)
    }

    /// Whether somebody may still be where it was lost, as the people of this frame show it.
    fn present(&mut self, people: &PeopleMap, time: f64) -> bool {
        let places = [self.place(time).grown(if self.leaving { AROUND } else { MARGIN }), self.face.bounds];
        let somebody = places.iter().any(|place| people.share(place) > SOMEBODY);
        self.presence = match self.presence {
            // In another scene nobody need be there.
            Presence::Unknown if !somebody && !self.cut => Presence::NeverSeen,
            Presence::Unknown => Presence::Seen(time),
            Presence::NeverSeen if !somebody => Presence::NeverSeen,
            _ if somebody => Presence::Seen(time),
            seen => seen,
        };
        !matches!(self.presence, Presence::Seen(last) if time - last > ABSENT)
    }

    /// One step of the ladder for a subject that is not in this frame; `false` when it may be forgotten.
    pub(super) fn still_protected(
        &mut self,
        observed: &Observation<'_>,
        settings: &Settings,
        region_only: bool,
        plan: &mut Plan,
    ) -> bool {
        let Observation { time, layout, .. } = *observed;
        let [hold_time, blur_time] = [settings.ladder.hold_time, settings.ladder.blur_time].map(f64::from);
        let near = self.place(time);
        if observed.suspects.iter().any(|suspect| suspect.iou(&near) > TRACE) {
            // Still there, only not certain enough to be swapped: the last steps wait.
            self.seen = self.seen.max(time - 0.9 * blur_time);
            self.traced = true;
        }
        let missing = time - self.seen;
        if missing > LONGEST.max(blur_time).max(hold_time) || (missing > UNSURE && !self.sure) {
            return false;
        }
        let others = observed.people.map(|people| self.others(people, observed.faces, time));
        if others.as_ref().is_some_and(|(others, _)| !self.present(others, time)) {
            return false;
        }
        let region = self.region(time);
        let around = if self.leaving { region.union(&near.grown(AROUND)).union(&self.face.bounds) } else { region };
        let unknown = others.is_none() || self.presence == Presence::NeverSeen;
        let left = unknown && self.leaving && missing > blur_time && reaches_over(&near, &layout, 0.7);
        let outside = reaches_over(if unknown { &region } else { &around }, &layout, f32::MIN_POSITIVE);
        if left || outside {
            return false;
        }
        let (shown, hidden) = match &others {
            Some((others, hidden)) => (others.bounds_within(&around), *hidden),
            None => (None, false),
        };
        // Whoever ducks is not in the place any more in which the last pose would be held.
        let stays = others.as_ref().is_none_or(|(others, _)| others.share(&near) >= STAYS);
        // Once nobody follows it any more, the pose would be drawn where it was seen and not where it has gone.
        let followed = self.held || self.gone == Point::default();
        let still = self.sure && !self.leaving && !self.traced && !hidden && stays && followed;
        self.held = missing <= hold_time && still;
        self.concealed |= !self.held && self.sure;
        self.back = None;
        match settings.on_failure {
            // Only what shows of it beside whoever is in front.
            on_failure if hidden => shown.into_iter().for_each(|shown| plan.conceal(on_failure, shown)),
            OnFailure::Hold if self.held => plan.swap(&self.face),
            OnFailure::Hold | OnFailure::Blur if missing > blur_time && unknown && !region_only => {
                plan.conceal_all = true;
            }
            on_failure => plan.conceal(on_failure, shown.map_or(region, |shown| region.union(&shown))),
        }
        true
    }
}

/// Whether less than `part` of a region lies within the frame.
fn reaches_over(region: &Rect, layout: &Layout, part: f32) -> bool {
    let frame = Rect { x: 0.0, y: 0.0, w: layout.width as f32, h: layout.height as f32 };
    region.intersection(&frame).area() < part * region.area()
}

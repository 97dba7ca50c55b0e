//! Who of several known people a face is: embeddings of a few frames, averaged, against those of reference pictures.
//!
//! A face of one frame is easily mistaken for another's; the mean of a few is not. Faces that are not decided are
//! looked at first, one a frame; later each is looked at now and then, so that somebody who was taken for a stranger
//! in a bad moment is known again, and whoever takes another's place in a track is found out.

use super::Face;
use super::identity::{Embedding, IdentityNetwork, direction, likeness, mean};
use crate::frame::Frame;
use crate::runtime::NetworkError;

/// Likeness from which on the mean of [`LOOKS`] frames is the reference's person. `tests/face_identity.rs` has the
/// errors.
const SAME: f32 = 0.64;
/// Likeness from which on a single frame is enough.
const SURELY: f32 = 0.76;
/// Likeness below which the mean of [`STRANGER`] frames is somebody else. What lies between stays undecided: a
/// performer who is taken for a stranger would show.
const OTHER: f32 = 0.55;
/// Likeness that the mean of somebody who was recognised must keep.
const KEPT: f32 = 0.5;
/// Likeness of a single frame below which somebody else may have taken a performer's place; two of them in a row end
/// it.
const DOUBT: f32 = 0.3;
/// Frames whose mean decides; later ones replace them little by little.
const LOOKS: u32 = 3;
/// Frames after which whoever is not recognised may be a stranger.
const STRANGER: u32 = 6;
/// Frames that a mean holds at most.
const MOST_LOOKS: u32 = 8;
/// Frames from one look at a face that is decided to the next; and at one that many looks have not decided.
const INTERVAL: u64 = 15;
const PAUSE: u64 = 5;
/// Looks that are taken frame by frame.
const EAGER: u32 = 12;
/// Frames for which whoever was recognised in a track must be like nobody before they are a stranger: an arm before
/// the face must not show a performer.
const DENIED: u64 = 90;
/// Turn of the head in radians beyond which a face is not looked at: in profile people look alike.
pub(super) const FRONTAL: f32 = 0.7;
/// Faces that are kept in mind at most.
const MOST_TRACKS: usize = 64;

/// Whose face it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recognised {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// It cannot be told yet.
    Undecided,
    /// None of those who are known.
    Stranger,
    /// The performer with this number.
    Performer(usize),
}

/// What a person looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference(Embedding);

impl Reference {
    /// From faces of one person; `None` for none.
    pub fn of(faces: &[Embedding]) -> Option<Self> {
        mean(faces).map(|mean| Self(direction(&mean)))
    }
}

/// What is known of a track.
#[derive(Debug, Clone)]
struct Known {
    track: u32,
    mean: Embedding,
    looks: u32,
    /// Whether the last look at a performer was doubtful.
    doubted: bool,
    /// Since when it is not recognised any more, if it was.
    denied_since: Option<u64>,
    looked_at: u64,
    seen: u64,
    verdict: Recognised,
    /// Likeness to whom it was recognised as.
    like: f32,
}

/// Recognises the faces of one stream.
#[derive(Debug)]
pub struct Recognition {
    network: IdentityNetwork,
    references: Vec<Reference>,
    known: Vec<Known>,
    frame: u64,
}

impl Recognition {
    /// One that knows these people: performer 0, performer 1 and so on.
    pub fn new(network: IdentityNetwork, references: Vec<Reference>) -> Self {
        Self { network, references, known: Vec::with_capacity(MOST_TRACKS), frame: 0 }
    }

    /// Forgets who was recognised: another scene, another stream.
    pub fn reset(&mut self) {
        self.known.clear();
    }

    /// Says of each of `faces`, which are those of `frame`, whose it is.
    ///
    /// # Errors
    /// [`NetworkError`] where the network fails; the faces are then as they were.
    pub fn recognise(&mut self, frame: &Frame<'_>, faces: &mut [Face]) -> Result<(), NetworkError> {
        self.frame += 1;
        let now = self.frame;
        self.known.retain(|known| now - known.seen <= INTERVAL * 2);
        for face in &*faces {
            if let Some(known) = self.known.iter_mut().find(|known| known.track == face.track) {
                known.seen = now;
            } else if self.known.len() < MOST_TRACKS {
                self.known.push(Known::new(face.track, now));
            }
        }
        let due = faces.iter().filter(|face| face.yaw.abs() < FRONTAL).filter_map(|face| {
            let known = self.known.iter().position(|known| known.track == face.track)?;
            self.known[known].is_due(now).then_some((known, face))
        });
        let next = due.min_by_key(|(known, _)| {
            let known = &self.known[*known];
            (known.verdict != Recognised::Undecided, known.looked_at)
        });
        if let Some((known, face)) = next {
            self.known[known].looked_at = now;
            if let Some(embedding) = self.network.embed(frame, &face.landmarks)? {
                self.known[known].look(&embedding, now, &self.references);
            }
        }
        self.settle();
        for face in faces {
            let known = self.known.iter().find(|known| known.track == face.track);
            face.recognised = known.map_or(Recognised::Undecided, |known| known.verdict);
        }
        Ok(())
    }

    /// Nobody is there twice: of two faces that are recognised as one performer, the less alike is not decided.
    fn settle(&mut self) {
        for i in 0..self.known.len() {
            let Known { verdict, like, seen, .. } = self.known[i];
            let rival = |other: &Known| other.verdict == verdict && other.seen == seen && other.like > like;
            if matches!(verdict, Recognised::Performer(_)) && self.known.iter().any(rival) {
                self.known[i].verdict = Recognised::Undecided;
            }
        }
    }
}

impl Known {
    fn new(track: u32, now: u64) -> Self {
        let (verdict, mean) = (Recognised::Undecided, [0.0; 128]);
        Self { track, mean, looks: 0, doubted: false, denied_since: None, looked_at: 0, seen: now, verdict, like: 0.0 }
    }

    /// Whether it is to be looked at again.
    fn is_due(&self, now: u64) -> bool {
        let wait = match self.verdict {
            _ if self.doubted => 0,
            Recognised::Undecided if self.looks < EAGER => 0,
            Recognised::Undecided => PAUSE,
            _ => INTERVAL,
        };
        self.seen == now && now - self.looked_at >= wait
    }

    fn look(&mut self, embedding: &Embedding, now: u64, references: &[Reference]) {
        self.looks += 1;
        let weight = 1.0 / self.looks.min(MOST_LOOKS) as f32;
        self.mean.iter_mut().zip(embedding).for_each(|(mean, value)| *mean += weight * (value - *mean));
        let (own, once) = (direction(&self.mean), direction(embedding));
        let likes = references
            .iter()
            .enumerate()
            .map(|(i, reference)| (i, likeness(&own, &reference.0), likeness(&once, &reference.0)));
        let Some((performer, like, like_once)) = likes.max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return;
        };
        let was = self.verdict == Recognised::Performer(performer);
        let doubtful = was && like_once < DOUBT;
        let enough = match (was, self.looks >= LOOKS) {
            (true, _) => like >= KEPT,
            (false, true) => like >= SAME,
            (false, false) => like >= SURELY,
        };
        let denied = self.denied_since.is_none_or(|since| now - since >= DENIED);
        self.verdict = match self.verdict {
            _ if enough && !(doubtful && self.doubted) => Recognised::Performer(performer),
            // Somebody else has taken the place: the mean begins anew.
            Recognised::Performer(_) => {
                self.looks = 0;
                self.denied_since = Some(now);
                Recognised::Undecided
            }
            // A mean of somebody else's looks does not matter then.
            _ if like_once >= SURELY => {
                (self.mean, self.looks) = (*embedding, 1);
                Recognised::Performer(performer)
            }
            _ if self.looks >= STRANGER && like < OTHER && denied => Recognised::Stranger,
            verdict => verdict,
        };
        let recognised = self.verdict == Recognised::Performer(performer);
        if recognised {
            self.denied_since = None;
        }
        self.doubted = doubtful && recognised;
        self.like = like;
    }
}

#[cfg(test)]
mod tests {
    use super::Recognised::{Performer, Stranger, Undecided};
    use super::*;

    /// An embedding that is so like a person of that axis, and otherwise like nobody.
    fn like(axis: usize, likeness: f32) -> Embedding {
        // From the centre: what `direction` takes off.
        let mut own = direction(&[0.0; 128]).map(|value| -value);
        let length = CENTRE_LENGTH;
        own.iter_mut().for_each(|value| *value *= length);
        own[axis] += likeness;
        own[127] += (1.0 - likeness * likeness).sqrt();
        own
    }

    /// How far the mean of people lies from zero.
    const CENTRE_LENGTH: f32 = 1.321;

    fn references(axes: &[usize]) -> Vec<Reference> {
        axes.iter().filter_map(|&axis| Reference::of(&[like(axis, 1.0)])).collect()
    }

    fn verdicts(looks: &[Embedding], axes: &[usize]) -> Vec<Recognised> {
        let (mut known, references) = (Known::new(1, 0), references(axes));
        let look = |(now, embedding): (usize, &Embedding)| {
            known.look(embedding, now as u64, &references);
            known.verdict
        };
        looks.iter().enumerate().map(look).collect()
    }

    #[test]
    fn one_look_is_enough_where_it_is_plain_else_the_mean_of_three() {
        assert_eq!(verdicts(&[like(1, 0.9)], &[0, 1]), [Performer(1)]);
        assert_eq!(verdicts(&[like(0, 0.7); 3], &[0, 1]), [Undecided, Undecided, Performer(0)]);
    }

    #[test]
    fn who_is_like_nobody_is_a_stranger_after_a_while_and_is_known_at_once_where_it_is_plain() {
        let mut looks = vec![like(2, 0.9); 6];
        looks.push(like(0, 0.9));
        let seen = verdicts(&looks, &[0, 1]);
        assert_eq!(seen, [Undecided, Undecided, Undecided, Undecided, Undecided, Stranger, Performer(0)]);
    }

    #[test]
    fn somebody_who_takes_a_performer_s_place_is_found_out_and_passes_only_after_a_while() {
        let mut looks = vec![like(0, 0.9); 4];
        looks.extend(vec![like(5, 1.0); DENIED as usize + 8]);
        let seen = verdicts(&looks, &[0]);
        assert_eq!(seen[3], Performer(0));
        let last = DENIED as usize + 3;
        assert!(seen[5..last].iter().all(|verdict| *verdict == Undecided), "{seen:?}");
        assert_eq!(seen.last(), Some(&Stranger));
    }

    #[test]
    fn an_arm_before_a_performer_makes_nobody_a_stranger() {
        let mut looks = vec![like(0, 0.9); 4];
        looks.extend(vec![like(5, 1.0); 40]);
        looks.push(like(0, 0.9));
        let seen = verdicts(&looks, &[0]);
        assert!(!seen.contains(&Stranger), "{seen:?}");
        assert_eq!(seen.last(), Some(&Performer(0)));
    }
}

//! Who of several known people a face is: embeddings of a few frames, averaged, against those of reference pictures.
//!
//! A face of one frame is easily mistaken for another's; the mean of a few is not. Faces that are not decided are looked at
//! first, one a frame; later each is looked at now and then, so that somebody who was taken for a stranger in a bad moment is
//! known again, and whoever takes another's place in a track is found out.

use super::Face;
use super::identity::{Embedding, IdentityNetwork, direction, likeness, mean};
use crate::frame::Frame;
use crate::runtime::NetworkError;

/// Likeness from which on the mean of [`LOOKS`] frames is the reference's person. `tests/face_identity.rs` has the errors.
const SAME: f32 = 0.64;
/// Likeness from which on a single frame is enough.
const SURELY: f32 = 0.76;
/// Likeness below which the mean of [`STRANGER`] frames is somebody else. What lies between stays undecided: a performer who is
/// taken for a stranger would show.
const OTHER: f32 = 0.55;
/// Likeness that the mean of somebody who was recognised must keep.
const KEPT: f32 = 0.5;
/// Likeness of a single frame below which somebody else may have taken a performer's place; two of them in a row end it.
const DOUBT: f32 = 0.3;
/// Frames whose mean decides; later ones replace them little by little.
const LOOKS: u32 = 3;
/// Frames after which whoever is not recognised may be a stranger.
const STRANGER: u32 = 6;
/// Frames that a mean holds at most.
const MOST_LOOKS: u32 = 8;
/// Frames from one look at a face that is decided to the next.
const INTERVAL: u64 = 15;
/// Turn of the head in radians beyond which a face is not looked at: in profile people look alike.
const FRONTAL: f32 = 0.7;
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
    references: Vec<Option<Reference>>,
    known: Vec<Known>,
    frame: u64,
}

impl Recognition {
    /// One that knows a person for each performer who has a reference.
    pub fn new(network: IdentityNetwork, references: Vec<Option<Reference>>) -> Self {
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
        if let Some((known, face)) = next
            && let Some(embedding) = self.network.embed(frame, &face.landmarks)?
        {
            self.known[known].look(&embedding, now, &self.references);
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
        Self { track, mean, looks: 0, doubted: false, looked_at: 0, seen: now, verdict, like: 0.0 }
    }

    /// Whether it is to be looked at again.
    fn is_due(&self, now: u64) -> bool {
        let waits = self.verdict != Recognised::Undecided && !self.doubted;
        self.seen == now && (!waits || now - self.looked_at >= INTERVAL)
    }

    fn look(&mut self, embedding: &Embedding, now: u64, references: &[Option<Reference>]) {
        self.looked_at = now;
        self.looks = (self.looks + 1).min(MOST_LOOKS);
        let weight = 1.0 / self.looks as f32;
        self.mean.iter_mut().zip(embedding).for_each(|(mean, value)| *mean += weight * (value - *mean));
        let (own, once) = (direction(&self.mean), direction(embedding));
        let likes = references.iter().enumerate().filter_map(|(i, reference)| Some((i, reference.as_ref()?)));
        let likes = likes.map(|(i, reference)| (i, likeness(&own, &reference.0), likeness(&once, &reference.0)));
        let Some((performer, like, like_once)) = likes.max_by(|a, b| a.1.total_cmp(&b.1)) else {
            self.verdict = Recognised::Stranger;
            return;
        };
        let was = self.verdict == Recognised::Performer(performer);
        let doubtful = was && like_once < DOUBT;
        let enough = match (was, self.looks >= LOOKS) {
            (true, _) => KEPT,
            (false, true) => SAME,
            (false, false) => SURELY,
        };
        self.verdict = match self.verdict {
            _ if like >= enough && !(doubtful && self.doubted) => Recognised::Performer(performer),
            // Somebody else has taken the place: the mean begins anew.
            Recognised::Performer(_) => {
                self.looks = 0;
                Recognised::Undecided
            }
            _ if self.looks >= STRANGER && like < OTHER => Recognised::Stranger,
            verdict => verdict,
        };
        self.doubted = doubtful && self.verdict == Recognised::Performer(performer);
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

    fn references(axes: &[usize]) -> Vec<Option<Reference>> {
        axes.iter().map(|&axis| Reference::of(&[like(axis, 1.0)])).collect()
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
    fn who_is_like_nobody_is_a_stranger_after_a_while_and_may_be_known_later() {
        let mut looks = vec![like(2, 0.9); 6];
        looks.extend([like(0, 1.0); 8]);
        let seen = verdicts(&looks, &[0, 1]);
        assert_eq!(seen[..6], [Undecided, Undecided, Undecided, Undecided, Undecided, Stranger]);
        assert_eq!(seen.last(), Some(&Performer(0)));
    }

    #[test]
    fn somebody_who_takes_a_performer_s_place_is_found_out() {
        let mut looks = vec![like(0, 0.9); 4];
        looks.extend([like(5, 1.0); 12]);
        let seen = verdicts(&looks, &[0]);
        assert_eq!(seen[3], Performer(0));
        assert!(seen[5..].iter().all(|verdict| *verdict != Performer(0)), "{seen:?}");
        assert_eq!(seen.last(), Some(&Stranger));
    }

    #[test]
    fn a_performer_without_a_reference_is_nobody() {
        let mut known = Known::new(1, 0);
        known.look(&like(0, 1.0), 1, &[None, None]);
        assert_eq!(known.verdict, Stranger);
    }
}

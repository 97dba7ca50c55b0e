//! Hard faces: those of the subject that came out worst lately, which may be drawn more often.
//!
//! Batches are made ahead of the training, so that what a step says of its faces is known to the batches of some
//! steps later. How many later is fixed ([`LAG`]), not left to whichever thread is faster: a batch then depends on
//! the seed, the faces and the losses of earlier steps, and on a device that repeats itself a run does too, also
//! where it was stopped between.

use std::collections::VecDeque;

use rand::{Rng, RngExt};

use super::loader::DEPTH;

/// Steps from one whose losses are known to the first batch that knows them: one batch is in use, [`DEPTH`] wait, one
/// is made.
pub(super) const LAG: usize = DEPTH + 2;
/// What a step says: places of the subject's faces in [`Faces::of`](super::Faces::of), and how wrong each came out.
pub type StepLosses = Vec<(usize, f32)>;

/// How wrong each of the subject's faces came out lately.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceLosses {
    /// By face, mean of the newest and of what stood here before; as long as it must be.
    known: Vec<Option<f32>>,
    /// What the last steps said and the next batch may not know yet, oldest first.
    recent: VecDeque<StepLosses>,
}

impl Default for FaceLosses {
    fn default() -> Self {
        Self { known: Vec::new(), recent: vec![StepLosses::new(); LAG - 1].into() }
    }
}

impl FaceLosses {
    /// Takes in what a step says; nothing where it said nothing.
    pub fn add(&mut self, step: StepLosses) {
        self.recent.push_back(step);
        self.advance(StepLosses::new);
    }

    /// Goes on to the next step's batch: the oldest of the recent steps becomes known, or what `newest` gives where
    /// none is left.
    pub(super) fn advance(&mut self, newest: impl FnOnce() -> StepLosses) {
        for (face, loss) in self.recent.pop_front().unwrap_or_else(newest) {
            if !loss.is_finite() {
                continue;
            }
            if face >= self.known.len() {
                self.known.resize(face + 1, None);
            }
            let known = &mut self.known[face];
            *known = Some(known.map_or(loss, |before| (before + loss) / 2.0));
        }
    }

    /// The first `faces` of the faces that have a loss, from the hardest to the easiest.
    pub(super) fn ranking(&self, faces: usize) -> Vec<usize> {
        let known = self.known.iter().take(faces).enumerate();
        let mut ranking: Vec<(usize, f32)> = known.filter_map(|(face, loss)| Some((face, (*loss)?))).collect();
        ranking.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        ranking.into_iter().map(|(face, _)| face).collect()
    }

    /// Its numbers for a checkpoint, by name.
    pub fn export(&self) -> Vec<(String, Vec<f32>)> {
        let recent = self.recent.iter().enumerate();
        let recent =
            recent.flat_map(|(age, step)| step.iter().flat_map(move |&(face, loss)| [age as f32, face as f32, loss]));
        let known = self.known.iter().map(|loss| loss.unwrap_or(f32::NAN));
        vec![(KNOWN.to_owned(), known.collect()), (RECENT.to_owned(), recent.collect())]
    }

    /// From what [`FaceLosses::export`] gave; without losses where `state` has none. `None` where it is damaged.
    pub fn import(state: &[(String, Vec<f32>)]) -> Option<Self> {
        let named = |name| state.iter().find(|(found, _)| found == name).map(|(_, values)| &values[..]);
        let known = named(KNOWN).unwrap_or_default().iter().map(|loss| loss.is_finite().then_some(*loss));
        let mut losses = Self { known: known.collect(), ..Self::default() };
        let recent = named(RECENT).unwrap_or_default().chunks(3);
        for step in recent {
            let &[age, face, loss] = step else { return None };
            let good = (0.0..MOST_FACES).contains(&face) && age >= 0.0;
            losses.recent.get_mut(age as usize).filter(|_| good)?.push((face as usize, loss));
        }
        Some(losses)
    }
}

/// Name of [`FaceLosses::known`] in a checkpoint; no number for a face without a loss.
const KNOWN: &str = "known";
/// Name of [`FaceLosses::recent`]: three numbers a sample, the step's place among the recent, the face, its loss.
const RECENT: &str = "recent";
/// Faces from which on a number of 32 bits does not hold their place.
const MOST_FACES: f32 = (1 << 24) as f32;

/// One of a ranking, by its place alone: the first comes four times as often as evenly, so that a face that cannot be
/// learnt (another person's, one behind a hand) does not fill the batches; the lower half gets a sixteenth of the
/// draws. 0 where there is none.
pub(super) fn draw(ranking: &[usize], rng: &mut impl Rng) -> usize {
    // The density of the place u of 0..1 is 4 (1 - u)^3.
    let rank = 1.0 - rng.random::<f32>().sqrt().sqrt();
    let place = (rank * ranking.len() as f32) as usize;
    ranking.get(place.min(ranking.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::{Purpose, stream};

    /// Losses of which every batch from now on knows `step`.
    fn known(step: &[(usize, f32)]) -> FaceLosses {
        let mut losses = FaceLosses::default();
        losses.add(step.to_vec());
        (1..LAG).for_each(|_| losses.add(StepLosses::new()));
        losses
    }

    /// How often each of `faces` is drawn, over an even part.
    fn shares(losses: &FaceLosses, faces: usize) -> Vec<f32> {
        let (ranking, draws) = (losses.ranking(faces), 100_000);
        let mut shares = vec![0.0; faces];
        for n in 0..draws {
            shares[draw(&ranking, &mut stream(1, Purpose::Replay, n, 0))] += faces as f32 / draws as f32;
        }
        shares
    }

    #[test]
    fn hard_faces_are_drawn_more_often_the_harder_they_are() {
        let losses: Vec<_> = (0..10).map(|face| (face, 0.1 + face as f32 / 100.0)).collect();
        let shares = shares(&known(&losses), 10);
        assert!(shares.is_sorted(), "{shares:?}");
        // The integral of the density over the hardest and the easiest tenth.
        assert!((shares[9] - 10.0 * (1.0 - 0.9_f32.powi(4))).abs() < 0.1, "{shares:?}");
        assert!(shares[0] < 0.02, "{shares:?}");
    }

    #[test]
    fn a_face_without_a_loss_is_not_replayed() {
        let losses = known(&[(0, 0.2), (1, 0.3), (3, 0.05), (4, 0.1)]);
        assert_eq!(losses.ranking(5), [1, 0, 4, 3]);
        assert_eq!(losses.ranking(2), [1, 0]);
        assert!(FaceLosses::default().ranking(3).is_empty());
    }

    #[test]
    fn a_broken_face_comes_four_times_as_often_however_bad() {
        let losses: Vec<_> = (0..200).map(|face| (face, if face == 77 { 1e6 } else { 0.1 })).collect();
        let shares = shares(&known(&losses), 200);
        assert!((shares[77] - 4.0).abs() < 0.4, "{}", shares[77]);
        assert!(known(&[(2, f32::NAN), (1, f32::INFINITY)]).ranking(4).is_empty(), "no loss at all");
    }

    #[test]
    fn a_loss_is_known_after_the_lag_and_a_newer_one_is_averaged_in() {
        let mut losses = FaceLosses::default();
        for age in 1..=LAG {
            losses.add(if age == 1 { vec![(2, 0.4)] } else { vec![] });
            assert_eq!(losses.known.len(), if age < LAG { 0 } else { 3 }, "after {age} steps");
        }
        losses.recent.push_front(vec![(2, 0.2)]);
        losses.add(vec![]);
        assert!(losses.known[2].is_some_and(|loss| (loss - 0.3).abs() < 1e-6), "{:?}", losses.known);
    }

    #[test]
    fn a_table_goes_through_a_checkpoint_and_a_damaged_one_is_told() {
        let mut losses = known(&[(5, 0.25)]);
        losses.add(vec![(1, 0.5), (5, 0.125)]);
        losses.add(vec![]);
        losses.add(vec![(3, 0.75)]);
        let state = losses.export();
        assert_eq!(FaceLosses::import(&state), Some(losses));
        assert_eq!(FaceLosses::import(&[]), Some(FaceLosses::default()));
        for damaged in [vec![0.0, 1.0], vec![9.0, 1.0, 0.1], vec![0.0, 1e9, 0.1], vec![f32::NAN, 1.0, 0.1]] {
            assert_eq!(FaceLosses::import(&[("recent".to_owned(), damaged)]), None);
        }
    }
}

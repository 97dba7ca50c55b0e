//! Which faces are in a batch.

use rand::{Rng, RngExt};

/// Width of a bin of yaw in degrees.
const BIN: f32 = 15.0;
/// Least openings of an eye, over its width, from which lids count as half open and as open.
const LIDS: [f32; 2] = [0.1, 0.2];
/// Least openings of the mouth, over its width, from which it counts as open and as wide open.
const MOUTH: [f32; 2] = [0.06, 0.25];
/// How much more often than without bins a thing may be drawn, at most: one odd face in a bin of its own would be
/// learnt by heart.
const MOST: f32 = 4.0;

/// How a side's faces are chosen.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Face sets; none empty.
    sets: Vec<Bins>,
}

/// What samples are balanced over.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Look {
    /// Turn of the head in degrees.
    pub(super) yaw: f32,
    /// Opening of the eye that is less open, between the lids, over its width.
    pub(super) lids: f32,
    /// Opening of the mouth, between the lips, over its width.
    pub(super) mouth: f32,
}

impl Look {
    /// Turn, then lids and mouth as closed, half and open.
    fn bin(&self) -> (i32, usize, usize) {
        let level = |value: f32, levels: [f32; 2]| levels.iter().filter(|&&least| value >= least).count();
        ((self.yaw / BIN).round() as i32, level(self.lids, LIDS), level(self.mouth, MOUTH))
    }
}

/// Things that are drawn by bins, each of which gets its part of the draws.
#[derive(Debug, Clone)]
pub(super) struct Bins(Vec<Bin>);

#[derive(Debug, Clone)]
struct Bin {
    /// The part of the draws that falls to this bin and those before it.
    up_to: f32,
    members: Vec<usize>,
}

impl Bins {
    /// Gives each bin its part: as much to each, but no more to one than lets its members come [`MOST`] times as
    /// often as without bins. `bins` has one at least, none empty.
    pub(super) fn new(bins: Vec<Vec<usize>>) -> Self {
        let count = bins.iter().map(Vec::len).sum::<usize>();
        let most = |members: &[usize]| MOST * members.len() as f32 / count as f32;
        let mut level = 1.0 / bins.len() as f32;
        let mut limited = 0;
        loop {
            let few: Vec<_> = bins.iter().map(|members| most(members)).filter(|most| *most < level).collect();
            if few.len() == limited {
                break;
            }
            limited = few.len();
            level = (1.0 - few.iter().sum::<f32>()) / (bins.len() - limited) as f32;
        }
        let mut up_to = 0.0;
        let share = |members: Vec<usize>| {
            up_to += most(&members).min(level);
            Bin { up_to, members }
        };
        Self(bins.into_iter().map(share).collect())
    }

    /// One of the members; none where there is none.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Option<usize> {
        let at = rng.random::<f32>();
        let bin = self.0.iter().find(|bin| at < bin.up_to).or(self.0.last())?;
        one(&bin.members, rng).copied()
    }
}

impl Choice {
    /// `sets` has the number of faces of each face set, `looks` that of every face, face set by face set.
    pub(super) fn new(looks: &[Look], sets: &[usize], balance: bool) -> Self {
        let mut first = 0;
        let sets = sets.iter().map(|&count| {
            let faces = first..first + count;
            first += count;
            let mut bins = std::collections::BTreeMap::<_, Vec<usize>>::new();
            for face in faces {
                let bin = if balance { looks[face].bin() } else { Default::default() };
                bins.entry(bin).or_default().push(face);
            }
            (count > 0).then(|| Bins::new(bins.into_values().collect()))
        });
        Self { sets: sets.flatten().collect() }
    }

    /// A face: every face set is as likely, within it every look that is not too rare, within that every face. 0
    /// where there is none.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> usize {
        one(&self.sets, rng).and_then(|bins| bins.draw(rng)).unwrap_or_default()
    }
}

fn one<'a, T>(of: &'a [T], rng: &mut impl Rng) -> Option<&'a T> {
    if of.is_empty() { None } else { of.get(rng.random_range(0..of.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::{Purpose, stream};

    /// How often each of `faces` was drawn in `draws`.
    fn counts(choice: &Choice, faces: usize, draws: u64) -> Vec<f32> {
        let mut counts = vec![0.0; faces];
        for n in 0..draws {
            counts[choice.draw(&mut stream(1, Purpose::Choice, n, 0))] += 1.0 / draws as f32;
        }
        counts
    }

    fn turned(yaws: &[f32]) -> Vec<Look> {
        yaws.iter().map(|&yaw| Look { yaw, lids: 0.3, mouth: 0.0 }).collect()
    }

    #[test]
    fn without_balance_every_face_of_a_set_is_as_likely_and_every_set() {
        let choice = Choice::new(&turned(&[0.0, 0.0, 0.0, 80.0, 0.0]), &[4, 1], false);
        let expected = [0.125, 0.125, 0.125, 0.125, 0.5];
        for (found, expected) in counts(&choice, 5, 20_000).into_iter().zip(expected) {
            assert!((found - expected).abs() < 0.015, "{found} for {expected}");
        }
    }

    #[test]
    fn with_balance_a_rare_pose_is_as_likely_as_a_frequent_one() {
        let choice = Choice::new(&turned(&[0.0, 3.0, -4.0, 60.0]), &[4], true);
        let expected = [1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 0.5];
        for (found, expected) in counts(&choice, 4, 20_000).into_iter().zip(expected) {
            assert!((found - expected).abs() < 0.015, "{found} for {expected}");
        }
    }

    #[test]
    fn with_balance_closed_lids_and_an_open_mouth_come_more_often() {
        // Of a hundred frames ten blink and ten shout.
        let look = |n: usize| match n {
            0..10 => Look { lids: 0.02, ..Look::default() },
            10..20 => Look { lids: 0.3, mouth: 0.6, ..Look::default() },
            _ => Look { lids: 0.3, ..Look::default() },
        };
        let looks: Vec<_> = (0..100).map(look).collect();
        let found = counts(&Choice::new(&looks, &[100], true), 100, 40_000);
        for (part, expected) in [(0..10, 1.0 / 3.0), (10..20, 1.0 / 3.0), (20..100, 1.0 / 3.0)] {
            let found: f32 = found[part.clone()].iter().sum();
            assert!((found - expected).abs() < 0.02, "{part:?}: {found} for {expected}");
        }
    }

    #[test]
    fn with_balance_odd_faces_do_not_fill_the_batches() {
        // 790 faces ahead, and ten that are each alone in their bin.
        let mut yaws = vec![0.0; 790];
        yaws.extend((1..=10_u8).map(|n| 15.0 * f32::from(n)));
        let found = counts(&Choice::new(&turned(&yaws), &[800], true), 800, 40_000);
        for (face, found) in found.iter().enumerate().skip(790) {
            assert!((found - 0.005).abs() < 0.002, "face {face}: {found}");
        }
    }
}

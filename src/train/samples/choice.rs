//! Which faces are in a batch.

use rand::{Rng, RngExt};

/// Width of a bin of yaw in degrees.
const BIN: f32 = 15.0;
/// How much more often than without balance a face may be drawn, at most: one odd face in a bin of its own would be
/// learnt by heart.
const MOST: f32 = 8.0;

/// How a side's faces are chosen.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Face sets; none empty.
    sets: Vec<Vec<Bin>>,
}

/// The faces of one turn of the head, or all of a set.
#[derive(Debug, Clone)]
struct Bin {
    /// The part of the draws that falls to this bin and those before it.
    up_to: f32,
    faces: Vec<usize>,
}

impl Choice {
    /// `sets` has the number of faces of each face set, `yaws` the turn of every face in degrees, face set by face set.
    pub(super) fn new(yaws: &[f32], sets: &[usize], balance_yaw: bool) -> Self {
        let mut first = 0;
        let sets = sets.iter().map(|&count| {
            let faces = first..first + count;
            first += count;
            let mut bins = std::collections::BTreeMap::<i32, Vec<usize>>::new();
            for face in faces {
                let bin = if balance_yaw { (yaws[face] / BIN).round() as i32 } else { 0 };
                bins.entry(bin).or_default().push(face);
            }
            shared_out(bins.into_values().collect(), count)
        });
        Self { sets: sets.filter(|bins| !bins.is_empty()).collect() }
    }

    /// A face: every face set is as likely, within it every bin that is not nearly empty, within that every face. 0
    /// where there is none.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> usize {
        let set = one(&self.sets, rng);
        let at = rng.random::<f32>();
        let bin = set.and_then(|bins| bins.iter().find(|bin| at < bin.up_to).or(bins.last()));
        bin.and_then(|bin| one(&bin.faces, rng)).copied().unwrap_or_default()
    }
}

/// Gives each bin of a set of `count` faces its part: as much to each, but no more to one than lets its faces come
/// [`MOST`] times as often as without balance.
fn shared_out(bins: Vec<Vec<usize>>, count: usize) -> Vec<Bin> {
    let most = |faces: &[usize]| MOST * faces.len() as f32 / count as f32;
    let mut level = 1.0 / bins.len() as f32;
    let mut limited = 0;
    loop {
        let few: Vec<_> = bins.iter().map(|faces| most(faces)).filter(|most| *most < level).collect();
        if few.len() == limited {
            break;
        }
        limited = few.len();
        level = (1.0 - few.iter().sum::<f32>()) / (bins.len() - limited) as f32;
    }
    let mut up_to = 0.0;
    let share = |faces: Vec<usize>| {
        up_to += most(&faces).min(level);
        Bin { up_to, faces }
    };
    bins.into_iter().map(share).collect()
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

    #[test]
    fn without_balance_every_face_of_a_set_is_as_likely_and_every_set() {
        let choice = Choice::new(&[0.0, 0.0, 0.0, 80.0, 0.0], &[4, 1], false);
        let expected = [0.125, 0.125, 0.125, 0.125, 0.5];
        for (found, expected) in counts(&choice, 5, 20_000).into_iter().zip(expected) {
            assert!((found - expected).abs() < 0.015, "{found} for {expected}");
        }
    }

    #[test]
    fn with_balance_a_rare_pose_is_as_likely_as_a_frequent_one() {
        let choice = Choice::new(&[0.0, 3.0, -4.0, 2.0, 60.0], &[5], true);
        let expected = [0.125, 0.125, 0.125, 0.125, 0.5];
        for (found, expected) in counts(&choice, 5, 20_000).into_iter().zip(expected) {
            assert!((found - expected).abs() < 0.015, "{found} for {expected}");
        }
    }

    #[test]
    fn with_balance_odd_faces_do_not_fill_the_batches() {
        // 790 faces ahead, and ten that are each alone in their bin.
        let mut yaws = vec![0.0; 790];
        yaws.extend((1..=10_u8).map(|n| 15.0 * f32::from(n)));
        let found = counts(&Choice::new(&yaws, &[800], true), 800, 40_000);
        for (face, found) in found.iter().enumerate().skip(790) {
            assert!((found - 0.01).abs() < 0.003, "face {face}: {found}");
        }
    }
}

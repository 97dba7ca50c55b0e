//! Shapes: how many numbers they have, where each lies, which fit together.

/// Most numbers that one value may have: 1 GiB of them.
const MOST: usize = 1 << 28;
/// Most axes: a depth-to-space in pieces has as many.
const MOST_AXES: usize = 6;

/// How many numbers a shape has; `None` for what no engine holds: nothing, too much, too many axes.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side))?;
    (shape.len() <= MOST_AXES && (1..=MOST).contains(&count)).then_some(count)
}

/// The shape of what is computed from each pair of values of two shapes: sides agree from the last on, or one is 1.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    (0..rank)
        .map(|axis| match (side(a, axis), side(b, axis)) {
            (a, b) if a == b => Some(a),
            (a, 1) => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}

/// How far apart neighbours along each axis are.
pub(super) fn steps(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect()
}

/// As [`steps`] of `shape`, by the axes of `whole`; 0 where it has one value for many.
pub(super) fn broadcast_steps(shape: &[usize], whole: &[usize]) -> Vec<usize> {
    let own = steps(shape);
    let missing = whole.len() - shape.len();
    (0..whole.len())
        .map(|axis| axis.checked_sub(missing).map_or(0, |axis| if shape[axis] == 1 { 0 } else { own[axis] }))
        .collect()
}

pub(super) fn offset(place: &[usize], steps: &[usize]) -> usize {
    place.iter().zip(steps).map(|(at, step)| at * step).sum()
}

/// Every place of a shape, the last axis first.
pub(super) fn places(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let steps = steps(shape);
    let shape = shape.to_vec();
    (0..shape.iter().product::<usize>())
        .map(move |n| shape.iter().zip(&steps).map(|(side, step)| n / step % side).collect())
}

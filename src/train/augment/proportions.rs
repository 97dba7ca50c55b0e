//! Other proportions: brows, nose, mouth and chin of the input lie higher or lower, and further from or nearer to the
//! middle, as if somebody else wore the expression. The eyes stay at their height, so that they tell where the face
//! belongs.

use rand::Rng;

use super::AugmentSettings;
use super::anchors::{Anchors, middle};
use super::draw::{chance, symmetric};
use crate::geometry::Point;

/// How far forehead, brows, eyes, nose, mouth and chin shift at strength 1, over the height from the eyes to the
/// chin. Two people of one head size differ by as much.
const SHIFTS: [f32; KNOTS] = [0.06, 0.05, 0.0, 0.1, 0.07, 0.08];
/// How much wider or narrower the face is there.
const WIDTHS: [f32; KNOTS] = [0.04, 0.05, 0.03, 0.06, 0.07, 0.07];
const KNOTS: usize = 6;
/// Where the eyes are among these.
const EYES: usize = 2;
/// Least distance between knots, over the height from the eyes to the chin: a nod brings nose and mouth together.
const APART: f32 = 0.15;
/// Most difference between the shifts of two knots, over their distance. The steepest slope between them is 1.5 times
/// that, so that nothing folds.
const STEEPEST: f32 = 0.6;

/// What lies at one height of the face.
#[derive(Debug, Clone, Copy, Default)]
struct Knot {
    /// Down from the eyes.
    at: f32,
    /// How much further down lies what is seen there.
    shift: f32,
    /// By which part it lies further from the middle.
    narrower: f32,
}

/// Where each point of a face with other proportions lies in the face as it is; both in the unit square.
#[derive(Debug, Clone, Copy)]
pub struct Proportions {
    eyes: Point,
    right: Point,
    down: Point,
    knots: [Knot; KNOTS],
}

impl Proportions {
    /// Draws them; `None` where the face keeps its own, or nobody knows where its parts lie.
    pub fn draw(settings: &AugmentSettings, anchors: Option<&Anchors>, rng: &mut impl Rng) -> Option<Self> {
        if settings.proportions_chance == 0.0 || !chance(rng, settings.proportions_chance) {
            return None;
        }
        let anchors = anchors?;
        let [right, down] = anchors.axes();
        let eyes = middle(anchors.eyes[0].centre(), anchors.eyes[1].centre());
        let below = |p: Point| (p.x - eyes.x) * down.x + (p.y - eyes.y) * down.y;
        let brows = middle(anchors.brows[0], anchors.brows[1]);
        let height = below(anchors.chin).max(0.05);
        let heights = [anchors.forehead, brows, eyes, anchors.nose, anchors.mouth.centre(), anchors.chin].map(below);
        let mut knots = [Knot::default(); KNOTS];
        for (i, knot) in knots.iter_mut().enumerate() {
            let amount = settings.proportions * height;
            *knot = Knot {
                at: heights[i],
                shift: symmetric(rng) * SHIFTS[i] * amount,
                narrower: symmetric(rng) * WIDTHS[i] * settings.proportions,
            };
        }
        let gap = APART * height;
        let limited = |knot: &mut Knot, inner: Knot| {
            let most = STEEPEST * (knot.at - inner.at).abs();
            knot.shift = knot.shift.clamp(inner.shift - most, inner.shift + most);
        };
        // From the eyes outwards, so that they stay.
        for i in EYES + 1..KNOTS {
            knots[i].at = knots[i].at.max(knots[i - 1].at + gap);
            let inner = knots[i - 1];
            limited(&mut knots[i], inner);
        }
        for i in (0..EYES).rev() {
            knots[i].at = knots[i].at.min(knots[i + 1].at - gap);
            let inner = knots[i + 1];
            limited(&mut knots[i], inner);
        }
        Some(Self { eyes, right, down, knots })
    }

    /// The point of the face as it is that is seen at `p`.
    pub fn apply(&self, p: Point) -> Point {
        let (dx, dy) = (p.x - self.eyes.x, p.y - self.eyes.y);
        let (beside, below) = (dx * self.right.x + dy * self.right.y, dx * self.down.x + dy * self.down.y);
        let Knot { shift, narrower, .. } = self.at(below);
        let beside = beside * narrower;
        Point::new(p.x + shift * self.down.x + beside * self.right.x, p.y + shift * self.down.y + beside * self.right.y)
    }

    /// Between two knots, smoothly; above the first and below the last as there.
    fn at(&self, below: f32) -> Knot {
        let next = self.knots.iter().position(|knot| knot.at > below).unwrap_or(KNOTS);
        let (Some(from), Some(to)) = (next.checked_sub(1).map(|i| self.knots[i]), self.knots.get(next)) else {
            return if next == 0 { self.knots[0] } else { self.knots[KNOTS - 1] };
        };
        let t = (below - from.at) / (to.at - from.at);
        let t = t * t * (3.0 - 2.0 * t);
        let mix = |a: f32, b: f32| a + (b - a) * t;
        Knot { at: below, shift: mix(from.shift, to.shift), narrower: mix(from.narrower, to.narrower) }
    }
}

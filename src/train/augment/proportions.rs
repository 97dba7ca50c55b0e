//! Other proportions: brows, nose, mouth and chin of the input lie higher or lower, and further from or nearer to the
//! middle, as if somebody else wore the expression. The eyes stay at their height, so that they tell where the face belongs.

use rand::Rng;

use super::AugmentSettings;
use super::anchors::{Anchors, middle};
use super::draw::{chance, symmetric};
use crate::geometry::Point;

/// How far forehead, brows, eyes, nose, mouth and chin shift at strength 1, over the height from the eyes to the chin. Two
/// people of one head size differ by as much.
const SHIFTS: [f32; KNOTS] = [0.06, 0.05, 0.0, 0.1, 0.07, 0.08];
/// How much wider or narrower the face is there.
const WIDTHS: [f32; KNOTS] = [0.04, 0.05, 0.03, 0.06, 0.07, 0.07];
const KNOTS: usize = 6;
/// Where the eyes are among these.
const EYES: usize = 2;
/// Least distance between knots, over the height from the eyes to the chin: a nod brings nose and mouth together.
const APART: f32 = 0.15;
/// Most difference between the shifts of two knots, over their distance. The steepest slope between them is 1.5 times that, so
/// that nothing folds.
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
mod tests {
    use super::*;
    use crate::train::random::{Purpose, stream};

    /// Anchors of a face that looks ahead: eyes at a height of 0.35, the mouth at 0.65, the chin at 0.85.
    fn anchors() -> Anchors {
        let mut mesh = vec![[0.5, 0.5]; 468];
        let places: [(usize, [f32; 2]); 16] = [
            (33, [0.3, 0.35]),
            (133, [0.42, 0.35]),
            (362, [0.58, 0.35]),
            (263, [0.7, 0.35]),
            (78, [0.42, 0.65]),
            (308, [0.58, 0.65]),
            (13, [0.5, 0.64]),
            (14, [0.5, 0.66]),
            (105, [0.36, 0.27]),
            (334, [0.64, 0.27]),
            (2, [0.5, 0.55]),
            (152, [0.5, 0.85]),
            (10, [0.5, 0.1]),
            (168, [0.5, 0.35]),
            (159, [0.36, 0.34]),
            (145, [0.36, 0.36]),
        ];
        for (row, place) in places {
            mesh[row] = place;
        }
        Anchors::of_mesh(&mesh).unwrap()
    }

    #[test]
    fn parts_move_as_far_as_said_while_the_eyes_stay_and_nothing_folds() {
        let settings = AugmentSettings { proportions_chance: 1.0, proportions: 1.0, ..AugmentSettings::none() };
        let (mut moved, mut of_eyes) = ([0.0_f32; 3], 0.0_f32);
        for n in 0..400 {
            let mut rng = stream(1, Purpose::Augmentation, n, 0);
            let proportions = Proportions::draw(&settings, Some(&anchors()), &mut rng).unwrap();
            let shift = |y: f32| proportions.apply(Point::new(0.5, y)).y - y;
            for (moved, (y, most)) in moved.iter_mut().zip([(0.27, 0.05), (0.55, 0.1), (0.65, 0.1)]) {
                assert!(shift(y).abs() <= most * 0.5 + 1e-5, "{y}: {}", shift(y));
                *moved = moved.max(shift(y).abs());
            }
            of_eyes = of_eyes.max(shift(0.35).abs());
            let column: Vec<f32> = (0..=100).map(|i| proportions.apply(Point::new(0.4, i as f32 / 100.0)).y).collect();
            assert!(column.windows(2).all(|pair| pair[1] > pair[0]), "it folds");
        }
        assert!(moved[0] > 0.02 && moved[1] > 0.04 && moved[2] > 0.03, "{moved:?}");
        assert!(of_eyes < 1e-6, "{of_eyes}");
    }

    #[test]
    fn without_chance_or_without_anchors_a_face_keeps_its_own() {
        let mut rng = stream(1, Purpose::Augmentation, 0, 0);
        assert!(Proportions::draw(&AugmentSettings::none(), Some(&anchors()), &mut rng).is_none());
        let always = AugmentSettings { proportions_chance: 1.0, proportions: 1.0, ..AugmentSettings::none() };
        assert!(Proportions::draw(&always, None, &mut rng).is_none());
    }
}

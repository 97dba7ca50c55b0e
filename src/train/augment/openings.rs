//! Other lids, another gaze, another mouth: both people of a pair open and close eyes and mouth and look elsewhere, alike. A
//! troupe performs few frames, which a network learns by heart; so changed, each frame has an expression of its own in every
//! sample, and the answer of every cross swap is still known.

use rand::Rng;

use super::AugmentSettings;
use super::anchors::{Almond, Anchors};
use super::draw::{between, chance, symmetric};
use crate::geometry::Point;

/// How much an edge comes nearer to the other or leaves it, at most, over the opening.
const SOMEWHAT: f32 = 0.35;
/// Chance that it comes nearer than that: a blink, a mouth that closes.
const CLOSES: f32 = 0.25;
/// Chance that both eyes open or close by the same.
const TOGETHER: f32 = 0.8;
/// How far from its edge skin moves with it, over the width: above an eye, below the mouth.
const LID: f32 = 0.4;
const LIP: f32 = 0.6;
/// How much further an iris moves across than up or down, each over the eye's extent that way.
const ACROSS: f32 = 0.5;

/// How a face's openings change, whoever's it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OpeningChange {
    /// By how much each upper lid comes down, over the eye's opening: the subject's right eye, then the left. Below 0 it goes up.
    pub lids: [f32; 2],
    /// How far what is between the lids moves, to the right over half the eye's width and down over its opening.
    pub gaze: [f32; 2],
    /// By how much the lower lip comes up, over the mouth's opening. Below 0 it goes down.
    pub mouth: f32,
}

impl OpeningChange {
    /// Draws one; `None` where nothing is to change.
    pub fn draw(settings: &AugmentSettings, rng: &mut impl Rng) -> Option<Self> {
        let drawn = |rng: &mut _, of: f32| of > 0.0 && chance(rng, of);
        let mut change = Self::default();
        if drawn(rng, settings.lids_chance) {
            let (right, left) = (closing(rng), closing(rng));
            let lids = if chance(rng, TOGETHER) { [right; 2] } else { [right, left] };
            change.lids = lids.map(|lid| settings.lids * lid);
        }
        if drawn(rng, settings.gaze_chance) {
            change.gaze = [2.0 * settings.gaze * symmetric(rng), ACROSS * 2.0 * settings.gaze * symmetric(rng)];
        }
        if drawn(rng, settings.mouth_chance) {
            change.mouth = settings.mouth * closing(rng);
        }
        (change != Self::default()).then_some(change)
    }

    /// The same of a face.
    pub fn of(self, anchors: &Anchors) -> ChangedOpenings {
        ChangedOpenings { eyes: anchors.eyes, mouth: anchors.mouth, change: self }
    }
}

/// How far an edge comes nearer to the other.
fn closing(rng: &mut impl Rng) -> f32 {
    if chance(rng, CLOSES) { between(rng, SOMEWHAT, 1.0) } else { SOMEWHAT * symmetric(rng) }
}

/// Where each point of a face with changed openings lies in the face as it is; both in the unit square.
#[derive(Debug, Clone, Copy)]
pub struct ChangedOpenings {
    eyes: [Almond; 2],
    mouth: Almond,
    change: OpeningChange,
}

impl ChangedOpenings {
    /// The point of the face as it is that is seen at `p`.
    pub fn apply(&self, p: Point) -> Point {
        let OpeningChange { lids, gaze, mouth } = self.change;
        let eye =
            |(eye, closing): (&Almond, f32)| Opening { almond: eye, falls: true, closing, reach: LID }.seen(gaze, p);
        let mouth = Opening { almond: &self.mouth, falls: false, closing: mouth, reach: LIP };
        self.eyes.iter().zip(lids).find_map(eye).or_else(|| mouth.seen([0.0; 2], p)).unwrap_or(p)
    }
}

/// One opening, of which one edge moves.
struct Opening<'a> {
    almond: &'a Almond,
    /// Whether that is the upper edge, else the lower.
    falls: bool,
    /// How far it comes nearer to the other, over the opening.
    closing: f32,
    /// How far from it skin moves with it, over the width.
    reach: f32,
}

impl Opening<'_> {
    /// The point of the face as it is that is seen at `p`, where what is inside moves by `gaze`; `None` where nothing moves.
    ///
    /// Skin beside the edge that moves stretches after it, over an inside that stays, up to the other edge, which stays; an edge
    /// that goes away stretches the inside. There `gaze` moves everything but edges and corners.
    fn seen(&self, [across, down]: [f32; 2], p: Point) -> Option<Point> {
        let Self { almond, falls, closing, reach } = *self;
        // Seen upside down, a lip is a lid.
        let sign = if falls { 1.0 } else { -1.0 };
        let (along, below) = almond.place(p);
        let below = sign * below;
        let edges = |along: f32| {
            let [upper, lower] = almond.edges(along).map(|edge| sign * edge);
            if falls { [upper, lower] } else { [lower, upper] }
        };
        let [moving, still] = edges(along);
        let open = still - moving;
        let (edge, top) = (moving + closing * open, moving - reach * almond.width());
        if along.abs() >= 1.0 || open <= 0.0 || !(top..still).contains(&below) {
            return None;
        }
        let point = |along, below| Some(almond.point(along, sign * below));
        if below <= edge {
            return point(along, top + (below - top) * (moving - top) / (edge - top));
        }
        let height = if closing < 0.0 { (below - edge) / (still - edge) } else { (below - moving) / open };
        // Full in the middle, and too flat at the edges to fold.
        let inside = |v: f32| 1.0 - v.powi(4);
        let height = height - down * inside(2.0 * height - 1.0);
        let along = along - across * inside(along);
        let [moving, still] = edges(along);
        point(along, moving + height * (still - moving))
    }
}

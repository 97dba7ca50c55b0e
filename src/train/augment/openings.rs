//! Other lids, another gaze, another mouth: both people of a pair open and close eyes and mouth and look elsewhere,
//! alike.
//!
//! A troupe performs few frames, which a network learns by heart. So changed, a frame has another expression in most
//! samples, and the answer of every cross swap is still known.

use std::ops::RangeInclusive;

use rand::Rng;

use super::AugmentSettings;
use super::anchors::{Almond, Anchors};
use super::draw::{between, chance, symmetric};
use crate::geometry::Point;

/// How far an edge comes nearer to the other or leaves it, at most, over the opening, unless it
/// [closes](CLOSES_CHANCE).
const SMALL_MOVE: f32 = 0.35;
/// Chance that it comes nearer than that: a blink, a mouth that closes.
const CLOSES_CHANCE: f32 = 0.25;
/// Chance that both eyes open or close by the same.
const TOGETHER_CHANCE: f32 = 0.8;
/// How far above an eye skin moves with the upper lid, over the eye's width.
const LID_REACH: f32 = 0.4;
/// How far below a mouth skin moves with the lower lip, over the mouth's width.
const LIP_REACH: f32 = 0.6;
/// Part of the skin's reach by which an edge goes away at most: the rest is pressed together.
const MOST_PRESSED: f32 = 0.5;
/// The most that an iris moves, over the eye's width and over its opening. Along either, a point at `v` (-1..1, so
/// that a move counts twice) is seen at `v - 2 m (1 - v^4)` for a move `m`, whose slope is `1 - 8 m` at an end: from
/// 1/8 on it folds.
pub(super) const MOST_GAZE: f32 = 0.12;
/// Openings that are changed, over their widths. Of what is shut nothing is seen that could open. What is open further
/// than wide is seen from the side, and its edges are not where its points are.
const CHANGED: RangeInclusive<f32> = 0.03..=1.0;

/// How a face's openings change, whoever's it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OpeningChange {
    /// How far each upper lid comes down, over the eye's opening: the subject's right eye, then the left. Below 0 it
    /// goes up.
    pub lids: [f32; 2],
    /// How far what is between the lids moves: to the right over the eye's width, down over its opening.
    pub gaze: [f32; 2],
    /// How far the lower lip comes up, over the mouth's opening. Below 0 it goes down.
    pub mouth: f32,
}

impl OpeningChange {
    /// Draws one; `None` where nothing is to change.
    pub fn draw(settings: &AugmentSettings, rng: &mut impl Rng) -> Option<Self> {
        let drawn = |rng: &mut _, of: f32| of > 0.0 && chance(rng, of);
        let mut change = Self::default();
        if drawn(rng, settings.lids_chance) {
            let (right, left) = (draw_closing(rng), draw_closing(rng));
            let lids = if chance(rng, TOGETHER_CHANCE) { [right; 2] } else { [right, left] };
            change.lids = lids.map(|lid| settings.lids * lid);
        }
        if drawn(rng, settings.gaze_chance) {
            change.gaze = [settings.gaze * symmetric(rng), settings.gaze * symmetric(rng)];
        }
        if drawn(rng, settings.mouth_chance) {
            change.mouth = settings.mouth * draw_closing(rng);
        }
        (change != Self::default()).then_some(change)
    }

    /// The change for each of two faces with these anchors. What only one of them could change stays in both.
    pub fn of_pair(self, pair: [&Anchors; 2]) -> [ChangedOpenings; 2] {
        let all = pair.map(|anchors| self.openings(anchors));
        let both = |n: usize| all.iter().all(|openings| openings[n].changes());
        let closing = |n: usize| all[0][n].possible_closing().max(all[1][n].possible_closing());
        let one = |opening: Opening, n: usize| both(n).then(|| Opening { closing: closing(n), ..opening });
        all.map(|openings| ChangedOpenings(std::array::from_fn(|n| one(openings[n], n))))
    }

    fn openings(self, anchors: &Anchors) -> [Opening; 3] {
        let [right, left] = anchors.eyes;
        let lid = |almond, closing| Opening { almond, upper_moves: true, closing, gaze: self.gaze, reach: LID_REACH };
        let lip = Opening {
            almond: anchors.mouth,
            upper_moves: false,
            closing: self.mouth,
            gaze: [0.0; 2],
            reach: LIP_REACH,
        };
        [lid(right, self.lids[0]), lid(left, self.lids[1]), lip]
    }
}

/// How far an edge comes nearer to the other, over the opening.
fn draw_closing(rng: &mut impl Rng) -> f32 {
    if chance(rng, CLOSES_CHANCE) { between(rng, SMALL_MOVE, 1.0) } else { SMALL_MOVE * symmetric(rng) }
}

/// Where each point of a face with changed openings lies in the face as it is; both in the unit square. By default
/// nothing changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangedOpenings([Option<Opening>; 3]);

impl ChangedOpenings {
    /// The point of the face as it is that is seen at `p`.
    pub fn apply(&self, p: Point) -> Point {
        self.0.iter().flatten().find_map(|opening| opening.seen(p)).unwrap_or(p)
    }
}

/// One opening, of which one edge moves.
#[derive(Debug, Clone, Copy)]
struct Opening {
    almond: Almond,
    /// Whether that is the upper edge, else the lower.
    upper_moves: bool,
    /// How far it comes nearer to the other, over the opening.
    closing: f32,
    /// How far what is inside moves along, over the width, and down, over the opening.
    gaze: [f32; 2],
    /// How far from the edge skin moves with it, over the width.
    reach: f32,
}

impl Opening {
    /// Whether it is one that changes.
    fn changes(&self) -> bool {
        (self.closing != 0.0 || self.gaze != [0.0; 2]) && CHANGED.contains(&self.ratio())
    }

    /// How far it is open in its middle, over its width.
    fn ratio(&self) -> f32 {
        let [upper, lower] = self.almond.edges(0.0);
        (lower - upper) / self.almond.width().max(1e-6)
    }

    /// How far its edge comes nearer where skin is pressed together no more than it may be.
    fn possible_closing(&self) -> f32 {
        self.closing.max(-MOST_PRESSED * self.reach / self.ratio().max(1e-6))
    }

    /// The point of the face as it is that is seen at `p`; `None` outside of what moves.
    ///
    /// Skin beside the edge that moves stretches after it, over an inside that stays, up to the other edge, which
    /// stays. An edge that goes away stretches the inside. What is inside then moves by the gaze; aside it slides
    /// along both edges.
    fn seen(&self, p: Point) -> Option<Point> {
        let Self { almond, upper_moves, closing, gaze: [across, down], reach } = self;
        let (along, below) = almond.place(p);
        if along.abs() >= 1.0 {
            return None;
        }
        // For a lower lip heights change sign, so that the moving edge is the smaller.
        let sign = if *upper_moves { 1.0 } else { -1.0 };
        let edges = |along: f32| {
            let [upper, lower] = almond.edges(along).map(|edge| sign * edge);
            if *upper_moves { [upper, lower] } else { [lower, upper] }
        };
        let (below, [moving, still]) = (sign * below, edges(along));
        let (open, skin) = (still - moving, reach * almond.width());
        let top = moving - skin;
        if open <= 0.0 || !(top..still).contains(&below) {
            return None;
        }
        let (edge, point) = (moving + closing * open, |along, below| Some(almond.point(along, sign * below)));
        if below <= edge {
            return point(along, top + (below - top) * skin / (edge - top));
        }
        let height = if *closing < 0.0 { (below - edge) / (still - edge) } else { (below - moving) / open };
        let inside = |v: f32| 1.0 - v.powi(4);
        let height = height - sign * down * inside(2.0 * height - 1.0);
        let along = along - 2.0 * across * inside(along);
        let [moving, still] = edges(along);
        point(along, moving + height * (still - moving))
    }
}

//! The forehead behind the hair. The performer keeps their own hair, so that the subject's face is to reach up to
//! where that begins: drawn as they were filmed, a fringe would end as a line across the performer's forehead.

use super::anchors::{Anchors, middle};
use super::box_blur::box_blur;
use super::pull_push::Pyramid;
use crate::geometry::Point;

/// From where the forehead begins above the brows to where it is wholly forehead, over [`Anchors::height`]: hair is
/// no part of a brow, but the skin in its shadow may be.
const HAIR_BEGINS: (f32, f32) = (0.0, 0.1);
const SHADOW_BEGINS: (f32, f32) = (0.12, 0.3);
/// How far it reaches beyond temples and brows, and over which width it ends, over the same.
const BESIDE: f32 = 0.3;
/// Nearer to the mask's edge, over the side, pixels hold some of the hair, and lie in its shadow.
const HAIR_EDGE: f32 = 0.035;
const SHADOW_EDGE: f32 = 0.11;
/// From which difference between its luma and that of the colour around it, as a part of that, forehead in the same
/// place is replaced in part, and from which wholly: fringes and their shadows draw lines across it.
const LINE: (f32, f32) = (0.02, 0.08);
/// How far around, over the side.
const AROUND: f32 = 0.06;
/// From how far above the brows the forehead says what colour its skin has, and how far inside of its ends, over the
/// same.
const SKIN_BEGINS: (f32, f32) = (0.1, 0.1);
/// The power of how near a pixel's luma is to that of which this share is darker, the smaller over the larger, that
/// it counts by there: what lies in the fringe's shadow, brows, creases and highlights count next to nothing, and
/// nothing where that is less than a cheek's pixel counts.
const BRIGHT: i32 = 8;
const BRIGHT_SHARE: f32 = 0.9;
/// Within which parts of the cheeks' luma that is taken to lie: a forehead that is all shadow or highlight says
/// nothing.
const AS_CHEEKS: (f32, f32) = (0.75, 1.3);
/// From where to where below the brows cheeks and nose say it, too, over the same, and how little each of their pixels
/// counts: where a forehead shows, that decides.
const CHEEKS: (f32, f32) = (0.6, 1.6);
const CHEEK: f32 = 0.02;

/// Buffers of [`uncover`].
#[derive(Debug, Default)]
pub(super) struct ForeheadBuffers {
    places: Vec<Point>,
    lumas: Vec<f32>,
    skin: Vec<f32>,
    lit: Vec<f32>,
    around: Vec<f32>,
    row: Vec<f32>,
    pyramid: Pyramid,
}

/// Where the forehead is, up to the edge of the crop: in the unit square of the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forehead {
    origin: Point,
    right: Point,
    down: Point,
    height: f32,
    ends: [f32; 2],
}

impl Forehead {
    /// Of a face.
    pub(super) fn of(anchors: &Anchors) -> Self {
        let [right, down] = anchors.axes();
        let origin = middle(anchors.brows[0], anchors.brows[1]);
        let along = |p: Point| (p.x - origin.x) * right.x + (p.y - origin.y) * right.y;
        let [a, b] = anchors.temples;
        let [c, d] = anchors.brows;
        let outer = [a, b, c, d, anchors.forehead].map(along);
        let ends = outer.iter().fold([f32::MAX, f32::MIN], |[low, high], &v| [low.min(v), high.max(v)]);
        Self { origin, right, down, height: anchors.height(), ends }
    }

    /// How far above the brows `p` lies, over the height, and how far inside of both ends, likewise.
    fn above_and_inside(&self, p: Point) -> (f32, f32) {
        let Self { origin, right, down, height, ends } = *self;
        let (x, y) = (p.x - origin.x, p.y - origin.y);
        let along = x * right.x + y * right.y;
        (-(x * down.x + y * down.y) / height, (along - ends[0]).min(ends[1] - along) / height)
    }

    /// How much of it is at `p`, 0..1, where it begins and is whole so far above the brows.
    fn share(&self, p: Point, (from, to): (f32, f32)) -> f32 {
        let (above, inside) = self.above_and_inside(p);
        ((above - from) / (to - from)).clamp(0.0, 1.0) * (1.0 + inside / BESIDE).clamp(0.0, 1.0)
    }

    /// Whether skin at `p` is the forehead's.
    fn is_forehead(&self, p: Point) -> bool {
        let (above, inside) = self.above_and_inside(p);
        above > SKIN_BEGINS.0 && inside > SKIN_BEGINS.1
    }

    /// Whether `p` lies at the height of cheeks and nose.
    fn is_cheek(&self, p: Point) -> bool {
        (CHEEKS.0..CHEEKS.1).contains(&-self.above_and_inside(p).0)
    }
}

/// Replaces what is not skin of the forehead, lies in the shadow of hair, or is a line across it, in `target` (blue,
/// green, red, `side`² values each, 0..1) by the colour of what shows of it in the light, or of cheeks and nose, and
/// counts it as face in `mask`, both by `strength` (0..1); nothing where none of these shows. `to_source` takes points
/// of the sample's unit square to the source's.
pub(super) fn uncover(
    (forehead, strength): (&Forehead, f32),
    to_source: impl Fn(Point) -> Point,
    (target, mask): (&mut [f32], &mut [f32]),
    side: usize,
    buffers: &mut ForeheadBuffers,
) {
    let ForeheadBuffers { places, lumas, skin, lit, around, row, pyramid } = buffers;
    for (inside, edge) in [(&mut *skin, HAIR_EDGE), (&mut *lit, SHADOW_EDGE)] {
        inside.clear();
        inside.extend_from_slice(mask);
        box_blur(inside, side, ((edge * side as f32).round() as usize).max(1), row);
        inside.iter_mut().for_each(|inside| *inside = (2.0 * *inside - 1.0).clamp(0.0, 1.0));
    }
    let pixels = side * side;
    places.clear();
    places.extend((0..pixels).map(|n| to_source(super::centre(n % side, n / side, 1.0 / side as f32))));
    let luma =
        |target: &[f32], n: usize| 0.114 * target[n] + 0.587 * target[pixels + n] + 0.299 * target[2 * pixels + n];
    let shown = |n: usize| skin[n] > 0.5 && forehead.is_forehead(places[n]);
    let mut luma_of = |share: f32, counts: &dyn Fn(usize) -> bool| {
        lumas.clear();
        lumas.extend((0..pixels).filter(|&n| counts(n)).map(|n| luma(target, n)));
        let at = (share * lumas.len() as f32) as usize;
        (!lumas.is_empty()).then(|| *lumas.select_nth_unstable_by(at, f32::total_cmp).1)
    };
    let cheeks = luma_of(0.5, &|n| skin[n] > 0.5 && forehead.is_cheek(places[n]));
    let bright = match (luma_of(BRIGHT_SHARE, &shown), cheeks) {
        (Some(bright), Some(cheeks)) => bright.clamp(AS_CHEEKS.0 * cheeks, AS_CHEEKS.1 * cheeks),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return,
    };
    let known = (0..pixels).map(|n| {
        let counts = if shown(n) {
            let ratio = luma(target, n).max(1e-3) / bright.max(1e-3);
            let counts = ratio.min(1.0 / ratio).powi(BRIGHT);
            if counts > CHEEK { counts } else { 0.0 }
        } else if forehead.is_cheek(places[n]) {
            CHEEK
        } else {
            0.0
        };
        let weight = skin[n] * counts;
        [target[n] * weight, target[pixels + n] * weight, target[2 * pixels + n] * weight, weight]
    });
    let filled = pyramid.fill(side, known);
    around.clear();
    around.extend((0..3).flat_map(|k| filled.iter().map(move |pixel| pixel[k])));
    for plane in around.chunks_exact_mut(pixels) {
        box_blur(plane, side, ((AROUND * side as f32).round() as usize).max(1), row);
    }
    for n in 0..pixels {
        let [hair, shadow] = [HAIR_BEGINS, SHADOW_BEGINS].map(|begins| strength * forehead.share(places[n], begins));
        let wanted = luma(around, n);
        let off = (luma(target, n) - wanted).abs() / wanted.max(1e-3);
        let line = ((off - LINE.0) / (LINE.1 - LINE.0)).clamp(0.0, 1.0);
        let hidden = (hair * (1.0 - skin[n])).max(shadow * (1.0 - lit[n]).max(line));
        for k in 0..3 {
            let value = &mut target[k * pixels + n];
            *value = (*value + hidden * (around[k * pixels + n] - *value)).clamp(0.0, 1.0);
        }
        mask[n] = mask[n].max(hair);
    }
}

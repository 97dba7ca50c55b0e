//! Hair that hangs across the forehead.

use rand::{Rng, RngExt};

use super::super::anchors::{Anchors, middle};
use super::super::bounds::Bounds;
use super::super::draw::{between, symmetric};
use super::hair::{Strands, colour};
use super::{Canvas, along, luma, seen_from, step};

/// Draws a fringe that hangs as far as `most` at most: 0 is the hairline, 1 the brows.
pub(super) fn hang(most: f32, anchors: &Anchors, canvas: &mut Canvas<'_>, rng: &mut impl Rng) {
    let axes = anchors.axes();
    let brow = middle(anchors.brows[0], anchors.brows[1]);
    let [right_end, left_end] = anchors.temples.map(|p| seen_from(brow, axes, p).0);
    // Above the brows: negative.
    let hairline = seen_from(brow, axes, anchors.forehead).1.min(-0.02);
    let length = most * between(rng, 0.4, 1.0);
    let (tip, top) = (hairline * (1.0 - length), hairline * 3.5);
    let hair = colour(rng);
    let strands = Strands::draw(between(rng, 50.0, 110.0), between(rng, 3.0, 9.0), rng);
    let (slant, parting) = (0.7 * symmetric(rng), between(rng, right_end, left_end));
    let (parted, locks) = (rng.random::<f32>() < 0.5, between(rng, 8.0, 40.0));
    let (ragged, density) = (between(rng, 0.05, 0.6) * -hairline, between(rng, 0.7, 1.0));
    let width = (left_end - right_end).max(0.05);
    let corners = [(right_end, top), (left_end, top), (right_end, 0.0), (left_end, 0.0)];
    let corners = corners.map(|(right, down)| along(brow, axes, right, down + tip.max(0.0)));
    let within = Bounds::around(&corners, 0.1 * width + ragged);
    canvas.paint(&within, |p, there| {
        let (right, down) = seen_from(brow, axes, p);
        if down > tip + ragged || down < top {
            return (there, 0.0);
        }
        // Strands run aslant, or from the parting to both sides.
        let aside = if parted { (right - parting).signum() * 0.6 * slant.abs() } else { slant };
        let root = right - aside * (down - top);
        let end = tip + ragged * (strands.noise(root * locks, 3.0) - 0.6)
            - if parted { -0.6 * hairline * step(0.25 * width, 0.0, (right - parting).abs()) } else { 0.0 };
        // The head is round above the forehead.
        let above = ((down - hairline) / (top - hairline)).clamp(0.0, 1.0);
        let narrow = 0.3 * width * above * above;
        let side = (right - right_end).min(left_end - right) - narrow;
        let sides = step(-0.08 * width, 0.02 * width, side);
        let strand = strands.at(root, down);
        let soft = 0.02 + 0.25 * ragged;
        let hangs = step(soft, -soft, down - end) * step(top, 1.3 * hairline, down);
        let thin = step(0.75 - hangs, 1.05 - hangs, strand);
        let light = (0.3 + 0.9 * luma(there)).min(1.0) * (0.45 + 0.9 * strand);
        (hair.map(|c| c * light), density * sides * hangs.min(2.0 * hangs * thin))
    });
}

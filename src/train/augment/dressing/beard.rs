//! Beards: full, stubble, round the mouth, a moustache.

use rand::{Rng, RngExt};

use super::super::anchors::Anchors;
use super::super::bounds::Bounds;
use super::super::draw::between;
use super::hair::{Strands, colour};
use super::{Canvas, along, luma, seen_from, step};
use crate::geometry::Point;

/// Which parts of the beard's place are left, over the width of the mouth and the height of the nose.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// How far to either side of the mouth's middle.
    beside: f32,
    /// How far below the mouth's middle.
    below: f32,
    /// Nothing above the mouth's middle.
    shaved_lip: bool,
}

impl Cut {
    fn draw(rng: &mut impl Rng) -> Self {
        match rng.random::<u32>() % 8 {
            // A moustache.
            0 | 1 => Self { beside: between(rng, 0.55, 0.8), below: between(rng, -0.05, 0.1), shaved_lip: false },
            // Round the mouth.
            2 | 3 => Self { beside: between(rng, 0.55, 0.75), below: 9.0, shaved_lip: rng.random::<f32>() < 0.25 },
            _ => Self { beside: 9.0, below: 9.0, shaved_lip: rng.random::<f32>() < 0.12 },
        }
    }
}

/// Draws one, as dense as `most` (0..1) at most.
pub(super) fn grow(most: f32, anchors: &Anchors, canvas: &mut Canvas<'_>, rng: &mut impl Rng) {
    let cut = Cut::draw(rng);
    let stubble = rng.random::<f32>() < 0.35;
    let density = most * if stubble { between(rng, 0.25, 0.6) } else { between(rng, 0.65, 1.0) };
    let hair = colour(rng);
    let strands = if stubble {
        Strands::draw(between(rng, 90.0, 150.0), between(rng, 70.0, 120.0), rng)
    } else {
        Strands::draw(between(rng, 90.0, 160.0), between(rng, 15.0, 45.0), rng)
    };
    let (height, axes) = (anchors.height(), anchors.axes());
    let (edge, ragged) = (between(rng, 0.08, 0.3) * height, between(rng, 0.0, 0.25) * height);
    // A full beard hangs below the chin.
    let longer = if stubble { 0.0 } else { between(rng, 0.0, 0.35) * height };
    let (mouth, half) = (anchors.lips.centre(), 0.5 * anchors.lips.width());
    let spread = between(rng, 0.1, 0.6);
    let fade = 0.2 * height;
    let chin = along(anchors.chin, axes, 0.0, longer);
    let mut outline = anchors.beard;
    for p in &mut outline {
        let (_, down) = seen_from(mouth, axes, *p);
        *p = along(*p, axes, 0.0, longer * step(0.0, 1.2 * height, down));
    }
    let within = Bounds::around(&[outline.as_slice(), &[chin]].concat(), edge + ragged);
    canvas.paint(&within, |p, there| {
        let (right, down) = seen_from(mouth, axes, p);
        let beside = step(cut.beside * 2.0 * half + fade, cut.beside * 2.0 * half - 0.2 * fade, right.abs());
        let below = step(cut.below * height + fade, cut.below * height - 0.2 * fade, down);
        let lip = if cut.shaved_lip { step(-0.15 * height, 0.1 * height, down) } else { 1.0 };
        let parts = beside * below * lip;
        if parts <= 0.0 {
            return (there, 0.0);
        }
        let inside = inside(&outline, p) + ragged * (strands.noise(right * 60.0, down * 60.0) - 0.5);
        let lips = 1.0 - anchors.lips.cover(p, 0.06 * height);
        let grown = parts * lips * step(-0.3 * edge, edge, inside);
        if grown <= 0.0 {
            return (there, 0.0);
        }
        // Hair grows down and away from the mouth.
        let across = right * (1.0 - spread * (down / height).clamp(-0.5, 1.5) * 0.5);
        let strand = strands.at(across, down);
        let thick = density * grown;
        let cover = thick * (step(0.6 - 0.8 * thick, 0.9 - 0.4 * thick, strand)).max(thick * thick);
        let light = (luma(there) * 1.6).clamp(0.25, 1.1) * (0.7 + 0.6 * strand);
        (hair.map(|c| c * light), cover.min(1.0))
    });
}

/// How far inside the closed outline `p` lies; negative outside (M. Shimrat, "Algorithm 112: position of point relative
/// to polygon", 1962).
fn inside(outline: &[Point], p: Point) -> f32 {
    let (mut inside, mut least) = (false, f32::MAX);
    let mut from = outline[outline.len() - 1];
    for &to in outline {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let (px, py) = (p.x - from.x, p.y - from.y);
        if (from.y > p.y) != (to.y > p.y) && px < py / dy * dx {
            inside = !inside;
        }
        let t = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1e-12)).clamp(0.0, 1.0);
        let (ex, ey) = (px - t * dx, py - t * dy);
        least = least.min(ex * ex + ey * ey);
        from = to;
    }
    if inside { least.sqrt() } else { -least.sqrt() }
}

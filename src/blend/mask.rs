//! Where the generated face shows: the networks' masks and the landmarks' hull, before any filter.

use super::BlendSettings;
use super::place::{Corners, unit};
use super::plan::{Region, centre};
use crate::geometry::{Point, Similarity};
use crate::swap::Generated;

/// Fills `mask` (`resolution`² values, 0..1): driver mask × generated mask × inside of the hull, as far as the settings
/// ask. NaN in a mask counts as 0.
pub fn mask(generated: &Generated<'_>, hull: &[Point], settings: &BlendSettings, mask: &mut [f32]) {
    let side = generated.resolution;
    mask.fill(1.0);
    if settings.driver_mask {
        multiply(mask, generated.driver_mask);
    }
    let to_generated = settings.to_generated();
    if settings.generated_mask && to_generated != Similarity::IDENTITY {
        for (j, row) in mask.chunks_exact_mut(side.max(1)).enumerate() {
            for (i, m) in row.iter_mut().enumerate() {
                *m *= moved(generated.face_mask, side, to_generated.apply(centre(i, j, side)));
            }
        }
    } else if settings.generated_mask {
        multiply(mask, generated.face_mask);
    }
    if settings.hull_mask && hull.len() >= 3 {
        for (j, row) in mask.chunks_exact_mut(side).enumerate() {
            let (start, end) = inside(hull, side, j);
            row[..start].fill(0.0);
            row[end..].fill(0.0);
        }
    }
}

/// Multiplies `mask` (`resolution`² values) by how visible the face is: `visible` is a square map of any side over
/// the same crop, 0..1 (bilinear, edge values repeated).
pub fn hide(mask: &mut [f32], resolution: usize, visible: &[f32]) {
    let side = visible.len().isqrt();
    if side == 0 || resolution == 0 {
        return;
    }
    let place = |n: usize| {
        let v = ((n as f32 + 0.5) * side as f32 / resolution as f32 - 0.5).clamp(0.0, (side - 1) as f32);
        let first = v as usize;
        (first, (first + 1).min(side - 1), v - first as f32)
    };
    for (j, row) in mask.chunks_exact_mut(resolution).enumerate() {
        let (y0, y1, fy) = place(j);
        let (upper, lower) = (&visible[y0 * side..], &visible[y1 * side..]);
        for (i, m) in row.iter_mut().enumerate() {
            let (x0, x1, fx) = place(i);
            let top = upper[x0] + (upper[x1] - upper[x0]) * fx;
            let bottom = lower[x0] + (lower[x1] - lower[x0]) * fx;
            *m *= top + (bottom - top) * fy;
        }
    }
}

/// The smallest region of crop pixels that holds every value above 0; empty where there is none.
pub fn bounds(mask: &[f32], resolution: usize) -> Region {
    let mut found = Region { x0: resolution, y0: resolution, x1: 0, y1: 0 };
    for (j, row) in mask.chunks_exact(resolution.max(1)).enumerate() {
        let Some(first) = row.iter().position(|&m| m > 0.0) else { continue };
        let last = row.iter().rposition(|&m| m > 0.0).unwrap_or(first);
        found.x0 = found.x0.min(first);
        found.x1 = found.x1.max(last + 1);
        found.y0 = found.y0.min(j);
        found.y1 = j + 1;
    }
    if found.x1 == 0 { Region::default() } else { found }
}

fn multiply(mask: &mut [f32], by: &[f32]) {
    for (m, &by) in mask.iter_mut().zip(by) {
        *m *= unit(by);
    }
}

/// The generated mask at `p` of its unit square, 0 beyond.
fn moved(face_mask: &[f32], side: usize, p: Point) -> f32 {
    if !((0.0..=1.0).contains(&p.x) && (0.0..=1.0).contains(&p.y)) {
        return 0.0;
    }
    Corners::new(p, side).value(face_mask)
}

/// Columns of crop row `j` whose centres lie in the convex `hull`, its edges included: first, and the one after last.
fn inside(hull: &[Point], side: usize, j: usize) -> (usize, usize) {
    let y = centre(0, j, side).y;
    let (mut low, mut high) = (f32::NEG_INFINITY, f32::INFINITY);
    for (n, from) in hull.iter().enumerate() {
        let to = hull[(n + 1) % hull.len()];
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        // Inside is to the right of every edge: dx (y − from.y) − dy (x − from.x) ≥ 0.
        let reach = dx * (y - from.y);
        if dy > 0.0 {
            high = high.min(from.x + reach / dy);
        } else if dy < 0.0 {
            low = low.max(from.x + reach / dy);
        } else if reach < 0.0 {
            return (0, 0);
        }
    }
    let column = |v: f32| (v * side as f32 - 0.5).max(-1.0).min(side as f32);
    let start = column(low).ceil().max(0.0) as usize;
    let end = (column(high).floor() + 1.0).max(0.0) as usize;
    let start = start.min(side);
    (start, end.clamp(start, side))
}

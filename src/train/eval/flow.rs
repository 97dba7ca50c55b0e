//! Where each part of a picture was in the picture before.

use super::registered::bilinear;
use super::similarity::halved;

/// Pixels from one node of the grid to the next, at every scale.
const STEP: usize = 8;
/// The window about a node reaches so many px to every side.
const REACH: i32 = 7;
/// Scales, each half as large as the one before.
const SCALES: usize = 3;
/// Steps a scale.
const STEPS: usize = 6;
/// What holds a node to its start where the window shows nothing: mean square of the gradient, luma 0..1.
const HOLD: f32 = 2e-5;

/// Displacements on a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    side: usize,
    across: usize,
    nodes: Vec<[f32; 2]>,
}

impl Flow {
    fn still(side: usize) -> Self {
        let across = side.div_ceil(STEP) + 1;
        Self { side, across, nodes: vec![[0.0; 2]; across * across] }
    }

    /// The displacement in px that takes (x, y) to where it was; between nodes it is mixed.
    pub fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let last = self.across - 2;
        let split = |v: f32| {
            let v = (v / STEP as f32).max(0.0);
            let node = (v as usize).min(last);
            (node, (v - node as f32).min(1.0))
        };
        let ((i, fx), (j, fy)) = (split(x), split(y));
        let node = |i: usize, j: usize, c: usize| self.nodes[j * self.across + i][c];
        [0, 1].map(|c| {
            let top = node(i, j, c) + (node(i + 1, j, c) - node(i, j, c)) * fx;
            let below = node(i, j + 1, c) + (node(i + 1, j + 1, c) - node(i, j + 1, c)) * fx;
            top + (below - top) * fy
        })
    }

    /// `before` as it would look now.
    pub fn warped(&self, before: &[f32]) -> Vec<f32> {
        let value = |n: usize| {
            let (x, y) = ((n % self.side) as f32, (n / self.side) as f32);
            let [dx, dy] = self.at(x, y);
            bilinear(before, self.side, x + dx, y + dy)
        };
        (0..before.len()).map(value).collect()
    }

    /// Each node becomes the median of its neighbours and itself, by each coordinate: single failures go.
    fn smoothed(&self) -> Self {
        let across = self.across;
        let median = |n: usize, c: usize| {
            let (i, j) = (n % across, n / across);
            let mut near: Vec<f32> = (j.saturating_sub(1)..(j + 2).min(across))
                .flat_map(|j| (i.saturating_sub(1)..(i + 2).min(across)).map(move |i| j * across + i))
                .map(|n| self.nodes[n][c])
                .collect();
            near.sort_by(f32::total_cmp);
            near[near.len() / 2]
        };
        let nodes = (0..self.nodes.len()).map(|n| [median(n, 0), median(n, 1)]).collect();
        Self { nodes, ..self.clone() }
    }
}

/// The flow that takes each part of `now` to where it was in `before`; luma, 0..1, `side`² px. Follows up to about 25
/// px.
///
/// B. D. Lucas, T. Kanade, "An iterative image registration technique with an application to stereo vision", IJCAI
/// 1981, at nodes of a grid, from coarse to fine as in J.-Y. Bouguet, "Pyramidal implementation of the Lucas Kanade
/// feature tracker", 2001.
pub fn flow(before: &[f32], now: &[f32], side: usize) -> Flow {
    let mut scales = vec![(before.to_vec(), now.to_vec(), side)];
    while let Some((before, now, side)) = scales.last().filter(|scale| scales.len() < SCALES && scale.2 >= 4 * STEP) {
        let next = (halved(before, *side), halved(now, *side), side / 2);
        scales.push(next);
    }
    let mut found: Option<Flow> = None;
    for (before, now, side) in scales.iter().rev() {
        let mut flow = Flow::still(*side);
        for n in 0..flow.nodes.len() {
            let (x, y) = ((n % flow.across * STEP) as f32, (n / flow.across * STEP) as f32);
            let start = found.as_ref().map_or([0.0; 2], |coarse| coarse.at(x / 2.0, y / 2.0).map(|v| 2.0 * v));
            flow.nodes[n] = node(before, now, *side, (x, y), start);
        }
        found = Some(flow.smoothed());
    }
    found.unwrap_or_else(|| Flow::still(side))
}

/// The displacement of the window about (x, y).
fn node(before: &[f32], now: &[f32], side: usize, (x, y): (f32, f32), start: [f32; 2]) -> [f32; 2] {
    let last = side as f32 - 1.0;
    let window = || (-REACH..=REACH).flat_map(|j| (-REACH..=REACH).map(move |i| (i as f32, j as f32)));
    let inside = |v: f32| (0.0..=last).contains(&v);
    let points: Vec<(f32, f32)> =
        window().map(|(i, j)| (x + i, y + j)).filter(|&(x, y)| inside(x) && inside(y)).collect();
    let at = |x: f32, y: f32| bilinear(now, side, x, y);
    let mut rows = Vec::with_capacity(points.len());
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for &(x, y) in &points {
        let (gx, gy) = ((at(x + 1.0, y) - at(x - 1.0, y)) / 2.0, (at(x, y + 1.0) - at(x, y - 1.0)) / 2.0);
        (xx, xy, yy) = (xx + gx * gx, xy + gx * gy, yy + gy * gy);
        rows.push((gx, gy, at(x, y)));
    }
    let hold = HOLD * points.len().max(1) as f32;
    let determinant = (xx + hold) * (yy + hold) - xy * xy;
    let [mut dx, mut dy] = start;
    for _ in 0..STEPS {
        let (mut bx, mut by) = (0.0, 0.0);
        for (&(x, y), &(gx, gy, value)) in points.iter().zip(&rows) {
            let rest = value - bilinear(before, side, x + dx, y + dy);
            (bx, by) = (bx + gx * rest, by + gy * rest);
        }
        let (sx, sy) = (((yy + hold) * bx - xy * by) / determinant, ((xx + hold) * by - xy * bx) / determinant);
        let (sx, sy) = (sx.clamp(-2.0, 2.0), sy.clamp(-2.0, 2.0));
        (dx, dy) = (dx + sx, dy + sy);
        if sx.hypot(sy) < 0.02 {
            break;
        }
    }
    [dx, dy]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 128;

    /// A texture without periods, moved by (x, y) and made larger about the middle.
    fn texture(x: f32, y: f32, larger: f32) -> Vec<f32> {
        let at = |n: usize| {
            let u = ((n % SIDE) as f32 - 64.0) / larger - x;
            let v = ((n / SIDE) as f32 - 64.0) / larger - y;
            0.5 + 0.2 * (0.21 * u + 0.4 * (0.13 * v).sin()).sin() + 0.2 * (0.17 * v + 0.5 * (0.11 * u).cos()).sin()
        };
        (0..SIDE * SIDE).map(at).collect()
    }

    #[test]
    fn it_finds_a_shift_and_a_zoom() {
        let before = texture(0.0, 0.0, 1.0);
        for (x, y, larger) in [(6.5, -3.0, 1.0), (0.0, 0.0, 1.05), (-11.0, 4.0, 0.97)] {
            let now = texture(x, y, larger);
            let found = flow(&before, &now, SIDE);
            let mut worst = 0f32;
            for n in (0..SIDE * SIDE).filter(|n| (24..104).contains(&(n % SIDE)) && (24..104).contains(&(n / SIDE))) {
                let (px, py) = ((n % SIDE) as f32, (n / SIDE) as f32);
                let was = [(px - 64.0) / larger - x + 64.0 - px, (py - 64.0) / larger - y + 64.0 - py];
                let [dx, dy] = found.at(px, py);
                worst = worst.max((dx - was[0]).hypot(dy - was[1]));
            }
            assert!(worst < 0.5, "{x} {y} {larger}: {worst} px");
            let apart = |a: &[f32]| a.iter().zip(&now).map(|(a, b)| (a - b).abs()).sum::<f32>() / now.len() as f32;
            assert!(apart(&found.warped(&before)) < 0.2 * apart(&before), "{}", apart(&found.warped(&before)));
        }
    }

    #[test]
    fn a_flat_picture_does_not_move() {
        let flat = vec![0.4; SIDE * SIDE];
        assert_eq!(flow(&flat, &flat, SIDE).at(50.0, 70.0), [0.0, 0.0]);
    }
}

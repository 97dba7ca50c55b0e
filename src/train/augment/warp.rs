//! The grid warp: what makes a shared encoder see poses rather than pixels.
//!
//! The positions of 5×5 nodes are jittered and interpolated to every pixel. The outermost nodes lie on the crop's
//! edges, and what is interpolated is how far each node moved, so that the field is the identity on average and
//! exactly that without jitter. (Node positions that are resized like a picture lie half a cell off and scale by
//! 1.23.)

use rand::Rng;

use super::draw::normal;
use crate::geometry::Point;

/// Nodes along each axis.
pub const NODES: usize = 5;

/// How far each point of the unit square moves.
#[derive(Debug, Clone, PartialEq)]
pub struct GridWarp {
    /// Node (column, row) lies at (column, row) / 4 and moves by `nodes[row][column]`.
    nodes: [[Point; NODES]; NODES],
}

impl GridWarp {
    /// A warp whose nodes move by these vectors.
    pub const fn new(nodes: [[Point; NODES]; NODES]) -> Self {
        Self { nodes }
    }

    /// Draws one: every coordinate of every node moves by a normal number of standard deviation `deviation`, limited to
    /// twice that so that the field hardly ever folds.
    pub fn draw(deviation: f32, rng: &mut impl Rng) -> Self {
        let mut nodes = [[Point::default(); NODES]; NODES];
        for node in nodes.as_flattened_mut() {
            let mut jitter = || normal(rng).clamp(-2.0, 2.0) * deviation;
            *node = Point::new(jitter(), jitter());
        }
        Self { nodes }
    }

    /// The field along a row of the unit square.
    pub fn row(&self, y: f32) -> WarpRow {
        let (first, weights) = cubic(y);
        WarpRow(std::array::from_fn(|column| mix(first, weights, |row| self.nodes[row][column])))
    }

    /// How far `p` moves.
    pub fn at(&self, p: Point) -> Point {
        self.row(p.y).at(p.x)
    }
}

/// The field at one height, at the columns of the nodes.
#[derive(Debug, Clone, Copy)]
pub struct WarpRow([Point; NODES]);

impl WarpRow {
    /// How far the point at `x` moves.
    #[inline]
    pub fn at(&self, x: f32) -> Point {
        let (first, weights) = cubic(x);
        mix(first, weights, |column| self.0[column])
    }
}

/// The node before the one at or before `v`, and the weights of it and the next three: E. Catmull, R. Rom, "A class of
/// local interpolating splines", 1974. The nodes are met exactly, and the weights sum to 1.
#[inline]
fn cubic(v: f32) -> (isize, [f32; 4]) {
    let v = v.clamp(0.0, 1.0) * (NODES - 1) as f32;
    let cell = v.floor().min((NODES - 2) as f32);
    let t = v - cell;
    let (t2, t3) = (t * t, t * t * t);
    let weights = [
        0.5 * (2.0 * t2 - t - t3),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (4.0 * t2 + t - 3.0 * t3),
        0.5 * (t3 - t2),
    ];
    (cell as isize - 1, weights)
}

/// The weighted sum; nodes outside move as the outermost do.
#[inline]
fn mix(first: isize, weights: [f32; 4], node: impl Fn(usize) -> Point) -> Point {
    let mut sum = Point::default();
    for (k, weight) in weights.into_iter().enumerate() {
        let p = node((first + k as isize).clamp(0, NODES as isize - 1) as usize);
        sum = Point::new(sum.x + weight * p.x, sum.y + weight * p.y);
    }
    sum
}

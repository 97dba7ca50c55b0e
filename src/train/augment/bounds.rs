//! Where on a picture there is anything to do.

use crate::geometry::Point;

/// A rectangle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    low: Point,
    high: Point,
}

impl Bounds {
    /// Around `points`, wider by `margin` on each side.
    pub(super) fn around(points: &[Point], margin: f32) -> Self {
        let least = |of: fn(&Point) -> f32| points.iter().map(of).fold(f32::MAX, f32::min) - margin;
        let most = |of: fn(&Point) -> f32| points.iter().map(of).fold(f32::MIN, f32::max) + margin;
        Self { low: Point::new(least(|p| p.x), least(|p| p.y)), high: Point::new(most(|p| p.x), most(|p| p.y)) }
    }

    /// Whether `p` lies in it.
    #[inline(always)]
    pub(super) fn holds(&self, p: Point) -> bool {
        p.x >= self.low.x && p.x <= self.high.x && p.y >= self.low.y && p.y <= self.high.y
    }
}

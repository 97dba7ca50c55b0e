//! Points, rectangles, and the similarity between two point sets.
//!
//! Everywhere: x to the right, y down, and 0.0 is the left or top edge of the first pixel, so that the centre of
//! the first pixel is at 0.5.

/// A position in pixels, or in the unit that the text beside it names.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    /// The point (x, y).
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Euclidean distance to `other`.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An axis-aligned rectangle: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width, never negative.
    pub w: f32,
    /// Height, never negative.
    pub h: f32,
}

impl Rect {
    /// The smallest rectangle that holds all `points`; empty for no points.
    pub fn around(points: &[Point]) -> Self {
        let mut low = Point::new(f32::INFINITY, f32::INFINITY);
        let mut high = Point::new(f32::NEG_INFINITY, f32::NEG_INFINITY);
        for p in points {
            low = Point::new(low.x.min(p.x), low.y.min(p.y));
            high = Point::new(high.x.max(p.x), high.y.max(p.y));
        }
        if points.is_empty() {
            return Self::default();
        }
        Self { x: low.x, y: low.y, w: high.x - low.x, h: high.y - low.y }
    }

    /// Its centre.
    pub fn centre(&self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Its area.
    pub fn area(&self) -> f32 {
        self.w * self.h
    }

    /// The same centre, both sides times `factor`.
    pub fn grown(&self, factor: f32) -> Self {
        let (w, h) = (self.w * factor, self.h * factor);
        let c = self.centre();
        Self { x: c.x - w / 2.0, y: c.y - h / 2.0, w, h }
    }

    /// The smallest rectangle that holds both.
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = ((self.x + self.w).max(other.x + other.w), (self.y + self.h).max(other.y + other.h));
        Self { x, y, w: right - x, h: bottom - y }
    }

    /// What both cover; empty where they do not meet.
    pub fn intersection(&self, other: &Self) -> Self {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let w = (self.x + self.w).min(other.x + other.w) - x;
        let h = (self.y + self.h).min(other.y + other.h) - y;
        Self { x, y, w: w.max(0.0), h: h.max(0.0) }
    }

    /// Intersection over union, 0..1.
    pub fn iou(&self, other: &Self) -> f32 {
        let both = self.intersection(other).area();
        let either = self.area() + other.area() - both;
        if either > 0.0 { both / either } else { 0.0 }
    }
}

/// Rotation, uniform scale and shift: `x' = a x − b y + tx`, `y' = b x + a y + ty`. Never a reflection.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Similarity {
    /// scale · cos(angle)
    pub a: f32,
    /// scale · sin(angle)
    pub b: f32,
    /// Shift in x.
    pub tx: f32,
    /// Shift in y.
    pub ty: f32,
}

impl Default for Similarity {
    fn default() -> Self {
        Self::IDENTITY
    }
}

impl Similarity {
    /// Leaves every point where it is.
    pub const IDENTITY: Self = Self { a: 1.0, b: 0.0, tx: 0.0, ty: 0.0 };

    /// The similarity with this scale and angle (radians, clockwise on screen) that takes `from` to `to`.
    pub fn taking(from: Point, to: Point, scale: f32, angle: f32) -> Self {
        let (a, b) = (scale * angle.cos(), scale * angle.sin());
        Self { a, b, tx: to.x - (a * from.x - b * from.y), ty: to.y - (b * from.x + a * from.y) }
    }

    /// Where `p` goes.
    pub fn apply(&self, p: Point) -> Point {
        Point::new(self.a * p.x - self.b * p.y + self.tx, self.b * p.x + self.a * p.y + self.ty)
    }

    /// Uniform scale.
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Rotation in radians, clockwise on screen.
    pub fn angle(&self) -> f32 {
        self.b.atan2(self.a)
    }

    /// The similarity that undoes this one; `None` where the scale is 0 or not finite.
    pub fn inverse(&self) -> Option<Self> {
        let n = self.a * self.a + self.b * self.b;
        if !n.is_normal() || !self.tx.is_finite() || !self.ty.is_finite() {
            return None;
        }
        let (a, b) = (self.a / n, -self.b / n);
        Some(Self { a, b, tx: -(a * self.tx - b * self.ty), ty: -(b * self.tx + a * self.ty) })
    }

    /// This one first, then `next`.
    pub fn then(&self, next: &Self) -> Self {
        let shift = next.apply(Point::new(self.tx, self.ty));
        Self { a: next.a * self.a - next.b * self.b, b: next.b * self.a + next.a * self.b, tx: shift.x, ty: shift.y }
    }

    /// The similarity that takes `from` nearest to `to` in the least-squares sense.
    ///
    /// S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 13(4),
    /// 1991; in the plane, without reflections, the singular value decomposition has the closed form used here.
    /// `None` where fewer than two points differ, or a coordinate is not finite.
    pub fn umeyama(from: &[Point], to: &[Point]) -> Option<Self> {
        let n = from.len().min(to.len());
        if n < 2 {
            return None;
        }
        let mean = |points: &[Point]| {
            let (x, y) = points[..n].iter().fold((0f64, 0f64), |(x, y), p| (x + f64::from(p.x), y + f64::from(p.y)));
            (x / n as f64, y / n as f64)
        };
        let ((fx, fy), (tx, ty)) = (mean(from), mean(to));
        let (mut dot, mut cross, mut spread) = (0f64, 0f64, 0f64);
        for (f, t) in from.iter().zip(to) {
            let (px, py) = (f64::from(f.x) - fx, f64::from(f.y) - fy);
            let (qx, qy) = (f64::from(t.x) - tx, f64::from(t.y) - ty);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            spread += px * px + py * py;
        }
        let (a, b) = (dot / spread, cross / spread);
        let found =
            Self { a: a as f32, b: b as f32, tx: (tx - (a * fx - b * fy)) as f32, ty: (ty - (b * fx + a * fy)) as f32 };
        found.inverse().map(|_| found)
    }
}

//! Where a face has its parts, in the unit square of its crop: what is worn and what is skin is placed by it.

use crate::geometry::Point;

/// Rows of the mesh: both corners, the middle of the upper edge, that of the lower.
const RIGHT_EYE: [usize; 4] = [33, 133, 159, 145];
const LEFT_EYE: [usize; 4] = [362, 263, 386, 374];
const LIPS: [usize; 4] = [61, 291, 0, 17];
const MOUTH: [usize; 4] = [78, 308, 13, 14];
/// Under the nose, beside the subject's right mouth corner, along the jaw by the chin to the left ear, and back.
const BEARD: [usize; BEARD_POINTS] =
    [2, 98, 216, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 436, 327];
const BROWS: [usize; 2] = [105, 334];
const CHEEKS: [usize; 2] = [50, 280];
const TEMPLES: [usize; 2] = [127, 356];
const BRIDGE: usize = 168;
const NOSE: usize = 2;
const CHIN: usize = 152;
const FOREHEAD: usize = 10;

/// Corners of [`Anchors::beard`].
pub const BEARD_POINTS: usize = 18;

/// A shape between two corners: an eye's opening, the lips, the mouth's opening. Its edges are parabolas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Almond {
    /// From corner to corner; the first is further left in a face that looks ahead.
    pub corners: [Point; 2],
    /// The middle of the upper edge.
    pub upper: Point,
    /// The middle of the lower edge.
    pub lower: Point,
}

impl Almond {
    /// Corners and edges.
    pub fn points(&self) -> [Point; 4] {
        [self.corners[0], self.corners[1], self.upper, self.lower]
    }

    /// Middle of the corners.
    pub fn centre(&self) -> Point {
        middle(self.corners[0], self.corners[1])
    }

    /// From corner to corner.
    pub fn width(&self) -> f32 {
        self.corners[0].distance(self.corners[1])
    }

    /// How far it is open: from edge to edge over the width; 0 where the corners coincide.
    pub fn opening(&self) -> f32 {
        let [upper, lower] = [self.upper, self.lower].map(|edge| self.place(edge).1);
        let width = self.width();
        if width > 0.0 { ((lower - upper) / width).max(0.0) } else { 0.0 }
    }

    /// `p` along the corners (−1..1 between them), and how far it lies below the line through them.
    pub fn place(&self, p: Point) -> (f32, f32) {
        let ([from, to], centre) = (self.corners, self.centre());
        let (ax, ay) = (to.x - from.x, to.y - from.y);
        let (dx, dy) = (p.x - centre.x, p.y - centre.y);
        let length = (ax * ax + ay * ay).max(1e-12);
        (2.0 * (dx * ax + dy * ay) / length, (dy * ax - dx * ay) / length.sqrt())
    }

    /// The point that [`Almond::place`] gives `along` and `below` for.
    pub fn point(&self, along: f32, below: f32) -> Point {
        let ([from, to], centre) = (self.corners, self.centre());
        let (ax, ay) = (to.x - from.x, to.y - from.y);
        let (along, below) = (0.5 * along, below / (ax * ax + ay * ay).max(1e-12).sqrt());
        Point::new(centre.x + along * ax - below * ay, centre.y + along * ay + below * ax)
    }

    /// How far both edges lie below the line through the corners at `along` (−1..1).
    pub fn edges(&self, along: f32) -> [f32; 2] {
        let arch = (1.0 - along * along).max(0.0);
        [self.upper, self.lower].map(|edge| {
            let (u, v) = self.place(edge);
            v / (1.0 - u * u).max(0.6) * arch
        })
    }

    /// 0 outside and on the outline, 1 further inside than about `soft`. A closed eye has no inside.
    pub fn cover(&self, p: Point, soft: f32) -> f32 {
        let (along, below) = self.place(p);
        let [upper, lower] = self.edges(along);
        let beside = (along.abs() - 1.0) * 0.5 * self.width();
        let outside = (upper - below).max(below - lower).max(beside);
        (-outside / soft).clamp(0.0, 1.0)
    }
}

/// The parts of one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchors {
    /// The eyes' openings: the subject's right eye, which is left in the picture, then the left.
    pub eyes: [Almond; 2],
    /// Outline of the lips.
    pub lips: Almond,
    /// Between the lips.
    pub mouth: Almond,
    /// Middle of the brows, right and left.
    pub brows: [Point; 2],
    /// Cheekbones, right and left.
    pub cheeks: [Point; 2],
    /// Where the head ends beside the eyes, right and left.
    pub temples: [Point; 2],
    /// Between the eyes.
    pub bridge: Point,
    /// Under the nose.
    pub nose: Point,
    /// Its lowest point.
    pub chin: Point,
    /// Below the hairline.
    pub forehead: Point,
    /// Where a beard grows: a closed outline.
    pub beard: [Point; BEARD_POINTS],
}

impl Anchors {
    /// Of the 468 points of the mesh, in the crop's unit square; `None` where points are missing.
    pub fn of_mesh(landmarks: &[[f32; 2]]) -> Option<Self> {
        if landmarks.len() < 468 {
            return None;
        }
        let at = |row: usize| Point::new(landmarks[row][0], landmarks[row][1]);
        let almond = |rows: [usize; 4]| {
            let [from, to, upper, lower] = rows.map(at);
            Almond { corners: [from, to], upper, lower }
        };
        Some(Self {
            eyes: [RIGHT_EYE, LEFT_EYE].map(almond),
            lips: almond(LIPS),
            mouth: almond(MOUTH),
            brows: BROWS.map(at),
            cheeks: CHEEKS.map(at),
            temples: TEMPLES.map(at),
            bridge: at(BRIDGE),
            nose: at(NOSE),
            chin: at(CHIN),
            forehead: at(FOREHEAD),
            beard: BEARD.map(at),
        })
    }

    /// Upright axes of the face as it lies in the picture, of length 1: to the right, and down. They follow the tilt of
    /// the head and nothing else.
    pub fn axes(&self) -> [Point; 2] {
        let (from, to) = (self.eyes[0].corners[0], self.eyes[1].corners[1]);
        let length = from.distance(to).max(1e-6);
        let right = Point::new((to.x - from.x) / length, (to.y - from.y) / length);
        [right, Point::new(-right.y, right.x)]
    }

    /// From the bridge to under the nose, along the face: a length that a turn of the head leaves.
    pub fn height(&self) -> f32 {
        let [_, down] = self.axes();
        ((self.nose.x - self.bridge.x) * down.x + (self.nose.y - self.bridge.y) * down.y).max(0.02)
    }
}

/// Half way between both.
pub(super) fn middle(a: Point, b: Point) -> Point {
    Point::new(0.5 * (a.x + b.x), 0.5 * (a.y + b.y))
}

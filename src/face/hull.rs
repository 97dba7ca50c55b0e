//! The outline of a face's landmarks.

use super::Face;
use crate::geometry::{Point, Similarity};

/// Fills `hull` with the convex hull of the face's landmarks in the unit square of the crop that `to_crop` (frame px to
/// crop) makes, clockwise on screen, no three points on a line. Fewer than three points where the landmarks coincide.
///
/// A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979 (monotone chain).
pub fn hull(face: &Face, to_crop: &Similarity, hull: &mut Vec<Point>) {
    hull.clear();
    hull.extend(face.landmarks.iter().map(|&p| to_crop.apply(p)).filter(|p| p.x.is_finite() && p.y.is_finite()));
    hull.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    hull.dedup();
    let n = hull.len();
    if n < 3 {
        return;
    }
    // The chains grow behind the sorted points, so that one buffer is enough: the upper one, then the lower one.
    for i in 0..n {
        extend(hull, n, i);
    }
    let upper = hull.len();
    for i in (0..n - 1).rev() {
        extend(hull, upper - 1, i);
    }
    // The chain came back to its first point.
    hull.pop();
    hull.drain(..n);
}

/// Adds sorted point `i` to the chain that begins at `start`, taking away what is no longer a corner.
fn extend(hull: &mut Vec<Point>, start: usize, i: usize) {
    let p = hull[i];
    while let [.., a, b] = hull[start..] {
        // With y down, a turn to the right on screen has a positive cross product.
        if (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0.0 {
            break;
        }
        hull.pop();
    }
    hull.push(p);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    #[test]
    fn a_square_with_inner_points_is_its_corners_clockwise() {
        let landmarks = [(1.0, 1.0), (0.0, 0.0), (0.5, 0.5), (0.0, 1.0), (0.5, 0.0), (1.0, 0.0), (0.0, 0.0)];
        let face = Face {
            track: 1,
            score: 1.0,
            bounds: Rect::default(),
            landmarks: landmarks.map(|(x, y)| Point::new(x, y)).to_vec(),
            to_canonical: Similarity::IDENTITY,
            to_canonical_rigid: Similarity::IDENTITY,
            ..Face::default()
        };
        let mut found = vec![Point::new(9.0, 9.0)];
        hull(&face, &Similarity::IDENTITY, &mut found);
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|(x, y)| Point::new(x, y));
        assert_eq!(found, corners);
    }
}

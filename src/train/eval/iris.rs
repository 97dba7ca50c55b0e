//! Where the irises are in their eyes.

use crate::geometry::Point;

/// Rows of the mesh: corner to image left, corner to image right, upper lid, lower lid, iris; the subject's right eye
/// first.
const EYES: [[usize; 5]; 2] = [[33, 133, 159, 145, 468], [362, 263, 386, 374, 473]];
/// An eye whose lids are nearer to each other than this part of its width hides its iris.
const CLOSED: f32 = 0.12;

/// Place of an iris: from the middle between the corners along the line to image right, and square to it downwards; in
/// widths of the eye.
pub type IrisPlace = [f32; 2];

/// Places of the right and the left iris from a mesh of 478 points; `None` for an eye that is closed, or without
/// irises.
pub fn places(landmarks: &[Point]) -> [Option<IrisPlace>; 2] {
    EYES.map(|rows| {
        let [from, to, upper, lower, iris] = rows.map(|row| landmarks.get(row).copied());
        let (from, to, iris) = (from?, to?, iris?);
        let width = from.distance(to);
        if !width.is_normal() || upper?.distance(lower?) < CLOSED * width {
            return None;
        }
        let (ux, uy) = ((to.x - from.x) / width, (to.y - from.y) / width);
        let (dx, dy) = (iris.x - (from.x + to.x) / 2.0, iris.y - (from.y + to.y) / 2.0);
        Some([(dx * ux + dy * uy) / width, (dy * ux - dx * uy) / width])
    })
}

/// Mean distance between two faces' irises in widths of the eye; `None` where they have no open eye in common.
pub fn apart(a: &[Option<IrisPlace>; 2], b: &[Option<IrisPlace>; 2]) -> Option<f32> {
    let both = a.iter().zip(b).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
    let distances: Vec<f32> = both.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).collect();
    (!distances.is_empty()).then(|| distances.iter().sum::<f32>() / distances.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilted_eye_has_the_place_of_a_level_one() {
        let level = [(0.0, 0.0), (40.0, 0.0), (20.0, -6.0), (20.0, 6.0), (24.0, 2.0)];
        let mut landmarks = vec![Point::default(); 478];
        for (angle, closed) in [(0.0f32, false), (0.5, false), (0.5, true)] {
            for (row, (x, y)) in EYES[0].into_iter().zip(level) {
                let y = if closed && y != 2.0 { y / 4.0 } else { y };
                landmarks[row] = Point::new(x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos());
            }
            match places(&landmarks)[0] {
                Some([x, y]) => assert!(!closed && (x - 0.1).abs() < 1e-5 && (y - 0.05).abs() < 1e-5, "{x} {y}"),
                None => assert!(closed),
            }
        }
        assert_eq!(places(&landmarks[..468]), [None, None]);
    }

    #[test]
    fn the_distance_is_over_the_eyes_that_both_show() {
        let (a, b) = ([Some([0.1, 0.0]), None], [Some([0.4, 0.4]), Some([0.0, 0.0])]);
        assert!(apart(&a, &b).is_some_and(|apart| (apart - 0.5).abs() < 1e-6));
        assert_eq!(apart(&a, &[None, b[1]]), None);
    }
}

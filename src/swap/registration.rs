//! Where a model draws a face beside where it belongs: a small function of the head's turn and nod, kept in the model's
//! metadata and undone by the blend.

use std::fmt;

use crate::geometry::{Point, Similarity};

/// Terms: 1, yaw, pitch, yaw².
const TERMS: usize = 4;
/// What is fitted: shift to the right and down in crop sides, logarithm of the scale, tilt in radians clockwise on
/// screen.
const VALUES: usize = 4;
/// Largest magnitude of each that is ever applied: beyond it the map is wrong.
const LIMITS: [f64; VALUES] = [0.1, 0.1, 0.15, 0.15];
/// Turn and nod in radians beyond which the map is not extrapolated.
const MOST_YAW: f64 = 1.0;
const MOST_PITCH: f64 = 0.5;
/// Weight of the ridge on all terms but the constant, in samples.
const RIDGE: f64 = 0.05;
/// Samples below which nothing is fitted.
const LEAST_SAMPLES: usize = 16;
/// Residuals beyond this many median residuals are left out of the second fit: landmarks that slipped.
const OUTLIER: f64 = 4.0;
/// Middle of the crop: scale and tilt are about it.
const MIDDLE: Point = Point::new(0.5, 0.5);
/// Where the face is in the crop, for [`RegistrationMap::reach`]: about the eyes and the corners of the jaw.
const FACE: [Point; 4] = [Point::new(0.25, 0.3), Point::new(0.75, 0.3), Point::new(0.3, 0.75), Point::new(0.7, 0.75)];

/// How much further up or down than the subject's features a face is drawn where the performer's lie so: more than
/// they do by the mesh, which sees people more alike than they are. Measured on two people in both directions:
/// benches/RESULTS.md.
const KEPT_PROPORTION: f32 = 1.3;
/// Farthest and least that a face is moved for it, in crop sides: what is less is not worth sampling the face anew.
const SHIFTS: std::ops::RangeInclusive<f32> = 0.002..=0.03;
/// Farthest that a head's features lie from where the mean head has them, in canonical units.
pub const MOST_SKULL_CENTRE: f32 = 0.2;

/// From where a point of the crop's unit square belongs to where a face is drawn, since the performer's features lie
/// `seen` and the subject's `own` ([`crate::face::pose::skull_centre`]); `crop_sides` are in a canonical unit. Only
/// heights count: people differ little sideways.
pub fn kept_proportion(own: Point, seen: Point, crop_sides: f32) -> Similarity {
    let ty = ((seen.y - own.y) * KEPT_PROPORTION * crop_sides).clamp(-SHIFTS.end(), *SHIFTS.end());
    // NaN is not at least anything.
    if ty.abs() >= *SHIFTS.start() { Similarity { ty, ..Similarity::IDENTITY } } else { Similarity::IDENTITY }
}

/// Where a model draws a face, from where it belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegistrationMap {
    /// A row for each of `VALUES`, a column for each of `TERMS`.
    rows: [[f64; TERMS]; VALUES],
}

/// One drawn face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Registration {
    /// Turn of the driver's head in radians, positive towards image right.
    pub yaw: f32,
    /// Nod in radians, positive downwards.
    pub pitch: f32,
    /// The crop's unit square to itself: from where a point of the face belongs to where it was drawn.
    pub to_drawn: Similarity,
}

impl RegistrationMap {
    /// Least squares over faces; `None` where they are too few.
    pub fn fit(faces: &[Registration]) -> Option<Self> {
        let all = faces.iter().map(|face| (terms(face.yaw, face.pitch), values(&face.to_drawn)));
        let all: Vec<_> = all.filter(|(_, values)| values.iter().all(|value| value.is_finite())).collect();
        let first = Self::solve(&all)?;
        let residual = |(terms, values): &([f64; TERMS], [f64; VALUES])| {
            let expected = first.values(terms);
            (0..VALUES).map(|v| (values[v] - expected[v]).powi(2)).sum::<f64>().sqrt()
        };
        let mut residuals: Vec<f64> = all.iter().map(residual).collect();
        residuals.sort_unstable_by(f64::total_cmp);
        let limit = OUTLIER * residuals[residuals.len() / 2] + f64::EPSILON;
        let good: Vec<_> = all.into_iter().filter(|face| residual(face) <= limit).collect();
        Self::solve(&good)
    }

    fn solve(faces: &[([f64; TERMS], [f64; VALUES])]) -> Option<Self> {
        if faces.len() < LEAST_SAMPLES {
            return None;
        }
        let mut normal = [[0.0; TERMS + VALUES]; TERMS];
        for (i, row) in normal.iter_mut().enumerate() {
            row[i] = if i == 0 { 0.0 } else { RIDGE };
            for (terms, values) in faces {
                (0..TERMS).for_each(|j| row[j] += terms[i] * terms[j]);
                (0..VALUES).for_each(|v| row[TERMS + v] += terms[i] * values[v]);
            }
        }
        // Gauss-Jordan; the ridge keeps every pivot away from 0.
        for i in 0..TERMS {
            let pivot = normal[i][i];
            normal[i].iter_mut().for_each(|value| *value /= pivot);
            let own = normal[i];
            for (_, row) in normal.iter_mut().enumerate().filter(|(j, _)| *j != i) {
                let factor = row[i];
                row.iter_mut().zip(own).for_each(|(value, own)| *value -= factor * own);
            }
        }
        let rows = std::array::from_fn(|v| std::array::from_fn(|t| normal[t][TERMS + v]));
        Self { rows }.is_finite().then_some(Self { rows })
    }

    fn is_finite(&self) -> bool {
        self.rows.iter().flatten().all(|value| value.is_finite())
    }

    fn values(&self, terms: &[f64; TERMS]) -> [f64; VALUES] {
        self.rows.map(|row| row.iter().zip(terms).map(|(a, b)| a * b).sum())
    }

    /// From where a point of the crop's unit square belongs to where the model draws it, for a head that is turned by
    /// `yaw` and nods by `pitch`, in radians.
    pub fn at(&self, yaw: f32, pitch: f32) -> Similarity {
        let mut values = self.values(&terms(yaw, pitch));
        values.iter_mut().zip(LIMITS).for_each(|(value, limit)| *value = value.clamp(-limit, limit));
        let [x, y, scale, tilt] = values.map(|value| value as f32);
        let to = Point::new(MIDDLE.x + x, MIDDLE.y + y);
        Similarity::taking(MIDDLE, to, scale.exp(), tilt)
    }

    /// Root mean square of how far the map moves the face, over these faces and over the face, in crop sides.
    pub fn reach(&self, faces: &[Registration]) -> f32 {
        let moved = |face: &Registration| {
            let to_drawn = self.at(face.yaw, face.pitch);
            FACE.map(|p| to_drawn.apply(p).distance(p).powi(2)).iter().sum::<f32>() / FACE.len() as f32
        };
        (faces.iter().map(moved).sum::<f32>() / faces.len().max(1) as f32).sqrt()
    }

    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split_ascii_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>().ok()?;
        let mut rows = [[0.0; TERMS]; VALUES];
        if numbers.len() != TERMS * VALUES {
            return None;
        }
        rows.iter_mut().flatten().zip(numbers).for_each(|(to, from)| *to = from);
        Self { rows }.is_finite().then_some(Self { rows })
    }
}

/// The sixteen numbers, row by row.
impl fmt::Display for RegistrationMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.rows.iter().flatten().map(|value| format!("{value:.6}")).collect();
        f.write_str(&numbers.join(" "))
    }
}

fn terms(yaw: f32, pitch: f32) -> [f64; TERMS] {
    let finite = |angle: f32, most: f64| if angle.is_finite() { f64::from(angle).clamp(-most, most) } else { 0.0 };
    let (yaw, pitch) = (finite(yaw, MOST_YAW), finite(pitch, MOST_PITCH));
    [1.0, yaw, pitch, yaw * yaw]
}

fn values(to_drawn: &Similarity) -> [f64; VALUES] {
    let middle = to_drawn.apply(MIDDLE);
    [middle.x - MIDDLE.x, middle.y - MIDDLE.y, to_drawn.scale().ln(), to_drawn.angle()].map(f64::from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
mod tests {
    use super::*;

    fn faces(to_drawn: impl Fn(f32, f32) -> Similarity) -> Vec<Registration> {
        let angles = (-6..=6_i8).flat_map(|i| (-3..=3_i8).map(move |j| (f32::from(i) * 0.15, f32::from(j) * 0.1)));
        angles.map(|(yaw, pitch)| Registration { yaw, pitch, to_drawn: to_drawn(yaw, pitch) }).collect()
    }

    #[test]
    fn a_shift_with_the_turn_is_found_and_undone() {
        let shift = |yaw: f32, pitch: f32| {
            let to = Point::new(0.5 + 0.02 * yaw, 0.47 + 0.01 * pitch + 0.005 * yaw * yaw);
            Similarity::taking(MIDDLE, to, 1.04, 0.02)
        };
        let all = faces(shift);
        let map = RegistrationMap::fit(&all).unwrap();
        for face in &all {
            let (found, real) = (map.at(face.yaw, face.pitch), face.to_drawn);
            for p in [Point::new(0.2, 0.3), Point::new(0.8, 0.9)] {
                let error = found.apply(p).distance(real.apply(p));
                assert!(error < 1e-3, "{face:?}: {error}");
            }
        }
        assert!((map.reach(&all) - 0.035).abs() < 0.004, "{}", map.reach(&all));
        let larger = faces(|_, _| Similarity::taking(MIDDLE, MIDDLE, 1.035, 0.0));
        assert!(RegistrationMap::fit(&larger).unwrap().reach(&larger) > 0.01, "size alone counts, too");
    }

    #[test]
    fn a_face_is_drawn_higher_where_the_performer_s_features_lie_higher() {
        let (low, high) = (Point::new(0.0, 0.004), Point::new(0.3, -0.006));
        let up = kept_proportion(low, high, 0.5);
        assert!((up.ty + 0.01 * KEPT_PROPORTION * 0.5).abs() < 1e-6 && up.tx == 0.0, "{up:?}");
        assert!(kept_proportion(high, low, 0.5).ty > 0.0);
        assert_eq!(kept_proportion(low, Point::new(0.0, 0.0045), 0.5), Similarity::IDENTITY, "too little to matter");
        assert_eq!(kept_proportion(low, Point::new(0.0, f32::INFINITY), 0.5).ty, *SHIFTS.end());
        assert_eq!(kept_proportion(low, Point::new(0.0, f32::NAN), 0.5), Similarity::IDENTITY);
    }

    #[test]
    fn landmarks_that_slipped_do_not_count() {
        let mut all = faces(|_, _| Similarity::taking(MIDDLE, Point::new(0.5, 0.48), 1.0, 0.0));
        for face in all.iter_mut().step_by(9) {
            face.to_drawn = Similarity::taking(MIDDLE, Point::new(0.9, 0.1), 2.0, 1.0);
        }
        let found = RegistrationMap::fit(&all).unwrap().at(0.3, 0.1).apply(MIDDLE);
        assert!(found.distance(Point::new(0.5, 0.48)) < 2e-3, "{found:?}");
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let map = RegistrationMap::fit(&faces(|yaw, _| Similarity { tx: 0.01 * yaw, ..Similarity::IDENTITY })).unwrap();
        let read = RegistrationMap::parse(&map.to_string()).unwrap();
        assert!(read.at(0.5, 0.1).apply(MIDDLE).distance(map.at(0.5, 0.1).apply(MIDDLE)) < 1e-5);
        for bad in ["", "1 2 3", "a b", &"NaN ".repeat(16), &"0 ".repeat(17)] {
            assert_eq!(RegistrationMap::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_wild_map_moves_little_and_few_faces_make_none() {
        let wild = RegistrationMap::parse(&"5 ".repeat(16)).unwrap();
        let found = wild.at(3.0, f32::NAN);
        assert!(found.scale() < 1.17 && found.apply(MIDDLE).distance(MIDDLE) < 0.15);
        assert_eq!(RegistrationMap::fit(&faces(|_, _| Similarity::IDENTITY)[..8]), None);
    }
}

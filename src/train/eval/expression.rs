//! What a face does, as distances between landmarks in canonical units, from the mesh or from 68 true landmarks.

use crate::face::{Face, align};
use crate::geometry::{Point, Similarity};

/// How many measures.
pub const MEASURES: usize = 8;
/// What they are; right and left are the subject's.
pub const NAMES: [&str; MEASURES] = [
    "right eye opening",
    "left eye opening",
    "mouth opening",
    "mouth width",
    "right brow height",
    "left brow height",
    "right gaze",
    "left gaze",
];

/// The measures of one face in one frame, in canonical units; gaze is how far the pupil lies to image right of the
/// middle between the eye's corners.
pub type Expression = [f32; MEASURES];

/// Where the points lie that the measures need.
struct Points {
    /// Upper and lower lid, right and left.
    lids: [[usize; 2]; 2],
    /// Upper and lower lip, in the middle.
    lips: [usize; 2],
    /// Corners of the mouth.
    mouth: [usize; 2],
    /// Corner, corner, middle of the brow; right and left.
    brows: [[usize; 3]; 2],
    /// Pupils.
    pupils: [usize; 2],
}

/// Rows of the 478-point mesh.
const MESH: Points = Points {
    lids: [[159, 145], [386, 374]],
    lips: [13, 14],
    mouth: [61, 291],
    brows: [[33, 133, 105], [362, 263, 334]],
    pupils: [468, 473],
};
/// Points of the 68-set, four of the lids between them, and then the two pupils. Outer points of the lips: renderers
/// place the inner ones on a closed mouth, where they may come to lie on the same lip.
const TRUE: Points = Points {
    lids: [[68, 69], [70, 71]],
    lips: [51, 57],
    mouth: [48, 54],
    brows: [[36, 39, 19], [42, 45, 24]],
    pupils: [72, 73],
};

/// Degrees of yaw up to which a face shows what it does; further round, half of it is guessed.
pub const FRONTAL: f32 = 45.0;

/// From a mesh of 478 points; `None` where it is degenerate or has no irises.
pub fn of_mesh(face: &Face) -> Option<Expression> {
    measure(&MESH, &face.landmarks, &align(&face.landmarks)?)
}

/// From 68 landmarks and two pupils (right, left) in frame px; `to_canonical` takes those to the canonical frame.
pub fn of_truth(landmarks: &[Point], pupils: &[Point; 2], to_canonical: &Similarity) -> Option<Expression> {
    let middle = |a: usize, b: usize| {
        let (a, b) = (landmarks.get(a)?, landmarks.get(b)?);
        Some(Point::new((a.x + b.x) / 2.0, (a.y + b.y) / 2.0))
    };
    // The 68-set has two points a lid.
    let lids = [middle(37, 38)?, middle(41, 40)?, middle(43, 44)?, middle(47, 46)?];
    let all: Vec<Point> = landmarks.iter().take(68).chain(&lids).chain(pupils).copied().collect();
    measure(&TRUE, &all, to_canonical)
}

fn measure(points: &Points, landmarks: &[Point], to_canonical: &Similarity) -> Option<Expression> {
    let at = |row: usize| landmarks.get(row).map(|&p| to_canonical.apply(p));
    let apart = |[a, b]: [usize; 2]| Some(at(a)?.distance(at(b)?));
    let brow = |[a, b, brow]: [usize; 3]| Some((at(a)?.y + at(b)?.y) / 2.0 - at(brow)?.y);
    let gaze = |[a, b, _]: [usize; 3], pupil: usize| Some(at(pupil)?.x - (at(a)?.x + at(b)?.x) / 2.0);
    let [right, left] = points.brows;
    let found = [
        apart(points.lids[0])?,
        apart(points.lids[1])?,
        apart(points.lips)?,
        apart(points.mouth)?,
        brow(right)?,
        brow(left)?,
        gaze(right, points.pupils[0])?,
        gaze(left, points.pupils[1])?,
    ];
    found.iter().all(|v| v.is_finite()).then_some(found)
}

/// How one measure of the output follows a reference over a clip.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Follows {
    /// Which measure.
    pub name: &'static str,
    /// Mean absolute difference, the mean difference taken away: people differ in shape, expressions are what changes.
    pub error: f32,
    /// Pearson's correlation; 0 where one of both never changes.
    pub correlation: f32,
    /// Standard deviation of the reference over the clip: an error as large as this follows nothing.
    pub spread: f32,
}

/// Compares measures frame by frame; frames in which one is missing do not count. Returns each measure's figures, and
/// each frame's mean error over the measures.
pub fn compare(output: &[Option<Expression>], reference: &[Option<Expression>]) -> (Vec<Follows>, Vec<Option<f32>>) {
    let pairs: Vec<Option<(Expression, Expression)>> =
        output.iter().zip(reference).map(|(o, r)| Some(((*o)?, (*r)?))).collect();
    let there: Vec<&(Expression, Expression)> = pairs.iter().flatten().collect();
    if there.is_empty() {
        return (Vec::new(), vec![None; pairs.len()]);
    }
    let n = there.len() as f32;
    let mean = |of: &dyn Fn(&(Expression, Expression)) -> f32| there.iter().map(|pair| of(pair)).sum::<f32>() / n;
    let mut offsets = [0.0; MEASURES];
    let follows = (0..MEASURES)
        .map(|k| {
            let (mo, mr) = (mean(&|p| p.0[k]), mean(&|p| p.1[k]));
            offsets[k] = mo - mr;
            let variance = |of: fn(&(Expression, Expression)) -> &Expression, m: f32| mean(&|p| (of(p)[k] - m).powi(2));
            let (vo, vr) = (variance(|p| &p.0, mo), variance(|p| &p.1, mr));
            let covariance = mean(&|p| (p.0[k] - mo) * (p.1[k] - mr));
            let both = (vo * vr).sqrt();
            Follows {
                name: NAMES[k],
                error: mean(&|p| (p.0[k] - p.1[k] - offsets[k]).abs()),
                correlation: if both > 1e-9 { covariance / both } else { 0.0 },
                spread: vr.sqrt(),
            }
        })
        .collect();
    let frames = pairs.iter().map(|pair| {
        let (o, r) = (*pair)?;
        Some((0..MEASURES).map(|k| (o[k] - r[k] - offsets[k]).abs()).sum::<f32>() / MEASURES as f32)
    });
    let frames = frames.collect();
    (follows, frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_shape_that_moves_alike_has_no_error() {
        let driver: Vec<Option<Expression>> = (0..20u8).map(|i| Some([f32::from(i % 5) * 0.1; MEASURES])).collect();
        let mut output: Vec<Option<Expression>> = driver.iter().map(|e| e.map(|e| e.map(|v| v + 0.3))).collect();
        let (follows, frames) = compare(&output, &driver);
        assert!(follows.iter().all(|f| f.error < 1e-5 && f.correlation > 0.999), "{follows:?}");
        assert!(frames.iter().all(|f| f.is_some_and(|f| f < 1e-5)));

        let still = driver.iter().map(|_| Some([0.2; MEASURES])).collect::<Vec<_>>();
        let (follows, _) = compare(&still, &driver);
        assert!(follows.iter().all(|f| f.correlation == 0.0 && f.error > 0.8 * f.spread), "{follows:?}");

        output[3] = None;
        let (_, frames) = compare(&output, &driver);
        assert_eq!(frames.iter().filter(|f| f.is_none()).count(), 1);
    }
}

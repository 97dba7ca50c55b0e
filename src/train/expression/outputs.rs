//! The numbers that say what a face does, made of a renderer's truth.

use crate::train::eval::truth::TrueFace;

/// How many.
pub const OUTPUTS: usize = 11;
/// What they are; right and left are the subject's.
pub const NAMES: [&str; OUTPUTS] = [
    "right lid opening",
    "left lid opening",
    "gaze across",
    "gaze up",
    "mouth opening",
    "smile",
    "pucker",
    "right brow height",
    "left brow height",
    "yaw",
    "pitch",
];

/// Places of the lids' openings.
pub const LIDS: [usize; 2] = [0, 1];
/// Places of the gaze.
pub const GAZE: [usize; 2] = [2, 3];
/// Degrees that count as 1 of gaze and pose.
const DEGREES: f32 = 10.0;
/// Pairs that change places in a mirror.
const SWAPPED: [[usize; 2]; 2] = [[0, 1], [7, 8]];
/// Those that change their sign in a mirror.
const TURNED: [usize; 2] = [2, 9];
/// Opening of the lids, 1 where they rest, below which the gaze cannot be seen.
pub const SHUT: f32 = 0.3;
/// What the gaze counts for between [`SHUT`] lids.
const HIDDEN: f32 = 0.1;

/// One number for each of [`NAMES`].
pub type Values = [f32; OUTPUTS];

/// What a face does. Lid opening: 0 shut, 1 at rest, more where wide open. Gaze in the head, to image right and up,
/// and the pose as the camera sees it, yaw to image right and pitch down, in tens of degrees. Mouth opening, smile
/// and pucker: 0 at rest, 1 for all of the unit. Brow height: 0 at rest, 1 up, negative down. `None` where the truth
/// has no gaze.
///
/// The units are those of MakeHuman. What each does to an opening is as far as it moves the landmarks there, against
/// the unit that does most.
pub fn of_truth(face: &TrueFace) -> Option<Values> {
    let [across, down] = face.gaze?;
    let unit = |name: &str| face.units.get(name).copied().unwrap_or(0.0);
    let of = |side: &str, kind: &str| unit(&format!("{side}-{kind}"));
    let lid = |side: &str| (1.0 - of(side, "closure") - 0.7 * of(side, "slit") + 0.4 * of(side, "opened-up")).max(0.0);
    let brow =
        |side: &str| of(side, "up") + 0.6 * of(side, "extern-up") + 0.5 * of(side, "inner-up") - 0.7 * of(side, "down");
    Some([
        lid("eye-right"),
        lid("eye-left"),
        across / DEGREES,
        -down / DEGREES,
        unit("mouth-open") + 0.2 * unit("mouth-parling") + 0.4 * unit("mouth-part-later"),
        unit("mouth-corner-puller"),
        unit("mouth-pursing") + 0.5 * unit("mouth-protusion"),
        brow("eyebrows-right"),
        brow("eyebrows-left"),
        face.pose.yaw / DEGREES,
        face.pose.pitch / DEGREES,
    ])
}

/// The same face in a mirror.
#[must_use]
pub fn mirrored(mut values: Values) -> Values {
    for [a, b] in SWAPPED {
        values.swap(a, b);
    }
    for place in TURNED {
        values[place] = -values[place];
    }
    values
}

/// What each number counts: a gaze that nobody sees counts little.
pub fn weights(values: &Values) -> Values {
    let mut weights = [1.0; OUTPUTS];
    let open = LIDS.map(|lid| values[lid]).into_iter().fold(0.0, f32::max);
    for place in GAZE {
        weights[place] = open.clamp(HIDDEN, 1.0);
    }
    weights
}

/// Mean and deviation of each number over faces; a number that never changes has the deviation 1.
pub fn statistics<'a>(faces: impl Iterator<Item = &'a Values> + Clone) -> [Values; 2] {
    let count = faces.clone().count().max(1) as f32;
    let mean: Values = std::array::from_fn(|i| faces.clone().map(|values| values[i]).sum::<f32>() / count);
    let deviation = std::array::from_fn(|i| {
        let square = faces.clone().map(|values| (values[i] - mean[i]).powi(2)).sum::<f32>() / count;
        if square > 0.0 { square.sqrt() } else { 1.0 }
    });
    [mean, deviation]
}

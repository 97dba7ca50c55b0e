//! Whether the swap works as well for every skin: frames grouped by the tone of the driver's.

use serde::Serialize;

use super::figures::FrameFigures;
use super::picture::Picture;
use crate::blend::lab::to_lab;

/// Least angle of each group in degrees, lightest first, and its name.
///
/// A. Chardon, I. Cretois, C. Hourseau, "Skin colour typology and suntanning pathways", International Journal of
/// Cosmetic Science 13, 1991. A camera's picture is not a colorimeter's reading: light and exposure move people
/// between neighbours.
pub const GROUPS: [(f32, &str); 6] = [
    (55.0, "very light"),
    (41.0, "light"),
    (28.0, "intermediate"),
    (10.0, "tan"),
    (-30.0, "brown"),
    (f32::NEG_INFINITY, "dark"),
];

/// The individual typology angle of the skin under the mask in degrees, from the medians of L and b: atan((L − 50) /
/// b). Medians pass over eyes, brows, lips and highlights. `None` where the mask covers nothing.
pub fn typology_angle(picture: &Picture, mask: &[f32]) -> Option<f32> {
    let inside = picture.bgr.chunks_exact(3).zip(mask).filter(|(_, mask)| **mask > 0.5);
    let (mut lightness, mut blue_to_yellow) = (Vec::new(), Vec::new());
    for (bgr, _) in inside {
        let [l, _, b] = to_lab([bgr[2], bgr[1], bgr[0]]);
        lightness.push(l);
        blue_to_yellow.push(b);
    }
    let median = |values: &mut Vec<f32>| {
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let (l, b) = (median(&mut lightness)?, median(&mut blue_to_yellow)?);
    // Skin is yellow; under blue light b may reach 0, where the angle would jump.
    Some((l - 50.0).atan2(b.max(1.0)).to_degrees())
}

/// The group of an angle.
pub fn group(angle: f32) -> &'static str {
    GROUPS.iter().find(|(least, _)| angle >= *least).map_or("dark", |(_, name)| name)
}

/// Identity in the frames of one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToneFigures {
    /// Its name.
    pub tone: &'static str,
    /// Frames whose identity was measured.
    pub frames: usize,
    /// Mean angle in degrees.
    pub angle: f32,
    /// Part of the frames that are nearer to the target's mean face than to the performer's in the same frame, 0..1.
    pub nearer_to_target: f32,
    /// Mean distance to the target's mean face.
    pub to_target: f32,
    /// Mean distance to the performer's face in the same frame.
    pub to_performer: f32,
}

/// Every group that has frames, lightest first.
pub fn by_tone(frames: &[FrameFigures]) -> Vec<ToneFigures> {
    let measured: Vec<(f32, f32, f32)> =
        frames.iter().filter_map(|frame| Some((frame.skin_tone?, frame.to_target?, frame.to_performer?))).collect();
    let figures = |(_, tone): &(f32, &'static str)| {
        let of: Vec<&(f32, f32, f32)> = measured.iter().filter(|(angle, ..)| group(*angle) == *tone).collect();
        let mean = |value: &dyn Fn(&(f32, f32, f32)) -> f32| of.iter().map(|f| value(f)).sum::<f32>() / of.len() as f32;
        (!of.is_empty()).then(|| ToneFigures {
            tone,
            frames: of.len(),
            angle: mean(&|f| f.0),
            nearer_to_target: mean(&|f| f32::from(u8::from(f.1 < f.2))),
            to_target: mean(&|f| f.1),
            to_performer: mean(&|f| f.2),
        })
    };
    GROUPS.iter().filter_map(figures).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skins_fall_into_their_groups() {
        // Red, green, blue of six skins, light to dark.
        let skins = [[235, 195, 170], [222, 178, 145], [195, 150, 117], [185, 140, 105], [150, 105, 75], [100, 66, 50]];
        let names: Vec<&str> = skins
            .iter()
            .filter_map(|rgb| {
                let mut bgr: Vec<f32> = (0..48).map(|i| rgb[2 - i % 3] as f32 / 255.0).collect();
                // A highlight, and something outside of the mask.
                bgr[..3].fill(1.0);
                bgr[45..].fill(0.0);
                let mut mask = vec![1.0; 16];
                mask[15] = 0.0;
                typology_angle(&Picture { side: 4, bgr }, &mask).map(group)
            })
            .collect();
        assert_eq!(names, GROUPS.map(|(_, name)| name));
        assert_eq!(typology_angle(&Picture { side: 1, bgr: vec![0.5; 3] }, &[0.0]), None);
    }

    #[test]
    fn each_group_has_its_own_figures() {
        let frame = |skin_tone: f32, to_target: f32, to_performer: f32| FrameFigures {
            skin_tone: Some(skin_tone),
            to_target: Some(to_target),
            to_performer: Some(to_performer),
            ..FrameFigures::default()
        };
        let unmeasured = FrameFigures { skin_tone: Some(60.0), ..FrameFigures::default() };
        let frames = [frame(60.0, 0.3, 0.7), frame(-50.0, 0.6, 0.4), frame(-40.0, 0.4, 0.6), unmeasured];
        let found = by_tone(&frames);
        let of: Vec<(&str, usize, f32)> = found.iter().map(|f| (f.tone, f.frames, f.nearer_to_target)).collect();
        assert_eq!(of, [("very light", 1, 1.0), ("dark", 2, 0.5)]);
    }
}

//! How much is changed.

use serde::{Deserialize, Serialize};

use super::openings::MOST_GAZE;

/// How samples are augmented. A chance is 0..1 a sample; a strength of 0 does nothing. Lengths are shares of the crop's
/// side, so that they mean the same at every resolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AugmentSettings {
    /// Most rotation to either side, in degrees.
    pub rotation: f32,
    /// Most scaling up or down: 0.05 is 1/1.05 to 1.05.
    pub scale: f32,
    /// Most shift along each axis.
    pub shift: f32,
    /// Whether half of side A's faces are mirrored. A driver's asymmetry need not be kept.
    pub flip_a: bool,
    /// Whether half of side B's faces are mirrored: more poses, but birthmark and parting end up on both sides.
    pub flip_b: bool,
    /// Standard deviation of the grid's nodes in the warp of the input. What it moves cannot be told from the input, so
    /// much of it makes soft pictures.
    pub warp: f32,
    /// Part of the run, 0..1, after which nothing is warped any more, so that the picture becomes sharp; proportions
    /// and openings go on. 1 for never, as in a run without end.
    pub warp_until: f32,
    /// Chance that the input's face has other proportions, where the place of its parts is known.
    pub proportions_chance: f32,
    /// How far they are from its own, at most: 1 is as far as two people differ.
    pub proportions: f32,
    /// Chance that the lids of a troupe's people lie elsewhere, in input and target alike, where the place of the
    /// face's parts is known.
    pub lids_chance: f32,
    /// How far they close, at most: 1 is shut. They open by up to a third of that.
    pub lids: f32,
    /// Chance that they look elsewhere, likewise.
    pub gaze_chance: f32,
    /// How far an iris moves, at most, over the eye's width and over its opening.
    pub gaze: f32,
    /// Chance that their mouths open further or close, likewise.
    pub mouth_chance: f32,
    /// How far they close, at most: 1 is shut. They open by up to a third of that.
    pub mouth: f32,
    /// How much of the forehead behind the subject's hair is skin in the target, 0..1, where the mask tells hair from
    /// face, and without lines across it: 1 draws the face up to where the performer's hair begins, 0 as it was filmed.
    pub forehead: f32,
    /// Chance that a face takes the colours of one of the other side.
    pub transfer_chance: f32,
    /// Chance of a change in L*a*b*.
    pub lab_chance: f32,
    /// Most change of L (0..100).
    pub lightness: f32,
    /// Most change of the contrast of L: 0.1 is 1/1.1 to 1.1.
    pub contrast: f32,
    /// Most change of a and b.
    pub tint: f32,
    /// Most change of the distance from grey: 0.1 is 1/1.1 to 1.1.
    pub chroma: f32,
    /// Chance of a change in HSV.
    pub hsv_chance: f32,
    /// Most turn of the hue, in degrees.
    pub hue: f32,
    /// Most change of the saturation, as `chroma`.
    pub saturation: f32,
    /// Most change of the value, as `chroma`.
    pub value: f32,
    /// Chance of another tone curve.
    pub gamma_chance: f32,
    /// Most change of the curve's exponent: 0.3 is 1/1.3 to 1.3.
    pub gamma: f32,
    /// Chance of light from one side.
    pub light_chance: f32,
    /// Most of that light: stops (factors of 2) from the middle of the crop to its edge.
    pub light: f32,
    /// Chance of a shadow's edge across the face.
    pub shadow_chance: f32,
    /// Most light that the shadow takes, in stops.
    pub shadow: f32,
    /// Chance of another skin, in the input only, as all that follows.
    pub skin_chance: f32,
    /// How far it is from the own towards one of the tones of mankind: 1 is all the way.
    pub skin: f32,
    /// Chance of a beard or a moustache, where the place of the face's parts is known, as for all that is worn.
    pub beard_chance: f32,
    /// How dense it is, at most: 1 hides the skin.
    pub beard: f32,
    /// Chance of make-up: lips, lids, lashes, cheeks.
    pub makeup_chance: f32,
    /// How much it hides, at most.
    pub makeup: f32,
    /// Chance of hair across the forehead.
    pub fringe_chance: f32,
    /// How far it hangs, at most: 0 is the hairline, 1 the brows.
    pub fringe: f32,
    /// Chance of glasses.
    pub glasses_chance: f32,
    /// How dark their glass is, at most.
    pub glasses: f32,
    /// Chance of something in front of the face.
    pub occluder_chance: f32,
    /// Most of its radius.
    pub occluder: f32,
    /// Chance of a soft focus.
    pub blur_chance: f32,
    /// Most of the blur's standard deviation.
    pub blur: f32,
    /// Chance of a motion's blur.
    pub motion_chance: f32,
    /// Most of its length.
    pub motion: f32,
    /// Chance of a face that was small in its frame.
    pub shrink_chance: f32,
    /// The smallest it was: its side over the crop's.
    pub shrink: f32,
    /// Chance of noise.
    pub noise_chance: f32,
    /// Most of the noise's standard deviation, of 0..1.
    pub noise: f32,
    /// How much of its variance grows with the value, at most: 0 for the same everywhere.
    pub noise_growth: f32,
    /// Chance of a wrong white balance and exposure.
    pub cast_chance: f32,
    /// Most of red's and blue's gain over green's, in stops.
    pub cast: f32,
    /// Most of the exposure, in stops.
    pub exposure: f32,
    /// Chance of a camera's tone curve.
    pub tone_chance: f32,
    /// How much it is an S, at most, or half as much the opposite.
    pub tone: f32,
    /// The value of black, at most, of 0..1.
    pub lift: f32,
    /// Chance of sharpening.
    pub sharpen_chance: f32,
    /// Most of it: what an edge gains over its contrast against a blur.
    pub sharpen: f32,
    /// Chance of colour that is kept at fewer places than light.
    pub subsampling_chance: f32,
    /// Most of the side of a block of one colour.
    pub subsampling: f32,
    /// Chance of few levels.
    pub banding_chance: f32,
    /// Most of the step from level to level, of 0..1.
    pub banding: f32,
    /// Chance of JPEG's blocks and ringing.
    pub jpeg_chance: f32,
    /// The lowest JPEG quality, 1..100.
    pub jpeg: u8,
}

impl Default for AugmentSettings {
    fn default() -> Self {
        Self {
            rotation: 10.0,
            scale: 0.05,
            shift: 0.05,
            flip_a: true,
            flip_b: false,
            warp: 0.015,
            warp_until: 0.5,
            proportions_chance: 0.0,
            proportions: 1.0,
            lids_chance: 0.0,
            lids: 1.0,
            gaze_chance: 0.0,
            gaze: 0.1,
            mouth_chance: 0.0,
            mouth: 1.0,
            forehead: 1.0,
            transfer_chance: 0.2,
            lab_chance: 0.35,
            lightness: 8.0,
            contrast: 0.15,
            tint: 5.0,
            chroma: 0.2,
            hsv_chance: 0.15,
            hue: 8.0,
            saturation: 0.2,
            value: 0.15,
            gamma_chance: 0.2,
            gamma: 0.35,
            light_chance: 0.25,
            light: 0.7,
            shadow_chance: 0.08,
            shadow: 1.5,
            skin_chance: 0.4,
            skin: 1.0,
            beard_chance: 0.07,
            beard: 0.95,
            makeup_chance: 0.06,
            makeup: 0.8,
            fringe_chance: 0.05,
            fringe: 1.1,
            glasses_chance: 0.07,
            glasses: 0.7,
            occluder_chance: 0.08,
            occluder: 0.25,
            blur_chance: 0.08,
            blur: 0.015,
            motion_chance: 0.06,
            motion: 0.04,
            shrink_chance: 0.08,
            shrink: 0.3,
            noise_chance: 0.1,
            noise: 0.04,
            noise_growth: 0.9,
            cast_chance: 0.2,
            cast: 0.35,
            exposure: 0.7,
            tone_chance: 0.15,
            tone: 0.8,
            lift: 0.12,
            sharpen_chance: 0.12,
            sharpen: 1.5,
            subsampling_chance: 0.15,
            subsampling: 0.03,
            banding_chance: 0.05,
            banding: 0.025,
            jpeg_chance: 0.08,
            jpeg: 30,
        }
    }
}

/// Settings that came after the first version of `run.toml`, with the value that they have in a run from before them.
pub const LATER: [(&str, f64); 18] = [
    ("proportions_chance", 0.0),
    ("warp_until", 1.0),
    ("lids_chance", 0.0),
    ("gaze_chance", 0.0),
    ("mouth_chance", 0.0),
    ("forehead", 0.0),
    ("skin_chance", 0.0),
    ("beard_chance", 0.0),
    ("makeup_chance", 0.0),
    ("fringe_chance", 0.0),
    ("glasses_chance", 0.0),
    ("cast_chance", 0.0),
    ("tone_chance", 0.0),
    ("motion_chance", 0.0),
    ("sharpen_chance", 0.0),
    ("subsampling_chance", 0.0),
    ("banding_chance", 0.0),
    ("noise_growth", 0.0),
];

impl AugmentSettings {
    /// The same, checked.
    ///
    /// # Errors
    /// [`SettingError`], naming the first that is out of its range.
    pub fn checked(self) -> Result<Self, SettingError> {
        let fields = [
            ("rotation", self.rotation, 0.0, 180.0),
            ("scale", self.scale, 0.0, 1.0),
            ("shift", self.shift, 0.0, 0.5),
            ("warp", self.warp, 0.0, 0.1),
            ("warp_until", self.warp_until, 0.0, 1.0),
            ("proportions_chance", self.proportions_chance, 0.0, 1.0),
            ("proportions", self.proportions, 0.0, 1.5),
            ("lids_chance", self.lids_chance, 0.0, 1.0),
            ("lids", self.lids, 0.0, 1.0),
            ("gaze_chance", self.gaze_chance, 0.0, 1.0),
            ("gaze", self.gaze, 0.0, MOST_GAZE),
            ("mouth_chance", self.mouth_chance, 0.0, 1.0),
            ("mouth", self.mouth, 0.0, 1.0),
            ("forehead", self.forehead, 0.0, 1.0),
            ("transfer_chance", self.transfer_chance, 0.0, 1.0),
            ("lab_chance", self.lab_chance, 0.0, 1.0),
            ("lightness", self.lightness, 0.0, 100.0),
            ("contrast", self.contrast, 0.0, 4.0),
            ("tint", self.tint, 0.0, 100.0),
            ("chroma", self.chroma, 0.0, 4.0),
            ("hsv_chance", self.hsv_chance, 0.0, 1.0),
            ("hue", self.hue, 0.0, 180.0),
            ("saturation", self.saturation, 0.0, 4.0),
            ("value", self.value, 0.0, 4.0),
            ("gamma_chance", self.gamma_chance, 0.0, 1.0),
            ("gamma", self.gamma, 0.0, 4.0),
            ("light_chance", self.light_chance, 0.0, 1.0),
            ("light", self.light, 0.0, 8.0),
            ("shadow_chance", self.shadow_chance, 0.0, 1.0),
            ("shadow", self.shadow, 0.0, 8.0),
            ("skin_chance", self.skin_chance, 0.0, 1.0),
            ("skin", self.skin, 0.0, 1.0),
            ("beard_chance", self.beard_chance, 0.0, 1.0),
            ("beard", self.beard, 0.0, 1.0),
            ("makeup_chance", self.makeup_chance, 0.0, 1.0),
            ("makeup", self.makeup, 0.0, 1.0),
            ("fringe_chance", self.fringe_chance, 0.0, 1.0),
            ("fringe", self.fringe, 0.0, 2.0),
            ("glasses_chance", self.glasses_chance, 0.0, 1.0),
            ("glasses", self.glasses, 0.0, 1.0),
            ("occluder_chance", self.occluder_chance, 0.0, 1.0),
            ("occluder", self.occluder, 0.0, 0.5),
            ("blur_chance", self.blur_chance, 0.0, 1.0),
            ("blur", self.blur, 0.0, 0.1),
            ("motion_chance", self.motion_chance, 0.0, 1.0),
            ("motion", self.motion, 0.0, 0.2),
            ("shrink_chance", self.shrink_chance, 0.0, 1.0),
            ("shrink", self.shrink, 0.05, 1.0),
            ("noise_chance", self.noise_chance, 0.0, 1.0),
            ("noise", self.noise, 0.0, 1.0),
            ("noise_growth", self.noise_growth, 0.0, 1.0),
            ("cast_chance", self.cast_chance, 0.0, 1.0),
            ("cast", self.cast, 0.0, 4.0),
            ("exposure", self.exposure, 0.0, 4.0),
            ("tone_chance", self.tone_chance, 0.0, 1.0),
            ("tone", self.tone, 0.0, 1.0),
            ("lift", self.lift, 0.0, 0.5),
            ("sharpen_chance", self.sharpen_chance, 0.0, 1.0),
            ("sharpen", self.sharpen, 0.0, 8.0),
            ("subsampling_chance", self.subsampling_chance, 0.0, 1.0),
            ("subsampling", self.subsampling, 0.0, 0.2),
            ("banding_chance", self.banding_chance, 0.0, 1.0),
            ("banding", self.banding, 0.0, 0.5),
            ("jpeg_chance", self.jpeg_chance, 0.0, 1.0),
            ("jpeg", self.jpeg.into(), 1.0, 100.0),
        ];
        match fields.into_iter().find(|(_, value, low, high)| !(low..=high).contains(&value)) {
            Some((name, value, low, high)) => Err(SettingError { name, value, low, high }),
            None => Ok(self),
        }
    }
}

/// A setting out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("augmentation: {name} is {value}, but must be {low} to {high}")]
pub struct SettingError {
    /// Which.
    pub name: &'static str,
    /// What it is.
    pub value: f32,
    /// The least.
    pub low: f32,
    /// The most.
    pub high: f32,
}

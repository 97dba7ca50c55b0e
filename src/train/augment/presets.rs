//! What is changed in which training.

use super::AugmentSettings;

impl AugmentSettings {
    /// For models that start from a base. Another person's picture and other proportions keep the code from holding
    /// the person, so nothing else is warped; faces are moved no further than alignments err, so that the code may
    /// rely on them; a subject's colours are their own in every light.
    pub fn with_base() -> Self {
        Self {
            rotation: 2.5,
            scale: 0.015,
            shift: 0.006,
            warp: 0.0,
            proportions_chance: 0.6,
            transfer_chance: 0.0,
            ..Self::default()
        }
    }

    /// For an encoder that is to know nobody's proportions: they change more. Lids, gaze and mouth change, too, for
    /// expressions that the troupe never made.
    pub fn with_troupe() -> Self {
        Self {
            proportions_chance: 0.9,
            proportions: 1.5,
            lids_chance: 0.5,
            gaze_chance: 0.5,
            mouth_chance: 0.5,
            ..Self::with_base()
        }
    }

    /// For a base: its people are mirrored too, which doubles the poses. What is not symmetric of a face is learnt
    /// when the base becomes somebody.
    pub fn for_troupe() -> Self {
        Self { flip_b: true, ..Self::with_troupe() }
    }

    /// Nothing is changed.
    pub const fn none() -> Self {
        Self {
            rotation: 0.0,
            scale: 0.0,
            shift: 0.0,
            flip_a: false,
            flip_b: false,
            warp: 0.0,
            warp_until: 1.0,
            proportions_chance: 0.0,
            proportions: 0.0,
            lids_chance: 0.0,
            lids: 0.0,
            gaze_chance: 0.0,
            gaze: 0.0,
            mouth_chance: 0.0,
            mouth: 0.0,
            forehead: 0.0,
            transfer_chance: 0.0,
            lab_chance: 0.0,
            lightness: 0.0,
            contrast: 0.0,
            tint: 0.0,
            chroma: 0.0,
            hsv_chance: 0.0,
            hue: 0.0,
            saturation: 0.0,
            value: 0.0,
            gamma_chance: 0.0,
            gamma: 0.0,
            light_chance: 0.0,
            light: 0.0,
            shadow_chance: 0.0,
            shadow: 0.0,
            skin_chance: 0.0,
            skin: 0.0,
            beard_chance: 0.0,
            beard: 0.0,
            makeup_chance: 0.0,
            makeup: 0.0,
            fringe_chance: 0.0,
            fringe: 0.0,
            glasses_chance: 0.0,
            glasses: 0.0,
            occluder_chance: 0.0,
            occluder: 0.0,
            blur_chance: 0.0,
            blur: 0.0,
            motion_chance: 0.0,
            motion: 0.0,
            shrink_chance: 0.0,
            shrink: 1.0,
            noise_chance: 0.0,
            noise: 0.0,
            noise_growth: 0.0,
            cast_chance: 0.0,
            cast: 0.0,
            exposure: 0.0,
            tone_chance: 0.0,
            tone: 0.0,
            lift: 0.0,
            sharpen_chance: 0.0,
            sharpen: 0.0,
            subsampling_chance: 0.0,
            subsampling: 0.0,
            banding_chance: 0.0,
            banding: 0.0,
            jpeg_chance: 0.0,
            jpeg: 100,
        }
    }
}

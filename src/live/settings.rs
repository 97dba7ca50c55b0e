//! What a user may change while frames flow. A job takes the settings of the moment it comes in.

use super::{Degradation, Select};
use crate::blend::BlendSettings;
use crate::face::{Alignment, CropSettings, FaceType, FinderSettings, Recognised};

/// What leaves instead of a face that should have been swapped and could not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// Hold the last pose for a moment, then blur the region, then the frame.
    #[default]
    Hold,
    /// Blur the region at once, then the frame.
    Blur,
    /// Drop the frame.
    Drop,
    /// Let the frame pass with the bare face.
    Pass,
}

/// Who is protected before their face was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GuardMode {
    /// Everybody in view: a person whose face is not found is concealed until it is swapped. Where one face is selected
    /// and is there, nobody else is.
    #[default]
    Strict,
    /// Only those whose face was swapped before.
    Track,
}

/// How long the steps of the ladder last, in seconds since a face was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LadderTimes {
    /// Until then its last pose is swapped.
    pub hold_time: f32,
    /// Until then its region is blurred.
    pub blur_time: f32,
}

impl Default for LadderTimes {
    fn default() -> Self {
        Self { hold_time: 0.3, blur_time: 1.0 }
    }
}

/// Whether what hides a face stays in front of the generated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Occlusion {
    /// What the occlusion network calls a hand or a thing is taken out of the mask, and out of what colours are
    /// measured on.
    #[default]
    Auto,
    /// The network is not run; the model's own masks count alone.
    Off,
}

/// Where every frame that leaves is labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelPlace {
    /// Nowhere.
    #[default]
    Off,
    /// In the lower left corner.
    Corner,
}

/// Which crop the model sees; what is `None` or 0 is the model's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CropChoice {
    /// Named crop; `None` is the model's, or whole-face.
    pub face_type: Option<FaceType>,
    /// Side of the crop in canonical units; 0 is the face type's.
    pub coverage: f32,
    /// Shift to the right in canonical units.
    pub x_offset: f32,
    /// Shift down in canonical units.
    pub y_offset: f32,
}

impl CropChoice {
    /// The crop for a model that was trained with `face_type` and `coverage`, as far as it says so, on faces aligned by
    /// `alignment`.
    pub fn resolve(&self, face_type: Option<FaceType>, coverage: Option<f32>, alignment: Alignment) -> CropSettings {
        let chosen = self.face_type.or(face_type).unwrap_or_default();
        let own = if self.face_type.is_none() { coverage.unwrap_or(0.0) } else { 0.0 };
        CropSettings {
            face_type: chosen,
            alignment,
            coverage: if self.coverage > 0.0 { self.coverage } else { own },
            x_offset: self.x_offset,
            y_offset: self.y_offset,
        }
    }
}

/// What leaves of somebody who is none of the performers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strangers {
    /// Their own face.
    #[default]
    Pass,
    /// What `on_failure` leaves of a face that cannot be swapped.
    Conceal,
}

/// How a generated face is made and put into the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Which crop the model sees.
    pub crop: CropChoice,
    /// How the generated face is put into the frame, but for how far it is sharpened.
    pub blend: BlendSettings,
    /// How far the generated face is sharpened, 0 (not at all)..3; below 0 as the model asks.
    pub sharpen: f32,
    /// For models that morph, 0..1.
    pub morph: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self { crop: CropChoice::default(), blend: BlendSettings::default(), sharpen: -1.0, morph: 0.0 }
    }
}

/// Frames from one run of the detector to the next, at most, where several faces may be swapped: who comes out from
/// behind somebody nearer is bare until the detector looks.
const OFTEN: u32 = 2;

/// All of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which faces are swapped, where there are no performers.
    pub select: Select,
    /// How faces are looked for.
    pub finder: FinderSettings,
    /// How faces look that are swapped by the model of everybody.
    pub look: Look,
    /// The look of each performer, in the order of the references that faces are compared with. Where there are any,
    /// only they are swapped.
    pub performers: Vec<Look>,
    /// Number of their [`References`](super::References).
    pub references: u64,
    /// What leaves of everybody else then.
    pub strangers: Strangers,
    /// Whether what hides a face stays in front.
    pub occlusion: Occlusion,
    /// What leaves when a face cannot be swapped.
    pub on_failure: OnFailure,
    /// Who is protected before their face was found.
    pub guard: GuardMode,
    /// How long a lost face is held and blurred.
    pub ladder: LadderTimes,
    /// Turn of the head in degrees from which on a face fades to blur.
    pub max_yaw: f32,
    /// Where every frame is labelled.
    pub label: LabelPlace,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            select: Select::default(),
            finder: FinderSettings::default(),
            look: Look::default(),
            performers: Vec::new(),
            references: 0,
            strangers: Strangers::default(),
            occlusion: Occlusion::default(),
            on_failure: OnFailure::default(),
            guard: GuardMode::default(),
            ladder: LadderTimes::default(),
            max_yaw: 90.0,
            label: LabelPlace::default(),
        }
    }
}

impl Settings {
    /// Whether more than one face may have to be swapped.
    pub fn swaps_several(&self) -> bool {
        self.select == Select::All || !self.performers.is_empty()
    }

    /// Whether a frame may leave that no stage could work on: neither a face nor a label is then where it should be.
    pub fn may_leave_unworked(&self) -> bool {
        self.on_failure == OnFailure::Pass && self.label == LabelPlace::Off
    }

    /// Whether everybody whose face is not known is concealed.
    pub fn conceals_unknown(&self) -> bool {
        self.guard == GuardMode::Strict && self.on_failure != OnFailure::Pass
    }

    /// Whether the detector may look less often than it does: not where somebody else may come into view, and not where
    /// it never looks.
    pub fn may_detect_less(&self) -> bool {
        !self.swaps_several() && self.finder.detect_interval > 0
    }

    /// How faces are looked for in a frame, which may be the first of a new scene (`cut`), with what is given up
    /// meanwhile.
    pub fn search(&self, given_up: Degradation, cut: bool) -> FinderSettings {
        let lightened = given_up.lighten(&self.finder);
        let interval = lightened.detect_interval;
        let detect_interval = match self.swaps_several() {
            true if interval == 0 => OFTEN,
            true => interval.min(OFTEN),
            false => interval,
        };
        FinderSettings { detect_interval, search_beside: self.conceals_unknown() && !cut, ..lightened }
    }

    /// The look of a face.
    pub fn look_of(&self, face: Recognised) -> &Look {
        match face {
            Recognised::Performer(number) => self.performers.get(number).unwrap_or(&self.look),
            _ => &self.look,
        }
    }
}

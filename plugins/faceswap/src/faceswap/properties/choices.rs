//! Properties that are a choice among names.

use gst::glib;
use standin::blend::ColorTransfer;
use standin::face::{FaceType, Mesh};
use standin::live::{GuardMode, LabelPlace, Occlusion, OnFailure, Strangers};

/// A choice among names, as GStreamer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapFaceType")]
#[repr(i32)]
pub(super) enum FaceTypeChoice {
    #[default]
    #[enum_value(name = "What the model says, else whole-face", nick = "auto")]
    Auto,
    #[enum_value(name = "Brows to mouth", nick = "half")]
    Half,
    #[enum_value(name = "Half, with a little more", nick = "mid-full")]
    MidFull,
    #[enum_value(name = "Chin and part of the forehead", nick = "full")]
    Full,
    #[enum_value(name = "The face with the forehead", nick = "whole-face")]
    WholeFace,
    #[enum_value(name = "The whole head", nick = "head")]
    Head,
}

impl FaceTypeChoice {
    const PAIRS: [(Self, Option<FaceType>); 6] = [
        (Self::Auto, None),
        (Self::Half, Some(FaceType::Half)),
        (Self::MidFull, Some(FaceType::MidFull)),
        (Self::Full, Some(FaceType::Full)),
        (Self::WholeFace, Some(FaceType::WholeFace)),
        (Self::Head, Some(FaceType::Head)),
    ];

    pub(super) fn face_type(self) -> Option<FaceType> {
        Self::PAIRS.into_iter().find(|pair| pair.0 == self).and_then(|pair| pair.1)
    }

    pub(super) fn of(face_type: Option<FaceType>) -> Self {
        Self::PAIRS.into_iter().find(|pair| pair.1 == face_type).map_or(Self::Auto, |pair| pair.0)
    }
}

/// What leaves instead of a face that could not be swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapOnFailure")]
#[repr(i32)]
pub(super) enum OnFailureChoice {
    #[default]
    #[enum_value(name = "Hold the last pose a moment, then blur the region, then the frame", nick = "hold")]
    Hold,
    #[enum_value(name = "Blur the region, then the frame", nick = "blur")]
    Blur,
    #[enum_value(name = "Drop the frame", nick = "drop")]
    Drop,
    #[enum_value(name = "Let the bare face pass", nick = "pass")]
    Pass,
}

impl OnFailureChoice {
    const PAIRS: [(Self, OnFailure); 4] = [
        (Self::Hold, OnFailure::Hold),
        (Self::Blur, OnFailure::Blur),
        (Self::Drop, OnFailure::Drop),
        (Self::Pass, OnFailure::Pass),
    ];

    pub(super) fn on_failure(self) -> OnFailure {
        Self::PAIRS.into_iter().find(|pair| pair.0 == self).map_or(OnFailure::Hold, |pair| pair.1)
    }

    pub(super) fn of(on_failure: OnFailure) -> Self {
        Self::PAIRS.into_iter().find(|pair| pair.1 == on_failure).map_or(Self::Hold, |pair| pair.0)
    }
}

/// Who is protected before their face was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapGuard")]
#[repr(i32)]
pub(super) enum GuardChoice {
    #[default]
    #[enum_value(name = "Everybody: a person whose face is not found is blurred until it is swapped", nick = "strict")]
    Strict,
    #[enum_value(name = "Those whose face was swapped before", nick = "track")]
    Track,
}

impl GuardChoice {
    pub(super) fn guard(self) -> GuardMode {
        match self {
            Self::Strict => GuardMode::Strict,
            Self::Track => GuardMode::Track,
        }
    }

    pub(super) fn of(guard: GuardMode) -> Self {
        match guard {
            GuardMode::Strict => Self::Strict,
            GuardMode::Track => Self::Track,
        }
    }
}

/// The mesh network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapLandmarks")]
#[repr(i32)]
pub(super) enum LandmarksChoice {
    #[default]
    #[enum_value(name = "468 points: fast", nick = "mesh-468")]
    Points468,
    #[enum_value(name = "478 points with refined eyes and lips: slower, closer", nick = "mesh-478")]
    Points478,
}

impl LandmarksChoice {
    pub(super) fn mesh(self) -> Mesh {
        match self {
            Self::Points468 => Mesh::Points468,
            Self::Points478 => Mesh::Points478,
        }
    }

    pub(super) fn of(mesh: Mesh) -> Self {
        match mesh {
            Mesh::Points468 => Self::Points468,
            Mesh::Points478 => Self::Points478,
        }
    }
}

/// How far the generated face takes on the driver's colours. It was a switch: the words that set one still do, and 0
/// and 1 still mean off and on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapColorTransfer")]
#[repr(i32)]
pub(super) enum ColorTransferChoice {
    #[enum_value(name = "The generated face keeps its colours", nick = "none")]
    None = 0,
    #[default]
    #[enum_value(
        name = "Gain of red, green and blue in linear light, half of the way to the driver's skin",
        nick = "soft-gain"
    )]
    SoftGain = 1,
    #[enum_value(
        name = "Gain of red, green and blue in linear light, the whole way to the driver's skin",
        nick = "gain"
    )]
    Gain = 2,
    #[enum_value(name = "Mean and deviation in Lab are the driver's skin's", nick = "lab")]
    Lab = 3,
    #[enum_value(name = "The same as soft-gain", nick = "true")]
    True = 4,
    #[enum_value(name = "The same as none", nick = "false")]
    False = 5,
    #[enum_value(name = "The same as soft-gain", nick = "on")]
    On = 6,
    #[enum_value(name = "The same as none", nick = "off")]
    Off = 7,
    #[enum_value(name = "The same as soft-gain", nick = "yes")]
    Yes = 8,
    #[enum_value(name = "The same as none", nick = "no")]
    No = 9,
}

impl ColorTransferChoice {
    pub(super) fn color_transfer(self) -> ColorTransfer {
        match self {
            Self::None | Self::False | Self::Off | Self::No => ColorTransfer::None,
            Self::SoftGain | Self::True | Self::On | Self::Yes => ColorTransfer::SoftGain,
            Self::Gain => ColorTransfer::Gain,
            Self::Lab => ColorTransfer::Lab,
        }
    }

    pub(super) fn of(color_transfer: ColorTransfer) -> Self {
        match color_transfer {
            ColorTransfer::None => Self::None,
            ColorTransfer::SoftGain => Self::SoftGain,
            ColorTransfer::Gain => Self::Gain,
            ColorTransfer::Lab => Self::Lab,
        }
    }
}

/// Whether what hides a face stays in front of the generated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapOcclusion")]
#[repr(i32)]
pub(super) enum OcclusionChoice {
    #[default]
    #[enum_value(name = "Hands and things stay in front, by the occlusion network", nick = "auto")]
    Auto,
    #[enum_value(name = "The model's own masks count alone", nick = "off")]
    Off,
}

impl OcclusionChoice {
    pub(super) fn occlusion(self) -> Occlusion {
        match self {
            Self::Auto => Occlusion::Auto,
            Self::Off => Occlusion::Off,
        }
    }

    pub(super) fn of(occlusion: Occlusion) -> Self {
        match occlusion {
            Occlusion::Auto => Self::Auto,
            Occlusion::Off => Self::Off,
        }
    }
}

/// What leaves of people who are none of the performers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapStrangers")]
#[repr(i32)]
pub(super) enum StrangersChoice {
    #[default]
    #[enum_value(name = "Their own face", nick = "pass")]
    Pass,
    #[enum_value(name = "What on-failure leaves of a face that cannot be swapped", nick = "conceal")]
    Conceal,
}

impl StrangersChoice {
    pub(super) fn strangers(self) -> Strangers {
        match self {
            Self::Pass => Strangers::Pass,
            Self::Conceal => Strangers::Conceal,
        }
    }

    pub(super) fn of(strangers: Strangers) -> Self {
        match strangers {
            Strangers::Pass => Self::Pass,
            Strangers::Conceal => Self::Conceal,
        }
    }
}

/// Where frames are labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstFaceSwapLabel")]
#[repr(i32)]
pub(super) enum LabelChoice {
    #[default]
    #[enum_value(name = "Nowhere", nick = "off")]
    Off,
    #[enum_value(name = "In the lower left corner of every frame", nick = "corner")]
    Corner,
}

impl LabelChoice {
    pub(super) fn place(self) -> LabelPlace {
        match self {
            Self::Off => LabelPlace::Off,
            Self::Corner => LabelPlace::Corner,
        }
    }

    pub(super) fn of(place: LabelPlace) -> Self {
        match place {
            LabelPlace::Off => Self::Off,
            LabelPlace::Corner => Self::Corner,
        }
    }
}

//! Properties that are numbers or switches: one row each.

use gst::glib;
use gst::prelude::*;

use standin::live::Look;

use super::{DEPTH, Properties};

/// A real number of a `T`.
pub(super) struct Number<T> {
    pub(super) name: &'static str,
    nick: &'static str,
    blurb: &'static str,
    range: (f32, f32),
    default: f32,
    pub(super) field: fn(&mut T) -> &mut f32,
}

/// A whole number.
pub(super) struct Count {
    pub(super) name: &'static str,
    nick: &'static str,
    blurb: &'static str,
    most: u32,
    default: u32,
    /// Whether it may change while playing.
    playing: bool,
    pub(super) field: fn(&mut Properties) -> &mut u32,
}

/// On or off, of a `T`.
pub(super) struct Switch<T> {
    pub(super) name: &'static str,
    nick: &'static str,
    blurb: &'static str,
    default: bool,
    pub(super) field: fn(&mut T) -> &mut bool,
}

impl<T> Number<T> {
    pub(super) fn spec(&self) -> glib::ParamSpec {
        glib::ParamSpecFloat::builder(self.name)
            .nick(self.nick)
            .blurb(self.blurb)
            .minimum(self.range.0)
            .maximum(self.range.1)
            .default_value(self.default)
            .mutable_playing()
            .controllable()
            .build()
    }
}

impl Count {
    pub(super) fn spec(&self) -> glib::ParamSpec {
        let spec = glib::ParamSpecUInt::builder(self.name)
            .nick(self.nick)
            .blurb(self.blurb)
            .minimum(0)
            .maximum(self.most)
            .default_value(self.default);
        if self.playing { spec.mutable_playing().build() } else { spec.mutable_ready().build() }
    }
}

impl<T> Switch<T> {
    pub(super) fn spec(&self) -> glib::ParamSpec {
        glib::ParamSpecBoolean::builder(self.name)
            .nick(self.nick)
            .blurb(self.blurb)
            .default_value(self.default)
            .mutable_playing()
            .controllable()
            .build()
    }
}

/// The real numbers.
pub(super) const NUMBERS: &[Number<Properties>] = &[
    Number {
        name: "hold-time",
        nick: "Hold time",
        blurb: "Seconds for which a lost face is swapped where it was last",
        range: (0.0, 60.0),
        default: 0.3,
        field: |p| &mut p.settings.ladder.hold_time,
    },
    Number {
        name: "blur-time",
        nick: "Blur time",
        blurb: "Seconds for which the region of a lost face is blurred before the frame is, where it cannot be told where \
                people are; counted from the last time that the face was seen",
        range: (0.0, 60.0),
        default: 1.0,
        field: |p| &mut p.settings.ladder.blur_time,
    },
    Number {
        name: "max-yaw",
        nick: "Max yaw",
        blurb: "Turn of the head in degrees from which on a face fades to blur; the landmarks of a face in profile say \
                about 60",
        range: (0.0, 90.0),
        default: 90.0,
        field: |p| &mut p.settings.max_yaw,
    },
    Number {
        name: "smoothing",
        nick: "Smoothing",
        blurb: "One-Euro smoothing of the alignment: 0 is none, 1 the strongest",
        range: (0.0, 1.0),
        default: 0.5,
        field: |p| &mut p.settings.finder.smoothing,
    },
];

/// The real numbers of a look.
pub(super) const LOOK_NUMBERS: &[Number<Look>] = &[
    Number {
        name: "morph",
        nick: "Morph",
        blurb: "For models that morph: 0 is the driver's shape, 1 the subject's",
        range: (0.0, 1.0),
        default: 0.75,
        field: |look| &mut look.morph,
    },
    Number {
        name: "coverage",
        nick: "Coverage",
        blurb: "Side of the crop in canonical face units; 0 is what the face type or the model says",
        range: (0.0, 8.0),
        default: 0.0,
        field: |look| &mut look.crop.coverage,
    },
    Number {
        name: "x-offset",
        nick: "X offset",
        blurb: "Shift of the crop to the right, in canonical face units",
        range: (-2.0, 2.0),
        default: 0.0,
        field: |look| &mut look.crop.x_offset,
    },
    Number {
        name: "y-offset",
        nick: "Y offset",
        blurb: "Shift of the crop down, in canonical face units",
        range: (-2.0, 2.0),
        default: 0.0,
        field: |look| &mut look.crop.y_offset,
    },
    Number {
        name: "erode",
        nick: "Erode",
        blurb: "Shrink the mask by so many pixels of a 224-pixel crop; a negative number grows it",
        range: (-100.0, 100.0),
        default: 3.0,
        field: |look| &mut look.blend.erode,
    },
    Number {
        name: "blur",
        nick: "Blur",
        blurb: "Feather of the mask's edge, in pixels of a 224-pixel crop (sigma is a quarter of it)",
        range: (0.0, 200.0),
        default: 25.0,
        field: |look| &mut look.blend.blur,
    },
    Number {
        name: "opacity",
        nick: "Opacity",
        blurb: "0 shows the driver, 1 the generated face",
        range: (0.0, 1.0),
        default: 1.0,
        field: |look| &mut look.blend.opacity,
    },
    Number {
        name: "face-scale",
        nick: "Face scale",
        blurb: "Size of the generated face about the crop's centre",
        range: (0.5, 1.5),
        default: 1.0,
        field: |look| &mut look.blend.face_scale,
    },
    Number {
        name: "face-x-offset",
        nick: "Face X offset",
        blurb: "Shift of the generated face to the right, in sides of the crop",
        range: (-0.5, 0.5),
        default: 0.0,
        field: |look| &mut look.blend.face_x_offset,
    },
    Number {
        name: "face-y-offset",
        nick: "Face Y offset",
        blurb: "Shift of the generated face down, in sides of the crop",
        range: (-0.5, 0.5),
        default: 0.0,
        field: |look| &mut look.blend.face_y_offset,
    },
    Number {
        name: "sharpen",
        nick: "Sharpen",
        blurb: "Unsharp masking of the generated face; 0 is off, -1 as much as the model asks",
        range: (-1.0, 3.0),
        default: -1.0,
        field: |look| &mut look.sharpen,
    },
    Number {
        name: "gamma-red",
        nick: "Red gamma",
        blurb: "Gamma of the generated face's red",
        range: (0.2, 5.0),
        default: 1.0,
        field: |look| &mut look.blend.gamma[0],
    },
    Number {
        name: "gamma-green",
        nick: "Green gamma",
        blurb: "Gamma of the generated face's green",
        range: (0.2, 5.0),
        default: 1.0,
        field: |look| &mut look.blend.gamma[1],
    },
    Number {
        name: "gamma-blue",
        nick: "Blue gamma",
        blurb: "Gamma of the generated face's blue",
        range: (0.2, 5.0),
        default: 1.0,
        field: |look| &mut look.blend.gamma[2],
    },
];

/// The whole numbers.
pub(super) const COUNTS: &[Count] = &[
    Count {
        name: "detect-interval",
        nick: "Detect interval",
        blurb: "Frames from one run of the detector to the next while faces are tracked; 0 runs it only when a face is lost; 2 at most where several faces may be swapped",
        most: 1000,
        default: 15,
        playing: true,
        field: |p| &mut p.settings.finder.detect_interval,
    },
    Count {
        name: "threads",
        nick: "Threads",
        blurb: "Threads inside the swap network; 0 is one a frame in flight, or all cores where pipeline-depth is 0",
        most: 256,
        default: 0,
        playing: false,
        field: |p| &mut p.threads,
    },
    Count {
        name: "pipeline-depth",
        nick: "Pipeline depth",
        blurb: "Frames in flight: more use more cores; 0 works on each frame in the streaming thread, for the lowest latency",
        most: 16,
        default: DEPTH,
        playing: false,
        field: |p| &mut p.depth,
    },
];

/// The switches.
pub(super) const SWITCHES: &[Switch<Properties>] = &[Switch {
    name: "qos",
    nick: "QoS",
    blurb: "Drop frames that are late already, before work is spent on them",
    default: true,
    field: |p| &mut p.qos,
}];

/// The switches of a look.
pub(super) const LOOK_SWITCHES: &[Switch<Look>] = &[
    Switch {
        name: "driver-mask",
        nick: "Driver mask",
        blurb: "Use the network's mask of the driver's face",
        default: true,
        field: |look| &mut look.blend.driver_mask,
    },
    Switch {
        name: "generated-mask",
        nick: "Generated mask",
        blurb: "Use the network's mask of the generated face",
        default: true,
        field: |look| &mut look.blend.generated_mask,
    },
    Switch {
        name: "hull-mask",
        nick: "Hull mask",
        blurb: "Use the hull of the landmarks as a mask",
        default: false,
        field: |look| &mut look.blend.hull_mask,
    },
];

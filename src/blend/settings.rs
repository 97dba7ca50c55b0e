//! How a generated face is put into the frame. Lengths are in pixels of a 224-pixel crop, as users of .dfm models know
//! them, and are scaled to the model's resolution.

use super::space::Space;
use crate::frame::TransferFunction;
use crate::geometry::Similarity;

/// Side of the crop in which [`BlendSettings`] counts pixels.
pub const REFERENCE_CROP: f32 = 224.0;

/// How far the generated face takes on the driver's colours. Black stays black in all of them.
///
/// A ratio of mean colours is the light that the network got wrong times the difference of two people's skin, and one
/// picture does not tell the two apart. To take away all of it gives the subject the driver's skin; to take away
/// nothing leaves a face pasted in where the light is wrong. Half of it is never far off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorTransfer {
    /// Not at all.
    None,
    /// A gain for each of red, green and blue in linear light, half of the way to the driver's mean: the gain's square
    /// root.
    #[default]
    SoftGain,
    /// The same, the whole way.
    Gain,
    /// Mean and standard deviation of L, a and b are the driver's.
    Lab,
}

impl ColorTransfer {
    /// What is done in a signal of this transfer function. A gain is of light by sRGB's curve, and an HLG or PQ
    /// signal's is far from it: there a gain, soft or whole, does not reach the driver's light, and mean and
    /// deviation of L, a and b do.
    #[must_use]
    pub fn within(self, signal: TransferFunction) -> Self {
        match (self, signal) {
            (Self::SoftGain | Self::Gain, TransferFunction::Hlg | TransferFunction::Pq) => Self::Lab,
            _ => self,
        }
    }

    /// The space in which it works; none where it does nothing.
    pub fn space(self) -> Option<Space> {
        match self {
            Self::None => None,
            Self::SoftGain | Self::Gain => Some(Space::Linear),
            Self::Lab => Some(Space::Lab),
        }
    }
}

/// The parameters of the blend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlendSettings {
    /// Multiply by the network's mask of the driver's face.
    pub driver_mask: bool,
    /// Multiply by the network's mask of the generated face.
    pub generated_mask: bool,
    /// Multiply by the hull of the landmarks.
    pub hull_mask: bool,
    /// Shrink the mask by so many pixels of a 224-pixel crop; negative grows it. −100..100.
    pub erode: f32,
    /// Feather: sigma is a quarter of this, in pixels of a 224-pixel crop; half of it is a black border. 0..200.
    pub blur: f32,
    /// How far the generated face takes on the driver's colours.
    pub color_transfer: ColorTransfer,
    /// 0 shows the driver, 1 the generated face.
    pub opacity: f32,
    /// Size of the generated face about the crop's centre, 0.5..1.5.
    pub face_scale: f32,
    /// Shift of the generated face to the right, in crop sides, −0.5..0.5.
    pub face_x_offset: f32,
    /// Shift of the generated face down, in crop sides, −0.5..0.5.
    pub face_y_offset: f32,
    /// The crop's unit square to itself: from where a point of the face belongs to where the model draws it.
    pub registration: Similarity,
    /// Unsharp masking of the generated face, 0 (off)..3.
    pub sharpen: f32,
    /// Exponent of red, green and blue of the generated face is 1/gamma, 0.2..5.
    pub gamma: [f32; 3],
}

impl BlendSettings {
    /// Where a point of the crop's unit square lies in the generated face, which may be moved by the user and is drawn
    /// elsewhere by the model.
    pub fn to_generated(&self) -> Similarity {
        let scale = 1.0 / self.face_scale;
        let shift = |offset: f32| 0.5 - (0.5 + offset) * scale;
        let moved = Similarity { a: scale, b: 0.0, tx: shift(self.face_x_offset), ty: shift(self.face_y_offset) };
        // Exactly the identity where nothing moves: the face is then not sampled anew.
        let still = (self.face_scale, self.face_x_offset, self.face_y_offset) == (1.0, 0.0, 0.0);
        if still { self.registration } else { moved.then(&self.registration) }
    }
}

impl Default for BlendSettings {
    fn default() -> Self {
        Self {
            driver_mask: true,
            generated_mask: true,
            hull_mask: false,
            erode: 3.0,
            blur: 25.0,
            color_transfer: ColorTransfer::default(),
            opacity: 1.0,
            face_scale: 1.0,
            face_x_offset: 0.0,
            face_y_offset: 0.0,
            registration: Similarity::IDENTITY,
            sharpen: 0.0,
            gamma: [1.0; 3],
        }
    }
}

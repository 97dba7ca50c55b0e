//! Between a frame's code values and RGB: which matrix, which range; and what RGB means in light.

use super::Layout;

/// The luma weights of a YCbCr signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
    /// ITU-R BT.2020 with non-constant luminance: ultra high definition.
    Bt2020,
}

impl Matrix {
    /// The weights of red and blue in luma; green has the rest (ITU-R BT.601-7, BT.709-6 and BT.2020-2,
    /// tables of signal format).
    pub const fn weights(self) -> (f32, f32) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }
}

/// Which code values mean black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// All codes, chroma about the middle.
    Full,
    /// Of eight bits: luma 16..235, chroma 16..240 about 128. Each further bit doubles these.
    Limited,
}

/// What red, green and blue of a signal mean in light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransferFunction {
    /// Of a standard dynamic range: ITU-R BT.709's curve, sRGB's, or one that is not known.
    #[default]
    Standard,
    /// Hybrid log-gamma (ITU-R BT.2100-2, table 5).
    Hlg,
    /// The perceptual quantiser (ITU-R BT.2100-2, table 4).
    Pq,
}

impl TransferFunction {
    /// Value 0..1 of white in graphics and text: 203 cd/m² where more light has a code (ITU-R BT.2408-7, table 1).
    pub const fn graphics_white(self) -> f32 {
        match self {
            Self::Standard => 1.0,
            Self::Hlg => 0.75,
            Self::Pq => 0.58,
        }
    }
}

/// The code values of a signal that colours are counted from.
struct Levels {
    black: f32,
    /// From black to white.
    luma: f32,
    /// From one extreme of chroma to the other.
    chroma: f32,
    /// Chroma of grey.
    grey: f32,
}

impl Levels {
    /// Of `layout` (ITU-R BT.2100-2, table 9, for more than eight bits).
    fn of(layout: &Layout) -> Self {
        let depth = layout.format.depth();
        let (unit, most) = ((1 << (depth.bits() - 8)) as f32, f32::from(depth.most()));
        match layout.range {
            Range::Full => Self { black: 0.0, luma: most, chroma: most, grey: 128.0 * unit },
            Range::Limited => Self { black: 16.0 * unit, luma: 219.0 * unit, chroma: 224.0 * unit, grey: 128.0 * unit },
        }
    }
}

/// Code values to RGB 0..1, not clamped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YuvToRgb {
    /// Code of black.
    pub black: f32,
    /// Code of chroma without colour.
    pub grey: f32,
    /// Factor of luma.
    pub y: f32,
    /// Factor of V in red.
    pub rv: f32,
    /// Factor of U in green.
    pub gu: f32,
    /// Factor of V in green.
    pub gv: f32,
    /// Factor of U in blue.
    pub bu: f32,
}

impl YuvToRgb {
    /// The conversion for a layout of luma and chroma.
    pub fn of(layout: &Layout) -> Self {
        let (kr, kb) = layout.matrix.weights();
        let kg = 1.0 - kr - kb;
        let Levels { black, luma, chroma, grey } = Levels::of(layout);
        let (rv, bu) = (2.0 * (1.0 - kr) / chroma, 2.0 * (1.0 - kb) / chroma);
        Self { black, grey, y: 1.0 / luma, rv, gu: -bu * kb / kg, gv: -rv * kr / kg, bu }
    }

    /// RGB 0..1 of one sample.
    #[inline(always)]
    pub fn rgb(&self, y: f32, u: f32, v: f32) -> [f32; 3] {
        let (y, u, v) = ((y - self.black) * self.y, u - self.grey, v - self.grey);
        [y + self.rv * v, y + self.gu * u + self.gv * v, y + self.bu * u]
    }
}

/// RGB 0..1 to code values, not rounded: of luma and chroma, or of red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RgbToCodes {
    /// Factors of red, green, blue, and the offset, a component.
    pub components: [[f32; 4]; 3],
}

impl RgbToCodes {
    /// The conversion for a layout.
    pub fn of(layout: &Layout) -> Self {
        if !layout.format.is_yuv() {
            let white = f32::from(layout.format.depth().most());
            return Self { components: [[white, 0.0, 0.0, 0.0], [0.0, white, 0.0, 0.0], [0.0, 0.0, white, 0.0]] };
        }
        let (kr, kb) = layout.matrix.weights();
        let kg = 1.0 - kr - kb;
        let Levels { black, luma, chroma, grey } = Levels::of(layout);
        let (u, v) = (chroma / (2.0 * (1.0 - kb)), chroma / (2.0 * (1.0 - kr)));
        Self {
            components: [
                [kr * luma, kg * luma, kb * luma, black],
                [-kr * u, -kg * u, (1.0 - kb) * u, grey],
                [(1.0 - kr) * v, -kg * v, -kb * v, grey],
            ],
        }
    }

    /// The codes of one colour.
    #[inline(always)]
    pub fn codes(&self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        self.components.map(|of| of[0] * r + of[1] * g + of[2] * b + of[3])
    }
}

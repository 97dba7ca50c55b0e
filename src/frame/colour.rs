//! Between a frame's code values and RGB: which matrix, which range.

/// The luma weights of a YCbCr signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
}

impl Matrix {
    /// The weights of red and blue in luma; green has the rest (ITU-R BT.601-7 and BT.709-6, table of signal format).
    pub const fn weights(self) -> (f32, f32) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
        }
    }
}

/// Which code values mean black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 0..255, chroma 0..255 about 128.
    Full,
    /// Luma 16..235, chroma 16..240 about 128.
    Limited,
}

impl Range {
    /// Code of black, code distance from black to white, code distance from one chroma extreme to the other.
    const fn scale(self) -> (f32, f32, f32) {
        match self {
            Self::Full => (0.0, 255.0, 255.0),
            Self::Limited => (16.0, 219.0, 224.0),
        }
    }
}

/// Code values 0..255 to RGB 0..1, not clamped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YuvToRgb {
    /// Code of black.
    pub black: f32,
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
    /// The conversion for a matrix and a range.
    pub fn new(matrix: Matrix, range: Range) -> Self {
        let (kr, kb) = matrix.weights();
        let kg = 1.0 - kr - kb;
        let (black, luma, chroma) = range.scale();
        let (rv, bu) = (2.0 * (1.0 - kr) / chroma, 2.0 * (1.0 - kb) / chroma);
        Self { black, y: 1.0 / luma, rv, gu: -bu * kb / kg, gv: -rv * kr / kg, bu }
    }

    /// RGB 0..1 of one sample.
    #[inline(always)]
    pub fn rgb(&self, y: f32, u: f32, v: f32) -> [f32; 3] {
        let (y, u, v) = ((y - self.black) * self.y, u - 128.0, v - 128.0);
        [y + self.rv * v, y + self.gu * u + self.gv * v, y + self.bu * u]
    }
}

/// RGB 0..1 to code values 0..255, not rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RgbToYuv {
    /// Factors of red, green, blue, and the offset, for Y.
    pub y: [f32; 4],
    /// The same for U.
    pub u: [f32; 4],
    /// The same for V.
    pub v: [f32; 4],
}

impl RgbToYuv {
    /// The conversion for a matrix and a range.
    pub fn new(matrix: Matrix, range: Range) -> Self {
        let (kr, kb) = matrix.weights();
        let kg = 1.0 - kr - kb;
        let (black, luma, chroma) = range.scale();
        let (u, v) = (chroma / (2.0 * (1.0 - kb)), chroma / (2.0 * (1.0 - kr)));
        Self {
            y: [kr * luma, kg * luma, kb * luma, black],
            u: [-kr * u, -kg * u, (1.0 - kb) * u, 128.0],
            v: [(1.0 - kr) * v, -kg * v, -kb * v, 128.0],
        }
    }

    /// Luma of one colour.
    #[inline(always)]
    pub fn luma(&self, [r, g, b]: [f32; 3]) -> f32 {
        self.y[0] * r + self.y[1] * g + self.y[2] * b + self.y[3]
    }

    /// U and V of one colour.
    #[inline(always)]
    pub fn chroma(&self, [r, g, b]: [f32; 3]) -> (f32, f32) {
        (
            self.u[0] * r + self.u[1] * g + self.u[2] * b + self.u[3],
            self.v[0] * r + self.v[1] * g + self.v[2] * b + self.v[3],
        )
    }
}

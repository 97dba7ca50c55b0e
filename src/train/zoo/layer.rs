//! What networks are made of.

/// One layer. Pictures are `[N, channels, side, side]`, vectors `[N, features]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// Convolution with bias, zero padding of `kernel / 2` on every side.
    Conv {
        /// Channels that come out.
        out: usize,
        /// Side of the kernel, odd.
        kernel: usize,
        /// 1 or 2.
        stride: usize,
    },
    /// One kernel a channel, with bias, zero padding of `kernel / 2`.
    Depthwise {
        /// Side of the kernel, odd.
        kernel: usize,
        /// 1 or 2.
        stride: usize,
    },
    /// Every output from every input, with bias; of a vector.
    Dense {
        /// Features that come out.
        out: usize,
    },
    /// Picture to vector, in the order channel, row, column.
    Flatten,
    /// Vector to picture, in the same order.
    Unflatten {
        /// Channels.
        channels: usize,
        /// Side.
        side: usize,
    },
    /// Four channels to one at twice the side; channel `4 c + 2 y + x` goes to place (x, y) of channel `c` (ONNX
    /// DepthToSpace, mode CRD). W. Shi et al., "Real-time single image and video super-resolution using an efficient
    /// sub-pixel convolutional neural network", CVPR 2016.
    PixelShuffle,
    /// Mean of 2×2 pixels, half the side.
    Halve,
    /// `max(x, slope · x)`.
    LeakyRelu {
        /// 0..1.
        slope: f32,
    },
    /// `x · cos x`.
    Cosine,
    /// `1 / (1 + e^−x)`.
    Sigmoid,
    /// `x / sqrt(mean(x²) + 1e-6)` over a vector's features.
    PixelNorm,
    /// `x + f(x)`, where `f` keeps the shape.
    Residual(Vec<Layer>),
}

/// Shape of one sample between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A square picture.
    Picture {
        /// Channels.
        channels: usize,
        /// Side in px.
        side: usize,
    },
    /// A vector.
    Vector {
        /// Features.
        features: usize,
    },
}

impl Layer {
    /// Its name, for messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Conv { .. } => "convolution",
            Self::Depthwise { .. } => "depthwise convolution",
            Self::Dense { .. } => "dense layer",
            Self::Flatten => "flatten",
            Self::Unflatten { .. } => "unflatten",
            Self::PixelShuffle => "pixel shuffle",
            Self::Halve => "halving",
            Self::LeakyRelu { .. } => "leaky ReLU",
            Self::Cosine => "x cos x",
            Self::Sigmoid => "sigmoid",
            Self::PixelNorm => "pixel norm",
            Self::Residual(_) => "residual block",
        }
    }

    /// Shape of what comes out; `None` where it cannot take `input`.
    pub fn shape(&self, input: Shape) -> Option<Shape> {
        use Shape::{Picture, Vector};
        match (self, input) {
            (&Self::Conv { out, kernel, stride }, Picture { side, .. }) => {
                strided(side, kernel, stride).map(|side| Picture { channels: out, side })
            }
            (&Self::Depthwise { kernel, stride }, Picture { channels, side }) => {
                strided(side, kernel, stride).map(|side| Picture { channels, side })
            }
            (&Self::Dense { out }, Vector { .. }) => Some(Vector { features: out }),
            (Self::Flatten, Picture { channels, side }) => Some(Vector { features: channels * side * side }),
            (&Self::Unflatten { channels, side }, Vector { features }) if features == channels * side * side => {
                Some(Picture { channels, side })
            }
            (Self::PixelShuffle, Picture { channels, side }) if channels % 4 == 0 => {
                Some(Picture { channels: channels / 4, side: side * 2 })
            }
            (Self::Halve, Picture { channels, side }) if side % 2 == 0 => Some(Picture { channels, side: side / 2 }),
            (Self::LeakyRelu { .. } | Self::Cosine | Self::Sigmoid, shape) => Some(shape),
            (Self::PixelNorm, shape @ Vector { .. }) => Some(shape),
            (Self::Residual(layers), shape) => {
                let end = layers.iter().try_fold(shape, |shape, layer| layer.shape(shape))?;
                (end == shape).then_some(shape)
            }
            _ => None,
        }
    }

    /// Shapes of its weight and its bias, where it has them and `input` fits.
    pub fn parameters(&self, input: Shape) -> Option<[Vec<usize>; 2]> {
        match (self, input) {
            (&Self::Conv { out, kernel, .. }, Shape::Picture { channels, .. }) => {
                Some([vec![out, channels, kernel, kernel], vec![out]])
            }
            (&Self::Depthwise { kernel, .. }, Shape::Picture { channels, .. }) => {
                Some([vec![channels, 1, kernel, kernel], vec![channels]])
            }
            (&Self::Dense { out }, Shape::Vector { features }) => Some([vec![features, out], vec![out]]),
            _ => None,
        }
    }
}

/// Side after a convolution, whole only where the stride divides it.
fn strided(side: usize, kernel: usize, stride: usize) -> Option<usize> {
    (kernel % 2 == 1 && matches!(stride, 1 | 2) && side.is_multiple_of(stride)).then(|| side / stride)
}

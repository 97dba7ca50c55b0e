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

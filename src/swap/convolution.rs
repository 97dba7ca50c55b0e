//! What one convolution of a swap network is, and what it computes.

/// Shapes of a convolution of one picture, with one group of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Convolution {
    /// Channels, height and width of what goes in.
    pub input: [usize; 3],
    /// Channels, height and width of the result.
    pub output: [usize; 3],
    /// Height and width of the weights.
    pub kernel: [usize; 2],
    /// Along height and width.
    pub stride: [usize; 2],
    /// Zeros above and to the left; below and to the right there are as many as the result needs.
    pub pads: [usize; 2],
    /// The bits of the slope for negative results ([`Convolution::slope`]), so that shapes can be compared.
    pub slope_bits: u32,
}

impl Convolution {
    /// What a negative result is multiplied with; 1 changes nothing.
    pub fn slope(&self) -> f32 {
        f32::from_bits(self.slope_bits)
    }

    /// Multiplications of one picture.
    pub fn multiplications(&self) -> usize {
        let [out, height, width] = self.output;
        out * height * width * self.input[0] * self.kernel[0] * self.kernel[1]
    }
}

/// The plain sum: what every faster way of computing it is held against. `picture` is C × H × W, `weights` O × C × K
/// × L, `bias` O values or none; the result is O × H × W.
pub fn convolution(shape: &Convolution, picture: &[f32], weights: &[f32], bias: &[f32]) -> Vec<f32> {
    let ([channels, high, wide], [out, height, width], [rows, columns]) = (shape.input, shape.output, shape.kernel);
    let mut result = Vec::with_capacity(out * height * width);
    for (o, y, x) in places([out, height, width]) {
        let mut sum = bias.get(o).map_or(0.0, |&bias| f64::from(bias));
        for (c, row, column) in places([channels, rows, columns]) {
            let inside = |at: usize, stride: usize, tap: usize, pad: usize, side: usize| {
                (at * stride + tap).checked_sub(pad).filter(|&at| at < side)
            };
            let from_y = inside(y, shape.stride[0], row, shape.pads[0], high);
            let from_x = inside(x, shape.stride[1], column, shape.pads[1], wide);
            if let (Some(from_y), Some(from_x)) = (from_y, from_x) {
                let weight = weights[((o * channels + c) * rows + row) * columns + column];
                sum += f64::from(weight) * f64::from(picture[(c * high + from_y) * wide + from_x]);
            }
        }
        let sum = sum as f32;
        result.push(match shape.slope() {
            _ if sum > 0.0 => sum,
            0.0 if !sum.is_nan() => 0.0,
            slope => slope * sum,
        });
    }
    result
}

fn places([a, b, c]: [usize; 3]) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| (i, j, k))))
}

//! What is computed of single numbers and of pairs.

/// Operations on pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// a + b.
    Add,
    /// a − b.
    Subtract,
    /// a · b.
    Multiply,
    /// a / b.
    Divide,
}

/// Operations on single values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unary {
    /// `max(x, slope · x)` for slopes of 0..1; 0 is the plain ReLU.
    LeakyRelu(f32),
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// Cosine.
    Cos,
    /// Root.
    Sqrt,
    /// 1 / x.
    Reciprocal,
    /// −x.
    Negate,
}

impl Binary {
    pub(super) fn of(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
        }
    }

    pub(super) fn of_wide(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
        }
    }
}

impl Unary {
    pub(super) fn of(self, x: f32) -> f32 {
        match self {
            Self::LeakyRelu(_) if x > 0.0 => x,
            Self::LeakyRelu(0.0) if !x.is_nan() => 0.0,
            Self::LeakyRelu(slope) => slope * x,
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
            Self::Cos => x.cos(),
            Self::Sqrt => x.sqrt(),
            Self::Reciprocal => 1.0 / x,
            Self::Negate => -x,
        }
    }
}

//! Functions of one number, as shader text.

use crate::swap::graph::Unary;

/// By the bits: a compiler may take it that floats are numbers, and what is none must be seen at the end.
pub(super) const IS_NAN: &str =
    "fn is_nan(x: f32) -> bool {\n    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;\n}\n";

/// What `unary` makes of `x`, a 32-bit float.
pub(super) fn unary_of(unary: Unary, x: &str) -> String {
    match unary {
        // Not 0 · x, which is no number for infinity.
        Unary::LeakyRelu(0.0) => format!("select(0.0, {x}, {x} > 0.0 || is_nan({x}))"),
        Unary::LeakyRelu(slope) => format!("select({slope:?}f * {x}, {x}, {x} > 0.0)"),
        Unary::Sigmoid => format!("1.0 / (1.0 + exp(-{x}))"),
        // Beyond, the hyperbolic tangent of 32-bit floats is 1, and some drivers give no number.
        Unary::Tanh => format!("select(tanh(clamp({x}, -12.0, 12.0)), {x}, is_nan({x}))"),
        Unary::Cos => format!("cos({x})"),
        Unary::Sqrt => format!("sqrt({x})"),
        Unary::Reciprocal => format!("1.0 / {x}"),
        Unary::Negate => format!("-{x}"),
    }
}

//! Steps that are folded into the one before them: what they do to each value, and where they move it, is done as that value is
//! stored, so that it is written once and read by nobody in between.

use std::fmt::Write as _;

use super::text::{coordinates, index};
use crate::swap::graph::{Operand, Operator, Order, Step, SwapGraph, Unary};

/// A step that is folded: it takes one value at a time, and gives each a place of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish<'a> {
    pub(super) operator: &'a Operator,
    /// The shape of what goes in, and of what comes out.
    pub(super) from: &'a [usize],
    pub(super) to: &'a [usize],
}

/// For each step of a graph those behind it that are folded into it, in order; and whether it is itself folded.
pub(super) fn folded(graph: &SwapGraph) -> (Vec<Vec<usize>>, Vec<bool>) {
    let mut readers = vec![Vec::new(); graph.shapes.len()];
    for (at, step) in graph.steps.iter().enumerate() {
        for input in &step.inputs {
            if let Operand::Value(value) = *input {
                readers[value].push(at);
            }
        }
    }
    let mut behind = vec![Vec::new(); graph.steps.len()];
    let mut is_folded = vec![false; graph.steps.len()];
    for (at, step) in graph.steps.iter().enumerate() {
        // A Reshape alone costs nothing.
        if is_folded[at] || step.operator == Operator::Reshape {
            continue;
        }
        let mut last = step;
        while let (&[next], false) = (&*readers[last.output], graph.outputs.contains(&last.output)) {
            let follower = &graph.steps[next];
            if !folds(follower) {
                break;
            }
            behind[at].push(next);
            is_folded[next] = true;
            last = follower;
        }
    }
    (behind, is_folded)
}

fn folds(step: &Step) -> bool {
    matches!(
        step.operator,
        Operator::Unary(_) | Operator::Reshape | Operator::Transpose { .. } | Operator::DepthToSpace { .. }
    )
}

/// The functions `placed` and `finished` that every shader stores by.
pub(super) fn functions(finishes: &[Finish<'_>]) -> String {
    let mut places = "\nfn placed(first: u32) -> u32 {\n    var at = first;\n".to_owned();
    let mut values = "fn finished(value: f32) -> f32 {\n    var x = value;\n".to_owned();
    for (n, Finish { operator, from, to }) in finishes.iter().enumerate() {
        let name = format!("s{n}_");
        let c = |axis: usize| format!("{name}{axis}");
        let moved: Vec<String> = match operator {
            Operator::Unary(unary) => {
                let _ = writeln!(values, "    x = {};", unary_of(*unary, "x"));
                continue;
            }
            Operator::Transpose { order } => order.iter().map(|&axis| c(axis)).collect(),
            Operator::DepthToSpace { block, order } => {
                let channels = to[1];
                let (channel, within) = match order {
                    Order::Dcr => (format!("{} % {channels}u", c(1)), format!("({} / {channels}u)", c(1))),
                    Order::Crd => {
                        (format!("{} / {}u", c(1), block * block), format!("({} % {}u)", c(1), block * block))
                    }
                };
                let y = format!("{} * {block}u + {within} / {block}u", c(2));
                let x = format!("{} * {block}u + {within} % {block}u", c(3));
                vec![c(0), channel, y, x]
            }
            // The same places.
            _ => continue,
        };
        places += &coordinates("at", &name, from.iter().copied().enumerate());
        let _ = writeln!(
            places,
            "    at = {};",
            index(moved.into_iter().zip(to.iter().copied()).collect::<Vec<_>>().into_iter())
        );
    }
    places + "    return at;\n}\n" + &values + "    return x;\n}\n"
}

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

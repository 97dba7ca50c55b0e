//! What the steps that are folded into another ([`fold`](super::fold)) do to its values as they are stored.

use std::fmt::Write as _;

use super::text::{Bound, broadcast, coordinates, index, sign};
use super::unary::unary_of;
use crate::swap::graph::{Binary, Operator, Order, Unary};

/// A step that is folded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Finish<'a> {
    /// Takes one value at a time.
    Unary(Unary),
    /// Takes one value, of a result of `shape`, and what another input, perhaps the left one, has in its place.
    Binary { operator: Binary, beside: Bound<'a>, is_left: bool, shape: &'a [usize] },
    /// Gives each value of `from` a place of its own in `to`; a concatenation, one that is `offset` further along its
    /// axis.
    Move { operator: &'a Operator, offset: usize, from: &'a [usize], to: &'a [usize] },
}

/// What a pass binds beside its own for its `n`th [`Finish::Binary`].
pub(super) fn beside_name(n: usize) -> String {
    format!("beside{n}")
}

/// The functions `placed` and `finished` that every shader stores by. Both get the index that a value has in the
/// step's own result.
pub(super) fn functions(finishes: &[Finish<'_>]) -> String {
    let mut places = "\nfn placed(first: u32) -> u32 {\n    var at = first;\n".to_owned();
    let mut values =
        "fn finished(first: u32, value: f32) -> f32 {\n    var at = first;\n    var x = value;\n".to_owned();
    // Moves that `finished` has not made yet.
    let mut moves = String::new();
    let mut pairs = 0;
    for (n, finish) in finishes.iter().enumerate() {
        match *finish {
            Finish::Unary(unary) => {
                let _ = writeln!(values, "    x = {};", unary_of(unary, "x"));
            }
            Finish::Binary { operator, beside, is_left, shape } => {
                values += &std::mem::take(&mut moves);
                let _ = writeln!(
                    values,
                    "    {{\n{}    x = {};\n    }}",
                    coordinates("at", "c", shape.iter().copied().enumerate()),
                    {
                        let at =
                            if beside.shape == shape { "at".to_owned() } else { broadcast(beside.shape, shape.len()) };
                        let other = format!("f32({}[{at}])", beside_name(pairs));
                        let sign = sign(operator);
                        if is_left { format!("{other} {sign} x") } else { format!("x {sign} {other}") }
                    }
                );
                pairs += 1;
            }
            Finish::Move { operator, offset, from, to } => {
                if let Some(moved) = moved(operator, &format!("s{n}_"), offset, from, to) {
                    places += &moved;
                    moves += &moved;
                }
            }
        }
    }
    places + "    return at;\n}\n" + &values + "    return x;\n}\n"
}

/// Takes `at` from its place in `from` to that in `to`; nothing where they are the same.
fn moved(operator: &Operator, name: &str, offset: usize, from: &[usize], to: &[usize]) -> Option<String> {
    let c = |axis: usize| format!("{name}{axis}");
    let moved: Vec<String> = match operator {
        Operator::Transpose { order } => order.iter().map(|&axis| c(axis)).collect(),
        Operator::DepthToSpace { block, order } => {
            let channels = to[1];
            let (channel, within) = match order {
                Order::Dcr => (format!("{} % {channels}u", c(1)), format!("({} / {channels}u)", c(1))),
                Order::Crd => (format!("{} / {}u", c(1), block * block), format!("({} % {}u)", c(1), block * block)),
            };
            let y = format!("{} * {block}u + {within} / {block}u", c(2));
            let x = format!("{} * {block}u + {within} % {block}u", c(3));
            vec![c(0), channel, y, x]
        }
        Operator::Concat { axis } => {
            let further = |n: usize| if n == *axis { format!("{} + {offset}u", c(n)) } else { c(n) };
            (0..to.len()).map(further).collect()
        }
        _ => return None,
    };
    let at = index(moved.into_iter().zip(to.iter().copied()).collect::<Vec<_>>().into_iter());
    Some(coordinates("at", name, from.iter().copied().enumerate()) + &format!("    at = {at};\n"))
}

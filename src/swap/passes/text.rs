//! The shaders of all operations but convolutions and dense layers, written out for one shape: an invocation makes
//! one value of the result, or moves one of its input.

use std::fmt::Write as _;

use super::unary::unary_of;
use crate::swap::graph::{Binary, Order, Unary};

/// Invocations of a workgroup.
pub(super) const LANES: usize = 64;
/// Invocations that share a mean: as many as every adapter has in a workgroup.
const MEAN_LANES: usize = 256;
/// Workgroups along one axis that every adapter dispatches.
pub(super) const MOST_GROUPS: usize = 65_535;

/// Stands at the beginning of a shader that has 16-bit floats.
pub(super) const ENABLE_HALF: &str = "enable f16;\n";

/// How the numbers of a binding lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Numeric {
    Single,
    Half,
}

impl Numeric {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Single => "f32",
            Self::Half => "f16",
        }
    }

    pub(super) const fn bytes(self) -> u64 {
        match self {
            Self::Single => 4,
            Self::Half => 2,
        }
    }
}

/// A value that is bound: its shape, and how its numbers lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<'a> {
    pub(super) shape: &'a [usize],
    pub(super) numeric: Numeric,
}

/// Workgroups for so many invocations of which each does one thing.
pub(super) fn groups(count: usize) -> [u32; 3] {
    let groups = count.div_ceil(LANES);
    let x = groups.min(MOST_GROUPS);
    [x as u32, groups.div_ceil(x.max(1)) as u32, 1]
}

/// How many numbers a shape has.
pub(super) fn count(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Declares what is bound: `a`, `b` … and the result `out`.
pub(super) fn bindings(inputs: &[Numeric], out: Numeric) -> String {
    let half = inputs.iter().chain([&out]).any(|numeric| *numeric == Numeric::Half);
    let mut text = if half { ENABLE_HALF.to_owned() } else { String::new() };
    let names = inputs.iter().zip(NAMES).map(|(numeric, name)| (name, *numeric)).chain([("out", out)]);
    for (n, (name, numeric)) in names.enumerate() {
        let _ = writeln!(text, "@group(0) @binding({n}) var<storage, read_write> {name}: array<{}>;", numeric.name());
    }
    text
}

const NAMES: [&str; 3] = ["a", "b", "c"];

/// A shader whose invocations each take one index `i` of `over`, with its coordinates `c0`, `c1` …
pub(super) fn each(inputs: &[Numeric], out: Numeric, over: &[usize], body: &str) -> String {
    let count = count(over);
    let [x, ..] = groups(count);
    let mut text = bindings(inputs, out);
    let _ = write!(
        text,
        "@compute @workgroup_size({LANES})\nfn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n    \
         let i = id.x + id.y * {}u;\n    if i >= {count}u {{\n        return;\n    }}\n",
        x as usize * LANES
    );
    text + &coordinates("i", "c", over.iter().copied().enumerate()) + body + "}\n"
}

/// Takes `index` apart into its coordinates along axes of these sides: `let c0 = …`, for names that begin with `name`.
pub(super) fn coordinates(index: &str, name: &str, axes: impl Iterator<Item = (usize, usize)> + Clone) -> String {
    let mut below: usize = axes.clone().map(|(_, side)| side).product();
    let line = |(axis, side)| {
        below /= side;
        format!("    let {name}{axis} = {index} / {below}u % {side}u;\n")
    };
    axes.map(line).collect()
}

/// The index of a value from these coordinates: `terms` are the coordinate's text and the side of its axis.
pub(super) fn index<'a>(terms: impl DoubleEndedIterator<Item = (String, usize)> + 'a) -> String {
    let mut stride = 1;
    let mut parts = Vec::new();
    for (coordinate, side) in terms.rev() {
        if side > 1 {
            parts.push(if stride == 1 { format!("({coordinate})") } else { format!("({coordinate}) * {stride}u") });
        }
        stride *= side;
    }
    if parts.is_empty() { "0u".to_owned() } else { parts.join(" + ") }
}

/// The index of the value that belongs to the coordinates of a result of so many axes, where the input may have fewer
/// axes, and sides of 1 for any.
pub(super) fn broadcast(shape: &[usize], axes: usize) -> String {
    let missing = axes - shape.len();
    index(shape.iter().enumerate().map(|(axis, &side)| (format!("c{}", axis + missing), side)))
}

/// The index in a value of `shape` of what lies `from` further along `axis` than the coordinates say.
fn moved(axis: usize, from: usize, shape: &[usize]) -> String {
    let coordinate = |n: usize| if n == axis { format!("c{n} + {from}u") } else { format!("c{n}") };
    index(shape.iter().enumerate().map(|(n, &side)| (coordinate(n), side)))
}

/// Puts a value to its place, both as the steps that were folded into this one leave them
/// ([`Finish`](super::finish::Finish)).
pub(super) fn stored(value: &str, at: &str, out: Numeric) -> String {
    format!("    out[placed({at})] = {}(finished({at}, f32({value})));\n", out.name())
}

/// The same numbers, perhaps otherwise held.
pub(super) fn copy(x: Bound<'_>, out: Numeric) -> String {
    each(&[x.numeric], out, &[count(x.shape)], &stored("a[i]", "i", out))
}

pub(super) fn unary(operator: Unary, x: Bound<'_>, out: Numeric) -> String {
    let body = "    let x = f32(a[i]);\n".to_owned() + &stored(&unary_of(operator, "x"), "i", out);
    each(&[x.numeric], out, &[count(x.shape)], &body)
}

/// The sign between a pair.
pub(super) const fn sign(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
    }
}

pub(super) fn binary(operator: Binary, a: Bound<'_>, b: Bound<'_>, out: Bound<'_>) -> String {
    let value = |name, bound: Bound<'_>| {
        let at = if bound.shape == out.shape { "i".to_owned() } else { broadcast(bound.shape, out.shape.len()) };
        format!("f32({name}[{at}])")
    };
    let value = format!("{} {} {}", value("a", a), sign(operator), value("b", b));
    each(&[a.numeric, b.numeric], out.numeric, out.shape, &stored(&value, "i", out.numeric))
}

pub(super) fn transpose(order: &[usize], x: Bound<'_>, out: Bound<'_>) -> String {
    let axis_of = |axis: usize| order.iter().position(|&from| from == axis).unwrap_or(axis);
    let at = index(x.shape.iter().enumerate().map(|(axis, &side)| (format!("c{}", axis_of(axis)), side)));
    each(&[x.numeric], out.numeric, out.shape, &stored(&format!("a[{at}]"), "i", out.numeric))
}

pub(super) fn pad(around: &[[usize; 2]], value: f32, x: Bound<'_>, out: Bound<'_>) -> String {
    let inside = x.shape.iter().zip(around).enumerate().filter(|(_, (_, around))| **around != [0, 0]);
    let tests: Vec<_> = inside
        .map(|(axis, (side, [before, _]))| format!("c{axis} >= {before}u && c{axis} < {}u", before + side))
        .collect();
    let inside = if tests.is_empty() { "true".to_owned() } else { tests.join(" && ") };
    let at = index(
        x.shape
            .iter()
            .zip(around)
            .enumerate()
            .map(|(axis, (&side, [before, _]))| (format!("c{axis} - {before}u"), side)),
    );
    let kind = out.numeric.name();
    let body = format!("    var x = {kind}({value:?}f);\n    if {inside} {{\n        x = {kind}(a[{at}]);\n    }}\n");
    each(&[x.numeric], out.numeric, out.shape, &(body + &stored("x", "i", out.numeric)))
}

/// The input again and again, as often as it goes into the result along each axis.
pub(super) fn tile(x: Bound<'_>, out: Bound<'_>) -> String {
    let at = index(x.shape.iter().enumerate().map(|(axis, &side)| (format!("c{axis} % {side}u"), side)));
    each(&[x.numeric], out.numeric, out.shape, &stored(&format!("a[{at}]"), "i", out.numeric))
}

/// One of the inputs of a concatenation to its place from `from` on along `axis`; one invocation a value of it.
pub(super) fn concat_one(axis: usize, from: usize, x: Bound<'_>, out: Bound<'_>) -> String {
    let at = moved(axis, from, out.shape);
    each(&[x.numeric], out.numeric, x.shape, &stored("a[i]", &at, out.numeric))
}

pub(super) fn slice(axis: usize, from: usize, x: Bound<'_>, out: Bound<'_>) -> String {
    let at = moved(axis, from, x.shape);
    each(&[x.numeric], out.numeric, out.shape, &stored(&format!("a[{at}]"), "i", out.numeric))
}

/// `c[0]` is the number at which the second input begins.
pub(super) fn splice(axis: usize, a: Bound<'_>, b: Bound<'_>, out: Numeric) -> String {
    let side = a.shape[axis];
    let body = format!(
        "    let at = u32(clamp(c[0], 0.0, {side}.0));\n    var x = {kind}(b[i]);\n    if c{axis} < at {{\n        \
         x = {kind}(a[i]);\n    }}\n",
        kind = out.name()
    );
    let inputs = [a.numeric, b.numeric, Numeric::Single];
    each(&inputs, out, a.shape, &(body + &stored("x", "i", out)))
}

/// Of `[1, C, H, W]`.
pub(super) fn depth_to_space(block: usize, order: Order, x: Bound<'_>, out: Bound<'_>) -> String {
    let channels = out.shape[1];
    let within = format!("c2 % {block}u * {block}u + c3 % {block}u");
    let channel = match order {
        Order::Dcr => format!("({within}) * {channels}u + c1"),
        Order::Crd => format!("c1 * {}u + {within}", block * block),
    };
    let coordinates = ["c0".to_owned(), channel, format!("c2 / {block}u"), format!("c3 / {block}u")];
    let at = index(coordinates.into_iter().zip(x.shape.iter().copied()).collect::<Vec<_>>().into_iter());
    each(&[x.numeric], out.numeric, out.shape, &stored(&format!("a[{at}]"), "i", out.numeric))
}

/// A convolution by the plain sum, for groups of channels and for shapes that the written-out shader does not suit.
pub(super) fn plain_convolution(
    (stride, pads, grouped): ([usize; 2], [usize; 4], usize),
    slope: Option<f32>,
    [x, weight, out]: [Bound<'_>; 3],
    bias: Option<Numeric>,
) -> String {
    let (depth, rows, columns) = (weight.shape[1], weight.shape[2], weight.shape[3]);
    let (high, wide) = (x.shape[2], x.shape[3]);
    let own = out.shape[1] / grouped;
    let body = format!(
        "    var sum = {begin};\n    for (var channel = 0u; channel < {depth}u; channel++) {{\n        \
         let plane = (c0 * {channels}u + c1 / {own}u * {depth}u + channel) * {plane}u;\n        \
         let filter_ = (c1 * {depth}u + channel) * {taps}u;\n        \
         for (var row = 0u; row < {rows}u; row++) {{\n            \
         let y = i32(c2 * {sy}u + row) - {above};\n            if y < 0 || y >= {high} {{ continue; }}\n            \
         for (var column = 0u; column < {columns}u; column++) {{\n                \
         let x = i32(c3 * {sx}u + column) - {left};\n                if x < 0 || x >= {wide} {{ continue; }}\n                \
         sum += f32(a[plane + u32(y) * {wide}u + u32(x)]) * f32(b[filter_ + row * {columns}u + column]);\n            \
         }}\n        }}\n    }}\n",
        begin = if bias.is_some() { "f32(c[c1])" } else { "0.0" },
        channels = x.shape[1],
        plane = high * wide,
        taps = rows * columns,
        sy = stride[0],
        sx = stride[1],
        above = pads[0],
        left = pads[1],
    );
    let value = slope.map_or_else(|| "sum".to_owned(), |slope| unary_of(Unary::LeakyRelu(slope), "sum"));
    let inputs: Vec<_> = [x.numeric, weight.numeric].into_iter().chain(bias).collect();
    each(&inputs, out.numeric, out.shape, &(body + &stored(&value, "i", out.numeric)))
}

/// Mean over some axes, of the values or of their squares: a workgroup a value of the result, whose lanes share the sum.
pub(super) fn mean(axes: &[usize], squares: bool, x: Bound<'_>, out: Bound<'_>) -> String {
    let over: Vec<usize> = axes.iter().map(|&axis| x.shape[axis]).collect();
    let many = count(&over);
    let mut text = bindings(&[x.numeric], out.numeric);
    let _ = write!(
        text,
        "var<workgroup> sums: array<f32, {MEAN_LANES}>;\n@compute @workgroup_size({MEAN_LANES})\n\
         fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {{\n    \
         let i = group.x + group.y * {MOST_GROUPS}u;\n"
    );
    text += &coordinates("i", "c", out.shape.iter().copied().enumerate());
    let _ = writeln!(text, "    var sum = 0.0;\n    for (var r = lane; r < {many}u; r += {MEAN_LANES}u) {{");
    text += &coordinates("r", "r", axes.iter().copied().zip(over));
    let coordinate = |axis: usize| if axes.contains(&axis) { format!("r{axis}") } else { format!("c{axis}") };
    let at = index(x.shape.iter().enumerate().map(|(axis, &side)| (coordinate(axis), side)));
    let term = if squares { "x * x" } else { "x" };
    let _ = write!(text, "        let x = f32(a[{at}]);\n        sum += {term};\n    }}\n{}", summed_up(MEAN_LANES));
    let value = format!("sums[0] / {many}.0");
    let _ = write!(
        text,
        "    if lane == 0u && i < {}u {{\n    {}    }}\n}}\n",
        count(out.shape),
        stored(&value, "i", out.numeric)
    );
    text
}

/// Workgroups of [`mean`].
pub(super) fn mean_groups(out: &[usize]) -> [u32; 3] {
    let count = count(out);
    [count.min(MOST_GROUPS) as u32, count.div_ceil(MOST_GROUPS) as u32, 1]
}

/// Adds up `sum` of all lanes into `sums[0]`.
fn summed_up(lanes: usize) -> String {
    format!(
        "    sums[lane] = sum;\n    workgroupBarrier();\n    for (var half = {}u; half > 0u; half /= 2u) {{\n        \
         if lane < half {{ sums[lane] += sums[lane + half]; }}\n        workgroupBarrier();\n    }}\n",
        lanes / 2
    )
}

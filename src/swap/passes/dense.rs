//! A dense layer: rows of the weight are shared out over workgroups, whose sums are then added up.

use std::fmt::Write as _;

use super::text::{Bound, LANES, Numeric, bindings, each, stored};

/// Rows of the weight that one workgroup takes, at least.
const LEAST_ROWS: usize = 64;
/// Workgroups that share out one sum, at most.
const MOST_PARTS: usize = 128;
/// Rows that an invocation reads at once.
const ROWS_AT_ONCE: usize = 8;

/// `[M, I]` times a weight `[I, O]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dense {
    pub(super) rows: usize,
    pub(super) inner: usize,
    pub(super) out: usize,
}

impl Dense {
    /// How many workgroups share out each sum.
    pub(super) fn parts(&self) -> usize {
        self.inner.div_ceil(LEAST_ROWS).clamp(1, MOST_PARTS)
    }

    /// Workgroups of [`Dense::partial`].
    pub(super) fn groups(&self) -> [u32; 3] {
        [self.out.div_ceil(LANES) as u32, self.parts() as u32, self.rows as u32]
    }

    /// Sums of parts, `[M, parts, O]` 32-bit floats: a lane a column, so that neighbours read neighbours.
    pub(super) fn partial(&self, x: Numeric, weight: Numeric) -> String {
        let Self { inner, out, .. } = *self;
        let each = inner.div_ceil(self.parts());
        let mut text = bindings(&[x, weight], Numeric::Single);
        let _ = write!(
            text,
            "@compute @workgroup_size({LANES})\n\
             fn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n    if id.x >= {out}u {{\n        return;\n    }}\n    \
             var sum = 0.0;\n    let end = min((id.y + 1u) * {each}u, {inner}u);\n    var i = id.y * {each}u;\n"
        );
        // Several rows at once, so that a GPU need not wait for each.
        let row = |n: usize| {
            format!("        sum += f32(a[id.z * {inner}u + i + {n}u]) * f32(b[(i + {n}u) * {out}u + id.x]);\n")
        };
        let rows: String = (0..ROWS_AT_ONCE).map(row).collect();
        let _ = write!(
            text,
            "    for (; i + {ROWS_AT_ONCE}u <= end; i += {ROWS_AT_ONCE}u) {{\n{rows}    }}\n    \
             for (; i < end; i++) {{\n{}    }}\n    \
             out[(id.z * {parts}u + id.y) * {out}u + id.x] = sum;\n}}\n",
            row(0),
            parts = self.parts()
        );
        text
    }

    /// The sum of the parts and the bias.
    pub(super) fn total(&self, bias: Option<Bound<'_>>, to: Numeric) -> String {
        let Self { rows, out, .. } = *self;
        let inputs: Vec<_> = [Numeric::Single].into_iter().chain(bias.map(|bias| bias.numeric)).collect();
        let mut body = format!("    var sum = {};\n", if bias.is_some() { "f32(b[c1])" } else { "0.0" });
        for part in 0..self.parts() {
            let _ = writeln!(body, "    sum += a[c0 * {}u + {}u + c1];", self.parts() * out, part * out);
        }
        each(&inputs, to, &[rows, out], &(body + &stored("sum", "i", to)))
    }
}

//! One dispatch of a plan: its shader, what it binds, how many workgroups it takes.

/// What a pass binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// A part of the arena, in bytes.
    Value {
        /// Where it begins.
        offset: u64,
        /// How much it holds.
        bytes: u64,
    },
    /// A part of the weights.
    Weights {
        /// Where it begins.
        offset: u64,
        /// How much it holds.
        bytes: u64,
    },
    /// A part of the numbers that `morph_value` decides.
    Numbers {
        /// Where it begins.
        offset: u64,
        /// How much it holds.
        bytes: u64,
    },
    /// The crop.
    Input,
    /// One of the three pictures.
    Output(usize),
}

/// One dispatch.
#[derive(Debug, Clone)]
pub struct Pass {
    /// What it does, for people: the operator and its shape.
    pub name: String,
    /// The shader.
    pub text: String,
    /// What it reads, what it writes, and what the steps that are folded into it read besides.
    pub bindings: Vec<Binding>,
    /// Which of them it writes.
    pub written: usize,
    /// Workgroups.
    pub groups: [u32; 3],
}

//! Which steps are folded into the one before them: what they do to each value, and where they move it, is done as
//! that value is stored ([`finish`](super::finish)), so that it is written once and read by nobody in between.

use super::convolution::written_out;
use crate::gpu::LEAST_STORAGE_BUFFERS;
use crate::swap::graph::{Operand, Operator, Step, SwapGraph};

/// A step that is folded into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Folded {
    /// Its index.
    pub(super) step: usize,
    /// Which of its inputs comes from the step before it.
    pub(super) input: usize,
}

/// What is folded of a graph.
#[derive(Debug)]
pub(super) struct Folding {
    /// For each step those behind it that are folded into it, in order.
    pub(super) behind: Vec<Vec<Folded>>,
    /// For each step whether it has no pass of its own.
    pub(super) is_folded: Vec<bool>,
    /// For each value whether it goes on into a step that is folded, or to its place in a concatenation, and lies
    /// nowhere itself.
    pub(super) passes_on: Vec<bool>,
}

/// The search, step by step.
struct Search<'a> {
    graph: &'a SwapGraph,
    /// By value: the steps that read it.
    readers: Vec<Vec<usize>>,
    /// By value: the step from which on it is whole.
    whole: Vec<Option<usize>>,
    found: Folding,
}

impl Folding {
    pub(super) fn of(graph: &SwapGraph) -> Self {
        let (values, steps) = (graph.shapes.len(), graph.steps.len());
        let found =
            Self { behind: vec![Vec::new(); steps], is_folded: vec![false; steps], passes_on: vec![false; values] };
        let mut readers = vec![Vec::new(); values];
        for (at, step) in graph.steps.iter().enumerate() {
            for input in &step.inputs {
                if let Operand::Value(value) = *input {
                    readers[value].push(at);
                }
            }
        }
        let mut search = Search { graph, readers, whole: vec![None; values], found };
        (0..steps).for_each(|at| search.step(at));
        search.found
    }
}

impl Search<'_> {
    /// What is folded into a step that has a pass.
    fn step(&mut self, at: usize) {
        let graph = self.graph;
        let step = &graph.steps[at];
        if self.found.is_folded[at] {
            return;
        }
        match (&step.operator, &*step.inputs) {
            // Alone it costs nothing.
            (Operator::Reshape, &[Operand::Value(value), ..]) => {
                self.whole[step.output] = if value == graph.input { Some(0) } else { self.whole[value] };
                return;
            }
            (Operator::Concat { .. }, inputs) if inputs.iter().all(|input| self.comes_by_itself(*input)) => {
                self.found.is_folded[at] = true;
                return;
            }
            _ => {}
        }
        let mut room = (LEAST_STORAGE_BUFFERS as usize).saturating_sub(bindings(graph, step));
        // A concatenation is whole when the last of its inputs is, and what is behind it is the same for all of them.
        let mut joined = matches!(step.operator, Operator::Concat { .. }).then_some(at);
        let mut value = step.output;
        while let (&[next], false) = (&*self.readers[value], graph.outputs.contains(&value)) {
            let follower = &graph.steps[next];
            let Some(input) = follower.inputs.iter().position(|input| *input == Operand::Value(value)) else { break };
            match follower.operator {
                Operator::Unary(_) | Operator::Reshape | Operator::Transpose { .. } | Operator::DepthToSpace { .. } => {
                }
                Operator::Binary(_) if joined.is_none() && room > 0 && self.is_beside(at, follower, input) => room -= 1,
                Operator::Concat { .. } if joined.is_none() => joined = Some(next),
                _ => break,
            }
            self.found.is_folded[next] |= joined != Some(next);
            self.found.behind[at].push(Folded { step: next, input });
            self.found.passes_on[value] = true;
            value = follower.output;
        }
        self.whole[value] = Some(joined.unwrap_or(at));
    }

    /// Whether an input of a concatenation is put there by the step that makes it.
    fn comes_by_itself(&self, input: Operand) -> bool {
        matches!(input, Operand::Value(value) if self.found.passes_on[value])
    }

    /// Whether the other input of a pair is there before step `at` runs, and the result has the shape of what that
    /// step gives.
    fn is_beside(&self, at: usize, pair: &Step, input: usize) -> bool {
        let graph = self.graph;
        let (Some(&Operand::Value(own)), Some(&other)) = (pair.inputs.get(input), pair.inputs.get(1 - input)) else {
            return false;
        };
        let is_there = match other {
            Operand::Value(value) => value == graph.input || self.whole[value].is_some_and(|whole| whole < at),
            Operand::Constant(_) | Operand::FrameNumbers(_) => true,
        };
        is_there && graph.shapes[own] == graph.shapes[pair.output]
    }
}

/// What the pass of a step binds.
fn bindings(graph: &SwapGraph, step: &Step) -> usize {
    match step.operator {
        Operator::Convolution { .. } if written_out(graph, step).is_some() => 3,
        Operator::Concat { .. } => 2,
        // Besides its inputs and the result the numbers of where it begins.
        Operator::Splice { .. } => step.inputs.len() + 2,
        // The pass that stores: sums, bias, result.
        Operator::Dense => step.inputs.len(),
        _ => step.inputs.len() + 1,
    }
}

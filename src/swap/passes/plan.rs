//! From a graph to passes: which shader each step becomes, what it binds, how many workgroups it takes.

mod sums;

use std::borrow::Cow;
use std::collections::HashMap;

use half::f16;

use super::ALIGNMENT;
use super::arena::{Arena, Slot};
use super::convolution::written_out;
use super::finish::{Finish, beside_name, functions};
use super::fold::{Folded, Folding};
use super::matrices::{self, Share};
use super::morph::MorphNumbers;
use super::pass::{Binding, Pass};
use super::text::{self, Bound, ENABLE_HALF, Numeric, count, groups};
use super::tier::Tier;
use super::unary::IS_NAN;
use crate::swap::convolution::Convolution;
use crate::swap::graph::{Operand, Operator, Step, SwapGraph};

/// A network as passes.
#[derive(Debug)]
pub struct Plan {
    /// In the order in which they run.
    pub passes: Vec<Pass>,
    /// Bytes of all values between them.
    pub arena: u64,
    /// The weights as they lie on the device.
    pub weights: Vec<u8>,
    /// What is uploaded for each frame of a model that morphs.
    pub numbers: MorphNumbers,
    /// Bytes of the crop.
    pub input: u64,
    /// Bytes of the pictures.
    pub outputs: [u64; 3],
}

/// Where a value is, and how its numbers lie.
#[derive(Debug, Clone, Copy)]
struct StoredValue {
    binding: Binding,
    numeric: Numeric,
}

/// What a constant lies on the device as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Placed {
    /// As the file has it.
    Plain(usize),
    /// For a convolution, with its bias behind it.
    Arranged { weights: usize, bias: Option<usize>, share: Option<Share> },
}

/// A plan in the making.
struct Planner<'a> {
    graph: &'a SwapGraph,
    numeric: Numeric,
    /// How a convolution that goes to matrix units is shared out.
    share_of: &'a dyn Fn(&Convolution) -> Option<Share>,
    /// The value whose memory a value shares: its own, or the one that it is another shape of.
    roots: Vec<usize>,
    /// By root.
    held: Vec<Option<StoredValue>>,
    /// By root: the last step that reads it.
    last_reads: Vec<usize>,
    arena: Arena,
    folding: Folding,
    /// Constants that are among the weights already.
    placed: HashMap<Placed, Binding>,
    /// What the pass that is planned stores by.
    functions: String,
    /// What it binds for that.
    beside: Vec<(Binding, Numeric)>,
    plan: Plan,
}

impl Plan {
    /// The passes of a graph.
    pub fn new(graph: &SwapGraph, tier: Tier) -> Self {
        Self::shared_out(graph, tier, &matrices::share)
    }

    /// The same, with other shares for the convolutions that [`Tier::Matrices`] takes to matrix units; `None` leaves
    /// one out.
    pub fn shared_out(graph: &SwapGraph, tier: Tier, share_of: &dyn Fn(&Convolution) -> Option<Share>) -> Self {
        let numeric = tier.numeric();
        let share_of =
            |shape: &Convolution| (tier == Tier::Matrices && matrices::suits(shape)).then(|| share_of(shape)).flatten();
        let bytes = |value: usize| 4 * count(&graph.shapes[value]) as u64;
        let plan = Self {
            passes: Vec::new(),
            arena: 0,
            weights: Vec::new(),
            numbers: MorphNumbers::default(),
            input: bytes(graph.input),
            outputs: graph.outputs.map(bytes),
        };
        let folding = Folding::of(graph);
        let roots = roots(graph, &folding.is_folded);
        let mut last_reads = vec![0; graph.shapes.len()];
        for (at, step) in graph.steps.iter().enumerate().filter(|(at, _)| !folding.is_folded[*at]) {
            let pairs = folding.behind[at].iter().map(|behind| &graph.steps[behind.step]);
            for input in pairs
                .filter(|step| matches!(step.operator, Operator::Binary(_)))
                .chain([step])
                .flat_map(|step| &step.inputs)
            {
                if let Operand::Value(value) = *input {
                    last_reads[roots[value]] = at;
                }
            }
        }
        let mut held = vec![None; graph.shapes.len()];
        held[graph.input] = Some(StoredValue { binding: Binding::Input, numeric: Numeric::Single });
        for (n, output) in graph.outputs.into_iter().enumerate().rev() {
            // What is another picture too, or the crop itself, is copied at the end.
            let root = roots[output];
            if root != graph.input {
                held[root] = Some(StoredValue { binding: Binding::Output(n), numeric: Numeric::Single });
            }
        }
        let (arena, placed, functions, beside) = Default::default();
        let mut planner = Planner {
            graph,
            numeric,
            share_of: &share_of,
            roots,
            held,
            last_reads,
            arena,
            folding,
            placed,
            functions,
            beside,
            plan,
        };
        for (at, step) in graph.steps.iter().enumerate() {
            if !planner.folding.is_folded[at] {
                let behind = std::mem::take(&mut planner.folding.behind[at]);
                planner.step(step, &behind);
                planner.forget(at);
            }
        }
        planner.finish_outputs();
        Self { arena: planner.arena.size, ..planner.plan }
    }
}

/// Whether [`Tier::Matrices`] takes any convolution of a graph to matrix units.
pub fn on_matrices(graph: &SwapGraph) -> bool {
    graph.steps.iter().any(|step| written_out(graph, step).is_some_and(|shape| matrices::suits(&shape)))
}

/// For each value the one whose memory it shares.
fn roots(graph: &SwapGraph, is_folded: &[bool]) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..graph.shapes.len()).collect();
    for (step, _) in graph.steps.iter().zip(is_folded).filter(|(_, is_folded)| !**is_folded) {
        if let (Operator::Reshape, Some(&Operand::Value(value))) = (&step.operator, step.inputs.first()) {
            roots[step.output] = roots[value];
        }
    }
    roots
}

/// Where the input of a concatenation begins along its axis; 0 in other steps.
fn offset(graph: &SwapGraph, step: &Step, input: usize) -> usize {
    let Operator::Concat { axis } = step.operator else { return 0 };
    let side = |input: &Operand| match *input {
        Operand::Value(value) => graph.shapes[value][axis],
        Operand::Constant(n) => graph.constants[n].shape[axis],
        Operand::FrameNumbers(n) => graph.frame_numbers[n].shape[axis],
    };
    step.inputs[..input].iter().map(side).sum()
}

/// The operator and its shape, for people.
fn name(operator: &Operator, shape: &[usize]) -> String {
    let name = format!("{operator:?}");
    format!("{} {shape:?}", name.split([' ', '(', '{']).next().unwrap_or_default())
}

impl<'a> Planner<'a> {
    /// Plans a step with those that are folded into it.
    fn step(&mut self, step: &'a Step, behind: &[Folded]) {
        let graph = self.graph;
        let shape = graph.shapes[step.output].as_slice();
        if self.roots[step.output] != step.output {
            return;
        }
        self.finish_by(step, behind);
        let last = behind.last().map_or(step.output, |last| graph.steps[last.step].output);
        match step.operator {
            Operator::Convolution { .. } if self.convolution(step, last) => return,
            Operator::Concat { axis } => return self.concat(step, axis, last),
            _ => {}
        }
        let inputs: Vec<(Binding, Bound<'a>)> = step.inputs.iter().map(|&input| self.input(input)).collect();
        let (out, bound) = self.output(step.output, last);
        let bindings = |inputs: &[(Binding, Bound<'_>)]| -> Vec<Binding> {
            inputs.iter().map(|(binding, _)| *binding).chain([out]).collect()
        };
        let mut all = bindings(&inputs);
        let [x, others @ ..] = inputs.as_slice() else { return };
        let other = |n: usize| others.get(n).map_or(x.1, |(_, bound)| *bound);
        let mut workgroups = groups(count(shape));
        let text = match &step.operator {
            &Operator::Convolution { stride, pads, groups, slope } => {
                let bias = others.get(1).map(|(_, bias)| bias.numeric);
                text::plain_convolution((stride, pads, groups), slope, [x.1, other(0), bound], bias)
            }
            Operator::Dense => return self.dense(&inputs, (out, bound)),
            Operator::Binary(operator) => text::binary(*operator, x.1, other(0), bound),
            Operator::Unary(operator) => text::unary(*operator, x.1, bound.numeric),
            Operator::Mean { axes, squares } => {
                workgroups = text::mean_groups(shape);
                text::mean(axes, *squares, x.1, bound)
            }
            Operator::Transpose { order } => text::transpose(order, x.1, bound),
            Operator::Reshape => text::copy(x.1, bound.numeric),
            Operator::Pad { around, value } => text::pad(around, *value, x.1, bound),
            Operator::Tile { .. } => text::tile(x.1, bound),
            Operator::Concat { .. } => return,
            Operator::Slice { axis, from } => text::slice(*axis, *from, x.1, bound),
            Operator::Splice { axis, at } => {
                let at = self.plan.numbers.add(std::slice::from_ref(at));
                all.insert(2, at);
                text::splice(*axis, x.1, other(0), bound.numeric)
            }
            Operator::DepthToSpace { block, order } => text::depth_to_space(*block, *order, x.1, bound),
        };
        self.pass(&step.operator, shape, text, all, workgroups);
    }

    /// Finds what the shader of `step` stores by, with the steps that are folded into it.
    fn finish_by(&mut self, step: &Step, behind: &[Folded]) {
        let graph = self.graph;
        self.beside.clear();
        let mut from = graph.shapes[step.output].as_slice();
        let mut finishes = Vec::with_capacity(behind.len());
        for &Folded { step, input } in behind {
            let Step { operator, inputs, output } = &graph.steps[step];
            let to = graph.shapes[*output].as_slice();
            finishes.push(match operator {
                Operator::Unary(unary) => Finish::Unary(*unary),
                Operator::Binary(operator) => {
                    let (binding, beside) = self.input(inputs[1 - input]);
                    self.beside.push((binding, beside.numeric));
                    Finish::Binary { operator: *operator, beside, is_left: input == 1, shape: to }
                }
                operator => Finish::Move { operator, offset: offset(graph, &graph.steps[step], input), from, to },
            });
            from = to;
        }
        self.functions = functions(&finishes);
    }

    /// A pass that stores by [`Planner::functions`].
    fn pass(&mut self, operator: &Operator, shape: &[usize], text: String, bindings: Vec<Binding>, groups: [u32; 3]) {
        let mut text = text + &self.functions;
        for (n, (_, numeric)) in self.beside.iter().enumerate() {
            let (binding, name) = (bindings.len() + n, beside_name(n));
            if *numeric == Numeric::Half && !text.starts_with(ENABLE_HALF) {
                text.insert_str(0, ENABLE_HALF);
            }
            text +=
                &format!("@group(0) @binding({binding}) var<storage, read_write> {name}: array<{}>;\n", numeric.name());
        }
        let beside = self.beside.iter().map(|(binding, _)| *binding).collect();
        self.push(operator, shape, text, (bindings, beside), groups);
    }

    /// A pass whose text is whole; the last of the first bindings is what it writes.
    fn push(
        &mut self,
        operator: &Operator,
        shape: &[usize],
        mut text: String,
        (mut bindings, beside): (Vec<Binding>, Vec<Binding>),
        groups: [u32; 3],
    ) {
        if text.contains("is_nan(") {
            text += IS_NAN;
        }
        let written = bindings.len() - 1;
        bindings.extend(beside);
        self.plan.passes.push(Pass { name: name(operator, shape), text, bindings, written, groups });
    }

    /// What does not come by itself into a concatenation, input by input.
    fn concat(&mut self, step: &'a Step, axis: usize, last: usize) {
        let (out, bound) = self.output(step.output, last);
        for (n, &input) in step.inputs.iter().enumerate() {
            if !matches!(input, Operand::Value(value) if self.folding.passes_on[value]) {
                let (binding, input) = self.input(input);
                let text = text::concat_one(axis, offset(self.graph, step, n), input, bound);
                self.pass(&step.operator, bound.shape, text, vec![binding, out], groups(count(input.shape)));
            }
        }
    }

    /// What an operand binds.
    fn input(&mut self, operand: Operand) -> (Binding, Bound<'a>) {
        let graph = self.graph;
        match operand {
            Operand::Value(value) => {
                let StoredValue { binding, numeric } = self.place(self.roots[value]);
                (binding, Bound { shape: &graph.shapes[value], numeric })
            }
            Operand::Constant(n) => {
                let constant = &graph.constants[n];
                (
                    self.placed(Placed::Plain(n), || Cow::Borrowed(constant.values.as_slice())),
                    Bound { shape: &constant.shape, numeric: self.numeric },
                )
            }
            Operand::FrameNumbers(n) => {
                let frame_numbers = &graph.frame_numbers[n];
                let binding = self.plan.numbers.add(&frame_numbers.numbers);
                (binding, Bound { shape: &frame_numbers.shape, numeric: Numeric::Single })
            }
        }
    }

    /// Where `last` lies, what `value` has become behind the steps that are folded into the one that gives it; in the
    /// shape of `value`.
    fn output(&mut self, value: usize, last: usize) -> (Binding, Bound<'a>) {
        let StoredValue { binding, numeric } = self.place(last);
        (binding, Bound { shape: &self.graph.shapes[value], numeric })
    }

    /// Where a value lies, from its first use on.
    fn place(&mut self, root: usize) -> StoredValue {
        if let Some(held) = self.held[root] {
            return held;
        }
        let bytes = self.numeric.bytes() * count(&self.graph.shapes[root]) as u64;
        let Slot { offset, bytes } = self.arena.take(bytes);
        let held = StoredValue { binding: Binding::Value { offset, bytes }, numeric: self.numeric };
        self.held[root] = Some(held);
        held
    }

    /// Gives back what no step after `at` reads.
    fn forget(&mut self, at: usize) {
        for root in 0..self.held.len() {
            if let Some(StoredValue { binding: Binding::Value { offset, bytes }, .. }) = self.held[root]
                && self.last_reads[root] <= at
            {
                self.arena.give_back(Slot { offset, bytes });
                self.held[root] = None;
            }
        }
    }

    /// A constant, which lies on the device once however many steps read it.
    fn placed<'v>(&mut self, key: Placed, values: impl FnOnce() -> Cow<'v, [f32]>) -> Binding {
        if let Some(binding) = self.placed.get(&key) {
            return *binding;
        }
        let binding = self.weights(&values());
        self.placed.insert(key, binding);
        binding
    }

    /// Weights as they lie on the device.
    fn weights(&mut self, values: &[f32]) -> Binding {
        let all = &mut self.plan.weights;
        let offset = all.len() as u64;
        match self.numeric {
            Numeric::Single => all.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Numeric::Half => all.extend(values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes())),
        }
        let bytes = all.len() as u64 - offset;
        all.resize(all.len().next_multiple_of(ALIGNMENT as usize), 0);
        Binding::Weights { offset, bytes }
    }

    /// Copies what is a picture twice, or the crop itself, to where pictures are looked for.
    fn finish_outputs(&mut self) {
        self.functions = functions(&[]);
        self.beside.clear();
        for (n, output) in self.graph.outputs.into_iter().enumerate() {
            let from = self.place(self.roots[output]);
            if from.binding != Binding::Output(n) {
                let shape = &self.graph.shapes[output];
                let text = text::copy(Bound { shape, numeric: from.numeric }, Numeric::Single);
                let bindings = vec![from.binding, Binding::Output(n)];
                self.pass(&Operator::Reshape, shape, text, bindings, groups(count(shape)));
            }
        }
    }
}

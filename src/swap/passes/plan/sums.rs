//! Passes that add up many products: convolutions, on matrix units or not, and dense layers.

use std::borrow::Cow;

use super::{Placed, Planner};
use crate::swap::graph::{Operand, Operator, Step};
use crate::swap::passes::convolution::{arranged, groups as convolution_groups, source_of, written_out};
use crate::swap::passes::dense::Dense;
use crate::swap::passes::matrices::{self, Share};
use crate::swap::passes::pass::Binding;
use crate::swap::passes::text::{Bound, Numeric, count, groups};

impl<'a> Planner<'a> {
    /// The written-out shader, where the step suits it and its weights are known.
    pub(super) fn convolution(&mut self, step: &'a Step, last: usize) -> bool {
        let graph = self.graph;
        let (Some(shape), &[input, Operand::Constant(weights), ref bias @ ..]) =
            (written_out(graph, step), &*step.inputs)
        else {
            return false;
        };
        let bias = match *bias {
            [Operand::Constant(bias)] => Some(bias),
            _ => None,
        };
        let values = |n: usize| graph.constants[n].values.as_slice();
        let share = (self.share_of)(&shape);
        // However many parts share out a sum, the weights lie alike.
        let alike = share.map(|share| Share { parts: 1, ..share });
        let weights = self.placed(Placed::Arranged { weights, bias, share: alike }, || {
            let (weights, bias) = (values(weights), bias.map_or(&[][..], values));
            Cow::Owned(match share {
                Some(share) => matrices::arranged(&shape, share, weights, bias),
                None => arranged(&shape, weights, bias),
            })
        });
        let (picture, from) = self.input(input);
        let (to, result) = self.output(step.output, last);
        let (operator, to_shape) = (&step.operator, result.shape);
        let Some(share) = share else {
            let text = source_of(&shape, [from.numeric, self.numeric, result.numeric]);
            let [blocks, eights] = convolution_groups(&shape);
            self.pass(operator, to_shape, text, vec![picture, weights, to], [blocks as u32, eights as u32, 1]);
            return true;
        };
        let [across, down] = matrices::groups(&shape, share);
        let workgroups = [across as u32, down as u32, share.parts as u32];
        if share.parts == 1 {
            let text = matrices::source_of(&shape, share, [from.numeric, result.numeric]);
            self.pass(operator, to_shape, text, vec![picture, weights, to], workgroups);
            return true;
        }
        let parts = self.arena.take(4 * (share.parts * count(to_shape)) as u64);
        let sums = Binding::Value { offset: parts.offset, bytes: parts.bytes };
        let text = matrices::source_of(&shape, share, [from.numeric, Numeric::Single]);
        self.push(operator, to_shape, text, (vec![picture, weights, sums], Vec::new()), workgroups);
        let total = matrices::total_of(&shape, share, result.numeric);
        self.pass(operator, to_shape, total, vec![sums, weights, to], groups(count(to_shape)));
        self.arena.give_back(parts);
        true
    }

    /// Parts of the sums of a dense layer, and their total.
    pub(super) fn dense(&mut self, inputs: &[(Binding, Bound<'_>)], (out, bound): (Binding, Bound<'_>)) {
        let [(x, from), (weight, held), bias @ ..] = inputs else { return };
        let dense = Dense { rows: from.shape[0], inner: from.shape[1], out: held.shape[1] };
        let parts = self.arena.take(4 * (dense.rows * dense.parts() * dense.out) as u64);
        let sums = Binding::Value { offset: parts.offset, bytes: parts.bytes };
        let partial = dense.partial(from.numeric, held.numeric);
        let bindings = vec![*x, *weight, sums];
        self.push(&Operator::Dense, bound.shape, partial, (bindings, Vec::new()), dense.groups());
        let total = dense.total(bias.first().map(|(_, bias)| *bias), bound.numeric);
        let bindings = [sums].into_iter().chain(bias.first().map(|(bias, _)| *bias)).chain([out]).collect();
        self.pass(&Operator::Dense, bound.shape, total, bindings, groups(dense.rows * dense.out));
        self.arena.give_back(parts);
    }
}

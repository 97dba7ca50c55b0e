//! What a swap would take on a card at its best: each step as long as its arithmetic or its memory traffic, whichever
//! is longer (the roofline model: Williams, Waterman, Patterson, "Roofline", CACM 52(4), 2009).

use serde::Serialize;

use crate::blend::gpu::Span;
use crate::swap::Tier;
use crate::swap::graph::{Operator, SwapGraph};

/// A card.
#[derive(Debug, Clone, Copy, Serialize)]
pub(in crate::cli) struct Card {
    /// Floating-point operations a second, in 10¹².
    teraflops: f64,
    /// Bytes of its memory a second, in 10⁹.
    memory_gb: f64,
    /// Bytes to and from it a second, in 10⁹.
    bus_gb: f64,
}

impl Default for Card {
    /// A card of the middle class of 2021.
    fn default() -> Self {
        Self { teraflops: 10.0, memory_gb: 320.0, bus_gb: 12.0 }
    }
}

/// Milliseconds of one kind of step.
#[derive(Debug, Serialize)]
struct Kind {
    name: &'static str,
    steps: usize,
    gigaflops: f64,
    megabytes: f64,
    ms: f64,
    /// Of those, in steps that memory bounds.
    bound_by_memory_ms: f64,
}

/// Everything at its best.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Roofline {
    card: Card,
    network: Vec<Kind>,
    network_ms: f64,
    /// The passes around it, all of them bound by memory.
    passes_ms: f64,
    /// The region up and back.
    bus_ms: f64,
}

impl Roofline {
    pub(in crate::cli) fn of(graph: &SwapGraph, tier: Tier, resolution: usize, region: usize, card: Card) -> Self {
        let size = if tier == Tier::Single { 4.0 } else { 2.0 };
        let mut kinds: Vec<Kind> = Vec::new();
        for step in &graph.steps {
            let work = graph.work(step);
            if work.values == 0 {
                continue;
            }
            let (flops, bytes) = (2.0 * work.multiplications as f64, size * (work.parameters + work.values) as f64);
            let (arithmetic, memory) = (flops / card.teraflops / 1e9, bytes / card.memory_gb / 1e6);
            let name = name(&step.operator);
            let at = kinds.iter().position(|kind| kind.name == name).unwrap_or_else(|| {
                kinds.push(Kind { name, steps: 0, gigaflops: 0.0, megabytes: 0.0, ms: 0.0, bound_by_memory_ms: 0.0 });
                kinds.len() - 1
            });
            let kind = &mut kinds[at];
            kind.steps += 1;
            kind.gigaflops += flops / 1e9;
            kind.megabytes += bytes / 1e6;
            kind.ms += arithmetic.max(memory);
            if memory > arithmetic {
                kind.bound_by_memory_ms += memory;
            }
        }
        let passes: usize = Span::ALL.iter().map(|span| span.bytes(region, resolution)).sum();
        Self {
            network_ms: kinds.iter().map(|kind| kind.ms).sum(),
            network: kinds,
            passes_ms: passes as f64 / card.memory_gb / 1e6,
            bus_ms: 2.0 * region as f64 / card.bus_gb / 1e6,
            card,
        }
    }

    pub(in crate::cli) fn text(&self, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
        let Self { card: Card { teraflops, memory_gb, bus_gb }, network_ms, passes_ms, bus_ms, .. } = self;
        writeln!(
            out,
            "on paper, a card of {teraflops} TFLOP/s (as of its plain units, whatever the tier), {memory_gb} GB/s and a bus of {bus_gb} GB/s, each at its best: \
             network {network_ms:.3} ms, passes {passes_ms:.3} ms, bus {bus_ms:.3} ms"
        )?;
        for Kind { name, steps, gigaflops, megabytes, ms, bound_by_memory_ms } in &self.network {
            writeln!(
                out,
                "   {name:12} {steps:3} steps {gigaflops:8.2} GFLOP {megabytes:8.1} MB {ms:7.3} ms, {bound_by_memory_ms:.3} of \
                 them bound by memory"
            )?;
        }
        Ok(())
    }
}

fn name(operator: &Operator) -> &'static str {
    match operator {
        Operator::Convolution { .. } => "convolution",
        Operator::Dense => "dense",
        Operator::DepthToSpace { .. } | Operator::Transpose { .. } => "rearranging",
        _ => "each value",
    }
}

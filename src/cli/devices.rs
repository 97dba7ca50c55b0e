//! `standin devices`: what `device=` may be on this machine.

use std::io::Write;

use super::Outcome;
use crate::gpu::adapters;
use crate::runtime::{Provider, Runtime};

/// Lists GPUs, then ONNX Runtime's providers.
///
/// # Errors
/// Where the report cannot be written.
pub fn run(out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let list = adapters();
    for (i, adapter) in list.iter().enumerate() {
        writeln!(out, "gpu:{i:<5} {adapter}: {}", adapter.abilities)?;
    }
    if list.is_empty() {
        writeln!(out, "no GPU, nor a software one: install a Vulkan driver")?;
    }
    match Runtime::load(None) {
        Ok(_) => {
            for provider in Provider::ALL.into_iter().filter(|provider| provider.offered()) {
                writeln!(out, "{:<9} ONNX Runtime's provider", provider.name())?;
            }
        }
        Err(error) => writeln!(out, "no ONNX Runtime: {error}")?,
    }
    Ok(Outcome::Good)
}

//! Whether a device is large enough for a plan.

use super::pass::{Binding, Pass};
use super::plan::Plan;

impl Plan {
    /// Whether the plan stays within a device's limits on buffers, bindings and workgroups along an axis.
    ///
    /// # Errors
    /// What is too large, as the beginning of a sentence.
    pub fn fits(&self, limits: &wgpu::Limits) -> Result<(), String> {
        let (buffer, binding) = (limits.max_buffer_size, limits.max_storage_buffer_binding_size);
        let groups = limits.max_compute_workgroups_per_dimension;
        let weights = self.weights.len() as u64;
        if let Some((what, bytes)) =
            [("weights", weights), ("values", self.arena)].into_iter().find(|(_, bytes)| *bytes > buffer)
        {
            return Err(format!("its {what} need a buffer of {bytes} bytes, where {buffer} are the most"));
        }
        for Pass { name, bindings, groups: asked, .. } in &self.passes {
            if let Some(asked) = asked.iter().max().filter(|asked| **asked > groups) {
                return Err(format!("its {name} needs {asked} workgroups along an axis, where {groups} are the most"));
            }
            let bytes = bindings.iter().map(|of| match *of {
                Binding::Value { bytes, .. } | Binding::Weights { bytes, .. } | Binding::Numbers { bytes, .. } => bytes,
                Binding::Input => self.input,
                Binding::Output(n) => self.outputs[n],
            });
            if let Some(bytes) = bytes.max().filter(|bytes| *bytes > binding) {
                return Err(format!("its {name} needs {bytes} bytes at once, where {binding} are the most"));
            }
        }
        Ok(())
    }
}

//! The network as dispatches of our own, on the wgpu device that also blends.
//!
//! [`Plan::new`] turns a [`SwapGraph`](super::graph::SwapGraph) into passes once: the text of each shader, with
//! shapes as constants ([`text`], [`convolution`], [`matrices`] where the [`Tier`] has them; `fold` says which steps
//! another's pass does as it stores, `finish` writes that), what it binds, and where each value lies in one arena,
//! whose parts are used again as soon as nothing reads them any more ([`arena`]). [`NetworkPasses::several`] makes
//! pipelines ([`compile`]) and bind groups of a plan. A frame then costs one [`NetworkPasses::record`] into whatever
//! compute pass it is part of, and a [`NotFinitePass`] behind it; nothing is copied.

mod arena;
mod compile;
pub mod convolution;
mod dense;
mod finish;
mod fits;
mod fold;
pub mod matrices;
mod morph;
mod pass;
mod plan;
mod text;
mod tier;
mod unary;

pub use morph::MorphNumbers;
pub use pass::{Binding, Pass};
pub use plan::{Plan, on_matrices};
pub use tier::Tier;

use std::cell::Cell;

use crate::gpu::GpuError;

/// Bytes to which whatever is bound is aligned: no adapter asks for more.
pub const ALIGNMENT: u64 = 256;

/// A network, ready to be dispatched. One serves one frame at a time.
#[derive(Debug)]
pub struct NetworkPasses {
    dispatches: Vec<Dispatch>,
    /// The crop: `S × S × 3` 32-bit floats, blue, green, red.
    pub input: wgpu::Buffer,
    /// Mask of the driver's face, generated face (blue, green, red), its mask; 32-bit floats by pixels.
    pub outputs: [wgpu::Buffer; 3],
    frame_numbers: wgpu::Buffer,
    numbers: MorphNumbers,
    /// What was written last.
    morph: Cell<Option<f32>>,
}

#[derive(Debug)]
struct Dispatch {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    groups: [u32; 3],
}

impl NetworkPasses {
    /// Puts a plan on a device, for `count` frames at a time, which share weights and pipelines. Where there is no
    /// memory for a buffer the device says so, see [`GpuDevice::attempt`](crate::gpu::GpuDevice::attempt).
    ///
    /// # Errors
    /// [`GpuError`] where the device refuses a pass.
    pub fn several(
        plan: &Plan,
        device: &wgpu::Device,
        cache: Option<&wgpu::PipelineCache>,
        count: usize,
    ) -> Result<Vec<Self>, GpuError> {
        let weights = filled(device, "network weights", &plan.weights);
        let pipelines = compile::pipelines(&plan.passes, device, cache)?;
        Ok((0..count).map(|_| Self::of(plan, device, &weights, &pipelines)).collect())
    }

    fn of(plan: &Plan, device: &wgpu::Device, weights: &wgpu::Buffer, pipelines: &[wgpu::ComputePipeline]) -> Self {
        use wgpu::BufferUsages as Use;
        let arena = buffer(device, "network values", plan.arena, Use::STORAGE);
        let frame_numbers = buffer(device, "network numbers", plan.numbers.bytes(), Use::STORAGE | Use::COPY_DST);
        let input = buffer(device, "network crop", plan.input, Use::STORAGE | Use::COPY_DST);
        let outputs = plan.outputs.map(|bytes| buffer(device, "network picture", bytes, Use::STORAGE | Use::COPY_SRC));
        let of = |binding: &Binding| {
            let (buffer, offset, bytes) = match *binding {
                Binding::Value { offset, bytes } => (&arena, offset, bytes),
                Binding::Weights { offset, bytes } => (weights, offset, bytes),
                Binding::Numbers { offset, bytes } => (&frame_numbers, offset, bytes),
                Binding::Input => (&input, 0, input.size()),
                Binding::Output(n) => (&outputs[n], 0, outputs[n].size()),
            };
            wgpu::BufferBinding { buffer, offset, size: wgpu::BufferSize::new(bytes.next_multiple_of(16)) }
        };
        let dispatch = |(Pass { bindings, groups, .. }, pipeline): (&Pass, &wgpu::ComputePipeline)| Dispatch {
            pipeline: pipeline.clone(),
            group: bind(device, pipeline, bindings.iter().map(&of)),
            groups: *groups,
        };
        let dispatches = plan.passes.iter().zip(pipelines).map(dispatch).collect();
        Self { dispatches, input, outputs, frame_numbers, numbers: plan.numbers.clone(), morph: Cell::new(None) }
    }

    /// Writes the numbers that `morph` decides, for what is submitted next, where they are others than before;
    /// nothing for models that do not morph.
    pub fn steer(&self, queue: &wgpu::Queue, morph: f32) {
        if self.numbers.bytes() > 0 && self.morph.replace(Some(morph)) != Some(morph) {
            queue.write_buffer(&self.frame_numbers, 0, &self.numbers.at(morph));
        }
    }

    /// Dispatches the whole network.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        self.dispatches.iter().for_each(|dispatch| dispatch.record(pass));
    }

    /// Dispatches one of its passes alone, by its place in the plan: to time it.
    pub fn record_one(&self, pass: &mut wgpu::ComputePass<'_>, at: usize) {
        if let Some(dispatch) = self.dispatches.get(at) {
            dispatch.record(pass);
        }
    }

    /// Dispatches a frame costs.
    pub fn dispatches(&self) -> usize {
        self.dispatches.len()
    }
}

/// Counts what is no number in the pictures, where they are; see [`not_finite`](super::not_finite).
#[derive(Debug)]
pub struct NotFinitePass {
    dispatch: Dispatch,
    /// The count, a 32-bit float.
    pub count: wgpu::Buffer,
}

impl NotFinitePass {
    /// For the pictures of each of `networks`, of `resolution`² pixels.
    pub fn several(
        networks: &[NetworkPasses],
        resolution: usize,
        device: &wgpu::Device,
        cache: Option<&wgpu::PipelineCache>,
    ) -> Vec<Self> {
        use wgpu::BufferUsages as Use;
        let pipeline = compile::pipeline(device, &Self::source(resolution), 4, cache);
        let of = |network: &NetworkPasses| {
            let count = buffer(device, "network check", size_of::<f32>() as u64, Use::STORAGE | Use::COPY_SRC);
            let [driver_mask, face, face_mask] = &network.outputs;
            let bound = [driver_mask, face, face_mask, &count].map(wgpu::Buffer::as_entire_buffer_binding);
            let group = bind(device, &pipeline, bound.into_iter());
            Self { dispatch: Dispatch { pipeline: pipeline.clone(), group, groups: [1, 1, 1] }, count }
        };
        networks.iter().map(of).collect()
    }

    /// The shader.
    pub fn source(resolution: usize) -> String {
        let pixels = resolution * resolution;
        format!("const PIXELS = {pixels}u;\n{}", include_str!("../../../shaders/network/not_finite.wgsl"))
    }

    /// Dispatches it, behind the network.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        self.dispatch.record(pass);
    }
}

impl Dispatch {
    fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        let [x, y, z] = self.groups;
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
}

/// A buffer that holds `bytes`; where there is no memory for it, the device says so.
fn filled(device: &wgpu::Device, label: &str, bytes: &[u8]) -> wgpu::Buffer {
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: (bytes.len() as u64).next_multiple_of(ALIGNMENT).max(ALIGNMENT),
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: true,
    });
    // Not `create_buffer_init`, which panics where the memory has run out.
    if let Ok(mut range) = buffer.get_mapped_range_mut(..bytes.len() as u64) {
        range.copy_from_slice(bytes);
    }
    buffer.unmap();
    buffer
}

/// A buffer whose every part can be bound whole.
fn buffer(device: &wgpu::Device, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    let size = bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
    device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
}

fn bind<'a>(
    device: &wgpu::Device,
    pipeline: &wgpu::ComputePipeline,
    buffers: impl Iterator<Item = wgpu::BufferBinding<'a>>,
) -> wgpu::BindGroup {
    let entries: Vec<_> = buffers
        .enumerate()
        .map(|(n, buffer)| wgpu::BindGroupEntry { binding: n as u32, resource: wgpu::BindingResource::Buffer(buffer) })
        .collect();
    let layout = pipeline.get_bind_group_layout(0);
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &layout, entries: &entries })
}

//! The network as dispatches of our own, on the wgpu device that also blends.
//!
//! [`Plan::new`] turns a [`SwapGraph`](super::graph::SwapGraph) into passes once: the text of each shader, with shapes as
//! constants ([`text`], [`convolution`]), what it binds, and where each value lies in one arena, whose parts are used again as
//! soon as nothing reads them any more ([`arena`]). [`NetworkPasses::new`] makes pipelines and bind groups of a plan. A frame
//! then costs one [`NetworkPasses::record`] into whatever compute pass it is part of; nothing is allocated or copied.

mod arena;
pub mod convolution;
mod dense;
mod plan;
mod text;

pub use plan::{Binding, Numbers, Pass, Plan};

use wgpu::util::DeviceExt;

/// Bytes to which whatever is bound is aligned: no adapter asks for more.
pub const ALIGNMENT: u64 = 256;

/// A network, ready to be dispatched.
#[derive(Debug)]
pub struct NetworkPasses {
    dispatches: Vec<Dispatch>,
    /// The crop: `S × S × 3` 32-bit floats, blue, green, red.
    pub input: wgpu::Buffer,
    /// Mask of the driver's face, generated face (blue, green, red), its mask; 32-bit floats by pixels.
    pub outputs: [wgpu::Buffer; 3],
    steered: wgpu::Buffer,
    numbers: Numbers,
}

#[derive(Debug)]
struct Dispatch {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    groups: [u32; 3],
}

impl NetworkPasses {
    /// Puts a plan on a device. What is wrong with a shader or the memory is told by the device.
    pub fn new(plan: &Plan, device: &wgpu::Device, cache: Option<&wgpu::PipelineCache>) -> Self {
        use wgpu::BufferUsages as Use;
        let buffer = |label: &str, bytes: u64, usage| {
            let size = bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
            device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
        };
        let arena = buffer("network values", plan.arena, Use::STORAGE);
        let weights = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("network weights"),
            contents: if plan.weights.is_empty() { &[0; ALIGNMENT as usize] } else { &plan.weights },
            usage: Use::STORAGE,
        });
        let steered = buffer("network numbers", plan.numbers.bytes(), Use::STORAGE | Use::COPY_DST);
        let input = buffer("network crop", plan.input, Use::STORAGE | Use::COPY_DST);
        let outputs = plan.outputs.map(|bytes| buffer("network picture", bytes, Use::STORAGE | Use::COPY_SRC));
        let of = |binding: &Binding| {
            let (buffer, offset, bytes) = match *binding {
                Binding::Value { offset, bytes } => (&arena, offset, bytes),
                Binding::Weights { offset, bytes } => (&weights, offset, bytes),
                Binding::Numbers { offset, bytes } => (&steered, offset, bytes),
                Binding::Input => (&input, 0, input.size()),
                Binding::Output(n) => (&outputs[n], 0, outputs[n].size()),
            };
            wgpu::BufferBinding { buffer, offset, size: wgpu::BufferSize::new(bytes.next_multiple_of(16)) }
        };
        let mut made: Vec<(&str, wgpu::ComputePipeline)> = Vec::new();
        let mut dispatches = Vec::with_capacity(plan.passes.len());
        for Pass { text, bindings, groups, .. } in &plan.passes {
            // Residual blocks repeat shapes.
            let pipeline = match made.iter().find(|(of, _)| of == text) {
                Some((_, pipeline)) => pipeline.clone(),
                None => {
                    let pipeline = pipeline(device, text, bindings.len(), cache);
                    made.push((text, pipeline.clone()));
                    pipeline
                }
            };
            let entries: Vec<_> = bindings
                .iter()
                .enumerate()
                .map(|(n, binding)| wgpu::BindGroupEntry {
                    binding: n as u32,
                    resource: wgpu::BindingResource::Buffer(of(binding)),
                })
                .collect();
            let layout = pipeline.get_bind_group_layout(0);
            let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &layout,
                entries: &entries,
            });
            dispatches.push(Dispatch { pipeline, group, groups: *groups });
        }
        Self { dispatches, input, outputs, steered, numbers: plan.numbers.clone() }
    }

    /// Writes the numbers that `morph` decides, for what is submitted next; nothing for models that do not morph.
    pub fn steer(&self, queue: &wgpu::Queue, morph: f32) {
        let bytes = self.numbers.at(morph);
        if !bytes.is_empty() {
            queue.write_buffer(&self.steered, 0, &bytes);
        }
    }

    /// Dispatches the whole network.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        for Dispatch { pipeline, group, groups: [x, y, z] } in &self.dispatches {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, &[]);
            pass.dispatch_workgroups(*x, *y, *z);
        }
    }

    /// Dispatches a frame costs.
    pub fn dispatches(&self) -> usize {
        self.dispatches.len()
    }
}

fn pipeline(
    device: &wgpu::Device,
    text: &str,
    bindings: usize,
    cache: Option<&wgpu::PipelineCache>,
) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("network"),
        source: wgpu::ShaderSource::Wgsl(text.into()),
    });
    // All are written to as far as a driver can tell, since several lie in one buffer.
    let entry = |binding| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: false },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let entries: Vec<_> = (0..bindings as u32).map(entry).collect();
    let layout =
        device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("network"), entries: &entries });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("network"),
        bind_group_layouts: &[Some(&layout)],
        ..Default::default()
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("network"),
        layout: Some(&layout),
        module: &module,
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions {
            // Every shader writes its workgroup memory before reading it.
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache,
    })
}

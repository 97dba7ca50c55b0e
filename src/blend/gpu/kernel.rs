//! One compute pipeline with its bindings: the parameters first, then storage buffers in the shader's order.

/// Side of a workgroup, as every shader has it.
const WORKGROUP: u32 = 8;

/// What a shader does with a storage buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// `var<storage, read>`
    Read,
    /// `var<storage, read_write>`
    Write,
}

/// A shader's entry point, ready to be dispatched.
pub(super) struct Kernel {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// Makes kernels.
pub(super) struct KernelMaker<'a> {
    pub(super) device: &'a wgpu::Device,
    pub(super) cache: Option<&'a wgpu::PipelineCache>,
}

impl KernelMaker<'_> {
    /// Compiles entry point `entry` of `shader`, which binds the parameters and then `buffers`.
    pub(super) fn kernel(&self, shader: &wgpu::ShaderModule, entry: &str, buffers: &[Access]) -> Kernel {
        let device = self.device;
        let binding = |binding: usize, ty| wgpu::BindGroupLayoutEntry {
            binding: binding as u32,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        let mut entries = vec![binding(0, wgpu::BufferBindingType::Uniform)];
        entries.extend(buffers.iter().enumerate().map(|(i, access)| {
            binding(i + 1, wgpu::BufferBindingType::Storage { read_only: *access == Access::Read })
        }));
        let layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(entry), entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&pipeline_layout),
            module: shader,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                // Every shader writes its workgroup memory before reading it.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: self.cache,
        });
        Kernel { pipeline, layout }
    }
}

impl Kernel {
    /// Ties the parameters and the storage buffers, in the shader's order, to this kernel.
    pub(super) fn bind(
        &self,
        device: &wgpu::Device,
        params: &wgpu::Buffer,
        buffers: &[&wgpu::Buffer],
    ) -> wgpu::BindGroup {
        let all = std::iter::once(params).chain(buffers.iter().copied());
        let entries: Vec<_> = all
            .enumerate()
            .map(|(i, buffer)| wgpu::BindGroupEntry { binding: i as u32, resource: buffer.as_entire_binding() })
            .collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &self.layout, entries: &entries })
    }

    /// Runs one invocation for each of `width` × `height` items.
    pub(super) fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        group: &wgpu::BindGroup,
        width: usize,
        height: usize,
    ) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, group, &[]);
        pass.dispatch_workgroups((width as u32).div_ceil(WORKGROUP), (height as u32).div_ceil(WORKGROUP), 1);
    }
}

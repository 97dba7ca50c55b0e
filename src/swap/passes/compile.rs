//! The pipelines of a plan, compiled side by side: some drivers take a tenth of a second and more for each.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};

use super::Pass;
use crate::gpu::{GpuError, with_error_scopes};

/// Threads that compile at most. A model may be loaded while frames are swapped, which of four cores and more leaves
/// half to those.
const MOST_THREADS: usize = 8;

/// A pipeline for each pass; passes of the same text share one.
///
/// # Errors
/// [`GpuError`], that of the first pass which the device refuses. A device that is lost refuses nothing: it gives
/// pipelines that are not valid.
pub(super) fn pipelines(
    passes: &[Pass],
    device: &wgpu::Device,
    cache: Option<&wgpu::PipelineCache>,
) -> Result<Vec<wgpu::ComputePipeline>, GpuError> {
    // Residual blocks repeat shapes.
    let mut distinct: Vec<&Pass> = Vec::new();
    let mut places = Vec::with_capacity(passes.len());
    for pass in passes {
        let place = distinct.iter().position(|other| other.text == pass.text).unwrap_or(distinct.len());
        if place == distinct.len() {
            distinct.push(pass);
        }
        places.push(place);
    }
    let one = |pass: &Pass| {
        let made = with_error_scopes(device, || Ok(pipeline(device, &pass.text, pass.bindings.len(), cache)));
        made.map_err(|GpuError(error)| GpuError(format!("{}: {error}", pass.name)))
    };
    let mut made: Vec<Option<Result<_, GpuError>>> = distinct.iter().map(|_| None).collect();
    let waiting = Mutex::new(distinct.iter().zip(&mut made));
    let compile = || {
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some((pass, made)) = next() {
            *made = Some(one(pass));
        }
    };
    std::thread::scope(|scope| {
        // Where the system gives no thread, the others do its part.
        let helper =
            |_| std::thread::Builder::new().name("standin-compile".to_owned()).spawn_scoped(scope, compile).ok();
        let helpers: Vec<_> = (1..threads(device).min(distinct.len())).filter_map(helper).collect();
        compile();
        // A panic of wgpu or a driver goes on in the thread that asked, where `GpuDevice::guard` makes an error of it.
        helpers.into_iter().for_each(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
    });
    let made = made.into_iter().flatten().collect::<Result<Vec<_>, _>>()?;
    Ok(places.into_iter().map(|place| made[place].clone()).collect())
}

fn threads(device: &wgpu::Device) -> usize {
    // There wgpu compiles under a lock for which it waits a few seconds and then panics.
    if device.adapter_info().backend == wgpu::Backend::Gl {
        return 1;
    }
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(2, MOST_THREADS))
}

/// The pipeline of one shader with so many storage buffers.
pub(super) fn pipeline(
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

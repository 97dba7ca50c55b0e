//! What the driver made of the passes at an earlier start, so that it need not be made again.

use std::path::{Path, PathBuf};

/// Bytes above which a file begins anew: drivers add to it, and none says when something is not needed any more.
const MOST: usize = 64 << 20;

/// The compiled passes of one adapter and one model, or of the blend, in memory and in a file; empty where the
/// interface keeps none (only Vulkan has this; others rely on the driver's own cache).
pub(super) struct PipelineCache {
    cache: Option<wgpu::PipelineCache>,
    file: Option<PathBuf>,
    /// What the file holds.
    kept: Vec<u8>,
}

impl PipelineCache {
    /// What an earlier start left in `folder` of the passes of that name, if there is one.
    pub(super) fn open(device: &wgpu::Device, adapter: &wgpu::Adapter, folder: Option<&Path>, name: &str) -> Self {
        let key = wgpu::util::pipeline_cache_key(&adapter.get_info());
        let Some(key) = key.filter(|_| device.features().contains(wgpu::Features::PIPELINE_CACHE)) else {
            return Self { cache: None, file: None, kept: Vec::new() };
        };
        let file = folder.map(|folder| folder.join(format!("{key}-{}-{name}", env!("CARGO_PKG_VERSION"))));
        let data = file.as_ref().and_then(|file| std::fs::read(file).ok()).filter(|data| data.len() <= MOST);
        let descriptor =
            wgpu::PipelineCacheDescriptor { label: Some("standin"), data: data.as_deref(), fallback: true };
        // SAFETY: the file is one that `keep` wrote whole; wgpu and the driver compare its header with this adapter,
        // driver and version, and begin anew where they differ.
        let cache = unsafe { device.create_pipeline_cache(&descriptor) };
        Self { cache: Some(cache), file, kept: data.unwrap_or_default() }
    }

    /// For the pipelines that are made now.
    pub(super) fn get(&self) -> Option<&wgpu::PipelineCache> {
        self.cache.as_ref()
    }

    /// Leaves what was made for the next start, where it is new. A folder that cannot be written only makes that one
    /// slower.
    pub(super) fn keep(&self) {
        let data = self.cache.as_ref().and_then(wgpu::PipelineCache::get_data);
        if let (Some(file), Some(data)) = (&self.file, data.filter(|data| *data != self.kept)) {
            let _ = write(file, &data);
        }
    }
}

/// Whole or not at all, whoever else does the same.
fn write(file: &Path, data: &[u8]) -> std::io::Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)?;
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut unfinished, data)?;
    unfinished.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{GpuDevice, Selection};

    fn compile(device: &wgpu::Device, cache: Option<&wgpu::PipelineCache>) {
        const TEXT: &str = "@group(0) @binding(0) var<storage, read_write> out: array<u32>;\
            @compute @workgroup_size(1) fn count() { out[0] += 1u; }";
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(TEXT.into()),
        });
        let _ = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache,
        });
    }

    #[test]
    fn what_one_start_leaves_the_next_one_takes_and_a_damaged_file_does_no_harm() -> std::io::Result<()> {
        let Ok(gpu) = GpuDevice::open(&Selection::Auto) else { return Ok(()) };
        if !gpu.device().features().contains(wgpu::Features::PIPELINE_CACHE) {
            return Ok(());
        }
        let place = tempfile::tempdir()?;
        let folder = place.path().join("not there yet");
        let start = || {
            let cache = PipelineCache::open(gpu.device(), gpu.adapter(), Some(&folder), "test");
            compile(gpu.device(), cache.get());
            cache.keep();
            cache
        };
        assert!(start().kept.is_empty(), "there was something before the first start");
        let files: Vec<_> = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let left = std::fs::read(&files[0])?;
        assert!(!left.is_empty() && start().kept == left);
        std::fs::write(&files[0], b"no pipelines")?;
        start();
        assert!(std::fs::read(&files[0])? != b"no pipelines", "a damaged file stays");
        assert!(!gpu.is_lost());
        Ok(())
    }
}

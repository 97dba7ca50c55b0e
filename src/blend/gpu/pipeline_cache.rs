//! What the driver made of the passes at an earlier start, so that it need not be made again.

use std::path::PathBuf;

/// The compiled passes of one adapter, in memory and in a file; empty where the interface keeps none (only Vulkan has
/// this; others, and burn's kernels, rely on the driver's own cache).
pub(super) struct PipelineCache {
    cache: Option<wgpu::PipelineCache>,
    file: Option<PathBuf>,
    before: usize,
}

impl PipelineCache {
    /// What an earlier start left.
    pub(super) fn open(device: &wgpu::Device, adapter: &wgpu::Adapter) -> Self {
        let key = wgpu::util::pipeline_cache_key(&adapter.get_info());
        let Some(key) = key.filter(|_| device.features().contains(wgpu::Features::PIPELINE_CACHE)) else {
            return Self { cache: None, file: None, before: 0 };
        };
        let file = crate::cache::folder().map(|folder| folder.join(format!("{key}-{}", env!("CARGO_PKG_VERSION"))));
        let data = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let descriptor =
            wgpu::PipelineCacheDescriptor { label: Some("standin"), data: data.as_deref(), fallback: true };
        // SAFETY: the file is one that `keep` wrote whole; wgpu and the driver compare its header with this adapter, driver
        // and version, and begin anew where they differ.
        let cache = unsafe { device.create_pipeline_cache(&descriptor) };
        Self { cache: Some(cache), file, before: data.map_or(0, |data| data.len()) }
    }

    /// For the pipelines that are made now.
    pub(super) fn get(&self) -> Option<&wgpu::PipelineCache> {
        self.cache.as_ref()
    }

    /// Leaves what was made for the next start, where it is new. A folder that cannot be written only makes that one slower.
    pub(super) fn keep(&self) {
        let data = self.cache.as_ref().and_then(wgpu::PipelineCache::get_data);
        if let (Some(file), Some(data)) = (&self.file, data.filter(|data| data.len() != self.before)) {
            let _ = write(file, &data);
        }
    }
}

/// Whole or not at all, whoever else does the same.
fn write(file: &std::path::Path, data: &[u8]) -> std::io::Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)?;
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut unfinished, data)?;
    unfinished.persist(file)?;
    Ok(())
}

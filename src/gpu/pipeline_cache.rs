//! What the driver made of the passes at an earlier start, so that it need not be made again.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes above which a file begins anew: drivers add to it, and none says when something is not needed any more.
const MOST: usize = 64 << 20;
/// Files of models, drivers and versions that are kept: those that were used last.
const MOST_FILES: usize = 32;
/// How the names of all of them begin, which are [`wgpu::util::pipeline_cache_key`]'s.
const PREFIX: &str = "wgpu_pipeline_cache";

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
        let data = file.as_deref().and_then(read).filter(|data| data.len() <= MOST);
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
            file.parent().into_iter().for_each(prune);
        }
    }
}

/// A file, which is marked as used.
fn read(file: &Path) -> Option<Vec<u8>> {
    let data = std::fs::read(file).ok()?;
    if let Ok(file) = std::fs::File::options().append(true).open(file) {
        let _ = file.set_modified(SystemTime::now());
    }
    Some(data)
}

/// Removes what was not used for the longest time. Nothing is said where that fails: it is tried again.
fn prune(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    let mut files: Vec<_> =
        ours.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    files.sort_by(|one, other| other.cmp(one));
    for (_, file) in files.into_iter().skip(MOST_FILES) {
        let _ = std::fs::remove_file(file);
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
        assert!(files[0].file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX)), "{files:?}");
        assert!(!gpu.is_lost());
        Ok(())
    }

    #[test]
    fn files_that_were_not_used_for_long_go_and_nothing_else_does() -> std::io::Result<()> {
        let place = tempfile::tempdir()?;
        let file = |name: String| place.path().join(name);
        let now = SystemTime::now();
        for hour in 0..MOST_FILES as u64 + 3 {
            let file = std::fs::File::create(file(format!("{PREFIX}-{hour}")))?;
            file.set_modified(now - std::time::Duration::from_secs(3600 * hour))?;
        }
        let other = std::fs::File::create(file("another program's".to_owned()))?;
        other.set_modified(now - std::time::Duration::from_secs(1 << 30))?;
        // The oldest is used again.
        let oldest = file(format!("{PREFIX}-{}", MOST_FILES + 2));
        assert!(read(&oldest).is_some());
        prune(place.path());
        let left = std::fs::read_dir(place.path())?.count();
        assert_eq!(left, MOST_FILES + 1);
        assert!(oldest.exists() && file("another program's".to_owned()).exists());
        assert!(!file(format!("{PREFIX}-{}", MOST_FILES + 1)).exists());
        Ok(())
    }
}

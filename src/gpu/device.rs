//! The GPU: opened once, shared by every blender and by a network that runs on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::adapter::has_matrix_units;
use super::pipeline_cache::PipelineCache;
use super::{
    AdapterInfo, GpuError, LEAST_STORAGE_BUFFERS, Selection, map, mapped, unreachable_memory, with_error_scopes,
};

/// The longest that one blend, with the networks of the frames in flight before it, may take before the GPU counts as
/// hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open GPU. Clones share it; it is closed when the last one goes.
#[derive(Clone)]
pub struct GpuDevice {
    shared: Arc<Shared>,
}

struct Shared {
    // The order is the order in which they are dropped.
    queue: wgpu::Queue,
    device: wgpu::Device,
    adapter: wgpu::Adapter,
    /// Ends after all that it made.
    _instance: wgpu::Instance,
    info: AdapterInfo,
    failure: Arc<Failure>,
}

/// What first went wrong on the device; from then on it is not used any more.
#[derive(Default)]
struct Failure(Mutex<Option<String>>);

impl Failure {
    fn record(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
    }

    fn check(&self) -> Result<(), GpuError> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(what) => Err(GpuError(what.clone())),
            None => Ok(()),
        }
    }
}

/// The adapters that can run the passes. OpenGL is asked only where the other interfaces know none.
pub fn adapters() -> Vec<AdapterInfo> {
    find_adapters().1.iter().map(AdapterInfo::of).collect()
}

/// Less than an adapter has: to try what a smaller one makes of a model.
#[derive(Debug, Clone)]
pub struct Constraints {
    /// Other features it has not.
    pub features: wgpu::Features,
    /// As much it has.
    pub limits: wgpu::Limits,
}

fn find_adapters() -> (wgpu::Instance, Vec<wgpu::Adapter>) {
    // Vulkan's loader does not bear instances that come and go on several threads at once.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let find = |backends| {
        let descriptor =
            wgpu::InstanceDescriptor { backends, ..wgpu::InstanceDescriptor::new_without_display_handle() };
        let instance = wgpu::Instance::new(descriptor);
        let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
        let computes = |a: &wgpu::Adapter| {
            a.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
                && a.limits().max_storage_buffers_per_shader_stage >= LEAST_STORAGE_BUFFERS
        };
        adapters.retain(computes);
        (instance, adapters)
    };
    match find(wgpu::Backends::PRIMARY) {
        (_, none) if none.is_empty() => find(wgpu::Backends::SECONDARY),
        found => found,
    }
}

/// An adapter that was asked for.
struct Chosen {
    instance: wgpu::Instance,
    adapter: wgpu::Adapter,
    info: AdapterInfo,
    /// In the list of adapters.
    place: usize,
}

impl Chosen {
    fn by(selection: &Selection) -> Result<Self, GpuError> {
        let (instance, adapters) = find_adapters();
        let list: Vec<_> = adapters.iter().map(AdapterInfo::of).collect();
        let place = selection.find(&list).ok_or_else(|| GpuError(missing(selection, &list)))?;
        Ok(Self { instance, adapter: adapters[place].clone(), info: list[place].clone(), place })
    }
}

impl GpuDevice {
    /// Opens the adapter that `selection` names, with the limits it has.
    ///
    /// # Errors
    /// [`GpuError`] where there is no such adapter, or it refuses.
    pub fn open(selection: &Selection) -> Result<Self, GpuError> {
        let chosen = Chosen::by(selection)?;
        let limits = chosen.adapter.limits();
        Self::open_adapter(chosen, wgpu::Features::all(), limits)
    }

    /// The same, as an adapter that has no more than this.
    ///
    /// # Errors
    /// [`GpuError`]; also where the adapter has lower limits.
    pub fn constrained(selection: &Selection, constraints: Constraints) -> Result<Self, GpuError> {
        let Constraints { features, limits } = constraints;
        Self::open_adapter(Chosen::by(selection)?, features, limits)
    }

    fn open_adapter(
        Chosen { instance, adapter, info, .. }: Chosen,
        most: wgpu::Features,
        required_limits: wgpu::Limits,
    ) -> Result<Self, GpuError> {
        let required_features = features(&adapter) & most;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("standin"),
            required_limits,
            required_features,
            // A few MB, and a model's weights in one block: larger ones would count against the whole pipeline.
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            experimental_features: experimental(required_features),
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| GpuError(format!("{info} cannot be opened: {e}; choose another, or use device=cpu")))?;
        let failure = Arc::new(Failure::default());
        listen(&device, &failure);
        let shared = Shared { queue, device, adapter, _instance: instance, info, failure };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The device that this gave for the same adapter, as long as it is open and works; else as [`GpuDevice::open`]:
    /// elements share it.
    ///
    /// # Errors
    /// As [`GpuDevice::open`].
    pub fn shared(selection: &Selection) -> Result<Self, GpuError> {
        /// By place in the list of adapters.
        static OPEN: Mutex<Vec<(usize, Weak<Shared>)>> = Mutex::new(Vec::new());
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(_, device)| device.upgrade().is_some_and(|shared| shared.failure.check().is_ok()));
        let chosen = Chosen::by(selection)?;
        let place = chosen.place;
        if let Some(shared) = open.iter().find(|(of, _)| *of == place).and_then(|(_, device)| device.upgrade()) {
            return Ok(Self { shared });
        }
        let limits = chosen.adapter.limits();
        let device = Self::open_adapter(chosen, wgpu::Features::all(), limits)?;
        open.push((place, Arc::downgrade(&device.shared)));
        Ok(device)
    }

    /// Whether it has failed: it is not used any more, and [`GpuDevice::open`] gives another.
    pub fn is_lost(&self) -> bool {
        self.shared.failure.check().is_err()
    }

    /// Whether this is the same device.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// What was opened.
    pub fn info(&self) -> &AdapterInfo {
        &self.shared.info
    }

    /// The wgpu device.
    pub fn device(&self) -> &wgpu::Device {
        &self.shared.device
    }

    /// Its queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.shared.queue
    }

    /// The adapter it was opened on.
    pub fn adapter(&self) -> &wgpu::Adapter {
        &self.shared.adapter
    }

    /// Runs `work` unless the device has failed, and fails where the device does meanwhile.
    ///
    /// wgpu panics where a wait finds that the device is gone; that is an error here like any other.
    pub(crate) fn guard<T, E: From<GpuError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let failure = &self.shared.failure;
        failure.check()?;
        let tried = catch_unwind(AssertUnwindSafe(|| {
            work().inspect_err(|_| {
                // Has wgpu tell the callback now if the device is gone.
                let _ = self.shared.device.poll(wgpu::PollType::Poll);
            })
        }));
        let done = tried.unwrap_or_else(|_| {
            failure.record("the device was lost while a pass ran".to_owned());
            Err(E::from(failure.check().err().unwrap_or_else(|| GpuError("a pass was cut short".to_owned()))))
        });
        failure.check()?;
        done
    }

    /// Makes something on the device, with the cache of compiled pipelines of that name. What goes wrong in calls of
    /// this thread meanwhile is this attempt's and no failure of the device.
    ///
    /// # Errors
    /// [`GpuError`] where a shader is refused, where memory runs out, where `make` fails, and where the device is lost.
    pub fn attempt<T>(
        &self,
        name: &str,
        make: impl FnOnce(&wgpu::Device, Option<&wgpu::PipelineCache>) -> Result<T, GpuError>,
    ) -> Result<T, GpuError> {
        let Shared { device, adapter, .. } = &*self.shared;
        self.guard(|| {
            let (made, cache) = with_error_scopes(device, || {
                let cache = PipelineCache::open(device, adapter, crate::cache::folder().as_deref(), name);
                Ok((make(device, cache.get())?, cache))
            })?;
            cache.keep();
            Ok(made)
        })
    }

    /// Waits for a submission, and hands what it copied to `buffer` to `take`.
    pub(crate) fn read<T>(
        &self,
        buffer: &wgpu::Buffer,
        submission: wgpu::SubmissionIndex,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GpuError> {
        let pending = map(buffer, wgpu::MapMode::Read, buffer.size());
        self.wait(submission)?;
        mapped(&pending)?;
        let taken = buffer.get_mapped_range(..).map(|data| take(&data)).map_err(|error| unreachable_memory(&error));
        buffer.unmap();
        taken
    }

    /// Sleeps until a submission is done and the buffers that it frees are mapped.
    pub(crate) fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<(), GpuError> {
        self.shared.failure.check()?;
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        match self.shared.device.poll(wait) {
            Ok(_) => Ok(()),
            Err(e) => {
                self.shared.failure.record(format!("{} did not finish its work: {e}", self.info()));
                self.shared.failure.check()
            }
        }
    }
}

/// Has what goes wrong on the device written down.
fn listen(device: &wgpu::Device, failure: &Arc<Failure>) {
    let (lost, raised) = (Arc::clone(failure), Arc::clone(failure));
    device.set_device_lost_callback(move |reason, message| {
        lost.record(format!("the device was lost ({reason:?}): {message}"));
    });
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| raised.record(error.to_string())));
}

/// What of the adapter is asked for, where it has it.
fn features(adapter: &wgpu::Adapter) -> wgpu::Features {
    let imports =
        if cfg!(feature = "dmabuf") { wgpu::Features::VULKAN_EXTERNAL_MEMORY_DMA_BUF } else { wgpu::Features::empty() };
    let timestamps = wgpu::Features::TIMESTAMP_QUERY
        | wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS
        | wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES;
    let matrices = if has_matrix_units(adapter) {
        wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX
    } else {
        wgpu::Features::empty()
    };
    let wanted = wgpu::Features::PIPELINE_CACHE | wgpu::Features::SHADER_F16 | matrices | timestamps | imports;
    adapter.features() & wanted
}

/// Permission to use the one experimental feature, where the adapter has it.
fn experimental(features: wgpu::Features) -> wgpu::ExperimentalFeatures {
    if features.contains(wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX) {
        // SAFETY: shaders/network/matrices.wgsl alone uses it. Loads of matrices are not checked against the end of
        // what is bound; they stay within it, since the weights are padded to whole matrices.
        unsafe { wgpu::ExperimentalFeatures::enabled() }
    } else {
        wgpu::ExperimentalFeatures::disabled()
    }
}

fn missing(selection: &Selection, list: &[AdapterInfo]) -> String {
    if list.is_empty() {
        return "no adapter was found; install a Vulkan driver, or use device=cpu".to_owned();
    }
    let names: Vec<_> = list.iter().enumerate().map(|(i, info)| format!("{i}: {info}")).collect();
    format!("no adapter fits '{selection}'; there are {}", names.join(", "))
}

impl std::fmt::Debug for GpuDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("GpuDevice").field(&self.shared.info).finish()
    }
}

//! The GPU: opened once, shared by every blender and by a network that runs on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::passes::Passes;
use super::{AdapterInfo, Selection};
use crate::blend::BlendError;

/// The longest that one blend may take before the GPU counts as hung.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open GPU. Clones share it; it is closed when the last one goes.
#[derive(Clone)]
pub struct GpuDevice {
    shared: Arc<Shared>,
}

struct Shared {
    // The order is the order in which they are dropped.
    passes: OnceLock<Passes>,
    queue: wgpu::Queue,
    device: wgpu::Device,
    adapter: wgpu::Adapter,
    instance: wgpu::Instance,
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

    fn check(&self) -> Result<(), BlendError> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(what) => Err(BlendError::Gpu(what.clone())),
            None => Ok(()),
        }
    }
}

/// The adapters that can run the passes. OpenGL is asked only where the other interfaces know none.
pub fn adapters() -> Vec<AdapterInfo> {
    find_adapters().1.iter().map(AdapterInfo::of).collect()
}

fn find_adapters() -> (wgpu::Instance, Vec<wgpu::Adapter>) {
    let find = |backends| {
        let descriptor =
            wgpu::InstanceDescriptor { backends, ..wgpu::InstanceDescriptor::new_without_display_handle() };
        let instance = wgpu::Instance::new(descriptor);
        let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
        let computes = |a: &wgpu::Adapter| {
            a.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
                && a.limits().max_storage_buffers_per_shader_stage >= super::kernel::MOST_STORAGE_BUFFERS
        };
        adapters.retain(computes);
        (instance, adapters)
    };
    match find(wgpu::Backends::PRIMARY) {
        (_, none) if none.is_empty() => find(wgpu::Backends::SECONDARY),
        found => found,
    }
}

impl GpuDevice {
    /// Opens the adapter that `selection` names, with the limits it has.
    ///
    /// # Errors
    /// [`BlendError::Gpu`] where there is no such adapter, or it refuses.
    pub fn open(selection: &Selection) -> Result<Self, BlendError> {
        let (instance, adapters) = find_adapters();
        let list: Vec<_> = adapters.iter().map(AdapterInfo::of).collect();
        let Some((adapter, info)) = selection.find(&list).map(|i| (adapters[i].clone(), list[i].clone())) else {
            return Err(BlendError::Gpu(missing(selection, &list)));
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("standin"),
            required_limits: adapter.limits(),
            // The blend needs a few MB; large blocks would count against the whole pipeline's memory.
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).map_err(|e| {
            BlendError::Gpu(format!("{info} cannot be opened: {e}; choose another, or blend on the CPU"))
        })?;
        let failure = Arc::new(Failure::default());
        let (lost, raised) = (failure.clone(), failure.clone());
        device.set_device_lost_callback(move |reason, message| {
            lost.record(format!("the device was lost ({reason:?}): {message}"));
        });
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| raised.record(error.to_string())));
        let passes = OnceLock::new();
        Ok(Self { shared: Arc::new(Shared { passes, queue, device, adapter, instance, info, failure }) })
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

    /// The instance that found it.
    pub fn instance(&self) -> &wgpu::Instance {
        &self.shared.instance
    }

    /// The pipelines of all passes, built on first use.
    pub(super) fn passes(&self) -> &Passes {
        self.shared.passes.get_or_init(|| Passes::new(&self.shared.device))
    }

    /// Runs `work` unless the device has failed, and fails where the device does meanwhile.
    ///
    /// wgpu panics where a wait finds that the device is gone; that is an error here like any other.
    pub(super) fn guard<T>(&self, work: impl FnOnce() -> Result<T, BlendError>) -> Result<T, BlendError> {
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
            failure.check().and_then(|()| Err(BlendError::Gpu("a pass was cut short".to_owned())))
        });
        failure.check()?;
        done
    }

    /// Sleeps until a submission is done and the buffers that it frees are mapped.
    pub(super) fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<(), BlendError> {
        self.shared.failure.check()?;
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        match self.shared.device.poll(wait) {
            Ok(_) => Ok(()),
            Err(e) => {
                self.shared.failure.record(format!("{} did not finish a blend: {e}", self.info()));
                self.shared.failure.check()
            }
        }
    }
}

fn missing(selection: &Selection, list: &[AdapterInfo]) -> String {
    if list.is_empty() {
        return "no adapter was found; install a Vulkan driver, or blend on the CPU".to_owned();
    }
    let names: Vec<_> = list.iter().enumerate().map(|(i, info)| format!("{i}: {info}")).collect();
    format!("no adapter fits '{selection}'; there are {}", names.join(", "))
}

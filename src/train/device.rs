//! What the trainer computes on.

use burn::tensor::{Device, DeviceKind};

use crate::gpu::{AdapterInfo, AdapterKind, adapters};

/// `--device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DeviceChoice {
    /// A GPU where there is one, CUDA's before wgpu's; otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The best adapter that wgpu finds, software ones included.
    Wgpu,
    /// The first NVIDIA GPU; in programs that were built with the feature `cuda`.
    Cuda,
}

/// A device that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No adapter at all.
    #[error("--device wgpu: no GPU was found, nor a software one; install a driver, or take --device cpu")]
    NoAdapter,
    /// No NVIDIA GPU, or no driver of it.
    #[error("--device cuda: no NVIDIA GPU was found; install its driver (libcuda), or take --device wgpu or cpu")]
    NoCuda,
    /// An NVIDIA GPU that cannot be used.
    #[error(
        "--device cuda: the NVIDIA GPU cannot be used: {0}; free it or mend its driver, or take --device wgpu or cpu"
    )]
    Cuda(String),
    /// Not in this program.
    #[error(
        "--device cuda: this program was built without it; build it with `cargo build --release --features train,cuda`, \
         or take --device wgpu or cpu"
    )]
    WithoutCuda,
}

/// A device and what to call it.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// For inference; [`Device::autodiff`] of it for training.
    pub device: Device,
    /// Its name, for people.
    pub name: String,
    /// Bytes that are free on it, where it has memory of its own and says so.
    pub free: Option<u64>,
}

impl DeviceChoice {
    /// The device that is meant.
    ///
    /// # Errors
    /// [`DeviceError`] where it is not there.
    pub fn device(self) -> Result<Chosen, DeviceError> {
        match self {
            Self::Cpu => Ok(processor()),
            Self::Cuda => cuda(),
            Self::Wgpu => wgpu(|_| true).ok_or(DeviceError::NoAdapter),
            Self::Auto => Ok(cuda().ok().or_else(|| wgpu(|adapter| !adapter.is_software())).unwrap_or_else(processor)),
        }
    }
}

fn processor() -> Chosen {
    Chosen { device: Device::flex(), name: "the processor".to_owned(), free: None }
}

/// The best adapter, if `allowed` says so.
fn wgpu(allowed: impl Fn(&AdapterInfo) -> bool) -> Option<Chosen> {
    let adapter = adapters().into_iter().min_by_key(|adapter| adapter.kind).filter(allowed)?;
    #[cfg(feature = "vulkan")]
    let device = Device::vulkan(kind(&adapter));
    #[cfg(not(feature = "vulkan"))]
    let device = Device::wgpu(kind(&adapter));
    Some(Chosen { device, name: adapter.to_string(), free: None })
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<Chosen, DeviceError> {
    Err(DeviceError::WithoutCuda)
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Chosen, DeviceError> {
    use burn::tensor::DeviceType;
    use cudarc::driver::CudaContext;

    // The driver is looked for first: burn and cudarc panic where it is missing.
    let found = Device::enumerate(DeviceType::Cuda).into_vec();
    let device = found.into_iter().next().ok_or(DeviceError::NoCuda)?;
    let context = CudaContext::new(0).map_err(|error| DeviceError::Cuda(error.to_string()))?;
    let name = context.name().unwrap_or_else(|_| "an NVIDIA GPU".to_owned());
    let free = context.mem_get_info().ok().map(|(free, _)| free as u64);
    Ok(Chosen { device, name: format!("{name} (CUDA)"), free })
}

/// The first of its kind, as burn counts.
fn kind(adapter: &AdapterInfo) -> DeviceKind {
    match adapter.kind {
        AdapterKind::Discrete => DeviceKind::DiscreteGpu(0),
        AdapterKind::Integrated => DeviceKind::IntegratedGpu(0),
        AdapterKind::Virtual => DeviceKind::VirtualGpu(0),
        AdapterKind::Software => DeviceKind::Cpu,
        AdapterKind::Unknown => DeviceKind::DefaultDevice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(feature = "cuda"))]
    fn without_the_feature_cuda_says_how_to_get_it() {
        let error = DeviceChoice::Cuda.device().map(|chosen| chosen.name);
        assert_eq!(error, Err(DeviceError::WithoutCuda));
        assert!(DeviceError::WithoutCuda.to_string().contains("--features train,cuda"));
    }
}

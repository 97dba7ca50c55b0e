//! What the trainer computes on.

use burn::tensor::{Device, DeviceKind};

use crate::blend::gpu::{AdapterInfo, AdapterKind, adapters};

/// `--device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DeviceChoice {
    /// A GPU where there is one, otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The best adapter that wgpu finds, software ones included.
    Wgpu,
}

/// A device that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No adapter at all.
    #[error("--device wgpu: no GPU was found, nor a software one; install a driver, or take --device cpu")]
    NoAdapter,
}

/// A device and what to call it.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// For inference; [`Device::autodiff`] of it for training.
    pub device: Device,
    /// Its name, for people.
    pub name: String,
}

impl DeviceChoice {
    /// The device that is meant.
    ///
    /// # Errors
    /// [`DeviceError`] where it is not there.
    pub fn device(self) -> Result<Chosen, DeviceError> {
        let processor = || Chosen { device: Device::flex(), name: "the processor".to_owned() };
        if self == Self::Cpu {
            return Ok(processor());
        }
        let best = adapters().into_iter().min_by_key(|adapter| adapter.kind);
        match best {
            Some(adapter) if self == Self::Wgpu || !adapter.is_software() => {
                Ok(Chosen { device: Device::wgpu(kind(&adapter)), name: adapter.to_string() })
            }
            None if self == Self::Wgpu => Err(DeviceError::NoAdapter),
            _ => Ok(processor()),
        }
    }
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

//! What the trainer computes on.

use burn::tensor::{Device, DeviceKind};

/// `--device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DeviceChoice {
    /// A hardware GPU where there is one, otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The first GPU that wgpu finds, software adapters included.
    Wgpu,
}

impl DeviceChoice {
    /// The device, for inference; [`Device::autodiff`] of it for training.
    pub fn device(self) -> Device {
        match self {
            Self::Cpu | Self::Auto => Device::flex(),
            Self::Wgpu => Device::wgpu(DeviceKind::DefaultDevice),
        }
    }
}

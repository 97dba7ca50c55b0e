//! Execution providers: what runs a network, chosen by name among those that the loaded library offers.

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};

/// Who computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// The processor; always there.
    #[default]
    Cpu,
    /// NVIDIA CUDA.
    Cuda,
    /// NVIDIA TensorRT.
    TensorRt,
    /// DirectML on Windows.
    DirectMl,
    /// Apple CoreML.
    CoreMl,
    /// Intel OpenVINO.
    OpenVino,
    /// AMD ROCm.
    Rocm,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 7] =
        [Self::Cpu, Self::Cuda, Self::TensorRt, Self::DirectMl, Self::CoreMl, Self::OpenVino, Self::Rocm];

    /// What is tried in this order where nobody chose. TensorRT is not: it builds engines for minutes.
    pub const ACCELERATORS: [Self; 5] = [Self::Cuda, Self::DirectMl, Self::CoreMl, Self::Rocm, Self::OpenVino];

    /// Its name in properties and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
            Self::DirectMl => "directml",
            Self::CoreMl => "coreml",
            Self::OpenVino => "openvino",
            Self::Rocm => "rocm",
        }
    }

    /// The provider of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// Whether the loaded library was built with it. [`super::Runtime::load`] must have succeeded.
    pub fn offered(self) -> bool {
        let offered = match self {
            Self::Cpu => Ok(true),
            Self::Cuda => ep::CUDA::is_available(),
            Self::TensorRt => ep::TensorRT::is_available(),
            Self::DirectMl => ep::DirectML::is_available(),
            Self::CoreMl => ep::CoreML::is_available(),
            Self::OpenVino => ep::OpenVINO::is_available(),
            Self::Rocm => ep::ROCm::is_available(),
        };
        offered.unwrap_or(false)
    }

    /// The session option, which makes a session fail rather than fall back silently; `None` for the processor.
    pub(super) fn dispatch(self) -> Option<ExecutionProviderDispatch> {
        let dispatch = match self {
            Self::Cpu => return None,
            Self::Cuda => ep::CUDA::default().build(),
            Self::TensorRt => ep::TensorRT::default().build(),
            Self::DirectMl => ep::DirectML::default().build(),
            Self::CoreMl => ep::CoreML::default().build(),
            Self::OpenVino => ep::OpenVINO::default().build(),
            Self::Rocm => ep::ROCm::default().build(),
        };
        Some(dispatch.error_on_failure())
    }

    /// The names that the loaded library offers, for messages.
    pub fn offered_names() -> String {
        let names: Vec<_> = Self::ALL.into_iter().filter(|p| p.offered()).map(Self::name).collect();
        names.join(", ")
    }
}

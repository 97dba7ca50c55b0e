//! The user's one word for where things run.

use crate::gpu::Selection;
use crate::runtime::Provider;

/// Where a model runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Device {
    /// On the first accelerator of ONNX Runtime that works, else on a GPU that is faster than the processor, else on
    /// that.
    #[default]
    Auto,
    /// The network on this provider of ONNX Runtime, the blend on the processor.
    Host(Provider),
    /// Network and blend on this GPU, or an error.
    Gpu(Selection),
}

impl Device {
    /// Whether a model may be on a GPU of ours, which can be lost.
    pub fn may_be_gpu(&self) -> bool {
        !matches!(self, Self::Host(_))
    }
}

/// A word that is no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("device '{0}' is not known: auto, cpu, gpu, gpu:NUMBER, gpu:NAME, or one of {providers}", providers = Provider::ALL.map(Provider::name).join(", "))]
pub struct UnknownDevice(pub String);

impl std::str::FromStr for Device {
    type Err = UnknownDevice;

    /// `auto`, `cpu`, `gpu`, `gpu:N`, `gpu:NAME`, or the name of an execution provider.
    fn from_str(word: &str) -> Result<Self, UnknownDevice> {
        match word {
            "auto" | "" => Ok(Self::Auto),
            "gpu" => Ok(Self::Gpu(Selection::Auto)),
            _ => match (word.strip_prefix("gpu:"), Provider::named(word)) {
                (Some(which), _) => {
                    Ok(Self::Gpu(which.parse().map_or_else(|_| Selection::Name(which.to_owned()), Selection::Index)))
                }
                (None, Some(provider)) => Ok(Self::Host(provider)),
                (None, None) => Err(UnknownDevice(word.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_they_mean() {
        let device = |word: &str| word.parse::<Device>();
        assert_eq!(device("auto"), Ok(Device::Auto));
        assert_eq!(device("gpu"), Ok(Device::Gpu(Selection::Auto)));
        assert_eq!(device("gpu:1"), Ok(Device::Gpu(Selection::Index(1))));
        assert_eq!(device("gpu:llvm"), Ok(Device::Gpu(Selection::Name("llvm".to_owned()))));
        assert_eq!(device("cpu"), Ok(Device::Host(Provider::Cpu)));
        assert_eq!(device("cuda"), Ok(Device::Host(Provider::Cuda)));
        assert!("warp".parse::<Device>().is_err_and(|error| error.to_string().contains("'warp'")));
    }
}

//! The user's one word for where things run.

use crate::blend::gpu::Preference;
use crate::runtime::Provider;

/// Where the network runs and where frames are blended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// Execution provider; `None` takes the first accelerator that works.
    pub provider: Option<Provider>,
    /// What blends.
    pub blend: Preference,
}

/// A word that is no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("device '{0}' is not known: auto, cpu, gpu, gpu:NUMBER, gpu:NAME, or one of {providers}", providers = Provider::ALL.map(Provider::name).join(", "))]
pub struct UnknownDevice(pub String);

impl std::str::FromStr for Device {
    type Err = UnknownDevice;

    /// `auto`, `cpu`, `gpu`, `gpu:N`, `gpu:NAME`, or the name of an execution provider, which blends as `auto` does.
    fn from_str(word: &str) -> Result<Self, UnknownDevice> {
        let gpu = |which: &str| Self { provider: None, blend: Preference::Gpu(which.to_owned()) };
        match word {
            "auto" | "" => Ok(Self::default()),
            "cpu" => Ok(Self { provider: Some(Provider::Cpu), blend: Preference::Cpu }),
            "gpu" => Ok(gpu("")),
            _ => match (word.strip_prefix("gpu:"), Provider::named(word)) {
                (Some(which), _) => Ok(gpu(which)),
                (None, Some(provider)) => Ok(Self { provider: Some(provider), blend: Preference::Auto }),
                (None, None) => Err(UnknownDevice(word.to_owned())),
            },
        }
    }
}

//! The user's one word for where things run.

use crate::blend::gpu::{Preference, Selection};
use crate::runtime::Provider;

/// Where the network runs and where frames are blended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// Execution provider; for `None` see [`Load::provider`](super::Load::provider).
    pub provider: Option<Provider>,
    /// What blends.
    pub blend: Preference,
}

impl Device {
    /// The GPU that is to run the network too.
    pub fn gpu(&self) -> Option<Selection> {
        match (&self.provider, &self.blend) {
            (None, Preference::Gpu(selection)) => Some(selection.clone()),
            _ => None,
        }
    }
}

/// A word that is no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("device '{0}' is not known: auto, cpu, gpu, gpu:NUMBER, gpu:NAME, or one of {providers}", providers = Provider::ALL.map(Provider::name).join(", "))]
pub struct UnknownDevice(pub String);

impl std::str::FromStr for Device {
    type Err = UnknownDevice;

    /// `auto`, `cpu`, `gpu`, `gpu:N`, `gpu:NAME`, or the name of an execution provider, which blends as `auto` does.
    fn from_str(word: &str) -> Result<Self, UnknownDevice> {
        let gpu = |selection| Self { provider: None, blend: Preference::Gpu(selection) };
        match word {
            "auto" | "" => Ok(Self::default()),
            "cpu" => Ok(Self { provider: Some(Provider::Cpu), blend: Preference::Cpu }),
            "gpu" => Ok(gpu(Selection::Auto)),
            _ => match (word.strip_prefix("gpu:"), Provider::named(word)) {
                (Some(which), _) => {
                    Ok(gpu(which.parse().map_or_else(|_| Selection::Name(which.to_owned()), Selection::Index)))
                }
                (None, Some(provider)) => Ok(Self { provider: Some(provider), blend: Preference::Auto }),
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
        let blend = |word: &str| word.parse::<Device>().map(|device| device.blend);
        assert_eq!(blend("auto"), Ok(Preference::Auto));
        assert_eq!(blend("gpu:1"), Ok(Preference::Gpu(Selection::Index(1))));
        assert_eq!(blend("gpu:llvm"), Ok(Preference::Gpu(Selection::Name("llvm".to_owned()))));
        let cuda = Device { provider: Some(Provider::Cuda), blend: Preference::Auto };
        assert_eq!("cuda".parse(), Ok(cuda));
        assert!("warp".parse::<Device>().is_err_and(|error| error.to_string().contains("'warp'")));
    }
}

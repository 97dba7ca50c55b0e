//! With which numbers, and on which units of a GPU, a network is computed.

use super::text::Numeric;

/// Crop and pictures are 32-bit floats in each, and so are sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Weights and values are 32-bit floats.
    Single,
    /// They are 16-bit floats: half of the memory traffic.
    Half,
    /// 16-bit floats, and convolutions that suit it on matrix units.
    Matrices,
}

impl Tier {
    /// Those that a device can compute with, fastest first.
    pub fn of(device: &wgpu::Device) -> Vec<Self> {
        let features = device.features();
        let half = features.contains(wgpu::Features::SHADER_F16);
        let matrices = half && features.contains(wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX);
        [(Self::Matrices, matrices), (Self::Half, half), (Self::Single, true)]
            .into_iter()
            .filter_map(|(tier, there)| there.then_some(tier))
            .collect()
    }

    pub(super) const fn numeric(self) -> Numeric {
        match self {
            Self::Single => Numeric::Single,
            Self::Half | Self::Matrices => Numeric::Half,
        }
    }
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Single => "32-bit floats",
            Self::Half => "16-bit floats",
            Self::Matrices => "matrix units",
        })
    }
}

//! With which numbers, and on which units of a GPU, a network is computed.

use super::matrices::SUBGROUP;
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
    /// Those that a device can compute with, fastest first. Matrices ask for those of 16 by 16 with 16-bit operands and 32-bit
    /// sums, in subgroups of 32 lanes.
    pub fn of(device: &wgpu::Device, adapter: &wgpu::Adapter) -> Vec<Self> {
        use wgpu::CooperativeScalarType as Scalar;
        let features = device.features();
        let half = features.contains(wgpu::Features::SHADER_F16);
        let info = adapter.get_info();
        let matrices = half
            && features.contains(wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX)
            && info.subgroup_min_size == SUBGROUP
            && info.subgroup_max_size == SUBGROUP
            && adapter.cooperative_matrix_properties().iter().any(|of| {
                [of.m_size, of.n_size, of.k_size] == [16; 3] && (of.ab_type, of.cr_type) == (Scalar::F16, Scalar::F32)
            });
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

//! Which GPU to use, and which there are.

use std::fmt;
use std::str::FromStr;

/// Lanes of a subgroup, which hold a matrix together on matrix units.
pub const SUBGROUP: u32 = 32;

/// What kind of processor an adapter is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A card with memory of its own.
    Discrete,
    /// A GPU that shares the processor's memory.
    Integrated,
    /// A GPU lent to a virtual machine.
    Virtual,
    /// A driver that does not say what it is.
    Unknown,
    /// The processor itself, such as Mesa's llvmpipe.
    Software,
}

/// What an adapter can do, of what makes a difference here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Abilities {
    /// The driver and its version, where it says them.
    pub driver: String,
    /// Whether shaders compute in 16-bit floats.
    pub half: bool,
    /// Whether it has [matrix units](crate::swap::passes::Tier::Matrices) as networks use them.
    pub matrices: bool,
    /// Bytes of the largest buffer that a shader can read.
    pub largest_buffer: u64,
}

impl fmt::Display for Abilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = if self.half { ", 16-bit floats" } else { "" };
        let matrices = if self.matrices { ", matrix units" } else { "" };
        write!(f, "networks in 32-bit floats{half}{matrices}; buffers up to {} MiB", self.largest_buffer >> 20)?;
        if self.driver.is_empty() { Ok(()) } else { write!(f, "; driver {}", self.driver) }
    }
}

/// One adapter, as lists and messages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterInfo {
    /// The driver's name for it.
    pub name: String,
    /// What kind of processor it is.
    pub kind: AdapterKind,
    /// The interface it is reached through: vulkan, metal, dx12 or gl.
    pub backend: String,
    /// What it can do.
    pub abilities: Abilities,
}

impl AdapterInfo {
    pub(super) fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
            wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
            wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
            wgpu::DeviceType::Other => AdapterKind::Unknown,
            wgpu::DeviceType::Cpu => AdapterKind::Software,
        };
        let limits = adapter.limits();
        let abilities = Abilities {
            driver: [info.driver, info.driver_info].join(" ").trim().to_owned(),
            half: adapter.features().contains(wgpu::Features::SHADER_F16),
            matrices: has_matrix_units(adapter),
            largest_buffer: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        };
        Self { name: info.name, kind, backend: info.backend.to_string(), abilities }
    }

    /// Whether the processor itself runs the shaders.
    pub fn is_software(&self) -> bool {
        self.kind == AdapterKind::Software
    }
}

impl fmt::Display for AdapterInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {:?})", self.name, self.backend, self.kind)
    }
}

/// Whether an adapter has the matrices that shaders/network/matrices.wgsl asks for: of 16 by 16, with 16-bit operands
/// and 32-bit sums, in subgroups of 32 lanes.
pub(super) fn has_matrix_units(adapter: &wgpu::Adapter) -> bool {
    use wgpu::CooperativeScalarType as Scalar;
    let info = adapter.get_info();
    [info.subgroup_min_size, info.subgroup_max_size] == [SUBGROUP; 2]
        && adapter.cooperative_matrix_properties().iter().any(|of| {
            [of.m_size, of.n_size, of.k_size] == [16; 3] && (of.ab_type, of.cr_type) == (Scalar::F16, Scalar::F32)
        })
}

/// Which of the adapters to open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// The best kind there is: discrete, integrated, then software.
    #[default]
    Auto,
    /// The place in the list of [`super::adapters`].
    Index(usize),
    /// The first whose name holds this, whatever the case.
    Name(String),
}

impl Selection {
    /// The place of the adapter meant in `list`; `None` where none fits.
    pub fn find(&self, list: &[AdapterInfo]) -> Option<usize> {
        match self {
            Self::Auto => (0..list.len()).min_by_key(|&i| (list[i].kind, i)),
            Self::Index(i) => (*i < list.len()).then_some(*i),
            Self::Name(part) => {
                let part = part.to_lowercase();
                list.iter().position(|info| info.name.to_lowercase().contains(&part))
            }
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Index(i) => write!(f, "{i}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl FromStr for Selection {
    type Err = std::convert::Infallible;

    /// "auto" or nothing, a number, or part of a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        Ok(match text.parse() {
            Ok(i) => Self::Index(i),
            Err(_) if text.is_empty() || text.eq_ignore_ascii_case("auto") => Self::Auto,
            Err(_) => Self::Name(text.to_owned()),
        })
    }
}

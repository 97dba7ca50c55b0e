//! The GPU that wgpu reaches: which there are, opening one, noticing that it is gone.
//!
//! [`GpuDevice`] is opened once and shared by every network and blender on it. What runs there is elsewhere: the
//! networks in [`swap::passes`](crate::swap::passes), the blend in [`blend::gpu`](crate::blend::gpu).

mod adapter;
mod device;
mod error_scopes;
mod mapping;
mod pipeline_cache;

pub use adapter::{Abilities, AdapterInfo, AdapterKind, SUBGROUP, Selection};
pub use device::{Constraints, GpuDevice, adapters};
pub(crate) use error_scopes::with_error_scopes;
pub(crate) use mapping::{Mapped, map, mapped, unreachable_memory};

/// Storage buffers that a pass may bind on any adapter that is used.
pub const LEAST_STORAGE_BUFFERS: u32 = 4;

/// The GPU was lost, ran out of memory, is not there, or refused a pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the GPU failed: {0}")]
pub struct GpuError(pub String);

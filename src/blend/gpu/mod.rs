//! The passes as WGSL on any GPU that wgpu reaches.
//!
//! `shaders/` holds a text a pass, [`shaders`] joins it with what it imports, `passes/` has its pipeline and bindings.
//! [`GpuDevice`] is opened once, each worker has a [`GpuBlender`] on it. Only the face's region travels: the native
//! planes' rows around it, packed into words (`packing.rs`), up once and back once. `together.rs`
//! runs crop, network and blend in one go, and `watch.rs` tells where its time goes.

mod adapter;
mod blender;
mod buffers;
mod choice;
mod device;
#[cfg(all(feature = "dmabuf", target_os = "linux"))]
pub mod dmabuf;
mod groups;
mod kernel;
mod memory;
mod packing;
mod params;
mod passes;
mod pipeline_cache;
pub mod shaders;
mod staging;
mod together;
mod trial;
mod watch;

pub use adapter::{AdapterInfo, AdapterKind, Selection};
pub use blender::{GpuBlender, Intermediate, Transfers};
pub use choice::{Backend, Preference};
pub use device::{GpuDevice, adapters};
pub use together::{Swapped, Wanted};
pub use watch::Span;
pub use watch::SwapTimes;

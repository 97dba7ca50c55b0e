//! The passes as WGSL on any GPU that wgpu reaches.
//!
//! `shaders/` holds a text a pass, [`shaders`] joins it with what it imports, `passes/` has its pipeline and
//! bindings. Each frame in flight has a [`GpuBlender`] on the open [`GpuDevice`](crate::gpu::GpuDevice). Only the
//! face's region travels: the native planes' rows around it, packed into words (`packing.rs`), up once and back once.
//! `together.rs` runs crop, network and blend in one go, `apart.rs` crop and blend alone, `record.rs` has their
//! passes in order, and `watch.rs` tells where its time goes.

mod apart;
mod blender;
mod buffers;
#[cfg(all(feature = "dmabuf", target_os = "linux"))]
pub mod dmabuf;
mod groups;
mod kernel;
mod measured;
mod memory;
mod packing;
mod params;
mod passes;
mod record;
pub mod shaders;
mod staging;
mod together;
mod watch;

pub use apart::Intermediate;
pub use blender::{GpuBlender, Transfers};
pub use watch::{Span, SwapTimes};

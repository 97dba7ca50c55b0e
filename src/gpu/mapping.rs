//! Buffers that the host reads and writes: asked for, and waited for.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use super::GpuError;

/// What will say that a buffer is mapped.
pub(crate) type Mapped = Receiver<Result<(), wgpu::BufferAsyncError>>;

/// A callback may run on the thread of another blender that waits on the same device, a moment later.
const CALLBACK: Duration = Duration::from_secs(5);

/// Asks for the first `bytes` of a buffer.
pub(crate) fn map(buffer: &wgpu::Buffer, mode: wgpu::MapMode, bytes: u64) -> Mapped {
    let (send, receive) = sync_channel(1);
    buffer.map_async(mode, 0..bytes, move |done| {
        // A blender that gave up does not listen any more.
        let _ = send.send(done);
    });
    receive
}

/// Waits for them.
pub(crate) fn mapped(receive: &Mapped) -> Result<(), GpuError> {
    match receive.recv_timeout(CALLBACK) {
        Ok(Ok(())) => Ok(()),
        _ => Err(unreachable_memory(&"the device was lost")),
    }
}

/// What is said of memory that cannot be read or written.
pub(crate) fn unreachable_memory(why: &impl std::fmt::Display) -> GpuError {
    GpuError(format!("its memory could not be reached: {why}"))
}

//! Host memory that the GPU copies from and to: allocated when something bigger comes, and kept mapped in between.

use crate::gpu::{GpuDevice, GpuError, Mapped, map, mapped, unreachable_memory};

/// Copies from host to GPU: everything one submission needs, written to one mapped buffer.
#[derive(Default)]
pub(super) struct Upload {
    /// With the pending mapping, once it was submitted.
    buffer: Option<(wgpu::Buffer, Option<Mapped>)>,
    used: u64,
    /// Bytes written since this was made.
    pub(super) total: u64,
}

impl Upload {
    /// Has `encoder` copy each of `writes`, whole words, to the start of its buffer, and hands the memory to the GPU;
    /// what follows is the submission, then [`Upload::recall`].
    pub(super) fn send(
        &mut self,
        device: &GpuDevice,
        encoder: &mut wgpu::CommandEncoder,
        writes: &[(&wgpu::Buffer, &[u8])],
    ) -> Result<(), GpuError> {
        let total: usize = writes.iter().map(|(_, data)| data.len().next_multiple_of(8)).sum();
        self.begin(device, total as u64)?;
        for (buffer, data) in writes {
            self.write(encoder, buffer, data)?;
        }
        if let Some((buffer, _)) = &self.buffer {
            buffer.unmap();
        }
        Ok(())
    }

    /// Makes room for `bytes` in all, each write rounded up to eight.
    fn begin(&mut self, device: &GpuDevice, bytes: u64) -> Result<(), GpuError> {
        self.used = 0;
        if let Some((buffer, pending)) = &mut self.buffer
            && buffer.size() >= bytes
        {
            return match pending.take() {
                Some(pending) => mapped(&pending),
                None => Ok(()),
            };
        }
        let buffer = device.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("upload"),
            size: bytes.next_multiple_of(4096),
            usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: true,
        });
        self.buffer = Some((buffer, None));
        Ok(())
    }

    fn write(&mut self, encoder: &mut wgpu::CommandEncoder, to: &wgpu::Buffer, data: &[u8]) -> Result<(), GpuError> {
        let Some((buffer, _)) = self.buffer.as_ref().filter(|_| !data.is_empty()) else {
            return Ok(());
        };
        let (start, bytes) = (self.used, data.len() as u64);
        buffer.get_mapped_range_mut(start..start + bytes).map_err(|e| unreachable_memory(&e))?.copy_from_slice(data);
        encoder.copy_buffer_to_buffer(buffer, start, to, 0, bytes);
        self.used = (start + bytes).next_multiple_of(wgpu::MAP_ALIGNMENT);
        self.total += bytes;
        Ok(())
    }

    /// Asks for the memory back once the submission is done.
    pub(super) fn recall(&mut self) {
        if let Some((buffer, pending)) = &mut self.buffer {
            *pending = Some(map(buffer, wgpu::MapMode::Write, buffer.size()));
        }
    }

    /// Forgets memory that is in an unknown state after a failure.
    pub(super) fn abandon(&mut self) {
        self.buffer = None;
    }
}

/// Copies from GPU to host.
#[derive(Default)]
pub(super) struct Download {
    buffer: Option<wgpu::Buffer>,
    /// Bytes read since this was made.
    pub(super) total: u64,
}

impl Download {
    /// Has `encoder` copy the first `bytes` of `from`, a multiple of four.
    pub(super) fn copy(
        &mut self,
        device: &GpuDevice,
        encoder: &mut wgpu::CommandEncoder,
        from: &wgpu::Buffer,
        bytes: u64,
    ) {
        let buffer = self.room(device, bytes);
        encoder.copy_buffer_to_buffer(from, 0, &buffer, 0, bytes);
        self.buffer = Some(buffer);
    }

    /// Has `encoder` copy parts of buffers, each of a multiple of four bytes, one after the other; returns their sum.
    pub(super) fn copy_parts(
        &mut self,
        device: &GpuDevice,
        encoder: &mut wgpu::CommandEncoder,
        parts: &[(&wgpu::Buffer, u64, u64)],
    ) -> u64 {
        let all = parts.iter().map(|(_, _, bytes)| bytes).sum();
        let buffer = self.room(device, all);
        let mut at = 0;
        for (from, offset, bytes) in parts {
            encoder.copy_buffer_to_buffer(from, *offset, &buffer, at, *bytes);
            at += bytes;
        }
        self.buffer = Some(buffer);
        all
    }

    fn room(&mut self, device: &GpuDevice, bytes: u64) -> wgpu::Buffer {
        self.buffer.take().filter(|buffer| buffer.size() >= bytes).unwrap_or_else(|| {
            device.device().create_buffer(&wgpu::BufferDescriptor {
                label: Some("download"),
                size: bytes.next_multiple_of(4096),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })
    }

    /// Waits for `submission` and hands the `bytes` that it copied to `read`.
    pub(super) fn read(
        &mut self,
        device: &GpuDevice,
        submission: wgpu::SubmissionIndex,
        bytes: u64,
        read: impl FnOnce(&[u8]),
    ) -> Result<(), GpuError> {
        let Some(buffer) = &self.buffer else {
            return Ok(());
        };
        let pending = map(buffer, wgpu::MapMode::Read, bytes);
        device.wait(submission)?;
        mapped(&pending)?;
        read(&buffer.get_mapped_range(0..bytes).map_err(|e| unreachable_memory(&e))?);
        buffer.unmap();
        self.total += bytes;
        Ok(())
    }

    /// Forgets memory that is in an unknown state after a failure.
    pub(super) fn abandon(&mut self) {
        self.buffer = None;
    }
}

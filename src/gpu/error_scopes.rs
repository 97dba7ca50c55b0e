//! What goes wrong on the device while one thing is made.

use super::GpuError;

/// Does `work`; what goes wrong on the device meanwhile is an error of this work and no failure of the device. Only
/// calls of this thread are watched: another that works for it needs scopes of its own.
///
/// # Errors
/// [`GpuError`]: all that the device said, then what `work` failed with.
pub(crate) fn with_error_scopes<T>(
    device: &wgpu::Device,
    work: impl FnOnce() -> Result<T, GpuError>,
) -> Result<T, GpuError> {
    let filters = [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Validation];
    let scopes = filters.map(|filter| device.push_error_scope(filter));
    let done = work();
    let errors = scopes.into_iter().rev().filter_map(|scope| pollster::block_on(scope.pop()));
    let mut errors: Vec<_> = errors.map(|error| error.to_string()).collect();
    match done {
        Ok(done) if errors.is_empty() => return Ok(done),
        Ok(_) => {}
        Err(GpuError(error)) => errors.push(error),
    }
    Err(GpuError(errors.join("; ")))
}

//! Moves the weights against their gradients: [`Optimiser`], by the rate of a [`Schedule`].
//!
//! There are two twins of the same arithmetic. On the processor [`StepDevice::Host`] goes over weights, gradients and
//! state once, in place, on every core; elsewhere [`StepDevice::Device`] stays on the device with tensor operations.
//! Neither depends on the number of threads: a run repeats itself bit for bit.

mod device;
mod host;
mod optimiser;
mod schedule;
mod settings;

pub use optimiser::{OptimiseError, Optimiser, StepDevice, StepReport, gradients};
pub use schedule::{Course, Schedule};
pub use settings::{Kind, OptimiserSettings};

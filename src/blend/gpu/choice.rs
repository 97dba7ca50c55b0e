//! CPU or GPU: what was asked for, or what is faster here.

use std::time::Duration;

use super::trial::trial;
use super::{AdapterInfo, GpuBlender, GpuDevice, Selection};
use crate::blend::{BlendError, Blender, CpuBlender};

/// What blends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Preference {
    /// The CPU, whatever GPU there is.
    Cpu,
    /// This GPU, or an error.
    Gpu(Selection),
    /// A hardware GPU where there is one; else the faster of the CPU and a software adapter.
    #[default]
    Auto,
}

/// What was chosen: hands a blender to each worker.
pub struct Backend {
    device: Option<GpuDevice>,
    description: String,
}

impl Backend {
    /// Chooses. Only a software adapter is timed, which takes about a third of a second; where the CPU wins, the
    /// device is closed again.
    ///
    /// # Errors
    /// [`BlendError::Gpu`] where a GPU was asked for by [`Preference::Gpu`] and cannot be used.
    pub fn choose(preference: &Preference) -> Result<Self, BlendError> {
        match preference {
            Preference::Cpu => Ok(Self::cpu("blending on the CPU, as asked".to_owned())),
            Preference::Gpu(selection) => {
                let device = GpuDevice::shared(selection)?;
                let description = format!("blending on {}, as asked", device.info());
                Ok(Self { device: Some(device), description })
            }
            Preference::Auto => Ok(Self::automatic()),
        }
    }

    fn cpu(description: String) -> Self {
        Self { device: None, description }
    }

    fn automatic() -> Self {
        // A network that looks for a GPU on its own finds the same.
        let device = match GpuDevice::shared(&Selection::Auto) {
            Ok(device) => device,
            Err(e) => return Self::cpu(format!("blending on the CPU: {e}")),
        };
        if !device.info().is_software() {
            let description = format!("blending on {}", device.info());
            return Self { device: Some(device), description };
        }
        let timed = trial(&mut CpuBlender::default(), None).and_then(|cpu| {
            let mut blender = GpuBlender::new(&device)?;
            Ok((trial(&mut blender, Some(cpu))?, cpu))
        });
        match timed {
            Ok((gpu, cpu)) => {
                let description = verdict(device.info(), gpu, cpu);
                Self { device: (gpu < cpu).then_some(device), description }
            }
            Err(e) => Self::cpu(format!("blending on the CPU: {} failed its trial: {e}", device.info())),
        }
    }

    /// A blender for one worker.
    ///
    /// # Errors
    /// [`BlendError::Gpu`] where the device has failed meanwhile.
    pub fn blender(&self) -> Result<Box<dyn Blender>, BlendError> {
        Ok(match &self.device {
            Some(device) => Box::new(GpuBlender::new(device)?),
            None => Box::new(CpuBlender::default()),
        })
    }

    /// The open GPU, where one blends.
    pub fn device(&self) -> Option<&GpuDevice> {
        self.device.as_ref()
    }

    /// One line for the log: what blends, and why.
    pub fn description(&self) -> &str {
        &self.description
    }
}

fn verdict(info: &AdapterInfo, gpu: Duration, cpu: Duration) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (gpu_ms, cpu_ms) = (ms(gpu), ms(cpu));
    if gpu < cpu {
        format!(
            "blending on {info}, a software adapter that takes {gpu_ms:.1} ms a face where the CPU takes {cpu_ms:.1} ms"
        )
    } else {
        format!(
            "blending on the CPU, {cpu_ms:.1} ms a face; the only adapter, {info}, is software and takes {gpu_ms:.1} ms"
        )
    }
}

//! The network on the device that also blends: the crop is put into its memory there, and its pictures are taken from it.

use std::sync::Arc;

use burn::backend::wgpu::{AutoCompiler, CubeTensor, Wgpu};
use burn::tensor::Tensor;
use cubecl::server::BufferBinding;
use cubecl::wgpu::WgpuServer;

use super::guarded;
use super::network::BurnNetwork;
use crate::blend::BlendSettings;
use crate::blend::gpu::GpuDevice;
use crate::swap::EngineError;

/// Where a tensor lies on the GPU: as many 32-bit floats as it has, one after the other.
#[derive(Debug, Clone)]
pub struct Place {
    /// The buffer, which holds others too.
    pub buffer: wgpu::Buffer,
    /// Its first byte.
    pub offset: u64,
    /// What is bound is neither moved nor given to others.
    _bound: BufferBinding,
}

/// A network that reads its crop from, and leaves its pictures in, the memory of a GPU.
#[derive(Debug)]
pub struct GpuNetwork {
    network: Arc<BurnNetwork>,
    gpu: GpuDevice,
    /// Held here all along, so that burn does not write its results into it.
    input: Tensor<1>,
    crop: Place,
}

/// What the network drew, as long as this lives: blue, green, red or one channel, 0..1, by pixels.
#[derive(Debug)]
pub struct Drawn {
    /// Mask of the driver's face.
    pub driver_mask: Place,
    /// The generated face.
    pub face: Place,
    /// Its mask.
    pub face_mask: Place,
    /// The bytes of a [`Told`].
    pub told: Place,
    _held: [Tensor<1>; 4],
}

/// What must be known of the pictures before a frame may leave.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Told {
    /// Part of the crop that both masks cover together, 0..1.
    both: f32,
    /// That the driver's mask covers.
    driver: f32,
    /// That the generated mask covers.
    generated: f32,
    /// Sum of everything; not a number or infinite as soon as one value is.
    sum: f32,
}

impl Told {
    /// Whether the network gave numbers.
    pub fn is_finite(&self) -> bool {
        [self.both, self.driver, self.generated, self.sum].iter().all(|value| value.is_finite())
    }

    /// Part of the crop that the masks in use cover, 0..1; 1 where none is used.
    pub fn masked(&self, settings: &BlendSettings) -> f32 {
        match (settings.driver_mask, settings.generated_mask) {
            (true, true) => self.both,
            (true, false) => self.driver,
            (false, true) => self.generated,
            (false, false) => 1.0,
        }
    }
}

impl GpuNetwork {
    /// Room for a crop beside a network that is on `gpu` already.
    pub(super) fn new(network: &Arc<BurnNetwork>, gpu: &GpuDevice) -> Result<Self, EngineError> {
        let pixels = network.contract.resolution * network.contract.resolution;
        let (input, crop) = guarded(|| {
            let input = Tensor::zeros([pixels * 3], &network.device);
            let crop = place(&input)?;
            Some((input, crop))
        })?;
        Ok(Self { network: Arc::clone(network), gpu: gpu.clone(), input, crop })
    }

    /// The device that it is on.
    pub fn gpu(&self) -> &GpuDevice {
        &self.gpu
    }

    /// Side of the crop in pixels.
    pub fn resolution(&self) -> usize {
        self.network.contract.resolution
    }

    /// Where the crop is to be put: blue, green, red, 0..1, by pixels. Copies to it must have been submitted to the
    /// device's queue before [`GpuNetwork::run`].
    pub fn crop(&self) -> &Place {
        &self.crop
    }

    /// Submits the network's work; nothing is waited for. `morph` (0..1) is used by models that have it.
    ///
    /// # Errors
    /// [`EngineError::Run`] where the device is lost or full.
    pub fn run(&mut self, morph: f32) -> Result<Drawn, EngineError> {
        guarded(|| {
            let outputs = self.network.compute(self.input.clone(), morph.clamp(0.0, 1.0))?;
            let sum = outputs.iter().cloned().map(Tensor::sum).reduce(|a, b| a + b)?;
            let [driver_mask, face, face_mask] = outputs.map(|output| output.clamp(0.0, 1.0));
            let both = (driver_mask.clone() * face_mask.clone()).mean();
            let told = Tensor::cat(vec![both, driver_mask.clone().mean(), face_mask.clone().mean(), sum], 0);
            let held = [driver_mask, face, face_mask, told];
            let [driver_mask, face, face_mask, told] = held.each_ref().map(place);
            Some(Drawn { driver_mask: driver_mask?, face: face?, face_mask: face_mask?, told: told?, _held: held })
        })
    }
}

/// Submits what a tensor still waits for, and says where it lies and stays.
fn place(tensor: &Tensor<1>) -> Option<Place> {
    let tensor: CubeTensor = tensor.clone().try_into_primitive::<Wgpu>().ok()?;
    let bound = tensor.handle.clone().binding();
    let resource = tensor.client.get_resource::<WgpuServer<AutoCompiler>>(tensor.handle).ok()?;
    let memory = resource.resource();
    Some(Place { buffer: memory.buffer.clone(), offset: memory.offset, _bound: bound })
}

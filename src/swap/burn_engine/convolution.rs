//! The convolution of `shaders/network/convolution.wgsl` among burn's own operations.

use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::tensor::{DType, Device, Tensor};
use cubecl::ir::attributes::BufferIOAttr;
use cubecl::ir::metadata::Info;
use cubecl::ir::{ElemType, Scope, UIntKind};
use cubecl::prelude::{
    AddressType, CubeCount, CubeDim, ExecutionMode, KernelDefinition, KernelId, KernelMetadata, KernelSettings,
};
use cubecl::server::KernelArguments;
use cubecl::{CubeKernel, PrecompiledSource};

use super::precision::Precision;
use crate::swap::convolution::Convolution;
use crate::swap::passes::convolution::{CHANNELS, LANES, arranged, groups, source};

/// A convolution whose weights are on the GPU.
#[derive(Debug)]
pub struct Filter {
    shape: Convolution,
    weights: Tensor<1>,
    bias: Tensor<1>,
}

/// The shader for one shape.
struct Shader {
    shape: Convolution,
    half: bool,
}

impl Filter {
    /// Puts weights (O × C × K × L) and bias (O values or none) on `device`, which is a GPU.
    pub fn new(shape: Convolution, weights: &[f32], bias: &[f32], precision: Precision, device: &Device) -> Self {
        let upload = |values| precision.upload(values, device);
        let mut padded = bias.to_vec();
        padded.resize(shape.output[0].next_multiple_of(CHANNELS), 0.0);
        Self { shape, weights: upload(arranged(&shape, weights)), bias: upload(padded) }
    }

    /// The result for one picture, C × H × W; none where the picture is not on a GPU.
    pub fn run(&self, picture: Tensor<1>) -> Option<Tensor<1>> {
        let [out, height, width] = self.shape.output;
        let result: Tensor<1> = Tensor::empty([out * height * width], (&picture.device(), picture.dtype()));
        let half = picture.dtype() == DType::F16;
        let [picture, weights, bias, into] = [picture, self.weights.clone(), self.bias.clone(), result.clone()]
            .map(|tensor| tensor.try_into_primitive::<Wgpu>().ok());
        let (picture, weights, bias, into): (CubeTensor, CubeTensor, CubeTensor, CubeTensor) =
            (picture?, weights?, bias?, into?);
        let [blocks, channels] = groups(&self.shape);
        let count = CubeCount::Static(blocks as u32, channels as u32, 1);
        let client = picture.client.clone();
        // A launch that fails must spoil the result only: the weights are every frame's.
        let arguments = [
            (picture, BufferIOAttr::ReadOnly),
            (weights, BufferIOAttr::ReadOnly),
            (bias, BufferIOAttr::ReadOnly),
            (into, BufferIOAttr::WriteOnly),
        ]
        .into_iter()
        .fold(KernelArguments::new(), |all, (tensor, io)| all.with_buffer_io(tensor.handle.binding(), io));
        let shader = Box::new(Shader { shape: self.shape, half });
        client.launch(shader, count, arguments);
        Some(result)
    }
}

impl KernelMetadata for Shader {
    fn id(&self) -> KernelId {
        // Every access is checked by the shader itself, and its one loop ends.
        KernelId::new::<Self>().info((self.shape, self.half)).mode(ExecutionMode::Unchecked)
    }

    fn address_type(&self) -> ElemType {
        UIntKind::U32.into()
    }
}

impl CubeKernel for Shader {
    fn define(&self) -> KernelDefinition {
        let lanes = CubeDim::new_1d(LANES as u32);
        let settings = KernelSettings::new(lanes.0, ExecutionMode::Unchecked, AddressType::U32);
        KernelDefinition { body: Scope::root(settings.clone()), settings, info: Info::default() }
    }

    fn source(&self) -> Option<PrecompiledSource> {
        let (source, entrypoint_name) = (source(&self.shape, self.half), "convolution".to_owned());
        Some(PrecompiledSource { source, entrypoint_name, lang: "wgsl" })
    }
}

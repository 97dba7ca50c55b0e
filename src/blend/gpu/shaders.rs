//! The shaders' texts, each joined with what it imports.

use std::borrow::Cow;

const PARAMS: &str = include_str!("../../../shaders/shared/params.wgsl");
const PLANES: &str = include_str!("../../../shaders/shared/planes.wgsl");
const COLOUR: &str = include_str!("../../../shaders/shared/colour.wgsl");
const PICTURE: &str = include_str!("../../../shaders/shared/picture.wgsl");

/// One pass's module: the parts, in order, are one WGSL text.
#[derive(Debug, Clone, Copy)]
pub struct Shader {
    /// The pass, and the file in `shaders/`.
    pub name: &'static str,
    /// The shared parts that it imports, and the pass itself.
    pub parts: &'static [&'static str],
}

impl Shader {
    /// The module's text.
    pub fn source(&self) -> String {
        self.parts.concat()
    }

    pub(super) fn compile(&self, device: &wgpu::Device) -> wgpu::ShaderModule {
        device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(self.name),
            source: wgpu::ShaderSource::Wgsl(Cow::Owned(self.source())),
        })
    }
}

macro_rules! shader {
    ($name:literal, $($part:expr),+) => {
        Shader { name: $name, parts: &[$($part,)+ include_str!(concat!("../../../shaders/", $name, ".wgsl"))] }
    };
}

/// Frame to crop.
pub const CROP: Shader = shader!("crop", PARAMS, PLANES);
/// The masks' product.
pub const MASK: Shader = shader!("mask", PARAMS, PICTURE);
/// The mask's minimum over a square.
pub const ERODE: Shader = shader!("erode", PARAMS);
/// The mask's Gaussian.
pub const FEATHER: Shader = shader!("feather", PARAMS);
/// The generated face at its place.
pub const PLACE: Shader = shader!("place", PARAMS, PICTURE);
/// How much the mask covers.
pub const COVERED: Shader = shader!("covered", PARAMS);
/// Mean and deviation under the mask.
pub const STATISTICS: Shader = shader!("statistics", PARAMS, COLOUR);
/// The generated face's colours.
pub const TRANSFER: Shader = shader!("transfer", PARAMS, COLOUR);
/// The layer into the frame.
pub const COMPOSITE: Shader = shader!("composite", PARAMS, PICTURE, PLANES);

/// Every pass, in the order in which a blend runs them.
pub const ALL: [Shader; 9] = [CROP, MASK, ERODE, FEATHER, PLACE, COVERED, STATISTICS, TRANSFER, COMPOSITE];

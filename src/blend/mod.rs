//! From the crop to the finished frame, over the face's region of the native planes only.
//!
//! A blend is these passes, in this order; each is a module with the CPU's code and a shader of the same name in
//! `shaders/`. R is the model's resolution.
//!
//! 1. `crop`: crop pixel (i, j) is the mean of n×n taps ([`plan::taps`]) evenly spread over its square. A tap is a
//!    bilinear sample of each component, edge samples repeated; chroma samples lie in the middle of the pixels that share
//!    them, and shared chroma takes [`plan::chroma_taps`] taps an axis. The mean of the code values becomes
//!    RGB (clamped to 0..1), stored blue, green, red. Taps outside the frame are black.
//! 2. `mask`: driver mask × generated mask × inside of the hull, as far as the settings ask, × how visible the driver's face
//!    is ([`mask::hide`]). The generated face and its
//!    mask lie at [`BlendSettings::to_generated`] (bilinear, edge samples repeated; the mask is 0 outside the unit square). A
//!    pixel is inside the hull where its centre is, edges included; fewer than three corners are no hull.
//! 3. `erode`: minimum over a square of radius [`plan::Filters::erode`] (maximum where negative), rows then columns;
//!    what lies outside the crop does not count. Then the ring of [`plan::Filters::border`] pixels is set to 0.
//! 4. `feather`: Gaussian, rows then columns, 0 outside the crop; values under 1/255 become 0.
//!    Where what is left covers less of the crop than is asked for ([`covered`]), the frame keeps its bits.
//! 5. `statistics`: mean and standard deviation, in the space of the [`ColorTransfer`], of the driver's crop and of the
//!    generated face where it lies, clamped to 0..1 and not yet sharpened. Weights are the mask times how far a pixel is
//!    skin in both ([`skin`]). Where they sum to less than [`plan::LEAST_WEIGHT`] nothing is measured. What is measured is
//!    mixed with what was in earlier frames ([`Earlier`]); where there is neither, nothing is transferred.
//! 6. `transfer`: sharpen (`face + s·(face − G)`, G by [`plan::SHARPEN_KERNEL`], rows then columns, edge samples
//!    repeated, clamped to 0..1), colour transfer ([`transfer::Transfer`]; clamped to 0..1), gamma; gives the layer: R×R
//!    pixels of red, green, blue, mask. A generated pixel with NaN takes the driver's colour and mask 0.
//! 7. `composite`: for each frame pixel of the region the layer is sampled bilinearly at the pixel's centre, edge
//!    samples repeated, and `out = frame + m·(face − frame)` with m = mask·opacity (0 outside the crop's unit square),
//!    in code values, rounded to the nearest. A shared chroma sample is the mean of this over the pixels that share it.
//!    Where m is 0 the frame keeps its bits.
//!
//! All of it is in the signal's own transfer. A frame of ten bits, of BT.2020's primaries, of HLG or PQ is cut, drawn
//! and blended in its own R'G'B' values: nothing is mapped to the range that networks were trained on, and what lies
//! outside the face keeps every bit and its colorimetry. The network is shown a flatter, paler picture than of an
//! sRGB camera; the colour transfer brings what it draws to the driver's values. Of a face drawn as in BT.709
//! whatever the network is shown, the light is this many times the driver's (`tests/blend_hdr.rs`, skin at 203 cd/m²
//! white): HLG 1.34 without a transfer, 1.16 by `soft-gain`, 1.01 by `gain`, 0.99 by `lab`; PQ 3.56, 2.18, 1.37 and
//! 1.01. Where a gain is asked for, frames of HLG and PQ are given `lab` ([`ColorTransfer::within`]).

mod colours;
pub mod composite;
mod conceal;
pub mod covered;
mod cpu;
pub mod crop;
pub mod erode;
pub mod feather;
pub mod gpu;
pub mod lab;
pub mod label;
pub mod letters;
pub mod linear;
pub mod mask;
pub mod place;
pub mod plan;
pub mod planes;
mod request;
mod settings;
pub mod sharpen;
pub mod skin;
pub mod space;
pub mod statistics;
pub mod transfer;

pub use colours::{Colours, Earlier};
pub use conceal::{conceal, conceal_all};
pub use cpu::CpuBlender;
pub use label::Label;
pub use request::{BlendRequest, Blended};
pub use settings::{BlendSettings, ColorTransfer, REFERENCE_CROP};

use crate::frame::{Frame, FrameMut};
use crate::geometry::Similarity;
use crate::gpu::GpuError;
use crate::swap::Generated;

/// A pass that could not run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlendError {
    /// The GPU was lost, ran out of memory, or refused a pass.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The network, where it runs on the device that blends, gave NaN or an infinity.
    #[error("the swap network gave a value that is not a number")]
    NotFinite,
    /// A picture or mask does not have the size that its resolution says.
    #[error("{what} has {len} values; a crop of {resolution} pixels needs {needed}")]
    Size {
        /// Which picture.
        what: &'static str,
        /// Values it has.
        len: usize,
        /// Side of the crop.
        resolution: usize,
        /// Values it must have.
        needed: usize,
    },
}

/// Cuts crops out of frames and puts generated faces back. One blender serves one frame at a time.
///
/// `to_crop` maps frame pixels to the unit square of the crop: (0, 0) is the crop's top left corner, (1, 1) its bottom
/// right.
pub trait Blender: Send {
    /// Fills `crop` (`resolution`² pixels of blue, green, red, 0..1, interleaved) from the frame; black outside of it.
    ///
    /// # Errors
    /// [`BlendError`] where the device fails.
    fn crop(
        &mut self,
        frame: &Frame<'_>,
        to_crop: &Similarity,
        resolution: usize,
        crop: &mut [f32],
    ) -> Result<(), BlendError>;

    /// Puts the generated face into the frame: mask, erode, feather, colour transfer, composite. The frame is changed
    /// only where the mask covers as much as the request asks for.
    ///
    /// # Errors
    /// [`BlendError`] where the device fails; the frame is then as it was.
    fn composite(
        &mut self,
        frame: &mut FrameMut<'_>,
        generated: &Generated<'_>,
        request: &BlendRequest<'_>,
    ) -> Result<Blended, BlendError>;

    /// Whether its device is gone for good: another blender is needed.
    fn is_lost(&self) -> bool {
        false
    }
}

//! The uniform that every pass reads; field for field `Params` in `shaders/shared/params.wgsl`.

use super::packing::Packing;
use crate::blend::place::unit;
use crate::blend::plan::{self, Filters};
use crate::blend::{BlendSettings, ColorTransfer, Colours, Earlier};
use crate::frame::{Component, Layout, RgbToCodes, YuvToRgb};
use crate::geometry::Similarity;

/// Bits of [`Params::masks`].
const DRIVER_MASK: u32 = 1;
const GENERATED_MASK: u32 = 2;
const HULL_MASK: u32 = 4;
const VISIBLE_MASK: u32 = 8;

/// Sizes in pixels, offsets and strides in 32-bit words.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Params {
    frame_size: [u32; 2],
    packed_start: [u32; 2],
    packed_size: [u32; 2],
    resolution: u32,
    taps: u32,
    plane_offset: [u32; 4],
    plane_stride: [u32; 4],
    to_crop: [f32; 4],
    to_frame: [f32; 4],
    /// Whether components are luma and chroma.
    yuv: u32,
    masks: u32,
    hull_corners: u32,
    color_transfer: u32,
    /// black, y, rv, gu
    decode: [f32; 4],
    /// gv, bu, grey, white
    decode_more: [f32; 4],
    encode: [[f32; 4]; 3],
    /// Plane, first sample, samples from one to the next.
    components: [[u32; 4]; 3],
    /// Bytes of a sample, bits below its code, the largest code.
    sample: [u32; 4],
    /// Along which axes two pixels share a sample of chroma.
    chroma_halved: [u32; 2],
    chroma_taps: u32,
    planes: u32,
    /// Words of eight pixels, a plane.
    plane_block: [u32; 4],
    erode: i32,
    border: u32,
    radius: u32,
    opacity: f32,
    to_generated: [f32; 4],
    sharpen: f32,
    unused: [f32; 3],
    /// 1/gamma of red, green, blue.
    exponent: [f32; 4],
    /// Of earlier frames: mean and deviation of the driver, then of the face, each with one value of padding.
    earlier: [[f32; 4]; 4],
    earlier_share: f32,
    padding: [f32; 3],
}

fn four(s: &Similarity) -> [f32; 4] {
    [s.a, s.b, s.tx, s.ty]
}

impl Params {
    /// What `crop` and `composite` need to find their way between the packed planes and the crop.
    pub(super) fn of_frame(
        layout: &Layout,
        packing: &Packing,
        to_crop: &Similarity,
        to_frame: &Similarity,
        resolution: usize,
    ) -> Self {
        let (format, decode) = (layout.format, YuvToRgb::of(layout));
        let (components, depth, taps) = (format.components(), format.depth(), plan::taps(to_crop, resolution));
        let (across, down) = components[1].shared;
        let [p0, p1, p2] = packing.planes;
        let [b0, b1, b2] = packing.block_words().map(|words| words as u32);
        Self {
            frame_size: [layout.width as u32, layout.height as u32],
            packed_start: [packing.start.0 as u32, packing.start.1 as u32],
            packed_size: [packing.size.0 as u32, packing.size.1 as u32],
            resolution: resolution as u32,
            taps: taps as u32,
            plane_offset: [p0.offset as u32, p1.offset as u32, p2.offset as u32, 0],
            plane_stride: [p0.stride as u32, p1.stride as u32, p2.stride as u32, 0],
            to_crop: four(to_crop),
            to_frame: four(to_frame),
            yuv: format.is_yuv().into(),
            decode: [decode.black, decode.y, decode.rv, decode.gu],
            decode_more: [decode.gv, decode.bu, decode.grey, depth.most().into()],
            encode: RgbToCodes::of(layout).components,
            components: components
                .map(|Component { plane, first, step, .. }| [plane as u32, first as u32, step as u32, 0]),
            sample: [depth.bytes() as u32, depth.shift(), depth.most().into(), 0],
            chroma_halved: [across as u32 - 1, down as u32 - 1],
            chroma_taps: plan::chroma_taps(taps, format) as u32,
            planes: format.planes() as u32,
            plane_block: [b0, b1, b2, 0],
            ..Self::default()
        }
    }

    /// The same, where a map of the face's visibility follows the hull's corners.
    pub(super) fn with_visibility(self) -> Self {
        Self { masks: self.masks | VISIBLE_MASK, ..self }
    }

    /// The same, with what the passes from `mask` to `composite` need.
    pub(super) fn with_settings(
        self,
        settings: &BlendSettings,
        filters: &Filters,
        hull_corners: usize,
        earlier: Option<&Earlier>,
    ) -> Self {
        let earlier = earlier.filter(|earlier| settings.color_transfer.space() == Some(earlier.colours.space));
        let Earlier { colours: Colours { driver, face, .. }, share } = earlier.copied().unwrap_or_default();
        let padded = |[a, b, c]: [f32; 3]| [a, b, c, 0.0];
        let bit = |on: bool, bit: u32| if on { bit } else { 0 };
        let [r, g, b] = settings.gamma.map(|gamma| 1.0 / gamma);
        Self {
            masks: bit(settings.driver_mask, DRIVER_MASK)
                | bit(settings.generated_mask, GENERATED_MASK)
                | bit(settings.hull_mask, HULL_MASK),
            hull_corners: hull_corners as u32,
            color_transfer: match settings.color_transfer {
                ColorTransfer::None => 0,
                ColorTransfer::SoftGain => 1,
                ColorTransfer::Gain => 2,
                ColorTransfer::Lab => 3,
            },
            erode: filters.erode,
            border: filters.border as u32,
            radius: filters.radius as u32,
            opacity: unit(settings.opacity),
            to_generated: four(&settings.to_generated()),
            sharpen: settings.sharpen,
            exponent: [r, g, b, 1.0],
            earlier: [driver.mean, driver.deviation, face.mean, face.deviation].map(padded),
            earlier_share: share,
            ..self
        }
    }
}

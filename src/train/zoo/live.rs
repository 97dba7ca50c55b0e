//! `live`: made for live video on a processor, and the default.
//!
//! What it costs is spent where a picture is small: the decoder works at half resolution and below, with residual
//! blocks up to a quarter; face and mask share it but for their heads; the mask of the driver's face is read off the
//! code by a head of its own instead of a second decoder.

use super::blocks::{code, down, head_at, residual, up};
use super::{Blueprint, BlueprintError, Decoder, Inter, Layer, preset::Dimensions};

/// Resolutions are multiples of this.
pub(super) const MULTIPLE: usize = 32;

/// `e` is the width of the encoder's first layer, `d` of the decoder's last; `ae` the length of the code.
pub(super) fn blueprint(dimensions: &Dimensions) -> Result<Blueprint, BlueprintError> {
    let &Dimensions { resolution, ae, e, d, .. } = dimensions;
    let side = resolution / MULTIPLE;
    let slope = Layer::LeakyRelu { slope: super::blocks::SLOPE };
    let mut encoder = down(e, 5, &slope);
    for width in [e * 2, e * 4, e * 8, e * 8] {
        encoder.extend(down(width, 3, &slope));
    }
    encoder.push(Layer::Flatten);
    let mut inter = code(ae, ae / 2, side);
    inter.extend(up(d * 6, &slope));
    let mut trunk = residual(d * 6);
    for width in [d * 4, d * 2] {
        trunk.extend(up(width, &slope));
        trunk.extend(residual(width));
    }
    let mut face = up(d, &slope);
    face.extend(head_at(3, 3, 1));
    Ok(Blueprint {
        family: "live".to_owned(),
        resolution,
        encoder,
        inter: Inter::Shared(inter),
        decoder: Decoder { trunk, face, mask: head_at(1, 3, 2) },
        driver_mask: Some(head_at(1, 3, 4)),
        people: dimensions.people,
        subject: dimensions.subject,
    })
}

//! `dfaker`: sees the crop at half its resolution and paints it at the whole: 64 px in, 128 px out, with a mask.

use super::blocks::{SLOPE, code, down, head, residual, up};
use super::{Blueprint, BlueprintError, Decoder, Inter, Layer, preset::Dimensions};

/// Resolutions are multiples of this.
pub(super) const MULTIPLE: usize = 32;

/// As [`original`](super::original), with one more doubling and residual blocks.
pub(super) fn blueprint(dimensions: &Dimensions) -> Result<Blueprint, BlueprintError> {
    let &Dimensions { resolution, ae, e, d, d_mask, .. } = dimensions;
    let slope = Layer::LeakyRelu { slope: SLOPE };
    let mut encoder = vec![Layer::Halve];
    encoder.extend([e, e * 2, e * 4, e * 8].iter().flat_map(|&width| down(width, 5, &slope)));
    encoder.push(Layer::Flatten);
    let mut inter = code(ae, e * 8, resolution / MULTIPLE);
    inter.extend(up(d * 8, &slope));
    let mut face = up(d * 8, &slope);
    face.extend(residual(d * 8));
    for width in [d * 4, d * 2] {
        face.extend(up(width, &slope));
        face.extend(residual(width));
    }
    face.extend(up(d, &slope));
    face.extend(head(3, 5));
    let widths = [d_mask * 8, d_mask * 4, d_mask * 2, d_mask];
    let mut mask: Vec<Layer> = widths.iter().flat_map(|&width| up(width, &slope)).collect();
    mask.extend(head(1, 5));
    Ok(Blueprint {
        family: "dfaker".to_owned(),
        resolution,
        encoder,
        inter: Inter::Shared(inter),
        decoder: Decoder { trunk: Vec::new(), face, mask },
        driver_mask: None,
        people: dimensions.people,
        subject: dimensions.subject,
    })
}

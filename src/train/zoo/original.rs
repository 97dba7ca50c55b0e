//! `original`: the 64 px model with two decoders that the field began with.

use super::blocks::{SLOPE, code, down, head, up};
use super::{Blueprint, BlueprintError, Decoder, Inter, Layer, preset::Dimensions};

/// Resolutions are multiples of this.
pub(super) const MULTIPLE: usize = 16;

/// `e` is the width of the encoder's first layer, `ae` the length of the code, `d` the width of the decoder's last
/// layer, `d_mask` that of the mask's.
pub(super) fn blueprint(dimensions: &Dimensions) -> Result<Blueprint, BlueprintError> {
    let &Dimensions { resolution, ae, e, d, d_mask, .. } = dimensions;
    let slope = Layer::LeakyRelu { slope: SLOPE };
    let mut encoder: Vec<Layer> = [e, e * 2, e * 4, e * 8].iter().flat_map(|&width| down(width, 5, &slope)).collect();
    encoder.push(Layer::Flatten);
    let mut inter = code(ae, e * 8, resolution / MULTIPLE);
    inter.extend(up(d * 8, &slope));
    let branch = |d: usize, out: usize| {
        let mut layers: Vec<Layer> = [d * 4, d * 2, d].iter().flat_map(|&width| up(width, &slope)).collect();
        layers.extend(head(out, 5));
        layers
    };
    Ok(Blueprint {
        family: "original".to_owned(),
        resolution,
        encoder,
        inter: Inter::Shared(inter),
        decoder: Decoder { trunk: Vec::new(), face: branch(d, 3), mask: branch(d_mask, 1) },
        driver_mask: None,
        people: dimensions.people,
        subject: dimensions.subject,
    })
}

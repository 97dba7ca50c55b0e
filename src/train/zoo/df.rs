//! `df`: shared encoder and code, a decoder for each side; and what `liae` takes over from it.
//!
//! Options, as the field writes them: `-u` normalises the code, `-d` decodes at half resolution and doubles it in the
//! last convolution, `-t` is deeper: one more halving and residual blocks in the encoder, one more doubling in the
//! decoder instead of the one in between. `-c` takes `x · cos x` for the leaky ReLU.

use super::blocks::{SLOPE, code, down, head, head_at, residual, up};
use super::{Blueprint, BlueprintError, Decoder, Inter, Layer, preset::Dimensions};

pub(super) fn blueprint(dimensions: &Dimensions) -> Result<Blueprint, BlueprintError> {
    let inter = inter(dimensions, dimensions.ae);
    Ok(Blueprint {
        family: "df".to_owned(),
        resolution: dimensions.resolution,
        encoder: encoder(dimensions),
        inter: Inter::Shared(inter),
        decoder: decoder(dimensions),
        driver_mask: None,
        people: dimensions.people,
        subject: dimensions.subject,
    })
}

/// What resolutions must be multiples of.
pub(super) fn multiple(dimensions: &Dimensions) -> usize {
    if dimensions.options.double || dimensions.options.deep { 32 } else { 16 }
}

pub(super) fn activation(dimensions: &Dimensions) -> Layer {
    if dimensions.options.cosine { Layer::Cosine } else { Layer::LeakyRelu { slope: SLOPE } }
}

pub(super) fn encoder(dimensions: &Dimensions) -> Vec<Layer> {
    let (e, activation) = (dimensions.e, activation(dimensions));
    let mut layers = down(e, 5, &activation);
    if dimensions.options.deep {
        layers.extend(residual(e));
    }
    for width in [e * 2, e * 4, e * 8] {
        layers.extend(down(width, 5, &activation));
    }
    if dimensions.options.deep {
        layers.extend(down(e * 8, 5, &activation));
        layers.extend(residual(e * 8));
    }
    layers.push(Layer::Flatten);
    if dimensions.options.unit {
        layers.push(Layer::PixelNorm);
    }
    layers
}

/// Dense layers to a picture of `channels`.
pub(super) fn inter(dimensions: &Dimensions, channels: usize) -> Vec<Layer> {
    let side = dimensions.resolution / if dimensions.options.double { 32 } else { 16 };
    let mut layers = code(dimensions.ae, channels, side);
    if !dimensions.options.deep {
        layers.extend(up(channels, &activation(dimensions)));
    }
    layers
}

pub(super) fn decoder(dimensions: &Dimensions) -> Decoder {
    let &Dimensions { d, d_mask, ref options, .. } = dimensions;
    let activation = activation(dimensions);
    let widths = |d: usize| if options.deep { vec![d * 8, d * 8, d * 4, d * 2] } else { vec![d * 8, d * 4, d * 2] };
    let mut face = Vec::new();
    for width in widths(d) {
        face.extend(up(width, &activation));
        face.extend(residual(width));
    }
    face.extend(if options.double { head_at(3, 3, 1) } else { head(3, 1) });
    let mut mask: Vec<Layer> = widths(d_mask).iter().flat_map(|&width| up(width, &activation)).collect();
    if options.double {
        mask.extend(up(d_mask, &activation));
    }
    mask.extend(head(1, 1));
    Decoder { trunk: Vec::new(), face, mask }
}

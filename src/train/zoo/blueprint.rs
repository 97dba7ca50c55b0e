//! A whole model as data.

use super::{Layer, Shape};

/// A model: shared encoder, what lies between, decoders.
///
/// With [`Inter::Shared`] each side has a decoder of its own (parameters `decoder_a.…`, `decoder_b.…`); with
/// [`Inter::Split`] one decoder (`decoder.…`) serves both, and the code says whose face it is; with
/// [`Blueprint::people`] one decoder (`decoder.…`) serves everybody, and each person has gains and biases of its own,
/// but for a [`Blueprint::subject`], who has a decoder (`decoder_b.…`) beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// Family, such as `df`.
    pub family: String,
    /// Side of the crop that goes in and of the face that comes out, in px.
    pub resolution: usize,
    /// Crop `[3, resolution, resolution]` (blue, green, red, 0..1) to a vector or picture.
    pub encoder: Vec<Layer>,
    /// What lies between encoder and decoder.
    pub inter: Inter,
    /// Code to face and mask.
    pub decoder: Decoder,
    /// Head on the code of [`Inter::Shared`] (`driver_mask.…`) that gives the mask of the face that went in, 1 channel
    /// 0..1 at `resolution`; without one, decoder A's mask is taken.
    pub driver_mask: Option<Vec<Layer>>,
    /// People whom the one decoder of a base can draw; 0 for a model of two sides. Each convolution of the decoder
    /// then has a bias `[people, out]` and a gain `[people, out]` on its weight's output channels, one row a person
    /// (after T. Karras et al., "Analyzing and improving the image quality of StyleGAN", CVPR 2020, without the
    /// demodulation).
    pub people: usize,
    /// Whether a subject has a decoder of their own beside the people's.
    pub subject: bool,
}

/// What lies between encoder and decoder.
#[derive(Debug, Clone, PartialEq)]
pub enum Inter {
    /// `inter.…`: one for both sides.
    Shared(Vec<Layer>),
    /// `inter_ab.…` for both sides and `inter_a.…` for the driver's side only, of the same layers; the decoder gets
    /// their pictures joined along channels: `[inter_a(x), inter_ab(x)]` for side A, `[inter_ab(x), inter_ab(x)]` for
    /// side B and for the swap.
    Split(Vec<Layer>),
}

/// Code to face and mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoder {
    /// `….trunk.…`: what face and mask have in common; may be empty.
    pub trunk: Vec<Layer>,
    /// `….face.…`: to 3 channels (blue, green, red, 0..1) at `resolution`.
    pub face: Vec<Layer>,
    /// `….mask.…`: to 1 channel 0..1 at `resolution`.
    pub mask: Vec<Layer>,
}

/// A parameter that a blueprint asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterShape {
    /// Part, place in it and kind: `encoder.2.weight`, or `decoder_b.trunk.3.0.bias` inside a [`Layer::Residual`].
    pub name: String,
    /// As [`Parameter::shape`](crate::train::weights::Parameter::shape).
    pub shape: Vec<usize>,
}

/// A blueprint whose layers do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlueprintError {
    /// A layer that cannot take what comes in.
    #[error("{part}: {layer} cannot follow {shape:?}")]
    Misfit {
        /// Where.
        part: String,
        /// The layer.
        layer: String,
        /// What comes in.
        shape: Shape,
    },
    /// The end is not what it must be.
    #[error("{part} gives {found:?}, but must give {expected:?}")]
    End {
        /// Where.
        part: String,
        /// What it gives.
        found: Shape,
        /// What it must give.
        expected: Shape,
    },
    /// A dimension that the family cannot have.
    #[error("resolution {resolution} is no multiple of {multiple}, which {family} needs; take {lower} or {upper}")]
    Resolution {
        /// Asked for.
        resolution: usize,
        /// What it must be a multiple of.
        multiple: usize,
        /// Family.
        family: String,
        /// Nearest below.
        lower: usize,
        /// Nearest above.
        upper: usize,
    },
    /// A name that no preset has, a dimension outside its range, or an option that a family does not know.
    #[error("{0}")]
    Unknown(String),
}

/// A part of a blueprint: its name, its layers, what goes in and what must come out.
struct Part<'a> {
    name: String,
    layers: &'a [Layer],
    input: Shape,
    /// People who have gains and biases of their own in it; 0 for one set for all.
    people: usize,
}

impl Blueprint {
    /// The parameters in their order: encoder, inter, decoders, driver mask; weight before bias.
    ///
    /// # Errors
    /// [`BlueprintError`] for the first layer that does not fit.
    pub fn parameters(&self) -> Result<Vec<ParameterShape>, BlueprintError> {
        let mut found = Vec::new();
        for part in self.parts()? {
            walk(&part.name, part.layers, part.input, part.people, &mut found)?;
        }
        Ok(found)
    }

    /// How many numbers all parameters have.
    ///
    /// # Errors
    /// As [`Blueprint::parameters`].
    pub fn count(&self) -> Result<usize, BlueprintError> {
        Ok(self.parameters()?.iter().map(|parameter| parameter.shape.iter().product::<usize>()).sum())
    }

    /// How many numbers the layers give for one face, all parts together.
    ///
    /// # Errors
    /// As [`Blueprint::parameters`].
    pub fn values_between(&self) -> Result<usize, BlueprintError> {
        Ok(self.parts()?.iter().map(|part| values(part.layers, part.input)).sum())
    }

    /// Shape of the code that decoders draw; `None` where the layers do not fit.
    pub fn code_shape(&self) -> Option<Shape> {
        let picture = Shape::Picture { channels: 3, side: self.resolution };
        let through = |shape: Shape, layers: &[Layer]| layers.iter().try_fold(shape, |shape, layer| layer.shape(shape));
        let encoded = through(picture, &self.encoder)?;
        match &self.inter {
            Inter::Shared(layers) => through(encoded, layers),
            Inter::Split(layers) => joined(through(encoded, layers)?).ok(),
        }
    }

    /// Prefixes of the decoders' parameters.
    pub fn decoders(&self) -> &'static [&'static str] {
        match self.inter {
            Inter::Shared(_) if self.people == 0 => &["decoder_a", "decoder_b"],
            Inter::Shared(_) if self.subject => &["decoder", "decoder_b"],
            Inter::Shared(_) | Inter::Split(_) => &["decoder"],
        }
    }

    fn parts(&self) -> Result<Vec<Part<'_>>, BlueprintError> {
        let picture = |channels| Shape::Picture { channels, side: self.resolution };
        let mut parts = Vec::new();
        let mut add = |name: String, layers, input| {
            let people = if name.starts_with("decoder.") { self.people } else { 0 };
            let end = walk(&name, layers, input, people, &mut Vec::new());
            parts.push(Part { name, layers, input, people });
            end
        };
        let encoded = add("encoder".to_owned(), &self.encoder, picture(3))?;
        let code = match &self.inter {
            Inter::Shared(layers) => add("inter".to_owned(), layers, encoded)?,
            Inter::Split(layers) => {
                add("inter_a".to_owned(), layers, encoded)?;
                joined(add("inter_ab".to_owned(), layers, encoded)?)?
            }
        };
        for decoder in self.decoders() {
            let trunk = add(format!("{decoder}.trunk"), &self.decoder.trunk, code)?;
            let face = add(format!("{decoder}.face"), &self.decoder.face, trunk)?;
            ends_as(format!("{decoder}.face"), face, picture(3))?;
            let mask = add(format!("{decoder}.mask"), &self.decoder.mask, trunk)?;
            ends_as(format!("{decoder}.mask"), mask, picture(1))?;
        }
        if let Some(layers) = &self.driver_mask {
            let mask = add("driver_mask".to_owned(), layers, code)?;
            ends_as("driver_mask".to_owned(), mask, picture(1))?;
        }
        Ok(parts)
    }
}

fn joined(code: Shape) -> Result<Shape, BlueprintError> {
    match code {
        Shape::Picture { channels, side } => Ok(Shape::Picture { channels: channels * 2, side }),
        Shape::Vector { .. } => {
            Err(BlueprintError::Misfit { part: "inter_ab".to_owned(), layer: "joining".to_owned(), shape: code })
        }
    }
}

fn ends_as(part: String, found: Shape, expected: Shape) -> Result<(), BlueprintError> {
    if found == expected { Ok(()) } else { Err(BlueprintError::End { part, found, expected }) }
}

/// Walks through layers, adds their parameters, returns the shape at the end.
pub(super) fn walk(
    part: &str,
    layers: &[Layer],
    input: Shape,
    people: usize,
    found: &mut Vec<ParameterShape>,
) -> Result<Shape, BlueprintError> {
    let mut shape = input;
    for (i, layer) in layers.iter().enumerate() {
        let place = format!("{part}.{i}");
        if let Layer::Residual(inner) = layer {
            walk(&place, inner, shape, people, found)?;
        }
        if let Some([weight, bias]) = layer.parameters(shape) {
            found.push(ParameterShape { name: format!("{place}.weight"), shape: weight });
            if people == 0 {
                found.push(ParameterShape { name: format!("{place}.bias"), shape: bias });
            } else {
                for kind in ["gain", "bias"] {
                    found.push(ParameterShape { name: format!("{place}.{kind}"), shape: vec![people, bias[0]] });
                }
            }
        }
        let misfit = || BlueprintError::Misfit { part: place.clone(), layer: layer.name().to_owned(), shape };
        shape = layer.shape(shape).ok_or_else(misfit)?;
    }
    Ok(shape)
}

fn values(layers: &[Layer], input: Shape) -> usize {
    let mut shape = input;
    let mut sum = 0;
    for layer in layers {
        if let Layer::Residual(inner) = layer {
            sum += values(inner, shape);
        }
        shape = layer.shape(shape).unwrap_or(shape);
        sum += match shape {
            Shape::Picture { channels, side } => channels * side * side,
            Shape::Vector { features } => features,
        };
    }
    sum
}

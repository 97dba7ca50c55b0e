//! `liae`: one decoder for both sides; the code of the driver's side has a half of its own.

use super::df::{decoder, encoder, inter};
use super::{Blueprint, BlueprintError, Inter, preset::Dimensions};

pub(super) fn blueprint(dimensions: &Dimensions) -> Result<Blueprint, BlueprintError> {
    Ok(Blueprint {
        family: "liae".to_owned(),
        resolution: dimensions.resolution,
        encoder: encoder(dimensions),
        inter: Inter::Split(inter(dimensions, dimensions.ae * 2)),
        decoder: decoder(dimensions),
        driver_mask: None,
        people: dimensions.people,
        subject: dimensions.subject,
    })
}

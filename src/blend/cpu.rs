//! The whole blend on the CPU: every pass in order, in buffers that stay from frame to frame.

use super::composite::{self, Codes};
use super::covered::covered;
use super::crop::{self, CropSums};
use super::feather::{self, FeatherBuffers};
use super::place::{self, unit};
use super::plan::{Filters, Region};
use super::planes::Planes;
use super::skin::skin;
use super::space::Space;
use super::statistics::statistics;
use super::transfer::{self, Transfer};
use super::{BlendError, BlendRequest, BlendSettings, Blended, Blender, Colours, Earlier, erode, mask, sharpen};
use crate::frame::{Frame, FrameMut};
use crate::geometry::Similarity;
use crate::swap::Generated;

/// Blends on the calling thread. Allocates on the first frame and where a crop or a filter grows, never else.
#[derive(Debug, Default)]
pub struct CpuBlender {
    sums: CropSums,
    mask: Vec<f32>,
    face: Vec<f32>,
    scratch: Vec<f32>,
    feather: FeatherBuffers,
    driver_planes: Planes,
    face_planes: Planes,
    skin: Vec<f32>,
    layer: Vec<[f32; 4]>,
    codes: Codes,
}

impl Blender for CpuBlender {
    fn crop(
        &mut self,
        frame: &Frame<'_>,
        to_crop: &Similarity,
        resolution: usize,
        crop: &mut [f32],
    ) -> Result<(), BlendError> {
        check("the crop", crop.len(), resolution, 3)?;
        match to_crop.inverse() {
            Some(to_frame) => crop::crop(frame, &to_frame, resolution, crop, &mut self.sums),
            None => crop.fill(0.0),
        }
        Ok(())
    }

    fn composite(
        &mut self,
        frame: &mut FrameMut<'_>,
        generated: &Generated<'_>,
        request: &BlendRequest<'_>,
    ) -> Result<Blended, BlendError> {
        let side = generated.resolution;
        check("the driver's crop", generated.driver.len(), side, 3)?;
        check("the generated face", generated.face.len(), side, 3)?;
        check("the driver's mask", generated.driver_mask.len(), side, 1)?;
        check("the generated mask", generated.face_mask.len(), side, 1)?;
        let &BlendRequest { to_crop, settings, earlier, .. } = request;
        let nothing = Blended { covered: 0.0, measured: None };
        let Some(to_frame) = to_crop.inverse().filter(|_| side > 0) else { return Ok(nothing) };
        self.cover(generated, request);
        let blended = Blended { covered: covered(&self.mask), ..nothing };
        let bounds = mask::bounds(&self.mask, side);
        let opacity = unit(settings.opacity);
        if bounds.is_empty() || opacity == 0.0 || !request.is_met_by(blended.covered) {
            return Ok(blended);
        }
        // The layer's colour is mixed with that of pixels just outside the mask.
        let region = bounds.grown_within(1, side);
        let measured = self.colour(generated, settings, &region, earlier);
        composite::composite(frame, (to_crop, &to_frame), &self.layer, side, &bounds, opacity, &mut self.codes);
        Ok(Blended { measured, ..blended })
    }
}

impl CpuBlender {
    /// Fills the mask, and the face at its place.
    fn cover(&mut self, generated: &Generated<'_>, request: &BlendRequest<'_>) {
        let &BlendRequest { hull, settings, visible, .. } = request;
        let side = generated.resolution;
        let filters = Filters::new(settings, side);
        self.mask.resize(side * side, 0.0);
        self.face.resize(side * side * 3, 0.0);
        mask::mask(generated, hull, settings, &mut self.mask);
        if let Some(visible) = visible {
            mask::hide(&mut self.mask, side, visible);
        }
        erode::erode(&mut self.mask, side, filters.erode, filters.border, &mut self.scratch);
        feather::feather(&mut self.mask, side, &filters, &mut self.feather);
        place::place(generated, settings, &mut self.face, &mut self.mask);
    }

    /// Fills `region` of the layer; returns the colours that it measured.
    fn colour(
        &mut self,
        generated: &Generated<'_>,
        settings: &BlendSettings,
        region: &Region,
        earlier: Option<&Earlier>,
    ) -> Option<Colours> {
        let side = generated.resolution;
        self.layer.resize(side * side, [0.0; 4]);
        let space = settings.color_transfer.space();
        let measured = space.and_then(|space| self.measure(generated, space, region));
        let steadied = space.and_then(|space| Colours::steadied(measured, earlier, space));
        let matched = steadied.and_then(|colours| Transfer::new(settings.color_transfer, &colours));
        if settings.sharpen > 0.0 {
            sharpen::sharpen(&mut self.face, side, settings.sharpen, &mut self.scratch);
            if let (Some(_), Some(space)) = (matched, space) {
                self.face_planes.fill(space, &self.face, side, region);
            }
        }
        let matched = matched.map(|transfer| (&self.face_planes, transfer));
        transfer::transfer(&self.face, matched, &self.mask, settings.gamma, region, side, &mut self.layer);
        measured
    }

    /// The colours of both faces where they are skin.
    fn measure(&mut self, generated: &Generated<'_>, space: Space, region: &Region) -> Option<Colours> {
        let side = generated.resolution;
        self.driver_planes.fill(space, generated.driver, side, region);
        self.face_planes.fill(space, &self.face, side, region);
        skin(&self.driver_planes, &self.face_planes, &self.mask, side, region, &mut self.skin);
        let driver = statistics(&self.driver_planes, &self.skin, side, region)?;
        let face = statistics(&self.face_planes, &self.skin, side, region)?;
        Some(Colours { space, driver, face })
    }
}

fn check(what: &'static str, len: usize, resolution: usize, channels: usize) -> Result<(), BlendError> {
    let needed = resolution * resolution * channels;
    if len < needed {
        return Err(BlendError::Size { what, len, resolution, needed });
    }
    Ok(())
}

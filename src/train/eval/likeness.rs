//! How like the truth's face the swapped one is: in the frame, and as the network drew it.

use super::bare::Bare;
use super::face_mask::FaceMask;
use super::figures::FrameFigures;
use super::parts;
use super::picture::{Picture, Square};
use super::registered::registered;
use super::similarity::{ms_gmsd, psnr, ssim};
use crate::frame::Frame;
use crate::geometry::Rect;

/// Fills in the figures of the frame itself. `plate`, `output` and `truth` are cut at `square`. Tells whether the
/// mask has a face there.
pub(super) fn composite(
    figures: &mut FrameFigures,
    square: &Square,
    [plate, output, truth]: [&Picture; 3],
    mask: &FaceMask<'_>,
) -> bool {
    let side = square.side;
    let (whole, inner) = (mask.within(square), mask.inner(square));
    let [plate_luma, output_luma, luma] = [plate, output, truth].map(Picture::luma);
    figures.ssim = ssim(&output_luma, &luma, side, &inner);
    figures.ssim_whole = ssim(&output_luma, &luma, side, &whole);
    figures.ssim_unswapped = ssim(&plate_luma, &luma, side, &inner);
    let unit = mask.unit(square);
    if let (Some(plain), Some(best)) = (figures.ssim, registered(&output_luma, &luma, side, &inner, unit)) {
        figures.ssim_registered = Some(best.ssim);
        figures.ssim_gain = Some(best.ssim - plain);
        (figures.shift_x, figures.shift_y) = (Some(best.shift.x / unit), Some(best.shift.y / unit));
    }
    figures.psnr = psnr(output, truth, &whole);
    figures.psnr_unswapped = psnr(plate, truth, &whole);
    figures.perceptual = ms_gmsd(&output_luma, &luma, side, &whole);
    figures.perceptual_unswapped = ms_gmsd(&plate_luma, &luma, side, &whole);
    whole.iter().any(|&share| share > 0.0)
}

/// Fills in the figures of the bare output, which is held against the truth's own crop.
pub(super) fn bare(figures: &mut FrameFigures, bare: &Bare, truth: &Frame<'_>, mask: &FaceMask<'_>) {
    let Some(square) = bare.square() else { return };
    let (inner, unit) = (mask.inner(&square), mask.unit(&square));
    let (drawn, luma) = (bare.picture.luma(), square.cut(truth).luma());
    figures.bare_ssim = ssim(&drawn, &luma, square.side, &inner);
    if let (Some(plain), Some(best)) = (figures.bare_ssim, registered(&drawn, &luma, square.side, &inner, unit)) {
        figures.bare_ssim_registered = Some(best.ssim);
        figures.bare_ssim_gain = Some(best.ssim - plain);
        (figures.bare_shift_x, figures.bare_shift_y) = (Some(best.shift.x / unit), Some(best.shift.y / unit));
    }
}

/// Fills in the figures of eyes and mouth, which lie in these boxes of the truth.
pub(super) fn parts(figures: &mut FrameFigures, output: &Frame<'_>, truth: &Frame<'_>, boxes: &[Rect; 3]) {
    let [right, left, mouth] = boxes.map(|part| parts::unlike(output, truth, &part));
    figures.eye_difference_right = right.map(|part| part.difference);
    figures.eye_difference_left = left.map(|part| part.difference);
    figures.mouth_difference = mouth.map(|part| part.difference);
    figures.eye_ssim_right = right.map(|part| part.ssim);
    figures.eye_ssim_left = left.map(|part| part.ssim);
    figures.mouth_ssim = mouth.map(|part| part.ssim);
}

//! How well a training draws what it was trained on: both sides through their own decoders.

use std::path::Path;

use burn::tensor::{Device, Tensor};

use super::EvalError;
use super::report::Reconstruction;
use crate::train::faceset::FaceSet;
use crate::train::losses::{dssim, feather, masked};
use crate::train::samples::Faces;
use crate::train::session::{Run, SessionError};
use crate::train::zoo::Side;

/// Faces of each side, from the leftmost to the rightmost.
const FACES: usize = 64;
/// Faces that are drawn at once.
const AT_ONCE: usize = 8;

/// Of the training in `folder`: the averaged weights of its newest checkpoint that can be read, on faces of its own
/// face sets that are not augmented, under their feathered masks.
///
/// # Errors
/// [`EvalError::Run`], [`EvalError::Samples`] where the training or its face sets cannot be read.
pub(super) fn of_run(folder: &Path) -> Result<Reconstruction, EvalError> {
    let run = Run::open(folder)?;
    let device = Device::flex();
    let (weights, step, _) = run.trained(&device)?;
    let recipe = run.recipe();
    let sides = recipe.sides()?;
    for (side, then) in [(Side::A, &recipe.a_hashes), (Side::B, &recipe.b_hashes)] {
        let now: Vec<String> = sides.of(side).iter().map(FaceSet::content_hash).collect();
        if now != *then {
            let reason = format!("the face sets of side {side:?} have changed since; restore them, or leave --run out");
            return Err(SessionError::File { file: run.folder().join("run.toml"), reason }.into());
        }
    }
    let resolution = recipe.dimensions.resolution;
    let faces = Faces::load(&sides, resolution, &|| ())?;
    let of = |side: Side| {
        let (mut sum, mut count) = (0.0, 0_usize);
        let which = faces.spread(side, FACES.min(faces.of(side).len()));
        for some in which.chunks(AT_ONCE) {
            let batch = faces.plain(side, some, resolution, &device)?;
            let drawn = run.network().reconstruct(&weights, batch.input, side).face;
            let around = feather(batch.mask);
            let seen = |picture: Tensor<4>| masked(picture, around.clone(), 0.0);
            sum += dssim(seen(drawn), seen(batch.target), 1).into_scalar::<f32>() * some.len() as f32;
            count += some.len();
        }
        Ok::<_, EvalError>((count > 0).then(|| sum / count as f32))
    };
    Ok(Reconstruction { a: of(Side::A)?, b: of(Side::B)?, step })
}

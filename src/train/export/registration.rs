//! Where a trained model draws faces beside where they belong.

use burn::tensor::Tensor;

use super::ExportError;
use super::picture::{framed, pixels};
use crate::face::pose::{pose, skull_centre};
use crate::face::{Alignment, FindError, Mesh, MeshNetwork};
use crate::frame::VideoBuffer;
use crate::geometry::{Point, Similarity};
use crate::runtime::Runtime;
use crate::swap::{MOST_SKULL_CENTRE, Registration, RegistrationMap, kept_proportion};
use crate::train::weights::Weights;
use crate::train::zoo::Network;

/// Least mean distance that is worth sampling the face anew, in crop sides: 1.6 px of 160. What alignments make of a
/// person's own proportions is as large (0.9 px in height between the troupe's people, each averaged over the frames
/// that all of them perform), so that less says nothing.
const LEAST_REACH: f32 = 0.01;
/// Least score of the mesh on a drawn face.
const FACE: f32 = 0.5;

/// The map of a model, from drivers' crops `[N, 3, S, S]` (blue, green, red, 0..1) and their landmarks (unit square
/// of the crop): the mesh looks at each crop, and at the same crop with the drawn face in it. `own` is where the
/// subject's features lie, where that is known. `None` where the model draws faces where they belong.
///
/// # Errors
/// [`ExportError::Find`] where the mesh cannot be loaded or run.
pub fn registration(
    network: &Network,
    weights: &Weights,
    crops: &Tensor<4>,
    landmarks: &[Vec<Point>],
    own: Option<Point>,
) -> Result<Option<RegistrationMap>, ExportError> {
    let mut mesh = mesh()?;
    let mut faces = Vec::with_capacity(landmarks.len());
    for (i, landmarks) in landmarks.iter().enumerate() {
        let crop = crops.clone().narrow(0, i, 1);
        let output = network.swap(weights, crop.clone());
        let drawn = crop.clone() * (output.mask.clone().neg() + 1.0) + output.face * output.mask;
        let (Some(before), Some(after)) = (aligned(&mut mesh, crop, landmarks)?, aligned(&mut mesh, drawn, landmarks)?)
        else {
            continue;
        };
        let Some(to_drawn) = after.to_canonical.inverse().map(|back| before.to_canonical.then(&back)) else { continue };
        // What the performer's own proportions do is undone beside the map.
        let kept = own
            .zip(before.skull_centre)
            .map_or(Similarity::IDENTITY, |(own, seen)| kept_proportion(own, seen, 1.0 / before.to_canonical.scale()));
        let Some(to_drawn) = kept.inverse().map(|back| back.then(&to_drawn)) else { continue };
        let [yaw, pitch] = after.turn;
        faces.push(Registration { yaw, pitch, to_drawn });
    }
    let map = RegistrationMap::fit(&faces);
    Ok(map.filter(|map| map.reach(&faces) >= LEAST_REACH))
}

/// How far the features of a subject lie from where the mean head has them, in canonical units: the mean over their
/// crops `[N, 3, S, S]` with these landmarks. `None` where the mesh sees no face from ahead in any, or none that can
/// be.
///
/// # Errors
/// [`ExportError::Find`] where the mesh cannot be loaded or run.
pub fn skull_centre_of(crops: &Tensor<4>, landmarks: &[Vec<Point>]) -> Result<Option<Point>, ExportError> {
    let mut mesh = mesh()?;
    let (mut sum, mut count) = (Point::default(), 0.0);
    for (i, landmarks) in landmarks.iter().enumerate() {
        let found = seen(&mut mesh, crops.clone().narrow(0, i, 1), landmarks)?;
        if let Some(centre) = found.and_then(|found| skull_centre(&found, &Alignment::Rigid.align(&found)?)) {
            (sum.x, sum.y, count) = (sum.x + centre.x, sum.y + centre.y, count + 1.0);
        }
    }
    let mean = Point::new(sum.x / count, sum.y / count);
    Ok([mean.x, mean.y].iter().all(|value| value.abs() <= MOST_SKULL_CENTRE).then_some(mean))
}

fn mesh() -> Result<MeshNetwork, ExportError> {
    let failed = |source| ExportError::Find(FindError::Load { network: "face mesh", source });
    MeshNetwork::new(&Runtime::load(None)?, Mesh::default()).map_err(failed)
}

/// The face in a picture.
struct Aligned {
    /// Turn and nod in radians.
    turn: [f32; 2],
    /// Unit square of the crop to the canonical unit frame.
    to_canonical: Similarity,
    /// Where its features lie.
    skull_centre: Option<Point>,
}

/// The face in a picture `[1, 3, S, S]`; `None` where the mesh sees none.
fn aligned(mesh: &mut MeshNetwork, picture: Tensor<4>, near: &[Point]) -> Result<Option<Aligned>, ExportError> {
    let px = Similarity { a: picture.dims()[3] as f32, ..Similarity::IDENTITY };
    let Some(found) = seen(mesh, picture, near)? else { return Ok(None) };
    let (Some(pose), Some(to_canonical)) = (pose(&found), Alignment::Rigid.align(&found)) else { return Ok(None) };
    let turn = [pose.yaw, pose.pitch].map(f32::to_radians);
    let skull_centre = skull_centre(&found, &to_canonical);
    Ok(Some(Aligned { turn, to_canonical: px.then(&to_canonical), skull_centre }))
}

/// The landmarks of the face in a picture `[1, 3, S, S]`, in its px; `None` where the mesh sees none.
fn seen(mesh: &mut MeshNetwork, picture: Tensor<4>, near: &[Point]) -> Result<Option<Vec<Point>>, ExportError> {
    let side = picture.dims()[3];
    let frame = framed(&pixels(&picture), side);
    let view = frame.frame().map_err(|_| ExportError::Crops { found: picture.dims(), side })?;
    let px = Similarity { a: side as f32, ..Similarity::IDENTITY };
    let near: Vec<Point> = near.iter().map(|&p| px.apply(p)).collect();
    let mut found = Vec::new();
    let run = |source| ExportError::Find(FindError::Run { network: "face mesh", source });
    let score = mesh.run(&view, &MeshNetwork::region(&near), &mut found).map_err(run)?;
    Ok((score >= FACE).then_some(found))
}

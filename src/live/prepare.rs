//! What a stream needs besides its model, made ready beside it.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::{FindFaces, Pending};
use crate::face::{FindError, Finder, Mesh, OcclusionNetwork, ReferenceError};
use crate::runtime::{NetworkError, Runtime, RuntimeError};

/// Faces cannot be looked for.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// There is no ONNX Runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A face network does not run.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A performer's reference cannot be read.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The occlusion network does not load.
    #[error("the occlusion network: {0}")]
    Occlusion(#[from] NetworkError),
}

/// Loads the face networks and sends a finder to the find stage.
pub fn prepare_finder(
    pending: &Arc<Pending>,
    beside: Option<PathBuf>,
    mesh: Mesh,
    outlet: Sender<Box<dyn FindFaces>>,
    done: impl FnOnce(Result<(), PrepareError>) + Send + 'static,
) {
    pending.spawn("standin-faces", move || {
        let finder = Runtime::load(beside.as_deref())
            .map_err(PrepareError::from)
            .and_then(|runtime| Ok(Finder::new(&runtime, mesh)?));
        done(finder.map(|finder| {
            let _ = outlet.send(Box::new(finder));
        }));
    });
}

/// Loads the occlusion network and sends one to each swap stage.
pub fn prepare_occlusion(
    pending: &Arc<Pending>,
    beside: Option<PathBuf>,
    outlets: Vec<Sender<OcclusionNetwork>>,
    done: impl FnOnce(Result<(), PrepareError>) + Send + 'static,
) {
    pending.spawn("standin-occlusion", move || {
        let loaded = Runtime::load(beside.as_deref()).map_err(PrepareError::from).and_then(|runtime| {
            outlets.iter().try_for_each(|outlet| {
                let _ = outlet.send(OcclusionNetwork::new(&runtime)?);
                Ok(())
            })
        });
        done(loaded);
    });
}

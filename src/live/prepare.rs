//! What a stream needs besides its model, made ready beside it.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::{FindFaces, Pending, Undone};
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
    /// It came to nothing.
    #[error(transparent)]
    Undone(#[from] Undone),
}

/// Loads the face networks and sends a finder to the find stage.
pub fn prepare_finder(
    pending: &Arc<Pending>,
    beside: Option<PathBuf>,
    mesh: Mesh,
    outlet: Sender<Box<dyn FindFaces>>,
    done: impl FnOnce(Result<(), PrepareError>) + Send + 'static,
) {
    let load = move || {
        let finder = Finder::new(&Runtime::load(beside.as_deref())?, mesh)?;
        let _ = outlet.send(Box::new(finder));
        Ok(())
    };
    pending.spawn("standin-faces", load, |loaded| done(loaded.unwrap_or_else(|undone| Err(undone.into()))));
}

/// Loads the occlusion network and sends one to each swap stage.
pub fn prepare_occlusion(
    pending: &Arc<Pending>,
    beside: Option<PathBuf>,
    outlets: Vec<Sender<OcclusionNetwork>>,
    done: impl FnOnce(Result<(), PrepareError>) + Send + 'static,
) {
    let load = move || {
        let runtime = Runtime::load(beside.as_deref())?;
        outlets.iter().try_for_each(|outlet| {
            let _ = outlet.send(OcclusionNetwork::new(&runtime)?);
            Ok(())
        })
    };
    pending.spawn("standin-occlusion", load, |loaded| done(loaded.unwrap_or_else(|undone| Err(undone.into()))));
}

//! What can go wrong during an evaluation.

use std::path::PathBuf;

use crate::blend::BlendError;
use crate::face::FindError;
use crate::frame::FrameError;
use crate::live::LoadError;
use crate::media::ClipError;
use crate::runtime::{NetworkError, RuntimeError};
use crate::train::faceset::FaceSetError;
use crate::train::samples::SampleError;
use crate::train::session::SessionError;

/// An evaluation that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A clip cannot be read.
    #[error(transparent)]
    Clip(#[from] ClipError),
    /// The model cannot be used, or nobody consented to its use.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// There is no ONNX Runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Faces cannot be looked for.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The identity network does not run.
    #[error("the identity network: {0}")]
    Identity(#[from] NetworkError),
    /// A crop could not be cut.
    #[error(transparent)]
    Blend(#[from] BlendError),
    /// A frame's memory is not what it says.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The face set of the target cannot be read.
    #[error(transparent)]
    FaceSet(#[from] FaceSetError),
    /// The training cannot be read.
    #[error(transparent)]
    Run(#[from] SessionError),
    /// The face sets of the training cannot be read.
    #[error("the face sets of the training, which --run needs: {0}")]
    Samples(#[from] SampleError),
    /// The system gives no thread.
    #[error("the live path could not be started: {0}")]
    Start(std::io::Error),
    /// A frame did not come out of the live path.
    #[error("frame {0} was lost in the live path; this is a defect of Standin")]
    Lost(u64),
    /// A clip without frames.
    #[error("{}: the clip has no frame", .0.display())]
    NoFrame(PathBuf),
    /// A mask that shows no face where there is one.
    #[error(
        "{}: it has no face in any frame; --truth-mask is a lossless grey clip of class ids: 1 skin, 2 eyes, 3 brows, 4 lashes, 5 inside of the mouth, 11 lips",
        .0.display()
    )]
    EmptyMask(PathBuf),
    /// A clip in which nobody is to be seen.
    #[error("{}: no face was found in the clip; give one that shows the {role}'s face", clip.display())]
    NoFace {
        /// The clip.
        clip: PathBuf,
        /// Driver or target.
        role: &'static str,
    },
    /// A clip that should match the driver's, pixel by pixel, has another size.
    #[error(
        "{}: frames of {}x{}; the driver's are {}x{}, and both must show the same frames", clip.display(), got.0, got.1, wanted.0, wanted.1
    )]
    Size {
        /// The clip.
        clip: PathBuf,
        /// Its width and height.
        got: (usize, usize),
        /// The driver's.
        wanted: (usize, usize),
    },
    /// A clip that should match the driver's, frame by frame, has another length.
    #[error("{}: the clip is {than} the driver's, which has {frames} frames; both must show the same frames", clip.display())]
    Length {
        /// The clip.
        clip: PathBuf,
        /// Shorter than or longer than.
        than: &'static str,
        /// Frames of the driver's clip.
        frames: u64,
    },
    /// The ground truth beside a clip cannot be read.
    #[error("{}: ground truth that cannot be read: {reason}; mend it, or move it away from the clip", file.display())]
    GroundTruth {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The report cannot be written.
    #[error("{}: the report cannot be written: {reason}", file.display())]
    Write {
        /// The file or folder.
        file: PathBuf,
        /// Why.
        reason: String,
    },
}

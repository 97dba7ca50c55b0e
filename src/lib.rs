//! Standin replaces a performer's face, with consent, in live video.
//!
//! This is the library behind the GStreamer element `faceswap` (`plugins/faceswap`, GObject glue and nothing else) and
//! the command `standin` (`calls`). Data flows one way; a frame meets the modules in this order:
//!
//! 1. [`frame`]: a borrowed video frame in the pixel format it came in. Nothing here or later copies or converts a
//!    whole frame.
//! 2. [`face`]: finds faces and aligns them. A detector looks at a small letterboxed copy, a mesh network follows each
//!    face from frame to frame, and a similarity takes it to the canonical frame that models are trained in. Two more
//!    networks say where people are whose faces are not found, and what is in front of a face.
//!    [`geometry`] has the points and the similarity.
//! 3. [`blend`]: cuts the crop out of the native planes, and later puts the generated face back: mask, feather, colour
//!    transfer, composite, over the face's region only. One module a pass, with a shader of the same name in
//!    `shaders/`; [`blend::gpu`] runs those.
//! 4. [`swap`]: the model file, what it must hold, and the engines that run it on the crop. [`runtime`] finds and loads
//!    ONNX Runtime, for this and for the face networks; [`onnx`] has the messages of their files. [`swap::passes`]
//!    runs the network on a GPU. [`swapper`] makes one of crop, network and blend, in host memory or on one GPU, where
//!    the crop then does not leave it. [`gpu`] opens those.
//! 5. [`live`]: the stages, the queue that keeps several frames in flight and in order, latency and statistics. The
//!    [guard](live::Guard) decides what leaves when a face is lost, a stage fails or somebody unknown comes in.
//!
//! Beside the stream: [`consent`] holds the record without which no model runs, [`media`] reads clips through
//! GStreamer (the only module that knows it), and [`cli`] has the tools of the command `standin`, whose rest (what
//! stands between a camera and a call) is the crate in `calls/`.
//!
//! Off the stream, behind the feature `train`: `train` makes the models, and `standin-train` is its command line.

pub mod blend;
mod cache;
pub mod cli;
pub mod consent;
pub mod face;
pub mod frame;
pub mod geometry;
pub mod gpu;
pub mod heap;
pub mod live;
pub mod media;
pub mod onnx;
pub mod runtime;
pub mod swap;
pub mod swapper;
#[cfg(feature = "train")]
pub mod train;

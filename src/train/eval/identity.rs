//! Whose face it is: an embedding in which faces of one person lie close together.
//!
//! The network is dlib's 29-layer ResNet (D. E. King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009; weights in
//! the public domain), 128 numbers; two faces nearer than about 0.6 are taken for the same person.

use super::EvalError;
use super::picture::{Picture, Square};
use crate::face::align;
use crate::frame::Frame;
use crate::geometry::{Point, Similarity};
use crate::runtime::{Network, NetworkOptions, Runtime};

/// The network: input red, green, blue 0..255, `[1, 150, 150, 3]`; output `[1, 128]`.
const NETWORK: &[u8] = include_bytes!("../../../models/face_identity_128.onnx");
/// Side of the chip in px.
const SIDE: usize = 150;
/// What the chip shows beyond the mean face on every side, in canonical units.
const PADDING: f32 = 0.25;
/// Distance under which two faces are usually taken for the same person. On 26 rendered people, who are more alike than
/// real ones, errors of both kinds are equal (3 %) at 0.51; at 0.6, 0.2 % of one person's pairs are told apart and 19 %
/// of two people's are not.
pub const SAME: f32 = 0.6;

/// A face as a point; distances are Euclidean.
pub type Embedding = [f32; 128];

/// Embeds faces.
#[derive(Debug)]
pub struct Identity {
    network: Network,
}

impl Identity {
    /// Loads the network from the bytes that are compiled in.
    ///
    /// # Errors
    /// [`EvalError::Identity`] where ONNX Runtime refuses it.
    pub fn new(runtime: &Runtime, threads: usize) -> Result<Self, EvalError> {
        let options = NetworkOptions { threads, ..NetworkOptions::default() };
        Ok(Self { network: Network::new(runtime, NETWORK, options).map_err(EvalError::Identity)? })
    }

    /// Embeds the face with these landmarks (frame px, the rows of the mesh); `None` where they coincide.
    ///
    /// The chips of the network's training were aligned to the mean face that the canonical frame's template is, too, with
    /// a quarter of it around: so the canonical square from −0.25 to 1.25 is the chip.
    ///
    /// # Errors
    /// [`EvalError::Identity`] where the run fails.
    pub fn embed(&mut self, frame: &Frame<'_>, landmarks: &[Point]) -> Result<Option<Embedding>, EvalError> {
        let Some(to_frame) = align(landmarks).and_then(|to_canonical| to_canonical.inverse()) else { return Ok(None) };
        let from_chip = Similarity { a: 1.0 + 2.0 * PADDING, b: 0.0, tx: -PADDING, ty: -PADDING };
        let chip = Square { to_frame: from_chip.then(&to_frame), side: SIDE }.cut(frame);
        self.embed_chip(&chip).map(Some)
    }

    fn embed_chip(&mut self, chip: &Picture) -> Result<Embedding, EvalError> {
        for (to, from) in self.network.input_mut(0).chunks_exact_mut(3).zip(chip.bgr.chunks_exact(3)) {
            to.copy_from_slice(&[2, 1, 0].map(|c: usize| 255.0 * from[c]));
        }
        self.network.run().map_err(EvalError::Identity)?;
        let mut embedding = [0.0; 128];
        embedding.iter_mut().zip(self.network.output(0)).for_each(|(to, &from)| *to = from);
        Ok(embedding)
    }
}

/// How far apart two faces are.
pub fn distance(a: &Embedding, b: &Embedding) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}

/// The mean of one person's faces; `None` for none.
pub fn mean(faces: &[Embedding]) -> Option<Embedding> {
    let mut sum = [0.0; 128];
    for face in faces {
        sum.iter_mut().zip(face).for_each(|(sum, value)| *sum += value);
    }
    (!faces.is_empty()).then(|| sum.map(|sum| sum / faces.len() as f32))
}

/// Mean distance from one face to each of several; `None` for none.
pub fn mean_distance(face: &Embedding, others: &[Embedding]) -> Option<f32> {
    let sum: f32 = others.iter().map(|other| distance(face, other)).sum();
    (!others.is_empty()).then(|| sum / others.len() as f32)
}

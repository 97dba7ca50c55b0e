//! Whose face it is: an embedding in which faces of one person lie close together.
//!
//! The network is dlib's 29-layer ResNet (D. E. King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009; weights in
//! the public domain), 128 numbers; two faces nearer than about 0.6 are taken for the same person.

mod centre;

use super::{Tone, sample, template};
use crate::frame::Frame;
use crate::geometry::{Point, Similarity};
use crate::runtime::{Network, NetworkError, NetworkOptions, Runtime};

/// The network: input red, green, blue 0..255, `[1, 150, 150, 3]`; output `[1, 128]`.
const NETWORK: &[u8] = include_bytes!("../../models/face_identity_128.onnx");
/// Side of the chip in px.
const SIDE: usize = 150;
/// What the chip shows beyond the mean face on every side, in canonical units.
const PADDING: f32 = 0.25;
/// Codes as they are.
const CODES: Tone = Tone { scale: 1.0, offset: 0.0 };
/// Distance under which two faces are usually taken for the same person. On 26 rendered people, who are more alike than
/// real ones, errors of both kinds are equal (3 %) at 0.51; at 0.6, 0.2 % of one person's pairs are told apart and 19 %
/// of two people's are not.
pub const SAME_PERSON: f32 = 0.6;

/// A face as a point; distances are Euclidean.
pub type Embedding = [f32; 128];

/// Embeds faces.
#[derive(Debug)]
pub struct IdentityNetwork {
    network: Network,
}

impl IdentityNetwork {
    /// Loads the network from the bytes that are compiled in.
    ///
    /// # Errors
    /// [`NetworkError`] where ONNX Runtime refuses it.
    pub fn new(runtime: &Runtime, threads: usize) -> Result<Self, NetworkError> {
        let options = NetworkOptions { threads, ..NetworkOptions::default() };
        Ok(Self { network: Network::new(runtime, NETWORK, options)? })
    }

    /// Embeds the face with these landmarks (frame px, the rows of the mesh); `None` where they coincide.
    ///
    /// The chips of the network's training were aligned to the mean face that the canonical frame's template is, too,
    /// with a quarter of it around: so the canonical square from −0.25 to 1.25 is the chip.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn embed(&mut self, frame: &Frame<'_>, landmarks: &[Point]) -> Result<Option<Embedding>, NetworkError> {
        let Some(to_frame) = template::align(landmarks).and_then(|to_canonical| to_canonical.inverse()) else {
            return Ok(None);
        };
        let side = (1.0 + 2.0 * PADDING) / SIDE as f32;
        let from_chip = Similarity { a: side, b: 0.0, tx: -PADDING, ty: -PADDING };
        sample(frame, &from_chip.then(&to_frame), SIDE, CODES, self.network.input_mut(0));
        self.network.run()?;
        let mut embedding = [0.0; 128];
        embedding.iter_mut().zip(self.network.output(0)).for_each(|(to, &from)| *to = from);
        Ok(Some(embedding))
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

/// What is a person's own in an embedding, or in the mean of several: a unit vector from the mean of people to it.
pub fn direction(face: &Embedding) -> Embedding {
    let mut own = *face;
    own.iter_mut().zip(&centre::CENTRE).for_each(|(own, centre)| *own -= centre);
    let length = own.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    own.map(|value| value / length)
}

/// How alike two people are, -1..1, by their [`direction`]s. Unlike [`distance`], it says the same of means of few
/// and of many faces.
pub fn likeness(a: &Embedding, b: &Embedding) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

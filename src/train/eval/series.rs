//! What says something only over the whole clip: one frame's part of it.

use super::EvalError;
use super::expression::{self, Expression};
use super::iris::{self, IrisPlace};
use super::seen::Seen;
use super::still::{Steady, steady};
use super::truth::TrueFace;
use crate::face::IdentityNetwork;
use crate::face::identity::Embedding;
use crate::face::{Face, align};
use crate::frame::VideoBuffer;
use crate::train::extract::pose::{Pose, pose};

/// One frame's part; empty where no face was swapped.
#[derive(Debug, Clone, Copy, Default)]
pub struct Series {
    /// Whose faces they are.
    pub embedded: Option<Embedded>,
    /// Which way the heads look.
    pub poses: Poses,
    /// What the faces do.
    pub expressions: Expressions,
    /// Where irises and steady points are.
    pub places: Places,
}

/// Embeddings of one frame.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// The output's face.
    pub output: Embedding,
    /// The source's face.
    pub source: Embedding,
    /// The truth's face.
    pub truth: Option<Embedding>,
    /// The network's bare output.
    pub bare: Option<Embedding>,
}

/// Expressions of one frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expressions {
    /// The output's.
    pub output: Option<Expression>,
    /// The source's.
    pub source: Option<Expression>,
    /// The truth clip's.
    pub clip: Option<Expression>,
    /// The ground truth's.
    pub truth: Option<Expression>,
}

/// Where output and source have their irises, and points that no expression moves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places {
    /// Irises of the output.
    pub iris_output: [Option<IrisPlace>; 2],
    /// Irises of the source.
    pub iris_source: [Option<IrisPlace>; 2],
    /// Irises of the truth clip.
    pub iris_truth: [Option<IrisPlace>; 2],
    /// Steady points of the output.
    pub steady_output: Option<Steady>,
    /// Steady points of the source.
    pub steady_source: Option<Steady>,
    /// Steady points of the truth clip.
    pub steady_truth: Option<Steady>,
}

/// Poses of one frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Poses {
    /// The output's.
    pub output: Option<Pose>,
    /// The source's.
    pub source: Option<Pose>,
    /// The truth clip's.
    pub truth: Option<Pose>,
    /// The ground truth's.
    pub known: Option<Pose>,
}

impl Series {
    /// Of one swapped face; `known` is what ground truth says of it.
    ///
    /// # Errors
    /// [`EvalError`] where the identity network fails.
    pub(super) fn of(
        seen: &Seen<'_>,
        known: Option<&TrueFace>,
        identity: &mut IdentityNetwork,
    ) -> Result<Self, EvalError> {
        let (before, after) = (seen.before.as_ref(), seen.after.as_ref());
        let pose = |face: Option<&Face>| face.and_then(|face| pose(&face.landmarks));
        let irises =
            |face: Option<&Face>| seen.frontal().and(face).map_or([None; 2], |face| iris::places(&face.landmarks));
        Ok(Self {
            poses: Poses {
                output: pose(after),
                source: pose(before),
                truth: pose(seen.truth_face()),
                known: known.map(|known| known.pose),
            },
            expressions: expressions_of(seen, known),
            places: Places {
                iris_output: irises(after),
                iris_source: irises(before),
                iris_truth: irises(seen.truth_face()),
                steady_output: after.and_then(steady),
                steady_source: before.and_then(steady),
                steady_truth: seen.truth_face().and_then(steady),
            },
            embedded: match before.zip(after) {
                Some((before, after)) => embed(identity, before, after, seen)?,
                None => None,
            },
        })
    }
}

fn embed(
    identity: &mut IdentityNetwork,
    before: &Face,
    after: &Face,
    seen: &Seen<'_>,
) -> Result<Option<Embedded>, EvalError> {
    let source = identity.embed(&seen.passed.plate.frame()?, &before.landmarks)?;
    let output = identity.embed(&seen.passed.output.frame()?, &after.landmarks)?;
    let truth = match seen.truth_frame().zip(seen.truth_face()) {
        Some((frame, face)) => identity.embed(&frame.frame()?, &face.landmarks)?,
        None => None,
    };
    let bare = match seen.passed.drawn.first() {
        Some(bare) => identity.embed(&bare.picture.to_frame().frame()?, &bare.points(&after.landmarks))?,
        None => None,
    };
    Ok(source.zip(output).map(|(source, output)| Embedded { output, source, truth, bare }))
}

/// Nothing where the source's face does not show what it does.
fn expressions_of(seen: &Seen<'_>, known: Option<&TrueFace>) -> Expressions {
    let Some(source) = seen.frontal() else { return Expressions::default() };
    let truth =
        known.and_then(|known| expression::of_truth(&known.landmarks, &known.pupils, &align(&source.landmarks)?));
    Expressions {
        output: seen.after.as_ref().and_then(expression::of_mesh),
        source: expression::of_mesh(source),
        clip: seen.truth_face().and_then(expression::of_mesh),
        truth,
    }
}

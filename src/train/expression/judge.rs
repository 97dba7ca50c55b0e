//! The network's file, and the judge that it is.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::outputs::{NAMES, OUTPUTS, Values};
use super::{ExpressionError, SIDE};
use crate::face::{Alignment, FaceType};
use crate::train::half_tensors::{Format, Tensors};
use crate::train::losses::feather;
use crate::train::samples::Sides;
use crate::train::weights::{Parameter, Weights};
use crate::train::whole_file;
use crate::train::zoo::ExpressionNetwork;

/// Version of the file's format.
const VERSION: u32 = 1;
/// Its file.
const FORMAT: Format = Format { what: "an expression network", key: "standin.expression", version: VERSION };
/// What errors call the network that comes with Standin, in the place of a file.
pub const BUILT_IN: &str = "the expression network that is built in";
/// What is where no face is.
const GREY: f32 = 0.5;

/// What a network says, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpressionHeader {
    /// [`VERSION`].
    version: u32,
    /// Side of the crops in px.
    pub side: usize,
    /// What the numbers are.
    pub outputs: Vec<String>,
    /// Their means over the faces that it was trained on.
    pub means: Values,
    /// Their deviations; the network gives numbers of mean 0 and deviation 1.
    pub deviations: Values,
    /// How far each is to be trusted, 0..1, and counts in the loss: [`counts`](super::measure::counts) of people held
    /// back; 1 where nobody measured.
    #[serde(default = "all")]
    pub counts: Values,
    /// Steps of training.
    pub steps: u64,
    /// Seconds that they took.
    pub seconds: f64,
}

impl ExpressionHeader {
    /// Of this program's version and [`NAMES`].
    pub fn new(side: usize, [means, deviations]: [Values; 2], steps: u64, seconds: f64) -> Self {
        let outputs = NAMES.map(str::to_owned).to_vec();
        Self { version: VERSION, side, outputs, means, deviations, counts: all(), steps, seconds }
    }
}

fn all() -> Values {
    [1.0; OUTPUTS]
}

/// A network whose weights no gradient goes into.
#[derive(Debug, Clone)]
pub struct ExpressionJudge {
    /// What it says.
    pub header: ExpressionHeader,
    network: ExpressionNetwork,
    weights: Weights,
}

impl ExpressionJudge {
    /// The network that comes with Standin.
    ///
    /// # Errors
    /// [`ExpressionError::File`] where this program was built without a good one.
    pub fn built_in(device: &Device) -> Result<Self, ExpressionError> {
        Self::read(include_bytes!("../../../models/expression.safetensors"), Path::new(BUILT_IN), device)
    }

    /// Reads a file that [`ExpressionJudge::save`] wrote.
    ///
    /// # Errors
    /// [`ExpressionError::File`].
    pub fn open(file: &Path, device: &Device) -> Result<Self, ExpressionError> {
        let failed = |error: std::io::Error| ExpressionError::File {
            file: file.to_owned(),
            reason: format!("{error}; `standin-train expression` writes one"),
        };
        Self::read(&std::fs::read(file).map_err(failed)?, file, device)
    }

    /// Of a network and its weights, whose values come to lie on `device`.
    pub fn of(header: ExpressionHeader, network: ExpressionNetwork, weights: &Weights, device: &Device) -> Self {
        Self { header, network, weights: weights.leaves(device, |_| false) }
    }

    fn read(bytes: &[u8], file: &Path, device: &Device) -> Result<Self, ExpressionError> {
        let failed = |reason: String| ExpressionError::file(file, reason);
        let (header, tensors): (ExpressionHeader, Tensors) = FORMAT.read(bytes).map_err(failed)?;
        if header.outputs != NAMES {
            let reason = format!("it says {}, but this program reads {}", header.outputs.join(", "), NAMES.join(", "));
            return Err(failed(reason));
        }
        if header.side != SIDE {
            let reason = format!("it sees crops of {} px, but this program shows it {SIDE} px", header.side);
            return Err(failed(reason));
        }
        let network = ExpressionNetwork::new(SIDE, OUTPUTS)?;
        let parameters = network.parameters().iter().map(|wanted| {
            let (shape, values) =
                tensors.get(&wanted.name).ok_or_else(|| failed(format!("it has no {}", wanted.name)))?;
            if *shape != wanted.shape {
                return Err(failed(format!("{} is {shape:?}, not {:?}", wanted.name, wanted.shape)));
            }
            let value = Tensor::from_data(TensorData::new(values.clone(), [values.len()]), device);
            Ok(Parameter { name: wanted.name.clone(), shape: shape.clone(), value })
        });
        let weights = Weights(parameters.collect::<Result<_, _>>()?);
        Ok(Self { header, network, weights })
    }

    /// Writes it, whole or not at all: 16-bit floats.
    ///
    /// # Errors
    /// [`ExpressionError::File`], also where a value is no number or too large for 16 bits.
    pub fn save(&self, file: &Path) -> Result<(), ExpressionError> {
        let failed = |reason: String| ExpressionError::file(file, reason);
        let parameters = self.weights.0.iter();
        let tensors =
            parameters.map(|parameter| (parameter.name.clone(), (parameter.shape.clone(), parameter.to_vec())));
        let bytes = FORMAT.write(&self.header, &tensors.collect()).map_err(failed)?;
        whole_file::write(file, &bytes).map_err(|error| failed(error.to_string()))
    }

    /// [`ExpressionHeader::counts`] as one row, of sum 1: `[1, OUTPUTS]`.
    pub fn counts(&self, device: &Device) -> Tensor<2> {
        let sum: f32 = self.header.counts.iter().sum();
        Tensor::from_data([self.header.counts.map(|count| count / sum.max(1e-6))], device)
    }

    /// What the faces in `pictures` `[N, 3, S, S]` (blue, green, red, 0..1) do, `[N, OUTPUTS]`, of mean 0 and
    /// deviation 1; they are seen where `masks` `[N, 1, S, S]` are, and grey elsewhere.
    pub fn read_faces(&self, pictures: Tensor<4>, masks: Tensor<4>) -> Tensor<2> {
        self.network.read(&self.weights, alone(pictures, masks))
    }
}

/// The faces of pictures `[N, 3, S, S]` alone: feathered at the edge of their masks `[N, 1, S, S]`, grey beyond it,
/// so that nothing but the face tells what it does.
pub fn alone(pictures: Tensor<4>, masks: Tensor<4>) -> Tensor<4> {
    (pictures - GREY) * feather(masks) + GREY
}

/// Whether a model of such crops can be judged.
///
/// # Errors
/// A sentence.
pub fn fits(face_type: &str, coverage: f32, alignment: Alignment, resolution: usize) -> Result<(), String> {
    let wanted = FaceType::Full;
    let same = face_type == wanted.name()
        && (coverage - wanted.coverage()).abs() <= Sides::SAME_COVERAGE
        && alignment == Alignment::Rigid
        && resolution == SIDE;
    if same {
        return Ok(());
    }
    Err(format!(
        "losses.expression judges crops of {} with coverage {}, {} alignment, {SIDE} px, but this training has {face_type}, \
         {coverage}, {}, {resolution} px: extract with --face-type {} and --alignment {}, \
         train with --resolution {SIDE}, or set it to 0",
        wanted.name(),
        wanted.coverage(),
        Alignment::Rigid.name(),
        alignment.name(),
        wanted.name(),
        Alignment::Rigid.name(),
    ))
}

//! A base: encoder, code and a decoder of nobody in particular, trained on people who perform the same frames. The
//! code of a frame is the same whoever performs it, so a model of somebody new needs a decoder only, which starts
//! from the base's.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::half_tensors::{Format, Tensors};
use super::samples::Sides;
use super::session::{Average, Run, SessionError};
use super::weights::{Parameter, Weights};
use super::whole_file;
use super::zoo::preset::{DfOptions, Dimensions};
use super::zoo::{BlueprintError, Network};
use crate::consent::sha256_hex;
use crate::face::Alignment;

/// Version of the file's format.
const VERSION: u32 = 1;
/// Its file.
const FORMAT: Format = Format { what: "a base", key: "standin.base", version: VERSION };
/// Prefix of the parameters that a model from a base trains where no troupe is beside its subject: the subject's
/// decoder.
const TRAINED: &str = "decoder_b.";
/// Prefix of what each of the people has of their own: a gain over the mean one, and a bias.
const PEOPLE: &str = "people.";
/// Mean gain up to which a channel's weights are kept as they are: nothing can be divided by it.
const LEAST_GAIN: f32 = 1e-3;
/// What errors call the base that comes with Standin, in the place of a file.
pub const BUILT_IN: &str = "the base that is built in";

/// A base that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// The file cannot be read or written, or holds no base.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file, or [`BUILT_IN`].
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Made for other crops or another network.
    #[error(
        "the base is for {field} {found}, but this training has {wanted}: {mend}, or train without a base (--from none)"
    )]
    Other {
        /// Which field.
        field: &'static str,
        /// The base's.
        found: String,
        /// The training's.
        wanted: String,
        /// What to do.
        mend: String,
    },
    /// Not a run of a base.
    #[error("{}: this run is of a subject; a base comes from a run with --troupe and without --b", .0.display())]
    NoTroupe(PathBuf),
    /// The network of the base cannot be.
    #[error(transparent)]
    Blueprint(#[from] BlueprintError),
    /// The run cannot be read.
    #[error(transparent)]
    Run(Box<SessionError>),
}

/// What a base is for and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaseHeader {
    /// [`VERSION`].
    version: u32,
    /// Name of the model that it is the base of.
    pub model: String,
    /// The network, with one decoder for each side.
    pub dimensions: Dimensions,
    /// Crop of the face sets.
    pub face_type: String,
    /// Its side in canonical units.
    pub coverage: f32,
    /// How they were aligned.
    pub alignment: Alignment,
    /// Steps of training.
    pub steps: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// People it was trained on.
    pub people: usize,
    /// Hashes of their face sets.
    pub troupe: Vec<String>,
}

/// A base in memory.
#[derive(Debug, Clone)]
pub struct Base {
    /// What it is for.
    pub header: BaseHeader,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The file, the run that it is of, or [`BUILT_IN`].
    file: PathBuf,
    /// Shapes and values by name: `encoder.…`, `inter.…`, `driver_mask.…`, `decoder.…`; and `people.…`, what each of
    /// its people has of their own in the decoder.
    tensors: Tensors,
}

impl Base {
    /// The base that comes with Standin.
    ///
    /// # Errors
    /// [`BaseError::File`] where this program was built without a good one.
    pub fn built_in() -> Result<Self, BaseError> {
        Self::read(include_bytes!("../../models/base/live.safetensors"), Path::new(BUILT_IN))
    }

    /// Reads a file that [`Base::save`] wrote.
    ///
    /// # Errors
    /// [`BaseError::File`].
    pub fn open(file: &Path) -> Result<Self, BaseError> {
        let failed = |error: std::io::Error| BaseError::File {
            file: file.to_owned(),
            reason: format!(
                "{error}; --from takes base, none, or a file that `export` wrote of a run with --troupe and without --b"
            ),
        };
        Self::read(&std::fs::read(file).map_err(failed)?, file)
    }

    fn read(bytes: &[u8], file: &Path) -> Result<Self, BaseError> {
        let failed = |reason: String| BaseError::File { file: file.to_owned(), reason };
        let (header, tensors) = FORMAT.read(bytes).map_err(failed)?;
        Ok(Self { header, sha256: sha256_hex(bytes), file: file.to_owned(), tensors })
    }

    /// The base that a run with a troupe has come to: its averaged weights, the decoder with the mean of everybody's
    /// gains and biases.
    ///
    /// # Errors
    /// [`BaseError::NoTroupe`], [`BaseError::Run`] where the run has no checkpoint.
    pub fn of_run(run: &Run) -> Result<Self, BaseError> {
        let recipe = run.recipe();
        if !recipe.dimensions.is_base() {
            return Err(BaseError::NoTroupe(run.folder().to_owned()));
        }
        let failed = |error| BaseError::Run(Box::new(error));
        let Average { weights, step: steps, seconds, .. } = run.average(&Device::flex()).map_err(failed)?;
        let header = BaseHeader {
            version: VERSION,
            model: recipe.model.clone(),
            dimensions: Dimensions { people: 0, ..recipe.dimensions.clone() },
            face_type: recipe.face_type.clone(),
            coverage: recipe.coverage,
            alignment: recipe.alignment,
            steps,
            seconds,
            people: recipe.dimensions.people,
            troupe: recipe.b_hashes.clone(),
        };
        Ok(Self { header, sha256: String::new(), file: run.folder().to_owned(), tensors: folded(&weights) })
    }

    /// Writes it, whole or not at all: 16-bit floats.
    ///
    /// # Errors
    /// [`BaseError::File`], also where a value is no number or too large for 16 bits.
    pub fn save(&self, file: &Path) -> Result<(), BaseError> {
        let failed = |reason: String| BaseError::File { file: file.to_owned(), reason };
        let bytes = FORMAT.write(&self.header, &self.tensors).map_err(failed)?;
        whole_file::write(file, &bytes).map_err(|error| failed(error.to_string()))
    }

    /// Whether a training may start from it.
    ///
    /// # Errors
    /// [`BaseError::Other`], naming the first field that differs.
    pub fn fits(
        &self,
        dimensions: &Dimensions,
        face_type: &str,
        coverage: f32,
        alignment: Alignment,
    ) -> Result<(), BaseError> {
        let own = &self.header;
        let other = |field, found: String, wanted: String, mend: String| {
            if found == wanted { Ok(()) } else { Err(BaseError::Other { field, found, wanted, mend }) }
        };
        let extract = format!("extract with --face-type {}", own.face_type);
        other("face type", own.face_type.clone(), face_type.to_owned(), extract.clone())?;
        if (own.coverage - coverage).abs() > Sides::SAME_COVERAGE {
            other("coverage", own.coverage.to_string(), coverage.to_string(), extract)?;
        }
        let name = own.alignment.name();
        other("alignment", name.to_owned(), alignment.name().to_owned(), format!("extract with --alignment {name}"))?;
        let (found, wanted) = (model_name(&own.dimensions), model_name(dimensions));
        other("model", found, wanted, format!("give --model {}", own.model))?;
        for (field, option, found, wanted) in [
            ("resolution", "--resolution", own.dimensions.resolution, dimensions.resolution),
            ("ae", "--ae-dims", own.dimensions.ae, dimensions.ae),
            ("e", "--e-dims", own.dimensions.e, dimensions.e),
            ("d", "--d-dims", own.dimensions.d, dimensions.d),
            ("d_mask", "--d-mask-dims", own.dimensions.d_mask, dimensions.d_mask),
        ] {
            other(field, found.to_string(), wanted.to_string(), format!("give {option} {found}"))?;
        }
        let people = dimensions.people.to_string();
        other("people", own.dimensions.people.to_string(), people, "give --b instead of --troupe".to_owned())
    }

    /// Whether it was trained on the face sets with these hashes and has what its people have of their own.
    pub fn knows(&self, troupe: &[String]) -> bool {
        *troupe == self.header.troupe && self.tensors.keys().any(|name| name.starts_with(PEOPLE))
    }

    /// First weights: the base's, its decoder for both sides. The people of a troupe are who they were where the face
    /// sets with the hashes `troupe` are those that the base was trained on, and all alike otherwise.
    ///
    /// # Errors
    /// [`BaseError::File`] where a parameter is missing or of another shape.
    pub fn start(&self, network: &Network, troupe: &[String], device: &Device) -> Result<Weights, BaseError> {
        let known = self.knows(troupe);
        let parameter = |wanted: &super::zoo::ParameterShape| {
            let of_people = network.blueprint().people > 0 && wanted.name.starts_with("decoder.");
            let everybody = self.tensors.get(&format!("{PEOPLE}{}", wanted.name)).filter(|_| of_people && known);
            if let Some((shape, values)) = everybody {
                if *shape != wanted.shape || values.len() != count(wanted) {
                    let reason = format!("{PEOPLE}{} is {shape:?}, not {:?}", wanted.name, wanted.shape);
                    return Err(BaseError::File { file: self.file.clone(), reason });
                }
                let value = Tensor::from_data(TensorData::new(values.clone(), [values.len()]), device);
                return Ok(Parameter { name: wanted.name.clone(), shape: wanted.shape.clone(), value });
            }
            let name = ["decoder_a.", "decoder_b."].iter().find_map(|side| wanted.name.strip_prefix(side));
            let name = name.map_or(Cow::Borrowed(&*wanted.name), |rest| Cow::Owned(format!("decoder.{rest}")));
            let failed = |reason: String| BaseError::File { file: self.file.clone(), reason };
            if of_people && name.ends_with(".gain") {
                let value = Tensor::from_data(TensorData::new(vec![1.0_f32; count(wanted)], [count(wanted)]), device);
                return Ok(Parameter { name: wanted.name.clone(), shape: wanted.shape.clone(), value });
            }
            let (shape, values) = self.tensors.get(&*name).ok_or_else(|| failed(format!("it has no {name}")))?;
            // Everybody begins with the base's bias.
            let own = if of_people && name.ends_with(".bias") { &wanted.shape[1..] } else { &wanted.shape[..] };
            if *shape != own || values.len() != own.iter().product::<usize>() {
                return Err(failed(format!("{name} is {shape:?}, not {own:?}")));
            }
            let values = values.repeat(count(wanted) / values.len().max(1));
            let value = Tensor::from_data(TensorData::new(values, [count(wanted)]), device);
            Ok(Parameter { name: wanted.name.clone(), shape: wanted.shape.clone(), value })
        };
        Ok(Weights(network.parameters().iter().map(parameter).collect::<Result<_, _>>()?))
    }
}

fn count(wanted: &super::zoo::ParameterShape) -> usize {
    wanted.shape.iter().product()
}

/// Whether a model from a base trains the parameter of that name where no troupe is beside its subject: its encoder
/// stays as it is, so that its code goes on meaning the same for everybody.
pub fn is_trained(name: &str) -> bool {
    name.starts_with(TRAINED)
}

/// A family and its options, as `--model` takes them.
fn model_name(dimensions: &Dimensions) -> String {
    let DfOptions { unit, double, deep, cosine } = dimensions.options;
    let letters = [(unit, 'u'), (double, 'd'), (deep, 't'), (cosine, 'c')];
    let letters: String = letters.into_iter().filter(|(has, _)| *has).map(|(_, letter)| letter).collect();
    let family = format!("{:?}", dimensions.family).to_lowercase();
    if letters.is_empty() { family } else { format!("{family}-{letters}") }
}

/// The parameters of a base's network as one decoder without people (the mean gain times the weight, the mean bias),
/// and what each of the people has beside it.
fn folded(weights: &Weights) -> Tensors {
    let mean = |parameter: &Parameter| {
        let (people, out) = (parameter.shape[0], parameter.shape[1]);
        let mut sums = vec![0.0; out];
        for row in parameter.to_vec().chunks_exact(out) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / people as f32);
        }
        sums
    };
    let folded_gain = |gain: &Parameter| -> Vec<f32> {
        mean(gain).into_iter().map(|mean| if mean.abs() > LEAST_GAIN { mean } else { 1.0 }).collect()
    };
    let mut tensors = Tensors::new();
    for parameter in &weights.0 {
        let place = parameter.name.rsplit_once('.').map_or("", |(place, _)| place);
        let gain = weights.named(&format!("{place}.gain"));
        if let (Some(own @ ("gain" | "bias")), Some(gain)) = (parameter.name.rsplit('.').next(), gain) {
            let mut values = parameter.to_vec();
            if own == "gain" {
                let means = folded_gain(gain);
                let rows = values.chunks_exact_mut(means.len());
                rows.flat_map(|row| row.iter_mut().zip(&means)).for_each(|(value, mean)| *value /= mean);
            }
            tensors.insert(format!("{PEOPLE}{}", parameter.name), (parameter.shape.clone(), values));
        }
        let folded = match (parameter.name.rsplit('.').next(), gain) {
            (Some("gain"), _) => continue,
            (Some("weight"), Some(gain)) => {
                let (gain, mut values) = (folded_gain(gain), parameter.to_vec());
                let each = values.len() / gain.len();
                values.chunks_exact_mut(each).zip(&gain).for_each(|(row, g)| row.iter_mut().for_each(|w| *w *= g));
                (parameter.shape.clone(), values)
            }
            (Some("bias"), Some(_)) => (vec![parameter.shape[1]], mean(parameter)),
            _ => (parameter.shape.clone(), parameter.to_vec()),
        };
        tensors.insert(parameter.name.clone(), folded);
    }
    tensors
}

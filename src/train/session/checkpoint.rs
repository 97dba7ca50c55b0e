//! The state of a training in one file: safetensors, whole or not there at all.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::SessionError;
use crate::train::weights::{Parameter, Weights};
use crate::train::zoo::ParameterShape;

/// Version of the format.
const VERSION: &str = "1";
/// Prefix of a file that is being written.
const UNFINISHED: &str = ".unfinished-";
/// Prefix of the optimiser's tensors; what has no prefix is the weights.
const OPTIMISER: &str = "optimiser/";
/// Prefix of what is known of the subject's faces.
const FACES: &str = "faces/";

/// The state of a training after some step.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Steps that were done.
    pub step: u64,
    /// Seconds that they took, over all sessions.
    pub seconds: f64,
    /// The learning rate is divided by this, since the weights blew up at the whole one; 1 where they never did.
    pub caution: f64,
    /// The weights.
    pub weights: Weights,
    /// The optimiser's state, see [`Optimiser::export`](crate::train::optimise::Optimiser::export).
    pub optimiser: Vec<(String, Vec<f32>)>,
    /// How wrong the subject's faces came out, where hard ones are replayed: see
    /// [`FaceLosses::export`](crate::train::samples::FaceLosses::export).
    pub faces: Vec<(String, Vec<f32>)>,
}

impl Checkpoint {
    /// The state before the first step.
    pub fn first(weights: Weights) -> Self {
        Self { step: 0, seconds: 0.0, caution: 1.0, weights, optimiser: Vec::new(), faces: Vec::new() }
    }

    /// File of the state after `step` in the folder of checkpoints.
    pub fn path(folder: &Path, step: u64) -> PathBuf {
        folder.join(format!("step-{step:08}.safetensors"))
    }

    /// The files in `folder`, newest first.
    pub fn list(folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let named = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("step-") && name.ends_with(".safetensors")
        };
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(named).collect();
        files.sort_unstable_by(|a, b| b.cmp(a));
        files
    }

    /// Removes what programs that were killed while they wrote left in `folder`; nobody else may be writing there.
    pub fn clear_unfinished(folder: &Path) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
            // What cannot be removed is in nobody's way but for its size.
            let _ = fs::remove_file(entry.path());
        }
    }

    /// Takes a file that cannot be read out of the list, so that it neither counts as one that is kept nor is written
    /// over: it gets the ending `.unreadable`.
    ///
    /// # Errors
    /// [`SessionError::File`].
    pub fn set_aside(path: &Path) -> Result<(), SessionError> {
        let aside = path.with_extension("safetensors.unreadable");
        fs::rename(path, aside).map_err(SessionError::file(path))
    }

    /// Writes it into `folder` under its name, then removes all but the `keep` newest. Where anything fails, the older
    /// ones are as they were.
    ///
    /// # Errors
    /// [`SessionError::File`], a full disk above all.
    pub fn save(&self, folder: &Path, keep: usize) -> Result<PathBuf, SessionError> {
        fs::create_dir_all(folder).map_err(SessionError::file(folder))?;
        let path = Self::path(folder, self.step);
        let failed = SessionError::file(&path);
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(&failed)?;
        self.write(file.path()).map_err(|reason| SessionError::Checkpoint { file: path.clone(), reason })?;
        // The file was written by its name, over the one that is open.
        fs::File::open(file.path()).and_then(|file| file.sync_all()).map_err(&failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        for old in Self::list(folder).into_iter().skip(keep.max(1)) {
            fs::remove_file(&old).map_err(SessionError::file(&old))?;
        }
        Ok(path)
    }

    /// Reads a file that must hold `parameters`; the weights come to lie on `device`.
    ///
    /// # Errors
    /// [`SessionError::File`], [`SessionError::Checkpoint`] naming the tensor.
    pub fn load(path: &Path, parameters: &[ParameterShape], device: &Device) -> Result<Self, SessionError> {
        let bytes = fs::read(path).map_err(SessionError::file(path))?;
        read(&bytes, parameters, device).map_err(|reason| SessionError::Checkpoint { file: path.to_owned(), reason })
    }

    /// Whether the file at `path` can be read and holds a tensor of that name.
    pub fn holds(path: &Path, name: &str) -> bool {
        let bytes = fs::read(path).unwrap_or_default();
        SafeTensors::read_metadata(&bytes).is_ok_and(|(_, header)| header.info(name).is_some())
    }

    fn write(&self, path: &Path) -> Result<(), String> {
        let weights = self.weights.0.iter();
        let state = [(OPTIMISER, &self.optimiser), (FACES, &self.faces)];
        let state = state.into_iter().flat_map(|(prefix, named)| named.iter().map(move |named| (prefix, named)));
        let tensors: Vec<(String, Vec<usize>, Cow<'_, [f32]>)> = weights
            .map(|weight| (weight.name.clone(), weight.shape.clone(), Cow::Owned(weight.to_vec())))
            .chain(state.map(|(prefix, (name, values))| {
                (format!("{prefix}{name}"), vec![values.len()], Cow::Borrowed(&values[..]))
            }))
            .collect();
        let views = tensors
            .iter()
            .map(|(name, shape, values)| {
                let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values));
                Ok((name.as_str(), view.map_err(|error| format!("{name}: {error}"))?))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let metadata = HashMap::from([
            ("standin".to_owned(), VERSION.to_owned()),
            ("step".to_owned(), self.step.to_string()),
            ("seconds".to_owned(), format!("{:?}", self.seconds)),
            ("caution".to_owned(), format!("{:?}", self.caution)),
        ]);
        safetensors::serialize_to_file(views, Some(metadata), path).map_err(|error| error.to_string())
    }
}

fn read(bytes: &[u8], parameters: &[ParameterShape], device: &Device) -> Result<Checkpoint, String> {
    let damaged = |error| format!("the file is damaged or no checkpoint: {error}");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let field =
        |name: &str| metadata.get(name).ok_or_else(|| format!("its metadata lacks `{name}`: no checkpoint of ours"));
    if field("standin")? != VERSION {
        return Err(format!("checkpoint of version {}; this program reads version {VERSION}", field("standin")?));
    }
    let number = |name: &str| field(name)?.parse::<f64>().map_err(|_| format!("its metadata `{name}` is no number"));
    let weights = parameters
        .iter()
        .map(|wanted| {
            let other =
                |what: String| format!("{what}: it is the checkpoint of another model, or of an older version of it");
            let tensor = file.tensor(&wanted.name).map_err(|_| other(format!("it has no {}", wanted.name)))?;
            if tensor.shape() != wanted.shape {
                return Err(other(format!("{} is {:?}, not {:?}", wanted.name, tensor.shape(), wanted.shape)));
            }
            let values = floats(&wanted.name, &tensor)?;
            let count = [values.len()];
            let value = Tensor::from_data(TensorData::new(values, count), device);
            Ok(Parameter { name: wanted.name.clone(), shape: wanted.shape.clone(), value })
        })
        .collect::<Result<_, String>>()?;
    let named = |prefix: &str| {
        let all = file.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)));
        all.map(|(name, tensor)| Ok((name.to_owned(), floats(name, &tensor)?))).collect::<Result<Vec<_>, String>>()
    };
    Ok(Checkpoint {
        step: number("step")? as u64,
        seconds: number("seconds")?,
        caution: number("caution")?,
        weights: Weights(weights),
        optimiser: named(OPTIMISER)?,
        faces: named(FACES)?,
    })
}

fn floats(name: &str, tensor: &TensorView<'_>) -> Result<Vec<f32>, String> {
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("{name} is not float32"));
    }
    Ok(tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

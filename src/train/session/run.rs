//! The folder of a training.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::{Checkpoint, Recipe, SessionError};
use crate::train::augment::LATER;
use crate::train::optimise::Optimiser;
use crate::train::precision::ComputePrecision;
use crate::train::weights::Weights;
use crate::train::whole_file;
use crate::train::zoo::Network;

/// A training on disk.
#[derive(Debug, Clone)]
pub struct Run {
    folder: PathBuf,
    recipe: Recipe,
    network: Network,
}

/// The weights that a run has come to.
#[derive(Debug)]
pub struct Average {
    /// Their running average.
    pub weights: Weights,
    /// Steps behind them.
    pub step: u64,
    /// Seconds that those took.
    pub seconds: f64,
    /// What was wrong with newer checkpoints.
    pub skipped: Vec<SessionError>,
}

impl Run {
    /// Whether `folder` holds a training.
    pub fn is_at(folder: &Path) -> bool {
        folder.join("run.toml").exists()
    }

    /// Begins one: makes the folder and writes its recipe.
    ///
    /// # Errors
    /// [`SessionError::File`], [`SessionError::Blueprint`], [`SessionError::Losses`]; [`SessionError::Checkpoint`]
    /// where checkpoints of another run lie there.
    pub fn begin(folder: &Path, recipe: Recipe) -> Result<Self, SessionError> {
        recipe.check().map_err(|reason| SessionError::File { file: folder.join("run.toml"), reason })?;
        if let Some(file) = Checkpoint::list(&folder.join("checkpoints")).into_iter().next() {
            let reason = "it is of a run without its run.toml; take another folder, or delete it".to_owned();
            return Err(SessionError::Checkpoint { file, reason });
        }
        let network = Network::new(recipe.dimensions.blueprint()?)?;
        fs::create_dir_all(folder).map_err(SessionError::file(folder))?;
        let run = Self { folder: folder.to_owned(), recipe, network };
        run.write_recipe()?;
        Ok(run)
    }

    /// Opens one.
    ///
    /// # Errors
    /// [`SessionError::File`] where there is none, or its recipe is damaged.
    pub fn open(folder: &Path) -> Result<Self, SessionError> {
        let file = folder.join("run.toml");
        let wrong = |reason: String| SessionError::File { file: file.clone(), reason };
        let text = fs::read_to_string(&file)
            .map_err(|error| wrong(format!("{error}; begin a training with `standin-train train`")))?;
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        match table.get("version").and_then(toml::Value::as_integer) {
            Some(version) if version == i64::from(Recipe::VERSION) => {}
            other => {
                let version = other.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
                return Err(wrong(format!("it has {version}; this program reads version {}", Recipe::VERSION)));
            }
        }
        if let Some(augment) = table.get_mut("augment").and_then(toml::Value::as_table_mut) {
            // A run that was begun before there was a setting goes on as it did.
            for (setting, value) in LATER {
                augment.entry(setting).or_insert(toml::Value::Float(value));
            }
        }
        let recipe: Recipe = table.try_into().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        recipe.check().map_err(wrong)?;
        let network = Network::new(recipe.dimensions.blueprint()?)?;
        Ok(Self { folder: folder.to_owned(), recipe, network })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it is made by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Its network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Sets another goal, another rate and precision where one is given, and where both sides' face sets are now.
    ///
    /// # Errors
    /// [`SessionError::File`].
    pub fn change(
        &mut self,
        goal: super::Goal,
        rate: Option<f64>,
        precision: Option<ComputePrecision>,
        [a, b]: [Vec<PathBuf>; 2],
    ) -> Result<(), SessionError> {
        self.recipe.goal = goal;
        (self.recipe.a, self.recipe.b) = (a, b);
        self.recipe.schedule.rate = rate.unwrap_or(self.recipe.schedule.rate);
        self.recipe.precision = precision.unwrap_or(self.recipe.precision);
        let file = self.folder.join("run.toml");
        self.recipe.check().map_err(|reason| SessionError::File { file, reason })?;
        self.write_recipe()
    }

    /// Folder of the checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    /// File of the preview after `step`.
    pub fn preview_path(&self, step: u64) -> PathBuf {
        self.folder.join("previews").join(format!("step-{step:08}.png"))
    }

    /// File of the metrics.
    pub fn metrics_path(&self) -> PathBuf {
        self.folder.join("metrics.jsonl")
    }

    /// Keeps other programs from training in `folder`, which is made where it is missing, as long as what it gives
    /// lives.
    ///
    /// # Errors
    /// [`SessionError::InUse`], [`SessionError::File`].
    pub fn lock(folder: &Path) -> Result<File, SessionError> {
        fs::create_dir_all(folder).map_err(SessionError::file(folder))?;
        let path = folder.join("run.toml.lock");
        let file = File::create(&path).map_err(SessionError::file(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(SessionError::InUse(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(SessionError::file(&path)(error)),
        }
    }

    /// The newest checkpoint that can be read, its weights on `device`, and what was wrong with newer ones. None where
    /// there is no file at all.
    ///
    /// # Errors
    /// [`SessionError::Checkpoint`] or [`SessionError::File`] of the newest, where none can be read.
    pub fn newest(&self, device: &Device) -> Result<Option<(Checkpoint, Vec<SessionError>)>, SessionError> {
        let mut skipped = Vec::new();
        for path in Checkpoint::list(&self.checkpoints()) {
            match Checkpoint::load(&path, self.network.parameters(), device) {
                Ok(checkpoint) => return Ok(Some((checkpoint, skipped))),
                Err(error) => skipped.push(error),
            }
        }
        match skipped.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// The weights to use: the running average of the newest checkpoint that can be read, on `device`; the steps behind
    /// them; and what was wrong with newer ones.
    ///
    /// # Errors
    /// As [`Run::newest`]; [`SessionError::Checkpoint`] where there is none.
    pub fn trained(&self, device: &Device) -> Result<(Weights, u64, Vec<SessionError>), SessionError> {
        let Average { weights, step, skipped, .. } = self.average(device)?;
        Ok((weights, step, skipped))
    }

    /// [`Run::trained`], with the seconds that the steps took.
    ///
    /// # Errors
    /// As [`Run::trained`].
    pub fn average(&self, device: &Device) -> Result<Average, SessionError> {
        let none = || SessionError::Checkpoint {
            file: self.checkpoints(),
            reason: "there is no checkpoint yet; train some steps first".to_owned(),
        };
        let (checkpoint, skipped) = self.newest(device)?.ok_or_else(none)?;
        let mut optimiser = Optimiser::new(self.recipe.optimiser, &checkpoint.weights)?;
        optimiser.import(checkpoint.optimiser)?;
        let weights = optimiser.average(&checkpoint.weights);
        Ok(Average { weights, step: checkpoint.step, seconds: checkpoint.seconds, skipped })
    }

    fn write_recipe(&self) -> Result<(), SessionError> {
        let file = self.folder.join("run.toml");
        let failed = SessionError::file(&file);
        let text = toml::to_string(&self.recipe).map_err(|error| failed(std::io::Error::other(error)))?;
        whole_file::write(&file, text.as_bytes()).map_err(failed)
    }
}

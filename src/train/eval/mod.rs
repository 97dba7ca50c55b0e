//! Evaluation: a model runs over a clip on the live path itself, and what comes out is measured.
//!
//! [`evaluate`] goes through the clip once, a frame at a time: [`live_path`] swaps it, [`measure`] looks at it, and
//! nothing of it is kept but figures ([`figures`]) and some pictures ([`album`]). What is measured, a file each:
//!
//! - `likeness` to a truth clip, which shows the target doing exactly the same, under the face's mask ([`face_mask`]): of
//!   the frame and of the network's bare output ([`bare`]), by [`similarity`]; what of it is a matter of place
//!   ([`registered`]); eyes and mouth by themselves ([`parts`]);
//! - [`detail`] of the eyes, which a blurred picture has not;
//! - [`identity`]: nearer to the target or to the driver, of the frame and of the bare output, by tone of the driver's skin
//!   ([`skin_tone`]);
//! - [`pose`] and [`expression`] against the source's, and against ground truth ([`truth`]) where there is some; the place
//!   of the [`iris`], and whether it, lids and mouth come late ([`lag`]);
//! - [`motion`]: flicker and jitter that the source does not have; [`still`]: jitter while the head is still; [`warping`]:
//!   change that motion ([`flow`]) does not explain;
//! - the reconstruction of both sides, where the training is at hand;
//! - [`seam`], and pixels that changed [`outside`] of the face's region;
//! - frames swapped, concealed and missed, and the time that it took.
//!
//! [`table`] has the figures to compare models by, the same rows with truth and without.
//!
//! [`same_person`] is asked before a training begins, and is no part of an evaluation.
//!
//! [`report`] is `eval.json`, [`page`] is `eval.html`.

pub mod album;
pub mod bare;
pub mod detail;
mod error;
pub mod expression;
pub mod face_mask;
pub mod figures;
pub mod flow;
pub mod iris;
pub mod lag;
mod likeness;
pub mod live_path;
pub mod measure;
pub mod motion;
pub mod outside;
pub mod page;
pub mod parts;
pub mod picture;
pub mod pose;
mod reconstruction;
pub mod reference;
pub mod registered;
pub mod report;
pub mod same_person;
pub mod seam;
mod seen;
pub mod series;
pub mod similarity;
pub mod skin_tone;
pub mod still;
mod sum_up;
pub mod table;
mod target;
pub mod truth;
pub mod warping;

pub use error::EvalError;
pub use report::EvalReport;

use std::path::{Path, PathBuf};

use album::Album;
use live_path::LivePath;
use measure::Measurer;
use reference::Reference;
use target::Target;
use truth::GroundTruth;

use crate::face::IdentityNetwork;
use crate::media::{Clip, ClipOptions};
use crate::runtime::Runtime;
use crate::train::whole_file;

/// What to evaluate.
#[derive(Debug, Clone)]
pub struct EvalOptions {
    /// The .dfm file, with its consent record beside it.
    pub model: PathBuf,
    /// The driver's clip. Ground truth is read from a JSON of the same name beside it, where there is one.
    pub driver: PathBuf,
    /// What a perfect swap of that clip looks like, frame for frame.
    pub truth: Option<PathBuf>,
    /// Where the face is in it: a clip of class ids, see [`Reference::open_mask`]; else the landmarks' hull.
    pub truth_mask: Option<PathBuf>,
    /// What the target looks like, a clip or a face set: identity, and detail of the eyes where there is no truth.
    /// Else the truth clip's.
    pub target: Option<PathBuf>,
    /// The training that the model comes from, for its reconstruction.
    pub run: Option<PathBuf>,
    /// Threads of the swap network.
    pub threads: usize,
    /// Frames at most.
    pub most: u64,
}

/// What came out.
#[derive(Debug)]
pub struct Evaluation {
    /// The figures.
    pub report: EvalReport,
    /// Pictures for the page.
    pub album: Album,
}

/// Runs the model over the clip and measures what comes out. `progress` is told how many
/// frames are done, and about how many there are.
///
/// # Errors
/// [`EvalError`], which names the file and the mend.
pub fn evaluate(options: &EvalOptions, mut progress: impl FnMut(u64, Option<u64>)) -> Result<Evaluation, EvalError> {
    let mut driver = Clip::open(&options.driver, ClipOptions::default())?;
    let mut truth = options.truth.as_deref().map(Reference::open).transpose()?;
    let mut mask = options.truth_mask.as_deref().map(Reference::open_mask).transpose()?;
    let known = GroundTruth::beside(&options.driver)?;
    let runtime = Runtime::load(None)?;
    let mut live = LivePath::new(&runtime, &options.model, options.threads)?;
    let mut identity = IdentityNetwork::new(&runtime, options.threads)?;
    let target = match options.target.as_deref() {
        Some(target) => target::of(&runtime, &mut identity, target)?,
        None => Target::default(),
    };
    let reconstruction = options.run.as_deref().map(reconstruction::of_run).transpose()?;
    let mut measurer = Measurer::new(&runtime, identity, known, target.usual)?;
    let (mut number, mut layout, mut fps) = (0, None, None);
    while number < options.most {
        let Some(frame) = driver.next().transpose()? else { break };
        fps = fps.or_else(|| measurer.known_fps()).or_else(|| driver.frame_rate());
        let beside = match &mut truth {
            Some(truth) => Some(truth.next(number, &frame)?),
            None => None,
        };
        let classes = match &mut mask {
            Some(mask) => Some(mask.next(number, &frame)?),
            None => None,
        };
        layout.get_or_insert(*frame.layout());
        let time = number as f64 / fps.unwrap_or(30.0);
        let passed = live.pass(frame, time)?;
        measurer.measure(number, time, &passed, &live, beside.as_ref(), classes.as_ref())?;
        number += 1;
        progress(number, driver.frames().map(|frames| frames.min(options.most)));
    }
    let layout = layout.ok_or_else(|| EvalError::NoFrame(options.driver.clone()))?;
    if number < options.most {
        truth.as_mut().map_or(Ok(()), |truth| truth.end(number))?;
        mask.as_mut().map_or(Ok(()), |mask| mask.end(number))?;
    }
    if measurer.saw_nobody() {
        return Err(EvalError::NoFace { clip: options.driver.clone(), role: "driver" });
    }
    let empty = measurer.compared > 0 && measurer.unmasked == measurer.compared;
    if let Some(clip) = options.truth_mask.as_ref().filter(|_| empty) {
        return Err(EvalError::EmptyMask(clip.clone()));
    }
    Ok(sum_up::sum_up(options, &live, layout, fps.unwrap_or(30.0), measurer, target.embeddings, reconstruction))
}

/// Writes `eval.json` and `eval.html` into `folder`, which is made where it is missing; returns the two files.
///
/// # Errors
/// [`EvalError::Write`].
pub fn write(evaluation: &Evaluation, folder: &Path) -> Result<[PathBuf; 2], EvalError> {
    let failed = |file: &Path, reason: String| EvalError::Write { file: file.to_owned(), reason };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error.to_string()))?;
    let files = [folder.join("eval.json"), folder.join("eval.html")];
    let json =
        serde_json::to_string_pretty(&evaluation.report).map_err(|error| failed(&files[0], error.to_string()))?;
    let html = page::page(evaluation).map_err(|error| failed(&files[1], error.to_string()))?;
    for (file, text) in files.iter().zip([json, html]) {
        whole_file::write(file, text.as_bytes()).map_err(|error| failed(file, error.to_string()))?;
    }
    Ok(files)
}

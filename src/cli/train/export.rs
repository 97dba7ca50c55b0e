//! `standin-train export`: a trained model as a .dfm, checked before it is there.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use burn::tensor::{Device, Tensor};

use crate::cli::Outcome;
use crate::cli::consent::Terms;
use crate::consent::{Consent, sha256_hex, today};
use crate::face::{Alignment, FaceType};
use crate::geometry::Point;
use crate::swap::ModelFile;
use crate::train::base::{Base, BaseHeader};
use crate::train::export::{
    Agreement, Crops, Metadata, Precision, calibrate, export, registration, sharpness, skull_centre_of, verify,
};
use crate::train::samples::Faces;
use crate::train::session::display::said;
use crate::train::session::{Event, Run};
use crate::train::weights::Weights;
use crate::train::zoo::{Network, Side};

/// Crops of the drivers that an export is checked on.
const CROPS: usize = 32;

/// Crops of the drivers on which it is measured where faces are drawn, and of the subject where their features lie.
const DRAWN: usize = 192;

/// Arguments of `standin-train export`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of the training run.
    pub run: PathBuf,
    /// The .dfm file to write; of a run with --troupe the base (.safetensors), which takes none of the options below.
    #[arg(short, long)]
    pub out: PathBuf,
    /// How weights are kept.
    #[arg(long, value_enum, default_value_t)]
    pub precision: WeightPrecision,
    /// The model's name; the file's where there is none.
    #[arg(long)]
    pub name: Option<String>,
    /// Whose face it gives; the consent's subject where there is one.
    #[arg(long)]
    pub who: Option<String>,
    /// On which terms the model may be passed on.
    #[arg(long)]
    pub licence: Option<String>,
    /// The consent of the person whose face the model gives, as a TOML file; `model_sha256` may be left out.
    #[arg(long, value_name = "FILE", conflicts_with = "terms")]
    pub consent: Option<PathBuf>,
    /// The same, said here.
    #[command(flatten)]
    pub terms: Terms,
    /// Replaces files that are there.
    #[arg(long)]
    pub force: bool,
}

/// `--precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum WeightPrecision {
    /// 32-bit floats.
    #[default]
    Fp32,
    /// 16-bit floats: half the size, the same speed.
    Fp16,
    /// 8-bit integers: a quarter of the size, faster, and not the same picture; the loss is stated.
    Int8,
}

/// A trained model, and crops `[N, 3, S, S]` to check its export with.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub network: Network,
    /// What it learnt.
    pub weights: Weights,
    /// What the run knows of itself; the arguments add to it.
    pub metadata: Metadata,
    /// Real ones, of the performers: blue, green, red, 0..1.
    pub crops: Tensor<4>,
}

/// Exports a run. Nothing is written where a check fails.
///
/// # Errors
/// A sentence for people.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    // What is wrong with the arguments should be known before a run is read, not after.
    refuse_to_replace(arguments)?;
    let run = Run::open(&arguments.run)?;
    if run.recipe().dimensions.is_base() {
        return write_base(arguments, &run, out);
    }
    consent(arguments, &"0".repeat(64))?;
    let trained = load(&run, out)?;
    write(arguments, trained, out)
}

/// Writes what a run with a troupe has come to, for `standin-train train --from`.
fn write_base(arguments: &Arguments, run: &Run, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let of_a_model = [
        ("--precision", arguments.precision != WeightPrecision::default()),
        ("--name", arguments.name.is_some()),
        ("--who", arguments.who.is_some()),
        ("--licence", arguments.licence.is_some()),
        ("--consent", arguments.consent.is_some()),
        ("--subject and the like", !arguments.terms.is_empty()),
    ];
    let troupe = format!("{}: a run with --troupe gives a base, not a model", run.folder().display());
    if let Some((option, _)) = of_a_model.into_iter().find(|(_, given)| *given) {
        bail!("{troupe}: leave out {option}");
    }
    if arguments.out.extension().is_none_or(|ending| ending != "safetensors") {
        bail!("{troupe}: give -o BASE.safetensors instead of {}", arguments.out.display());
    }
    let base = Base::of_run(run)?;
    base.save(&arguments.out)?;
    let BaseHeader { steps, people, .. } = &base.header;
    writeln!(
        out,
        "wrote {}: a base of {people} people after {steps} steps; next: standin-train train --from {} --b FACESET",
        arguments.out.display(),
        arguments.out.display()
    )?;
    Ok(Outcome::Good)
}

/// As [`run`], of a model that is in memory.
///
/// # Errors
/// A sentence for people.
pub fn write(arguments: &Arguments, mut trained: Trained, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    refuse_to_replace(arguments)?;
    let subject = consent(arguments, &"0".repeat(64))?.map(|consent| consent.subject);
    describe(&mut trained.metadata, arguments, subject);
    write_checked(arguments, &trained, out)
}

/// The model and the crops of a run.
fn load(run: &Run, out: &mut dyn Write) -> anyhow::Result<Trained> {
    let device = Device::flex();
    let (weights, steps, skipped) = run.trained(&device)?;
    for note in skipped.iter().filter_map(|error| said(&Event::Skipped(error))) {
        writeln!(out, "warning: {note}")?;
    }
    writeln!(out, "weights of step {steps}")?;
    let recipe = run.recipe();
    let sides = recipe.sides().context("the face sets of the run are needed to check the export")?;
    let resolution = recipe.dimensions.resolution;
    let faces = Faces::load(&sides, resolution, &|| ())?;
    let driving = faces.driving();
    let seen = |side, count: usize| {
        let which = faces.spread(side, count.min(faces.of(side).len()));
        let landmarks: Vec<Vec<Point>> = which
            .iter()
            .filter_map(|&n| sides.faces(side).nth(n))
            .map(|face| face.landmarks.iter().map(|&[x, y]| Point::new(x, y)).collect())
            .collect();
        Ok::<_, anyhow::Error>((faces.plain(side, &which, resolution, &device)?.target, landmarks))
    };
    let (crops, _) = seen(driving, CROPS)?;
    // By the template a face's place has its proportions in it already.
    let (own, own_landmarks) = seen(Side::B, DRAWN)?;
    let rigid = recipe.alignment == Alignment::Rigid;
    let skull_centre = if rigid { skull_centre_of(&own, &own_landmarks)? } else { None };
    let (drawn, landmarks) = seen(driving, DRAWN)?;
    // How a subject drives themselves says nothing of somebody else.
    let registration = if driving == Side::A {
        registration(run.network(), &weights, &drawn, &landmarks, skull_centre)?
    } else {
        None
    };
    if registration.is_some() {
        writeln!(out, "it draws faces beside where they belong: a registration map goes into the file")?;
    }
    let drivers = Crops { pictures: &drawn, landmarks: &landmarks };
    let subject = Crops { pictures: &own, landmarks: &own_landmarks };
    let sharpen = sharpness(run.network(), &weights, &drivers, &subject)?;
    if let Some(strength) = sharpen {
        writeln!(out, "what it draws is softer than the subject: it asks to be sharpened by {strength}")?;
    }
    let face_type = FaceType::named(&recipe.face_type);
    let metadata = Metadata {
        name: String::new(),
        face_type: face_type
            .with_context(|| format!("run.toml: face_type is '{}'", recipe.face_type.escape_debug()))?,
        coverage: recipe.coverage,
        alignment: recipe.alignment,
        registration,
        skull_centre,
        sharpen,
        model: recipe.model.clone(),
        steps,
        faceset_a: recipe.a_hashes.clone(),
        faceset_b: recipe.b_hashes.clone(),
        who: String::new(),
        licence: String::new(),
    };
    Ok(Trained { network: run.network().clone(), weights, metadata, crops })
}

fn refuse_to_replace(arguments: &Arguments) -> anyhow::Result<()> {
    let files = [arguments.out.clone(), Consent::path_for(&arguments.out)];
    match files.iter().find(|file| file.exists()).filter(|_| !arguments.force) {
        Some(there) => Err(anyhow!("{} is there already; --force replaces it", there.display())),
        None => Ok(()),
    }
}

/// The record for the model with this hash, where there is to be one.
fn consent(arguments: &Arguments, sha256: &str) -> anyhow::Result<Option<Consent>> {
    let consent = match &arguments.consent {
        Some(record) => Consent::prepared(record, sha256)?,
        None if arguments.terms.is_empty() => return Ok(None),
        None => arguments.terms.clone().record(sha256)?,
    };
    consent.to_toml().map_err(|reason| anyhow!("no record can be written: {reason}"))?;
    Ok(Some(consent))
}

fn describe(metadata: &mut Metadata, arguments: &Arguments, subject: Option<String>) {
    let stem = arguments.out.file_stem().unwrap_or_default().to_string_lossy();
    metadata.name = arguments.name.clone().unwrap_or_else(|| stem.into_owned());
    if let Some(who) = arguments.who.clone().or(subject) {
        metadata.who = who;
    }
    if let Some(licence) = arguments.licence.clone() {
        metadata.licence = licence;
    }
}

fn write_checked(arguments: &Arguments, trained: &Trained, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let Trained { network, weights, metadata, crops } = trained;
    let (measured_on, held_out) = halves(crops);
    let ranges = match arguments.precision {
        WeightPrecision::Int8 => Some(calibrate(network, weights, &measured_on)?),
        WeightPrecision::Fp32 | WeightPrecision::Fp16 => None,
    };
    let precision = match (arguments.precision, &ranges) {
        (WeightPrecision::Int8, Some(ranges)) => Precision::Int8(ranges),
        (WeightPrecision::Fp16, _) => Precision::Fp16,
        _ => Precision::Fp32,
    };
    let bytes = export(network, weights, metadata, precision)?;
    let judged_by = if ranges.is_some() { &held_out } else { crops };
    let agreement = verify(&bytes, network, weights, judged_by)?;
    accept(precision, agreement)?;
    let consent = consent(arguments, &sha256_hex(&bytes))?;
    save(arguments, &bytes)?;
    if let Some(consent) = &consent {
        let record = Consent::path_for(&arguments.out);
        let failed = || format!("{} is written, but its record {} is not", arguments.out.display(), record.display());
        consent.save(&arguments.out, arguments.force).with_context(failed)?;
    }
    let model = ModelFile::open(&arguments.out)?;
    let path = model.path().display();
    let (side, count) = (model.resolution(), judged_by.dims()[0]);
    writeln!(out, "wrote {path}: {side} x {side}, {}, {} bytes", precision.name(), model.bytes().len())?;
    writeln!(out, "differs from the trained network by {agreement}, on {count} crops")?;
    match model.consented(today()) {
        Ok(consent) => writeln!(out, "consent of {}, valid until {} (UTC)", consent.subject, consent.until)?,
        Err(error) => writeln!(out, "it will not run: {error}")?,
    }
    Ok(Outcome::Good)
}

/// Every other crop to measure with, and those between to judge by; one crop is both.
fn halves(crops: &Tensor<4>) -> (Tensor<4>, Tensor<4>) {
    let [count, ..] = crops.dims();
    let every_other = |from: usize| {
        let picked: Vec<_> = (from..count).step_by(2).map(|i| crops.clone().narrow(0, i, 1)).collect();
        if picked.is_empty() { crops.clone() } else { Tensor::cat(picked, 0) }
    };
    (every_other(0), every_other(1))
}

fn accept(precision: Precision<'_>, agreement: Agreement) -> anyhow::Result<()> {
    match precision.tolerance().filter(|&tolerance| agreement.max > tolerance || agreement.max.is_nan()) {
        None => Ok(()),
        Some(tolerance) => bail!(
            "the exported model is not the trained one: {agreement}, where {} allows a difference of {tolerance}; nothing was written",
            precision.name()
        ),
    }
}

/// Writes the model whole or not at all, once it passes the checks of whoever will open it.
fn save(arguments: &Arguments, bytes: &[u8]) -> anyhow::Result<()> {
    let path = &arguments.out;
    let failed = || format!("{} could not be written", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut unfinished = tempfile::Builder::new()
        .prefix(".export-")
        .suffix(".dfm")
        .make_in(folder, |path| File::options().write(true).create_new(true).open(path))
        .with_context(failed)?;
    unfinished.write_all(bytes).with_context(failed)?;
    unfinished.as_file().sync_all().with_context(failed)?;
    ModelFile::open(unfinished.path())?;
    match arguments.force {
        true => unfinished.persist(path).map(drop).map_err(|error| error.error),
        false => unfinished.persist_noclobber(path).map(drop).map_err(|error| error.error),
    }
    .with_context(failed)
}

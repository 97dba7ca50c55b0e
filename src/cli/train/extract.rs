//! `standin-train extract`: from clips and pictures to a face set.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Outcome;
use crate::cli::train::interrupts::stop_asked;
use crate::face::{Alignment, FaceType, Mesh};
use crate::runtime::Runtime;
use crate::train::extract::corrections::Corrections;
use crate::train::extract::{CleanUp, DetectorChoice, ExtractSettings, Job, MaskChoice, Several, extract, source};
use crate::train::faceset::Sex;

/// Arguments of `standin-train extract`.
///
/// Writes a folder: the crops (faces/), their masks (masks/), one table (faces.jsonl), report.json, report.txt and a
/// contact sheet by yaw and pitch. Run again with the same arguments, it goes on where it was stopped; further
/// sources may be added then. Nothing is dropped but what the flags under "Clean-up" say, and in clips what looks
/// like a face in a single frame only.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Clips, pictures (PNG, JPEG), folders of them (searched through) and patterns such as 'takes/*.mp4'. In folders
    /// and patterns, files whose names end in _mask are passed over.
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// The face set: a new or empty folder, or one to go on with.
    #[arg(short, long, value_name = "FACESET")]
    output: PathBuf,
    /// Delete what an earlier run wrote there, and begin again.
    #[arg(long, visible_alias = "overwrite")]
    fresh: bool,
    /// How much of the head a crop holds: half, mid-full, full, whole-face or head. A model sees no more than this;
    /// the base that comes with Standin is for full.
    #[arg(long, default_value_t = FaceType::Full.name().to_owned(), value_parser = face_type)]
    face_type: String,
    /// How faces are aligned: rigid follows the skull, whatever the brows do and whoever it is; template is what
    /// models of other tools are trained with.
    #[arg(long, default_value_t = Alignment::Rigid.name().to_owned(), value_parser = alignment)]
    alignment: String,
    /// The clips show people one after the other who perform the same N frames: frame n is person n / N, performance
    /// frame n % N; N divides the frames of every clip. For `standin-train train --troupe`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    performances: Option<u64>,
    /// The clips show people one after the other, N frames each and every one different: frame n is person n / N. For
    /// `standin-train train --troupe`, beside people who perform the same frames: poses and expressions that those
    /// lack.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..), conflicts_with = "performances")]
    people: Option<u64>,
    /// Sexes of the people of a clip, in their order, of which a troupe's training then draws as many:
    /// female,male,female, say. With --performances or --people.
    #[arg(long, value_name = "SEXES", value_enum, value_delimiter = ',', hide_possible_values = true)]
    sexes: Vec<Sex>,
    /// Largest side of a crop in px. Smaller faces keep the resolution of their source, larger ones are reduced.
    #[arg(long, value_name = "PX", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..=4096))]
    max_side: u32,
    /// Points of the mesh that gives landmarks and alignment: 478 sees closed lids and open mouths, 468 is faster.
    #[arg(long, value_name = "POINTS", default_value_t = 478, value_parser = mesh)]
    mesh: usize,
    /// Writes crops as JPEG files of that quality instead of PNG: a quarter of the size at 90.
    #[arg(long, value_name = "QUALITY", value_parser = clap::value_parser!(u8).range(1..=100))]
    jpeg: Option<u8>,
    /// Look at every Nth frame only.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Stop after so many frames; the same command goes on from there.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    limit: Option<u64>,

    /// Which network searches whole frames. Faces that it found are followed by the mesh, and a closer look at one
    /// place always takes the short one.
    #[arg(long, value_enum, default_value_t, help_heading = "Finding")]
    detector: DetectorChoice,
    /// Frames from one search to the next while every face is followed; a lost face is searched for at once. Fewer find
    /// a second person sooner, and cost more.
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Finding")]
    detect_interval: u32,
    /// Corrections by hand: a TOML file of entries [[correction]] with source (path or file name), frame (from 0) and
    /// one of rectangle = [x, y, w, h] (the face is there, in px), landmarks = [[x, y], …] (all 468 points, in px)
    /// and drop = true (take nothing); or the same as JSON. Corrected faces are kept whatever the clean-up flags say.
    #[arg(long, value_name = "FILE", help_heading = "Finding")]
    corrections: Option<PathBuf>,

    /// Masks instead of those that are made; once for each SOURCE, in their order. For a clip a clip or a folder of
    /// pictures, one a frame; for a picture a picture; for folders and patterns a folder with masks named as the
    /// sources (with or without _mask). White is face.
    #[arg(long, value_name = "CLIP-OR-FOLDER", help_heading = "Masks")]
    mask: Vec<PathBuf>,
    /// What is face where there is no --mask.
    #[arg(long, value_enum, default_value_t, help_heading = "Masks")]
    masks: MaskChoice,
    /// The masks hold class ids, not grey levels; these ids are the face: 1,2,3,4,5,11, say. Needs a lossless grey clip
    /// (FFV1) or PNG pictures.
    #[arg(long, value_name = "IDS", value_delimiter = ',', requires = "mask", help_heading = "Masks")]
    mask_classes: Vec<u8>,

    /// Frames with several faces: take none of them, the largest, or all.
    #[arg(long, value_enum, default_value_t, help_heading = "Clean-up")]
    several: Several,
    /// Keep one person: the faces of this track only. The report lists the tracks; a face that was lost for over half a
    /// second or across a cut has a new one.
    #[arg(long, value_name = "N", help_heading = "Clean-up")]
    track: Option<u32>,
    /// Least score of the mesh: how sure it is that this is a face. Below 0.5 nothing is found anyway.
    #[arg(long, value_name = "0..1", default_value_t = 0.5, value_parser = share, help_heading = "Clean-up")]
    threshold: f32,
    /// Least side of the crop in px of the source.
    #[arg(long, value_name = "PX", default_value_t = 0.0, value_parser = not_negative, help_heading = "Clean-up")]
    min_size: f32,
    /// Least sharpness: the variance of the Laplacian of the face at 128 px. The table has it of each face.
    #[arg(long, value_name = "VARIANCE", default_value_t = 0.0, value_parser = not_negative, help_heading = "Clean-up")]
    min_sharpness: f32,
    /// Least mean brightness of the face.
    #[arg(long, value_name = "0..1", default_value_t = 0.0, value_parser = share, help_heading = "Clean-up")]
    min_exposure: f32,
    /// Largest mean brightness of the face.
    #[arg(long, value_name = "0..1", value_parser = share, help_heading = "Clean-up")]
    max_exposure: Option<f32>,
    /// Largest turn to either side.
    #[arg(long, value_name = "DEGREES", value_parser = not_negative, help_heading = "Clean-up")]
    max_yaw: Option<f32>,
    /// Largest nod up or down.
    #[arg(long, value_name = "DEGREES", value_parser = not_negative, help_heading = "Clean-up")]
    max_pitch: Option<f32>,
    /// Drop a face that looks like one of the last 64 that were kept of its track (of all pictures, for pictures):
    /// whose 64-bit hash differs in so many bits or fewer. 2 drops what hardly moves, 8 much more.
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(0..=64), help_heading = "Clean-up")]
    near_duplicates: Option<u32>,
}

fn mesh(text: &str) -> Result<usize, String> {
    let found = text.parse().ok().and_then(Mesh::of_points).map(Mesh::points);
    found.ok_or_else(|| "meshes have 468 or 478 points".to_owned())
}

fn face_type(text: &str) -> Result<String, String> {
    let names = || FaceType::ALL.map(FaceType::name).join(", ");
    FaceType::named(text).map(|found| found.name().to_owned()).ok_or_else(|| format!("there are {}", names()))
}

fn alignment(text: &str) -> Result<String, String> {
    let names = || Alignment::ALL.map(Alignment::name).join(", ");
    Alignment::named(text).map(|found| found.name().to_owned()).ok_or_else(|| format!("there are {}", names()))
}

fn share(text: &str) -> Result<f32, String> {
    text.parse().ok().filter(|value| (0.0..=1.0).contains(value)).ok_or_else(|| "not a number from 0 to 1".to_owned())
}

fn not_negative(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|value: &f32| value.is_finite() && *value >= 0.0);
    number.ok_or_else(|| "not a number from 0 on".to_owned())
}

impl Arguments {
    fn job(&self) -> anyhow::Result<Job> {
        let corrections = self.corrections.as_deref().map(Corrections::read).transpose()?.unwrap_or_default();
        let clean_up = CleanUp {
            several: self.several,
            track: self.track,
            threshold: self.threshold,
            min_size: self.min_size,
            min_sharpness: self.min_sharpness,
            min_exposure: self.min_exposure,
            max_exposure: self.max_exposure,
            max_yaw: self.max_yaw,
            max_pitch: self.max_pitch,
            near_duplicates: self.near_duplicates,
        };
        let settings = ExtractSettings {
            face_type: self.face_type.clone(),
            alignment: self.alignment.clone(),
            performances: self.performances,
            people: self.people,
            sexes: self.sexes.clone(),
            max_side: self.max_side,
            mesh: self.mesh,
            jpeg: self.jpeg,
            every: self.every,
            detector: self.detector,
            detect_interval: self.detect_interval,
            masks: self.masks,
            mask_classes: self.mask_classes.clone(),
            corrections: corrections.sha256.clone(),
            clean_up,
        };
        if !settings.sexes.is_empty() && settings.frames_each().is_none() {
            bail!("--sexes is of people who follow each other in a clip: give --performances or --people too");
        }
        let sources = source::expand(&self.sources, &self.mask)?;
        let names: Vec<&str> = sources.iter().map(|source| &*source.name).collect();
        if let (Some(file), strangers @ [_, ..]) = (&self.corrections, &*corrections.strangers(&names)) {
            bail!("{}: source: {} is not among the sources given", file.display(), strangers.join(", "));
        }
        Ok(Job { sources, output: self.output.clone(), settings, corrections, limit: self.limit, fresh: self.fresh })
    }
}

/// Extracts and reports.
///
/// # Errors
/// Where an argument names nothing usable, the face set cannot be written, or no face came out of it.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let job = arguments.job()?;
    let runtime = Runtime::load(None)?;
    let stop = stop_asked()?;
    let bar = ProgressBar::new(1000).with_style(ProgressStyle::with_template("{bar:30} {percent}% ETA {eta} {msg}")?);
    let report = extract(&job, &runtime, &stop, &mut |step| {
        bar.set_position((step.done * 1000.0) as u64);
        let rate = step.frames as f64 / bar.elapsed().as_secs_f64().max(1e-3);
        bar.set_message(format!("{}: {} frames, {rate:.0} a second, {} faces", step.source, step.frames, step.kept));
    });
    bar.finish_and_clear();
    let report = report?;
    write!(out, "{report}")?;
    if let Some(problem) = report.problem() {
        bail!(problem);
    }
    Ok(if report.stopped { Outcome::Bad } else { Outcome::Good })
}

//! The extraction: three threads (decode, analyse, write) with bounded queues between them.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::bounded;

use super::analyse::Analysis;
use super::clean_up::Seen;
use super::corrections::Corrections;
use super::progress::{ExtractProgress, PROGRESS, SourceProgress};
use super::reader::{self, Message, Task};
use super::report::{ExtractReport, ExtractTiming, REPORT, TEXT};
use super::source::{Kind, Source};
use super::write::Writing;
use super::{ExtractError, ExtractSettings, contact_sheet};
use crate::runtime::Runtime;
use crate::train::faceset::{
    CROPS, FaceSet, FaceSetError, FaceSetHeader, HEADER, MASKS, TABLE, VERSION, Writer, lock, replace, write_header,
};

/// Frames that wait between decoding and analysis: enough to even out a slow key frame.
const DECODED: usize = 4;
/// Faces and notes that wait to be written; each face holds its frame.
const TO_WRITE: usize = 8;

/// What is to be extracted.
#[derive(Debug)]
pub struct Job {
    /// The clips and pictures.
    pub sources: Vec<Source>,
    /// The face set.
    pub output: PathBuf,
    /// How.
    pub settings: ExtractSettings,
    /// Corrections by hand; [`ExtractSettings::corrections`] is their hash.
    pub corrections: Corrections,
    /// Stop after so many frames; another run goes on.
    pub limit: Option<u64>,
    /// Delete what an earlier run wrote, and begin again.
    pub fresh: bool,
}

/// Where an extraction is.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The part of all sources that is done, by their size, 0..1.
    pub done: f64,
    /// The source.
    pub source: &'a str,
    /// Frames looked at in this run.
    pub frames: u64,
    /// Faces kept in this run.
    pub kept: u64,
}

/// Extracts the faces of a job, or goes on where an earlier run of the same job stopped. `stop` ends it after the frame
/// that is being worked on; `watch` hears of every frame. Writes `report.json`, `report.txt` and `contact-sheet.png`
/// into the face set, also after a stop.
///
/// # Errors
/// [`ExtractError`]. What was written before is kept; a source that cannot be read is no error, but in the report.
pub fn extract(
    job: &Job,
    runtime: &Runtime,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Step),
) -> Result<ExtractReport, ExtractError> {
    let begun = Instant::now();
    let (writer, mut progress, seen) = prepare(job)?;
    let mut numbers = Vec::new();
    for source in &job.sources {
        let bytes = std::fs::metadata(&source.path).map_or(0, |metadata| metadata.len());
        let mask = source.mask.as_ref().map(|mask| mask.path().display().to_string());
        let new = SourceProgress { source: source.name.clone(), bytes, mask, ..SourceProgress::default() };
        numbers.push(progress.place(&job.output, new)?);
    }
    progress.write(&job.output)?;
    write_header(&job.output, &header(&job.settings, &progress))?;
    let tasks: Vec<Task<'_>> = job
        .sources
        .iter()
        .zip(&numbers)
        .filter(|(_, number)| !progress.sources[**number].done)
        .map(|(source, &number)| Task { number, source, next: progress.sources[number].next })
        .collect();
    let pictures: BTreeSet<usize> = tasks.iter().filter(|t| t.source.kind == Kind::Picture).map(|t| t.number).collect();

    let writing = Writing { folder: job.output.clone(), writer, progress: progress.clone() };
    let (orders, ordered) = bounded(TO_WRITE);
    let mut analysis = Analysis::new(job, runtime, progress.sources, pictures, seen, orders)?;
    let (say, messages) = bounded::<Message>(DECODED);
    let (analysed, written) = std::thread::scope(|scope| {
        let (tasks, settings) = (&tasks, &job.settings);
        let reader = scope.spawn(move || reader::read(tasks, settings.every.max(1), job.limit, stop, &say));
        let writer = scope.spawn(move || writing.run(&ordered));
        let analysed = analysis.run(&messages, watch);
        // The reader ends when nobody listens, the writer when nobody orders.
        drop(messages);
        let timing = (analysis.frames, analysis.media_seconds);
        drop(analysis);
        let read = reader.join().map_err(|_| ExtractError::Thread("decoding"));
        let written = writer.join().map_err(|_| ExtractError::Thread("writing"));
        (analysed.and(read).map(|()| timing), written)
    });
    // A writer that failed is why nobody took the orders.
    let progress = written??;
    let (frames, media_seconds) = analysed?;
    let timing = ExtractTiming { frames, media_seconds, seconds: begun.elapsed().as_secs_f64() };
    finish(job, &progress, timing, stop.load(Ordering::Relaxed))
}

/// The sheet and the report.
fn finish(
    job: &Job,
    progress: &ExtractProgress,
    timing: ExtractTiming,
    stopped: bool,
) -> Result<ExtractReport, ExtractError> {
    let set = FaceSet::open(&job.output)?;
    let report = ExtractReport::new(&set, progress, timing, stopped);
    let file = job.output.join(REPORT);
    let reason = |error: serde_json::Error| FaceSetError::File { file: file.clone(), reason: error.to_string() };
    replace(&file, &serde_json::to_vec_pretty(&report).map_err(reason)?)?;
    replace(&job.output.join(TEXT), report.to_string().as_bytes())?;
    contact_sheet::write(&set)?;
    Ok(report)
}

fn header(settings: &ExtractSettings, progress: &ExtractProgress) -> FaceSetHeader {
    FaceSetHeader {
        version: VERSION,
        tool: format!("standin-train {}", env!("CARGO_PKG_VERSION")),
        face_type: settings.crop().face_type.name().to_owned(),
        coverage: settings.crop().face_type.coverage(),
        alignment: settings.crop().alignment,
        sources: progress.sources.iter().map(|source| source.source.clone()).collect(),
    }
}

/// Makes the face set, or opens the one to go on with; and the looks of the faces that it holds.
fn prepare(job: &Job) -> Result<(Writer, ExtractProgress, Seen), ExtractError> {
    let folder = &job.output;
    let exists = folder.join(HEADER).exists();
    if job.fresh && exists {
        clear(folder)?;
    }
    if job.fresh || !exists {
        let progress = ExtractProgress { settings: job.settings.clone(), table: 0, sources: Vec::new() };
        let writer = Writer::create(folder, &header(&job.settings, &progress))?.with_jpeg(job.settings.jpeg);
        progress.write(folder)?;
        return Ok((writer, progress, Seen::default()));
    }
    let progress = ExtractProgress::read(folder)?;
    let differ = job.settings.differences(&progress.settings);
    if !differ.is_empty() {
        return Err(ExtractError::OtherSettings { folder: folder.clone(), differ });
    }
    let writer = Writer::resume(folder, progress.table)?.with_jpeg(job.settings.jpeg);
    let mut seen = Seen::default();
    for face in FaceSet::open(folder)?.faces {
        let picture = Kind::of(Path::new(&face.source)) == Some(Kind::Picture);
        if let Ok(hash) = u64::from_str_radix(&face.hash, 16) {
            seen.remember(super::analyse::look_key(&face.source, face.track, picture), hash);
        }
    }
    Ok((writer, progress, seen))
}

/// Deletes what extractions write, and nothing else; nothing at all where something else lies there.
fn clear(folder: &Path) -> Result<(), FaceSetError> {
    let failed = |file: PathBuf| move |error: std::io::Error| FaceSetError::File { file, reason: error.to_string() };
    let (files, folders) = ([PROGRESS, REPORT, TEXT, contact_sheet::SHEET, TABLE], [CROPS, MASKS]);
    let ours = || files.iter().chain(&folders).chain([&HEADER]);
    let entries = std::fs::read_dir(folder).map_err(failed(folder.to_owned()))?;
    let mut names = entries.flatten().map(|entry| entry.file_name());
    if let Some(name) = names.find(|name| !ours().any(|ours| name == *ours)) {
        let reason = "it is no part of the face set; move it elsewhere before --fresh deletes the rest".to_owned();
        return Err(FaceSetError::File { file: folder.join(name), reason });
    }
    let table = folder.join(TABLE);
    let held = File::open(&table).ok();
    held.as_ref().map_or(Ok(()), |held| lock(held, &table))?;
    for name in files {
        let file = folder.join(name);
        if file.exists() {
            std::fs::remove_file(&file).map_err(failed(file))?;
        }
    }
    for name in folders {
        let file = folder.join(name);
        if file.exists() {
            std::fs::remove_dir_all(&file).map_err(failed(file))?;
        }
    }
    // Last, so that a clearing that was cut off can be done again.
    std::fs::remove_file(folder.join(HEADER)).map_err(failed(folder.join(HEADER)))
}

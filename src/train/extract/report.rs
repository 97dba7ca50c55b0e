//! What came out of an extraction.

use std::fmt::{Display, Formatter};
use std::path::PathBuf;

use serde::Serialize;

use super::ExtractSettings;
use super::progress::{Counts, ExtractProgress};
use crate::train::faceset::FaceSet;

/// File of the report for programs.
pub const REPORT: &str = "report.json";
/// File of the report for people.
pub const TEXT: &str = "report.txt";

/// What one run took.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ExtractTiming {
    /// Frames that were looked at.
    pub frames: u64,
    /// Seconds of clips that these are.
    pub media_seconds: f64,
    /// Seconds from start to end.
    pub seconds: f64,
}

/// One source.
#[derive(Debug, Clone, Serialize)]
pub struct SourceReport {
    /// Its name.
    pub source: String,
    /// Whether its end was reached.
    pub done: bool,
    /// Why it could not be read to its end.
    pub unreadable: Option<String>,
    /// What became of its faces.
    #[serde(flatten)]
    pub counts: Counts,
}

/// All runs that made a face set, but for the timing, which is the last one's.
#[derive(Debug, Clone, Serialize)]
pub struct ExtractReport {
    /// The folder.
    pub face_set: PathBuf,
    /// [`FaceSet::content_hash`].
    pub content_hash: String,
    /// How faces were extracted.
    pub settings: ExtractSettings,
    /// Whether the run was stopped; another goes on.
    pub stopped: bool,
    /// Whether all sources are at their end.
    pub done: bool,
    /// All sources together.
    pub total: Counts,
    /// Each source.
    pub sources: Vec<SourceReport>,
    /// The last run.
    pub run: ExtractTiming,
}

impl ExtractReport {
    pub(super) fn new(set: &FaceSet, progress: &ExtractProgress, run: ExtractTiming, stopped: bool) -> Self {
        let mut total = Counts::default();
        progress.sources.iter().for_each(|source| total.add(&source.counts));
        let sources = progress.sources.iter().map(|source| SourceReport {
            source: source.source.clone(),
            done: source.done,
            unreadable: source.unreadable.clone(),
            counts: source.counts.clone(),
        });
        Self {
            face_set: set.folder.clone(),
            content_hash: set.content_hash(),
            settings: progress.settings.clone(),
            stopped,
            done: progress.sources.iter().all(|source| source.done || source.unreadable.is_some()),
            total,
            sources: sources.collect(),
            run,
        }
    }

    /// What is wrong with a face set that came out empty, and the mend; `None` for one that did not, or is not
    /// finished.
    pub fn problem(&self) -> Option<String> {
        let Counts { frames, found, kept, .. } = self.total;
        if kept > 0 || !self.done || self.stopped {
            return None;
        }
        let broken: Vec<&String> = self.sources.iter().filter_map(|source| source.unreadable.as_ref()).collect();
        Some(if let (0, [first, ..]) = (frames, &*broken) {
            format!("none of {} sources could be read; the first: {first}", broken.len())
        } else if found == 0 {
            format!(
                "no face in {frames} frames; is anybody to be seen, upright and larger than 1/18 of the picture? \
                 Where a face is missed, name its place with --corrections"
            )
        } else {
            let reasons: Vec<String> = self.reasons().map(|(text, count)| format!("{count} {text}")).collect();
            format!(
                "all {found} faces that were found were dropped: {}; relax these flags and give --fresh",
                reasons.join(", ")
            )
        })
    }

    fn reasons(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.total.dropped.iter().map(|(reason, &count)| (reason.describe(), count))
    }
}

/// Tracks of a source that the text names, the longest first; the JSON has all.
const TRACKS_SHOWN: usize = 12;

impl Display for ExtractReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Counts { frames, without_face, found, kept, .. } = &self.total;
        writeln!(f, "face set    {}", self.face_set.display())?;
        writeln!(f, "frames      {frames}, of which {without_face} without a face")?;
        writeln!(f, "faces       {found} found, {kept} kept, {} dropped", found - kept)?;
        for (reason, count) in self.reasons() {
            writeln!(f, "  {count:>8}  {reason}")?;
        }
        for source in &self.sources {
            let state = match &source.unreadable {
                Some(reason) => format!(", cannot be read: {reason}"),
                None if source.done => String::new(),
                None => ", not finished".to_owned(),
            };
            let mut tracks: Vec<_> = source.counts.tracks.iter().collect();
            tracks.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
            let more = tracks.len().saturating_sub(TRACKS_SHOWN);
            let shown: Vec<String> =
                tracks.iter().take(TRACKS_SHOWN).map(|(track, count)| format!("{track}: {count}")).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let tracks = if tracks.len() > 1 { format!(", tracks {}{more}", shown.join(" ")) } else { String::new() };
            writeln!(
                f,
                "  {}: {} frames, {} kept{tracks}{state}",
                source.source, source.counts.frames, source.counts.kept
            )?;
        }
        let ExtractTiming { frames, media_seconds, seconds } = self.run;
        if frames > 0 && seconds > 0.0 {
            write!(f, "this run    {frames} frames in {seconds:.1} s, {:.0} a second", frames as f64 / seconds)?;
            if media_seconds > 0.0 {
                write!(f, ", {:.1} times real time", media_seconds / seconds)?;
            }
            writeln!(f)?;
        }
        if !self.done {
            writeln!(f, "Not finished: the same command goes on from here.")?;
        }
        Ok(())
    }
}

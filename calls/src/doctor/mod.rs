//! `standin doctor`: what this machine has, what it lacks, and one line how to mend each fault.
//!
//! Each area gathers facts, then judges them: a pure function of the facts and the distribution, so that tests feed
//! it the facts of machines that they do not run on. [`examine`] is the whole examination, for reports other than
//! this command's.

mod cameras;
mod doors;
mod fetch;
mod gpu;
mod gstreamer;
mod loopback;
mod models;
mod onnxruntime;
mod pipewire;

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use standin::cli::Outcome;

use crate::camera::{Found, probe};
use crate::mend::Distribution;
use crate::video_device;

/// Arguments of `standin doctor`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Models to look at, with their consent. Without any, those that are installed.
    #[arg(value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
    /// Fetch ONNX Runtime into the user's cache where there is none, and print the lines that install the rest, as
    /// text.
    #[arg(long)]
    pub mend: bool,
}

/// How good what was found is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Good,
    /// Something that some uses want, or that is slower than it could be.
    Note,
    /// Something that is needed is missing.
    Fault,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it belongs to, such as `GStreamer`.
    pub area: &'static str,
    /// The thing.
    pub what: String,
    /// How good it is.
    pub state: State,
    /// What was found.
    pub detail: String,
    /// What to do, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    fn good(area: &'static str, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { area, what: what.into(), state: State::Good, detail: detail.into(), mend: None }
    }

    fn bad(
        area: &'static str,
        state: State,
        what: impl Into<String>,
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { area, what: what.into(), state, detail: detail.into(), mend: Some(mend.into()) }
    }

    fn note(area: &'static str, what: impl Into<String>, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::bad(area, State::Note, what, detail, mend)
    }

    /// The same, where it is no fault that something is missing.
    fn at_most_a_note(self) -> Self {
        Self { state: self.state.min(State::Note), ..self }
    }

    fn fault(area: &'static str, what: impl Into<String>, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::bad(area, State::Fault, what, detail, mend)
    }
}

/// What was found on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Standin's version.
    pub version: &'static str,
    /// The distribution whose package names the lines have.
    pub distribution: &'static str,
    /// Whether there is no fault.
    pub good: bool,
    /// Area by area.
    pub findings: Vec<Finding>,
}

impl Report {
    /// A report of these findings.
    pub fn of(here: Distribution, findings: Vec<Finding>) -> Self {
        let good = findings.iter().all(|finding| finding.state != State::Fault);
        Self { version: env!("CARGO_PKG_VERSION"), distribution: here.name(), good, findings }
    }

    /// The report for people: a headline an area, a line a finding, and the mend below it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn text(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "standin {}, distribution: {}", self.version, self.distribution)?;
        let mut area = "";
        for finding in &self.findings {
            if finding.area != area {
                area = finding.area;
                writeln!(out, "\n{area}")?;
            }
            let state = match finding.state {
                State::Good => "good ",
                State::Note => "note ",
                State::Fault => "FAULT",
            };
            writeln!(out, "  {state}  {}: {}", finding.what, finding.detail)?;
            if let Some(mend) = &finding.mend {
                writeln!(out, "         mend: {mend}")?;
            }
        }
        let count = |state| self.findings.iter().filter(|finding| finding.state == state).count();
        writeln!(out, "\nfaults: {}, notes: {}", count(State::Fault), count(State::Note))
    }
}

/// Whether GStreamer starts and has this element.
fn has_element(name: &str) -> bool {
    gst::init().is_ok() && gst::ElementFactory::find(name).is_some()
}

/// Looks at this machine, at `models` and at what is wrong with the settings, if anything is.
pub fn examine(models: &[PathBuf], settings: Option<&str>) -> Report {
    let here = Distribution::here();
    let pipewire = pipewire::Facts::gather();
    let loopback = loopback::Facts::gather(&video_device::without_hardware());
    let mut findings = gstreamer::findings(&gstreamer::Facts::gather(), here);
    findings.extend(onnxruntime::findings(&onnxruntime::Facts::gather(), here));
    findings.extend(gpu::findings(&gpu::Facts::gather(), here));
    findings.extend(cameras::findings(&if gst::init().is_ok() { probe::search() } else { Found::default() }));
    findings.extend(pipewire::findings(&pipewire, here));
    findings.extend(loopback::findings(&loopback, here));
    findings.push(doors::finding(&pipewire, &loopback, here));
    findings.extend(models.iter().map(|path| models::finding(path)));
    if models.is_empty() {
        // Nobody has said that these are to be used.
        let found = crate::models::files(&[]);
        findings.extend(found.iter().map(|path| models::finding(path).at_most_a_note()));
    }
    findings.extend(settings.map(models::settings));
    Report::of(here, findings)
}

/// Examines, reports, and mends what can be mended without the system's administrator where that was asked for.
///
/// # Errors
/// The report cannot be written, or ONNX Runtime cannot be fetched.
pub fn run(arguments: &Arguments, settings: Option<&str>, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let report = examine(&arguments.models, settings);
    if arguments.mend {
        return fetch::mend(&report, out);
    }
    if arguments.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        report.text(out)?;
    }
    Ok(if report.good { Outcome::Good } else { Outcome::Bad })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn a_report_is_text_and_json() {
        let findings = vec![
            Finding::good("GStreamer", "GStreamer", "1.22.0"),
            Finding::fault("GStreamer", "jpegdec", "missing", "sudo apt install x"),
            Finding::note("GPU", "GPU", "none", "none is needed"),
        ];
        let report = Report::of(Distribution::Debian, findings);
        assert!(!report.good);
        let mut text = Vec::new();
        report.text(&mut text).unwrap();
        let expected = format!(
            "standin {}, distribution: Debian\n\nGStreamer\n  good   GStreamer: 1.22.0\n  FAULT  jpegdec: missing\n         \
             mend: sudo apt install x\n\nGPU\n  note   GPU: none\n         mend: none is needed\n\nfaults: 1, notes: 1\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["good"], &json["findings"][1]["state"]), (&false.into(), &"fault".into()));
        assert!(json["findings"][0].get("mend").is_none());
    }

    #[test]
    fn notes_alone_are_no_fault() {
        assert!(Report::of(Distribution::Arch, vec![Finding::note("a", "b", "c", "d")]).good);
    }
}

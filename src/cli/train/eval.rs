//! `standin-train eval`: a model over a clip, measured.

use std::io::Write;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Outcome;
use crate::train::eval::table::ROWS;
use crate::train::eval::{self, EvalOptions, EvalReport};

/// Arguments of `standin-train eval`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The swap model, with its consent record beside it.
    model: PathBuf,
    /// The driver's clip. Ground truth is taken from a .json of the same name beside it, where there is one.
    #[arg(long, value_name = "CLIP")]
    driver: PathBuf,
    /// What a perfect swap of that clip looks like, frame for frame.
    #[arg(long, value_name = "CLIP")]
    truth: Option<PathBuf>,
    /// Where the face is in --truth: a lossless grey clip of class ids (1 skin, 2 eyes, 3 brows, 4 lashes, 5 inside
    /// of the mouth, 11 lips; all else is no face). Without it, the hull of the landmarks.
    #[arg(long, value_name = "CLIP", requires = "truth")]
    truth_mask: Option<PathBuf>,
    /// What the target looks like, for identity and the detail of the eyes: a clip of them, or a face set. Without it,
    /// --truth.
    #[arg(long, value_name = "CLIP or FACESET")]
    target: Option<PathBuf>,
    /// The training that the model comes from: its reconstruction of both sides is measured too.
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// Folder for eval.json and eval.html.
    #[arg(short, long, value_name = "FOLDER", default_value = "eval")]
    out: PathBuf,
    /// Frames to measure at most.
    #[arg(long, default_value_t = u64::MAX, hide_default_value = true, value_parser = clap::value_parser!(u64).range(1..))]
    frames: u64,
    /// Threads inside the swap network; 0 is all cores.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// Measures and writes both reports. Not good where samples changed that must not, or nothing was swapped.
///
/// # Errors
/// A sentence for people.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = EvalOptions {
        model: arguments.model.clone(),
        driver: arguments.driver.clone(),
        truth: arguments.truth.clone(),
        truth_mask: arguments.truth_mask.clone(),
        target: arguments.target.clone(),
        run: arguments.run.clone(),
        threads: if arguments.threads == 0 { cores } else { arguments.threads },
        most: arguments.frames,
    };
    let progress = ProgressBar::no_length()
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} frames {per_sec} {eta}")?);
    let evaluation = eval::evaluate(&options, |done, all| {
        if let Some(all) = all {
            progress.set_length(all);
        }
        progress.set_position(done);
    })?;
    progress.finish_and_clear();
    let files = eval::write(&evaluation, &arguments.out)?;
    summary(&evaluation.report, out)?;
    for file in &files {
        writeln!(out, "{}", file.display())?;
    }
    if evaluation.report.delivery.swapped == 0 {
        writeln!(
            out,
            "no face was swapped; {}",
            evaluation.report.delivery.failure.as_deref().unwrap_or("none was found")
        )?;
    }
    let good = evaluation.report.outside == 0 && evaluation.report.delivery.swapped > 0;
    Ok(if good { Outcome::Good } else { Outcome::Bad })
}

fn summary(report: &EvalReport, out: &mut dyn Write) -> std::io::Result<()> {
    let d = &report.delivery;
    let missed = d.missed.map_or(String::new(), |missed| format!(", {missed} missed"));
    writeln!(
        out,
        "{} frames: {} swapped, {} held, {} concealed, {} untouched, {} dropped{missed}",
        d.frames, d.swapped, d.held, d.concealed, d.untouched, d.dropped
    )?;
    if let Some(i) = &report.identity {
        writeln!(
            out,
            "identity: {:.2} to the target, {:.2} to the driver (same person below {}); nearer to the target in {:.0} %",
            i.to_target,
            i.to_driver,
            i.same,
            100.0 * i.nearer_to_target
        )?;
    }
    for row in &ROWS {
        let Some(value) = report.table.get(row.key).copied().flatten() else { continue };
        let value = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") };
        writeln!(out, "{}: {}", row.title, format!("{value} {}", row.unit).trim_end())?;
    }
    for tone in &report.skin_tones {
        writeln!(
            out,
            "skin tone {}: nearer to the target than to the performer in {:.0} % of {} frames",
            tone.tone,
            100.0 * tone.nearer_to_target,
            tone.frames
        )?;
    }
    if let Some(r) = &report.reconstruction {
        let side = |value: Option<f32>| value.map_or_else(|| "without faces".to_owned(), |value| format!("{value:.4}"));
        let (driver, target) = (side(r.a), side(r.b));
        writeln!(out, "reconstruction DSSIM after {} steps: driver's side {driver}, target's {target}", r.step)?;
    }
    writeln!(out, "{:.1} frames a second, one at a time, {} threads", report.timing.fps, report.timing.threads)
}

//! `standin-train expression`: clips with truth and class masks to the expression network.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context;
use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Outcome;
use crate::cli::train::interrupts::stop_asked;
use crate::runtime::Runtime;
use crate::train::augment::Buffers;
use crate::train::device::DeviceChoice;
use crate::train::expression::ExpressionJudge;
use crate::train::expression::batch::ExpressionBatchMaker;
use crate::train::expression::measure::{Figures, counts};
use crate::train::expression::outputs::{NAMES, statistics};
use crate::train::expression::reader::{ExpressionShot, Reader};
use crate::train::expression::trainer::{ExpressionTrainer, NETWORK_FILE};
use crate::train::mask::batch::Loader;
use crate::train::optimise::Schedule;
use crate::train::session::Goal;

/// Blurs in px that the network is measured under.
const BLURS: [f32; 2] = [0.0, 2.0];

/// Arguments of `standin-train expression`.
///
/// Writes a folder: checkpoints and expression.safetensors, the network of the newest of them. Run again with the same
/// arguments, it goes on where it was stopped. At the end it measures the network on those who were held back, and
/// writes into its file how far each of its numbers is to be trusted.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Clips of people, each with its class masks beside it (CLIP_mask.mkv, as `mask` takes them) and its truth:
    /// CLIP.json, with pose, gaze and units of expression of each frame. Of people who follow each other in a clip
    /// every fifth is held back, to be measured on.
    #[arg(long = "clip", value_name = "CLIP", required = true)]
    clips: Vec<PathBuf>,
    /// The run's folder: a new one, or one to go on with.
    #[arg(short, long, value_name = "RUN")]
    out: PathBuf,
    /// Stop after so many steps, those of earlier sessions included.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    steps: Option<u64>,
    /// Stop after so many minutes, those of earlier sessions included.
    #[arg(long, value_name = "MINUTES", default_value_t = 8.0, value_parser = super::mask::above_zero)]
    minutes: f64,
    /// Crops in each step.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=256))]
    batch: u16,
    /// Learning rate after the warm-up.
    #[arg(long, value_name = "RATE", default_value_t = 1e-3, value_parser = super::mask::above_zero)]
    rate: f64,
    /// Where all chance comes from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Steps from one checkpoint to the next.
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..))]
    save_every: u64,
    /// What it computes on.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
    /// Measure on this clip, too, which has class masks and truth beside it and is not trained on.
    #[arg(long, value_name = "CLIP", help_heading = "Measuring")]
    test: Vec<PathBuf>,
    /// Train nothing: measure the network of the run, and write into its file how far each of its numbers is to be
    /// trusted.
    #[arg(long, help_heading = "Measuring")]
    eval: bool,
}

/// Trains and measures.
///
/// # Errors
/// A sentence for people.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let runtime = Runtime::load(None).context("the faces of clips are found with ONNX Runtime")?;
    let mut reader = Reader::new(&runtime)?;
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template("{pos} frames {msg}")?);
    let (mut trained, mut measured) = (Vec::new(), Vec::new());
    for clip in &arguments.clips {
        bar.set_message(clip.display().to_string());
        let shots = reader.read(clip, &mut || bar.inc(1))?;
        let [kept, held] = [&shots.trained, &shots.held_back].map(Vec::len);
        writeln!(out, "{}: {kept} crops, {held} held back", clip.display())?;
        trained.push(shots.trained);
        measured.push((format!("{}, people held back", clip.display()), shots.held_back));
    }
    for clip in &arguments.test {
        bar.set_message(clip.display().to_string());
        let shots = reader.read(clip, &mut || bar.inc(1))?;
        measured.push((clip.display().to_string(), [shots.trained, shots.held_back].concat()));
    }
    bar.finish_and_clear();
    if !arguments.eval {
        train(arguments, trained, out)?;
    }
    let file = arguments.out.join(NETWORK_FILE);
    let mut judge = ExpressionJudge::open(&file, &Device::flex())?;
    let mut held_back = Vec::new();
    for (place, (what, shots)) in measured.iter().enumerate().filter(|(_, (_, shots))| !shots.is_empty()) {
        for blur in BLURS {
            let figures = Figures::of(&judge, shots, blur);
            writeln!(out, "{what}, blur {blur} px: correlation, error")?;
            write!(out, "{figures}")?;
            held_back.extend((place < arguments.clips.len()).then_some(figures));
        }
    }
    if !held_back.is_empty() {
        judge.header.counts = counts(&held_back);
        judge.save(&file)?;
        let counted = NAMES.iter().zip(judge.header.counts).map(|(name, count)| format!("{name} {count:.2}"));
        writeln!(out, "in the loss count: {}", counted.collect::<Vec<_>>().join(", "))?;
    }
    Ok(Outcome::Good)
}

fn train(arguments: &Arguments, clips: Vec<Vec<ExpressionShot>>, out: &mut dyn Write) -> anyhow::Result<()> {
    let chosen = arguments.device.device()?;
    let scale = statistics(clips.iter().flatten().map(|shot| &shot.values));
    let maker = ExpressionBatchMaker::new(Arc::new(clips), arguments.batch.into(), arguments.seed)?;
    let schedule = Schedule { rate: arguments.rate, warm_up: 100, last: 0.01, ..Schedule::default() };
    let mut trainer =
        ExpressionTrainer::open(&arguments.out, arguments.seed, schedule, scale, chosen.device.autodiff())?;
    writeln!(out, "on {}, from step {}", chosen.name, trainer.step())?;
    let mut buffers = Buffers::default();
    let loader = Loader::of(move |step| maker.batch(step, &mut buffers), trainer.step())?;
    let stopped = stop_asked()?;
    let goal = Goal { steps: arguments.steps, minutes: Some(arguments.minutes) };
    let mut written = Ok(());
    trainer.train(
        goal,
        [arguments.save_every, 50],
        &mut || Ok(loader.next()?),
        &mut |progress| {
            let (step, minutes, loss) = (progress.step, progress.seconds / 60.0, progress.loss);
            if written.is_ok() {
                let line = format!("step {step}, {minutes:.1} min: squared difference {loss:.4}");
                written = writeln!(out, "{line}").and_then(|()| out.flush());
            }
        },
        &|| stopped.load(Ordering::Relaxed),
    )?;
    written?;
    Ok(())
}

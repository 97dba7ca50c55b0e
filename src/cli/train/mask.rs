//! `standin-train mask`: clips with class masks to the occlusion network.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Outcome;
use crate::cli::train::interrupts::stop_asked;
use crate::face::OcclusionNetwork;
use crate::runtime::Runtime;
use crate::train::device::DeviceChoice;
use crate::train::mask::batch::{Loader, MaskBatchMaker};
use crate::train::mask::measure::{Figures, Pasted, still};
use crate::train::mask::reader::Cutter;
use crate::train::mask::trainer::{MaskTrainer, NETWORK_FILE};
use crate::train::mask::{MaskError, MaskShots};
use crate::train::optimise::Schedule;
use crate::train::session::Goal;

/// Arguments of `standin-train mask`.
///
/// Writes a folder: checkpoints and face_occlusion_128.onnx, the network of the newest of them. Run again with the same
/// arguments, it goes on where it was stopped. At the end it measures the network on those who were held back.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Clips of people, each with its class masks beside it: CLIP_mask.mkv for CLIP.mp4, a lossless grey clip (FFV1)
    /// of class ids. 1 skin, 2 eyeballs, 3 brows, 4 lashes, 5 mouth and 11 lips are face; 6 is hair; 8 hands and
    /// things; 7 clothes, 9 neck and body and 10 ears are body; 0 is background.
    #[arg(value_name = "CLIP")]
    clips: Vec<PathBuf>,
    /// Clips whose frames are crops of 128x128 px already, with class masks beside them as above. CLIP.json may say
    /// in a list `person` who is in each frame: every fifth of them is held back, to be measured on.
    #[arg(long, value_name = "CLIP")]
    crops: Vec<PathBuf>,
    /// The run's folder: a new one, or one to go on with.
    #[arg(short, long, value_name = "RUN")]
    output: PathBuf,
    /// Stop after so many steps, those of earlier sessions included.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    steps: Option<u64>,
    /// Stop after so many minutes, those of earlier sessions included.
    #[arg(long, value_name = "MINUTES", default_value_t = 40.0, value_parser = above_zero)]
    minutes: f64,
    /// Crops in each step.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    batch: u16,
    /// Learning rate after the warm-up.
    #[arg(long, value_name = "RATE", default_value_t = 2e-3, value_parser = above_zero)]
    rate: f64,
    /// Crops of each face of a clip, each cut differently.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    cuts: u16,
    /// Where all chance comes from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Steps from one checkpoint to the next.
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..))]
    save_every: u64,
    /// What it computes on.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
    /// Measure on this clip, too, which has class masks beside it and is not trained on.
    #[arg(long, value_name = "CLIP", help_heading = "Measuring")]
    test: Vec<PathBuf>,
    /// Measure on this clip of people, too, with hands and boards of those who were held back pasted in front.
    #[arg(long, value_name = "CLIP", help_heading = "Measuring")]
    test_pasted: Vec<PathBuf>,
    /// Measure the network of the run as it is, and train nothing.
    #[arg(long, help_heading = "Measuring")]
    eval: bool,
}

pub(super) fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0);
    number.ok_or_else(|| "not a number above 0".to_owned())
}

/// Trains and measures.
///
/// # Errors
/// A sentence for people.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    if arguments.clips.is_empty() && arguments.crops.is_empty() {
        bail!("nothing to train on: give clips, or --crops");
    }
    let runtime =
        Runtime::load(None).context("the faces of clips are found, and the network is measured, with ONNX Runtime")?;
    let shots = Arc::new(read(arguments, &runtime, out)?);
    if !arguments.eval {
        train(arguments, &shots, out)?;
    }
    let file = arguments.output.join(NETWORK_FILE);
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let mut network = OcclusionNetwork::of(&runtime, &bytes).with_context(|| file.display().to_string())?;
    measure(arguments, &shots, &runtime, &mut network, out)?;
    Ok(Outcome::Good)
}

/// Says how good the network is on people and things that it never saw.
fn measure(
    arguments: &Arguments,
    shots: &MaskShots,
    runtime: &Runtime,
    network: &mut OcclusionNetwork,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if !shots.held_back.is_empty() {
        let (mut figures, mut moved) = (Figures::default(), Vec::new());
        for (n, shot) in shots.held_back.iter().enumerate() {
            figures.add(network, shot)?;
            moved.push(still(network, shot, n as u64)?);
        }
        moved.sort_unstable_by(f64::total_cmp);
        let share = |share: f64| moved[(share * (moved.len() - 1) as f64) as usize];
        writeln!(out, "held back: {figures}")?;
        let (mean, high) = (moved.iter().sum::<f64>() / moved.len() as f64, share(0.95));
        writeln!(
            out,
            "held back: the edge on a still head moves by {mean:.3} px in the mean, {high:.3} px in 95 of 100"
        )?;
    }
    let mut cutter = Cutter::new(runtime)?;
    for clip in &arguments.test {
        let mut figures = Figures::default();
        figures.add_clip(clip, &mut cutter, network)?;
        writeln!(out, "{}: {figures}", clip.display())?;
    }
    for clip in &arguments.test_pasted {
        let mut pasted = Pasted::default();
        pasted.add(clip, &shots.held_back, &mut cutter, network)?;
        writeln!(out, "{}: {pasted}", clip.display())?;
    }
    Ok(())
}

fn read(arguments: &Arguments, runtime: &Runtime, out: &mut dyn Write) -> anyhow::Result<MaskShots> {
    let mut shots = MaskShots::default();
    for clip in &arguments.crops {
        let [trained, held] = shots.add_crops(clip)?;
        writeln!(out, "{}: {trained} crops, {held} held back", clip.display())?;
    }
    if arguments.eval {
        return Ok(shots);
    }
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template("{pos} frames {msg}")?);
    let mut cutter = Cutter::new(runtime)?;
    for clip in &arguments.clips {
        bar.set_message(clip.display().to_string());
        let found = shots.add_clip(clip, (arguments.cuts.into(), arguments.seed), &mut cutter, &mut || bar.inc(1))?;
        writeln!(out, "{}: {found} crops", clip.display())?;
    }
    bar.finish_and_clear();
    Ok(shots)
}

fn train(arguments: &Arguments, shots: &Arc<MaskShots>, out: &mut dyn Write) -> anyhow::Result<()> {
    let chosen = arguments.device.device()?;
    let maker = MaskBatchMaker::new(Arc::clone(shots), arguments.batch.into(), arguments.seed)?;
    let schedule = Schedule { rate: arguments.rate, warm_up: 100, last: 0.01, ..Schedule::default() };
    let mut trainer = MaskTrainer::open(&arguments.output, arguments.seed, schedule, chosen.device.autodiff())?;
    writeln!(out, "{} crops on {}, from step {}", shots.trained.len(), chosen.name, trainer.step())?;
    let loader = Loader::start(maker, trainer.step())?;
    let stopped = stop_asked()?;
    let goal = Goal { steps: arguments.steps, minutes: Some(arguments.minutes) };
    let mut written = Ok(());
    let trained = trainer.train(
        goal,
        [arguments.save_every, 50],
        &mut || loader.next(),
        &mut |progress| {
            let [entropy, face, occluder] = progress.losses;
            let (step, minutes) = (progress.step, progress.seconds / 60.0);
            let line = format!("step {step}, {minutes:.1} min: entropy {entropy:.4}, 1 - Dice of face {face:.4}, occluder {occluder:.4}");
            if written.is_ok() {
                written = writeln!(out, "{line}").and_then(|()| out.flush());
            }
        },
        &|| stopped.load(Ordering::Relaxed),
    );
    trained.or_else(|error: MaskError| bail!("{error}"))?;
    written?;
    Ok(())
}

//! `standin-train train`: the subject's face sets, with or without a driver's, to the weights of a model; or a
//! troupe's to a base.

mod arguments;
mod begin;
mod resume;

pub use arguments::Arguments;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use begin::begun;
use resume::resumed;

use crate::cli::Outcome;
use crate::train::device::Chosen;
use crate::train::samples::{Faces, Loader, LoaderSettings, Sides};
use crate::train::session::display::{Display, said};
use crate::train::session::{Event, Memory, Recipe, Run, SessionError, Stop, Trainer};
use crate::train::zoo::{Network, Side};

/// Faces a side that a preview shows.
const SHOWN: usize = 6;

/// Runs the command.
///
/// # Errors
/// A sentence for people.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    // Before a folder is made or changed.
    let Chosen { device, name, free } = arguments.device.device()?;
    arguments.precision.unwrap_or_default().check(&device)?;
    let (run, sides, _lock) = if Run::is_at(&arguments.out) { resumed(arguments)? } else { begun(arguments, out)? };
    let recipe = run.recipe();
    recipe.precision.check(&device)?;
    let network = Network::new(recipe.dimensions.blueprint()?)?;
    let resolution = recipe.dimensions.resolution;
    for warning in sides.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    writeln!(out, "{} at {resolution} px, {} parameters, on {name}", recipe.model, network.blueprint().count()?)?;
    let settings = LoaderSettings {
        batch: recipe.batch,
        resolution,
        balance: recipe.balance,
        augment: recipe.augment.clone(),
        pairing: recipe.pairing(),
        replay: recipe.replay,
    };
    let memory = Memory::of(&network, recipe, sides.bytes(resolution), settings.bytes());
    writeln!(out, "memory: {memory}")?;
    free.map_or(Ok(()), |free| memory.check(recipe.batch, free))?;
    let faces = Arc::new(loaded(&sides, resolution)?);
    // Only now: a run that is there is gone on with, whatever its pictures are.
    let run = run.open(&arguments.out)?;
    let recipe = run.recipe().clone();

    let mut notes = Vec::new();
    let mut trainer = Trainer::open(run, device.clone().autodiff(), &mut |event| notes.extend(said(&event)))?;
    for note in notes {
        writeln!(out, "{note}")?;
    }
    if trainer.step() > 0 {
        writeln!(out, "going on after step {}", trainer.step())?;
    }
    if recipe.goal.done(trainer.step(), trainer.seconds()) >= 1.0 {
        let (step, minutes) = (trainer.step(), trainer.seconds() / 60.0);
        writeln!(
            out,
            "the goal is reached, with {step} steps in {minutes:.1} minutes; give more --steps or --minutes"
        )?;
        return Ok(Outcome::Good);
    }
    (trainer.save_every, trainer.preview_every) = (arguments.save_every, arguments.preview_every);
    trainer.keep = usize::from(arguments.keep);
    let shown = |side| faces.plain(side, &faces.spread(side, SHOWN), resolution, &device);
    trainer.show(shown(faces.driving())?, shown(Side::B)?);
    // Batches are made some steps ahead, on another thread: they know the time of the step that is trained.
    let seconds = Arc::new(AtomicU64::new(trainer.seconds().to_bits()));
    let (goal, clock) = (recipe.goal, Arc::clone(&seconds));
    let done = move |step| goal.done(step, f64::from_bits(clock.load(Ordering::Relaxed)));
    let (first, losses) = (trainer.step(), trainer.face_losses());
    let loader = Loader::start(Arc::clone(&faces), &settings, recipe.seed, first, device.clone(), done, losses)?;

    let pressed = interrupts()?;
    let mut display = Display::new(recipe.goal, trainer.history());
    let mut written = Ok(());
    let trained = trainer.train(
        &mut |_, trained| {
            seconds.store(trained.to_bits(), Ordering::Relaxed);
            loader.next()
        },
        &mut |event: Event<'_>| {
            if let Event::Faces(losses) = event {
                loader.say(losses);
            }
            if written.is_ok() {
                written = display.show(&event, out);
            }
        },
        &mut |_| if pressed.load(Ordering::Relaxed) > 0 { Stop::Yes } else { Stop::No },
    );
    display.end(out)?;
    trained?;
    written?;
    let folder = trainer.run().folder().display();
    let file = if recipe.dimensions.is_base() { "BASE.safetensors" } else { "MODEL.dfm" };
    writeln!(out, "step {} saved in {folder}; next: standin-train export {folder} -o {file}", trainer.step())?;
    Ok(Outcome::Good)
}

/// What is to be trained: a run that is there, or one of which nothing is there yet.
enum Planned {
    There(Box<Run>),
    New(Box<Recipe>),
}

impl Planned {
    fn recipe(&self) -> &Recipe {
        match self {
            Self::There(run) => run.recipe(),
            Self::New(recipe) => recipe,
        }
    }

    /// The run, which is made in `folder` where it is new.
    fn open(self, folder: &Path) -> Result<Run, SessionError> {
        match self {
            Self::There(run) => Ok(*run),
            Self::New(recipe) => Run::begin(folder, *recipe),
        }
    }
}

fn hashes(sides: &Sides, side: Side) -> Vec<String> {
    sides.of(side).iter().map(crate::train::faceset::FaceSet::content_hash).collect()
}

/// Loads the pictures, with a bar on standard error where somebody looks.
fn loaded(sides: &Sides, resolution: usize) -> anyhow::Result<Faces> {
    let count = [Side::A, Side::B].into_iter().map(|side| sides.faces(side).count() as u64).sum();
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} faces loaded {eta}")?;
    let progress = ProgressBar::new(count).with_style(style);
    let faces = Faces::load(sides, resolution, &|| progress.inc(1));
    progress.finish_and_clear();
    Ok(faces?)
}

fn absolute(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    paths.iter().map(|path| std::path::absolute(path).with_context(|| path.display().to_string())).collect()
}

/// Counts Ctrl-C and SIGTERM; the second ends the program at once.
fn interrupts() -> anyhow::Result<Arc<AtomicUsize>> {
    let pressed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&pressed);
    let handler = move || {
        if counter.fetch_add(1, Ordering::Relaxed) > 0 {
            std::process::exit(130);
        }
    };
    match ctrlc::set_handler(handler) {
        // A program that trains twice has its handler already.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(pressed),
        Err(error) => Err(error).context("Ctrl-C cannot be watched for"),
    }
}

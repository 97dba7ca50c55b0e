//! `standin-train train`: the subject's face sets, with or without a driver's, to the weights of a model; or a troupe's to a
//! base.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use anyhow::{Context, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::from::{base, named_base, shown_base};
use super::terms::TermWeights;
use crate::cli::Outcome;
use crate::runtime::Runtime;
use crate::train::augment::AugmentSettings;
use crate::train::device::{Chosen, DeviceChoice};
use crate::train::eval::EvalError;
use crate::train::eval::same_person::looks_like;
use crate::train::losses::LossWeights;
use crate::train::optimise::{Course, Kind, Schedule, Settings};
use crate::train::samples::{Faces, Loader, LoaderSettings, SampleError, Sides};
use crate::train::session::display::{Display, said};
use crate::train::session::{BaseSource, Event, Goal, Memory, Recipe, Run, SessionError, Stop, Trainer};
use crate::train::zoo::preset::{Dimensions, PRESETS};
use crate::train::zoo::{Network, Side};

/// Faces a side that a preview shows.
const SHOWN: usize = 6;

/// Faces a side in each step where nothing is said.
const DEFAULT_BATCH: u16 = 4;
/// Part of a face set that may look like the other side's person.
const SAME_PERSON: f32 = 0.5;

/// Trains a model of the subject's face sets (--b), from a base or with a driver's (--a), or goes on with one that was
/// stopped: Ctrl-C saves.
#[derive(Debug, clap::Args)]
#[command(after_help = models())]
pub struct Arguments {
    /// Folder of the run; where there is one already, training goes on from its newest checkpoint.
    #[arg(short, long, value_name = "RUN")]
    pub out: PathBuf,
    /// Face set of the driver: who performs. Give several to serve several performers, also unseen ones. From a base it is
    /// not trained on, and may be left out: it serves previews, the check of the export and the registration map only.
    #[arg(long, value_name = "FACESET")]
    pub a: Vec<PathBuf>,
    /// Face set of the subject: who lent the face.
    #[arg(long, value_name = "FACESET")]
    pub b: Vec<PathBuf>,
    /// Face set of people who perform the same frames, instead of --a and --b: makes a base, from which models of anybody
    /// are trained in minutes.
    #[arg(long, value_name = "FACESET", conflicts_with_all = ["a", "b"])]
    pub troupe: Vec<PathBuf>,
    /// What the model starts from: base, the one that comes with Standin and the default where it fits the face sets and the
    /// model; none; or a file that `export` wrote of a run with --troupe. From a base only the subject's decoder is trained; with --troupe
    /// all of it goes on.
    #[arg(long, value_name = "BASE")]
    pub from: Option<String>,
    /// Model: see below. Default live.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Side of the crop and of the face in pixels, instead of the model's.
    #[arg(long, value_name = "PX")]
    pub resolution: Option<usize>,
    /// Length of the code.
    #[arg(long, value_name = "N")]
    pub ae_dims: Option<usize>,
    /// Width of the encoder's first layer.
    #[arg(long, value_name = "N")]
    pub e_dims: Option<usize>,
    /// Width of the decoder's last layers.
    #[arg(long, value_name = "N")]
    pub d_dims: Option<usize>,
    /// Width of the mask decoder's last layers.
    #[arg(long, value_name = "N")]
    pub d_mask_dims: Option<usize>,
    /// Faces a side in each step. Default 4: in a given time, many small steps get further than few large ones.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "N")]
    pub batch: Option<u16>,
    /// Ends after that many steps since the very beginning. Where a run that is gone on with gets a later end, its rate
    /// rises again to what it is at that part of the way, and inputs are warped again.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    pub steps: Option<u64>,
    /// Ends after that many minutes of training since the very beginning.
    #[arg(long, value_name = "M")]
    pub minutes: Option<f64>,
    /// Learning rate after the warm-up. Default 1e-3 for live and 5e-4 for the others. A run that is gone on with takes
    /// the new one.
    #[arg(long, value_name = "RATE")]
    pub rate: Option<f64>,
    /// Keeps the rate instead of lowering it towards the goal.
    #[arg(long)]
    pub constant_rate: bool,
    /// Optimiser: AdaBelief instead of Adam.
    #[arg(long)]
    pub adabelief: bool,
    /// Where all chance comes from: on the processor the same seed and --steps make the same model. Default 1.
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64), value_name = "N")]
    pub seed: Option<u64>,
    /// Draws faces as they come instead of with equal chance for each turn of the head, opening of the lids and of the mouth
    /// that is not too rare.
    #[arg(long, alias = "no-yaw-balance")]
    pub no_balance: bool,
    /// Computes on it.
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceChoice,
    /// Steps from one checkpoint to the next.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    pub save_every: u64,
    /// Checkpoints that are kept.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..), value_name = "N")]
    pub keep: u16,
    /// Steps from one preview to the next; 0 for none.
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub preview_every: u64,
    /// Terms of the loss that are off otherwise.
    #[command(flatten)]
    pub terms: TermWeights,
}

fn models() -> String {
    let width = PRESETS.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
    let line = |preset: &crate::train::zoo::preset::Preset| {
        let dimensions = preset.dimensions();
        let (millions, side) = (preset.parameters as f64 / 1e6, dimensions.resolution);
        format!("  {:width$}  {side} px, {millions:.1} M parameters: {}\n", preset.name, preset.about)
    };
    let mut text = String::from("Models:\n");
    text.extend(PRESETS.iter().map(line));
    text + "  df and liae take the options u, d, t, c behind a hyphen: liae-ud."
}

/// Runs the command.
///
/// # Errors
/// A sentence for people.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let (run, sides, _lock) = if Run::is_at(&arguments.out) { resumed(arguments)? } else { begun(arguments, out)? };
    let recipe = run.recipe();
    let network = Network::new(recipe.dimensions.blueprint()?)?;
    let resolution = recipe.dimensions.resolution;
    for warning in sides.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    let Chosen { device, name, free } = arguments.device.device()?;
    writeln!(out, "{} at {resolution} px, {} parameters, on {name}", recipe.model, network.blueprint().count()?)?;
    let settings = LoaderSettings {
        batch: recipe.batch,
        resolution,
        balance: recipe.balance,
        augment: recipe.augment.clone(),
        pairing: recipe.pairing(),
    };
    let pictures = sides.bytes(resolution) + settings.bytes();
    let memory = Memory::of(&network, recipe, pictures);
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
    let loader = Loader::start(Arc::clone(&faces), &settings, recipe.seed, trainer.step(), device.clone(), done)?;

    let pressed = interrupts()?;
    let mut display = Display::new(recipe.goal, trainer.history());
    let mut written = Ok(());
    let trained = trainer.train(
        &mut |_, trained| {
            seconds.store(trained.to_bits(), Ordering::Relaxed);
            loader.next()
        },
        &mut |event: Event<'_>| {
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
    let file = if recipe.dimensions.people > 0 { "BASE.safetensors" } else { "MODEL.dfm" };
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

/// A new run.
fn begun(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<(Planned, Sides, File)> {
    let of_troupe = !arguments.troupe.is_empty();
    if !of_troupe && arguments.b.is_empty() {
        bail!("{}: there is no run yet; give --b FACESET (the subject's)", arguments.out.display());
    }
    let model = arguments.model.clone().unwrap_or_else(|| "live".to_owned());
    let mut dimensions = Dimensions::named(&model)?;
    for (place, asked) in [
        (&mut dimensions.resolution, arguments.resolution),
        (&mut dimensions.ae, arguments.ae_dims),
        (&mut dimensions.e, arguments.e_dims),
        (&mut dimensions.d, arguments.d_dims),
        (&mut dimensions.d_mask, arguments.d_mask_dims),
    ] {
        *place = asked.unwrap_or(*place);
    }
    let b = if of_troupe { &arguments.troupe } else { &arguments.b };
    let sides = Sides::open_subject(&arguments.a, b)?;
    if of_troupe {
        dimensions.people = sides.people()?;
    }
    // A troupe goes on from a base only where one is named.
    let of_two_sides = Dimensions { people: 0, ..dimensions.clone() };
    let base = if of_troupe && arguments.from.is_none() {
        None
    } else {
        base(arguments.from.as_deref(), &of_two_sides, &sides, out)?
    };
    if base.is_none() && !of_troupe && arguments.a.is_empty() {
        return Err(SampleError::NoFaceSet { side: Side::A }).context("without a base a driver is needed");
    }
    let rate = dimensions.family.rate();
    let based = base.is_some();
    let recipe = Recipe {
        version: Recipe::VERSION,
        model,
        batch: usize::from(arguments.batch.unwrap_or(DEFAULT_BATCH)),
        seed: arguments.seed.unwrap_or(1),
        a: absolute(&arguments.a)?,
        a_hashes: hashes(&sides, Side::A),
        b: absolute(b)?,
        b_hashes: hashes(&sides, Side::B),
        face_type: sides.face_type().to_owned(),
        coverage: sides.coverage(),
        alignment: sides.alignment(),
        balance: !arguments.no_balance,
        goal: Goal { steps: arguments.steps, minutes: arguments.minutes },
        dimensions,
        base,
        losses: arguments.terms.over(LossWeights::default()),
        optimiser: Settings {
            kind: if arguments.adabelief { Kind::AdaBelief } else { Kind::Adam },
            ..Settings::default()
        },
        schedule: Schedule {
            rate: arguments.rate.unwrap_or(rate),
            course: if arguments.constant_rate { Course::Constant } else { Course::Cosine },
            ..Schedule::default()
        },
        augment: match (of_troupe, based) {
            (true, _) => AugmentSettings::for_troupe(),
            (false, true) => AugmentSettings::with_base(),
            (false, false) => AugmentSettings::default(),
        },
    };
    if recipe.goal == Goal::default() {
        writeln!(out, "neither --steps nor --minutes: training goes on until Ctrl-C")?;
    }
    recipe.check().map_err(|reason| anyhow!(reason))?;
    // What is wrong should be known before a folder is made.
    recipe.dimensions.blueprint()?;
    compare_people(&sides, out)?;
    let lock = Run::lock(&arguments.out)?;
    Ok((Planned::New(Box::new(recipe)), sides, lock))
}

/// Warns where a driver is the subject: a model of one person learns to copy.
fn compare_people(sides: &Sides, out: &mut dyn Write) -> anyhow::Result<()> {
    let looked = Runtime::load(None).map_err(EvalError::from);
    let alike = match looked.and_then(|runtime| looks_like(&runtime, &sides.a, &sides.b)) {
        Ok(alike) => alike,
        Err(error) => return Ok(writeln!(out, "whether both sides show one person was not looked at: {error}")?),
    };
    for (set, part) in sides.a.iter().zip(alike).filter(|(_, part)| *part > SAME_PERSON) {
        let folder = set.folder.display();
        let percent = part * 100.0;
        writeln!(
            out,
            "warning: {percent:.0} % of the faces in {folder} look like side B's person: if it is the same one, give \
             another driver with --a"
        )?;
    }
    Ok(())
}

/// A run that is there; what was asked for must be what it is.
fn resumed(arguments: &Arguments) -> anyhow::Result<(Planned, Sides, File)> {
    let lock = Run::lock(&arguments.out)?;
    let mut run = Run::open(&arguments.out)?;
    let recipe = run.recipe();
    let other =
        |field, found: String, wanted: String| SessionError::Other { run: arguments.out.clone(), field, found, wanted };
    if let Some(model) = arguments.model.as_ref().filter(|model| **model != recipe.model) {
        return Err(other("model", recipe.model.clone(), model.clone()).into());
    }
    let dimensions = &recipe.dimensions;
    for (field, found, wanted) in [
        ("resolution", dimensions.resolution, arguments.resolution),
        ("ae", dimensions.ae, arguments.ae_dims),
        ("e", dimensions.e, arguments.e_dims),
        ("d", dimensions.d, arguments.d_dims),
        ("d_mask", dimensions.d_mask, arguments.d_mask_dims),
        ("batch", recipe.batch, arguments.batch.map(usize::from)),
    ] {
        if let Some(wanted) = wanted.filter(|&wanted| wanted != found) {
            return Err(other(field, found.to_string(), wanted.to_string()).into());
        }
    }
    if let Some(seed) = arguments.seed.filter(|&seed| seed != recipe.seed) {
        return Err(other("seed", recipe.seed.to_string(), seed.to_string()).into());
    }
    if let Some(from) = &arguments.from {
        let asked = named_base(from)?.map(|(_, source)| source);
        let hash = |source: &Option<BaseSource>| source.as_ref().map(|source| source.sha256.clone());
        if hash(&asked) != hash(&recipe.base) {
            return Err(other("base", shown_base(&recipe.base), shown_base(&asked)).into());
        }
    }
    if let Some((field, found, wanted)) = arguments.terms.other_than(&recipe.losses) {
        return Err(other(field, found.to_string(), wanted.to_string()).into());
    }
    for (option, asked, is) in [
        ("--constant-rate", arguments.constant_rate, recipe.schedule.course == Course::Constant),
        ("--adabelief", arguments.adabelief, recipe.optimiser.kind == Kind::AdaBelief),
        ("--no-balance", arguments.no_balance, !recipe.balance),
    ] {
        if asked && !is {
            bail!(
                "{}: this run was begun without {option}; leave it out, or take another folder",
                arguments.out.display()
            );
        }
    }
    let now_at = |asked: &[PathBuf], was: &[PathBuf]| if asked.is_empty() { Ok(was.to_vec()) } else { absolute(asked) };
    let asked_b = if arguments.troupe.is_empty() { &arguments.b } else { &arguments.troupe };
    let (a, b) = (now_at(&arguments.a, &recipe.a)?, now_at(asked_b, &recipe.b)?);
    let moved = "the run needs its face sets; where they were moved, give --a and --b (or --troupe) again";
    let sides = Sides::open_subject(&a, &b).context(moved)?;
    for (field, found, side) in [("a_hashes", &recipe.a_hashes, Side::A), ("b_hashes", &recipe.b_hashes, Side::B)] {
        let now = hashes(&sides, side);
        if *found != now {
            let changed = other(field, found.join(", "), now.join(", "));
            return Err(changed).context("a face set has changed since the run began, or is another one");
        }
    }
    let asked = Goal { steps: arguments.steps, minutes: arguments.minutes };
    let goal = if asked == Goal::default() { recipe.goal } else { asked };
    run.change(goal, arguments.rate, [a, b])?;
    Ok((Planned::There(Box::new(run)), sides, lock))
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

//! A training that begins.

use std::fs::File;
use std::io::Write;

use anyhow::{Context, anyhow, bail};

use super::{Arguments, Planned, absolute, hashes};
use crate::cli::train::from::base;
use crate::face::FaceType;
use crate::runtime::Runtime;
use crate::train::augment::AugmentSettings;
use crate::train::eval::EvalError;
use crate::train::eval::same_person::looks_like;
use crate::train::losses::LossWeights;
use crate::train::optimise::{Course, Kind, OptimiserSettings, Schedule};
use crate::train::samples::{SampleError, Sides};
use crate::train::session::{Goal, Recipe, Run};
use crate::train::zoo::Side;
use crate::train::zoo::preset::Dimensions;

/// Faces a side in each step where nothing is said.
const DEFAULT_BATCH: u16 = 4;
/// Part of a face set that may look like the other side's person.
const SAME_PERSON: f32 = 0.5;

/// A new run.
pub(super) fn begun(arguments: &Arguments, out: &mut dyn Write) -> anyhow::Result<(Planned, Sides, File)> {
    let (troupe, subject) = (!arguments.troupe.is_empty(), !arguments.b.is_empty());
    if !troupe && !subject {
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
    let [a, b] = arguments.sides(troupe, subject);
    let sides = Sides::open_subject(a, b)?;
    if troupe {
        (dimensions.people, dimensions.subject) = (sides.people(if subject { Side::A } else { Side::B })?, subject);
    }
    let of_two_sides = Dimensions { people: 0, subject: false, ..dimensions.clone() };
    // A troupe alone goes on from a base only where one is named.
    let base = if dimensions.is_base() && arguments.from.is_none() {
        None
    } else {
        base(arguments.from.as_deref(), &of_two_sides, &sides, out)?
    };
    let (known, base) = base.unzip();
    if base.is_none() && a.is_empty() && subject {
        return Err(SampleError::NoFaceSet { side: Side::A }).context("without a base a driver is needed");
    }
    let rate = dimensions.family.rate();
    let based = base.is_some();
    let keep_hair = arguments.keep_hair || sides.face_type() == FaceType::Head.name();
    let augment = match (troupe, subject) {
        (true, false) => AugmentSettings::for_troupe(),
        (true, true) => AugmentSettings::with_troupe(),
        (false, _) if based => AugmentSettings::with_base(),
        (false, _) => AugmentSettings::default(),
    };
    let recipe = Recipe {
        version: Recipe::VERSION,
        model,
        batch: usize::from(arguments.batch.unwrap_or(DEFAULT_BATCH)),
        seed: arguments.seed.unwrap_or(1),
        a: absolute(a)?,
        a_hashes: hashes(&sides, Side::A),
        b: absolute(b)?,
        b_hashes: hashes(&sides, Side::B),
        face_type: sides.face_type().to_owned(),
        coverage: sides.coverage(),
        alignment: sides.alignment(),
        balance: !arguments.no_balance,
        replay: arguments.replay.unwrap_or(0.0),
        precision: arguments.precision.unwrap_or_default(),
        goal: Goal { steps: arguments.steps, minutes: arguments.minutes },
        dimensions,
        base,
        losses: arguments.terms.over(LossWeights::default()),
        optimiser: OptimiserSettings {
            kind: if arguments.adabelief { Kind::AdaBelief } else { Kind::Adam },
            ..OptimiserSettings::default()
        },
        schedule: Schedule {
            rate: arguments.rate.unwrap_or(rate),
            course: if arguments.constant_rate { Course::Constant } else { Course::Cosine },
            ..Schedule::default()
        },
        augment: AugmentSettings { forehead: if keep_hair { 0.0 } else { augment.forehead }, ..augment },
    };
    if let (true, Some(base)) = (troupe, known) {
        let how = match base.knows(recipe.troupe_hashes()) {
            true => "as the base knows them",
            false => "alike: the base does not know them",
        };
        writeln!(out, "the troupe's {} people begin {how}", recipe.dimensions.people)?;
    }
    if recipe.goal == Goal::default() {
        writeln!(out, "neither --steps nor --minutes: training goes on until Ctrl-C")?;
    }
    recipe.check().map_err(|reason| anyhow!(reason))?;
    // What is wrong should be known before a folder is made.
    recipe.dimensions.blueprint()?;
    compare_people(&sides, troupe, out)?;
    let lock = Run::lock(&arguments.out)?;
    Ok((Planned::New(Box::new(recipe)), sides, lock))
}

/// Warns where a driver is the subject: a model of one person learns to copy.
fn compare_people(sides: &Sides, troupe: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let looked = Runtime::load(None).map_err(EvalError::from);
    let alike = match looked.and_then(|runtime| looks_like(&runtime, &sides.a, &sides.b)) {
        Ok(alike) => alike,
        Err(error) => return Ok(writeln!(out, "whether both sides show one person was not looked at: {error}")?),
    };
    for (set, part) in sides.a.iter().zip(alike).filter(|(_, part)| *part > SAME_PERSON) {
        let folder = set.folder.display();
        let percent = part * 100.0;
        let mend = if troupe { "leave them out of the troupe" } else { "give another driver with --a" };
        writeln!(
            out,
            "warning: {percent:.0} % of the faces in {folder} look like side B's person: if it is the same one, {mend}"
        )?;
    }
    Ok(())
}

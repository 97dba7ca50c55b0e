//! A training that goes on.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::{Arguments, Planned, absolute, hashes};
use crate::cli::train::from::{named_base, shown_base};
use crate::train::optimise::{Course, Kind};
use crate::train::samples::Sides;
use crate::train::session::{BaseSource, Goal, Run, SessionError};
use crate::train::zoo::Side;

/// A run that is there; what was asked for must be what it is.
pub(super) fn resumed(arguments: &Arguments) -> anyhow::Result<(Planned, Sides, File)> {
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
    if let Some(replay) = arguments.replay.filter(|&replay| replay != recipe.replay) {
        return Err(other("replay", recipe.replay.to_string(), replay.to_string()).into());
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
        ("--keep-hair", arguments.keep_hair, recipe.augment.forehead == 0.0),
    ] {
        if asked && !is {
            bail!(
                "{}: this run was begun without {option}; leave it out, or take another folder",
                arguments.out.display()
            );
        }
    }
    let now_at = |asked: &[PathBuf], was: &[PathBuf]| if asked.is_empty() { Ok(was.to_vec()) } else { absolute(asked) };
    let (troupe, subject) = (dimensions.people > 0, !dimensions.is_base());
    let [asked_a, asked_b] = arguments.sides(troupe, subject);
    for (option, asked, taken) in
        [("--a", &arguments.a, !troupe), ("--b", &arguments.b, subject), ("--troupe", &arguments.troupe, troupe)]
    {
        if !asked.is_empty() && !taken {
            bail!(
                "{}: this run was begun without {option}; leave it out, or take another folder",
                arguments.out.display()
            );
        }
    }
    let (a, b) = (now_at(asked_a, &recipe.a)?, now_at(asked_b, &recipe.b)?);
    let moved = "the run needs its face sets; where they were moved, give --a, --b and --troupe again";
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
    run.change(goal, arguments.rate, arguments.precision, [a, b])?;
    Ok((Planned::There(Box::new(run)), sides, lock))
}

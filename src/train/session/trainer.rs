//! The loop: a batch of each side, the loss, its gradients, a step; and what is kept on the way.

use std::path::PathBuf;
use std::time::Instant;

use burn::tensor::{Device, Tensor};

use super::adversary::Adversary;
use super::{Checkpoint, Goal, Metrics, Row, Run, SessionError, preview};
use crate::train::expression::ExpressionJudge;
use crate::train::losses::{Judges, Parts, emphasised_each, total};
use crate::train::optimise::{Optimiser, gradients};
use crate::train::precision::in_f32;
use crate::train::samples::{Batch, FaceLosses, Pairing, SampleError, StepLosses};
use crate::train::weights::Weights;
use crate::train::zoo::{Output, Side};

/// Steps that may give no number, one after the other, before training goes back to the last good state.
const MOST_BAD_STEPS: u32 = 3;
/// Steps from one line of metrics to the next.
const METRICS_EVERY: u64 = 10;

/// What the loop tells whoever shows it.
#[derive(Debug)]
pub enum Event<'a> {
    /// A line of metrics, every few steps.
    Measured(&'a Row),
    /// A checkpoint was written.
    Saved(u64),
    /// A preview was written.
    Previewed(u64),
    /// A step gave a loss or gradients that are no numbers; the weights stay as they were.
    NotANumber(u64),
    /// Several did: the weights are those of an earlier step again, and the rate is halved.
    WentBack {
        /// When.
        step: u64,
        /// Where the weights came from.
        to: u64,
    },
    /// How wrong the subject's faces of a step came out, after each step of a run that replays hard ones; nothing
    /// where the step was no good.
    Faces(&'a StepLosses),
    /// A checkpoint could not be read, and an older one was taken.
    Skipped(&'a SessionError),
}

/// Whether to go on, asked after each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Go on.
    No,
    /// Save and end.
    Yes,
}

/// A training in progress.
pub struct Trainer {
    run: Run,
    device: Device,
    weights: Weights,
    optimiser: Optimiser,
    adversary: Option<Adversary>,
    expression: Option<ExpressionJudge>,
    step: u64,
    /// Step of the newest checkpoint.
    saved: u64,
    seconds: f64,
    caution: f64,
    metrics: Metrics,
    history: Vec<Row>,
    fixed: Option<(Batch, Batch)>,
    /// Of the subject's; none where hard ones are not replayed.
    faces: Option<FaceLosses>,
    /// Steps from one checkpoint to the next.
    pub save_every: u64,
    /// Steps from one preview to the next; 0 for none.
    pub preview_every: u64,
    /// Checkpoints that are kept.
    pub keep: usize,
}

/// What accumulates between two lines of metrics.
struct Sums {
    steps: u64,
    losses: [f64; 2],
    norm: f64,
    since: Instant,
}

impl Sums {
    fn new() -> Self {
        Self { steps: 0, losses: [0.0; 2], norm: 0.0, since: Instant::now() }
    }
}

impl Trainer {
    /// Begins a run, or goes on from its newest checkpoint that can be read, and removes what a killed save left: hold
    /// [`Run::lock`]. `device` with autodiff.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn open(run: Run, device: Device, told: &mut dyn FnMut(Event<'_>)) -> Result<Self, SessionError> {
        Checkpoint::clear_unfinished(&run.checkpoints());
        let constants = device.clone().inner();
        let begun = match run.newest(&constants)? {
            Some((checkpoint, skipped)) => {
                for error in &skipped {
                    told(Event::Skipped(error));
                    if let SessionError::Checkpoint { file, .. } | SessionError::File { file, .. } = error {
                        Checkpoint::set_aside(file)?;
                    }
                }
                checkpoint
            }
            None => Checkpoint::first(match &run.recipe().base {
                Some(base) => base.open()?.start(run.network(), run.recipe().troupe_hashes(), &constants)?,
                None => run.network().init(run.recipe().seed, &constants),
            }),
        };
        let Checkpoint { step, seconds, caution, .. } = begun;
        let damaged = || SessionError::Checkpoint {
            file: Checkpoint::path(&run.checkpoints(), step),
            reason: "what it says of the subject's faces is damaged; delete it to go on from an older one".to_owned(),
        };
        let replays = run.recipe().replay > 0.0;
        let faces = replays.then(|| FaceLosses::import(&begun.faces).ok_or_else(damaged)).transpose()?;
        let (weights, optimiser) = restored(&run, begun, &device)?;
        let adversary = Adversary::open(&run, step, &device)?;
        let judged = run.recipe().losses.expression > 0.0;
        let expression = judged.then(|| ExpressionJudge::built_in(&device)).transpose()?;
        let (metrics, history) = Metrics::resume(&run.metrics_path(), step)?;
        Ok(Self {
            run,
            device,
            weights,
            optimiser,
            adversary,
            expression,
            step,
            saved: step,
            seconds,
            caution,
            metrics,
            history,
            fixed: None,
            faces,
            save_every: 500,
            preview_every: 500,
            keep: 3,
        })
    }

    /// Steps that are done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Seconds that they took.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The metrics so far, those of earlier sessions included.
    pub fn history(&self) -> &[Row] {
        &self.history
    }

    /// How wrong the subject's faces came out, for the loader of a run that replays hard ones; nothing in another.
    pub fn face_losses(&self) -> FaceLosses {
        self.faces.clone().unwrap_or_default()
    }

    /// The weights as they are.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Fixes the faces of the previews: a batch of each side, not augmented.
    pub fn show(&mut self, a: Batch, b: Batch) {
        self.fixed = Some((a, b));
    }

    /// Trains until the goal is reached or `stop` says so, and saves. `batches` gives both sides' batch of a step,
    /// before which training took so many seconds.
    ///
    /// # Errors
    /// [`SessionError`]; what was saved before stays.
    pub fn train(
        &mut self,
        batches: &mut dyn FnMut(u64, f64) -> Result<(Batch, Batch), SampleError>,
        told: &mut dyn FnMut(Event<'_>),
        stop: &mut dyn FnMut(u64) -> Stop,
    ) -> Result<(), SessionError> {
        if self.step == 0 {
            // The state to go back to, and proof that there is room for one.
            self.save(told)?;
            self.preview(told)?;
        }
        let done = self.go_on(batches, told, stop);
        // Whatever ended it, what was learnt is kept; but not weights that blow up.
        if !matches!(done, Err(SessionError::Diverged { .. })) && self.saved != self.step {
            let kept = self.save(told);
            done?;
            kept?;
        } else {
            done?;
        }
        self.preview(told)
    }

    fn go_on(
        &mut self,
        batches: &mut dyn FnMut(u64, f64) -> Result<(Batch, Batch), SampleError>,
        told: &mut dyn FnMut(Event<'_>),
        stop: &mut dyn FnMut(u64) -> Stop,
    ) -> Result<(), SessionError> {
        let goal = self.run.recipe().goal;
        let (mut bad, mut returns, mut sums) = (0, 0, Sums::new());
        while goal.done(self.step, self.seconds) < 1.0 && stop(self.step) == Stop::No {
            let begun = Instant::now();
            let (a, b) = batches(self.step, self.seconds)?;
            let mut said = StepLosses::new();
            let good = self.advance(&goal, &a, &b, (&mut sums, &mut said), told)?;
            if let Some(faces) = &mut self.faces {
                told(Event::Faces(&said));
                faces.add(said);
            }
            self.step += 1;
            self.seconds += begun.elapsed().as_secs_f64();
            if good {
                (bad, returns) = (0, 0);
            } else {
                bad += 1;
            }
            if bad >= MOST_BAD_STEPS {
                self.go_back(returns, told)?;
                returns += 1;
                (bad, sums) = (0, Sums::new());
            } else if bad == 0 && self.step.is_multiple_of(self.save_every.max(1)) {
                self.save(told)?;
            }
            if self.preview_every > 0 && self.step.is_multiple_of(self.preview_every) {
                self.preview(told)?;
            }
        }
        Ok(())
    }

    /// One step; `false` where it gave no numbers and changed nothing. Notes its losses, and those of its faces where
    /// they are asked for.
    fn advance(
        &mut self,
        goal: &Goal,
        a: &Batch,
        b: &Batch,
        (sums, said): (&mut Sums, &mut StepLosses),
        told: &mut dyn FnMut(Event<'_>),
    ) -> Result<bool, SessionError> {
        let (network, losses) = (self.run.network(), self.run.recipe().losses);
        let done = goal.done(self.step, self.seconds);
        let rate = self.run.recipe().schedule.rate(self.step, done) / self.caution;
        let precision = self.run.recipe().precision;
        let inputs = [a, b].map(|batch| precision.input(batch.input.clone()));
        let used = precision.weights(&self.weights);
        let [output_a, output_b] = network.reconstruct_both(&used, inputs, [a.whose, b.whose]).map(in_f32);
        let frozen = losses.needs_encoder().then(|| self.weights.constants());
        let judge = self.adversary.as_ref().filter(|_| done >= losses.adversarial_from.into()).map(Adversary::judge);
        let judges = Judges {
            encoder: frozen.as_ref().map(|weights| (network, weights)),
            discriminator: judge.as_ref().map(|(discriminator, weights)| (*discriminator, weights)),
            expression: self.expression.as_ref(),
        };
        let of = |output, batch| total(output, batch, &losses, &judges);
        let ((mut loss_a, mut parts_a), (loss_b, mut parts_b)) = (of(&output_a, a), of(&output_b, b));
        if losses.expression > 0.0 && self.run.recipe().pairing() == Pairing::Rehearsal {
            // The troupe's faces as the subject's, too.
            let swapped = network.redraw(&used, precision.input(output_a.code.clone()), Side::B);
            let (loss, parts) = of(&in_f32(swapped), &a.swapped());
            loss_a = loss_a + loss;
            parts_a.0.extend(parts.0);
        }
        let values = [&loss_a, &loss_b].map(|loss| loss.clone().inner().into_scalar::<f32>());
        let report = if values.iter().all(|value| value.is_finite()) {
            let mut all = (loss_a + loss_b).backward();
            let gradients = gradients(&self.weights, &mut all);
            // Weights that nobody else holds are changed in place.
            drop((frozen, judge, used));
            self.optimiser.step(&mut self.weights, gradients, rate)?
        } else {
            crate::train::optimise::StepReport { norm: f64::NAN, moved: false }
        };
        if !report.moved {
            told(Event::NotANumber(self.step));
            return Ok(false);
        }
        if let Some(adversary) = self.adversary.as_mut().filter(|adversary| adversary.learns(done)) {
            parts_b.0.extend(adversary.learn(&[(&output_a, a), (&output_b, b)], rate)?);
        }
        if self.faces.is_some() {
            said.extend(of_faces(&output_a, a).chain(of_faces(&output_b, b)));
        }
        sums.steps += 1;
        sums.norm += report.norm;
        sums.losses.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(value));
        if (self.step + 1).is_multiple_of(METRICS_EVERY) {
            self.measure(sums, rate, [("a", parts_a), ("b", parts_b)], told)?;
        }
        Ok(true)
    }

    fn measure(
        &mut self,
        sums: &mut Sums,
        rate: f64,
        parts: [(&str, Parts); 2],
        told: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), SessionError> {
        let steps = sums.steps.max(1) as f64;
        let named = parts.iter().flat_map(|(side, parts)| {
            parts.read().into_iter().map(move |(name, value)| (format!("{side}.{name}"), value))
        });
        let row = Row {
            step: self.step + 1,
            seconds: self.seconds,
            loss_a: (sums.losses[0] / steps) as f32,
            loss_b: (sums.losses[1] / steps) as f32,
            parts: named.collect(),
            norm: sums.norm / steps,
            rate,
            speed: steps / sums.since.elapsed().as_secs_f64().max(1e-9),
        };
        self.metrics.add(&row)?;
        told(Event::Measured(&row));
        self.history.push(row);
        *sums = Sums::new();
        Ok(())
    }

    /// Writes a checkpoint now.
    ///
    /// # Errors
    /// [`SessionError::File`]; older ones stay.
    pub fn save(&mut self, told: &mut dyn FnMut(Event<'_>)) -> Result<(), SessionError> {
        let mut checkpoint = Checkpoint {
            step: self.step,
            seconds: self.seconds,
            caution: self.caution,
            weights: self.weights.clone(),
            optimiser: self.optimiser.export()?,
            faces: self.faces.as_ref().map_or_else(Vec::new, FaceLosses::export),
        };
        if let Some(adversary) = &self.adversary {
            adversary.add_to(&mut checkpoint)?;
        }
        checkpoint.save(&self.run.checkpoints(), self.keep)?;
        self.saved = self.step;
        told(Event::Saved(self.step));
        Ok(())
    }

    fn preview(&self, told: &mut dyn FnMut(Event<'_>)) -> Result<(), SessionError> {
        let Some((a, b)) = self.fixed.as_ref().filter(|_| self.preview_every > 0) else { return Ok(()) };
        let path = self.run.preview_path(self.step);
        let folder = self.run.folder().join("previews");
        std::fs::create_dir_all(&folder).map_err(SessionError::file(&folder))?;
        let picture = preview(self.run.network(), &self.optimiser.average(&self.weights), a, b);
        let reason = |error: image::ImageError| SessionError::File { file: path.clone(), reason: error.to_string() };
        picture.save(&path).map_err(reason)?;
        told(Event::Previewed(self.step));
        Ok(())
    }

    /// Takes the weights of a checkpoint and halves the rate: of the newest, and of an older one each time that no step
    /// was good in between, since a step may break the weights and be saved. Steps go on being counted, so that the
    /// batches that did the harm do not come again.
    fn go_back(&mut self, returns: usize, told: &mut dyn FnMut(Event<'_>)) -> Result<(), SessionError> {
        let diverged = SessionError::Diverged { step: self.step, times: returns };
        let load = |path: PathBuf| Checkpoint::load(&path, self.run.network().parameters(), &self.device).ok();
        let Some(good) = Checkpoint::list(&self.run.checkpoints()).into_iter().filter_map(load).nth(returns) else {
            return Err(diverged);
        };
        let to = good.step;
        (self.weights, self.optimiser) = restored(&self.run, good, &self.device)?;
        self.adversary = Adversary::open(&self.run, to, &self.device)?;
        self.caution *= 2.0;
        told(Event::WentBack { step: self.step, to });
        Ok(())
    }
}

/// How wrong each of the subject's faces in a batch came out: mean absolute difference over the face, and over eyes
/// and mouth, added. Waits for the device.
fn of_faces(output: &Output, batch: &Batch) -> impl Iterator<Item = (usize, f32)> {
    let losses = if batch.subject.is_empty() {
        Vec::new()
    } else {
        let drawn = output.face.clone().inner();
        let over = |map: &Tensor<4>| emphasised_each(drawn.clone(), batch.target.clone(), map.clone());
        (over(&batch.mask) + over(&batch.priority)).into_data().convert::<f32>().try_into_vec().unwrap_or_default()
    };
    batch.subject.clone().into_iter().zip(losses)
}

/// Leaves of a new graph and the optimiser that belongs to them.
fn restored(run: &Run, state: Checkpoint, device: &Device) -> Result<(Weights, Optimiser), SessionError> {
    let weights = state.weights.leaves(device, |name| run.recipe().trains(name));
    let optimiser = Optimiser::resumed(run.recipe().optimiser, &weights, state.optimiser)?;
    Ok((weights, optimiser))
}

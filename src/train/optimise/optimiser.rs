//! One optimiser over all parameters of a network.

use burn::tensor::{Device, Gradients, Tensor, TensorData};

use super::{OptimiserSettings, device, host};
use crate::train::weights::{Parameter, Weights};

/// Where a step is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepDevice {
    /// In host memory, in one pass.
    Host,
    /// On the weights' device, by tensor operations.
    Device,
}

impl StepDevice {
    /// The fast one for weights on `device`.
    pub fn of(device: &Device) -> Self {
        if device.clone().inner() == Device::flex() { Self::Host } else { Self::Device }
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// Length of all gradients together, before they were clipped.
    pub norm: f64,
    /// `false` where `norm` is no finite number: nothing has changed.
    pub moved: bool,
}

/// Weights, gradients or state that do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptimiseError {
    /// Not the parameters that the optimiser was made for.
    #[error("the optimiser was made for {expected} parameters, but got {found} {what}")]
    Count {
        /// Parameters of the optimiser.
        expected: usize,
        /// How many came.
        found: usize,
        /// Of what.
        what: &'static str,
    },
    /// A state that lacks something.
    #[error("the optimiser's state has no {0}: it belongs to another model or to other settings")]
    Missing(String),
    /// A parameter, or its state, of another size.
    #[error("{name} has {found} numbers, but the network needs {expected}: it belongs to another model")]
    Length {
        /// Which.
        name: String,
        /// What it should have.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// Values that could not be read back from the device.
    #[error("{name} could not be read from the device: {reason}")]
    Read {
        /// Which.
        name: String,
        /// Why.
        reason: String,
    },
}

/// The gradients of `weights`, in their order, taken out of what `backward` gave; `None` where the loss does not depend
/// on a parameter.
pub fn gradients(weights: &Weights, all: &mut Gradients) -> Vec<Option<Tensor<1>>> {
    weights.0.iter().map(|parameter| parameter.value.grad_remove(all)).collect()
}

/// State of one parameter.
#[derive(Debug, Clone)]
struct Slot {
    name: String,
    length: usize,
    steps: u64,
}

#[derive(Debug, Clone)]
enum State {
    Host(Vec<host::Moments>),
    Device(Vec<device::Moments>),
}

/// Adam or AdaBelief over [`Weights`], with a running average of them.
#[derive(Debug, Clone)]
pub struct Optimiser {
    settings: OptimiserSettings,
    slots: Vec<Slot>,
    state: State,
}

impl Optimiser {
    /// With empty moments, and an average that starts as `weights`; computes where it is fast for their device.
    ///
    /// # Errors
    /// [`OptimiseError::Read`] where the weights cannot be read.
    pub fn new(settings: OptimiserSettings, weights: &Weights) -> Result<Self, OptimiseError> {
        let place = weights.0.first().map_or(StepDevice::Host, |parameter| StepDevice::of(&parameter.value.device()));
        Self::at(place, settings, weights)
    }

    /// As [`Optimiser::new`], going on from a state that [`Optimiser::export`] gave; an empty one is that of a new
    /// optimiser.
    ///
    /// # Errors
    /// As [`Optimiser::new`] and [`Optimiser::import`].
    pub fn resumed(
        settings: OptimiserSettings,
        weights: &Weights,
        state: Vec<(String, Vec<f32>)>,
    ) -> Result<Self, OptimiseError> {
        let mut optimiser = Self::new(settings, weights)?;
        if !state.is_empty() {
            optimiser.import(state)?;
        }
        Ok(optimiser)
    }

    /// As [`Optimiser::new`], computing at `place`.
    ///
    /// # Errors
    /// As [`Optimiser::new`].
    pub fn at(place: StepDevice, settings: OptimiserSettings, weights: &Weights) -> Result<Self, OptimiseError> {
        let slot = |parameter: &Parameter| Slot { name: parameter.name.clone(), length: length(parameter), steps: 0 };
        let averaged = settings.average > 0.0;
        let state = match place {
            StepDevice::Host => State::Host(
                weights
                    .0
                    .iter()
                    .map(|parameter| {
                        let average = averaged.then(|| read(&parameter.name, parameter.value.clone())).transpose()?;
                        let zeros = vec![0.0; length(parameter)];
                        Ok(host::Moments { first: zeros.clone(), second: zeros, average })
                    })
                    .collect::<Result<_, _>>()?,
            ),
            StepDevice::Device => State::Device(
                weights
                    .0
                    .iter()
                    .map(|parameter| {
                        let value = parameter.value.clone().inner();
                        let zeros = value.zeros_like();
                        device::Moments { first: zeros.clone(), second: zeros, average: averaged.then_some(value) }
                    })
                    .collect(),
            ),
        };
        Ok(Self { settings, slots: weights.0.iter().map(slot).collect(), state })
    }

    /// One step by `rate`, against `gradients` (in the order of `weights`, see [`gradients`]). A parameter without a
    /// gradient stays as it is, and so do its moments.
    ///
    /// The new weights are leaves of a new graph where the old ones were leaves. A norm that is not finite moves
    /// nothing. The norm is read back, so a step waits for the device once.
    ///
    /// # Errors
    /// [`OptimiseError`], where weights or gradients are not those of this optimiser; nothing has changed then.
    pub fn step(
        &mut self,
        weights: &mut Weights,
        gradients: Vec<Option<Tensor<1>>>,
        rate: f64,
    ) -> Result<StepReport, OptimiseError> {
        self.fits(weights, &gradients)?;
        match self.state {
            State::Host(_) => self.step_in_host(weights, gradients, rate),
            State::Device(_) => self.step_on_device(weights, gradients, rate),
        }
    }

    /// The running average of the weights, for previews and exports, on the device of `weights` and without a graph;
    /// `weights` themselves where no average is kept.
    pub fn average(&self, weights: &Weights) -> Weights {
        let value = |at: usize, parameter: &Parameter| {
            let here = parameter.value.device().inner();
            match &self.state {
                State::Host(all) => {
                    all.get(at).and_then(|moments| moments.average.clone()).map(|values| upload(values, &here))
                }
                State::Device(all) => all.get(at).and_then(|moments| moments.average.clone()),
            }
        };
        Weights(
            weights
                .0
                .iter()
                .enumerate()
                .map(|(at, parameter)| Parameter {
                    value: value(at, parameter).unwrap_or_else(|| parameter.value.clone().inner()),
                    ..parameter.clone()
                })
                .collect(),
        )
    }

    /// All state, named after the parameters: `….first`, `….second`, `….average` where one is kept, and `….steps`, one
    /// number, which is exact to 2²⁴ and no longer matters there.
    ///
    /// # Errors
    /// [`OptimiseError::Read`].
    pub fn export(&self) -> Result<Vec<(String, Vec<f32>)>, OptimiseError> {
        let mut all = Vec::with_capacity(4 * self.slots.len());
        for (at, slot) in self.slots.iter().enumerate() {
            let (first, second, average) = match &self.state {
                State::Host(state) => {
                    let host::Moments { first, second, average } = state[at].clone();
                    (first, second, average)
                }
                State::Device(state) => {
                    let device::Moments { first, second, average } = state[at].clone();
                    let average = average.map(|average| read(&slot.name, average)).transpose()?;
                    (read(&slot.name, first)?, read(&slot.name, second)?, average)
                }
            };
            all.push((format!("{}.first", slot.name), first));
            all.push((format!("{}.second", slot.name), second));
            all.extend(average.map(|average| (format!("{}.average", slot.name), average)));
            all.push((format!("{}.steps", slot.name), vec![slot.steps as f32]));
        }
        Ok(all)
    }

    /// Takes over what [`Optimiser::export`] gave, in any order: the next step is exactly the one that would have
    /// followed.
    ///
    /// # Errors
    /// [`OptimiseError`], naming what is missing or of another size; nothing has changed then.
    pub fn import(&mut self, mut state: Vec<(String, Vec<f32>)>) -> Result<(), OptimiseError> {
        state.sort_by(|a, b| a.0.cmp(&b.0));
        let mut take = |slot: &Slot, what: &str, expected: usize| {
            let name = format!("{}.{what}", slot.name);
            let at = state.binary_search_by(|(found, _)| found.as_str().cmp(&name));
            let Ok(at) = at else { return Err(OptimiseError::Missing(name)) };
            let values = std::mem::take(&mut state[at].1);
            let found = values.len();
            if found == expected { Ok(values) } else { Err(OptimiseError::Length { name, expected, found }) }
        };
        let averaged = self.settings.average > 0.0;
        let mut steps = Vec::with_capacity(self.slots.len());
        let mut moments = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            steps.push(take(slot, "steps", 1)?[0] as u64);
            moments.push(host::Moments {
                first: take(slot, "first", slot.length)?,
                second: take(slot, "second", slot.length)?,
                average: averaged.then(|| take(slot, "average", slot.length)).transpose()?,
            });
        }
        for (slot, steps) in self.slots.iter_mut().zip(steps) {
            slot.steps = steps;
        }
        match &mut self.state {
            State::Host(state) => *state = moments,
            State::Device(state) => {
                for (state, moments) in state.iter_mut().zip(moments) {
                    let here = state.first.device();
                    *state = device::Moments {
                        first: upload(moments.first, &here),
                        second: upload(moments.second, &here),
                        average: moments.average.map(|average| upload(average, &here)),
                    };
                }
            }
        }
        Ok(())
    }

    fn fits(&self, weights: &Weights, gradients: &[Option<Tensor<1>>]) -> Result<(), OptimiseError> {
        let expected = self.slots.len();
        for (found, what) in [(weights.0.len(), "weights"), (gradients.len(), "gradients")] {
            if found != expected {
                return Err(OptimiseError::Count { expected, found, what });
            }
        }
        for ((slot, parameter), gradient) in self.slots.iter().zip(&weights.0).zip(gradients) {
            for found in
                [Some(length(parameter)), gradient.as_ref().map(|gradient| gradient.dims()[0])].into_iter().flatten()
            {
                if found != slot.length {
                    return Err(OptimiseError::Length { name: slot.name.clone(), expected: slot.length, found });
                }
            }
        }
        Ok(())
    }

    fn step_in_host(
        &mut self,
        weights: &mut Weights,
        gradients: Vec<Option<Tensor<1>>>,
        rate: f64,
    ) -> Result<StepReport, OptimiseError> {
        let State::Host(state) = &mut self.state else { return Ok(StepReport { norm: 0.0, moved: false }) };
        let gradients = gradients
            .into_iter()
            .zip(&self.slots)
            .map(|(gradient, slot)| gradient.map(|gradient| read(&slot.name, gradient)).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let norm = gradients.iter().flatten().map(|gradient| host::squares(gradient)).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Ok(StepReport { norm, moved: false });
        }

        // Taken out of the weights: what nobody else holds is changed in place.
        let places: Vec<(Device, bool)> =
            weights.0.iter().map(|parameter| (parameter.value.device(), parameter.value.is_require_grad())).collect();
        let mut values = Vec::with_capacity(weights.0.len());
        for parameter in &mut weights.0 {
            let value = std::mem::replace(&mut parameter.value, upload(Vec::new(), &Device::flex()));
            values.push(read(&parameter.name, value)?);
        }
        let mut updates = Vec::with_capacity(values.len());
        for (((values, moments), slot), gradient) in values.iter_mut().zip(state).zip(&mut self.slots).zip(&gradients) {
            slot.steps += u64::from(gradient.is_some());
            let numbers = self.settings.numbers(slot.steps, rate, norm);
            updates.push(host::Update {
                weights: values,
                moments,
                gradient: gradient.as_deref().map(|gradient| (gradient, numbers)),
                follow: self.settings.follow(slot.steps),
            });
        }
        host::apply(updates);
        for ((parameter, values), (device, is_leaf)) in weights.0.iter_mut().zip(values).zip(&places) {
            let value = upload(values, device);
            parameter.value = if *is_leaf { value.require_grad() } else { value };
        }
        Ok(StepReport { norm, moved: true })
    }

    fn step_on_device(
        &mut self,
        weights: &mut Weights,
        gradients: Vec<Option<Tensor<1>>>,
        rate: f64,
    ) -> Result<StepReport, OptimiseError> {
        let State::Device(state) = &mut self.state else { return Ok(StepReport { norm: 0.0, moved: false }) };
        let squares: Vec<Tensor<1>> = gradients.iter().flatten().cloned().map(device::squares).collect();
        let norm = if squares.is_empty() {
            0.0
        } else {
            read("the gradients' norm", Tensor::cat(squares, 0))?.into_iter().map(f64::from).sum::<f64>().sqrt()
        };
        if !norm.is_finite() {
            return Ok(StepReport { norm, moved: false });
        }
        for (((parameter, moments), slot), gradient) in
            weights.0.iter_mut().zip(state).zip(&mut self.slots).zip(gradients)
        {
            slot.steps += u64::from(gradient.is_some());
            let follow = self.settings.follow(slot.steps);
            let mut value = parameter.value.clone().inner();
            if let Some(gradient) = gradient {
                let numbers = self.settings.numbers(slot.steps, rate, norm);
                value = device::advance(value, gradient, moments, &numbers);
            }
            if let Some(by) = follow {
                device::follow(&value, moments, by);
            }
            let (tracked, is_leaf) = (parameter.value.device().is_autodiff(), parameter.value.is_require_grad());
            let value = if tracked { value.autodiff() } else { value };
            parameter.value = if is_leaf { value.require_grad() } else { value };
        }
        Ok(StepReport { norm, moved: true })
    }
}

fn length(parameter: &Parameter) -> usize {
    parameter.shape.iter().product()
}

fn read(name: &str, value: Tensor<1>) -> Result<Vec<f32>, OptimiseError> {
    let failed = |reason: String| OptimiseError::Read { name: name.to_owned(), reason };
    value.inner().try_into_vec_as::<f32>().map_err(|error| failed(error.to_string()))
}

fn upload(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}

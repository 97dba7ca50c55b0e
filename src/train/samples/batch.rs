//! From faces to the tensors of a batch.

use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rayon::prelude::*;

use super::choice::Choice;
use super::replay::{self, FaceLosses};
use super::troupe::Troupe;
use super::{Batch, Faces, SampleError};
use crate::train::augment::{AugmentSettings, Augmenter, Buffers, CrossPair, Sample, Source};
use crate::train::random::{Purpose, stream};
use crate::train::zoo::{Side, Whose};

/// Planes of a sample: input, target, mask, priority, driver's mask.
const PLANES: usize = 3 + 3 + 1 + 1 + 1;

/// What goes into a step's two batches, and what should come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// Side A's faces to themselves and side B's to themselves.
    Sides,
    /// Side B's to themselves in both.
    Subject,
    /// Side A's to side B, of which nobody knows how it should look, and side B's to themselves.
    Driven,
    /// Anybody of side B, who perform the same frames, to one person of them a batch.
    Troupe,
    /// The same of side A, whose code is kept in practice beside a subject; side B's to themselves.
    Rehearsal,
}

impl Pairing {
    /// The side whose people a batch is drawn from, where it is drawn from a troupe.
    fn troupe(self, batch: Side) -> Option<Side> {
        match self {
            Self::Troupe => Some(Side::B),
            Self::Rehearsal => (batch == Side::A).then_some(Side::A),
            Self::Sides | Self::Subject | Self::Driven => None,
        }
    }
}

/// What batches are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct LoaderSettings {
    /// Samples of each side.
    pub batch: usize,
    /// Side of a sample in pixels.
    pub resolution: usize,
    /// Whether every look (turn of the head, opening of the lids and of the mouth) is as likely as every other,
    /// however often it was filmed, but for the rarest; of a troupe, which gives its looks itself, people of every
    /// lightness of skin and of either sex.
    pub balance: bool,
    /// How samples are augmented.
    pub augment: AugmentSettings,
    /// What goes in and what should come out.
    pub pairing: Pairing,
    /// Part of the subject's samples that is drawn from the faces that came out worst lately, 0..1.
    pub replay: f32,
}

impl LoaderSettings {
    /// Bytes of the batches that are in memory at once: one in use, two that wait, one being made; both sides.
    pub fn bytes(&self) -> u64 {
        (4 * 2 * self.batch * PLANES * self.resolution * self.resolution * size_of::<f32>()) as u64
    }
}

/// Where in a run a batch is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunProgress {
    /// Steps before it.
    pub step: u64,
    /// How much of the run is done before it, 0..1; 0 in a run without end.
    pub done: f64,
}

/// Makes the batch of any step: it depends on the seed, the moment and the faces; where hard faces are replayed, also
/// on those that [`BatchMaker::rank`] was last told of; and on nothing else.
#[derive(Debug)]
pub struct BatchMaker {
    augmenter: Augmenter,
    /// For the last part of a run.
    unwarped: Augmenter,
    batch: usize,
    resolution: usize,
    seed: u64,
    pairing: Pairing,
    balance: bool,
    replay: f32,
    /// The subject's faces from the hardest to the easiest; empty where none are replayed.
    ranking: Vec<usize>,
    a: Choice,
    b: Choice,
}

impl BatchMaker {
    /// For batches of these faces.
    ///
    /// # Errors
    /// [`SampleError`] where the settings make no batch, or the faces that they ask for are not there.
    pub fn new(faces: &Faces, settings: &LoaderSettings, seed: u64) -> Result<Self, SampleError> {
        let LoaderSettings { batch, resolution, balance, ref augment, pairing, replay } = *settings;
        if batch == 0 || resolution == 0 {
            return Err(SampleError::Nothing { batch, resolution });
        }
        let missing = |side| faces.of(side).is_empty();
        match pairing {
            _ if pairing.troupe(Side::A).is_some_and(|side| faces.troupe(side).is_none()) => {
                return Err(SampleError::NoTroupe);
            }
            Pairing::Sides | Pairing::Driven if missing(Side::A) => {
                return Err(SampleError::NoFaceSet { side: Side::A });
            }
            _ if missing(Side::B) => return Err(SampleError::NoFaceSet { side: Side::B }),
            _ => {}
        }
        let augmenter = Augmenter::new(augment.clone(), resolution)?;
        let unwarped = Augmenter::new(AugmentSettings { warp: 0.0, ..augment.clone() }, resolution)?;
        let (a, b) = (faces.choice(Side::A, balance), faces.choice(Side::B, balance));
        let ranking = Vec::new();
        Ok(Self { augmenter, unwarped, batch, resolution, seed, pairing, balance, replay, ranking, a, b })
    }

    /// Replays from now on the faces that are hard by these losses. `faces` are those that it was made for.
    pub fn rank(&mut self, faces: &Faces, losses: &FaceLosses) {
        self.ranking = losses.ranking(faces.of(Side::B).len());
    }

    /// The first (A) or second (B) batch of a moment, made on every core. `faces` are those that it was made for.
    pub fn batch(&self, faces: &Faces, side: Side, moment: RunProgress, device: &Device) -> Batch {
        let mut planes = BatchPlanes::new(self.batch, self.resolution);
        let mut subject = Vec::new();
        let parity = u64::from(side == Side::B);
        let troupe = self.pairing.troupe(side).and_then(|of| Some((of, faces.troupe(of)?)));
        let whose = match troupe {
            Some((of, troupe)) => {
                let person = troupe.person(self.balance, &mut stream(self.seed, Purpose::Person, moment.step, parity));
                planes.fill(|slot, buffers, sample| {
                    self.cross_sample((faces, troupe, of), person, moment, 2 * slot as u64 + parity, buffers, sample);
                });
                Whose::Person(person)
            }
            None => {
                let of = if self.pairing == Pairing::Subject { Side::B } else { side };
                let place = |slot: usize| 2 * slot as u64 + parity;
                let drawn: Vec<_> = (0..self.batch).map(|slot| self.draw(of, moment.step, place(slot))).collect();
                planes.fill(|slot, buffers, sample| {
                    self.sample(faces, (of, drawn[slot]), moment, place(slot), buffers, sample);
                });
                if of == Side::B {
                    subject.extend(drawn.iter().map(|drawn| drawn.face));
                }
                if self.pairing == Pairing::Driven { Side::B.into() } else { of.into() }
            }
        };
        let answered = self.pairing != Pairing::Driven || side == Side::B;
        Batch { answered, subject, ..planes.into_batch(whose, device) }
    }

    /// Whether faces of a side may be mirrored.
    fn flips(&self, side: Side) -> bool {
        let settings = self.augmenter.settings();
        if side == Side::A { settings.flip_a } else { settings.flip_b }
    }

    fn augmenter(&self, moment: RunProgress) -> &Augmenter {
        let until = self.augmenter.settings().warp_until;
        if moment.done < until.into() { &self.augmenter } else { &self.unwarped }
    }

    fn cross_sample(
        &self,
        (faces, troupe, side): (&Faces, &Troupe, Side),
        person: usize,
        moment: RunProgress,
        place: u64,
        buffers: &mut Buffers,
        sample: &mut Sample<'_>,
    ) {
        let mut choice = stream(self.seed, Purpose::Choice, moment.step, place);
        let drawn = troupe.pair(person, &mut choice);
        let (of, flip) = (faces.of(side), self.flips(side));
        let mut rng = stream(self.seed, Purpose::Augmentation, moment.step, place);
        // A troupe's numbers are those of the faces that it was made of.
        let pair = CrossPair { input: &of[drawn.input], target: &of[drawn.target], to_target: drawn.to_target };
        self.augmenter(moment).cross_sample(&pair, flip, &mut rng, buffers, sample);
    }

    /// The face of a sample of a side, and another of the opposite side for its colours.
    fn draw(&self, side: Side, step: u64, place: u64) -> Drawn {
        let (own, other) = match side {
            Side::A => (&self.a, &self.b),
            Side::B => (&self.b, &self.a),
        };
        let mut choice = stream(self.seed, Purpose::Choice, step, place);
        let drawn = Drawn { face: own.draw(&mut choice), other: other.draw(&mut choice) };
        if side == Side::A || self.ranking.is_empty() {
            return drawn;
        }
        // Of a stream of its own: the other samples stay what they are without it.
        let mut rng = stream(self.seed, Purpose::Replay, step, place);
        let replayed = rng.random::<f32>() < self.replay;
        if replayed { Drawn { face: replay::draw(&self.ranking, &mut rng), ..drawn } } else { drawn }
    }

    fn sample(
        &self,
        faces: &Faces,
        (side, drawn): (Side, Drawn),
        moment: RunProgress,
        place: u64,
        buffers: &mut Buffers,
        sample: &mut Sample<'_>,
    ) {
        let opposite = if side == Side::A { Side::B } else { Side::A };
        // There is a face: `new` refuses a side without any that samples are made of. The opposite side may have none.
        let source = &faces.of(side)[drawn.face];
        let other = faces.of(opposite).get(drawn.other);
        let mut rng = stream(self.seed, Purpose::Augmentation, moment.step, place);
        let colours = other.and_then(Source::statistics);
        self.augmenter(moment).sample(source, colours, self.flips(side), &mut rng, buffers, sample);
    }
}

impl Faces {
    /// These faces of a side as they are, not augmented: input and target are the same.
    ///
    /// # Errors
    /// [`SampleError::Nothing`] where there is no face or no pixel.
    pub fn plain(&self, side: Side, which: &[usize], resolution: usize, device: &Device) -> Result<Batch, SampleError> {
        let sources: Vec<_> = which.iter().filter_map(|&n| self.of(side).get(n)).collect();
        if sources.is_empty() || resolution == 0 {
            return Err(SampleError::Nothing { batch: sources.len(), resolution });
        }
        let augmenter = Augmenter::new(AugmentSettings::none(), resolution)?;
        let mut planes = BatchPlanes::new(sources.len(), resolution);
        planes.fill(|slot, buffers, sample| {
            let mut rng = stream(0, Purpose::Augmentation, 0, 0);
            augmenter.sample(sources[slot], None, false, &mut rng, buffers, sample);
        });
        Ok(planes.into_batch(side.into(), device))
    }
}

/// What is drawn for a sample of one side.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    face: usize,
    other: usize,
}

/// A batch as plain numbers.
struct BatchPlanes {
    batch: usize,
    resolution: usize,
    input: Vec<f32>,
    target: Vec<f32>,
    mask: Vec<f32>,
    priority: Vec<f32>,
    driver_mask: Vec<f32>,
}

impl BatchPlanes {
    fn new(batch: usize, resolution: usize) -> Self {
        let planes = |channels: usize| vec![0.0; batch * channels * resolution * resolution];
        Self {
            batch,
            resolution,
            input: planes(3),
            target: planes(3),
            mask: planes(1),
            priority: planes(1),
            driver_mask: planes(1),
        }
    }

    /// Fills every slot, on every core.
    fn fill(&mut self, one: impl Fn(usize, &mut Buffers, &mut Sample<'_>) + Sync) {
        let pixels = self.resolution * self.resolution;
        let pictures = self.input.par_chunks_exact_mut(3 * pixels).zip(self.target.par_chunks_exact_mut(3 * pixels));
        let maps = self.mask.par_chunks_exact_mut(pixels).zip(self.priority.par_chunks_exact_mut(pixels));
        let maps = maps.zip(self.driver_mask.par_chunks_exact_mut(pixels));
        pictures.zip(maps).enumerate().for_each_init(
            Buffers::default,
            |buffers, (slot, ((input, target), ((mask, priority), driver_mask)))| {
                one(slot, buffers, &mut Sample { input, target, mask, priority, driver_mask });
            },
        );
    }

    fn into_batch(self, whose: Whose, device: &Device) -> Batch {
        let tensor = |values: Vec<f32>, channels: usize| {
            Tensor::from_data(TensorData::new(values, [self.batch, channels, self.resolution, self.resolution]), device)
        };
        Batch {
            input: tensor(self.input, 3),
            target: tensor(self.target, 3),
            mask: tensor(self.mask, 1),
            priority: tensor(self.priority, 1),
            driver_mask: tensor(self.driver_mask, 1),
            whose,
            answered: true,
            subject: Vec::new(),
        }
    }
}

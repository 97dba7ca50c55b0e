//! A sample whose input shows one person and whose target another, in the same frame of a performance.

use rand::Rng;

use super::colour::ColourChange;
use super::light::Light;
use super::openings::{ChangedOpenings, OpeningChange};
use super::placement::Placement;
use super::proportions::Proportions;
use super::warp::GridWarp;
use super::{AugmentSettings, Augmenter, Buffers, Sample, Source, place_warped, relight};
use crate::geometry::Similarity;

/// Two people in one frame of a performance.
#[derive(Debug, Clone, Copy)]
pub struct CrossPair<'a> {
    /// Who goes in.
    pub input: &'a Source,
    /// Who should come out.
    pub target: &'a Source,
    /// Unit square of the input's crop to that of the target's, by way of their frames: what comes out lies where the
    /// input's crop would have shown it.
    pub to_target: Similarity,
}

impl Augmenter {
    /// Fills `sample` from a pair. Light, colours, placement, mirroring, eyes and mouth change both pictures alike;
    /// `flip` says whether they may be mirrored.
    pub fn cross_sample(
        &self,
        pair: &CrossPair<'_>,
        flip: bool,
        rng: &mut impl Rng,
        buffers: &mut Buffers,
        sample: &mut Sample<'_>,
    ) {
        let Self { settings, resolution } = self;
        let colour = ColourChange::draw(settings, pair.input.statistics(), None, rng);
        let light = Light::draw(settings, rng);
        let placement = Placement::draw(settings, flip, rng);
        let warp = GridWarp::draw(settings.warp, rng);
        let proportions = Proportions::draw(settings, pair.input.anchors(), rng);
        let [input_openings, target_openings] = changed_openings(settings, pair, rng);
        relight(pair.target, &colour, &light, buffers);
        let to_target = |p| target_openings.apply(pair.to_target.apply(placement.apply(p)));
        self.place(pair.target, to_target, buffers, sample);
        relight(pair.input, &colour, &light, buffers);
        let moves = (&placement, &warp, proportions.as_ref(), &input_openings);
        place_warped(moves, *resolution, buffers, sample.input);
        sample.driver_mask.copy_from_slice(&buffers.face);
        self.damage_input(pair.input, sample.input, rng, buffers);
    }
}

/// Other eyes and another mouth for input and target; the same ones where nobody said where those are.
fn changed_openings(settings: &AugmentSettings, pair: &CrossPair<'_>, rng: &mut impl Rng) -> [ChangedOpenings; 2] {
    let change = OpeningChange::draw(settings, rng);
    match (change, pair.input.anchors(), pair.target.anchors()) {
        (Some(change), Some(input), Some(target)) => change.of_pair([input, target]),
        _ => Default::default(),
    }
}

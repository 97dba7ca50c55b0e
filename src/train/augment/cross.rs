//! A sample whose input shows one person and whose target another, in the same frame of a performance.

use rand::Rng;

use super::colour::ColourChange;
use super::light::Light;
use super::openings::OpeningChange;
use super::placement::Placement;
use super::proportions::Proportions;
use super::warp::GridWarp;
use super::{Augmenter, Buffers, Sample, Source, place_warped, relight};
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
    /// Fills `sample` from a pair. Light, colours, placement, mirroring, eyes and mouth change both pictures alike; `flip`
    /// says whether they may be mirrored.
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
        let openings = OpeningChange::draw(settings, rng);
        let of_pair = || Some(openings?.of_pair([pair.input.anchors()?, pair.target.anchors()?]));
        let (input_openings, target_openings) = of_pair().map(|[input, target]| (input, target)).unzip();
        relight(pair.target, &colour, &light, buffers);
        let to_target = |p| {
            let place = pair.to_target.apply(placement.apply(p));
            target_openings.map_or(place, |openings| openings.apply(place))
        };
        self.place(pair.target, to_target, buffers, sample);
        relight(pair.input, &colour, &light, buffers);
        place_warped(
            (&placement, &warp, proportions.as_ref(), input_openings.as_ref()),
            *resolution,
            buffers,
            sample.input,
        );
        sample.driver_mask.copy_from_slice(&buffers.face);
        self.damage_input(pair.input, sample.input, rng, buffers);
    }
}

//! Augmentation: from a stored face to one sample, differently in each step.
//!
//! 1. [`colour`] and [`light`] change the whole crop, so that input and target have them in common.
//! 2. [`placement`] rotates, scales, shifts and mirrors; input, target, mask and priority map alike. [`warp`] and
//!    [`proportions`] move the input's points besides, and other [`openings`] those of both pictures of a pair. They make one
//!    map, and each picture is sampled once (bilinear, edge pixels repeated).
//!    What hair hides of the [`forehead`], and lines across it, are filled with skin in the target.
//! 3. Who wears the face and what lies between it and the network hits the input only; the target stays whole and clean:
//!    - another [`skin`], then what is worn: [`dressing`] (make-up, beard, fringe, glasses), then an [`occluder`];
//!    - the lens: [`focus`] (blur), [`motion`], few pixels;
//!    - the camera: [`noise`], [`camera`] (white balance, tone curve), [`sharpen`];
//!    - the video: [`subsampling`], few levels, [`jpeg`].
//!
//! All chance comes from the stream that is handed in, so a sample depends on nothing else.

pub mod anchors;
mod bounds;
mod box_blur;
mod camera;
pub mod colour;
mod cross;
pub(in crate::train) mod draw;
mod dressing;
mod focus;
mod forehead;
mod jpeg;
pub mod light;
mod motion;
mod noise;
pub(in crate::train) mod occluder;
pub mod openings;
mod picture;
pub mod placement;
mod presets;
pub mod proportions;
mod pull_push;
mod settings;
mod sharpen;
mod skin;
mod source;
mod subsampling;
pub mod warp;

pub use cross::CrossPair;
pub use settings::{AugmentSettings, LATER, SettingError};
pub use source::Source;

use rand::Rng;

use self::colour::ColourChange;
use self::forehead::Forehead;
use self::light::Light;
use self::openings::ChangedOpenings;
use self::picture::Picture;
use self::placement::Placement;
use self::proportions::Proportions;
use self::warp::GridWarp;
use crate::blend::statistics::ColourStatistics;
use crate::geometry::Point;

/// One sample to be filled: planes of `resolution`² numbers, 0..1.
#[derive(Debug)]
pub struct Sample<'a> {
    /// Blue, green, red.
    pub input: &'a mut [f32],
    /// Blue, green, red.
    pub target: &'a mut [f32],
    /// One plane.
    pub mask: &'a mut [f32],
    /// One plane.
    pub priority: &'a mut [f32],
    /// One plane: the face in the input.
    pub driver_mask: &'a mut [f32],
}

/// Buffers of an [`Augmenter`]'s work, for one thread.
#[derive(Debug, Default)]
pub struct Buffers {
    picture: Picture,
    row: [Vec<f32>; 3],
    gains: Vec<f32>,
    /// Where each pixel of the input lies in the unit square of its source.
    places: Vec<Point>,
    /// The source's mask as the input shows it.
    face: Vec<f32>,
    skin: [Vec<f32>; 2],
    focus: focus::FocusBuffers,
    forehead: forehead::ForeheadBuffers,
    motion: Vec<f32>,
    sharpen: sharpen::SharpenBuffers,
    subsampling: [Vec<f32>; 2],
    jpeg: jpeg::JpegBuffers,
}

impl Buffers {
    /// Where each pixel of the input lies in the unit square of its source.
    pub fn places(&self) -> &[Point] {
        &self.places
    }

    /// How much of each pixel of the input is face, 0..1, before anything is in front of it.
    pub fn face(&self) -> &[f32] {
        &self.face
    }
}

/// Makes samples of one resolution.
#[derive(Debug, Clone)]
pub struct Augmenter {
    settings: AugmentSettings,
    resolution: usize,
}

impl Augmenter {
    /// Samples of `resolution`² pixels.
    ///
    /// # Errors
    /// [`SettingError`] where a setting is out of its range.
    pub fn new(settings: AugmentSettings, resolution: usize) -> Result<Self, SettingError> {
        Ok(Self { settings: settings.checked()?, resolution })
    }

    /// Its settings.
    pub fn settings(&self) -> &AugmentSettings {
        &self.settings
    }

    /// Fills `sample` from `source`. `other` has the colours of a face of the other side; `flip` says whether this side
    /// may be mirrored.
    pub fn sample(
        &self,
        source: &Source,
        other: Option<&ColourStatistics>,
        flip: bool,
        rng: &mut impl Rng,
        buffers: &mut Buffers,
        sample: &mut Sample<'_>,
    ) {
        let Self { settings, resolution } = self;
        let colour = ColourChange::draw(settings, source.statistics(), other, rng);
        let light = Light::draw(settings, rng);
        let placement = Placement::draw(settings, flip, rng);
        let warp = GridWarp::draw(settings.warp, rng);
        let proportions = Proportions::draw(settings, source.anchors(), rng);
        relight(source, &colour, &light, buffers);
        self.place(source, |p| placement.apply(p), buffers, sample);
        let moves = (&placement, &warp, proportions.as_ref(), &ChangedOpenings::default());
        place_warped(moves, *resolution, buffers, sample.input);
        sample.driver_mask.copy_from_slice(&buffers.face);
        self.damage_input(source, sample.input, rng, buffers);
    }

    /// Fills `input` from `source` as it looks in another light, at another place and dressed: what a camera is yet
    /// to see. [`Buffers::places`] then says where each pixel comes from, [`Buffers::face`] how much of it is face.
    pub fn show(&self, source: &Source, flip: bool, rng: &mut impl Rng, buffers: &mut Buffers, input: &mut [f32]) {
        let settings = &self.settings;
        let colour = ColourChange::draw(settings, source.statistics(), None, rng);
        let light = Light::draw(settings, rng);
        let placement = Placement::draw(settings, flip, rng);
        let warp = GridWarp::draw(settings.warp, rng);
        let proportions = Proportions::draw(settings, source.anchors(), rng);
        relight(source, &colour, &light, buffers);
        let moves = (&placement, &warp, proportions.as_ref(), &ChangedOpenings::default());
        place_warped(moves, self.resolution, buffers, input);
        self.dress(source, input, rng, buffers);
    }

    /// Fills target, mask and priority map from `source`, relit; `to_source` takes points of the sample's unit square
    /// to the source's.
    fn place(
        &self,
        source: &Source,
        to_source: impl Fn(Point) -> Point,
        buffers: &mut Buffers,
        sample: &mut Sample<'_>,
    ) {
        let Self { settings, resolution } = self;
        let (blue, others) = sample.target.split_at_mut(resolution * resolution);
        let (green, red) = others.split_at_mut(resolution * resolution);
        let step = 1.0 / *resolution as f32;
        for j in 0..*resolution {
            for i in 0..*resolution {
                let (n, p) = (j * resolution + i, to_source(centre(i, j, step)));
                [blue[n], green[n], red[n], sample.mask[n]] = buffers.picture.at(p);
                sample.priority[n] = picture::byte_at(source.priority(), source.side(), p);
            }
        }
        if let Some(anchors) = source.anchors().filter(|_| source.masks_hair() && settings.forehead > 0.0) {
            let forehead = (&Forehead::of(anchors), settings.forehead);
            forehead::uncover(forehead, to_source, (sample.target, sample.mask), *resolution, &mut buffers.forehead);
        }
    }

    /// Changes an input that [`place_warped`] has just made of `source`: what the target has nothing of.
    fn damage_input(&self, source: &Source, input: &mut [f32], rng: &mut impl Rng, buffers: &mut Buffers) {
        self.dress(source, input, rng, buffers);
        occluder::occlude(&self.settings, input, self.resolution, rng);
        self.film(input, rng, buffers);
    }

    /// Another skin, and what is worn.
    fn dress(&self, source: &Source, input: &mut [f32], rng: &mut impl Rng, buffers: &mut Buffers) {
        let Buffers { places, face, skin, .. } = buffers;
        skin::change(&self.settings, source, (places, face), input, rng, skin);
        dressing::dress(&self.settings, source, (places, face), input, rng);
    }

    /// What lens, camera and video make of an input.
    pub fn film(&self, input: &mut [f32], rng: &mut impl Rng, buffers: &mut Buffers) {
        let (settings, side) = (&self.settings, self.resolution);
        let Buffers { focus, motion, sharpen, subsampling, jpeg, .. } = buffers;
        focus::blur(settings, input, side, rng, focus);
        motion::blur(settings, input, side, rng, motion);
        focus::shrink(settings, input, side, rng, focus);
        noise::noise(settings, input, side, rng);
        camera::develop(settings, input, side, rng);
        sharpen::sharpen(settings, input, side, rng, sharpen);
        subsampling::subsample(settings, input, side, rng, subsampling);
        camera::band(settings, input, rng);
        jpeg::jpeg(settings, input, side, rng, jpeg);
    }
}

/// Fills the picture with the source in its new colours, in the new light.
fn relight(source: &Source, colour: &ColourChange, light: &Light, buffers: &mut Buffers) {
    let Buffers { picture, row, gains, .. } = buffers;
    let side = source.side();
    let curve = light.curve();
    picture.side = side;
    picture.pixels.clear();
    for plane in &mut *row {
        plane.resize(side, 0.0);
    }
    gains.resize(side, 1.0);
    for (j, (bgr, mask)) in source.bgr().chunks_exact(side * 3).zip(source.mask().chunks_exact(side)).enumerate() {
        for (i, pixel) in bgr.chunks_exact(3).enumerate() {
            for (plane, &byte) in row.iter_mut().zip(pixel) {
                plane[i] = curve[usize::from(byte)];
            }
        }
        colour.apply(row);
        if !light.is_even() {
            light.row(j, side, gains);
            for (value, gain) in row.iter_mut().flat_map(|plane| plane.iter_mut().zip(&*gains)) {
                *value = (*value * gain).min(1.0);
            }
        }
        let [blue, green, red] = &*row;
        let colours = blue.iter().zip(green).zip(red).zip(mask);
        picture.pixels.extend(colours.map(|(((&b, &g), &r), &m)| [b, g, r, f32::from(m) * (1.0 / 255.0)]));
    }
}

/// Fills the input, not yet damaged, from the picture, and where its pixels lie.
fn place_warped(
    (placement, warp, proportions, openings): (&Placement, &GridWarp, Option<&Proportions>, &ChangedOpenings),
    resolution: usize,
    buffers: &mut Buffers,
    input: &mut [f32],
) {
    let Buffers { picture, places, face, .. } = buffers;
    places.resize(resolution * resolution, Point::default());
    face.resize(resolution * resolution, 0.0);
    let (blue, others) = input.split_at_mut(resolution * resolution);
    let (green, red) = others.split_at_mut(resolution * resolution);
    let step = 1.0 / resolution as f32;
    for j in 0..resolution {
        let row = warp.row((j as f32 + 0.5) * step);
        for i in 0..resolution {
            let (n, p) = (j * resolution + i, centre(i, j, step));
            let moved = row.at(p.x);
            let place = placement.apply(Point::new(p.x + moved.x, p.y + moved.y));
            let place = proportions.map_or(place, |proportions| proportions.apply(place));
            let place = openings.apply(place);
            [blue[n], green[n], red[n], face[n]] = picture.at(place);
            places[n] = place;
        }
    }
}

/// Centre of pixel (i, j) in the unit square; `step` is a pixel's side.
#[inline]
fn centre(i: usize, j: usize, step: f32) -> Point {
    Point::new((i as f32 + 0.5) * step, (j as f32 + 0.5) * step)
}

//! The faces of both sides in memory.

use image::imageops::{FilterType, resize};
use rayon::prelude::*;

use super::choice::{Choice, Look};
use super::sides::working_side;
use super::troupe::Troupe;
use super::{SampleError, Sides, priority};
use crate::train::augment::Source;
use crate::train::augment::anchors::{Almond, Anchors};
use crate::train::faceset::{FaceRecord, FaceSet, FaceSetError, MaskKind};
use crate::train::zoo::Side;

/// Every face of both sides, at the size that samples of one resolution are taken from.
#[derive(Debug)]
pub struct Faces {
    a: SideFaces,
    b: SideFaces,
}

/// One side's.
#[derive(Debug)]
struct SideFaces {
    /// Face set by face set.
    sources: Vec<Source>,
    /// How each looks.
    looks: Vec<Look>,
    /// Faces of each face set.
    sets: Vec<usize>,
    /// Who shows which frame of a performance, where people perform the same frames.
    troupe: Option<Troupe>,
}

impl Faces {
    /// Reads all pictures, on every core, for samples of `resolution` pixels. `progress` is called after each, from
    /// any thread.
    ///
    /// # Errors
    /// [`SampleError`], naming the picture that is missing or corrupt.
    pub fn load(sides: &Sides, resolution: usize, progress: &(dyn Fn() + Sync)) -> Result<Self, SampleError> {
        let side = working_side(resolution);
        let load = |of: Side| {
            let sets = sides.of(of);
            let all: Vec<_> = sets.iter().flat_map(|set| set.faces.iter().map(move |face| (set, face))).collect();
            let sources = all
                .par_iter()
                .map(|(set, face)| {
                    let source = source(set, face, (of, side))?;
                    progress();
                    Ok(source)
                })
                .collect::<Result<Vec<_>, SampleError>>()?;
            let looks = all.iter().zip(&sources).map(|((_, face), source)| look(face, source)).collect();
            let tones: Vec<_> =
                sources.iter().map(|source| source.statistics().map(|colours| colours.mean[0])).collect();
            let troupe = Troupe::of(all.iter().map(|(_, face)| *face)).map(|troupe| troupe.balanced(&tones));
            let sets = sets.iter().map(|set| set.faces.len()).collect();
            Ok::<_, SampleError>(SideFaces { sources, looks, sets, troupe })
        };
        Ok(Self { a: load(Side::A)?, b: load(Side::B)? })
    }

    /// The faces of a side, face set by face set in the order of their tables.
    pub fn of(&self, side: Side) -> &[Source] {
        &self.side(side).sources
    }

    /// The side whose faces go into a swap: A, or B where there is no driver.
    pub fn driving(&self) -> Side {
        if self.a.sources.is_empty() { Side::B } else { Side::A }
    }

    /// Bytes that the pictures take.
    pub fn bytes(&self) -> u64 {
        self.a.sources.iter().chain(&self.b.sources).map(|source| (source.side() * source.side() * 5) as u64).sum()
    }

    /// `count` faces of a side whose heads turn from the leftmost to the rightmost, evenly over the ranking by yaw: the
    /// same in every run, for previews.
    pub fn spread(&self, side: Side, count: usize) -> Vec<usize> {
        let looks = &self.side(side).looks;
        let mut ranking: Vec<usize> = (0..looks.len()).collect();
        ranking.sort_by(|&i, &j| looks[i].yaw.total_cmp(&looks[j].yaw));
        let (last, gaps) = (ranking.len().saturating_sub(1), count.saturating_sub(1).max(1));
        (0..count).filter_map(|n| ranking.get((2 * n * last + gaps) / (2 * gaps)).copied()).collect()
    }

    /// Who of a side shows which frame of a performance.
    pub(super) fn troupe(&self, side: Side) -> Option<&Troupe> {
        self.side(side).troupe.as_ref()
    }

    pub(super) fn choice(&self, side: Side, balance: bool) -> Choice {
        let SideFaces { looks, sets, .. } = self.side(side);
        Choice::new(looks, sets, balance)
    }

    fn side(&self, side: Side) -> &SideFaces {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }
}

/// How a face looks: a part that the mesh did not place counts as closed.
fn look(face: &FaceRecord, source: &Source) -> Look {
    let Some(anchors) = source.anchors() else { return Look { yaw: face.yaw, ..Look::default() } };
    let lids = anchors.eyes.iter().map(Almond::opening).fold(f32::INFINITY, f32::min);
    Look { yaw: face.yaw, lids, mouth: anchors.mouth.opening() }
}

/// Reads one face of a side; crops that are larger than `most` pixels are reduced to that.
fn source(set: &FaceSet, face: &FaceRecord, (of, most): (Side, usize)) -> Result<Source, SampleError> {
    let (mut crop, mut mask) = (set.crop(face)?, set.mask(face)?);
    if mask.dimensions() != crop.dimensions() {
        let file = set.folder.join(&face.mask);
        return Err(SampleError::MaskSize { file, found: mask.dimensions(), expected: crop.dimensions() });
    }
    if crop.width() as usize > most {
        let side = most as u32;
        crop = resize(&crop, side, side, FilterType::CatmullRom);
        mask = resize(&mask, side, side, FilterType::Triangle);
    }
    let side = crop.width() as usize;
    let mut bgr = crop.into_raw();
    bgr.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
    let empty = || FaceSetError::File { file: set.folder.join(&face.picture), reason: "no pixels".to_owned() };
    let source = Source::new(side, bgr, mask.into_raw(), priority(&face.landmarks, side)).ok_or_else(empty)?;
    // A driver's mask says where the composite ends, at their own hair; of a troupe everybody becomes somebody's
    // subject.
    let subject = of == Side::B || face.performance.is_some();
    let masks_hair = subject && face.mask_kind != MaskKind::Hull;
    Ok(source.with_anchors(Anchors::of_mesh(&face.landmarks)).with_hair_masked(masks_hair))
}

//! Puts things in front of a face, and says where they are.

use rand::Rng;

use super::things::{Cutouts, Thing};
use super::{Class, MaskShot, SIDE};
use crate::geometry::Point;
use crate::train::augment::draw::{between, chance, symmetric};

/// Chance of something in front.
const CHANCE: f32 = 0.6;
/// Chance of another thing.
const ANOTHER: f32 = 0.2;
/// Chance that it moves while the picture is taken, how far at most, in sides of the crop, and at how many moments it
/// is seen.
const MOTION: (f32, f32, usize) = (0.3, 0.08, 5);

/// Pastes into `planes` (blue, green, red, 0..1) of a picture whose pixels are `classes`, where that is drawn.
pub(super) fn paste(
    shots: &[MaskShot],
    cutouts: &Cutouts,
    planes: &mut [f32],
    classes: &mut [Class],
    rng: &mut impl Rng,
) {
    let mut more = chance(rng, CHANCE);
    while more && !shots.is_empty() {
        let thing = Thing::draw(shots, cutouts, skin(planes, classes), rng);
        cover(&thing, motion(rng), planes, classes);
        more = chance(rng, ANOTHER);
    }
}

/// Puts one hand, board or other cut-out thing in front, which does not move; whether there was one that hides some
/// of the face.
pub(super) fn paste_one(
    shots: &[MaskShot],
    cutouts: &Cutouts,
    planes: &mut [f32],
    classes: &mut [Class],
    rng: &mut impl Rng,
) -> bool {
    let faces = |classes: &[Class]| classes.iter().filter(|class| **class == Class::Face).count();
    let before = faces(classes);
    let Some(cutout) = cutouts.draw(shots, skin(planes, classes), rng) else { return false };
    cover(&Thing::Cutout(cutout), (1, 0.0, 0.0), planes, classes);
    faces(classes) < before
}

/// Puts one thing in front.
fn cover(thing: &Thing<'_>, (moments, angle, length): (usize, f32, f32), planes: &mut [f32], classes: &mut [Class]) {
    let shift = |n: usize| {
        let along = if moments > 1 { length * (n as f32 / (moments - 1) as f32 - 0.5) } else { 0.0 };
        Point::new(along * angle.cos(), along * angle.sin())
    };
    let centre = |n: usize| (n as f32 + 0.5) / SIDE as f32;
    for (n, class) in classes.iter_mut().enumerate() {
        let (mut colour, mut hidden) = ([0.0; 3], 0.0);
        for by in (0..moments).map(shift) {
            let (shown, cover) = thing.at(Point::new(centre(n % SIDE) + by.x, centre(n / SIDE) + by.y));
            hidden += cover / moments as f32;
            colour.iter_mut().zip(shown).for_each(|(sum, c)| *sum += c * cover / moments as f32);
        }
        for (plane, colour) in planes.chunks_exact_mut(SIDE * SIDE).zip(colour) {
            plane[n] = (plane[n] * (1.0 - hidden) + colour).clamp(0.0, 1.0);
        }
        if hidden > 0.5 {
            *class = Class::Occluder;
        }
    }
}

/// At how many moments a thing is seen, along which angle and over which length it moves.
fn motion(rng: &mut impl Rng) -> (usize, f32, f32) {
    let (moving, most, moments) = MOTION;
    let moments = if chance(rng, moving) { moments } else { 1 };
    (moments, std::f32::consts::PI * symmetric(rng), between(rng, 0.2, 1.0) * most)
}

/// Mean blue, green, red of the face.
fn skin(planes: &[f32], classes: &[Class]) -> [f32; 3] {
    let face = || classes.iter().enumerate().filter(|(_, class)| **class == Class::Face).map(|(n, _)| n);
    let count = face().count().max(1) as f32;
    std::array::from_fn(|c| face().map(|n| planes[c * SIDE * SIDE + n]).sum::<f32>() / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::{Purpose, stream};

    fn shot() -> MaskShot {
        let classes = (0..SIDE * SIDE).map(|n| if n % SIDE < 60 { Class::Face } else { Class::Occluder }).collect();
        MaskShot::new(vec![120; SIDE * SIDE * 3], classes, None).unwrap_or_else(|| unreachable!())
    }

    #[test]
    fn what_is_pasted_changes_the_picture_where_its_class_does() {
        let shots = [shot()];
        let cutouts = Cutouts::of(&shots);
        let mut pasted = 0;
        for seed in 0..40 {
            let mut rng = stream(seed, Purpose::Pasting, 0, 0);
            let mut planes = vec![0.5; 3 * SIDE * SIDE];
            let mut classes = vec![Class::Face; SIDE * SIDE];
            paste(&shots, &cutouts, &mut planes, &mut classes, &mut rng);
            let changed = |n: usize| (0..3).any(|c| (planes[c * SIDE * SIDE + n] - 0.5).abs() > 0.01);
            let occluded = classes.iter().filter(|class| **class == Class::Occluder).count();
            let far = (0..SIDE * SIDE).filter(|&n| changed(n) && classes[n] != Class::Occluder).count();
            pasted += usize::from(occluded > 0);
            // A moving thing has a rim that hides less than half.
            assert!(far <= occluded + SIDE * 16, "seed {seed}: {far} changed beside {occluded}");
            assert!(planes.iter().all(|v| (0.0..=1.0).contains(v)));
        }
        assert!((12..=36).contains(&pasted), "{pasted} of 40 have something in front");
    }
}

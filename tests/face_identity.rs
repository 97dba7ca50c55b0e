//! Whether the identity network tells people apart, as the element and `standin-train eval` see them.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

mod common;

use standin::face::identity::{Embedding, SAME_PERSON, direction, distance, likeness};
use standin::face::{Face, Finder, FinderSettings, IdentityNetwork, Mesh, Recognised, Recognition, Reference};
use standin::frame::{OwnedFrame, VideoBuffer};
use standin::runtime::{Network, NetworkOptions, Runtime};

/// Embeds every `step`-th frame of a clip; `person` names who is in a frame.
fn embed(name: &str, step: usize, person: impl Fn(usize) -> usize) -> Option<Vec<(usize, Embedding)>> {
    let runtime = Runtime::load(None).unwrap();
    let mut finder = Finder::new(&runtime, Mesh::Points478).unwrap();
    let mut identity = IdentityNetwork::new(&runtime, 2).unwrap();
    let (mut faces, mut found) = (Vec::new(), Vec::new());
    for (i, frame) in common::clip(name)?.enumerate().filter(|(i, _)| i % step == 0) {
        finder.reset();
        let frame = frame.frame().unwrap();
        finder.find(&frame, &[], i as f64 / 25.0, &FinderSettings::default(), &mut faces).unwrap();
        if let Some(face) = faces.first().filter(|face| face.yaw.abs() < 0.7) {
            found.extend(identity.embed(&frame, &face.landmarks).unwrap().map(|embedding| (person(i), embedding)));
        }
    }
    Some(found)
}

/// The share of errors where as many pairs of one person are told apart as pairs of two are not, and the threshold.
fn equal_error(same: &mut [f32], different: &mut [f32]) -> (f32, f32) {
    same.sort_by(f32::total_cmp);
    different.sort_by(f32::total_cmp);
    let below = |sorted: &[f32], t: f32| sorted.partition_point(|&d| d < t) as f32 / sorted.len() as f32;
    let errors = (0..200u8).map(|n| f32::from(n) / 100.0).map(|t| (1.0 - below(same, t), below(different, t), t));
    let (missed, taken, threshold) = errors.min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs())).unwrap();
    ((missed + taken) / 2.0, threshold)
}

#[test]
fn rendered_people_are_told_apart() {
    let (Some(mut all), Some(ada), Some(ben)) =
        (embed("drivers.mp4", 5, |i| i / 40), embed("ada_train.mp4", 40, |_| 100), embed("ben_train.mp4", 40, |_| 101))
    else {
        return;
    };
    all.extend(ada);
    all.extend(ben);
    let (mut same, mut different) = (Vec::new(), Vec::new());
    for (i, (a, x)) in all.iter().enumerate() {
        for (b, y) in &all[..i] {
            if a == b { &mut same } else { &mut different }.push(distance(x, y));
        }
    }
    let (error, threshold) = equal_error(&mut same, &mut different);
    let at = |sorted: &[f32], part: f32| sorted[(part * (sorted.len() - 1) as f32) as usize];
    println!(
        "{} faces; {} pairs of one person, median {:.2}, 95 % below {:.2}; {} pairs of two, median {:.2}, 5 % below {:.2}; \
         equal error {:.3} at {threshold:.2}; at {SAME_PERSON}: missed {:.3}, mistaken {:.3}",
        all.len(),
        same.len(),
        at(&same, 0.5),
        at(&same, 0.95),
        different.len(),
        at(&different, 0.5),
        at(&different, 0.05),
        error,
        1.0 - same.partition_point(|&d| d < SAME_PERSON) as f32 / same.len() as f32,
        different.partition_point(|&d| d < SAME_PERSON) as f32 / different.len() as f32,
    );
    assert!(all.len() > 150 && error < 0.08, "{} faces, equal error {error}", all.len());
}

/// Everybody's reference is the first half of their frames; the second half is played, as a stream.
#[test]
fn performers_are_recognised_and_strangers_are_not() {
    let runtime = Runtime::load(None).unwrap();
    let mut people: Vec<(Vec<Embedding>, Vec<(OwnedFrame, Face)>)> = Vec::new();
    for (name, each) in [("drivers.mp4", 40), ("ada_train.mp4", 80), ("ben_train.mp4", 80)] {
        let Some(clip) = common::clip(name) else { return };
        let mut finder = Finder::new(&runtime, Mesh::default()).unwrap();
        let mut network = IdentityNetwork::new(&runtime, 2).unwrap();
        let most = if each == 40 { usize::MAX } else { each };
        for (i, frame) in clip.take(most).enumerate() {
            if i % each == 0 {
                finder.reset();
                people.push(Default::default());
            }
            let person = people.last_mut().unwrap();
            let mut faces = Vec::new();
            let seen = frame.frame().unwrap();
            finder.find(&seen, &[], i as f64 / 25.0, &FinderSettings::default(), &mut faces).unwrap();
            let Some(face) = faces.into_iter().next().filter(|face| face.yaw.abs() < 0.7) else { continue };
            if i % each < each / 2 {
                person.0.extend(network.embed(&seen, &face.landmarks).unwrap());
            } else {
                person.1.push((frame, face));
            }
        }
    }
    let references: Vec<Reference> = people.iter().map(|person| Reference::of(&person.0).unwrap()).collect();
    let play = |references: Vec<Reference>, stream: &[(OwnedFrame, Face)]| -> Vec<Recognised> {
        let mut recognition = Recognition::new(IdentityNetwork::new(&runtime, 2).unwrap(), references);
        let mut verdict = |(frame, face): &(OwnedFrame, Face)| {
            let mut faces = [face.clone()];
            recognition.recognise(&frame.frame().unwrap(), &mut faces).unwrap();
            faces[0].recognised
        };
        stream.iter().map(&mut verdict).collect()
    };
    let (mut frames, mut known, mut bare, mut taken) = (0, 0, 0, 0);
    for (i, (_, stream)) in people.iter().enumerate() {
        let own = play(vec![references[i].clone()], stream);
        frames += own.len();
        known += own.iter().filter(|verdict| **verdict == Recognised::Performer(0)).count();
        bare += own.iter().filter(|verdict| **verdict == Recognised::Stranger).count();
        let others = references.iter().enumerate().filter(|(j, _)| i != *j).map(|(_, it)| it.clone()).collect();
        taken += usize::from(play(others, stream).iter().any(|verdict| matches!(verdict, Recognised::Performer(_))));
    }
    println!(
        "{} people: recognised in {known} of {frames} frames, taken for strangers in {bare}; {taken} of them taken for one of \
         {} others at any time",
        people.len(),
        people.len() - 1
    );
    assert!(people.len() == 26 && frames > 400);
    assert_eq!(bare, 0, "a performer is taken for a stranger, and would show");
    assert!(known as f32 > 0.96 * frames as f32, "{known} of {frames} frames");
    // Of 650 pairs.
    assert!(taken <= 7, "{taken} were taken for one of {} others", people.len() - 1);
}

/// The file holds 8-bit weights. `tests/face_chips` has chips of eight rendered people of the project's clips, side
/// by side (CC0 1.0), and what the network gave of them with 16-bit weights, as `models/convert/face_identity.py`
/// writes them.
#[test]
fn eight_bits_of_weights_embed_as_sixteen_do() {
    let (runtime, side) = (Runtime::load(None).unwrap(), 150);
    let bytes = std::fs::read("models/face_identity_128.onnx").unwrap();
    let mut network = Network::new(&runtime, &bytes, NetworkOptions::default()).unwrap();
    let chips = image::open("tests/face_chips/chips.png").unwrap().into_rgb8();
    let embeddings = std::fs::read("tests/face_chips/embeddings.json").unwrap();
    let embeddings: Vec<Vec<f32>> = serde_json::from_slice(&embeddings).unwrap();
    assert_eq!(chips.width() as usize, side * embeddings.len());
    for (n, expected) in embeddings.iter().enumerate() {
        let chip = image::imageops::crop_imm(&chips, (n * side) as u32, 0, side as u32, side as u32).to_image();
        network.input_mut(0).iter_mut().zip(chip.as_raw()).for_each(|(to, &code)| *to = f32::from(code));
        network.run().unwrap();
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let found = network.output(0);
        let cosine = product(found, expected) / (product(found, found) * product(expected, expected)).sqrt();
        println!("chip {n}: cosine {cosine:.5}");
        assert!(cosine > 0.9999, "chip {n}: {cosine}");
    }
}

#[test]
fn directions_are_unit_vectors_and_likeness_is_their_cosine() {
    let (mut a, mut b) = ([0.0; 128], [0.0; 128]);
    (a[0], b[1]) = (3.0, 3.0);
    let (a, b) = (direction(&a), direction(&b));
    assert!((likeness(&a, &a) - 1.0).abs() < 1e-5 && likeness(&a, &b) < 0.9);
    assert!(direction(&[0.0; 128]).iter().all(|value| value.is_finite()));
}

//! From each frame's figures to those of the clip.

use std::collections::BTreeMap;

use super::figures::{self, Spread};
use super::iris::IrisPlace;
use super::lag::{Followed, followed};
use super::live_path::LivePath;
use super::measure::Measurer;
use super::pose::{differences, size, without_offset};
use super::report::{Delivery, EvalReport, EvalTiming, IdentityFigures, Reconstruction, VERSION};
use super::series::{Expressions, Places, Poses};
use super::skin_tone::by_tone;
use super::still::{Steady, still_jitter};
use super::truth::GroundTruth;
use super::{EvalOptions, Evaluation, expression, table};
use crate::face::identity::{Embedding, SAME_PERSON, distance, mean};
use crate::frame::Layout;
use crate::live::Stage;
use crate::train::extract::pose::Pose;

/// Sums up; `target` are the target's faces, none where the truth clip's are to be taken.
pub(super) fn sum_up(
    options: &EvalOptions,
    live: &LivePath,
    layout: Layout,
    fps: f64,
    mut measured: Measurer,
    target: Vec<Embedding>,
    reconstruction: Option<Reconstruction>,
) -> Evaluation {
    let [expression, expression_to_ground_truth, expression_of_source] = expressions(&mut measured);
    let pose_offset = poses(&mut measured);
    let identity = identities(&mut measured, target);
    let steady =
        |pick: fn(&Places) -> Option<Steady>| measured.series.iter().map(|part| pick(&part.places)).collect::<Vec<_>>();
    let [output, source, truth] =
        [steady(|p| p.steady_output), steady(|p| p.steady_source), steady(|p| p.steady_truth)];
    let (still, still_truth) = (still_jitter(&output, &source), still_jitter(&truth, &source));
    let [followed, followed_by_truth, followed_truth] = following(&measured);
    let name = |path: &std::path::Path| path.display().to_string();
    let frames = std::mem::take(&mut measured.frames);
    let mut report = EvalReport {
        version: VERSION,
        tool: format!("standin-train {}", env!("CARGO_PKG_VERSION")),
        model: name(&options.model),
        subject: live.model().subject.clone(),
        driver: name(&options.driver),
        truth: options.truth.as_deref().map(name),
        target: options.target.as_deref().or(options.truth.as_deref()).map(name),
        ground_truth: measured.has_ground_truth().then(|| name(&GroundTruth::path(&options.driver))),
        mask: options.truth_mask.as_deref().map_or("landmark hull".to_owned(), name),
        width: layout.width,
        height: layout.height,
        clip_fps: fps,
        delivery: delivery(&measured, &frames),
        timing: timing(&measured, options.threads),
        table: BTreeMap::new(),
        table_of_truth: BTreeMap::new(),
        identity,
        outside: frames.iter().map(|frame| frame.outside).sum(),
        figures: figures::sum_up(&frames),
        expression,
        expression_to_ground_truth,
        expression_of_source,
        followed,
        followed_by_truth,
        followed_truth,
        still_jitter: still.map(|still| still.jitter),
        still_jitter_truth: still_truth.map(|still| still.jitter),
        still_frames: still.map_or(0, |still| still.frames),
        skin_tones: by_tone(&frames),
        pose_offset,
        reconstruction,
        frames,
    };
    report.table = table::table(&report);
    report.table_of_truth = table::of_truth(&report);
    Evaluation { report, album: measured.album }
}

fn delivery(measured: &Measurer, frames: &[figures::FrameFigures]) -> Delivery {
    let count = |outcome: &str| frames.iter().filter(|frame| frame.outcome == outcome).count();
    Delivery {
        frames: frames.len(),
        swapped: count("swapped"),
        held: count("held"),
        concealed: count("concealed"),
        untouched: count("untouched"),
        dropped: count("dropped"),
        missed: measured.has_ground_truth().then_some(measured.missed),
        unrecognisable: measured.unrecognisable,
        failure: measured.failure.clone(),
    }
}

fn timing(measured: &Measurer, threads: usize) -> EvalTiming {
    let of = |stage: Stage| Spread::of(measured.stages.iter().map(|times| times[stage as usize]));
    let stages: Vec<(&'static str, Spread)> =
        Stage::ALL.iter().filter_map(|&stage| Some((stage.name(), of(stage)?))).collect();
    let total = of(Stage::Total).map_or(0.0, |total| f64::from(total.mean));
    EvalTiming { threads, stages, fps: if total > 0.0 { 1e3 / total } else { 0.0 } }
}

/// How lids, mouth and irises follow the source's, by name.
type Followers = BTreeMap<&'static str, Followed>;

/// What lids and mouth do, and where the irises are, of one of the streams.
type Stream = (fn(&Expressions) -> Option<expression::Expression>, fn(&Places) -> [Option<IrisPlace>; 2]);

/// How the output follows the source, the truth clip the source, and the output the truth clip.
fn following(measured: &Measurer) -> [Followers; 3] {
    let opening = |pick: fn(&Expressions) -> Option<expression::Expression>, k: usize| -> Vec<Option<f32>> {
        measured.series.iter().map(|part| pick(&part.expressions).map(|e| e[k])).collect()
    };
    let iris = |pick: fn(&Places) -> [Option<IrisPlace>; 2], eye: usize, axis: usize| -> Vec<Option<f32>> {
        measured.series.iter().map(|part| pick(&part.places)[eye].map(|place| place[axis])).collect()
    };
    let openings = [("lid_right", 0), ("lid_left", 1), ("mouth_opening", 2)];
    let irises = [
        ("iris_right_horizontal", 0, 0),
        ("iris_left_horizontal", 1, 0),
        ("iris_right_vertical", 0, 1),
        ("iris_left_vertical", 1, 1),
    ];
    let output: Stream = (|e| e.output, |places| places.iris_output);
    let source: Stream = (|e| e.source, |places| places.iris_source);
    let truth: Stream = (|e| e.clip, |places| places.iris_truth);
    let of = |stream: Stream, other: Stream| -> Followers {
        let openings = openings.iter().map(|&(name, k)| (name, followed(&opening(stream.0, k), &opening(other.0, k))));
        let irises = irises
            .iter()
            .map(|&(name, eye, axis)| (name, followed(&iris(stream.1, eye, axis), &iris(other.1, eye, axis))));
        openings.chain(irises).filter_map(|(name, found)| Some((name, found?))).collect()
    };
    [of(output, source), of(truth, source), of(output, truth)]
}

/// How each measure follows: output against source, output against ground truth, source against ground truth.
type Following = [Vec<expression::Follows>; 3];

fn expressions(measured: &mut Measurer) -> Following {
    let of = |pick: fn(&Expressions) -> Option<expression::Expression>| -> Vec<_> {
        measured.series.iter().map(|part| pick(&part.expressions)).collect()
    };
    let (output, source, truth) = (of(|e| e.output), of(|e| e.source), of(|e| e.truth));
    let (follows, errors) = expression::compare(&output, &source);
    let (to_truth, truth_errors) = expression::compare(&output, &truth);
    let (own, floor) = expression::compare(&source, &truth);
    for (i, frame) in measured.frames.iter_mut().enumerate() {
        frame.expression = errors[i];
        frame.expression_to_ground_truth = truth_errors[i];
        frame.expression_floor = floor[i];
    }
    [follows, to_truth, own]
}

/// Fills in each frame's errors; gives the mean difference of the output to the source.
fn poses(measured: &mut Measurer) -> Option<[f32; 3]> {
    let of =
        |pick: fn(&Poses) -> Option<Pose>| -> Vec<_> { measured.series.iter().map(|part| pick(&part.poses)).collect() };
    let (output, source, truth, known) = (of(|p| p.output), of(|p| p.source), of(|p| p.truth), of(|p| p.known));
    let rest = |a: &[Option<Pose>], b: &[Option<Pose>]| without_offset(&differences(a, b));
    let (to_source, to_known, floor) = (rest(&output, &source), rest(&output, &known), rest(&source, &known));
    let to_truth = differences(&output, &truth);
    for (i, frame) in measured.frames.iter_mut().enumerate() {
        let at = |found: &Option<(Pose, Vec<Option<Pose>>)>| found.as_ref().and_then(|(_, rest)| rest[i]);
        if let Some(apart) = at(&to_source) {
            frame.pose = Some(size(&apart));
            [frame.yaw, frame.pitch, frame.roll] = [apart.yaw, apart.pitch, apart.roll].map(|v| Some(v.abs()));
        }
        frame.pose_to_truth = to_truth[i].map(|apart| size(&apart));
        frame.pose_to_ground_truth = at(&to_known).map(|apart| size(&apart));
        frame.pose_floor = at(&floor).map(|apart| size(&apart));
    }
    to_source.map(|(offset, _)| [offset.yaw, offset.pitch, offset.roll])
}

fn identities(measured: &mut Measurer, target: Vec<Embedding>) -> Option<IdentityFigures> {
    let there: Vec<_> = measured.series.iter().filter_map(|part| part.embedded).collect();
    let target = if target.is_empty() { there.iter().filter_map(|e| e.truth).collect() } else { target };
    let driver: Vec<Embedding> = there.iter().map(|e| e.source).collect();
    let (to, from) = (mean(&target)?, mean(&driver)?);
    for (frame, part) in measured.frames.iter_mut().zip(&measured.series) {
        let Some(embedded) = part.embedded else { continue };
        frame.to_target = Some(distance(&embedded.output, &to));
        frame.to_driver = Some(distance(&embedded.output, &from));
        frame.to_performer = Some(distance(&embedded.output, &embedded.source));
        frame.bare_to_target = embedded.bare.map(|bare| distance(&bare, &to));
        frame.bare_to_driver = embedded.bare.map(|bare| distance(&bare, &from));
        frame.unswapped_to_target = Some(distance(&embedded.source, &to));
        frame.truth_to_target = embedded.truth.map(|truth| distance(&truth, &to));
    }
    let count = there.len() as f32;
    let over = |value: &dyn Fn(&Embedding) -> f32| there.iter().map(|e| value(&e.output)).sum::<f32>() / count;
    let bare: Vec<Embedding> = there.iter().filter_map(|e| e.bare).collect();
    let nearer = there.iter().filter(|e| distance(&e.output, &to) < distance(&e.output, &e.source)).count();
    let part = |holds: &dyn Fn(&Embedding) -> bool| over(&|output| f32::from(u8::from(holds(output))));
    Some(IdentityFigures {
        same: SAME_PERSON,
        to_target: over(&|output| distance(output, &to)),
        to_driver: over(&|output| distance(output, &from)),
        to_target_pairs: over(&|output| mean_distance(output, &target).unwrap_or_default()),
        to_driver_pairs: over(&|output| mean_distance(output, &driver).unwrap_or_default()),
        driver_to_target: distance(&from, &to),
        nearer_to_target: part(&|output| distance(output, &to) < distance(output, &from)),
        nearer_to_target_than_performer: nearer as f32 / count,
        bare_to_target: mean_distance(&to, &bare),
        bare_to_driver: mean_distance(&from, &bare),
        taken_for_target: part(&|output| distance(output, &to) < SAME_PERSON),
        target_faces: target.len(),
    })
}
/// Mean distance from one face to each of several; `None` for none.
fn mean_distance(face: &Embedding, others: &[Embedding]) -> Option<f32> {
    let sum: f32 = others.iter().map(|other| distance(face, other)).sum();
    (!others.is_empty()).then(|| sum / others.len() as f32)
}

//! The figures of each frame, and what they come to over a clip.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::live::percentile;

/// One frame's figures; what could not be measured is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FrameFigures {
    /// From 0.
    pub frame: u64,
    /// Seconds.
    pub time: f64,
    /// `swapped`, `held` (with the pose of an earlier frame), `concealed`, `untouched` or `dropped`.
    pub outcome: &'static str,
    /// Faces that were found.
    pub faces: usize,
    /// Milliseconds in the live path.
    pub milliseconds: f32,
    /// SSIM of the output to the truth: of luma, under the face's mask without an edge of two px of a 160 px crop.
    pub ssim: Option<f32>,
    /// The same under the whole mask.
    pub ssim_whole: Option<f32>,
    /// SSIM of the source to the truth, as `ssim`.
    pub ssim_unswapped: Option<f32>,
    /// SSIM of the output to the truth after the best shift of the frame.
    pub ssim_registered: Option<f32>,
    /// What that gains over `ssim`: how much of the difference is a matter of place.
    pub ssim_gain: Option<f32>,
    /// How far the output's face lies to the right of the truth's, in px of a full-face crop of 160 px.
    pub shift_x: Option<f32>,
    /// How far it lies below.
    pub shift_y: Option<f32>,
    /// SSIM of the network's bare output to the truth's crop, as `ssim`.
    pub bare_ssim: Option<f32>,
    /// The same after its best shift.
    pub bare_ssim_registered: Option<f32>,
    /// What that gains.
    pub bare_ssim_gain: Option<f32>,
    /// How far the bare output lies to the right of the truth's crop, in px of a full-face crop of 160 px.
    pub bare_shift_x: Option<f32>,
    /// How far it lies below.
    pub bare_shift_y: Option<f32>,
    /// Mean absolute difference to the truth's colours about the right eye.
    pub eye_difference_right: Option<f32>,
    /// About the left eye.
    pub eye_difference_left: Option<f32>,
    /// About the mouth.
    pub mouth_difference: Option<f32>,
    /// SSIM to the truth about the right eye.
    pub eye_ssim_right: Option<f32>,
    /// About the left eye.
    pub eye_ssim_left: Option<f32>,
    /// About the mouth.
    pub mouth_ssim: Option<f32>,
    /// Energy of the eyes' details over that of the truth's; without truth, over what the target's eyes usually have.
    /// Less than 1 is blurred.
    pub eye_detail: Option<f32>,
    /// Mean distance of the irises to the truth clip's, in widths of the eye.
    pub iris_to_truth: Option<f32>,
    /// PSNR of the output to the truth.
    pub psnr: Option<f32>,
    /// PSNR of the source to the truth.
    pub psnr_unswapped: Option<f32>,
    /// MS-GMSD of the output to the truth.
    pub perceptual: Option<f32>,
    /// MS-GMSD of the source to the truth.
    pub perceptual_unswapped: Option<f32>,
    /// Distance of the output's face to the target's mean.
    pub to_target: Option<f32>,
    /// Distance of the output's face to the driver's mean.
    pub to_driver: Option<f32>,
    /// Distance of the source's face to the target's mean: where a swap that does nothing would be.
    pub unswapped_to_target: Option<f32>,
    /// Distance of the truth's face to the target's mean: where a perfect swap would be.
    pub truth_to_target: Option<f32>,
    /// Distance of the output's face to the performer's in the same frame.
    pub to_performer: Option<f32>,
    /// Distance of the network's bare output to the target's mean.
    pub bare_to_target: Option<f32>,
    /// Distance of the network's bare output to the driver's mean.
    pub bare_to_driver: Option<f32>,
    /// Tone of the driver's skin as an angle in degrees, see [`super::skin_tone`].
    pub skin_tone: Option<f32>,
    /// Mean of the three angles' errors, output against source, without the clip's mean difference.
    pub pose: Option<f32>,
    /// The yaw's part of it.
    pub yaw: Option<f32>,
    /// The pitch's part of it.
    pub pitch: Option<f32>,
    /// The roll's part of it.
    pub roll: Option<f32>,
    /// Mean of the three angles' errors, output against the truth clip: the same person, so nothing is taken away.
    pub pose_to_truth: Option<f32>,
    /// Mean of the three angles' errors, output against the ground truth, without the clip's mean difference.
    pub pose_to_ground_truth: Option<f32>,
    /// The same of the source: the error of the measurement itself.
    pub pose_floor: Option<f32>,
    /// Mean error of the expression's measures, output against source.
    pub expression: Option<f32>,
    /// Mean error of the expression's measures, output against the ground truth.
    pub expression_to_ground_truth: Option<f32>,
    /// The same of the source: the error of the measurement itself.
    pub expression_floor: Option<f32>,
    /// Change of the aligned face since the frame before in the output less that in the source.
    pub flicker: Option<f32>,
    /// The output's part of it.
    pub flicker_output: Option<f32>,
    /// The source's part of it.
    pub flicker_source: Option<f32>,
    /// Second difference of still landmarks in the output less that in the source.
    pub jitter: Option<f32>,
    /// The output's part of it.
    pub jitter_output: Option<f32>,
    /// The source's part of it.
    pub jitter_source: Option<f32>,
    /// Warping error of the output less that of the truth clip, or of the source where there is none: 0 is right.
    pub warping: Option<f32>,
    /// The output's part of it.
    pub warping_output: Option<f32>,
    /// The part of truth clip or source.
    pub warping_reference: Option<f32>,
    /// Difference of the output's change since the frame before to that of the truth clip, or of the source.
    pub temporal: Option<f32>,
    /// By how much the output's gradient exceeds the source's along the edge of the swap, root mean square.
    pub seam: Option<f32>,
    /// The output's mean gradient there over the source's.
    pub seam_ratio: Option<f32>,
    /// Samples that changed where nothing may.
    pub outside: u64,
}

/// Which way a figure should go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// The nearer to this the better.
    Near(f32),
    /// For comparison only.
    Neither,
}

/// What a figure is called and means.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name in the JSON.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Which way it should go.
    pub better: Better,
    /// One frame's value.
    pub of: fn(&FrameFigures) -> Option<f32>,
}

const fn metric(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    better: Better,
    of: fn(&FrameFigures) -> Option<f32>,
) -> Metric {
    Metric { key, title, unit, better, of }
}

/// Every figure that is summed up.
pub const METRICS: [Metric; 54] = [
    metric("ssim", "SSIM to truth, swapped", "", Better::Higher, |f| f.ssim),
    metric("ssim_unswapped", "SSIM to truth, unswapped", "", Better::Neither, |f| f.ssim_unswapped),
    metric("ssim_whole", "SSIM to truth, edge of the face included", "", Better::Higher, |f| f.ssim_whole),
    metric("ssim_registered", "SSIM to truth after the best shift", "", Better::Higher, |f| f.ssim_registered),
    metric("ssim_gain", "SSIM that the best shift gains", "", Better::Lower, |f| f.ssim_gain),
    metric("shift_x", "output lies right of truth", "crop px", Better::Near(0.0), |f| f.shift_x),
    metric("shift_y", "output lies below truth", "crop px", Better::Near(0.0), |f| f.shift_y),
    metric("bare_ssim", "SSIM to truth, bare output", "", Better::Higher, |f| f.bare_ssim),
    metric("bare_ssim_registered", "SSIM to truth, bare output, best shift", "", Better::Higher, |f| {
        f.bare_ssim_registered
    }),
    metric("bare_ssim_gain", "SSIM that the best shift gains, bare output", "", Better::Lower, |f| f.bare_ssim_gain),
    metric("bare_shift_x", "bare output lies right of truth", "crop px", Better::Near(0.0), |f| f.bare_shift_x),
    metric("bare_shift_y", "bare output lies below truth", "crop px", Better::Near(0.0), |f| f.bare_shift_y),
    metric("eye_difference_right", "right eye, difference to truth", "codes", Better::Lower, |f| {
        f.eye_difference_right
    }),
    metric("eye_difference_left", "left eye, difference to truth", "codes", Better::Lower, |f| f.eye_difference_left),
    metric("mouth_difference", "mouth, difference to truth", "codes", Better::Lower, |f| f.mouth_difference),
    metric("eye_ssim_right", "right eye, SSIM to truth", "", Better::Higher, |f| f.eye_ssim_right),
    metric("eye_ssim_left", "left eye, SSIM to truth", "", Better::Higher, |f| f.eye_ssim_left),
    metric("mouth_ssim", "mouth, SSIM to truth", "", Better::Higher, |f| f.mouth_ssim),
    metric("eye_detail", "detail of the eyes", "", Better::Near(1.0), |f| f.eye_detail),
    metric("iris_to_truth", "irises, distance to truth", "eye widths", Better::Lower, |f| f.iris_to_truth),
    metric("psnr", "PSNR to truth, swapped", "dB", Better::Higher, |f| f.psnr),
    metric("psnr_unswapped", "PSNR to truth, unswapped", "dB", Better::Neither, |f| f.psnr_unswapped),
    metric("perceptual", "MS-GMSD to truth, swapped", "", Better::Lower, |f| f.perceptual),
    metric("perceptual_unswapped", "MS-GMSD to truth, unswapped", "", Better::Neither, |f| f.perceptual_unswapped),
    metric("to_target", "output to target", "", Better::Lower, |f| f.to_target),
    metric("to_driver", "output to driver", "", Better::Higher, |f| f.to_driver),
    metric("unswapped_to_target", "source to target", "", Better::Neither, |f| f.unswapped_to_target),
    metric("truth_to_target", "truth to target", "", Better::Neither, |f| f.truth_to_target),
    metric("to_performer", "output to performer, same frame", "", Better::Higher, |f| f.to_performer),
    metric("bare_to_target", "bare output to target", "", Better::Lower, |f| f.bare_to_target),
    metric("bare_to_driver", "bare output to driver", "", Better::Higher, |f| f.bare_to_driver),
    metric("skin_tone", "driver's skin tone", "°", Better::Neither, |f| f.skin_tone),
    metric("pose", "pose, output against source", "°", Better::Lower, |f| f.pose),
    metric("yaw", "yaw, output against source", "°", Better::Lower, |f| f.yaw),
    metric("pitch", "pitch, output against source", "°", Better::Lower, |f| f.pitch),
    metric("roll", "roll, output against source", "°", Better::Lower, |f| f.roll),
    metric("pose_to_truth", "pose, output against truth clip", "°", Better::Lower, |f| f.pose_to_truth),
    metric("pose_to_ground_truth", "pose, output against ground truth", "°", Better::Lower, |f| {
        f.pose_to_ground_truth
    }),
    metric("pose_floor", "pose, source against ground truth", "°", Better::Neither, |f| f.pose_floor),
    metric("expression", "expression, output against source", "", Better::Lower, |f| f.expression),
    metric("expression_to_ground_truth", "expression, output against ground truth", "", Better::Lower, |f| {
        f.expression_to_ground_truth
    }),
    metric("expression_floor", "expression, source against ground truth", "", Better::Neither, |f| f.expression_floor),
    metric("flicker", "flicker beyond the source's", "codes", Better::Lower, |f| f.flicker),
    metric("flicker_output", "change a frame, output", "codes", Better::Neither, |f| f.flicker_output),
    metric("flicker_source", "change a frame, source", "codes", Better::Neither, |f| f.flicker_source),
    metric("jitter", "landmark jitter beyond the source's", "‰", Better::Lower, |f| f.jitter),
    metric("jitter_output", "landmark jitter, output", "‰", Better::Neither, |f| f.jitter_output),
    metric("jitter_source", "landmark jitter, source", "‰", Better::Neither, |f| f.jitter_source),
    metric("warping", "warping error beyond the reference's", "codes", Better::Near(0.0), |f| f.warping),
    metric("warping_output", "warping error, output", "codes", Better::Neither, |f| f.warping_output),
    metric("warping_reference", "warping error, reference", "codes", Better::Neither, |f| f.warping_reference),
    metric("temporal", "change a frame, difference to the reference's", "codes", Better::Lower, |f| f.temporal),
    metric("seam", "seam, excess gradient", "codes/px", Better::Lower, |f| f.seam),
    metric("seam_ratio", "seam, gradient over the source's", "", Better::Neither, |f| f.seam_ratio),
];

/// The metric of that key.
pub fn metric_named(key: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.key == key)
}

/// A figure over a clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f32,
    /// Median.
    pub median: f32,
    /// The value that 5 % of the frames lie below.
    pub p5: f32,
    /// The value that 5 % of the frames lie above.
    pub p95: f32,
    /// Frames that have it.
    pub frames: usize,
}

impl Spread {
    /// Of these values; `None` for none.
    pub fn of(values: impl Iterator<Item = f32>) -> Option<Self> {
        let mut sorted: Vec<f32> = values.filter(|value| value.is_finite()).collect();
        sorted.sort_by(f32::total_cmp);
        let at = |part: f64| percentile(&sorted, part);
        let mean = sorted.iter().map(|&v| f64::from(v)).sum::<f64>() / sorted.len().max(1) as f64;
        let spread = Self { mean: mean as f32, median: at(0.5), p5: at(0.05), p95: at(0.95), frames: sorted.len() };
        (!sorted.is_empty()).then_some(spread)
    }
}

/// Every metric that some frame has, over all frames.
pub fn sum_up(frames: &[FrameFigures]) -> BTreeMap<&'static str, Spread> {
    METRICS.iter().filter_map(|metric| Some((metric.key, Spread::of(frames.iter().filter_map(metric.of))?))).collect()
}

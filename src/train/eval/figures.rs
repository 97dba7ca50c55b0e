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
    /// SSIM of the output to the truth.
    pub ssim: Option<f32>,
    /// SSIM of the source to the truth.
    pub ssim_unswapped: Option<f32>,
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
    /// By how much the output's gradient exceeds the source's along the edge of the swap, root mean square.
    pub seam: Option<f32>,
    /// The output's mean gradient there over the source's.
    pub seam_ratio: Option<f32>,
    /// Samples that changed where nothing may.
    pub outside: u64,
}

/// Which way a figure should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
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
pub const METRICS: [Metric; 28] = [
    metric("ssim", "SSIM to truth, swapped", "", Better::Higher, |f| f.ssim),
    metric("ssim_unswapped", "SSIM to truth, unswapped", "", Better::Neither, |f| f.ssim_unswapped),
    metric("psnr", "PSNR to truth, swapped", "dB", Better::Higher, |f| f.psnr),
    metric("psnr_unswapped", "PSNR to truth, unswapped", "dB", Better::Neither, |f| f.psnr_unswapped),
    metric("perceptual", "MS-GMSD to truth, swapped", "", Better::Lower, |f| f.perceptual),
    metric("perceptual_unswapped", "MS-GMSD to truth, unswapped", "", Better::Neither, |f| f.perceptual_unswapped),
    metric("to_target", "output to target", "", Better::Lower, |f| f.to_target),
    metric("to_driver", "output to driver", "", Better::Higher, |f| f.to_driver),
    metric("unswapped_to_target", "source to target", "", Better::Neither, |f| f.unswapped_to_target),
    metric("truth_to_target", "truth to target", "", Better::Neither, |f| f.truth_to_target),
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

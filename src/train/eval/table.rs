//! The figures to compare models by: one row each, the same rows whatever is known of a clip.

use std::collections::BTreeMap;

use super::figures::Better;
use super::lag::Followed;
use super::report::{EvalReport, IdentityFigures};

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name in the JSON. Where the JSON's `figures` have one of that name, this is its mean.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its unit; a crop px is a pixel of a full-face crop of 160 px.
    pub unit: &'static str,
    /// Which way it should go.
    pub better: Better,
    /// What it takes.
    pub needs: Needs,
    of: FigureSource,
}

/// What a row takes beside the driver's clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A truth clip.
    Truth,
    /// A truth clip, or what the target looks like.
    Target,
}

#[derive(Debug, Clone, Copy)]
enum FigureSource {
    /// The mean of the frames' figure of the row's key.
    Mean,
    /// The correlation of what follows by this name.
    Correlation(&'static str),
    /// Its correlation with the truth clip.
    WithTruth(&'static str),
    /// Its lag.
    Lag(&'static str),
    /// Its range.
    Range(&'static str),
    /// Its level.
    Level(&'static str),
    Identity(fn(&IdentityFigures) -> Option<f32>),
    Report(fn(&EvalReport) -> Option<f32>),
}

const fn row(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    better: Better,
    needs: Needs,
    of: FigureSource,
) -> Row {
    Row { key, title, unit, better, needs, of }
}

/// Every row, in the page's order.
pub const ROWS: [Row; 61] = {
    use Better::{Higher, Lower, Near, Neither};
    use FigureSource::{Correlation, Identity, Lag, Level, Mean, Range, Report, WithTruth};
    use Needs::{Nothing, Target, Truth};
    [
        row("ssim", "SSIM to truth", "", Higher, Truth, Mean),
        row("ssim_unswapped", "the same, unswapped", "", Neither, Truth, Mean),
        row("ssim_whole", "SSIM to truth, edge of the face included", "", Higher, Truth, Mean),
        row("ssim_registered", "SSIM to truth after the best shift", "", Higher, Truth, Mean),
        row("ssim_gain", "what the shift gains", "", Lower, Truth, Mean),
        row("shift_x", "output lies right of truth", "crop px", Near(0.0), Truth, Mean),
        row("shift_y", "output lies below truth", "crop px", Near(0.0), Truth, Mean),
        row("bare_ssim", "SSIM to truth, bare output", "", Higher, Truth, Mean),
        row("bare_ssim_registered", "bare output after the best shift", "", Higher, Truth, Mean),
        row("bare_ssim_gain", "what the shift gains, bare output", "", Lower, Truth, Mean),
        row("bare_shift_x", "bare output lies right of truth", "crop px", Near(0.0), Truth, Mean),
        row("bare_shift_y", "bare output lies below truth", "crop px", Near(0.0), Truth, Mean),
        row("perceptual", "MS-GMSD to truth", "", Lower, Truth, Mean),
        row("psnr", "PSNR to truth", "dB", Higher, Truth, Mean),
        row("eye_ssim_right", "right eye, SSIM to truth", "", Higher, Truth, Mean),
        row("eye_ssim_left", "left eye, SSIM to truth", "", Higher, Truth, Mean),
        row("mouth_ssim", "mouth, SSIM to truth", "", Higher, Truth, Mean),
        row("eye_difference_right", "right eye, difference to truth", "codes", Lower, Truth, Mean),
        row("eye_difference_left", "left eye, difference to truth", "codes", Lower, Truth, Mean),
        row("mouth_difference", "mouth, difference to truth", "codes", Lower, Truth, Mean),
        row("eye_detail", "detail of the eyes over the truth's, or the target's", "", Near(1.0), Target, Mean),
        row("to_target", "identity, distance to target", "", Lower, Target, Mean),
        row("to_driver", "identity, distance to driver", "", Higher, Target, Mean),
        row("bare_to_target", "bare output, distance to target", "", Lower, Target, Mean),
        row("bare_to_driver", "bare output, distance to driver", "", Higher, Target, Mean),
        row(
            "nearer_to_target",
            "frames nearer to target than to driver",
            "",
            Higher,
            Target,
            Identity(|i| Some(i.nearer_to_target)),
        ),
        row(
            "nearer_to_target_than_performer",
            "frames nearer to target than to performer in that frame",
            "",
            Higher,
            Target,
            Identity(|i| Some(i.nearer_to_target_than_performer)),
        ),
        row("lid_right", "right lid opening, correlation with source", "", Higher, Nothing, Correlation("lid_right")),
        row("lid_left", "left lid opening, correlation with source", "", Higher, Nothing, Correlation("lid_left")),
        row(
            "mouth_opening",
            "mouth opening, correlation with source",
            "",
            Higher,
            Nothing,
            Correlation("mouth_opening"),
        ),
        row(
            "lid_right_with_truth",
            "right lid opening, correlation with truth",
            "",
            Higher,
            Truth,
            WithTruth("lid_right"),
        ),
        row(
            "lid_left_with_truth",
            "left lid opening, correlation with truth",
            "",
            Higher,
            Truth,
            WithTruth("lid_left"),
        ),
        row(
            "mouth_opening_with_truth",
            "mouth opening, correlation with truth",
            "",
            Higher,
            Truth,
            WithTruth("mouth_opening"),
        ),
        row(
            "iris_right_with_truth",
            "right iris, across, correlation with truth",
            "",
            Higher,
            Truth,
            WithTruth("iris_right_horizontal"),
        ),
        row(
            "iris_left_with_truth",
            "left iris, across, correlation with truth",
            "",
            Higher,
            Truth,
            WithTruth("iris_left_horizontal"),
        ),
        row(
            "lid_right_range",
            "right lid opening, deviation over source's",
            "",
            Near(1.0),
            Nothing,
            Range("lid_right"),
        ),
        row("lid_left_range", "left lid opening, deviation over source's", "", Near(1.0), Nothing, Range("lid_left")),
        row(
            "mouth_opening_range",
            "mouth opening, deviation over source's",
            "",
            Near(1.0),
            Nothing,
            Range("mouth_opening"),
        ),
        row("lid_right_level", "right lid opening, mean over source's", "", Near(1.0), Nothing, Level("lid_right")),
        row("lid_left_level", "left lid opening, mean over source's", "", Near(1.0), Nothing, Level("lid_left")),
        row("lid_right_lag", "right lid opening, lag", "frames", Near(0.0), Nothing, Lag("lid_right")),
        row("lid_left_lag", "left lid opening, lag", "frames", Near(0.0), Nothing, Lag("lid_left")),
        row("mouth_opening_lag", "mouth opening, lag", "frames", Near(0.0), Nothing, Lag("mouth_opening")),
        row(
            "iris_right_horizontal",
            "right iris, across, correlation with source",
            "",
            Higher,
            Nothing,
            Correlation("iris_right_horizontal"),
        ),
        row(
            "iris_left_horizontal",
            "left iris, across, correlation with source",
            "",
            Higher,
            Nothing,
            Correlation("iris_left_horizontal"),
        ),
        row(
            "iris_right_vertical",
            "right iris, up and down, correlation with source",
            "",
            Higher,
            Nothing,
            Correlation("iris_right_vertical"),
        ),
        row(
            "iris_left_vertical",
            "left iris, up and down, correlation with source",
            "",
            Higher,
            Nothing,
            Correlation("iris_left_vertical"),
        ),
        row("iris_to_truth", "irises, distance to truth", "eye widths", Lower, Truth, Mean),
        row("expression", "expression error against source", "", Lower, Nothing, Mean),
        row("pose", "pose error against source", "°", Lower, Nothing, Mean),
        row("pose_to_truth", "pose error against truth", "°", Lower, Truth, Mean),
        row(
            "still_jitter",
            "movement other than the source's while the head is still",
            "crop px",
            Lower,
            Nothing,
            Report(|r| r.still_jitter),
        ),
        row(
            "still_frames",
            "frames in which the head is still",
            "",
            Neither,
            Nothing,
            Report(|r| Some(r.still_frames as f32)),
        ),
        row("jitter", "landmark jitter beyond the source's", "‰", Lower, Nothing, Mean),
        row("warping", "warping error beyond the truth's or the source's", "codes", Near(0.0), Nothing, Mean),
        row("temporal", "change a frame, difference to the truth's or the source's", "codes", Lower, Nothing, Mean),
        row("flicker", "flicker beyond the source's", "codes", Lower, Nothing, Mean),
        row("seam", "seam, excess gradient", "codes/px", Lower, Nothing, Mean),
        row(
            "swapped",
            "part of the frames swapped",
            "",
            Higher,
            Nothing,
            Report(|r| Some(r.delivery.swapped as f32 / r.delivery.frames.max(1) as f32)),
        ),
        row(
            "unrecognisable",
            "swapped frames without a face to be found",
            "",
            Lower,
            Nothing,
            Report(|r| Some(r.delivery.unrecognisable as f32)),
        ),
        row("outside", "samples changed outside", "", Lower, Nothing, Report(|r| Some(r.outside as f32))),
    ]
};

/// Every row's value; `None` where the clips do not say.
pub(super) fn table(report: &EvalReport) -> BTreeMap<&'static str, Option<f32>> {
    let value = |row: &Row| match row.of {
        FigureSource::Mean => report.figures.get(row.key).map(|spread| spread.mean),
        FigureSource::Identity(of) => report.identity.as_ref().and_then(of),
        FigureSource::Report(of) => of(report),
        FigureSource::WithTruth(name) => report.followed_truth.get(name).map(|followed| followed.correlation),
        following => followed(following, &report.followed),
    };
    ROWS.iter().map(|row| (row.key, value(row))).collect()
}

/// The rows that were measured of the truth clip, too.
pub(super) fn of_truth(report: &EvalReport) -> BTreeMap<&'static str, f32> {
    let value = |row: &Row| match row.key {
        "to_target" => report.figures.get("truth_to_target").map(|spread| spread.mean),
        "still_jitter" => report.still_jitter_truth,
        _ => followed(row.of, &report.followed_by_truth),
    };
    ROWS.iter().filter_map(|row| Some((row.key, value(row)?))).collect()
}

/// What a row says of something that follows; `None` for a row of another kind.
fn followed(row: FigureSource, all: &BTreeMap<&'static str, Followed>) -> Option<f32> {
    match row {
        FigureSource::Correlation(name) => all.get(name).map(|followed| followed.correlation),
        FigureSource::Lag(name) => all.get(name).map(|followed| followed.lag as f32),
        FigureSource::Range(name) => all.get(name).map(|followed| followed.range),
        FigureSource::Level(name) => all.get(name).map(|followed| followed.level),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::metric_named;
    use super::*;

    #[test]
    fn rows_have_names_of_their_own_and_means_have_a_figure() {
        let mut keys: Vec<&str> = ROWS.iter().map(|row| row.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), ROWS.len());
        for row in ROWS.iter().filter(|row| matches!(row.of, FigureSource::Mean)) {
            let metric = metric_named(row.key);
            assert!(metric.is_some_and(|metric| metric.unit == row.unit && metric.better == row.better), "{}", row.key);
        }
    }
}

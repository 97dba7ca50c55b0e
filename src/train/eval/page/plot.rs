//! Plots over time, as inline SVG.

use std::fmt::Write;

use super::super::figures::{FrameFigures, Metric};
use super::text::{escaped, number};

const SIZE: (f32, f32) = (1000.0, 190.0);
const LEFT: f32 = 52.0;
const TOP: f32 = 10.0;
const RIGHT: f32 = 990.0;
const BOTTOM: f32 = 166.0;

/// Lines over the frames of a clip.
pub(super) struct Plot<'a> {
    /// What is shown; at most four.
    pub(super) metrics: &'a [&'static Metric],
    /// A dashed level, and what it means.
    pub(super) mark: Option<(f32, &'static str)>,
    /// Whether the axis begins at 0 in any case.
    pub(super) from_zero: bool,
}

impl Plot<'_> {
    /// The figure; empty where no frame has a value.
    pub(super) fn svg(&self, frames: &[FrameFigures]) -> String {
        let values = || self.metrics.iter().flat_map(|metric| frames.iter().filter_map(metric.of));
        let (mut low, mut high) = values().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return String::new();
        }
        if self.from_zero {
            low = low.min(0.0);
        }
        if let Some((level, _)) = self.mark {
            (low, high) = (low.min(level), high.max(level));
        }
        let step = nice_step((high - low).max(1e-4) / 3.5);
        (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        if high <= low {
            high = low + step;
        }
        let x = |i: usize| LEFT + (RIGHT - LEFT) * i as f32 / (frames.len().max(2) - 1) as f32;
        let y = |v: f32| BOTTOM - (BOTTOM - TOP) * (v - low) / (high - low);
        let mut svg = format!("<figure><svg viewBox=\"0 0 {} {}\" role=\"img\">", SIZE.0, SIZE.1);
        let titles: Vec<&str> = self.metrics.iter().map(|metric| metric.title).collect();
        let _ = write!(svg, "<title>{}</title>", escaped(&titles.join("; ")));
        for tick in 0..=((high - low) / step).round() as usize {
            let value = low + tick as f32 * step;
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
                 <text x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}</text>",
                y(value),
                LEFT - 6.0,
                y(value) + 4.0,
                tick_label(value, step)
            );
        }
        frame_axis(&mut svg, frames.len(), x);
        if let Some((level, label)) = self.mark {
            let _ = write!(
                svg,
                "<line class=\"mark\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
                 <text x=\"{RIGHT}\" y=\"{1:.1}\" text-anchor=\"end\">{2}</text>",
                y(level),
                y(level) - 4.0,
                escaped(label)
            );
        }
        for (k, metric) in self.metrics.iter().enumerate() {
            let _ = write!(svg, "<path class=\"k{k}\" d=\"{}\"/>", path(frames, metric, x, y));
        }
        svg.push_str("</svg><figcaption>");
        for (k, metric) in self.metrics.iter().enumerate() {
            let unit = if metric.unit.is_empty() { String::new() } else { format!(", {}", metric.unit) };
            let mean = super::super::figures::Spread::of(frames.iter().filter_map(metric.of));
            let mean = mean.map_or(String::new(), |mean| format!(" (mean {})", number(mean.mean)));
            let _ = write!(
                svg,
                "<span class=\"key\"><svg viewBox=\"0 0 22 8\"><path class=\"k{k}\" d=\"M0 4H22\"/></svg> {}{}{}</span>",
                escaped(metric.title),
                escaped(&unit),
                mean
            );
        }
        svg.push_str("</figcaption></figure>");
        svg
    }
}

/// Frame numbers below.
fn frame_axis(svg: &mut String, frames: usize, x: impl Fn(usize) -> f32) {
    let every = (nice_step(frames as f32 / 10.0) as usize).max(1);
    for i in (0..frames).step_by(every) {
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{i}</text>", x(i), BOTTOM + 18.0);
    }
}

/// A line with a gap where values are missing for several frames.
fn path(frames: &[FrameFigures], metric: &Metric, x: impl Fn(usize) -> f32, y: impl Fn(f32) -> f32) -> String {
    const GAP: usize = 4;
    let (mut path, mut last) = (String::new(), None);
    for (i, value) in frames.iter().enumerate().filter_map(|(i, frame)| Some((i, (metric.of)(frame)?))) {
        let joined = last.is_some_and(|last| i - last < GAP);
        let _ = write!(path, "{}{:.1} {:.1}", if joined { 'L' } else { 'M' }, x(i), y(value));
        last = Some(i);
    }
    path
}

/// What became of each frame, as a strip of colours.
pub(super) fn outcomes(frames: &[FrameFigures]) -> String {
    let mut svg = "<figure><svg viewBox=\"0 0 1000 44\" role=\"img\"><title>outcome of each frame</title>".to_owned();
    let wide = (RIGHT - LEFT) / frames.len().max(1) as f32;
    let mut start = 0;
    for i in 1..=frames.len() {
        if i == frames.len() || frames[i].outcome != frames[start].outcome {
            let _ = write!(
                svg,
                "<rect class=\"{}\" x=\"{:.1}\" y=\"8\" width=\"{:.1}\" height=\"14\"/>",
                frames[start].outcome,
                LEFT + wide * start as f32,
                wide * (i - start) as f32
            );
            start = i;
        }
    }
    let every = (nice_step(frames.len() as f32 / 10.0) as usize).max(1);
    for i in (0..frames.len()).step_by(every) {
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"38\" text-anchor=\"middle\">{i}</text>", LEFT + wide * i as f32);
    }
    svg.push_str("</svg><figcaption>");
    for outcome in ["swapped", "held", "concealed", "untouched", "dropped"] {
        let _ = write!(
            svg,
            "<span class=\"key\"><svg viewBox=\"0 0 22 8\"><rect class=\"{outcome}\" width=\"22\" height=\"8\"/></svg> {outcome}</span>"
        );
    }
    svg.push_str("</figcaption></figure>");
    svg
}

/// The next of 1, 2, 5 times a power of ten.
fn nice_step(least: f32) -> f32 {
    let power = 10f32.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least * 0.999).unwrap_or(power)
}

fn tick_label(value: f32, step: f32) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 4.0) as usize;
    // No "-0".
    let value = if value.abs() < step / 2.0 { 0.0 } else { value };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::super::super::figures::metric_named;
    use super::*;

    #[test]
    fn steps_are_nice() {
        assert_eq!(
            [0.9f32, 1.0, 3.0, 0.012].map(nice_step).map(|s| format!("{s:.2}")),
            ["1.00", "1.00", "5.00", "0.02"]
        );
    }

    #[test]
    fn a_long_gap_breaks_the_line_and_nothing_draws_nothing() {
        let mut frames = vec![FrameFigures::default(); 30];
        let metrics = [metric_named("pose").unwrap_or(&super::super::super::figures::METRICS[0])];
        let plot = Plot { metrics: &metrics, mark: None, from_zero: true };
        assert_eq!(plot.svg(&frames), "");
        for i in (0..10).chain(20..30) {
            frames[i].pose = Some(i as f32);
        }
        let svg = plot.svg(&frames);
        let line = svg.split("class=\"k0\" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        assert_eq!(line.matches('M').count(), 2, "{line}");
        assert_eq!(line.matches('L').count(), 18, "{line}");
    }
}

//! The One-Euro filter on an alignment: still faces do not jitter, moving ones do not lag.
//!
//! G. Casiez, N. Roussel, D. Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
//! Systems", CHI 2012.

use std::f32::consts::{PI, TAU};

use crate::geometry::{Point, Similarity};

/// How much an alignment is smoothed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// Cut-off frequency of something still, in Hz; infinite turns smoothing off.
    pub min_cutoff: f32,
    /// Growth of the cut-off with speed: Hz for each quarter of a face size, e-fold of size or radian a second.
    pub beta: f32,
    /// Cut-off frequency of the speed itself, in Hz.
    pub speed_cutoff: f32,
}

impl Smoothing {
    /// None at all.
    pub const OFF: Self = Self { min_cutoff: f32::INFINITY, beta: 0.0, speed_cutoff: 1.0 };

    /// From one knob: 0 is off, 0.5 the default, 1 the most. Other values are clamped.
    pub fn with_strength(strength: f32) -> Self {
        let strength = strength.clamp(0.0, 1.0);
        if strength.is_nan() || strength == 0.0 {
            return Self::OFF;
        }
        // Four times as free at 0 as in the middle, four times as stiff at 1. The middle was chosen on rendered
        // clips: it takes about two thirds of the jitter off size and tilt, and adds 0.001 to 0.002 of the eyes'
        // distance to the mean error.
        let freedom = 16f32.powf(0.5 - strength);
        Self { min_cutoff: freedom, beta: 20.0 * freedom, speed_cutoff: 1.0 }
    }
}

/// Seconds between frames from which on nothing is known of a face's movement.
const LONGEST_STEP: f64 = 0.5;
/// Movement between two frames, in face sizes, e-folds of size and radians, that is a cut rather than a movement.
const LARGEST_STEP: f32 = 0.35;
/// Part of the face's size in which its place is measured: a lag in place is seen sooner than one in size or tilt.
const PLACE: f32 = 0.25;

/// One quantity's filter.
#[derive(Debug, Clone, Copy, Default)]
struct OneEuro {
    raw: f32,
    speed: f32,
    smooth: f32,
}

impl OneEuro {
    fn start(value: f32) -> Self {
        Self { raw: value, speed: 0.0, smooth: value }
    }

    /// `step` seconds after the last; `unit` is what speed is measured in.
    fn next(&mut self, value: f32, step: f32, unit: f32, smoothing: &Smoothing) -> f32 {
        let speed = (value - self.raw) / (unit * step);
        self.speed += share(smoothing.speed_cutoff, step) * (speed - self.speed);
        self.raw = value;
        let cutoff = smoothing.min_cutoff + smoothing.beta * self.speed.abs();
        self.smooth += share(cutoff, step) * (value - self.smooth);
        self.smooth
    }
}

/// The part of a new value that a first-order low-pass of this cut-off takes in after `step` seconds.
fn share(cutoff: f32, step: f32) -> f32 {
    let r = TAU * cutoff * step;
    if r.is_finite() { r / (r + 1.0) } else { 1.0 }
}

/// The filter of one face's alignment: centre, logarithm of size, angle.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlignmentFilter {
    /// Time of the last alignment and its x, y, logarithm of size, angle (unwrapped).
    last: Option<(f64, [OneEuro; 4])>,
}

/// Centre of the canonical unit frame.
const CENTRE: Point = Point::new(0.5, 0.5);

impl AlignmentFilter {
    /// Forgets the past.
    pub fn reset(&mut self) {
        self.last = None;
    }

    /// The smoothed form of `to_canonical` (frame px to the canonical unit frame) at `time` in seconds. It is returned
    /// as it is after a cut, a pause, a step back in time, or where it has no inverse.
    pub fn smooth(&mut self, to_canonical: &Similarity, time: f64, smoothing: &Smoothing) -> Similarity {
        let Some(to_frame) = to_canonical.inverse() else {
            self.last = None;
            return *to_canonical;
        };
        let size = to_frame.scale();
        let centre = to_frame.apply(CENTRE);
        let mut pose = [centre.x, centre.y, size.ln(), to_frame.angle()];
        let units = [size * PLACE, size * PLACE, 1.0, 1.0];
        let Some((last, filters)) = &mut self.last else {
            self.last = Some((time, pose.map(OneEuro::start)));
            return *to_canonical;
        };
        pose[3] = unwrapped(pose[3], filters[3].raw);
        let step = time - *last;
        let limits = [size, size, 1.0, 1.0].map(|unit| unit * LARGEST_STEP);
        let jumped = pose.iter().zip(filters.iter()).zip(limits).any(|((p, f), limit)| (p - f.raw).abs() > limit);
        if !(step > 0.0 && step <= LONGEST_STEP) || jumped || smoothing.min_cutoff.is_infinite() {
            self.last = Some((time, pose.map(OneEuro::start)));
            return *to_canonical;
        }
        *last = time;
        let mut smooth = [0.0; 4];
        for (i, filter) in filters.iter_mut().enumerate() {
            smooth[i] = filter.next(pose[i], step as f32, units[i], smoothing);
        }
        let [x, y, log_size, angle] = smooth;
        Similarity::taking(CENTRE, Point::new(x, y), log_size.exp(), angle).inverse().unwrap_or(*to_canonical)
    }
}

/// The angle that differs from `angle` by whole turns and is nearest to `last`.
fn unwrapped(angle: f32, last: f32) -> f32 {
    last + (angle - last + PI).rem_euclid(TAU) - PI
}

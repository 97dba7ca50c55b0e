//! Whether one signal follows another, and how many frames later.

/// Frames by which a signal may come late or early.
const REACH: i32 = 3;
/// Fewer pairs of frames say nothing.
const LEAST: usize = 8;

/// How a signal follows another.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Followed {
    /// Pearson's correlation at the best lag, −1..1; 0 where one of both never changes.
    pub correlation: f32,
    /// That lag in frames, −3..3; positive where the signal comes later than what it follows.
    pub lag: i32,
}

/// How `signal` follows `other`: at the lag with the highest correlation, of equal ones the shortest. Frames in which one is
/// missing do not count. `None` for fewer than eight pairs.
pub fn followed(signal: &[Option<f32>], other: &[Option<f32>]) -> Option<Followed> {
    let mut lags: Vec<i32> = (-REACH..=REACH).collect();
    lags.sort_by_key(|lag| lag.abs());
    let mut best: Option<Followed> = None;
    for lag in lags {
        let pairs: Vec<(f64, f64)> = (0..signal.len())
            .filter_map(|i| {
                let before = usize::try_from(i as i64 - i64::from(lag)).ok()?;
                Some((f64::from(signal[i]?), f64::from((*other.get(before)?)?)))
            })
            .collect();
        let Some(correlation) = correlation(&pairs) else { continue };
        if best.is_none_or(|best| correlation > best.correlation + 1e-6) {
            best = Some(Followed { correlation, lag });
        }
    }
    best
}

/// Pearson's correlation.
fn correlation(pairs: &[(f64, f64)]) -> Option<f32> {
    let n = pairs.len() as f64;
    let (a, b) = pairs.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| of(x - a, y - b)).sum::<f64>();
    let both = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    let found = if both > 1e-9 { sum(&|x, y| x * y) / both } else { 0.0 };
    (pairs.len() >= LEAST).then_some(found as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blinks(frames: usize, later: usize) -> Vec<Option<f32>> {
        let at = |i: usize| if i % 17 < 4 { 0.1 } else { 0.3 + 0.05 * ((i * i) % 7) as f32 };
        (0..frames).map(|i| Some(at(i + 40 - later))).collect()
    }

    #[test]
    fn a_signal_two_frames_late_has_a_lag_of_two() {
        let source = blinks(90, 0);
        let found = followed(&blinks(90, 2), &source);
        assert!(found.is_some_and(|found| found.lag == 2 && found.correlation > 0.999), "{found:?}");
        let found = followed(&source, &blinks(90, 1));
        assert_eq!(found.map(|found| found.lag), Some(-1));
    }

    #[test]
    fn what_does_not_move_follows_nothing_and_too_little_says_nothing() {
        let source = blinks(60, 0);
        let still = vec![Some(0.2); 60];
        assert_eq!(followed(&still, &source), Some(Followed { correlation: 0.0, lag: 0 }));
        assert_eq!(followed(&source[..7], &source[..7]), None);
        let mut holes = source.clone();
        holes.iter_mut().step_by(3).for_each(|value| *value = None);
        assert!(followed(&holes, &source).is_some_and(|found| found.lag == 0 && found.correlation > 0.999));
    }
}

//! Whether one signal follows another, how many frames later, and how much of its range it has.

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
    /// Standard deviation over that of what it follows: an eye that only twitches where the other one blinks has
    /// little, however well that correlates. 0 where one of both never changes.
    pub range: f32,
    /// Mean over the mean of what it follows; for openings, whose 0 is closed.
    pub level: f32,
}

/// How `signal` follows `other`: at the lag with the highest correlation, of equal ones the shortest. Frames in which
/// one is missing do not count. `None` for fewer than eight pairs.
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
        let Some(found) = compared(&pairs, lag) else { continue };
        if best.is_none_or(|best| found.correlation > best.correlation + 1e-6) {
            best = Some(found);
        }
    }
    best
}

/// One signal against the other, pair by pair.
fn compared(pairs: &[(f64, f64)], lag: i32) -> Option<Followed> {
    let n = pairs.len() as f64;
    let (a, b) = pairs.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| of(x - a, y - b)).sum::<f64>();
    let (xx, yy) = (sum(&|x, _| x * x), sum(&|_, y| y * y));
    let both = (xx * yy).sqrt();
    let moves = |value: f64| if both > 1e-9 { value as f32 } else { 0.0 };
    (pairs.len() >= LEAST).then(|| Followed {
        correlation: moves(sum(&|x, y| x * y) / both),
        lag,
        range: moves((xx / yy).sqrt()),
        level: if b.abs() > 1e-9 { (a / b) as f32 } else { 0.0 },
    })
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
    fn what_hardly_moves_has_little_range_however_well_it_correlates() {
        let source = blinks(60, 0);
        let slits: Vec<Option<f32>> = source.iter().map(|value| value.map(|value| 0.05 + 0.2 * value)).collect();
        let found = followed(&slits, &source);
        assert!(
            found.is_some_and(|f| f.correlation > 0.999 && (f.range - 0.2).abs() < 1e-3 && f.level < 0.5),
            "{found:?}"
        );
    }

    #[test]
    fn what_does_not_move_follows_nothing_and_too_little_says_nothing() {
        let source = blinks(60, 0);
        let still = vec![Some(0.2); 60];
        let found = followed(&still, &source);
        assert!(found.is_some_and(|f| (f.correlation, f.lag, f.range) == (0.0, 0, 0.0)), "{found:?}");
        assert_eq!(followed(&source[..7], &source[..7]), None);
        let mut holes = source.clone();
        holes.iter_mut().step_by(3).for_each(|value| *value = None);
        assert!(followed(&holes, &source).is_some_and(|found| found.lag == 0 && found.correlation > 0.999));
    }
}

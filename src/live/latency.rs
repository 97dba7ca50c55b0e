//! How long frames take, as one figure that a pipeline can plan with.
//!
//! The figure is what frames leave at: a live stream holds a frame until it is that old, so that what is reported is
//! what is measured, and the cadence is the source's. It rises at once when a frame needed longer, and falls only after
//! a while in which no frame came near it, since each change makes the whole pipeline adjust. It never exceeds what the
//! frames in flight can hold: waiting longer would only keep new frames out, and make them late in turn.

/// Above the slowest frame of a window: this factor, and this many milliseconds.
const HEADROOM: (f64, f64) = (1.10, 1.0);
/// Frames that are watched before the figure is first set from them.
const FIRST: u32 = 30;
/// Seconds of frames that are watched before the figure may fall.
const WATCH: f64 = 10.0;
/// Milliseconds by which it must be able to fall to be worth the change.
const WORTH: f64 = 3.0;

/// The latency of a stream, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    reported: f64,
    most: f64,
    slowest: f64,
    frames: u32,
    since: Option<f64>,
    settled: bool,
}

impl Latency {
    /// For frames of `frame` milliseconds of which `depth` may be in flight. Begins with the duration of a frame.
    pub fn new(frame: f64, depth: usize) -> Self {
        Self {
            reported: frame,
            most: frame * depth.max(1) as f64,
            slowest: 0.0,
            frames: 0,
            since: None,
            settled: false,
        }
    }

    /// The figure.
    pub fn reported(&self) -> f64 {
        self.reported
    }

    /// Takes in that a frame needed `took` milliseconds at stream time `now` (seconds). Returns whether the figure
    /// changed.
    pub fn observe(&mut self, took: f64, now: f64) -> bool {
        self.frames += 1;
        self.slowest = self.slowest.max(took);
        let since = *self.since.get_or_insert(now);
        if took > self.reported && self.reported < self.most {
            self.reported = with_headroom(took).min(self.most);
            return true;
        }
        let watched = if self.settled { now - since >= WATCH } else { self.frames >= FIRST };
        if !watched {
            return false;
        }
        let next = with_headroom(self.slowest).min(self.most);
        let changes = self.reported - next > WORTH;
        if changes {
            self.reported = next;
        }
        (self.frames, self.slowest, self.since, self.settled) = (0, 0.0, None, true);
        changes
    }
}

fn with_headroom(milliseconds: f64) -> f64 {
    (milliseconds * HEADROOM.0 + HEADROOM.1).ceil()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_settles_on_what_frames_need_and_rises_at_once() {
        let mut latency = Latency::new(33.0, 3);
        for i in 0..FIRST {
            let changed = latency.observe(19.0, f64::from(i) / 30.0);
            assert_eq!(changed, i + 1 == FIRST);
        }
        assert_eq!(latency.reported(), 22.0);
        assert!(latency.observe(25.0, 2.0));
        assert_eq!(latency.reported(), 29.0);
    }

    #[test]
    fn it_never_exceeds_what_the_frames_in_flight_hold() {
        let mut latency = Latency::new(33.0, 2);
        assert!(latency.observe(5000.0, 0.0));
        assert_eq!(latency.reported(), 66.0);
        assert!(!latency.observe(6000.0, 0.1), "it is posted again without having changed");
    }

    #[test]
    fn it_falls_only_after_a_while() {
        let mut latency = Latency::new(33.0, 3);
        let fell: Vec<f64> =
            (0..900).map(|i| f64::from(i) / 30.0).filter(|&now| latency.observe(10.0 + now / 10.0, now)).collect();
        assert_eq!(fell.len(), 1, "changes at {fell:?}");
        let mut latency = Latency::new(20.0, 3);
        for i in 0..FIRST {
            latency.observe(19.0, f64::from(i) / 30.0);
        }
        let fell: Vec<f64> = (30..900).map(|i| f64::from(i) / 30.0).filter(|&now| latency.observe(8.0, now)).collect();
        assert_eq!(fell.len(), 1, "changes at {fell:?}");
        assert!((11.0..12.0).contains(&fell[0]), "fell at {fell:?}");
    }
}

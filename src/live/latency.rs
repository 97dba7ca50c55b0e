//! How long frames take, as one figure that a pipeline can plan with.
//!
//! The figure is what frames leave at: a live stream holds a frame until it is that old, so that what is reported is
//! what is measured, and the cadence is the source's. Each change moves sound against picture for a moment, so there
//! is room above what frames needed, and one stall changes nothing: what counts is the second slowest moment of a
//! while. The figure rises when two moments needed longer than it says, and falls after a while in which none came
//! near it; the while is short at first and then ever longer. It never exceeds what the frames in flight can hold:
//! waiting longer would only keep new frames out, and make them late in turn.

/// Above what frames needed: this factor, and this many milliseconds.
const HEADROOM: (f64, f64) = (1.25, 2.0);
/// Frames that are watched before the figure is first set from them.
const FIRST: u32 = 30;
/// Seconds of a moment: frames that come late within it do so for one reason.
const MOMENT: f64 = 0.5;
/// Seconds of frames that are watched before the figure may fall: after the first, and at the most.
const WATCH: (f64, f64) = (3.0, 160.0);
/// Part of the figure by which it must be able to fall to be worth the change.
const WORTH: f64 = 0.25;

/// The latency of a stream, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    reported: f64,
    most: f64,
    /// Seconds to watch; `None` before the first frames are in.
    watch: Option<f64>,
    seen: Seen,
}

/// What was seen in the while that is being watched.
#[derive(Debug, Clone, Default, PartialEq)]
struct Seen {
    frames: u32,
    since: Option<f64>,
    /// When the moment began, and its slowest frame.
    moment: Option<(f64, f64)>,
    /// The slowest frames of the two slowest moments that are over.
    over: [f64; 2],
}

impl Seen {
    fn observe(&mut self, took: f64, now: f64) {
        self.frames += 1;
        self.since.get_or_insert(now);
        match &mut self.moment {
            Some((began, slowest)) if now - *began < MOMENT => *slowest = slowest.max(took),
            moment => {
                if let Some((_, slowest)) = moment.replace((now, took)) {
                    self.over = two_greatest(self.over, slowest);
                }
            }
        }
    }

    /// What the slowest and the second slowest moment needed; 0 where there is none.
    fn two_slowest(&self) -> [f64; 2] {
        two_greatest(self.over, self.moment.map_or(0.0, |(_, slowest)| slowest))
    }

    /// What the second slowest moment needed; the only one, where there is no other.
    fn needed(&self) -> f64 {
        let [first, second] = self.two_slowest();
        if second > 0.0 { second } else { first }
    }
}

impl Latency {
    /// For frames of `frame` milliseconds of which `depth` may be in flight. Begins with the duration of a frame.
    pub fn new(frame: f64, depth: usize) -> Self {
        Self { reported: frame, most: frame * depth.max(1) as f64, watch: None, seen: Seen::default() }
    }

    /// The figure.
    pub fn reported(&self) -> f64 {
        self.reported
    }

    /// Takes in that a frame needed `took` milliseconds at stream time `now` (seconds). Returns whether the figure
    /// changed.
    pub fn observe(&mut self, took: f64, now: f64) -> bool {
        self.seen.observe(took, now);
        let before = self.reported;
        // Nobody has got used to the figure of the first frames.
        let needed = if self.watch.is_none() { took } else { self.seen.two_slowest()[1] };
        if needed > self.reported {
            self.reported = self.reported.max(self.with_headroom(needed));
        }
        let watched = match self.watch {
            None => self.seen.frames >= FIRST,
            Some(watch) => self.seen.since.is_some_and(|since| now - since >= watch),
        };
        if watched {
            let next = self.with_headroom(self.seen.needed());
            let rises = self.watch.is_none() && next > self.reported;
            if rises || self.reported - next > WORTH * self.reported {
                self.reported = next;
            }
            self.watch = Some(self.watch.map_or(WATCH.0, |watch| (2.0 * watch).min(WATCH.1)));
            self.seen = Seen::default();
        }
        self.reported != before
    }

    fn with_headroom(&self, milliseconds: f64) -> f64 {
        (milliseconds * HEADROOM.0 + HEADROOM.1).ceil().min(self.most)
    }
}

fn two_greatest([first, second]: [f64; 2], value: f64) -> [f64; 2] {
    if value > first { [value, first] } else { [first, second.max(value)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figure after each frame of a stream of `seconds`, at 30 frames a second, and the times at which it changed.
    fn play(latency: &mut Latency, seconds: std::ops::Range<u32>, took: impl Fn(f64) -> f64) -> Vec<f64> {
        let times = (seconds.start * 30..seconds.end * 30).map(|i| f64::from(i) / 30.0);
        times.filter(|&now| latency.observe(took(now), now)).collect()
    }

    #[test]
    fn it_settles_on_what_frames_need_with_room_above() {
        let mut latency = Latency::new(33.0, 3);
        assert_eq!(play(&mut latency, 0..1, |_| 12.0).len(), 1);
        assert_eq!(latency.reported(), 17.0);
        // What the room is for.
        assert!(play(&mut latency, 1..60, |now| if now.fract() < 0.5 { 12.0 } else { 16.9 }).is_empty());
    }

    #[test]
    fn one_stall_changes_nothing_and_two_do() {
        let settled = || {
            let mut latency = Latency::new(33.0, 3);
            play(&mut latency, 0..1, |_| 19.0);
            latency
        };
        let mut latency = settled();
        // A stall holds up the frames behind it, too.
        let stall = |now: f64, begins: f64| if (begins..begins + 0.3).contains(&now) { 60.0 } else { 19.0 };
        assert!(play(&mut latency, 1..8, |now| stall(now, 3.0)).is_empty());
        let mut latency = settled();
        let rose = play(&mut latency, 1..8, |now| stall(now, 3.0).max(stall(now, 5.0) - 10.0));
        assert_eq!(rose.len(), 1, "rose at {rose:?}");
        assert!((5.0..5.3).contains(&rose[0]), "rose at {rose:?}");
        assert!((50.0..75.0).contains(&latency.reported()), "{}", latency.reported());
    }

    #[test]
    fn a_stall_just_after_a_while_has_ended_changes_nothing_either() {
        let mut latency = Latency::new(33.0, 3);
        let rose = play(&mut latency, 0..10, |now| if (1.0..1.2).contains(&now) { 60.0 } else { 19.0 });
        assert!(rose.iter().all(|&at| at < 1.0), "rose at {rose:?}");
    }

    #[test]
    fn it_rises_within_a_moment_where_frames_become_slower() {
        let mut latency = Latency::new(33.0, 3);
        play(&mut latency, 0..4, |_| 19.0);
        let rose = play(&mut latency, 4..8, |_| 40.0);
        assert_eq!(rose.len(), 1, "rose at {rose:?}");
        assert!(rose[0] < 4.0 + 2.0 * MOMENT, "rose at {rose:?}");
        assert!(latency.reported() > 40.0);
    }

    #[test]
    fn it_never_exceeds_what_the_frames_in_flight_hold() {
        let mut latency = Latency::new(33.0, 2);
        assert!(latency.observe(5000.0, 0.0));
        assert_eq!(latency.reported(), 66.0);
        assert!(!latency.observe(6000.0, 0.1), "it is posted again without having changed");
        assert!(play(&mut latency, 1..20, |_| 6000.0).is_empty());
    }

    #[test]
    fn it_falls_ever_more_rarely_and_only_far() {
        let mut latency = Latency::new(33.0, 3);
        play(&mut latency, 0..1, |_| 30.0);
        let fell = play(&mut latency, 1..30, |_| 10.0);
        assert_eq!(fell.len(), 1, "changes at {fell:?}");
        assert!((4.0..4.2).contains(&fell[0]), "fell at {fell:?}");
        // Two slow moments, and then two more: each time the while until it falls is longer.
        let slow = |now: f64| if (40.0..42.0).contains(&now) || (200.0..202.0).contains(&now) { 30.0 } else { 10.0 };
        let changes = play(&mut latency, 30..600, slow);
        assert_eq!(changes.len(), 4, "changes at {changes:?}");
        assert!(changes[3] - changes[2] > changes[1] - changes[0], "changes at {changes:?}");
        let mut latency = Latency::new(33.0, 3);
        play(&mut latency, 0..1, |_| 20.0);
        assert!(play(&mut latency, 1..600, |_| 18.5).is_empty(), "so little is not worth a change");
    }
}

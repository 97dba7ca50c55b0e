//! Where the time goes: a window of frames, summed up once in a while.

use std::time::Instant;

/// The stages that are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Detector, mesh, alignment.
    Find,
    /// Frame to crop.
    Crop,
    /// The network; where crop, network and blend run on one GPU, what the processor does for them, and all of a swap
    /// that failed.
    Swap,
    /// The GPU's work, which the processor waits for.
    Device,
    /// Generated face into the frame, or concealment.
    Blend,
    /// In no stage: until a thread is free for the next one, mostly.
    Wait,
    /// From arrival to departure: all of these, and the wait for the frames before it and for its time.
    Total,
}

impl Stage {
    /// Every stage, in the order in which a frame meets them.
    pub const ALL: [Self; 7] = [Self::Find, Self::Crop, Self::Swap, Self::Device, Self::Blend, Self::Wait, Self::Total];
    /// Those in which work is done.
    pub const WORK: [Self; 5] = [Self::Find, Self::Crop, Self::Swap, Self::Device, Self::Blend];

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Crop => "crop",
            Self::Swap => "swap",
            Self::Device => "device",
            Self::Blend => "blend",
            Self::Wait => "wait",
            Self::Total => "total",
        }
    }
}

/// Milliseconds of one frame, by [`Stage`].
pub type StageTimes = [f32; Stage::ALL.len()];

/// Milliseconds since `begun`.
pub(super) fn milliseconds(begun: Instant) -> f32 {
    begun.elapsed().as_secs_f32() * 1e3
}

/// Frames that a window holds at the most; a faster stream is sampled by its first so many frames.
const WINDOW: usize = 512;

/// A window of frames.
#[derive(Debug)]
pub struct StreamStatistics {
    times: Vec<StageTimes>,
    sorted: Vec<f32>,
    frames: u64,
    faces: u64,
    concealed: u64,
    dropped: u64,
}

impl Default for StreamStatistics {
    fn default() -> Self {
        Self {
            times: Vec::with_capacity(WINDOW),
            sorted: Vec::with_capacity(WINDOW),
            frames: 0,
            faces: 0,
            concealed: 0,
            dropped: 0,
        }
    }
}

/// A window summed up.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Frames a second.
    pub fps: f64,
    /// Frames.
    pub frames: u64,
    /// Faces swapped, over all frames.
    pub faces: u64,
    /// Frames in which something was concealed.
    pub concealed: u64,
    /// Frames that did not leave.
    pub dropped: u64,
    /// Median and 99th percentile in milliseconds, by [`Stage`].
    pub stages: [(f32, f32); Stage::ALL.len()],
}

impl StreamStatistics {
    /// Counts one frame.
    pub fn frame(&mut self, times: StageTimes, faces: usize, concealed: bool) {
        if self.times.len() < WINDOW {
            self.times.push(times);
        }
        self.frames += 1;
        self.faces += faces as u64;
        self.concealed += u64::from(concealed);
    }

    /// Counts a frame that did not leave.
    pub fn dropped(&mut self) {
        self.dropped += 1;
    }

    /// Sums up the window, which lasted `seconds`, and begins the next.
    pub fn take(&mut self, seconds: f64) -> Summary {
        let mut stages = [(0.0, 0.0); Stage::ALL.len()];
        for (i, out) in stages.iter_mut().enumerate() {
            self.sorted.clear();
            self.sorted.extend(self.times.iter().map(|times| times[i]));
            self.sorted.sort_by(f32::total_cmp);
            *out = (percentile(&self.sorted, 0.5), percentile(&self.sorted, 0.99));
        }
        let summary = Summary {
            fps: if seconds > 0.0 { self.frames as f64 / seconds } else { 0.0 },
            frames: self.frames,
            faces: self.faces,
            concealed: self.concealed,
            dropped: self.dropped,
            stages,
        };
        self.times.clear();
        (self.frames, self.faces, self.concealed, self.dropped) = (0, 0, 0, 0);
        summary
    }
}

/// Nearest-rank percentile of sorted values; 0 for none.
pub fn percentile(sorted: &[f32], part: f64) -> f32 {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_summed_up_and_begun_anew() {
        let mut statistics = StreamStatistics::default();
        for i in 1..=100u8 {
            statistics.frame([f32::from(i); Stage::ALL.len()], 2, i == 1);
        }
        statistics.dropped();
        let summary = statistics.take(4.0);
        assert_eq!((summary.fps, summary.faces, summary.concealed, summary.dropped), (25.0, 200, 1, 1));
        assert_eq!(summary.stages[0], (50.0, 99.0));
        assert_eq!(statistics.take(1.0).frames, 0);
    }

    #[test]
    fn percentiles_of_little() {
        assert_eq!(percentile(&[], 0.5), 0.0);
        assert_eq!(percentile(&[3.0], 0.99), 3.0);
    }
}

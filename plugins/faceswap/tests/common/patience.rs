//! How long something is waited for: by what this process, or a group of others, has worked meanwhile, not by the
//! clock. On a busy machine it works less a second, and is given more of them.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Units of work after which what was waited for does not come: several minutes of a core that nobody else uses.
const WORK: f64 = 6000.0;
/// Time in which no thread ran, nor waited for a core, after which none ever will.
const ASLEEP: Duration = Duration::from_secs(30);
/// How often the process is looked at.
const TURN: Duration = Duration::from_millis(500);
/// Part of a core that looking and polling take.
const IDLE: f64 = 0.05;

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Patience {
    /// A process group; this process where there is none.
    group: Option<u32>,
    /// Units of work after which it is over.
    work: f64,
    last: (Instant, Scheduled),
    worked: f64,
    asleep: Duration,
}

impl Patience {
    /// All of it.
    pub(crate) fn new() -> Self {
        Self::over(None, WORK)
    }

    /// With the processes of a group, for so many units of work.
    pub(crate) fn with_group(group: u32, work: f64) -> Self {
        Self::over(Some(group), work)
    }

    fn over(group: Option<u32>, work: f64) -> Self {
        Self { group, work, last: (Instant::now(), Scheduled::now(group)), worked: 0.0, asleep: Duration::ZERO }
    }

    /// Whether it has ended: the process works without an end, or sleeps for good.
    pub(crate) fn is_over(&mut self) -> bool {
        let (at, before) = self.last;
        let elapsed = at.elapsed();
        if elapsed >= TURN {
            let now = Scheduled::now(self.group);
            self.last = (Instant::now(), now);
            // The counts of a thread go when it ends.
            self.worked += (now.ran - before.ran).max(0.0);
            let busy = (now.ran - before.ran).abs() + (now.waited - before.waited).abs();
            self.asleep = if busy > IDLE * elapsed.as_secs_f64() { Duration::ZERO } else { self.asleep + elapsed };
        }
        self.worked > self.work * unit() || self.asleep > ASLEEP
    }
}

/// Seconds that all threads ran, and that they waited for a core.
#[derive(Debug, Clone, Copy, Default)]
struct Scheduled {
    ran: f64,
    waited: f64,
}

impl Scheduled {
    /// Until now: the first two fields of Linux's Documentation/scheduler/sched-stats.
    fn now(group: Option<u32>) -> Self {
        let mut all = Self::default();
        let folders = group.map_or_else(|| vec![PathBuf::from("/proc/self")], processes);
        let tasks = folders.iter().filter_map(|folder| std::fs::read_dir(folder.join("task")).ok());
        for task in tasks.flatten().flatten() {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let mut seconds = text.split(' ').map(|field| field.trim().parse::<f64>().unwrap_or_default() / 1e9);
            all.ran += seconds.next().unwrap_or_default();
            all.waited += seconds.next().unwrap_or_default();
        }
        all
    }
}

/// The folders in /proc of the processes of a group.
pub(crate) fn processes(group: u32) -> Vec<PathBuf> {
    let belongs = |folder: &PathBuf| {
        // After the name, which may hold anything: state, parent, group.
        let stat = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(2)?.parse().ok()) == Some(group)
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(belongs).collect()
}

/// The unit of work: seconds that this thread runs to hash 8 MiB, the mean of as many as fill `LONG`, the quickest of
/// three.
fn unit() -> f64 {
    /// Seconds; the kernel counts what a thread ran in steps of some milliseconds.
    const LONG: f64 = 0.1;
    static UNIT: OnceLock<f64> = OnceLock::new();
    *UNIT.get_or_init(|| {
        let bytes = vec![1_u8; 8 << 20];
        let ran = || {
            let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
            text.split(' ').next().and_then(|field| field.parse::<f64>().ok()).unwrap_or_default() / 1e9
        };
        let time = |_| {
            let (begun, mut hashes, mut spent) = (ran(), 0, 0.0);
            // What has no such count ends too.
            while spent < LONG && hashes < 1000 {
                std::hint::black_box(standin::consent::sha256_hex(std::hint::black_box(&bytes)));
                hashes += 1;
                spent = ran() - begun;
            }
            spent / f64::from(hashes)
        };
        (0..3).map(time).fold(f64::INFINITY, f64::min).max(1e-3)
    })
}

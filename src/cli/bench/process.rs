//! What the operating system says of this process; on systems without `/proc`, nothing.

/// Processor time used so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    milliseconds: f64,
}

impl Process {
    /// Now.
    pub(super) fn now() -> Self {
        // Nanoseconds on a processor, the first field (Documentation/scheduler/sched-stats), summed over the threads:
        // finer than the ticks of /proc/self/stat.
        let nanoseconds: u64 = std::fs::read_dir("/proc/self/task")
            .map(|tasks| {
                tasks
                    .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
                    .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
                    .sum()
            })
            .unwrap_or(0);
        Self { milliseconds: nanoseconds as f64 / 1e6 }
    }

    /// Milliseconds used since `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> f64 {
        self.milliseconds - earlier.milliseconds
    }
}

/// Peak resident memory in MiB.
pub(super) fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kib| kib / 1024.0)
}

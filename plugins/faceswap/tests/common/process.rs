//! What this process holds now, by Linux's own count.

use std::fmt;

/// Memory in MiB, threads and open files.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Process {
    /// Resident memory that is no file's: what the process itself has asked for.
    pub(crate) anonymous: f64,
    /// All resident memory.
    pub(crate) resident: f64,
    /// What the C library has given out and not got back.
    pub(crate) in_use: f64,
    /// What the C library keeps though it was given back.
    pub(crate) kept: f64,
    /// Threads.
    pub(crate) threads: usize,
    /// Open files.
    pub(crate) files: usize,
}

impl Process {
    /// Now; zeros where the system does not say.
    pub(crate) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mib = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
            line.trim().trim_end_matches(" kB").parse::<f64>().map_or(0.0, |kib| kib / 1024.0)
        };
        let entries = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
        let (in_use, kept) = heap::held();
        Self {
            anonymous: mib("RssAnon:"),
            resident: mib("VmRSS:"),
            in_use,
            kept,
            threads: entries("/proc/self/task"),
            files: entries("/proc/self/fd"),
        }
    }
}

/// Whether this process has a thread of that name.
pub(crate) fn has_thread(name: &str) -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.any(|found| found.trim() == name)
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { anonymous, resident, in_use, kept, threads, files } = self;
        write!(
            f,
            "resident {resident:.0} MiB ({anonymous:.0} anonymous), heap {in_use:.0} in use, {kept:.0} kept, \
             {threads} threads, {files} files"
        )
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod heap {
    /// `struct mallinfo2` of glibc 2.33 and newer, in bytes.
    #[repr(C)]
    struct Info {
        arena: usize,
        free_chunks: usize,
        fast_bins: usize,
        mapped_blocks: usize,
        mapped: usize,
        most: usize,
        fast_free: usize,
        in_use: usize,
        free: usize,
        releasable: usize,
    }

    unsafe extern "C" {
        fn mallinfo2() -> Info;
    }

    /// MiB that are in use and MiB that are free and kept, of all arenas.
    pub(super) fn held() -> (f64, f64) {
        // SAFETY: it takes nothing and returns a plain struct, from any thread.
        let info = unsafe { mallinfo2() };
        let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        (mib(info.in_use + info.mapped), mib(info.free))
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod heap {
    pub(super) fn held() -> (f64, f64) {
        (0.0, 0.0)
    }
}

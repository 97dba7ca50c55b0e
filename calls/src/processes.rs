//! Which programs run.

/// Whether a process of this name runs, by the 15 characters that the kernel keeps of a name.
pub(crate) fn runs(name: &str) -> bool {
    let kept = &name.as_bytes()[..name.len().min(15)];
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| std::fs::read(entry.path().join("comm")).ok())
        .any(|comm| comm.strip_suffix(b"\n").unwrap_or(&comm) == kept)
}

/// Whether a program of this name is in one of the folders of `PATH`.
pub(crate) fn is_installed(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn this_test_runs_and_nonsense_does_not() {
        let own = std::fs::read_to_string("/proc/self/comm").unwrap();
        assert!(runs(own.trim_end()) && !runs("no such program"));
        assert!(is_installed("sh") && !is_installed("no such program"));
    }
}

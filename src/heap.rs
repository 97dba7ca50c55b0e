//! Large blocks of memory go back to the system: a model that is loaded, used for an hour and replaced must leave
//! nothing.
//!
//! GNU's malloc gives a large block a map of its own, which goes when the block is freed. But each one that is freed
//! raises the size from which malloc does so, up to 32 MiB, and what an arena may keep at its end, up to 64 MiB. A
//! model's weights then lie in the arenas of whichever threads loaded them, and their pages stay. So, while something
//! is being prepared, the size is what it was when the process began; after that it is one below which I420 and NV12
//! frames of 1080 lines are, so that others, who allocate frames one by one, do not have each mapped and cleared. It
//! stays so when the last element is gone.
//!
//! This is another's process: both sizes are such as malloc chooses by itself while a process runs, a process that
//! was told them from outside keeps them, and elsewhere than on Linux with the GNU library nothing is done.

use std::sync::{Mutex, PoisonError};

/// How many [`Large`] there are.
static PREPARING: Mutex<usize> = Mutex::new(0);

/// While one of these lives, large blocks are maps of their own.
#[derive(Debug)]
pub(crate) struct Large(());

impl Large {
    /// From now on.
    pub(crate) fn blocks() -> Self {
        let mut preparing = PREPARING.lock().unwrap_or_else(PoisonError::into_inner);
        *preparing += 1;
        if *preparing == 1 {
            malloc::map_from(malloc::FIRST);
        }
        Self(())
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        let mut preparing = PREPARING.lock().unwrap_or_else(PoisonError::into_inner);
        *preparing -= 1;
        if *preparing == 0 {
            malloc::map_from(malloc::LAST);
        }
    }
}

/// Gives the pages that lie free between what is in use back to the system. Takes some milliseconds, in which others
/// may wait for memory: not for a streaming thread.
pub fn give_back() {
    malloc::give_back();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod malloc {
    use std::ffi::c_int;
    use std::sync::LazyLock;

    /// Bytes while something is prepared: malloc's own choice when a process begins.
    pub(super) const FIRST: c_int = 128 << 10;
    /// Bytes after that.
    pub(super) const LAST: c_int = 4 << 20;

    // Parameters of mallopt, of malloc.h.
    const TRIM_THRESHOLD: c_int = -1;
    const MMAP_THRESHOLD: c_int = -3;

    /// Whether the user chose; the names are of mallopt(3).
    static TOLD: LazyLock<bool> = LazyLock::new(|| {
        let names = ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_MAX_"];
        let tunables = std::env::var_os("GLIBC_TUNABLES").is_some_and(|text| text.to_string_lossy().contains("malloc"));
        tunables || names.iter().any(|name| std::env::var_os(name).is_some())
    });

    unsafe extern "C" {
        fn mallopt(parameter: c_int, value: c_int) -> c_int;
        fn malloc_trim(pad: usize) -> c_int;
    }

    /// Blocks of `size` bytes and more are maps of their own; of free memory at its end, an arena keeps as much.
    pub(super) fn map_from(size: c_int) {
        if !*TOLD {
            // SAFETY: both store one word each under malloc's lock. Other threads read them without it, as they do
            // while `free` stores the same words by malloc's own rule.
            unsafe {
                mallopt(MMAP_THRESHOLD, size);
                mallopt(TRIM_THRESHOLD, size);
            }
        }
    }

    pub(super) fn give_back() {
        // SAFETY: it takes no pointer, and locks what it works on.
        unsafe { malloc_trim(0) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod malloc {
    pub(super) const FIRST: i32 = 0;
    pub(super) const LAST: i32 = 0;

    pub(super) fn map_from(_: i32) {}

    pub(super) fn give_back() {}
}

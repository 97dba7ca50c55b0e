//! The folder for what can be had again.

use std::path::{Path, PathBuf};

/// `$XDG_CACHE_HOME/standin`, or `~/.cache/standin`; `./run` puts ONNX Runtime there, too. None where there is no home.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os("XDG_CACHE_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .map(|caches| caches.join("standin"))
}

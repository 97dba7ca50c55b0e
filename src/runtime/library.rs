//! Finds and loads the ONNX Runtime library, once a process.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// File name of the library.
const NAME: &str = if cfg!(target_os = "windows") {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// The library could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RuntimeError {
    /// Nothing to load was found.
    #[error(
        "no ONNX Runtime library: looked at ORT_DYLIB_PATH, beside the plugin, in {cache} and in the system's library path; set ORT_DYLIB_PATH to a {NAME}, or let `./run demo` fetch one (tried: {tried})"
    )]
    Missing {
        /// The cache folder.
        cache: String,
        /// Each place with what the loader said of it.
        tried: String,
    },
    /// The library is there, but would not start.
    #[error("ONNX Runtime at {path} would not start: {reason}")]
    Start {
        /// The library.
        path: String,
        /// What it said.
        reason: String,
    },
}

static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// The loaded library. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Runtime {
    pub(super) environment: ort::environment::Environment,
    path: PathBuf,
    version: Option<String>,
}

impl Runtime {
    /// Loads the library: `ORT_DYLIB_PATH`, then `beside` (the plugin's folder), the cache that `./run` fills, and the
    /// system's library path. The first call in a process decides; later ones return the same.
    ///
    /// # Errors
    /// [`RuntimeError`], naming every place that was tried. A later call tries again.
    pub fn load(beside: Option<&Path>) -> Result<Self, RuntimeError> {
        let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(runtime) = loaded.as_ref() {
            return Ok(runtime.clone());
        }
        let runtime = first_that_loads(&places(beside))?;
        *loaded = Some(runtime.clone());
        Ok(runtime)
    }

    /// The library, as it was found; a bare file name where the system's library path has it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The library's release in its own words, such as `1.31.1`.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

/// Asks a library that is loaded for its release.
fn version(path: &Path) -> Option<String> {
    // SAFETY: `ort` has loaded the library and started it through the same entry point, which gives a table that
    // lives as long as the library; a second handle keeps that loaded while the text is copied.
    unsafe {
        let library = libloading::Library::new(path).ok()?;
        let entry: libloading::Symbol<'_, unsafe extern "C" fn() -> *const ort::sys::OrtApiBase> =
            library.get(b"OrtGetApiBase").ok()?;
        let table = entry().as_ref()?;
        let text = std::ffi::CStr::from_ptr((table.GetVersionString)());
        Some(text.to_str().ok()?.to_owned())
    }
}

/// Where the user's own copy of the library lies, in the cache; `None` where there is no home.
pub fn cached_library() -> Option<PathBuf> {
    crate::cache::folder().map(|cache| cache.join("onnxruntime").join(NAME))
}

fn places(beside: Option<&Path>) -> Vec<PathBuf> {
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        return vec![path.into()];
    }
    let executable = std::env::current_exe().ok();
    let folders = [beside.map(Path::to_owned), executable.and_then(|exe| Some(exe.parent()?.to_owned()))];
    let mut places: Vec<PathBuf> = folders.into_iter().flatten().map(|folder| folder.join(NAME)).collect();
    places.extend(cached_library());
    places.retain(|path| path.exists());
    places.push(NAME.into());
    places
}

fn first_that_loads(places: &[PathBuf]) -> Result<Runtime, RuntimeError> {
    let mut tried = Vec::new();
    for path in places {
        match ort::init_from(path) {
            Ok(builder) => {
                let start = |reason: String| RuntimeError::Start { path: path.display().to_string(), reason };
                let environment = builder
                    .with_name("standin")
                    .with_telemetry(false)
                    .build()
                    .map_err(|error| start(error.to_string()))?;
                environment.set_log_level(ort::logging::LogLevel::Error);
                return Ok(Runtime { environment, path: path.clone(), version: version(path) });
            }
            Err(error) => tried.push(format!("{}: {error}", path.display())),
        }
    }
    let cache = crate::cache::folder().unwrap_or_default().display().to_string();
    Err(RuntimeError::Missing { cache, tried: tried.join("; ") })
}

//! ONNX Runtime: whether it loads, from where, and its providers.

use standin::runtime::{Provider, Runtime};

use super::Finding;
use crate::mend::{self, Distribution, Part};

const AREA: &str = "ONNX Runtime";

/// What was found of ONNX Runtime.
#[derive(Debug)]
pub(super) struct Facts {
    /// The environment names the library.
    named: bool,
    /// The library, or why it does not load.
    library: Result<Loaded, String>,
}

#[derive(Debug)]
struct Loaded {
    /// The file.
    path: String,
    /// Its release.
    version: Option<String>,
    /// Names of providers.
    providers: Vec<&'static str>,
}

impl Facts {
    pub(super) fn gather() -> Self {
        let library = Runtime::load(None).map_err(|error| error.to_string()).map(|runtime| Loaded {
            path: runtime.path().display().to_string(),
            version: runtime.version().map(str::to_owned),
            providers: Provider::ALL.into_iter().filter(|provider| provider.offered()).map(Provider::name).collect(),
        });
        Self { named: std::env::var_os(mend::RUNTIME_VARIABLE).is_some_and(|path| !path.is_empty()), library }
    }
}

pub(super) fn findings(facts: &Facts, here: Distribution) -> Vec<Finding> {
    match &facts.library {
        Ok(loaded) => {
            let library = match &loaded.version {
                Some(version) => format!("{version} at {}", loaded.path),
                None => loaded.path.clone(),
            };
            vec![Finding::good(AREA, "library", library), Finding::good(AREA, "providers", loaded.providers.join(", "))]
        }
        Err(reason) => {
            let mend = if facts.named { mend::wrong_variable() } else { here.bring(Part::OnnxRuntime) };
            vec![Finding::fault(AREA, "library", reason.clone(), mend)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_library_is_described() {
        let version = Some("1.23.2".to_owned());
        let library = Ok(Loaded { path: "/x/lib.so".to_owned(), version, providers: vec!["cpu", "cuda"] });
        let facts = Facts { named: false, library };
        let details: Vec<_> = findings(&facts, Distribution::Debian).into_iter().map(|found| found.detail).collect();
        assert_eq!(details, ["1.23.2 at /x/lib.so", "cpu, cuda"]);
    }

    #[test]
    fn no_library_is_a_fault_that_doctor_mends() {
        let absent = |named| Facts { named, library: Err("no library".to_owned()) };
        let found = findings(&absent(false), Distribution::Fedora);
        assert_eq!((found[0].state, found[0].mend.as_deref()), (State::Fault, Some("standin doctor --mend")));
        let found = findings(&absent(true), Distribution::Fedora);
        assert!(found[0].mend.as_deref().is_some_and(|mend| mend.starts_with("unset ORT_DYLIB_PATH")), "{found:?}");
    }
}

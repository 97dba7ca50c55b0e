//! ONNX Runtime: whether it loads, from where, and its providers.

use standin::runtime::{Provider, Runtime};

use super::Finding;
use crate::mend::{Distribution, Part};

const AREA: &str = "ONNX Runtime";

/// What was found of ONNX Runtime, or why it does not load.
#[derive(Debug)]
pub(super) struct Facts(Result<Loaded, String>);

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
        Self(Runtime::load(None).map_err(|error| error.to_string()).map(|runtime| Loaded {
            path: runtime.path().display().to_string(),
            version: runtime.version().map(str::to_owned),
            providers: Provider::ALL.into_iter().filter(|provider| provider.offered()).map(Provider::name).collect(),
        }))
    }
}

pub(super) fn findings(facts: &Facts, here: Distribution) -> Vec<Finding> {
    match &facts.0 {
        Ok(loaded) => {
            let library = match &loaded.version {
                Some(version) => format!("{version} at {}", loaded.path),
                None => loaded.path.clone(),
            };
            vec![Finding::good(AREA, "library", library), Finding::good(AREA, "providers", loaded.providers.join(", "))]
        }
        Err(reason) => vec![Finding::fault(AREA, "library", reason.clone(), here.bring(Part::OnnxRuntime))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_library_is_described() {
        let version = Some("1.23.2".to_owned());
        let facts = Facts(Ok(Loaded { path: "/x/lib.so".to_owned(), version, providers: vec!["cpu", "cuda"] }));
        let details: Vec<_> = findings(&facts, Distribution::Debian).into_iter().map(|found| found.detail).collect();
        assert_eq!(details, ["1.23.2 at /x/lib.so", "cpu, cuda"]);
    }

    #[test]
    fn no_library_is_a_fault_that_doctor_mends() {
        let found = findings(&Facts(Err("no library".to_owned())), Distribution::Fedora);
        assert_eq!((found[0].state, found[0].mend.as_deref()), (State::Fault, Some("standin doctor --mend")));
    }
}

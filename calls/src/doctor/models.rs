//! Models with their consent, and the settings: what the user brings.

use std::path::Path;

use standin::consent::today;
use standin::swap::ModelFile;

use super::Finding;

/// A model that may be used is good; one that may not is a fault.
pub(super) fn finding(path: &Path) -> Finding {
    const AREA: &str = "Models";
    let what = path.display().to_string();
    let model = match ModelFile::open(path) {
        Ok(model) => model,
        Err(error) => {
            return Finding::fault(
                AREA,
                what,
                error.problem.to_string(),
                "give the path of a .dfm model that is whole",
            );
        }
    };
    match model.consented(today()) {
        Ok(consent) => {
            let side = model.resolution();
            let detail =
                format!("{}, {side} x {side}, of {} until {} (UTC)", model.name(), consent.subject, consent.until);
            Finding::good(AREA, what, detail)
        }
        Err(error) => {
            let mend = format!("with the person's consent: standin consent new {} --force", path.display());
            Finding::fault(AREA, what, error.to_string(), mend)
        }
    }
}

/// What is wrong with the settings.
pub(super) fn settings(wrong: &str) -> Finding {
    Finding::fault("Settings", "config.toml", wrong, "mend that line; `standin config --example` shows every key")
}

//! Where swap models lie that were not named.

use std::path::{Path, PathBuf};

/// The files: those that were named, then the others of their folders, each once.
pub(crate) fn files(named: &[PathBuf]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut add = |file: PathBuf| {
        let file = file.canonicalize().unwrap_or(file);
        if !files.contains(&file) {
            files.push(file);
        }
    };
    named.iter().cloned().for_each(&mut add);
    let folder = |file: &PathBuf| Some(file.canonicalize().ok()?.parent()?.to_owned());
    let folders: Vec<_> = if named.is_empty() { installed() } else { named.iter().filter_map(folder).collect() };
    folders.iter().flat_map(|folder| inside(folder)).for_each(&mut add);
    files
}

/// The models of a folder in the order of their names.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "dfm")).collect();
    files.sort();
    files
}

/// Where models lie that were not named: the user's, those that came with this program, and those beside its sources.
fn installed() -> Vec<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")));
    let mut folders: Vec<_> = data.map(|folder| folder.join("standin/models")).into_iter().collect();
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    if let Some(beside) = beside {
        folders.extend(["../share/standin/models", "../../models"].map(|folder| beside.join(folder)));
    }
    folders
}

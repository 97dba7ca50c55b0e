//! `standin doctor --mend`: ONNX Runtime into the user's cache, and the lines for what only the administrator can mend.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use standin::cli::Outcome;
use standin::consent::sha256_hex;
use standin::runtime::{Runtime, cached_library};

use super::{Report, State};
use crate::mend::{self, Part};

/// The release that is fetched, and tested with.
const VERSION: &str = "1.31.1";

/// The library inside PyPI's wheel: its platform there and its SHA-256.
struct Wheel {
    platform: &'static str,
    sha256: &'static str,
}

const WHEEL: Option<Wheel> = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
    Some(Wheel {
        platform: "manylinux_2_28_x86_64",
        sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    })
} else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
    Some(Wheel {
        platform: "manylinux_2_28_aarch64",
        sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    })
} else {
    None
};

/// Takes the one file out of the wheel; arguments: folder of the wheel, name in it, file to write.
const TAKE: &str = "import glob, shutil, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0])
with wheel.open(sys.argv[2]) as source, open(sys.argv[3], 'wb') as target:
    shutil.copyfileobj(source, target)";

/// Fetches ONNX Runtime where none loads, then prints the lines of what was found and needs the administrator.
pub(super) fn mend(report: &Report, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let runtime = mend::part(Part::OnnxRuntime);
    if Runtime::load(None).is_err() {
        if mend::onnxruntime() != runtime {
            bail!("the library that {} names does not load: {}", mend::RUNTIME_VARIABLE, mend::onnxruntime());
        }
        let target = cached_library().context("there is no home folder: set XDG_CACHE_HOME")?;
        writeln!(out, "fetching ONNX Runtime {VERSION} from PyPI with pip to {}", target.display())?;
        out.flush()?;
        fetch(&target)?;
        Runtime::load(None).context("ONNX Runtime was fetched, and does not load")?;
        writeln!(out, "ONNX Runtime {VERSION} loads")?;
    } else {
        writeln!(out, "ONNX Runtime loads: nothing to fetch")?;
    }
    let mut good = true;
    let mut lines: Vec<&str> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.state != State::Good) {
        let Some(line) = finding.mend.as_deref().filter(|line| *line != runtime) else { continue };
        good &= finding.state != State::Fault;
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        writeln!(out, "for the rest, as far as you want what it is for (standin doctor says):")?;
    }
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    Ok(if good { Outcome::Good } else { Outcome::Bad })
}

fn fetch(target: &Path) -> anyhow::Result<()> {
    let Some(wheel) = WHEEL else {
        bail!("no ONNX Runtime is known for this kind of machine: set ORT_DYLIB_PATH to one");
    };
    let folder = target.parent().context("the cache has no folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    // In the folder of the target, so that the library appears there whole or not at all.
    let work = tempfile::tempdir_in(folder).with_context(|| format!("{} cannot be written", folder.display()))?;
    let download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
    let kind = ["--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp", "--platform"];
    // Python looks for modules in the current folder first, which is whose ever this command was started in.
    let work_folder = work.path().canonicalize()?;
    python(
        Command::new("python3")
            .current_dir(&work_folder)
            .args(download)
            .args(kind)
            .arg(wheel.platform)
            .arg("--dest")
            .arg(&work_folder)
            .arg(format!("onnxruntime=={VERSION}")),
    )?;
    let library = work_folder.join("library");
    let inside = format!("onnxruntime/capi/libonnxruntime.so.{VERSION}");
    let take = ["-I", "-c", TAKE];
    python(Command::new("python3").current_dir(&work_folder).args(take).arg(&work_folder).arg(inside).arg(&library))?;
    let bytes = std::fs::read(&library).with_context(|| format!("{} cannot be read", library.display()))?;
    ensure!(
        sha256_hex(&bytes) == wheel.sha256,
        "the ONNX Runtime library that came has another checksum than expected; nothing was installed"
    );
    std::fs::rename(&library, target).with_context(|| format!("{} cannot be written", target.display()))
}

fn python(command: &mut Command) -> anyhow::Result<()> {
    let line = mend::part(Part::Pip);
    let output = command.output().with_context(|| format!("python3 does not start; mend: {line}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("No module named pip") {
        bail!("Python has no pip; mend: {line}");
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    bail!("ONNX Runtime cannot be fetched: {last}")
}

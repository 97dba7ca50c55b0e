//! `--from` of `standin-train train`: which base a model starts from.

use std::io::Write;

use anyhow::Context;

use crate::train::base::Base;
use crate::train::samples::Sides;
use crate::train::session::BaseSource;
use crate::train::zoo::preset::Dimensions;

/// The base to start from: the one that was asked for, or the one that comes with Standin where it fits.
pub(super) fn base(
    asked: Option<&str>,
    dimensions: &Dimensions,
    sides: &Sides,
    out: &mut dyn Write,
) -> anyhow::Result<Option<(Base, BaseSource)>> {
    let Some((base, source)) = named_base(asked.unwrap_or("base"))? else { return Ok(None) };
    match base.fits(dimensions, sides.face_type(), sides.coverage(), sides.alignment()) {
        Ok(()) => Ok(Some((base, source))),
        Err(reason) if asked.is_none() => {
            writeln!(out, "without a base, which takes far longer: {reason}")?;
            Ok(None)
        }
        Err(reason) => Err(reason.into()),
    }
}

/// The base that `--from` names, if any.
pub(super) fn named_base(from: &str) -> anyhow::Result<Option<(Base, BaseSource)>> {
    let (base, file) = match from {
        "none" => return Ok(None),
        "base" => (Base::built_in()?, None),
        file => {
            let file = std::path::absolute(file).with_context(|| file.to_owned())?;
            (Base::open(&file)?, Some(file))
        }
    };
    let source = BaseSource { file, sha256: base.sha256.clone() };
    Ok(Some((base, source)))
}

/// A base as `--from` takes it, with its hash.
pub(super) fn shown_base(base: &Option<BaseSource>) -> String {
    let Some(BaseSource { file, sha256 }) = base else { return "none".to_owned() };
    let file = file.as_ref().map_or_else(|| "base".to_owned(), |file| file.display().to_string());
    format!("{file} (SHA-256 {sha256})")
}

//! What our trainer says of a model in its metadata; other tools' files say nothing.

use super::ModelProblem;
use crate::face::{Alignment, FaceType};
use crate::geometry::Point;
use crate::onnx::Model;
use crate::swap::{MOST_SKULL_CENTRE, RegistrationMap};

/// Coverages that make sense, in canonical units.
const COVERAGES: std::ops::RangeInclusive<f32> = 0.5..=8.0;
/// Strengths of sharpening.
const STRENGTHS: std::ops::RangeInclusive<f32> = 0.0..=3.0;
/// Longest text shown, in bytes.
const MAX_TEXT: usize = 200;

/// Keys that are told to people and read by nothing.
const TOLD: [&str; 8] = [
    "standin.model",
    "standin.resolution",
    "standin.steps",
    "standin.precision",
    "standin.who",
    "standin.licence",
    "standin.faceset_a",
    "standin.faceset_b",
];

/// The keys `standin.…`.
#[derive(Debug, Clone, Default)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) face_type: Option<FaceType>,
    pub(super) coverage: Option<f32>,
    pub(super) alignment: Option<Alignment>,
    pub(super) registration: Option<RegistrationMap>,
    pub(super) skull_centre: Option<Point>,
    pub(super) sharpen: Option<f32>,
    pub(super) consent: Option<String>,
    pub(super) told: Vec<(&'static str, String)>,
}

impl Metadata {
    pub(super) fn of(model: &Model) -> Result<Self, ModelProblem> {
        let (face_type, coverage) = (text(model, "standin.face_type")?, text(model, "standin.coverage")?);
        let name = text(model, "standin.name")?;
        if let Some(name) = name.filter(|name| name.chars().any(char::is_control) || name.len() > MAX_TEXT) {
            return Err(wrong("standin.name", name, "plain text of at most 200 bytes"));
        }
        Ok(Self {
            name: name.filter(|name| !name.trim().is_empty()).map(str::to_owned),
            face_type: face_type
                .map(|value| {
                    const EXPECTED: &str = "half, mid-full, full, whole-face or head";
                    FaceType::named(value).ok_or_else(|| wrong("standin.face_type", value, EXPECTED))
                })
                .transpose()?,
            coverage: coverage
                .map(|value| {
                    let number = value.parse().ok().filter(|number| COVERAGES.contains(number));
                    number.ok_or_else(|| wrong("standin.coverage", value, "a number from 0.5 to 8"))
                })
                .transpose()?,
            alignment: text(model, "standin.alignment")?
                .map(|value| {
                    Alignment::named(value).ok_or_else(|| wrong("standin.alignment", value, "template or rigid"))
                })
                .transpose()?,
            registration: text(model, "standin.registration")?
                .map(|value| {
                    RegistrationMap::parse(value).ok_or_else(|| wrong("standin.registration", value, "sixteen numbers"))
                })
                .transpose()?,
            skull_centre: text(model, "standin.skull_centre")?
                .map(|value| {
                    let expected = "two numbers from -0.2 to 0.2";
                    skull_centre(value).ok_or_else(|| wrong("standin.skull_centre", value, expected))
                })
                .transpose()?,
            sharpen: text(model, "standin.sharpen")?
                .map(|value| {
                    let number = value.parse().ok().filter(|number| STRENGTHS.contains(number));
                    number.ok_or_else(|| wrong("standin.sharpen", value, "a number from 0 to 3"))
                })
                .transpose()?,
            consent: text(model, "standin.consent")?.map(str::to_owned),
            told: TOLD
                .into_iter()
                .filter_map(|key| Some(text(model, key).transpose()?.map(|value| (key, shown(value)))))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// What the trainer writes of where a subject's features lie.
fn skull_centre(text: &str) -> Option<Point> {
    let numbers = text.split_ascii_whitespace().map(str::parse).collect::<Result<Vec<f32>, _>>().ok()?;
    let &[x, y] = numbers.as_slice() else { return None };
    [x, y].iter().all(|value| value.abs() <= MOST_SKULL_CENTRE).then_some(Point::new(x, y))
}

/// The value of a key. Two values would be read by others in different ways.
fn text<'a>(model: &'a Model, key: &'static str) -> Result<Option<&'a str>, ModelProblem> {
    let mut values = model.metadata_props.iter().filter(|entry| entry.key == key).map(|entry| entry.value.as_str());
    let value = values.next();
    match values.next() {
        Some(second) => Err(wrong(key, second, "there only once")),
        None => Ok(value),
    }
}

/// The start of a value, fit for a terminal.
fn shown(value: &str) -> String {
    value.chars().take(MAX_TEXT).filter(|c| !c.is_control()).collect()
}

fn wrong(key: &'static str, value: &str, expected: &'static str) -> ModelProblem {
    ModelProblem::Metadata { key, value: value.chars().take(80).flat_map(char::escape_debug).collect(), expected }
}

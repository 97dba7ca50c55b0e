//! The element's properties as controls, from what GObject knows of them: name, words, range, default.

use std::collections::BTreeMap;

use gst::glib;
use gst::prelude::*;
use serde::Serialize;

use crate::arguments::OWN;

/// What a person sets a property with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Kind {
    /// A real number.
    Number {
        minimum: f32,
        maximum: f32,
    },
    /// A whole number.
    Count {
        minimum: u32,
        maximum: u32,
    },
    Switch,
    Choice {
        choices: Vec<Choice>,
    },
    Text,
}

/// One value of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Choice {
    value: String,
    words: String,
}

/// A property as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Control {
    pub(super) name: String,
    nick: String,
    blurb: String,
    /// What a call begins with, in the words of `gst-launch-1.0`.
    pub(super) default: String,
    /// What the bare element begins with, likewise.
    #[serde(skip)]
    pub(super) bare: String,
    /// Whether it may be set while pictures flow.
    pub(super) playing: bool,
    #[serde(flatten)]
    kind: Kind,
}

/// Properties that are no control: the object's own, and the model, which has a picker.
const OTHERS: [&str; 3] = ["name", "parent", "model"];

/// The property that marks the picture as made. It is no part of a look: neither presets nor a reset of everything
/// touch it.
pub(super) const MARK: &str = "label";

/// Every property that can be set, in the order of their names.
pub(super) fn controls(element: &gst::Element) -> Vec<Control> {
    let mut controls: Vec<_> = element.list_properties().iter().filter_map(control).collect();
    controls.sort_by(|a, b| a.name.cmp(&b.name));
    controls
}

/// Whether a preset has it: what may be set while pictures flow, but for the label.
pub(super) fn is_look(control: &Control) -> bool {
    control.playing && control.name != MARK
}

fn control(spec: &glib::ParamSpec) -> Option<Control> {
    let flags = spec.flags();
    let settable = flags.contains(glib::ParamFlags::READABLE | glib::ParamFlags::WRITABLE);
    if !settable || OTHERS.contains(&spec.name()) {
        return None;
    }
    let bare = text(spec.default_value());
    let own = OWN.iter().find(|(name, _)| *name == spec.name());
    Some(Control {
        name: spec.name().to_owned(),
        nick: spec.nick().to_owned(),
        blurb: spec.blurb().unwrap_or_default().to_owned(),
        default: own.map_or_else(|| bare.clone(), |(_, value)| (*value).to_owned()),
        bare,
        playing: flags.contains(gst::PARAM_FLAG_MUTABLE_PLAYING),
        kind: kind(spec)?,
    })
}

fn kind(spec: &glib::ParamSpec) -> Option<Kind> {
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecFloat>() {
        return Some(Kind::Number { minimum: spec.minimum(), maximum: spec.maximum() });
    }
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt>() {
        return Some(Kind::Count { minimum: spec.minimum(), maximum: spec.maximum() });
    }
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecEnum>() {
        // Second names of a value say so.
        let first = |value: &&glib::EnumValue| !value.name().starts_with("The same as ");
        let choice = |value: &glib::EnumValue| Choice { value: value.nick().into(), words: value.name().into() };
        return Some(Kind::Choice { choices: spec.enum_class().values().iter().filter(first).map(choice).collect() });
    }
    if spec.is::<glib::ParamSpecBoolean>() {
        return Some(Kind::Switch);
    }
    spec.is::<glib::ParamSpecString>().then_some(Kind::Text)
}

/// The values of now, as `gst-launch-1.0` has them.
pub(super) fn values(element: &gst::Element) -> BTreeMap<String, String> {
    let value = |control: Control| (text(&element.property_value(&control.name)), control.name);
    controls(element).into_iter().map(value).map(|(value, name)| (name, value)).collect()
}

/// A value in the words that [`crate::call::set_property`] takes.
pub(super) fn text(value: &glib::Value) -> String {
    if let Ok(number) = value.get::<f32>() {
        return number.to_string();
    }
    if let Ok(text) = value.get::<Option<String>>() {
        return text.unwrap_or_default();
    }
    if let Some((_, value)) = glib::EnumValue::from_value(value) {
        return value.nick().to_owned();
    }
    value.serialize().map(Into::into).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn any_elements_properties_are_controls() {
        gst::init().unwrap();
        let element = gst::ElementFactory::make("identity").build().unwrap();
        let controls = controls(&element);
        let find = |name: &str| controls.iter().find(|control| control.name == name);
        let number = find("drop-probability").unwrap();
        assert_eq!(number.kind, Kind::Number { minimum: 0.0, maximum: 1.0 });
        assert_eq!((number.nick.as_str(), number.default.as_str()), ("Drop Probability", "0"));
        assert_eq!(find("silent").unwrap().kind, Kind::Switch);
        assert!(find("last-message").is_none() && find("name").is_none());
        element.set_property("drop-probability", 0.3_f32);
        assert_eq!(values(&element)["drop-probability"], "0.3");
        assert_eq!(values(&element)["silent"], "true");
    }
}

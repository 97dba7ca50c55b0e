//! The performers as the page shows them, and the pictures that may tell one.

use std::path::{Path, PathBuf};

use gst::glib;
use gst::prelude::*;
use serde::Serialize;

use super::properties::text;

/// Entries of a folder that are offered.
const MOST: usize = 200;

/// A performer of the element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Performer {
    /// The pictures that tell them.
    reference: Option<String>,
    /// Their model; the call's where there is none.
    model: Option<String>,
    /// All that they have otherwise than the element, as `gst-launch-1.0` takes it.
    #[serde(skip)]
    pub(super) words: Vec<String>,
}

/// The element's performers, in the order of their numbers.
pub(super) fn all(element: &gst::Element) -> Vec<Performer> {
    let Some(parent) = element.dynamic_cast_ref::<gst::ChildProxy>() else { return Vec::new() };
    (0..parent.children_count())
        .map_while(|number| Some(performer(element, &parent.child_by_index(number)?, number)))
        .collect()
}

fn performer(element: &gst::Element, child: &glib::Object, number: u32) -> Performer {
    let file = |name: &str| child.property::<Option<String>>(name);
    let settable = glib::ParamFlags::READABLE | glib::ParamFlags::WRITABLE;
    let specs = child.list_properties();
    let words = specs.iter().filter(|spec| spec.flags().contains(settable)).filter_map(|spec| {
        let name = spec.name();
        let value = text(&child.property_value(name));
        let elements = || element.find_property(name).map(|_| text(&element.property_value(name)));
        let same = match name {
            "name" | "parent" => true,
            "reference" | "model" => value.is_empty(),
            _ => elements().as_deref() == Some(value.as_str()),
        };
        (!same).then(|| format!("performer-{number}::{name}={value}"))
    });
    Performer { reference: file("reference"), model: file("model"), words: words.collect() }
}

/// Pictures that may tell a performer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Reference {
    /// A face set, a folder of pictures, or one picture.
    pub(super) path: PathBuf,
    name: String,
}

/// What may be chosen: what was `named` on the command line, and the folders and pictures in `folder`.
pub(super) fn references(named: &[PathBuf], folder: Option<&Path>) -> Vec<Reference> {
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut inside: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_reference(path)).collect();
    inside.sort();
    let mut references: Vec<Reference> = Vec::new();
    for path in named.iter().cloned().chain(inside.into_iter().take(MOST)) {
        if references.iter().all(|known| known.path != path) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            references.push(Reference { path, name });
        }
    }
    references
}

fn is_reference(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let picture = ending.is_some_and(|ending| matches!(ending.as_str(), "png" | "jpg" | "jpeg"));
    !hidden && (picture || path.is_dir())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn folders_and_pictures_are_offered_once() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.png", "a.JPG", "notes.txt", ".hidden.png"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("set")).unwrap();
        let named = [folder.path().join("b.png"), PathBuf::from("elsewhere")];
        let names: Vec<_> = references(&named, Some(folder.path())).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["b.png", "elsewhere", "a.JPG", "set"]);
        assert!(references(&[], None).is_empty() && references(&[], Some(Path::new("/nowhere"))).is_empty());
    }
}

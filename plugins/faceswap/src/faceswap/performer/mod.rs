//! A performer: one of the people who are told apart, as the child `performer-N` of the element.
//!
//! What it does not set itself is as the element has it.

mod imp;

use gst::glib;
use gst::subclass::prelude::*;
use standin::live::Look;

glib::wrapper! {
    /// Who is to be swapped, by which model, and how that looks.
    pub struct Performer(ObjectSubclass<imp::Performer>) @extends gst::Object;
}

/// What a performer says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Files {
    /// Pictures of it.
    pub(super) reference: Option<String>,
    /// Its model; the element's where there is none.
    pub(super) model: Option<String>,
}

impl Performer {
    /// The performer with this number, of nobody.
    pub(super) fn new(number: u32, parent: &super::FaceSwap) -> Self {
        glib::Object::builder().property("name", name(number)).property("parent", parent).build()
    }

    /// Its files.
    pub(super) fn files(&self) -> Files {
        self.imp().files()
    }

    /// Its look, in an element that has this one.
    pub(super) fn look(&self, element: &Look) -> Look {
        self.imp().look(element)
    }
}

/// Name of the child with this number.
fn name(number: u32) -> String {
    format!("performer-{number}")
}

/// Number of the child with this name.
pub(super) fn number(name: &str) -> Option<u32> {
    let number = name.strip_prefix("performer-")?.parse().ok()?;
    (self::name(number) == name).then_some(number)
}

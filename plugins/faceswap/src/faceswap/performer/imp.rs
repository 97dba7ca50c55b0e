//! Properties of a performer.

use std::sync::{LazyLock, Mutex};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::live::Look;

use super::super::properties::look;
use super::super::session::lock;
use super::super::{FaceSwap, messages};
use super::Files;

/// What was set.
#[derive(Debug, Default)]
pub struct Performer(Mutex<Set>);

#[derive(Debug, Default)]
struct Set {
    files: Files,
    look: Look,
    /// Names of the properties of `look` that were set.
    own: Vec<String>,
}

#[glib::object_subclass]
impl ObjectSubclass for Performer {
    const NAME: &'static str = "GstFaceSwapPerformer";
    type Type = super::Performer;
    type ParentType = gst::Object;
}

impl GstObjectImpl for Performer {}

impl ObjectImpl for Performer {
    fn properties() -> &'static [glib::ParamSpec] {
        static SPECS: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut specs = vec![
                glib::ParamSpecString::builder("reference")
                    .nick("Reference")
                    .blurb(
                        "Pictures of the performer: a face set of standin-train, a folder of PNG or JPEG pictures, or one \
                         picture. They are only looked at, and nothing is kept of them",
                    )
                    .mutable_playing()
                    .build(),
                glib::ParamSpecString::builder("model")
                    .nick("Model")
                    .blurb("The swap model of this performer; the element's where it is not set")
                    .mutable_playing()
                    .build(),
            ];
            specs.extend(look::specs());
            specs
        });
        SPECS.as_ref()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, spec: &glib::ParamSpec) {
        let mut set = lock(&self.0);
        match spec.name() {
            "reference" => set.files.reference = value.get().unwrap_or_default(),
            "model" => set.files.model = value.get().unwrap_or_default(),
            name => {
                if let Some(Err(refused)) = look::set(&mut set.look, name, value) {
                    drop(set);
                    if let Some(element) = self.element() {
                        messages::post(&element, gst::ResourceError::Settings, &refused.0, false);
                    }
                    return;
                }
                if set.own.iter().all(|own| own != name) {
                    set.own.push(name.to_owned());
                }
            }
        }
        drop(set);
        if let Some(element) = self.element() {
            element.imp().performer_changed(&self.obj(), spec.name());
        }
    }

    fn property(&self, _id: usize, spec: &glib::ParamSpec) -> glib::Value {
        match spec.name() {
            "reference" => self.files().reference.to_value(),
            "model" => self.files().model.to_value(),
            name => {
                let element = self.element().map_or_else(Look::default, |element| element.imp().look());
                look::get(&self.look(&element), name).unwrap_or_else(|| spec.default_value().clone())
            }
        }
    }
}

impl Performer {
    fn element(&self) -> Option<FaceSwap> {
        self.obj().parent()?.downcast().ok()
    }

    pub(super) fn files(&self) -> Files {
        lock(&self.0).files.clone()
    }

    pub(super) fn look(&self, element: &Look) -> Look {
        let (mut look, set) = (*element, lock(&self.0));
        for name in &set.own {
            if let Some(value) = look::get(&set.look, name) {
                // It was taken when it was set.
                let _ = look::set(&mut look, name, &value);
            }
        }
        look
    }
}

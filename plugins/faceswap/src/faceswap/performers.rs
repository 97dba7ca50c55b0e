//! The element's children: the performers, and what it takes to tell them apart.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::live::{self, Look, ModelSlot, Pending};

use super::imp::FaceSwap;
use super::messages;
use super::performer::{Performer, number};
use super::properties::MOST_PERFORMERS;
use super::session::{Session, lock};

impl ChildProxyImpl for FaceSwap {
    fn child_by_index(&self, index: u32) -> Option<glib::Object> {
        Some(lock(&self.performers).get(index as usize)?.clone().upcast())
    }

    /// Makes the performer that is asked for, so that a pipeline's description can name it.
    fn child_by_name(&self, name: &str) -> Option<glib::Object> {
        let number = number(name).filter(|number| *number < MOST_PERFORMERS)?;
        if number >= self.children_count() {
            self.have_performers(number + 1);
        }
        self.child_by_index(number)
    }

    fn children_count(&self) -> u32 {
        lock(&self.performers).len() as u32
    }
}

impl FaceSwap {
    /// The look of faces that are no performer's own.
    pub(super) fn look(&self) -> Look {
        lock(&self.properties).settings.look
    }

    /// Adds performers, or removes the last.
    pub(super) fn have_performers(&self, count: u32) {
        let count = count.min(MOST_PERFORMERS);
        let element = self.obj();
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        {
            let mut performers = lock(&self.performers);
            while performers.len() > count as usize {
                removed.extend(performers.pop());
            }
            while performers.len() < count as usize {
                let performer = Performer::new(performers.len() as u32, &element);
                added.push(performer.clone());
                performers.push(performer);
            }
        }
        for performer in &removed {
            element.child_removed(performer, &performer.name());
            performer.unparent();
        }
        for performer in &added {
            element.child_added(performer, &performer.name());
        }
        if added.is_empty() && removed.is_empty() {
            return;
        }
        self.publish_settings();
        if let Some(session) = self.session() {
            self.load_references(&session, &session.unhurried);
        }
        element.notify("performers");
    }

    /// Takes in what a performer was set to.
    pub(super) fn performer_changed(&self, performer: &Performer, property: &str) {
        self.publish_settings();
        let number = lock(&self.performers).iter().position(|other| other == performer);
        let (Some(session), Some(number)) = (self.session(), number) else { return };
        match property {
            "reference" => self.load_references(&session, &session.unhurried),
            "model" => self.load_performer(&session, number),
            _ => {}
        }
    }

    /// Begins to load all that performers need.
    pub(super) fn start_performers(&self, session: &Arc<Session>) {
        let count = lock(&self.performers).len();
        if count > 0 {
            self.load_references(session, &session.pending);
            (0..count).for_each(|number| self.load_performer(session, number));
        }
    }

    /// Begins to load the model of one performer, where it has its own.
    pub(super) fn load_performer(&self, session: &Arc<Session>, number: usize) {
        let Some(performer) = lock(&self.performers).get(number).cloned() else { return };
        let slot = {
            let mut slots = lock(&session.performers);
            if slots.len() <= number {
                slots.resize(number + 1, None);
            }
            match performer.files().model {
                Some(_) => Some(Arc::clone(slots[number].get_or_insert_with(Arc::<ModelSlot>::default))),
                None => {
                    slots[number] = None;
                    None
                }
            }
        };
        if let (Some(slot), Some(path)) = (slot, performer.files().model) {
            self.load_into(session, &slot, path);
        }
    }

    /// Begins to look at the references of all performers.
    fn load_references(&self, session: &Arc<Session>, pending: &Arc<Pending>) {
        let references = lock(&self.performers).iter().map(|it| it.files().reference.map(PathBuf::from)).collect();
        let (weak, failed) = (self.obj().downgrade(), Arc::clone(&session.failed));
        // Without those of the beginning nobody would ever be swapped; later ones leave those of before in use.
        let fatal = Arc::ptr_eq(pending, &session.pending);
        live::prepare_recognition(pending, self.folder(), references, session.references.clone(), move |done| {
            if let (Err(error), Some(element)) = (done, weak.upgrade()) {
                failed.fetch_or(fatal, Ordering::AcqRel);
                messages::post_prepare_error(&element, &error, fatal);
            }
        });
    }
}

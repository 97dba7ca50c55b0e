//! The element's children: the performers, and what it takes to tell them apart.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::live::{Look, ModelSlot, Pending};

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
        self.add_performers(number + 1);
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
        let removed = {
            let mut performers = lock(&self.performers);
            let left = performers.len().min(count as usize);
            performers.split_off(left)
        };
        if let Some(session) = self.session().filter(|_| !removed.is_empty()) {
            let mut slots = lock(&session.performers);
            let left = slots.len().min(count as usize);
            slots.split_off(left).iter().flatten().for_each(|slot| slot.clear());
        }
        for performer in &removed {
            self.obj().child_removed(performer, &performer.name());
            performer.unparent();
        }
        if !removed.is_empty() {
            self.performers_changed();
        }
        self.add_performers(count);
    }

    /// Adds performers until there are so many.
    fn add_performers(&self, count: u32) {
        let mut added = false;
        for number in self.children_count()..count.min(MOST_PERFORMERS) {
            // Made where nothing is locked, since it is announced.
            let performer = Performer::new(number, &self.obj());
            {
                let mut performers = lock(&self.performers);
                if performers.len() != number as usize {
                    // Somebody else was faster.
                    drop(performers);
                    performer.unparent();
                    continue;
                }
                performers.push(performer.clone());
            }
            self.obj().child_added(&performer, &performer.name());
            if let Some(session) = self.session() {
                self.load_performer(&session, number as usize);
            }
            added = true;
        }
        if added {
            self.performers_changed();
        }
    }

    /// Lets go of all of them, at the end.
    pub(super) fn drop_performers(&self) {
        let performers = std::mem::take(&mut *lock(&self.performers));
        performers.iter().for_each(Performer::unparent);
    }

    fn performers_changed(&self) {
        self.renew_references(|session| &session.unhurried);
        self.obj().notify("performers");
    }

    /// Takes in what a performer was set to.
    pub(super) fn performer_changed(&self, performer: &Performer, property: &str) {
        let number = lock(&self.performers).iter().position(|other| other == performer);
        match (property, self.session(), number) {
            ("reference", ..) => self.renew_references(|session| &session.unhurried),
            ("model", Some(session), Some(number)) => self.load_performer(&session, number),
            _ => self.publish_settings(),
        }
    }

    /// Begins to load all that performers need.
    pub(super) fn start_performers(&self, session: &Arc<Session>) {
        self.renew_references(|session| &session.pending);
        (0..self.children_count()).for_each(|number| self.load_performer(session, number as usize));
    }

    /// Begins to load the model of one performer, where it has its own.
    pub(super) fn load_performer(&self, session: &Arc<Session>, number: usize) {
        let Some(model) = lock(&self.performers).get(number).map(|it| it.files().model) else { return };
        let slot = {
            let mut slots = lock(&session.performers);
            if slots.len() <= number {
                slots.resize(number + 1, None);
            }
            match model {
                // Until it is loaded, the one of before swaps.
                Some(path) => {
                    let before = || Arc::new(ModelSlot::of(session.models.current()));
                    Some((Arc::clone(slots[number].get_or_insert_with(before)), path))
                }
                None => {
                    slots[number].take().iter().for_each(|slot| slot.clear());
                    None
                }
            }
        };
        if let Some((slot, path)) = slot {
            self.load_into(session, &slot, path);
        }
    }

    /// Asks for the references of all performers, if all have one: until they are read, nobody is recognised, and all
    /// faces are concealed. `pending` is where that is waited for.
    fn renew_references(&self, pending: impl Fn(&Session) -> &Arc<Pending>) {
        let number = self.references.renew();
        self.publish_settings();
        let paths: Option<Vec<PathBuf>> =
            lock(&self.performers).iter().map(|it| it.files().reference.map(PathBuf::from)).collect();
        let (Some(session), Some(paths)) = (self.session(), paths.filter(|paths| !paths.is_empty())) else { return };
        let (weak, failed) = (self.obj().downgrade(), Arc::clone(&session.failed));
        let pending = pending(&session);
        // Without those of the beginning nobody would ever be swapped.
        let fatal = Arc::ptr_eq(pending, &session.pending);
        self.references.read(number, pending, self.folder(), paths, move |done| {
            if let (Err(error), Some(element)) = (done, weak.upgrade()) {
                failed.fetch_or(fatal, Ordering::AcqRel);
                messages::post_prepare_error(&element, &error, fatal);
            }
        });
    }

    /// Number of the first performer without a reference.
    pub(super) fn without_reference(&self) -> Option<usize> {
        lock(&self.performers).iter().position(|it| it.files().reference.is_none())
    }
}

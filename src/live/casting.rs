//! Which model each face is swapped by.

use std::sync::{Arc, Weak};

use super::Model;
use crate::face::Recognised;

/// The models of one frame.
#[derive(Debug, Default)]
pub struct Casting {
    /// Of every face that is nobody's in particular; none while none is loaded.
    pub model: Option<Arc<Model>>,
    /// Of each performer; none while theirs is not loaded.
    pub performers: Vec<Option<Arc<Model>>>,
}

impl Casting {
    /// The model that swaps a face.
    pub fn of(&self, face: Recognised) -> Option<&Arc<Model>> {
        match face {
            Recognised::Performer(number) => self.performers.get(number)?.as_ref(),
            _ => self.model.as_ref(),
        }
    }

    /// The models that faces are swapped by, each once.
    pub fn in_use(&self) -> impl Iterator<Item = &Arc<Model>> {
        let all = if self.performers.is_empty() { std::slice::from_ref(&self.model) } else { &self.performers };
        let first = move |n: &usize| {
            !all[..*n].iter().flatten().any(|it| all[*n].as_ref().is_some_and(|own| Arc::ptr_eq(it, own)))
        };
        (0..all.len()).filter(first).filter_map(move |n| all[n].as_ref())
    }

    /// Lets go of the models.
    pub fn clear(&mut self) {
        self.model = None;
        self.performers.clear();
    }
}

/// Which models there were in the frame before.
#[derive(Debug, Default)]
pub struct CastingBefore(Vec<Weak<Model>>);

impl CastingBefore {
    /// Whether `now` has other models than the last time.
    pub fn changes_to(&mut self, now: &Casting) -> bool {
        let models = || std::iter::once(&now.model).chain(&now.performers);
        let weak = |model: &Option<Arc<Model>>| model.as_ref().map_or_else(Weak::new, Arc::downgrade);
        let same = self.0.len() == models().count() && self.0.iter().zip(models()).all(|(a, b)| a.ptr_eq(&weak(b)));
        if !same {
            self.0.clear();
            self.0.extend(models().map(weak));
        }
        !same
    }
}

//! The model in use: loaded beside the stream, exchanged between two frames.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Load, LoadError, Model, Pending, Undone};
use crate::heap;

/// How long the frames that began with a model are waited for before it is freed, and how often they are looked at.
const RETIREMENT: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
struct Slot {
    model: Option<Arc<Model>>,
    wanted: u64,
}

/// Holds the model in use. A newly wanted one takes its place only when it is ready, so that no frame waits for it;
/// but on a GPU that it is being put on, both use one queue.
#[derive(Debug, Default)]
pub struct ModelSlot {
    slot: Mutex<Slot>,
}

impl ModelSlot {
    /// A slot in which a model is in use already.
    pub fn of(model: Option<Arc<Model>>) -> Self {
        Self { slot: Mutex::new(Slot { model, wanted: 0 }) }
    }

    /// The model in use.
    pub fn current(&self) -> Option<Arc<Model>> {
        self.lock().model.clone()
    }

    /// Puts a model in use at once.
    pub fn put(&self, model: Model) {
        // What was there is dropped after the lock.
        let _replaced = {
            let mut slot = self.lock();
            slot.wanted += 1;
            slot.model.replace(Arc::new(model))
        };
    }

    /// Takes the model out of use.
    pub fn clear(&self) {
        let taken = {
            let mut slot = self.lock();
            slot.wanted += 1;
            slot.model.take()
        };
        drop(taken);
    }

    /// Loads a model on a thread of its own and then puts it in use, unless another was asked for since. `done` is told
    /// how it went; on an error the model of before stays in use, and the error comes with whether there is no such
    /// model and none to come.
    pub fn load(
        self: &Arc<Self>,
        load: Load,
        pending: &Arc<Pending>,
        done: impl FnOnce(Result<Arc<Model>, (LoadError, bool)>) + Send + 'static,
    ) {
        let wanted = {
            let mut slot = self.lock();
            slot.wanted += 1;
            slot.wanted
        };
        let (slot, retiring) = (Arc::clone(self), Arc::clone(self));
        let path = load.path.clone();
        let loaded = move |loaded: Result<Result<Model, LoadError>, Undone>| {
            let undone = |reason| Err(LoadError::Undone { path, reason });
            let loaded = loaded.unwrap_or_else(undone).map(Arc::new);
            let (loaded, replaced) = {
                let mut slot = slot.lock();
                let latest = slot.wanted == wanted;
                let replaced = match (&loaded, latest) {
                    (Ok(model), true) => slot.model.replace(Arc::clone(model)),
                    _ => None,
                };
                (loaded.map_err(|error| (error, latest && slot.model.is_none())), replaced)
            };
            done(loaded);
            replaced
        };
        pending.spawn_then(
            "standin-load",
            move || load.run(),
            loaded,
            move |replaced| {
                if let Some(replaced) = replaced {
                    retiring.retire(replaced, wanted);
                }
            },
        );
    }

    /// Frees a model that was replaced here, where nobody waits, once the frames that began with it are done; not where
    /// they take too long, as those of a paused stream do, or another model is wanted.
    fn retire(&self, model: Arc<Model>, wanted: u64) {
        let begun = Instant::now();
        while Arc::strong_count(&model) > 1 && begun.elapsed() < RETIREMENT && self.lock().wanted == wanted {
            std::thread::sleep(TICK);
        }
        drop(model);
        heap::give_back();
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! From the references of performers to what recognises them: read beside the stream, taken by it when they are ready.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Pending, PrepareError};
use crate::face::{Finder, IdentityNetwork, Mesh, Recognition, ReferenceError, read_reference};
use crate::runtime::Runtime;

/// Where a stream finds what recognises its performers. References that are asked for replace those of before at
/// once: until they are read, nobody is recognised.
#[derive(Debug, Default)]
pub struct References {
    wanted: AtomicU64,
    ready: Mutex<Option<(u64, Recognition)>>,
}

impl References {
    /// Number of the references that were asked for last; 0 where none were.
    pub fn wanted(&self) -> u64 {
        self.wanted.load(Ordering::Acquire)
    }

    /// Makes those that are read or being read unwanted; gives the number of the next.
    pub fn renew(&self) -> u64 {
        self.wanted.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// What has become ready since the last time, with its number.
    pub fn take(&self) -> Option<(u64, Recognition)> {
        // Whoever holds it only puts something in: the next frame comes soon.
        self.ready.try_lock().ok()?.take()
    }

    fn put(&self, number: u64, recognition: Recognition) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if number == self.wanted() {
            *ready = Some((number, recognition));
        }
    }

    /// Looks at the references of all performers, in their order, on a thread of its own. `done` is not told of those
    /// that nobody wants any more.
    pub fn read(
        self: &Arc<Self>,
        number: u64,
        pending: &Arc<Pending>,
        beside: Option<PathBuf>,
        paths: Vec<PathBuf>,
        done: impl FnOnce(Result<(), PrepareError>) + Send + 'static,
    ) {
        let [asked, references] = [(); 2].map(|()| Arc::clone(self));
        let work = move || read(beside.as_deref(), &paths, &|| asked.wanted() == number);
        pending.spawn("standin-references", work, move |read| {
            if references.wanted() == number {
                let read = read.unwrap_or_else(|undone| Err(undone.into()));
                done(read.map(|recognition| references.put(number, recognition)));
            }
        });
    }
}

fn read(beside: Option<&Path>, paths: &[PathBuf], wanted: &impl Fn() -> bool) -> Result<Recognition, PrepareError> {
    let runtime = Runtime::load(beside)?;
    let mut network = IdentityNetwork::new(&runtime, 1).map_err(ReferenceError::from)?;
    let mut finder = Finder::new(&runtime, Mesh::default())?;
    let mut read = |path: &PathBuf| read_reference(path, &mut finder, &mut network, wanted);
    let references = paths.iter().map(&mut read).collect::<Result<Vec<_>, _>>()?;
    Ok(Recognition::new(network, references))
}

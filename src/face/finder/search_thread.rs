//! The detector on a thread of its own: a frame need not wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::face::letterbox::{Tone, sample};
use crate::face::{Detection, Detector};
use crate::frame::Frame;
use crate::geometry::Similarity;
use crate::runtime::NetworkError;

/// One look of the detector, on its way to the thread and back.
#[derive(Debug)]
struct Look {
    /// RGB, −1..1, the detector's size.
    picture: Vec<f32>,
    /// Picture px to frame px.
    search: Similarity,
    threshold: f32,
    /// Positions in frame px.
    found: Vec<Detection>,
    outcome: Result<(), NetworkError>,
}

/// A detector that looks at one picture at a time.
#[derive(Debug)]
pub(super) struct SearchThread {
    size: usize,
    /// `None` once it is to end.
    looks: Option<SyncSender<Look>>,
    seen: Receiver<Look>,
    /// The look that is not on its way.
    spare: Option<Look>,
    thread: Option<JoinHandle<()>>,
}

fn ended() -> NetworkError {
    NetworkError::Runtime("the thread of the face detector has ended".to_owned())
}

impl SearchThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`NetworkError::Runtime`] where the system has no thread to give.
    pub(super) fn start(mut detector: Detector) -> Result<Self, NetworkError> {
        let (looks, inbox) = sync_channel::<Look>(1);
        let (outbox, seen) = sync_channel(1);
        let size = detector.size();
        let work = move || {
            for mut look in inbox {
                look.found.clear();
                let Look { picture, search, threshold, found, .. } = &mut look;
                let detect = || detector.detect_in(picture, search, *threshold, found);
                look.outcome = catch_unwind(AssertUnwindSafe(detect))
                    .unwrap_or_else(|_| Err(NetworkError::Runtime("the face detector panicked".to_owned())));
                if outbox.send(look).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("standin-detect".to_owned()).spawn(work);
        let thread = thread.map_err(|error| NetworkError::Runtime(format!("no thread for the detector: {error}")))?;
        let spare = Look {
            picture: vec![0.0; size * size * 3],
            search: Similarity::IDENTITY,
            threshold: 0.0,
            found: Vec::with_capacity(64),
            outcome: Ok(()),
        };
        Ok(Self { size, looks: Some(looks), seen, spare: Some(spare), thread: Some(thread) })
    }

    /// Side of the detector's square picture in px.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Begins to look at what `search` (picture px to frame px) shows of `frame`; what an earlier look has seen is
    /// lost.
    ///
    /// # Errors
    /// [`NetworkError`] where the thread has ended.
    pub(super) fn begin(&mut self, frame: &Frame, search: &Similarity, threshold: f32) -> Result<(), NetworkError> {
        if self.spare.is_none() {
            self.spare = Some(self.seen.recv().map_err(|_| ended())?);
        }
        // A panic must not lose it: the next look would wait for it for ever.
        let Some(look) = &mut self.spare else { return Err(ended()) };
        (look.search, look.threshold) = (*search, threshold);
        sample(frame, search, self.size, Tone::SIGNED, &mut look.picture);
        let look = self.spare.take().ok_or_else(ended)?;
        self.looks.as_ref().ok_or_else(ended)?.send(look).map_err(|_| ended())
    }

    /// Waits for the look that was begun, and appends what it saw, best first.
    ///
    /// # Errors
    /// [`NetworkError`] where the run failed, the thread has ended or nothing was begun.
    pub(super) fn finish(&mut self, found: &mut Vec<Detection>) -> Result<(), NetworkError> {
        if self.spare.is_some() {
            return Err(NetworkError::Runtime("the face detector was not asked to look".to_owned()));
        }
        let mut look = self.seen.recv().map_err(|_| ended())?;
        found.append(&mut look.found);
        let outcome = std::mem::replace(&mut look.outcome, Ok(()));
        self.spare = Some(look);
        outcome
    }

    /// Both, one after the other.
    ///
    /// # Errors
    /// As [`SearchThread::finish`].
    pub(super) fn detect(
        &mut self,
        frame: &Frame,
        search: &Similarity,
        threshold: f32,
        found: &mut Vec<Detection>,
    ) -> Result<(), NetworkError> {
        self.begin(frame, search, threshold)?;
        self.finish(found)
    }
}

impl Drop for SearchThread {
    fn drop(&mut self) {
        self.looks = None;
        if let Some(thread) = self.thread.take() {
            // A look that is on its way fits the channel, so that the thread does not wait for anybody.
            let _ = thread.join();
        }
    }
}

//! The pictures before and after the swap, as small JPEGs, made only while a page asks for them.

mod jpeg;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use tokio::sync::watch;

use crate::call::{Call, Tap};
use jpeg::Encoder;

/// From one picture to the next at least.
const PAUSE: Duration = Duration::from_millis(100);
/// How long no page must have asked before none are made.
const UNASKED: Duration = Duration::from_secs(2);
/// From one look at the taps to the next.
const LOOK: Duration = Duration::from_millis(15);
/// How long a page's question waits for the next picture.
const WAIT: Duration = Duration::from_millis(300);

/// Which of the two pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// A picture and its number, so that a page gets each once.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) number: u64,
    pub(super) jpeg: Bytes,
}

#[derive(Debug)]
struct Shared {
    before: watch::Sender<Option<Picture>>,
    after: watch::Sender<Option<Picture>>,
    /// When a page asked last; never, once the panel ends.
    asked: Mutex<Option<Instant>>,
}

/// The thread that makes them. Ends with its value.
#[derive(Debug)]
pub(super) struct Preview {
    shared: Arc<Shared>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Preview {
    /// # Errors
    /// GStreamer has no encoder for JPEG, or there is no thread.
    pub(super) fn start(call: Arc<Mutex<Call>>) -> anyhow::Result<Self> {
        let encoders = (Encoder::new()?, Encoder::new()?);
        let shared = Arc::new(Shared {
            before: watch::Sender::new(None),
            after: watch::Sender::new(None),
            asked: Mutex::new(None),
        });
        let (wake, woken) = sync_channel(1);
        let own = Arc::clone(&shared);
        let run = move || own.run(&call, &encoders, &woken);
        let thread = std::thread::Builder::new().name("preview".to_owned()).spawn(run)?;
        Ok(Self { shared, wake: Some(wake), thread: Some(thread) })
    }

    /// A picture that is newer than number `than`; none where none comes for a moment.
    pub(super) async fn newer(&self, side: Side, than: u64) -> Option<Picture> {
        self.shared.set_asked(Some(Instant::now()));
        if let Some(wake) = &self.wake {
            // A thread that works needs no waking.
            let _ = wake.try_send(());
        }
        let mut pictures = match side {
            Side::Before => self.shared.before.subscribe(),
            Side::After => self.shared.after.subscribe(),
        };
        let newer = |picture: &Option<Picture>| picture.as_ref().is_some_and(|picture| picture.number > than);
        let found = tokio::time::timeout(WAIT, pictures.wait_for(newer)).await.ok()?.ok()?;
        found.clone()
    }
}

impl Shared {
    fn run(&self, call: &Mutex<Call>, encoders: &(Encoder, Encoder), woken: &Receiver<()>) {
        // Numbers go on after a restart, for pages that were open before it.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let mut number = now.map_or(0, |since| since.as_millis() as u64);
        while woken.recv().is_ok() {
            let (taps, look) = {
                let call = call.lock().unwrap_or_else(PoisonError::into_inner);
                (call.taps().clone(), call.look())
            };
            taps.before.open(PAUSE);
            taps.after.open(PAUSE);
            while self.is_asked() {
                for (tap, encoder, to) in
                    [(&taps.before, &encoders.0, &self.before), (&taps.after, &encoders.1, &self.after)]
                {
                    if let Some(jpeg) = next(tap, encoder) {
                        number += 1;
                        to.send_replace(Some(Picture { number, jpeg }));
                    }
                }
                std::thread::sleep(LOOK);
            }
            taps.before.close();
            taps.after.close();
            // A face that was kept for nobody is gone.
            self.before.send_replace(None);
            self.after.send_replace(None);
            drop(look);
        }
    }

    fn set_asked(&self, asked: Option<Instant>) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }

    fn is_asked(&self) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|asked| asked.elapsed() < UNASKED)
    }
}

fn next(tap: &Tap, encoder: &Encoder) -> Option<Bytes> {
    encoder.encode(&tap.take()?)
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.wake = None;
        self.shared.set_asked(None);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

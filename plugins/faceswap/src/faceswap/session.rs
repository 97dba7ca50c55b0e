//! What exists while the element is active: the queue of the library's stages, what prepares beside it, and what the
//! streaming threads must know of each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gst_video::VideoInfo;
use standin::frame::Layout;
use standin::live::{Casting, Device, Latency, Model, ModelSlot, Occupancy, Pending, Queue, StreamStatistics};

use super::buffer::MappedBuffer;
use super::provenance::Tags;

/// From one attempt to get a lost GPU back to the next.
const PATIENCE: Duration = Duration::from_secs(5);

/// One activation of the element, from READY to PAUSED and back.
pub(super) struct Session {
    /// Frames on their way, with the events between them.
    pub(super) queue: Queue<MappedBuffer, gst::Event>,
    /// The model in use.
    pub(super) models: Arc<ModelSlot>,
    /// The models of the performers, by number, of those who have their own.
    pub(super) performers: Mutex<Vec<Option<Arc<ModelSlot>>>>,
    /// What is still being loaded.
    pub(super) pending: Arc<Pending>,
    /// What is being loaded and may come later than the first frames.
    pub(super) unhurried: Arc<Pending>,
    /// Whether the mesh has refined landmarks.
    pub(super) refined: bool,
    /// Frames that are swapped at once; none where the streaming thread does everything.
    pub(super) workers: usize,
    /// Where models run.
    pub(super) device: Device,
    /// When a lost GPU was last asked for again.
    pub(super) recovery: Mutex<Option<Instant>>,
    /// Set when there is nothing to go on with: a message has said why.
    pub(super) failed: Arc<AtomicBool>,
    /// From a flush's start to its stop, and from the stop of the element on.
    pub(super) flushing: AtomicBool,
    /// What the frames that come in are read with.
    pub(super) input: Mutex<Input>,
    /// What the frames that leave are timed and counted with.
    pub(super) output: Mutex<Output>,
}

/// The state of the side where frames come in.
#[derive(Default)]
pub(super) struct Input {
    /// Their caps.
    pub(super) caps: Option<(VideoInfo, Layout)>,
    /// Their running time.
    pub(super) segment: gst::FormattedSegment<gst::ClockTime>,
    /// Running time of the last one, which one without a time stamp gets, too.
    pub(super) last: gst::ClockTime,
    /// Whether the next frame follows one that was dropped as late.
    pub(super) discont: bool,
}

impl Input {
    /// Running time of a buffer that begins at `pts`: unlike that, it goes on from segment to segment.
    pub(super) fn running(&mut self, pts: Option<gst::ClockTime>) -> gst::ClockTime {
        self.last = pts.and_then(|pts| self.segment.to_running_time(pts)).unwrap_or(self.last);
        self.last
    }
}

/// The state of the side where frames leave.
pub(super) struct Output {
    /// What downstream said of the last frame.
    pub(super) flow: Result<gst::FlowSuccess, gst::FlowError>,
    /// Running time of frames.
    pub(super) segment: gst::FormattedSegment<gst::ClockTime>,
    /// Whether upstream is live, and its latency.
    pub(super) upstream: Option<gst::ClockTime>,
    /// What frames need.
    pub(super) latency: Latency,
    /// When the last frame was ready, and those before it.
    pub(super) ready: Instant,
    /// Milliseconds from one frame of the source to the next, where its caps say so.
    pub(super) period: Option<f32>,
    /// How busy the stages are.
    pub(super) occupancy: Occupancy,
    /// The second that is being counted.
    pub(super) statistics: StreamStatistics,
    /// When it began.
    pub(super) since: Instant,
    /// The second before, as a structure.
    pub(super) last: Option<gst::Structure>,
    /// Frames before this running time come too late to be shown.
    pub(super) earliest: Option<gst::ClockTime>,
    /// What was said last about a failing stage, so that it is said once.
    pub(super) failure: Option<String>,
    /// The wait that a flush must end.
    pub(super) waiting: Option<gst::SingleShotClockId>,
    /// Size of the frames that leave.
    pub(super) size: (u32, u32),
    /// Whether the next frame follows one that was dropped.
    pub(super) discont: bool,
    /// What the stream is said to be.
    pub(super) tags: Tags,
}

impl Output {
    pub(super) fn new(depth: usize) -> Self {
        Self {
            flow: Ok(gst::FlowSuccess::Ok),
            segment: gst::FormattedSegment::new(),
            upstream: None,
            latency: Latency::new(1000.0 / 30.0, depth),
            ready: Instant::now(),
            period: None,
            occupancy: Occupancy::default(),
            statistics: StreamStatistics::default(),
            since: Instant::now(),
            last: None,
            earliest: None,
            failure: None,
            waiting: None,
            size: (0, 0),
            discont: false,
            tags: Tags::default(),
        }
    }
}

impl Session {
    /// Whether frames are unwanted now.
    pub(super) fn is_flushing(&self) -> bool {
        self.flushing.load(Ordering::Acquire)
    }

    /// Makes everything in flight unwanted, and ends all waits.
    pub(super) fn begin_flush(&self) {
        self.flushing.store(true, Ordering::Release);
        self.queue.begin_flush();
        if let Some(waiting) = self.output().waiting.take() {
            waiting.unschedule();
        }
    }

    /// Frames are wanted again.
    pub(super) fn end_flush(&self) {
        let mut output = self.output();
        output.flow = Ok(gst::FlowSuccess::Ok);
        output.segment = gst::FormattedSegment::new();
        output.occupancy.pause();
        output.earliest = None;
        lock(&self.input).segment = gst::FormattedSegment::new();
        self.queue.end_flush();
        self.flushing.store(false, Ordering::Release);
    }

    /// Ends all threads. One that is still loading is waited for: a process may end right after this, and a library
    /// that is taken apart while it loads aborts it.
    pub(super) fn stop(&self) {
        self.queue.stop();
        self.models.clear();
        lock(&self.performers).iter().flatten().for_each(|slot| slot.clear());
        self.pending.close();
        self.unhurried.close();
    }

    /// Writes which models there are now, for as many performers.
    pub(super) fn cast(&self, performers: usize, casting: &mut Casting) {
        casting.model = self.models.current();
        let slots = lock(&self.performers);
        casting.performers.extend((0..performers).map(|number| match slots.get(number) {
            Some(Some(slot)) => slot.current(),
            _ => casting.model.clone(),
        }));
    }

    /// Whether other models are in use than those of a frame.
    pub(super) fn has_recast(&self, casting: &Casting) -> bool {
        let other = |of: &Option<Arc<Model>>, now: &Option<Arc<Model>>| {
            of.as_ref().zip(now.as_ref()).is_some_and(|(of, now)| !Arc::ptr_eq(of, now))
        };
        let mut now = Casting::default();
        self.cast(casting.performers.len(), &mut now);
        other(&casting.model, &now.model)
            || casting.performers.iter().zip(&now.performers).any(|(of, now)| other(of, now))
    }

    /// Whether a lost GPU is to be asked for now: not while it was asked for a moment ago.
    pub(super) fn begin_recovery(&self) -> bool {
        let mut last = lock(&self.recovery);
        let due = last.is_none_or(|last| last.elapsed() > PATIENCE);
        if due {
            *last = Some(Instant::now());
        }
        due
    }

    /// The side where frames leave.
    pub(super) fn output(&self) -> MutexGuard<'_, Output> {
        lock(&self.output)
    }
}

/// Locks, whatever a panic left behind.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock time of so many milliseconds.
pub(super) fn from_milliseconds(milliseconds: f64) -> gst::ClockTime {
    gst::ClockTime::from_nseconds((milliseconds.max(0.0) * 1e6) as u64)
}

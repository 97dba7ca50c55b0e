//! The pipeline, what is counted of it, and an end to waiting for it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use gst::prelude::*;

use super::deed::Models;
use super::patience::Patience;
use super::raw::Raw;

/// How often the bus is left to look at something else.
const TURN: gst::ClockTime = gst::ClockTime::from_mseconds(5);

/// What happened so far.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Frames that came to the element.
    pub(crate) entered: AtomicU64,
    /// Frames that left it.
    pub(crate) left: AtomicU64,
    /// Frames that left with a time not after that of the one before.
    pub(crate) disorder: AtomicU64,
    /// Whether the next frame that comes is to be cut short.
    short: AtomicBool,
}

/// Clips, the element, and nothing behind it.
pub(crate) struct Stream {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    clip_seconds: f64,
    pub(crate) counts: Arc<Counts>,
    /// Frames that the element says it dropped.
    pub(crate) drops: u64,
    /// Warnings of the element: one for each bad model that was tried.
    pub(crate) warnings: u64,
    /// Milliseconds from a frame's arrival to its departure: median of the last second that was counted.
    pub(crate) latency: f64,
}

impl Stream {
    /// With `model`, beginning with `clip`.
    pub(crate) fn new(model: &Path, clip: &Raw) -> anyhow::Result<Self> {
        let pipeline = gst::parse::launch(&format!(
            "filesrc name=file ! rawvideoparse name=raw format=i420 framerate=30/1 ! videoscale n-threads=1 ! \
             videoconvert n-threads=1 ! capsfilter name=caps caps-change-mode=delayed ! identity name=loss ! \
             faceswap name=swap device=cpu model={} ! fakesink name=sink sync=false",
            model.display()
        ))?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| anyhow!("no pipeline"))?;
        let (bus, counts) = (pipeline.bus().context("no bus")?, Arc::new(Counts::default()));
        let (clip_seconds, latency) = (0.0, 0.0);
        let mut stream = Self { pipeline, bus, clip_seconds, counts, drops: 0, warnings: 0, latency };
        stream.watch()?;
        stream.open(clip);
        Ok(stream)
    }

    fn element(&self, name: &str) -> anyhow::Result<gst::Element> {
        self.pipeline.by_name(name).with_context(|| format!("no element {name}"))
    }

    /// Counts what enters and leaves, and cuts the frame short that is to be.
    fn watch(&self) -> anyhow::Result<()> {
        let swap = self.element("swap")?;
        let pad = |name| swap.static_pad(name).context("no pad");
        let counts = Arc::clone(&self.counts);
        pad("sink")?.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            counts.entered.fetch_add(1, Ordering::Relaxed);
            if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data
                && counts.short.swap(false, Ordering::Relaxed)
            {
                *buffer = gst::Buffer::from_slice([0; 16]);
            }
            gst::PadProbeReturn::Ok
        });
        let (counts, last) = (Arc::clone(&self.counts), Mutex::new(None));
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::EVENT_FLUSH;
        pad("src")?.add_probe(kinds, move |_, info| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            match &info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => {
                    counts.left.fetch_add(1, Ordering::Relaxed);
                    counts.disorder.fetch_add(u64::from(last.is_some() && buffer.pts() <= *last), Ordering::Relaxed);
                    *last = buffer.pts();
                }
                Some(gst::PadProbeData::Event(event))
                    if matches!(event.type_(), gst::EventType::Segment | gst::EventType::FlushStop) =>
                {
                    *last = None;
                }
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
        Ok(())
    }

    fn open(&mut self, clip: &Raw) {
        self.clip_seconds = clip.frames as f64 / 30.0;
        let (width, height) = clip.size;
        self.set_of("file", "location", &clip.file.path().display().to_string());
        self.set_of("file", "blocksize", &clip.frame_bytes().to_string());
        self.set_of("raw", "width", &width.to_string());
        self.set_of("raw", "height", &height.to_string());
    }

    fn set_of(&self, element: &str, property: &str, value: &str) {
        if let Some(element) = self.pipeline.by_name(element) {
            element.set_property_from_str(property, value);
        }
    }

    /// Sets a property of the element.
    pub(crate) fn set(&self, property: &str, value: &str) {
        self.set_of("swap", property, value);
    }

    /// Another model.
    pub(crate) fn set_model(&self, model: &Path) {
        self.set("model", &model.display().to_string());
    }

    /// Other frames, of the clip's own shape.
    pub(crate) fn set_caps(&self, format: &str, width: i32) -> anyhow::Result<()> {
        let caps = gst::Caps::builder("video/x-raw").field("format", format).field("width", width);
        self.element("caps")?.set_property("caps", caps.field("height", width * 9 / 16).build());
        Ok(())
    }

    /// A seek to this part of the clip. One while another is not done may be refused.
    pub(crate) fn seek(&self, part: f64, exact: bool) {
        let flags = if exact { gst::SeekFlags::ACCURATE } else { gst::SeekFlags::KEY_UNIT };
        let time = gst::ClockTime::from_seconds_f64(part * self.clip_seconds);
        let _ = self.pipeline.seek_simple(gst::SeekFlags::FLUSH | flags, time);
    }

    /// A flush, after which it goes on where it was.
    pub(crate) fn flush(&self) {
        if let Some(position) = self.pipeline.query_position::<gst::ClockTime>() {
            let _ = self.pipeline.seek_simple(gst::SeekFlags::FLUSH, position);
        }
    }

    /// Every third frame goes missing before the element, until [`Stream::go_on`] has ended.
    pub(crate) fn lose(&self) {
        self.set_of("loss", "drop-probability", "0.33");
    }

    /// Plays.
    pub(crate) fn start(&self) -> anyhow::Result<()> {
        self.change(gst::State::Playing)
    }

    /// Stops, and forgets what the bus holds.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        self.change(gst::State::Null)?;
        self.read()
    }

    /// Stops, with a model that can be started again.
    pub(crate) fn rest(&mut self, models: &Models) -> anyhow::Result<()> {
        self.stop()?;
        self.set_model(models.first());
        Ok(())
    }

    /// To `state` and back, after so many frames there were any for.
    pub(crate) fn cycle(&mut self, state: gst::State, models: &Models, frames: usize) -> anyhow::Result<()> {
        self.change(state)?;
        // A model that cannot be used was no error while there was another; where there is none, it is.
        self.set_model(models.first());
        self.start()?;
        self.go_on(frames)?;
        self.change(state)?;
        self.start()
    }

    /// Another clip.
    pub(crate) fn take(&mut self, clip: &Raw, models: &Models) -> anyhow::Result<()> {
        self.rest(models)?;
        self.open(clip);
        self.start()
    }

    /// A frame comes that is too short: the element must say so, and works again once it was stopped.
    pub(crate) fn shorten(&mut self, models: &Models) -> anyhow::Result<()> {
        self.counts.short.store(true, Ordering::Relaxed);
        let refused = self.wait(u64::MAX).err().context("a short frame is taken")?;
        if !refused.to_string().starts_with("swap: ") {
            return Err(refused);
        }
        self.change(gst::State::Null)?;
        // What others said of it.
        self.bus.set_flushing(true);
        self.bus.set_flushing(false);
        self.set_model(models.first());
        self.start()
    }

    /// Waits for so many frames more to come to the element; a clip that ends begins again.
    pub(crate) fn go_on(&mut self, frames: usize) -> anyhow::Result<()> {
        let wanted = self.counts.entered.load(Ordering::Relaxed) + frames as u64;
        let done = self.wait(wanted);
        self.set_of("loss", "drop-probability", "0");
        done
    }

    fn wait(&mut self, wanted: u64) -> anyhow::Result<()> {
        let mut patience = Patience::new();
        let mut ended = false;
        loop {
            let message = self.bus.timed_pop(TURN);
            let came = message.is_some();
            ended |= message.map_or(Ok(false), |message| self.note(&message))?;
            if self.counts.entered.load(Ordering::Relaxed) >= wanted {
                return Ok(());
            }
            if patience.is_over() {
                bail!("the pipeline hangs, in {:?}", self.pipeline.state(gst::ClockTime::ZERO));
            }
            if ended && !came {
                let begin = self.pipeline.seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::ZERO);
                ended = begin.is_err();
            }
        }
    }

    /// Reads what the bus holds.
    fn read(&mut self) -> anyhow::Result<()> {
        while let Some(message) = self.bus.pop() {
            self.note(&message)?;
        }
        Ok(())
    }

    /// Takes in what a message says; whether it is the end of the clip.
    fn note(&mut self, message: &gst::Message) -> anyhow::Result<bool> {
        let source = message.src().map(|source| source.name().to_string()).unwrap_or_default();
        match message.view() {
            gst::MessageView::Eos(_) => return Ok(true),
            gst::MessageView::Error(error) => bail!("{source}: {} ({:?})", error.error(), error.debug()),
            gst::MessageView::Warning(_) if source == "swap" => self.warnings += 1,
            gst::MessageView::Element(element) => {
                if let Some(stats) = element.structure().filter(|found| found.name() == "faceswap-stats") {
                    self.drops += stats.get::<u64>("drops").unwrap_or_default();
                    self.latency = stats.get::<f64>("total-ms").unwrap_or_default();
                }
            }
            _ => {}
        }
        Ok(false)
    }

    /// Changes the state, on a thread that may be given up.
    fn change(&self, state: gst::State) -> anyhow::Result<()> {
        let pipeline = self.pipeline.clone();
        let changing = std::thread::spawn(move || pipeline.set_state(state).map(|_| ()));
        let mut patience = Patience::new();
        while !changing.is_finished() {
            if patience.is_over() {
                bail!("the change to {state:?} hangs");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let changed = changing.join().map_err(|_| anyhow!("the change to {state:?} panicked"))?;
        changed.with_context(|| format!("no change to {state:?}"))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = self.change(gst::State::Null);
    }
}

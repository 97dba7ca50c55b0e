//! A pipeline whose frames are kept and whose bus is read, with an end to all patience.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gst::prelude::*;

use super::{Frame, Patience};

/// How often the bus is left to look at something else.
const TURN: Duration = Duration::from_millis(10);

/// An error that a pipeline ended with.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    error: gst::glib::Error,
    /// Who posted it.
    pub(crate) source: String,
}

impl Failure {
    /// Whether it is of this domain and code.
    pub(crate) fn is<T: ErrorDomain>(&self, kind: T) -> bool {
        self.error.matches(kind)
    }

    /// What the user reads.
    pub(crate) fn text(&self) -> String {
        self.error.message().to_owned()
    }
}

/// A pipeline with an appsink `sink` and, mostly, a faceswap `swap` in it.
pub(crate) struct Watched {
    pub(crate) pipeline: gst::Pipeline,
    frames: Arc<Mutex<Vec<Frame>>>,
    messages: Vec<gst::Message>,
}

impl Watched {
    /// Builds a pipeline; an appsink that keeps frames is put behind it.
    pub(crate) fn new(text: &str) -> Self {
        Self::with_sink(text, "appsink sync=false")
    }

    /// The same with an appsink of other properties.
    pub(crate) fn with_sink(text: &str, sink: &str) -> Self {
        super::init();
        let text = format!("{text} ! {sink} name=sink");
        let pipeline = gst::parse::launch(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
        let sink = pipeline.by_name("sink").unwrap().downcast::<gst_app::AppSink>().unwrap();
        let frames = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&frames);
        let keep = move |sample: Result<gst::Sample, gst::glib::BoolError>| {
            let sample = sample.map_err(|_| gst::FlowError::Eos)?;
            kept.lock().unwrap().push(Frame::of(&sample));
            Ok(gst::FlowSuccess::Ok)
        };
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder().new_sample(move |sink| keep(sink.pull_sample())).build(),
        );
        Self { pipeline, frames, messages: Vec::new() }
    }

    /// The element of that name.
    pub(crate) fn element(&self, name: &str) -> gst::Element {
        self.pipeline.by_name(name).unwrap_or_else(|| panic!("no element {name}"))
    }

    /// The appsrc `source`.
    pub(crate) fn source(&self) -> gst_app::AppSrc {
        self.element("source").downcast().unwrap()
    }

    /// Starts it. A refusal shows on the bus.
    pub(crate) fn start(&self) {
        let _ = self.pipeline.set_state(gst::State::Playing);
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        let pipeline = self.pipeline.clone();
        let stopping = std::thread::spawn(move || pipeline.set_state(gst::State::Null).is_ok());
        let mut patience = Patience::new();
        while !stopping.is_finished() {
            assert!(!patience.is_over(), "the pipeline does not stop");
            std::thread::sleep(TURN);
        }
        assert!(stopping.join().unwrap());
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        let mut patience = Patience::new();
        loop {
            assert!(!patience.is_over(), "the pipeline does not end");
            let Some(message) = self.next_message(TURN) else { continue };
            match message.view() {
                gst::MessageView::Eos(_) => return Ok(()),
                gst::MessageView::Error(error) => {
                    let source = error.src().map(|source| source.name().to_string()).unwrap_or_default();
                    return Err(Failure { error: error.error(), source });
                }
                _ => {}
            }
        }
    }

    /// Waits until `count` frames have come out.
    pub(crate) fn wait_for_frames(&mut self, count: usize) {
        let mut patience = Patience::new();
        while self.count() < count {
            assert!(!patience.is_over(), "only {} of {count} frames came", self.count());
            if let Some(message) = self.next_message(TURN)
                && let gst::MessageView::Error(error) = message.view()
            {
                panic!("{} while waiting for {count} frames", error.error());
            }
        }
    }

    /// Waits for a message that `found` accepts, among those that came already, too.
    pub(crate) fn wait_for(&mut self, what: &str, found: impl Fn(&gst::MessageRef) -> bool) {
        let mut patience = Patience::new();
        while !self.messages.iter().any(|message| found(message)) {
            assert!(!patience.is_over(), "no {what}");
            self.next_message(TURN);
        }
    }

    pub(crate) fn next_message(&mut self, within: Duration) -> Option<gst::Message> {
        let message = self.pipeline.bus().unwrap().timed_pop(gst::ClockTime::try_from(within).unwrap())?;
        self.messages.push(message.clone());
        Some(message)
    }

    /// Messages that were read.
    pub(crate) fn messages(&mut self) -> &[gst::Message] {
        while self.next_message(Duration::ZERO).is_some() {}
        &self.messages
    }

    /// The texts of all warnings.
    pub(crate) fn warnings(&mut self) -> Vec<String> {
        let warning = |message: &gst::Message| match message.view() {
            gst::MessageView::Warning(warning) => Some(warning.error().message().to_owned()),
            _ => None,
        };
        self.messages().iter().filter_map(warning).collect()
    }

    /// How many frames came out.
    pub(crate) fn count(&self) -> usize {
        self.frames.lock().unwrap().len()
    }

    /// Forgets the frames that came out.
    pub(crate) fn forget(&self) {
        self.frames.lock().unwrap().clear();
    }

    /// The frames that came out since the last call.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        std::mem::take(&mut self.frames.lock().unwrap())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Plays a pipeline to its end and gives the frames that came out.
pub(crate) fn play(text: &str) -> Vec<Frame> {
    let mut watched = Watched::new(text);
    watched.start();
    if let Err(failure) = watched.end() {
        panic!("{text}: {}", failure.text());
    }
    watched.frames()
}

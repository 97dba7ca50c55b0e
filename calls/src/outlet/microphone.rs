//! The microphone as a PipeWire source of its own, as late as the picture, so that lips and words meet. A recording
//! hears it too.

use gst::prelude::*;
use gst_app::{AppSink, AppSinkCallbacks};

use super::SoundWay;
use crate::fault::{self, Fault, make};

/// The system's own microphone, through the sound server that PipeWire desktops have.
pub const DEFAULT: &str = "pulsesrc client-name=standin";

/// Begin of the names of nodes for sound.
pub const NODE: &str = "standin-microphone";

/// Samples a second.
const RATE: usize = 48_000;
/// What is heard, and recorded.
pub(super) const CAPS: &str = "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved";
/// Samples of a cycle: the node sends a buffer a cycle, however long the buffer is.
const CYCLE: usize = 1024;

/// A running pipeline from the microphone to the node. Ends with its value.
#[derive(Debug)]
pub struct Microphone {
    pipeline: gst::Pipeline,
}

impl Microphone {
    /// Offers what `source` (words of a `gst-launch-1.0` line) hears as the node `node`, which applications list as
    /// `title`, and sends it on its way to a recording.
    ///
    /// # Errors
    /// [`Fault::NoElement`], [`Fault::Microphone`].
    pub fn open(
        source: &str,
        node: &str,
        title: &str,
        recording: SoundWay,
        said: impl Fn(&gst::Message) + Send + Sync + 'static,
    ) -> Result<Self, Fault> {
        make("pipewiresink")?;
        make("audiobuffersplit")?;
        let words = format!(
            "{source} ! audioconvert ! audioresample ! {CAPS} ! audiobuffersplit output-buffer-size={} ! tee name=heard ! \
             queue leaky=downstream max-size-time=10000000000 max-size-bytes=0 max-size-buffers=0 ! clocksync name=late ! \
             pipewiresink name=node mode=provide sync=false async=false \
             heard. ! queue leaky=downstream ! appsink name=recording sync=false async=false",
            CYCLE * 4,
        );
        let failed = |reason: &str| Fault::Microphone(reason.to_owned());
        let pipeline = gst::parse::launch(&words).map_err(|error| fault::unparsed(&error, Fault::Microphone))?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| failed("no pipeline"))?;
        let properties = gst::Structure::builder("properties")
            .field("media.class", "Audio/Source")
            .field("media.role", "Communication")
            .field("node.latency", format!("{CYCLE}/{RATE}"))
            .field("node.force-quantum", CYCLE.to_string())
            .field("node.force-rate", RATE.to_string())
            .field("node.name", node)
            .field("node.description", title)
            .build();
        if let Some(sink) = pipeline.by_name("node") {
            sink.set_property("stream-properties", &properties);
            super::pipewire::give_size(&sink);
        }
        if let Some(sink) = pipeline.by_name("recording").and_then(|sink| sink.downcast::<AppSink>().ok()) {
            let heard = move |sink: &AppSink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Flushing)?;
                if let (Some(sound), Some(began)) = (sample.buffer(), sink.base_time()) {
                    recording.pass(sound, began);
                }
                Ok(gst::FlowSuccess::Ok)
            };
            sink.set_callbacks(AppSinkCallbacks::builder().new_sample(heard).build());
        }
        pipeline.use_clock(Some(&gst::SystemClock::obtain()));
        if let Some(bus) = pipeline.bus() {
            bus.set_sync_handler(move |_, message| {
                said(message);
                gst::BusSyncReply::Drop
            });
        }
        let microphone = Self { pipeline };
        let plays = microphone.pipeline.set_state(gst::State::Playing).is_ok();
        plays.then_some(microphone).ok_or_else(|| failed("none can be opened"))
    }

    /// When it began, by the system's clock.
    pub fn began(&self) -> Option<gst::ClockTime> {
        self.pipeline.base_time()
    }

    /// Makes the sound so late, as who listens hears it: what the node is given leaves a cycle later.
    pub fn set_delay(&self, picture: gst::ClockTime) {
        let mut own = gst::query::Latency::new();
        let own = if self.pipeline.query(&mut own) { own.result().1 } else { gst::ClockTime::ZERO };
        let cycle = gst::ClockTime::SECOND.mul_div_floor(CYCLE as u64, RATE as u64).unwrap_or_default();
        let delay = i64::try_from(picture.saturating_sub(own + cycle).nseconds()).unwrap_or(i64::MAX);
        if let Some(late) = self.pipeline.by_name("late") {
            late.set_property("ts-offset", delay);
        }
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

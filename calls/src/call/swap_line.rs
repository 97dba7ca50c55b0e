//! The pipeline from the input through `faceswap` to the latest picture. It is made anew whenever the input is opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gst::prelude::*;
use gst_app::{AppSink, AppSinkCallbacks};

use super::Taps;
use super::event::Event;
use super::latest::Latest;
use super::plan::Plan;
use crate::fault::{Fault, make};

/// What a line has to say.
#[derive(Debug)]
pub(super) enum Said {
    /// The first picture that may be shown has come.
    Shown,
    /// The input is over.
    Ended,
    /// It cannot go on.
    Failed(Fault),
    /// How late it is has changed.
    Latency,
    /// What the call tells as it is.
    Event(Event),
}

/// A running pipeline. Ends with its value, and gives `faceswap` back.
#[derive(Debug)]
pub(super) struct SwapLine {
    pipeline: gst::Pipeline,
    element: gst::Element,
    gate: Arc<Gate>,
    probe: Option<gst::PadProbeId>,
}

/// Pictures pass from the first one on in which a face was swapped, or that the element lets out with nobody to
/// conceal.
#[derive(Debug, Default)]
struct Gate {
    open: AtomicBool,
    settled: AtomicBool,
    /// Pictures that have come from the input.
    arrived: AtomicU64,
    /// Pictures that have left `faceswap`.
    left: AtomicU64,
}

impl SwapLine {
    /// Runs from `input`, the bin of the plan's source.
    ///
    /// # Errors
    /// Why the input cannot be opened.
    pub(super) fn open(
        input: &gst::Bin,
        plan: &Plan,
        element: &gst::Element,
        latest: &Arc<Latest>,
        taps: &Taps,
        said: impl Fn(Said) + Send + Sync + Clone + 'static,
    ) -> Result<Self, Fault> {
        let pipeline = gst::Pipeline::new();
        let gate = Arc::new(Gate::default());
        let mut line = Self { pipeline, element: element.clone(), gate, probe: None };
        let leaves = line.build(plan, input.upcast_ref())?;
        line.listen(plan, said.clone());
        line.probe = line.tap(taps);
        line.show(&leaves, latest, taps, said);
        if line.pipeline.set_state(gst::State::Playing).is_err() {
            let error = line.pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
            return Err(match error.as_ref().map(|message| message.view()) {
                Some(gst::MessageView::Error(error)) => fault(plan, error),
                _ => Fault::Input { input: plan.source.name(), reason: "it does not start".to_owned() },
            });
        }
        Ok(line)
    }

    fn build(&self, plan: &Plan, input: &gst::Element) -> Result<AppSink, Fault> {
        let refused = || Fault::Input { input: plan.source.name(), reason: "its pipeline does not link".to_owned() };
        let (whole, convert, rate) = (make("deinterlace")?, make("videoconvertscale")?, make("videorate")?);
        let size = make("capsfilter")?;
        let (flip, queue) = (make("videoflip")?, make("queue")?);
        // One picture of two fields; what is not interlaced passes as it is.
        whole.set_property_from_str("fields", "top");
        convert.set_property("add-borders", true);
        rate.set_property("drop-only", true);
        rate.set_property("max-rate", plan.size.rate as i32);
        rate.set_property("skip-to-first", true);
        // Without an average it compares each picture with the next, and so holds one back.
        rate.set_property("average-period", gst::ClockTime::SECOND.nseconds());
        if plan.mirror {
            flip.set_property_from_str("method", "horizontal-flip");
        }
        let mut caps = plan.size.caps();
        if let Some(caps) = caps.make_mut().structure_mut(0) {
            caps.remove_field("framerate");
        }
        size.set_property("caps", &caps);
        plan.source.limit(&queue);
        let leaves = AppSink::builder().sync(false).max_buffers(2).drop(true).build();
        let sink = leaves.upcast_ref::<gst::Element>();
        let chain = [input, &whole, &convert, &rate, &flip, &size, &queue, &self.element, sink];
        self.pipeline.add_many(chain).map_err(|_| refused())?;
        gst::Element::link_many(chain).map_err(|_| refused())?;
        Ok(leaves)
    }

    fn listen(&self, plan: &Plan, said: impl Fn(Said) + Send + Sync + 'static) {
        let Some(bus) = self.pipeline.bus() else { return };
        let (plan, gate) = (plan.clone(), Arc::clone(&self.gate));
        bus.set_sync_handler(move |_, message| {
            match message.view() {
                gst::MessageView::Error(error) => {
                    said(Said::Failed(fault(&plan, error)));
                    return gst::BusSyncReply::Pass;
                }
                gst::MessageView::Eos(_) => said(Said::Ended),
                gst::MessageView::Latency(_) => said(Said::Latency),
                gst::MessageView::Warning(warning) => {
                    said(Said::Event(Event::Warning(warning.error().message().to_owned())));
                }
                gst::MessageView::Element(element) => {
                    if let Some(stats) = element.structure().filter(|stats| stats.name() == "faceswap-stats") {
                        gate.settle(stats);
                        said(Said::Event(Event::Statistics(stats.to_owned())));
                    }
                }
                _ => {}
            }
            gst::BusSyncReply::Drop
        });
    }

    /// Counts what comes in, and shows it to whoever taps there. `faceswap` works in place, so a picture that is kept
    /// is copied.
    fn tap(&self, taps: &Taps) -> Option<gst::PadProbeId> {
        let pad = self.element.static_pad("sink")?;
        let (gate, tap) = (Arc::clone(&self.gate), Arc::clone(&taps.before));
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
            gate.arrived.fetch_add(1, Ordering::Relaxed);
            if let Some(buffer) = probe.buffer() {
                tap.offer(|| {
                    let copy = buffer.copy_deep().ok()?;
                    let caps = pad.current_caps()?;
                    Some(gst::Sample::builder().buffer(&copy).caps(&caps).build())
                });
            }
            gst::PadProbeReturn::Ok
        })
    }

    fn show(&self, leaves: &AppSink, latest: &Arc<Latest>, taps: &Taps, said: impl Fn(Said) + Send + 'static) {
        let (gate, latest, tap) = (Arc::clone(&self.gate), Arc::clone(latest), Arc::clone(&taps.after));
        let callbacks = AppSinkCallbacks::builder().new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Flushing)?;
            gate.left.fetch_add(1, Ordering::Relaxed);
            let Some(picture) = sample.buffer_owned() else { return Ok(gst::FlowSuccess::Ok) };
            match gate.judge(&picture) {
                Verdict::Wait => return Ok(gst::FlowSuccess::Ok),
                Verdict::First => said(Said::Shown),
                Verdict::Pass => {}
            }
            drop(sample);
            latest.put(picture.clone());
            tap.offer(|| {
                Some(gst::Sample::builder().buffer(&picture).caps(&sink.sink_pads().first()?.current_caps()?).build())
            });
            Ok(gst::FlowSuccess::Ok)
        });
        leaves.set_callbacks(callbacks.build());
    }

    /// Pictures that have come from the input so far.
    pub(super) fn arrived(&self) -> u64 {
        self.gate.arrived.load(Ordering::Relaxed)
    }

    /// Whether `faceswap` holds the input up: it does with a clip until its model is loaded.
    pub(super) fn is_held(&self) -> bool {
        self.gate.is_held()
    }

    /// Plays a clip from its beginning; false where it cannot be.
    pub(super) fn rewind(&self) -> bool {
        self.pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT, gst::ClockTime::ZERO).is_ok()
    }

    /// Gives a latency that changed to all elements, and says what it is where the picture leaves `faceswap`: the
    /// sink behind it waits for nothing and says 0.
    pub(super) fn latency(&self) -> Option<gst::ClockTime> {
        let _ = self.pipeline.recalculate_latency();
        let mut query = gst::query::Latency::new();
        let answered = self.element.static_pad("src")?.query(&mut query);
        answered.then(|| query.result().1)
    }
}

impl Drop for SwapLine {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
        if let (Some(pad), Some(probe)) = (self.element.static_pad("sink"), self.probe.take()) {
            pad.remove_probe(probe);
        }
        let _ = self.pipeline.remove(&self.element);
    }
}

enum Verdict {
    Wait,
    First,
    Pass,
}

impl Gate {
    fn is_held(&self) -> bool {
        self.arrived.load(Ordering::Relaxed) > 0 && self.left.load(Ordering::Relaxed) == 0
    }

    fn judge(&self, picture: &gst::BufferRef) -> Verdict {
        if self.open.load(Ordering::Relaxed) {
            return Verdict::Pass;
        }
        if self.settled.load(Ordering::Acquire) || is_swapped(picture) {
            self.open.store(true, Ordering::Relaxed);
            return Verdict::First;
        }
        Verdict::Wait
    }

    /// From a second on in which not every frame had somebody to conceal, all that leaves is worth showing.
    fn settle(&self, stats: &gst::StructureRef) {
        let count =
            |field: &str| stats.value(field).ok().and_then(|value| value.transform::<u64>().ok()?.get::<u64>().ok());
        if let (Some(frames), Some(concealed)) = (count("frames"), count("concealed"))
            && frames > concealed
        {
            self.settled.store(true, Ordering::Release);
        }
    }
}

/// Whether the element has marked a face on it as swapped.
fn is_swapped(picture: &gst::BufferRef) -> bool {
    picture
        .iter_meta::<gst_video::VideoRegionOfInterestMeta>()
        .any(|meta| meta.params().any(|face| face.name() == "faceswap" && face.get::<bool>("swapped").unwrap_or(false)))
}

/// GStreamer's error as a fault of ours.
fn fault(plan: &Plan, message: &gst::message::Error) -> Fault {
    let (error, input) = (message.error(), plan.source.name());
    let own = message.src().is_some_and(|source| source.type_().name() == "GstFaceSwap");
    let named = plan.source.redact(error.message());
    let denied = message.debug().is_some_and(|debug| debug.contains("Permission denied"));
    match error.kind::<gst::ResourceError>() {
        _ if own => Fault::Swap(error.message().to_owned()),
        _ if error.matches(gst::CoreError::MissingPlugin) => Fault::NoDecoder { input },
        Some(gst::ResourceError::Busy) => Fault::BusyCamera { camera: input },
        Some(_) if denied && matches!(plan.source, crate::camera::Source::Camera(_)) => {
            Fault::ForbiddenCamera { camera: input }
        }
        _ => Fault::Input { input, reason: named.trim_end_matches('.').to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_held_from_its_first_picture_until_one_has_left() {
        let gate = Gate::default();
        assert!(!gate.is_held(), "an input that gives nothing is silent");
        gate.arrived.fetch_add(1, Ordering::Relaxed);
        assert!(gate.is_held());
        gate.left.fetch_add(1, Ordering::Relaxed);
        assert!(!gate.is_held(), "and so is one that stops later");
    }
}

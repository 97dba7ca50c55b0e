//! A camera through `faceswap` beside a microphone, both shown in time: how far is the picture from the sound?
//!
//! ```text
//! cargo build --release --workspace --examples
//! target/release/examples/audio_sync MODEL CLIP [SECONDS]
//! ```
//!
//! Of each buffer that a sink shows, the running time at that moment minus its own is how late it is. Picture and sound are
//! in step where both are equally late.

#[path = "../live_latency/camera.rs"]
mod camera;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use gst::prelude::*;

use camera::Run;

/// Seconds after which the latency has settled.
const SETTLED: f64 = 5.0;

/// Something that was shown: its own time in seconds, and how late in milliseconds.
type Shown = Arc<Mutex<Vec<(f64, f64)>>>;

fn main() -> anyhow::Result<()> {
    gst::init()?;
    gstfaceswap::plugin_register_static()?;
    let Run { model, camera, seconds } = Run::told(600)?;
    let swap = gst::ElementFactory::make("faceswap").property("model", &model).build()?;
    let microphone = gst::ElementFactory::make("audiotestsrc").property("is-live", true).build()?;
    let sink =
        || gst::ElementFactory::make("fakesink").property("sync", true).property("signal-handoffs", true).build();
    let (video, audio) = (sink()?, sink()?);
    let (pictures, sounds) = (watch(&video), watch(&audio));
    let pipeline = gst::Pipeline::new();
    pipeline.add_many([camera.source.upcast_ref(), &swap, &video, &microphone, &audio])?;
    gst::Element::link_many([camera.source.upcast_ref(), &swap, &video])?;
    microphone.link(&audio)?;

    let bus = pipeline.bus().context("no bus")?;
    let weak = pipeline.downgrade();
    bus.set_sync_handler(move |_, message| {
        // What an application does when a latency changes.
        if let (gst::MessageView::Latency(_), Some(pipeline)) = (message.view(), weak.upgrade()) {
            let _ = pipeline.recalculate_latency();
        }
        gst::BusSyncReply::Pass
    });
    pipeline.set_state(gst::State::Playing)?;
    pipeline.state(gst::ClockTime::from_mseconds(500)).0?;
    camera.play(&pipeline, seconds * 30)?;
    while let Some(message) = bus.pop() {
        if let gst::MessageView::Error(error) = message.view() {
            return Err(anyhow!("{}", error.error()));
        }
    }
    bus.unset_sync_handler();
    pipeline.set_state(gst::State::Null)?;
    let of = |shown: Shown| std::mem::take(&mut *shown.lock().unwrap_or_else(PoisonError::into_inner));
    report(&of(pictures), &of(sounds));
    Ok(())
}

/// Notes what a sink shows.
fn watch(sink: &gst::Element) -> Shown {
    let shown = Shown::default();
    let keep = Arc::clone(&shown);
    sink.connect("handoff", false, move |values| {
        let element = values[0].get::<gst::Element>().ok()?;
        let buffer = values[1].get::<gst::Buffer>().ok()?;
        let (now, own) = (element.current_running_time()?, buffer.pts()?);
        let late = (now.nseconds() as f64 - own.nseconds() as f64) / 1e6;
        keep.lock().unwrap_or_else(PoisonError::into_inner).push((own.nseconds() as f64 / 1e9, late));
        None
    });
    shown
}

#[allow(clippy::print_stdout, reason = "the report of a program")]
fn report(pictures: &[(f64, f64)], sounds: &[(f64, f64)]) {
    let beside = |time: f64| {
        let next = sounds.partition_point(|sound| sound.0 < time).min(sounds.len().saturating_sub(1));
        sounds.get(next).map(|sound| sound.1)
    };
    let settled = pictures.iter().filter(|picture| picture.0 >= SETTLED);
    let mut apart: Vec<f64> = settled.filter_map(|(time, late)| Some((late - beside(*time)?).abs())).collect();
    apart.sort_by(f64::total_cmp);
    let at = |part: f64| apart.get(((apart.len() as f64 * part) as usize).min(apart.len().saturating_sub(1))).copied();
    println!(
        "{} pictures and {} sounds in {:.0} s; from {SETTLED} s on apart by {:.2} ms (median), {:.2} (99 %), {:.2} (most); {} \
         pictures by more than 5 ms",
        pictures.len(),
        sounds.len(),
        pictures.last().map_or(0.0, |last| last.0),
        at(0.5).unwrap_or(0.0),
        at(0.99).unwrap_or(0.0),
        at(1.0).unwrap_or(0.0),
        apart.iter().filter(|apart| **apart > 5.0).count()
    );
}

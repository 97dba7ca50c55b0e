//! A camera through `faceswap` beside a microphone, both shown in time: how far is the picture from the sound?
//!
//! ```text
//! cargo build --release --workspace --examples
//! target/release/examples/audio_sync MODEL CLIP [SECONDS]
//! ```
//!
//! Of each buffer that a sink shows, the running time at that moment minus its own is how late it is. Picture and
//! sound are in step where both are equally late: as late as the pipeline's latency.

#[path = "../live_latency/camera.rs"]
mod camera;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, anyhow};
use gst::prelude::*;

use camera::Run;

/// Seconds after which the latency has settled.
const SETTLED: f64 = 5.0;
/// Milliseconds from sound to picture that nobody notices.
const GOAL: f64 = 5.0;

/// Something that was shown.
#[derive(Clone, Copy)]
struct Moment {
    /// Its own time, in seconds.
    time: f64,
    /// How late it was, in milliseconds.
    late: f64,
    /// The pipeline's latency then, in milliseconds.
    latency: f64,
}

type Shown = Arc<Mutex<Vec<Moment>>>;

fn main() -> anyhow::Result<()> {
    gst::init()?;
    gstfaceswap::plugin_register_static()?;
    let Run { model, camera, seconds } = Run::told(600)?;
    let swap = gst::ElementFactory::make("faceswap").property("model", &model).build()?;
    let microphone = gst::ElementFactory::make("audiotestsrc").property("is-live", true).build()?;
    let sink =
        || gst::ElementFactory::make("fakesink").property("sync", true).property("signal-handoffs", true).build();
    let (video, audio) = (sink()?, sink()?);
    let latency = Arc::default();
    let (pictures, sounds) = (watch(&video, &latency), watch(&audio, &latency));
    let pipeline = gst::Pipeline::new();
    pipeline.add_many([camera.source.upcast_ref(), &swap, &video, &microphone, &audio])?;
    gst::Element::link_many([camera.source.upcast_ref(), &swap, &video])?;
    microphone.link(&audio)?;

    let over = Arc::new(AtomicBool::new(false));
    let application = listen(&pipeline, &latency, &over)?;
    pipeline.set_state(gst::State::Playing)?;
    pipeline.state(gst::ClockTime::from_mseconds(500)).0?;
    camera.play(&pipeline, seconds * 30)?;
    over.store(true, Ordering::Release);
    application.join().map_err(|_| anyhow!("the application's thread panicked"))??;
    pipeline.set_state(gst::State::Null)?;
    let of = |shown: Shown| std::mem::take(&mut *shown.lock().unwrap_or_else(PoisonError::into_inner));
    report(&of(pictures), &of(sounds));
    Ok(())
}

/// What an application does on a thread of its own until it is over: where a latency changes, it gives the new one to
/// all elements, and notes it. Not in the bus's sync handler: a sink posts while it is locked, and giving the latency
/// waits for the pipeline's change of state, which may be waiting for that sink.
fn listen(
    pipeline: &gst::Pipeline,
    latency: &Arc<AtomicU64>,
    over: &Arc<AtomicBool>,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let bus = pipeline.bus().context("no bus")?;
    let (pipeline, latency, over) = (pipeline.downgrade(), Arc::clone(latency), Arc::clone(over));
    let run = move || {
        while !over.load(Ordering::Acquire) {
            let Some(message) = bus.timed_pop(gst::ClockTime::from_mseconds(50)) else { continue };
            match (message.view(), pipeline.upgrade()) {
                (gst::MessageView::Error(error), _) => return Err(anyhow!("{}", error.error())),
                (gst::MessageView::Latency(_), Some(pipeline)) => {
                    let _ = pipeline.recalculate_latency();
                    let mut query = gst::query::Latency::new();
                    if pipeline.query(&mut query) {
                        latency.store(query.result().1.nseconds(), Ordering::Relaxed);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    };
    Ok(std::thread::Builder::new().name("application".to_owned()).spawn(run)?)
}

/// Notes what a sink shows.
fn watch(sink: &gst::Element, latency: &Arc<AtomicU64>) -> Shown {
    let shown = Shown::default();
    let (keep, latency) = (Arc::clone(&shown), Arc::clone(latency));
    sink.connect("handoff", false, move |values| {
        let element = values[0].get::<gst::Element>().ok()?;
        let buffer = values[1].get::<gst::Buffer>().ok()?;
        let (now, own) = (element.current_running_time()?, buffer.pts()?);
        let moment = Moment {
            time: own.nseconds() as f64 / 1e9,
            late: (now.nseconds() as f64 - own.nseconds() as f64) / 1e6,
            latency: latency.load(Ordering::Relaxed) as f64 / 1e6,
        };
        keep.lock().unwrap_or_else(PoisonError::into_inner).push(moment);
        None
    });
    shown
}

#[allow(clippy::print_stdout, reason = "the report of a program")]
fn report(pictures: &[Moment], sounds: &[Moment]) {
    let beside = |time: f64| {
        let next = sounds.partition_point(|sound| sound.time < time).min(sounds.len().saturating_sub(1));
        sounds.get(next).copied()
    };
    let settled: Vec<Moment> = pictures.iter().filter(|picture| picture.time >= SETTLED).copied().collect();
    let pairs: Vec<(Moment, Moment)> =
        settled.iter().filter_map(|picture| Some((*picture, beside(picture.time)?))).collect();
    let apart = sorted(pairs.iter().map(|(picture, sound)| (picture.late - sound.late).abs()));
    println!(
        "{} pictures and {} sounds in {:.0} s; from {SETTLED} s on apart by {:.2} ms (median), {:.2} (99 %), {:.2} (most); {} \
         pictures by more than {GOAL} ms",
        pictures.len(),
        sounds.len(),
        pictures.last().map_or(0.0, |last| last.time),
        at(&apart, 0.5),
        at(&apart, 0.99),
        at(&apart, 1.0),
        apart.iter().filter(|apart| **apart > GOAL).count()
    );
    let latencies = sorted(settled.iter().map(|picture| picture.latency));
    let changes = settled.windows(2).filter(|pair| pair[0].latency != pair[1].latency);
    println!("the pipeline's latency: {:.1} ms (median), changed {} times", at(&latencies, 0.5), changes.count());
    let late = |moment: &Moment| moment.late - moment.latency;
    for (picture, sound) in pairs.iter().filter(|(picture, sound)| (picture.late - sound.late).abs() > GOAL) {
        println!(
            "at {:.2} s: the picture {:.1} ms and the sound {:.1} ms behind a latency of {:.1} and {:.1} ms",
            picture.time,
            late(picture),
            late(sound),
            picture.latency,
            sound.latency
        );
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value that this part of all are not above; 0 for none.
fn at(sorted: &[f64], part: f64) -> f64 {
    let index = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or(0.0)
}

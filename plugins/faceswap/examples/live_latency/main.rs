//! A live source at 30 frames a second through `faceswap`: is a frame dropped or out of order, and does it leave as old
//! as the LATENCY query says?
//!
//! ```text
//! cargo build --release --workspace --examples
//! target/release/examples/live_latency MODEL CLIP [SECONDS]
//! ```

mod camera;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use gst::prelude::*;

use camera::Run;

/// Seconds after which the figure has settled.
const SETTLED: u64 = 5;

/// One frame that left.
struct Departure {
    pts: gst::ClockTime,
    age_ms: f64,
    reported_ms: f64,
}

fn main() -> anyhow::Result<()> {
    gst::init()?;
    gstfaceswap::plugin_register_static()?;
    let Run { model, camera, seconds } = Run::told(60)?;
    let swap = gst::ElementFactory::make("faceswap").property("model", &model).build()?;
    let sink = gst::ElementFactory::make("fakesink").property("sync", false).build()?;
    let pipeline = gst::Pipeline::new();
    pipeline.add_many([camera.source.upcast_ref(), &swap, &sink])?;
    gst::Element::link_many([camera.source.upcast_ref(), &swap, &sink])?;

    let left: Arc<Mutex<Vec<Departure>>> = Arc::default();
    watch(&swap, &left)?;
    pipeline.set_state(gst::State::Playing)?;
    pipeline.state(gst::ClockTime::from_mseconds(200)).0?;
    let count = seconds * 30;
    camera.play(&pipeline, count)?;
    let bus = pipeline.bus().context("no bus")?;
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(10), &ends).context("no end of stream")?;
    pipeline.set_state(gst::State::Null)?;
    if let gst::MessageView::Error(error) = end.view() {
        return Err(anyhow!("{}", error.error()));
    }
    report(count, &left.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(())
}

/// Notes each frame that leaves `swap`, and what it reports at that moment.
fn watch(swap: &gst::Element, left: &Arc<Mutex<Vec<Departure>>>) -> anyhow::Result<()> {
    let (pad, left, element) = (swap.static_pad("src").context("no source pad")?, Arc::clone(left), swap.downgrade());
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let now = element.upgrade().and_then(|element| element.current_running_time());
        let mut query = gst::query::Latency::new();
        if let (Some(now), Some(pts)) = (now, info.buffer().and_then(|buffer| buffer.pts()))
            && pad.query(&mut query)
        {
            let departure = Departure {
                pts,
                age_ms: (now.nseconds() as f64 - pts.nseconds() as f64) / 1e6,
                reported_ms: query.result().1.nseconds() as f64 / 1e6,
            };
            left.lock().unwrap_or_else(PoisonError::into_inner).push(departure);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the report of a program")]
fn report(sent: u64, left: &[Departure]) {
    let disorder = left.windows(2).filter(|pair| pair[0].pts >= pair[1].pts).count();
    let changes = left.windows(2).filter(|pair| pair[0].reported_ms != pair[1].reported_ms).count();
    println!("{sent} frames sent, {} left, {disorder} out of order", left.len());
    println!("latency changed {changes} times; at the end {:.1} ms", left.last().map_or(0.0, |last| last.reported_ms));
    let settled = left.iter().filter(|departure| departure.pts.seconds() >= SETTLED);
    let mut off: Vec<f64> = settled.map(|departure| (departure.age_ms - departure.reported_ms).abs()).collect();
    off.sort_by(f64::total_cmp);
    let at = |part: f64| off.get(((off.len() as f64 * part) as usize).min(off.len().saturating_sub(1))).copied();
    println!(
        "measured - reported after {SETTLED} s: median {:.2}, 99 % within {:.2}, at most {:.2} ms; {} of {} frames over 2 ms",
        at(0.5).unwrap_or(0.0),
        at(0.99).unwrap_or(0.0),
        at(1.0).unwrap_or(0.0),
        off.iter().filter(|off| **off > 2.0).count(),
        off.len()
    );
}

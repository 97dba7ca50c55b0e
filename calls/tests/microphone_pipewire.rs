//! The microphone that a call offers in PipeWire: whole, and as late as it is told to be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;

use std::time::{Duration, Instant};

use call_support::desktop::Desktop;
use call_support::listener::{Listener, RATE};
use standin_calls::outlet::microphone::Microphone;

/// Buffers of a length that is no cycle's.
const SOURCE: &str = "audiotestsrc is-live=true samplesperbuffer=441";

#[test]
fn a_tone_has_no_gaps() {
    let Some(_desktop) = Desktop::start() else { return };
    let tone = format!("{SOURCE} freq=1000 volume=0.5");
    let _microphone = Microphone::open(&tone, "tone", "A tone", |_| {}).unwrap();
    let listener = Listener::at("tone");
    let mut samples = Vec::new();
    while samples.len() < 3 * RATE {
        samples.extend(listener.next().samples);
    }
    // Of a sine, two steps apart: what the middle one must be. The first second is for the stream to settle.
    let factor = 2.0 * (std::f32::consts::TAU * 1000.0 / RATE as f32).cos();
    let torn = samples[RATE..].windows(3).filter(|s| (s[0] + s[2] - factor * s[1]).abs() > 0.01).count();
    assert!(torn < 40, "{torn} of {} samples are no sine's", 2 * RATE);
}

#[test]
fn a_delay_is_what_it_is_set_to() {
    const EVERY: f64 = 1.0;
    let Some(_desktop) = Desktop::start() else { return };
    let ticks = format!("{SOURCE} wave=ticks tick-interval=1000000000 volume=0.9");
    let microphone = Microphone::open(&ticks, "ticks", "Ticks", |_| {}).unwrap();
    let listener = Listener::at("ticks");
    let begun = Instant::now();
    // Where in a second the ticks are, after so many of them that the stream has settled.
    let phase = |delay: u64| {
        microphone.set_delay(gst::ClockTime::from_mseconds(delay));
        let (mut phases, mut quiet) = (Vec::new(), 0);
        while phases.len() < 7 {
            let heard = listener.next();
            for (place, sample) in heard.samples.iter().enumerate() {
                if sample.abs() < 0.1 {
                    quiet += 1;
                } else if std::mem::take(&mut quiet) > RATE / 4 {
                    let at = heard.at + Duration::from_secs_f64(place as f64 / RATE as f64);
                    phases.push(at.duration_since(begun).as_secs_f64() % EVERY);
                }
            }
        }
        let mut settled = phases.split_off(2);
        settled.sort_by(f64::total_cmp);
        settled[settled.len() / 2]
    };
    let (first, second) = (phase(100), phase(350));
    let later = (second - first).rem_euclid(EVERY) * 1e3;
    assert!((later - 250.0).abs() < 20.0, "250 ms more are {later:.1} ms");
}

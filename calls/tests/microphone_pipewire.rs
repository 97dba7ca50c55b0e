//! The microphone that a call offers in PipeWire: whole, and as late as it is told to be, in recordings too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;

use std::time::{Duration, Instant};

use call_support::desktop::Desktop;
use call_support::listener::{Listener, RATE};
use call_support::models::Lent;
use call_support::webcam::Webcam;
use gst::prelude::*;
use standin_calls::outlet::microphone::Microphone;
use standin_calls::outlet::{SoundWay, record};

/// Buffers of a length that is no cycle's.
const SOURCE: &str = "audiotestsrc is-live=true samplesperbuffer=441";

#[test]
fn a_tone_has_no_gaps() {
    let Some(_desktop) = Desktop::start() else { return };
    let tone = format!("{SOURCE} freq=1000 volume=0.5");
    let _microphone = Microphone::open(&tone, "tone", "A tone", SoundWay::default(), |_| {}).unwrap();
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
fn what_the_machine_hears_is_heard_at_the_microphone_of_a_call() {
    let Some(mut desktop) = Desktop::start() else { return };
    let Some(()) = desktop.start_sound() else { return };
    let (lent, tone) = (Lent::green(), format!("{SOURCE} freq=1000 volume=0.5"));
    let _own = Microphone::open(&tone, "own", "The machine's", SoundWay::default(), |_| {}).unwrap();
    let words = ["test", "--model", lent.path.to_str().unwrap(), "--size", "640x360", "--loopback", "off", "--audio"];
    let webcam = Webcam::start_in(&[("PULSE_SOURCE", "own")], &words);
    webcam.wait_for("sound     source 'standin-microphone'", 0);
    let listener = Listener::at("standin-microphone");
    // A tenth of a second of the tone, within ten.
    let factor = 2.0 * (std::f32::consts::TAU * 1000.0 / RATE as f32).cos();
    let (mut heard, mut toned, mut loudest) = (vec![0.0; 2], 0, 0.0_f32);
    while toned < RATE / 10 {
        assert!(heard.len() < 10 * RATE, "no tone, at most {loudest} of it:\n{}", webcam.text());
        for sample in listener.next().samples {
            heard.push(sample);
            let [a, b, c] = heard[heard.len() - 3..] else { unreachable!() };
            loudest = loudest.max(c.abs());
            let is_tone = (a + c - factor * b).abs() < 0.01 && a.abs().max(b.abs()).max(c.abs()) > 0.01;
            toned = if is_tone { toned + 1 } else { 0 };
        }
    }
    assert!(loudest > 0.3, "{loudest}");
}

#[test]
fn a_delay_is_what_it_is_set_to() {
    const EVERY: f64 = 1.0;
    let Some(_desktop) = Desktop::start() else { return };
    let ticks = format!("{SOURCE} wave=ticks tick-interval=1000000000 volume=0.9");
    let microphone = Microphone::open(&ticks, "ticks", "Ticks", SoundWay::default(), |_| {}).unwrap();
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

/// Ticks are a second apart, and each of them begins with silence behind it.
const TICKS: &str = "wave=ticks tick-interval=1000000000 volume=0.9";

/// The time of each picture that is white, and of each sound that begins, in a recording.
fn read(file: &std::path::Path) -> (Vec<f64>, Vec<f64>) {
    let text = format!(
        "filesrc location={} ! decodebin name=in in. ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=pictures sync=false \
         in. ! audioconvert ! audio/x-raw,format=S16LE,channels=1,rate={RATE} ! appsink name=sound sync=false",
        file.display()
    );
    let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = |name: &str| pipeline.by_name(name).unwrap().downcast::<gst_app::AppSink>().unwrap();
    let (pictures, sound) = (sink("pictures"), sink("sound"));
    pipeline.set_state(gst::State::Playing).unwrap();
    let seconds = |time: Option<gst::ClockTime>| time.unwrap().nseconds() as f64 / 1e9;
    let sounds = std::thread::spawn(move || {
        let (mut begins, mut quiet) = (Vec::new(), RATE);
        while let Ok(sample) = sound.pull_sample() {
            let buffer = sample.buffer().unwrap();
            let at = seconds(buffer.pts());
            for (place, pair) in buffer.map_readable().unwrap().chunks_exact(2).enumerate() {
                if i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs() < 3000 {
                    quiet += 1;
                } else if std::mem::take(&mut quiet) > RATE / 4 {
                    begins.push(at + place as f64 / RATE as f64);
                }
            }
        }
        begins
    });
    let mut whites = Vec::new();
    while let Ok(sample) = pictures.pull_sample() {
        let buffer = sample.buffer().unwrap();
        if buffer.map_readable().unwrap()[0] > 150 {
            whites.push(seconds(buffer.pts()));
        }
    }
    let sounds = sounds.join().unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    (whites, sounds)
}

#[test]
fn a_recording_has_the_sound_as_late_as_the_picture() {
    const DELAY: f64 = 0.2;
    let Some(desktop) = Desktop::start() else { return };
    for ending in ["mkv", "mp4"] {
        let file = desktop.path().join(format!("call.{ending}"));
        let caps: gst::Caps = "video/x-raw,format=YUY2,width=64,height=64,framerate=30/1".parse().unwrap();
        let (sound, clock) = (SoundWay::default(), gst::SystemClock::obtain());
        sound.set_delay(gst::ClockTime::from_mseconds((DELAY * 1e3) as u64));
        let door = record::open(&file, &caps, true, |_| {}).unwrap();
        sound.lead_to(door.sound());
        // A second without a microphone holds up nothing.
        let grey = |luma: u8| gst::Buffer::from_slice([luma, 128].repeat(64 * 64));
        let push = |luma: u8| {
            let _ = door.push(&grey(luma));
            std::thread::sleep(Duration::from_millis(33));
        };
        (0..30).for_each(|_| push(16));
        let node = format!("ticks-{ending}");
        let microphone = Microphone::open(&format!("{SOURCE} {TICKS}"), &node, "Ticks", sound.clone(), |_| {}).unwrap();
        let now = || clock.time().nseconds() as f64 / 1e9;
        let began = microphone.began().unwrap().nseconds() as f64 / 1e9;
        // White where a tick, so late, is heard; when exactly is kept, since a loaded machine may be slow.
        let mut lates = Vec::new();
        for tick in 1..=4 {
            let due = began + f64::from(tick) + DELAY;
            while now() < due {
                push(16);
            }
            lates.push(now() - due);
            push(235);
        }
        (0..15).for_each(|_| push(16));
        drop(microphone);
        // Nor does one that is gone.
        (0..15).for_each(|_| push(16));
        sound.lead_to(None);
        door.finish();
        drop(door);
        let (whites, ticks) = read(&file);
        assert_eq!(whites.len(), 4, "{ending}: {whites:?}, {ticks:?}");
        for (white, late) in whites.iter().zip(lates) {
            let apart = ticks.iter().map(|tick| (white - late - tick) * 1e3).min_by(|a, b| a.abs().total_cmp(&b.abs()));
            assert!(
                apart.is_some_and(|apart| apart.abs() < 30.0),
                "{ending}: {apart:?} ms apart: {whites:?}, {ticks:?}"
            );
        }
    }
}

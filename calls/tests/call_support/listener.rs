//! Somebody who listens at a microphone in PipeWire.

use std::time::{Duration, Instant};

use gst::prelude::*;
use standin_calls::outlet::registry::Connection;

/// Samples a second.
pub(crate) const RATE: usize = 48_000;

/// Listens until it goes.
pub(crate) struct Listener {
    pipeline: gst::Pipeline,
    leaves: gst_app::AppSink,
}

/// Samples of one channel, and when the first of them came.
pub(crate) struct Heard {
    pub(crate) samples: Vec<f32>,
    pub(crate) at: Instant,
}

impl Listener {
    pub(crate) fn at(node: &str) -> Self {
        let there =
            || Connection::open().is_ok_and(|connection| connection.registry.names().iter().any(|name| name == node));
        let begun = Instant::now();
        while !there() {
            assert!(begun.elapsed() < Duration::from_secs(20), "there is no node {node}");
            std::thread::sleep(Duration::from_millis(50));
        }
        let text = format!(
            "pipewiresrc target-object={node} always-copy=true ! audio/x-raw,format=S16LE,rate={RATE},channels=2 ! \
             appsink name=leaves sync=false"
        );
        let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
        let leaves = pipeline.by_name("leaves").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, leaves }
    }

    /// What is heard next.
    pub(crate) fn next(&self) -> Heard {
        let sample = self.leaves.try_pull_sample(gst::ClockTime::from_seconds(20)).expect("sound");
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let value = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0;
        let samples: Vec<f32> = map.chunks_exact(4).map(value).collect();
        let at = Instant::now() - Duration::from_secs_f64(samples.len() as f64 / RATE as f64);
        Heard { samples, at }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

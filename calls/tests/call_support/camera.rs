//! A camera in PipeWire that shows the demonstration's clip with a counter, and knows when each picture left.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gst::prelude::*;
use standin_calls::outlet::pipewire;

use super::{HEIGHT, NUMBERS, WIDTH, burn};

/// Frames of the clip that are shown again and again.
const FRAMES: usize = 60;
/// From one picture to the next: 15 a second, which a loaded machine keeps up with.
const PACE: Duration = Duration::from_micros(66_667);

/// Its name.
pub(crate) const NAME: &str = "Workbench camera";

/// Runs until it goes.
pub(crate) struct Camera {
    stop: Arc<AtomicBool>,
    sent: Arc<Mutex<Vec<Option<Instant>>>>,
    shown: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Camera {
    pub(crate) fn start() -> Self {
        let frames = frames();
        let (stop, shown) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let sent = Arc::new(Mutex::new(vec![None; NUMBERS as usize]));
        let own = (Arc::clone(&stop), Arc::clone(&sent), Arc::clone(&shown));
        let door = pipewire::open("workbench", NAME, &caps(), |_| {}).unwrap();
        let thread = std::thread::spawn(move || {
            let (stop, sent, shown) = own;
            let begun = Instant::now();
            for number in 0_u64.. {
                if stop.load(Ordering::Acquire) {
                    break;
                }
                std::thread::sleep((begun + PACE * number as u32).saturating_duration_since(Instant::now()));
                let mut picture = frames[number as usize % FRAMES].clone();
                burn(&mut picture, number % NUMBERS);
                let picture = gst::Buffer::from_slice(picture);
                sent.lock().unwrap()[(number % NUMBERS) as usize] = Some(Instant::now());
                if let Some(stuck) = door.push(&picture) {
                    stuck.run();
                }
                shown.store(number, Ordering::Release);
            }
        });
        Self { stop, sent, shown, thread: Some(thread) }
    }

    /// When the picture with that number left.
    pub(crate) fn sent(&self, number: u64) -> Option<Instant> {
        self.sent.lock().unwrap()[number as usize]
    }

    /// Number of the picture that left last.
    pub(crate) fn last(&self) -> u64 {
        self.shown.load(Ordering::Acquire)
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = self.thread.take().unwrap().join();
    }
}

fn caps() -> gst::Caps {
    let text = format!("video/x-raw,format=YUY2,width={WIDTH},height={HEIGHT},framerate=15/1,colorimetry=bt601");
    text.parse().unwrap()
}

/// The clip's first frames as YUY2.
fn frames() -> Vec<Vec<u8>> {
    let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/media/ada.mp4");
    let text = format!(
        "filesrc location={clip} ! decodebin ! videoconvertscale ! video/x-raw,format=YUY2,width={WIDTH},height={HEIGHT} ! \
         appsink name=leaves sync=false max-buffers=4"
    );
    let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
    let leaves = pipeline.by_name("leaves").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let pull = || leaves.pull_sample().unwrap().buffer().unwrap().map_readable().unwrap().to_vec();
    let frames = (0..FRAMES).map(|_| pull()).collect();
    pipeline.set_state(gst::State::Null).unwrap();
    frames
}

//! What the process holds after each cycle NULL, PLAYING for some frames, NULL, and then after each change of the
//! model: does it grow?
//!
//! ```text
//! cargo build --release --workspace --examples
//! target/release/examples/cycles MODEL CLIP [CYCLES [DEVICE]]
//! ```

#[path = "../tests/common/process.rs"]
mod process;

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use gst::prelude::*;
use process::Process;
use standin::media::{Clip, ClipOptions};

/// Frames of the clip that are kept.
const KEPT: usize = 60;
/// Frames a cycle.
const FRAMES: usize = 10;

#[allow(clippy::print_stdout, reason = "the report of a program")]
fn main() -> anyhow::Result<()> {
    gst::init()?;
    gstfaceswap::plugin_register_static()?;
    let mut arguments = std::env::args().skip(1);
    let model: PathBuf = arguments.next().context("no model given")?.into();
    let clip: PathBuf = arguments.next().context("no clip given")?.into();
    let cycles: usize = arguments.next().map_or(Ok(200), |text| text.parse())?;
    let device = arguments.next().unwrap_or_else(|| "cpu".to_owned());

    println!("before: {}", Process::now());
    let raw = Raw::of(&clip)?;
    let pipeline = gst::parse::launch(&format!(
        "{raw} ! faceswap name=swap model={} device={device} ! fakesink name=sink",
        model.display()
    ))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| anyhow!("no pipeline"))?;
    let left = count(&pipeline)?;
    for cycle in 1..=cycles {
        pipeline.set_state(gst::State::Playing)?;
        wait(&pipeline, &left, FRAMES)?;
        pipeline.set_state(gst::State::Null)?;
        say("cycle", cycle, cycles);
    }

    let copy = Copy::of(&model)?;
    let swap = pipeline.by_name("swap").context("no faceswap")?;
    pipeline.set_state(gst::State::Playing)?;
    for change in 1..=cycles {
        let path = if change % 2 == 1 { &copy.model } else { &model };
        swap.set_property("model", path.display().to_string());
        // Until the new thread has its name.
        wait(&pipeline, &left, 3)?;
        while process::has_thread("standin-load") {
            wait(&pipeline, &left, 1)?;
        }
        wait(&pipeline, &left, FRAMES)?;
        say("change", change, cycles);
    }
    pipeline.set_state(gst::State::Null)?;
    drop((swap, pipeline));
    println!("after: {}", Process::now());
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the report of a program")]
fn say(what: &str, number: usize, of: usize) {
    if number <= 5 || number.is_multiple_of(20) || number == of {
        println!("{what} {number}: {}", Process::now());
    }
}

/// A second file with the same model and its consent, which goes with this.
struct Copy {
    model: PathBuf,
    _folder: tempfile::TempDir,
}

impl Copy {
    fn of(model: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("other.dfm");
        std::fs::copy(model, &copy)?;
        std::fs::copy(model.with_added_extension("consent.toml"), copy.with_added_extension("consent.toml"))?;
        Ok(Self { model: copy, _folder: folder })
    }
}

/// Frames of a clip, decoded into a file, so that no decoder's memory is measured.
struct Raw {
    file: tempfile::NamedTempFile,
    size: (usize, usize),
}

impl Raw {
    fn of(clip: &Path) -> anyhow::Result<Self> {
        let mut raw = Self { file: tempfile::NamedTempFile::new()?, size: (0, 0) };
        for frame in Clip::open(clip, ClipOptions::default())?.take(KEPT) {
            let frame = frame?;
            raw.size = (frame.layout().width, frame.layout().height);
            (0..3).try_for_each(|plane| raw.file.write_all(frame.bytes(plane)))?;
        }
        Ok(raw)
    }
}

/// As the beginning of a pipeline.
impl Display for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, (width, height)) = (self.file.path().display(), self.size);
        write!(
            f,
            "filesrc location={path} blocksize={} ! rawvideoparse format=i420 width={width} height={height} framerate=30/1",
            width * height * 3 / 2
        )
    }
}

/// Counts the frames that leave.
fn count(pipeline: &gst::Pipeline) -> anyhow::Result<Arc<AtomicUsize>> {
    let left = Arc::new(AtomicUsize::new(0));
    let pad = pipeline.by_name("sink").and_then(|sink| sink.static_pad("sink")).context("no sink")?;
    let counted = Arc::clone(&left);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    Ok(left)
}

/// Waits for so many frames more; a clip that ends begins again.
fn wait(pipeline: &gst::Pipeline, left: &AtomicUsize, frames: usize) -> anyhow::Result<()> {
    let wanted = left.load(Ordering::Relaxed) + frames;
    let bus = pipeline.bus().context("no bus")?;
    while left.load(Ordering::Relaxed) < wanted {
        let message = bus.timed_pop(gst::ClockTime::from_mseconds(5));
        match message.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Error(error)) => return Err(anyhow!("{}", error.error())),
            Some(gst::MessageView::Eos(_)) => {
                pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT, gst::ClockTime::ZERO)?;
            }
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    Ok(())
}

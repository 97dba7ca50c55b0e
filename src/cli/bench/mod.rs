//! `standin bench`: the whole path over a clip, without a pipeline around it, and the floor that the networks set.

mod floor;
mod gpu;
mod process;
mod report;
mod spool;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use crate::frame::OwnedFrame;
use crate::live::{self, Device, FindStage, Job, Load, Model, Pending, Queue, Settings, StageTimes, SwapStage};
use crate::media::{Clip, ClipOptions};
use floor::Floor;
use process::Process;
use report::BenchReport;
use spool::Spool;

/// Arguments of `standin bench`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The swap model.
    #[arg(long)]
    model: PathBuf,
    /// The clip.
    #[arg(long)]
    clip: PathBuf,
    /// Frames to measure; the clip is repeated to and fro where it is shorter.
    #[arg(long, default_value_t = 300)]
    frames: usize,
    /// Frames that come in a second, at even times, as from a camera; without it each comes as soon as it is taken.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: Option<u32>,
    /// Frames in flight; 0 works on one at a time.
    #[arg(long, default_value_t = 3)]
    depth: usize,
    /// Threads inside the swap network; 0 is one a frame in flight, or all cores where depth is 0.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Where it runs: auto, cpu, gpu, gpu:NUMBER, gpu:NAME, or an execution provider.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Frames from one run of the detector to the next.
    #[arg(long, default_value_t = 15)]
    detect_interval: u32,
    /// Put the clip in the middle of a black frame of this size, as WIDTHxHEIGHT.
    #[arg(long, value_parser = size)]
    pad: Option<(u32, u32)>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    parsed.filter(|&(w, h)| w > 0 && h > 0).ok_or_else(|| format!("'{text}' is not WIDTHxHEIGHT"))
}

type Frames = Queue<OwnedFrame, ()>;

/// Measures and reports.
///
/// # Errors
/// Where the model, the clip or a device cannot be used.
pub fn run(arguments: &Arguments, out: &mut dyn std::io::Write) -> anyhow::Result<Outcome> {
    let device: Device = arguments.device.parse()?;
    let options = ClipOptions { pad: arguments.pad, ..ClipOptions::default() };
    let mut spool = Spool::fill(Clip::open(&arguments.clip, options)?, arguments.frames)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = arguments.depth.clamp(1, cores);
    let threads = match (arguments.threads, arguments.depth) {
        (0, 0) => cores,
        (0, _) => 1,
        (threads, _) => threads,
    };
    let begun = Instant::now();
    let queue = prepare(arguments, workers)?;
    let load = Load { path: arguments.model.clone(), beside: None, threads, device: device.clone(), swappers: workers };
    let model = Arc::new(load.run()?);
    let loaded = begun.elapsed();
    let mut settings = Settings::default();
    settings.finder.detect_interval = arguments.detect_interval;
    let pace = arguments.rate.map(|rate| Duration::from_secs(1) / rate);
    let measured = measure(&queue, &mut spool, &model, &Arc::new(settings), (arguments.frames, pace))?;
    queue.stop();
    let peak = process::peak_memory();
    let floor = Floor::measure(&load, arguments.detect_interval)?;
    let mut report =
        BenchReport::new(arguments, spool.layout(), &measured, &floor, (loaded, peak, cores), model.runs_on.clone());
    if let Device::Gpu(selection) = device {
        report.gpu = Some(gpu::Swaps::measure(&arguments.model, &selection, &mut spool)?);
    }
    if arguments.json {
        report.json(out)?;
    } else {
        report.text(out)?;
    }
    Ok(Outcome::Good)
}

/// The stages.
fn prepare(arguments: &Arguments, workers: usize) -> anyhow::Result<Frames> {
    let pending = Arc::new(Pending::default());
    let (finder, finder_inbox) = crossbeam_channel::bounded(1);
    let (finder_said, finder_done) = crossbeam_channel::bounded(1);
    live::prepare_finder(&pending, None, crate::face::Mesh::default(), finder, move |done| {
        let _ = finder_said.send(done);
    });
    let (occlusion, stages) = (0..workers)
        .map(|_| {
            let (to_occlusion, occlusion_inbox) = crossbeam_channel::bounded(1);
            (to_occlusion, SwapStage::default().seeing(occlusion_inbox))
        })
        .unzip();
    let (occlusion_said, occlusion_done) = crossbeam_channel::bounded(1);
    live::prepare_occlusion(&pending, None, occlusion, move |done| {
        let _ = occlusion_said.send(done);
    });
    pending.wait(|| false);
    finder_done.recv().context("the face networks were not loaded")??;
    occlusion_done.recv().context("the occlusion network was not loaded")??;
    Ok(Queue::start(arguments.depth, FindStage::new(finder_inbox), stages)?)
}

/// What a run gave.
struct Measured {
    /// Milliseconds a stage, one entry a frame.
    stages: Vec<StageTimes>,
    /// Milliseconds from one departure to the next.
    intervals: Vec<f32>,
    /// Milliseconds from start to end.
    wall: f64,
    /// Milliseconds of processor time.
    cpu: f64,
    /// Frames in which a face was swapped.
    swapped: usize,
    /// Frames in which something was concealed.
    concealed: usize,
}

/// Frames that go through first and are not counted.
const WARM_UP: usize = 10;

fn measure(
    queue: &Frames,
    spool: &mut Spool,
    model: &Arc<Model>,
    settings: &Arc<Settings>,
    (frames, pace): (usize, Option<Duration>),
) -> anyhow::Result<Measured> {
    let progress = ProgressBar::new((frames + WARM_UP) as u64)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} frames {per_sec} {eta}")?);
    let (spare, spares) = crossbeam_channel::bounded(queue.depth() + 2);
    for _ in 0..queue.depth() + 2 {
        let _ = spare.send(OwnedFrame::new(spool.layout()));
    }
    let (mut clock, mut processor) = (Vec::with_capacity(frames + WARM_UP), Vec::new());
    let mut measured =
        Measured { stages: Vec::new(), intervals: Vec::new(), wall: 0.0, cpu: 0.0, swapped: 0, concealed: 0 };
    let mut collect = |mut job: Box<Job<OwnedFrame, ()>>| {
        let departed = Instant::now();
        job.timings.depart(departed);
        clock.push((departed, job.timings.stages));
        if clock.len() == WARM_UP || clock.len() == frames + WARM_UP {
            processor.push(Process::now());
        }
        measured.swapped += usize::from(job.outcome == live::Outcome::Swapped);
        measured.concealed += usize::from(job.outcome == live::Outcome::Concealed);
        if let Some(frame) = job.frame.take() {
            let _ = spare.send(frame);
        }
        queue.finish(job);
        progress.inc(1);
    };
    let mut due = Instant::now();
    let mut feed = |i: usize, spool: &mut Spool| -> anyhow::Result<()> {
        let mut frame = spares.recv()?;
        spool.read(i, &mut frame)?;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // What came late is not caught up: a camera does not, either.
        due = due.max(Instant::now()) + pace.unwrap_or_default();
        let mut job = queue.begin()?;
        job.frame = Some(frame);
        job.time = i as f64 * pace.map_or(1.0 / 30.0, |pace| pace.as_secs_f64());
        job.settings = Arc::clone(settings);
        job.casting.model = Some(Arc::clone(model));
        queue.submit(job);
        Ok(())
    };
    let total = frames + WARM_UP;
    if queue.depth() == 0 {
        for i in 0..total {
            feed(i, spool)?;
            queue.next().map(&mut collect).context("a frame was lost")?;
        }
    } else {
        std::thread::scope(|scope| {
            let feeder = scope.spawn(|| (0..total).try_for_each(|i| feed(i, spool)));
            let (mut left, mut idle) = (0, 0);
            // A feeder that failed leaves frames missing for good.
            while left < total && idle < 500 {
                match queue.next() {
                    Some(job) => {
                        collect(job);
                        (left, idle) = (left + 1, 0);
                    }
                    None => idle += usize::from(feeder.is_finished()),
                }
            }
            feeder.join().map_err(|_| anyhow!("the feeding thread panicked"))?
        })?;
    }
    progress.finish_and_clear();
    let counted = &clock[WARM_UP..];
    let (Some((ended, _)), [before, after]) = (counted.last(), processor.as_slice()) else {
        bail!("no frame was measured; ask for --frames 1 or more");
    };
    measured.wall = (*ended - clock[WARM_UP - 1].0).as_secs_f64() * 1e3;
    measured.cpu = after.since(before);
    measured.stages = counted.iter().map(|entry| entry.1).collect();
    measured.intervals =
        clock[WARM_UP - 1..].windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs_f32() * 1e3).collect();
    Ok(measured)
}

//! Stand-ins for what the live stages use: a finder that finds what it is told, engines and blenders that fail on
//! order.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use standin::blend::{BlendError, BlendRequest, Blended, Blender, ColorTransfer, CpuBlender};
use standin::face::{Face, FindError, FinderSettings, OcclusionNetwork};
use standin::frame::{Frame, FrameMut, Layout, Matrix, OwnedFrame, PixelFormat, Range};
use standin::geometry::{Point, Rect, Similarity};
use standin::gpu::GpuError;
use standin::live::{FindFaces, FindStage, Job, Model, OnFailure, Outcome, Queue, Settings, SwapStage};
use standin::runtime::NetworkError;
use standin::swap::{Engine, EngineError, Generated};
use standin::swapper::{HostSwapper, Swapper};

/// Side of the fake network's pictures.
const SIDE: usize = 16;
/// Where the fake face is.
pub(crate) const BOUNDS: Rect = Rect { x: 40.0, y: 30.0, w: 60.0, h: 60.0 };

/// How a stand-in behaves on every frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Works {
    Yes,
    Error,
    Panic,
    /// Succeeds, with values that are no numbers.
    NotANumber,
    /// Succeeds, more than a frame's time late.
    Late,
}

impl Works {
    pub(crate) fn or<E>(self, error: impl FnOnce() -> E) -> Result<(), E> {
        match self {
            Self::Yes | Self::NotANumber => Ok(()),
            Self::Late => {
                std::thread::sleep(Duration::from_millis(40));
                Ok(())
            }
            Self::Error => Err(error()),
            Self::Panic => panic!("a stand-in panics, as it was told"),
        }
    }
}

/// Finds one face, always at [`BOUNDS`].
pub(crate) struct Finds(pub(crate) Works);

impl FindFaces for Finds {
    fn find(
        &mut self,
        _: &Frame<'_>,
        _: &[Rect],
        _: f64,
        _: &FinderSettings,
        faces: &mut Vec<Face>,
    ) -> Result<(), FindError> {
        faces.clear();
        self.0.or(|| FindError::Run { network: "stand-in", source: NetworkError::Runtime("told to".to_owned()) })?;
        // Canonical (0..1) over the bounds.
        let to_canonical = Similarity::umeyama(
            &[Point::new(BOUNDS.x, BOUNDS.y), Point::new(BOUNDS.x + BOUNDS.w, BOUNDS.y + BOUNDS.h)],
            &[Point::new(0.0, 0.0), Point::new(1.0, 1.0)],
        );
        let to_canonical = to_canonical.unwrap();
        faces.push(Face {
            track: 1,
            score: 1.0,
            bounds: BOUNDS,
            landmarks: Vec::new(),
            to_canonical,
            to_canonical_rigid: to_canonical,
            ..Face::default()
        });
        Ok(())
    }

    fn suspects(&self) -> &[Rect] {
        &[]
    }

    fn reset(&mut self) {}
}

/// Gives a white face.
pub(crate) struct Whitens {
    works: Works,
    crop: Vec<f32>,
    white: Vec<f32>,
}

impl Whitens {
    pub(crate) fn new(works: Works) -> Self {
        Self { works, crop: vec![0.0; SIDE * SIDE * 3], white: vec![1.0; SIDE * SIDE * 3] }
    }
}

impl Engine for Whitens {
    fn resolution(&self) -> usize {
        SIDE
    }

    fn crop_mut(&mut self) -> &mut [f32] {
        &mut self.crop
    }

    fn run(&mut self, _: f32) -> Result<Generated<'_>, EngineError> {
        self.works.or(|| EngineError::Run("told to".to_owned()))?;
        if self.works == Works::NotANumber {
            self.white.fill(f32::NAN);
        }
        let mask = &self.white[..SIDE * SIDE];
        Ok(Generated { resolution: SIDE, driver: &self.crop, face: &self.white, driver_mask: mask, face_mask: mask })
    }
}

/// Blends as the processor does, or fails in one of its two steps.
pub(crate) struct Blends {
    pub(crate) crop: Works,
    pub(crate) composite: Works,
    pub(crate) real: CpuBlender,
}

fn lost() -> BlendError {
    BlendError::Gpu(GpuError("told to".to_owned()))
}

impl Blender for Blends {
    fn crop(&mut self, frame: &Frame<'_>, to: &Similarity, side: usize, crop: &mut [f32]) -> Result<(), BlendError> {
        self.crop.or(lost)?;
        self.real.crop(frame, to, side, crop)
    }

    fn composite(
        &mut self,
        frame: &mut FrameMut<'_>,
        generated: &Generated<'_>,
        request: &BlendRequest<'_>,
    ) -> Result<Blended, BlendError> {
        self.composite.or(lost)?;
        self.real.composite(frame, generated, request)
    }
}

/// What the stand-ins do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    pub(crate) find: Works,
    pub(crate) engine: Works,
    pub(crate) crop: Works,
    pub(crate) composite: Works,
    /// Whether the consent ended a second ago.
    pub(crate) expired: bool,
}

impl Script {
    /// Nothing fails.
    pub(crate) const GOOD: Self =
        Self { find: Works::Yes, engine: Works::Yes, crop: Works::Yes, composite: Works::Yes, expired: false };
}

/// A queue of stages that follow the script, and the model to give to its jobs.
pub(crate) fn queue(script: Script, depth: usize) -> (Queue<OwnedFrame, u32>, Arc<Model>) {
    let (finder, inbox) = crossbeam_channel::bounded(1);
    finder.send(Box::new(Finds(script.find)) as Box<dyn FindFaces>).unwrap();
    let workers = (0..depth.clamp(1, 3)).map(|_| SwapStage::default());
    let queue = Queue::start(depth, FindStage::new(inbox), workers.collect()).unwrap();
    (queue, model(script))
}

/// The same, whose one stage lets what hides a face stay in front, by `network`.
pub(crate) fn queue_seeing(
    script: Script,
    depth: usize,
    network: OcclusionNetwork,
) -> (Queue<OwnedFrame, u32>, Arc<Model>) {
    let (finder, inbox) = crossbeam_channel::bounded(1);
    finder.send(Box::new(Finds(script.find)) as Box<dyn FindFaces>).unwrap();
    let (outlet, networks) = crossbeam_channel::bounded(1);
    outlet.send(network).unwrap();
    let stage = SwapStage::default().seeing(networks);
    (Queue::start(depth, FindStage::new(inbox), vec![stage]).unwrap(), model(script))
}

/// The script's model.
pub(crate) fn model(script: Script) -> Arc<Model> {
    let swapper = |_| {
        let blends = Blends { crop: script.crop, composite: script.composite, real: CpuBlender::default() };
        Box::new(HostSwapper::new(Box::new(Whitens::new(script.engine)), Box::new(blends))) as Box<dyn Swapper>
    };
    let swappers = (0..3).map(swapper).collect();
    let second = Duration::from_secs(1);
    let now = SystemTime::now();
    Arc::new(Model::of(swappers, if script.expired { now - second } else { now + 3600 * second }))
}

/// A frame with a pattern that no blur keeps.
pub(crate) fn picture() -> OwnedFrame {
    let layout = Layout {
        format: PixelFormat::I420,
        width: 160,
        height: 120,
        matrix: Matrix::Bt601,
        range: Range::Limited,
        transfer: Default::default(),
    };
    let mut frame = OwnedFrame::new(layout);
    for (i, byte) in frame.bytes_mut(0).iter_mut().enumerate() {
        *byte = if (i % 160 / 2 + i / 160 / 2) % 2 == 0 { 60 } else { 160 };
    }
    (1..3).for_each(|plane| frame.bytes_mut(plane).fill(128));
    frame
}

/// Settings with a policy and no colour matching, so that white stays white.
pub(crate) fn settings(on_failure: OnFailure) -> Arc<Settings> {
    let mut settings = Settings { on_failure, ..Settings::default() };
    settings.look.blend.color_transfer = ColorTransfer::None;
    Arc::new(settings)
}

/// Part of the luma in the middle of the face that differs from [`picture`]'s.
pub(crate) fn changed(frame: &OwnedFrame) -> f64 {
    let bare = picture();
    let places = (45..75).flat_map(|y| (55..85).map(move |x| y * 160 + x));
    let differ = places.filter(|&i| frame.bytes(0)[i].abs_diff(bare.bytes(0)[i]) > 10).count();
    differ as f64 / (30.0 * 30.0)
}

/// A grey frame whose right half is red.
pub(crate) fn red_right() -> OwnedFrame {
    red_from(40)
}

/// The same from this column of chroma on.
pub(crate) fn red_from(column: usize) -> OwnedFrame {
    let mut frame = picture();
    let layout = *frame.layout();
    frame.bytes_mut(0).fill(100);
    for plane in 1..3 {
        let width = layout.width / 2;
        for (i, byte) in frame.bytes_mut(plane).iter_mut().enumerate() {
            *byte = match (i % width < column, plane) {
                (true, _) => 128,
                (false, 1) => 100,
                (false, _) => 220,
            };
        }
    }
    frame
}

/// Brings a frame.
pub(crate) fn submit(
    queue: &Queue<OwnedFrame, u32>,
    model: &Arc<Model>,
    settings: &Arc<Settings>,
    time: f64,
) -> Result<(), standin::live::Flushed> {
    submit_picture(queue, model, settings, time, picture())
}

/// Brings this frame.
pub(crate) fn submit_picture(
    queue: &Queue<OwnedFrame, u32>,
    model: &Arc<Model>,
    settings: &Arc<Settings>,
    time: f64,
    frame: OwnedFrame,
) -> Result<(), standin::live::Flushed> {
    let mut job = queue.begin()?;
    job.time = time;
    job.casting.model = Some(Arc::clone(model));
    job.settings = Arc::clone(settings);
    job.frame = Some(frame);
    queue.submit(job);
    Ok(())
}

/// The next job; fails where none comes for very long.
pub(crate) fn take(queue: &Queue<OwnedFrame, u32>) -> Box<Job<OwnedFrame, u32>> {
    for _ in 0..3000 {
        if let Some(job) = queue.next() {
            return job;
        }
    }
    panic!("nothing came out");
}

/// Whether a job's frame may be seen at all.
pub(crate) fn leaves(job: &Job<OwnedFrame, u32>) -> bool {
    job.outcome != Outcome::Dropped
}

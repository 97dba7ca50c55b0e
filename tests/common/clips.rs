//! Clips and their ground truth, for every integration test.

use std::path::PathBuf;

use gst::prelude::*;
use gst_video::prelude::*;
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range};
use standin::geometry::{Point, Rect, Similarity};

/// The folder of the shared clips, `../shared/media` from the repository's root.
fn media() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/media")
}

/// A swap model of other tools, `../shared/models/swap/NAME`, or `None` after saying that the test is skipped.
pub(crate) fn swap_model(name: &str) -> Option<PathBuf> {
    there(media().join("../models/swap").join(name))
}

/// The clip `name` ("hard/cut.mp4"), or `None` after saying on standard error that the test is skipped.
pub(crate) fn clip(name: &str) -> Option<Clip> {
    Some(Clip::open(&there(media().join(name))?.canonicalize().unwrap().display().to_string()))
}

fn there(path: PathBuf) -> Option<PathBuf> {
    let exists = path.exists();
    if !exists {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: {} is not there", path.display());
        }
    }
    exists.then_some(path)
}

/// The frames of a clip as I420, decoded one after the other.
pub(crate) struct Clip {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
}

impl Clip {
    /// Opens the clip at this path.
    pub(crate) fn open(path: &str) -> Self {
        gst::init().unwrap();
        let text = format!(
            "filesrc location=\"{path}\" ! decodebin ! videoconvert n-threads=1 ! video/x-raw,format=I420 ! \
             appsink name=sink sync=false max-buffers=4"
        );
        let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
        let sink = pipeline.by_name("sink").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, sink }
    }
}

impl Iterator for Clip {
    type Item = OwnedFrame;

    fn next(&mut self) -> Option<OwnedFrame> {
        loop {
            if let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::from_mseconds(200)) {
                return Some(owned(&sample));
            }
            let error = self.pipeline.bus().unwrap().pop_filtered(&[gst::MessageType::Error]);
            assert!(error.is_none(), "{error:?}");
            if self.sink.is_eos() {
                return None;
            }
        }
    }
}

impl Drop for Clip {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn owned(sample: &gst::Sample) -> OwnedFrame {
    let info = gst_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
    let (width, height) = (info.width() as usize, info.height() as usize);
    let colour = info.colorimetry();
    let matrix = match colour.matrix() {
        gst_video::VideoColorMatrix::Bt709 => Matrix::Bt709,
        _ => Matrix::Bt601,
    };
    let range = match colour.range() {
        gst_video::VideoColorRange::Range0_255 => Range::Full,
        _ => Range::Limited,
    };
    let mut frame = OwnedFrame::new(Layout {
        format: PixelFormat::I420,
        width,
        height,
        matrix,
        range,
        transfer: Default::default(),
    });
    let source = gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer().unwrap(), &info).unwrap();
    for plane in 0..3 {
        let stride = source.plane_stride()[plane as usize] as usize;
        let (row, _) = PixelFormat::I420.plane_size(plane as usize, width, height);
        let bytes = source.plane_data(plane).unwrap();
        for (to, from) in frame.bytes_mut(plane as usize).chunks_exact_mut(row).zip(bytes.chunks(stride)) {
            to.copy_from_slice(&from[..row]);
        }
    }
    frame
}

/// What the renderer knows of a clip (`<clip>.json`).
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Truth {
    /// Frames a second.
    pub(crate) fps: f64,
    /// One entry a frame.
    pub(crate) frames: Vec<TruthFrame>,
}

/// What the renderer knows of a frame.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct TruthFrame {
    /// The faces in view.
    pub(crate) faces: Vec<TruthFace>,
}

/// What the renderer knows of a face. Angles in degrees, positions in frame px.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct TruthFace {
    /// Identity.
    pub(crate) person: String,
    /// Turn towards image right.
    pub(crate) yaw: f32,
    /// Nod downwards.
    pub(crate) pitch: f32,
    /// Tilt counter-clockwise in the picture.
    pub(crate) roll: f32,
    /// Left, top, width, height of the face's surface.
    #[serde(rename = "box")]
    pub(crate) bounds: [f32; 4],
    /// The part of `bounds` inside the frame, 0..1.
    pub(crate) inside: f32,
    /// The 68 landmarks: x0, y0, x1, y1, …
    pub(crate) lm68: Vec<f32>,
    /// A `1` for each landmark that is visible.
    pub(crate) vis: String,
}

impl Truth {
    /// The truth beside the clip `name` ("hard/cut" for "hard/cut.mp4"). Call after [`clip`] found the clip.
    pub(crate) fn of(name: &str) -> Self {
        let text = std::fs::read_to_string(media().join(format!("{name}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

impl TruthFace {
    /// Landmark `i` of the 68-set.
    pub(crate) fn landmark(&self, i: usize) -> Point {
        Point::new(self.lm68[2 * i], self.lm68[2 * i + 1])
    }

    /// Bounds of the face's surface.
    pub(crate) fn rect(&self) -> Rect {
        let [x, y, w, h] = self.bounds;
        Rect { x, y, w, h }
    }

    /// The part of the landmarks that is visible, 0..1.
    pub(crate) fn visible(&self) -> f32 {
        self.vis.bytes().filter(|&b| b == b'1').count() as f32 / 68.0
    }

    /// Distance between the outer eye corners in px.
    pub(crate) fn eye_distance(&self) -> f32 {
        self.landmark(36).distance(self.landmark(45))
    }

    /// Frame px to the canonical unit frame, from the 33 points of the 68-set that do not move with the lower lip.
    pub(crate) fn to_canonical(&self) -> Similarity {
        let rows = || (17..=48).chain([54]);
        let from: Vec<Point> = rows().map(|i| self.landmark(i)).collect();
        let to: Vec<Point> = rows().map(|i| CANONICAL[i - 17]).map(|(x, y)| Point::new(x, y)).collect();
        Similarity::umeyama(&from, &to).unwrap()
    }
}

/// Points 17..=67 of the 68-set in the canonical unit frame.
pub(crate) const CANONICAL: [(f32, f32); 51] = [
    (0.000213, 0.106454),
    (0.075262, 0.038915),
    (0.181130, 0.018748),
    (0.290770, 0.034489),
    (0.393397, 0.077391),
    (0.586856, 0.077391),
    (0.689483, 0.034489),
    (0.799124, 0.018748),
    (0.904991, 0.038915),
    (0.980040, 0.106454),
    (0.490127, 0.203352),
    (0.490127, 0.307009),
    (0.490127, 0.409805),
    (0.490127, 0.515625),
    (0.366880, 0.587326),
    (0.426036, 0.609345),
    (0.490127, 0.628106),
    (0.554217, 0.609345),
    (0.613373, 0.587326),
    (0.121737, 0.216423),
    (0.187122, 0.178758),
    (0.265825, 0.179852),
    (0.334606, 0.231733),
    (0.260918, 0.245099),
    (0.182743, 0.244077),
    (0.645647, 0.231733),
    (0.714428, 0.179852),
    (0.793132, 0.178758),
    (0.858516, 0.216423),
    (0.797510, 0.244077),
    (0.719335, 0.245099),
    (0.254149, 0.780233),
    (0.340985, 0.745405),
    (0.428858, 0.727388),
    (0.490127, 0.742578),
    (0.551395, 0.727388),
    (0.639268, 0.745405),
    (0.726104, 0.780233),
    (0.642159, 0.864805),
    (0.556721, 0.902192),
    (0.490127, 0.909281),
    (0.423532, 0.902192),
    (0.338094, 0.864805),
    (0.290379, 0.784792),
    (0.428096, 0.778746),
    (0.490127, 0.785343),
    (0.552157, 0.778746),
    (0.689874, 0.784792),
    (0.553364, 0.824182),
    (0.490127, 0.831803),
    (0.426890, 0.824182),
];

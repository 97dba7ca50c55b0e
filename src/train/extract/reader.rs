//! Decodes the sources, one after the other, on a thread of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader};

use super::source::{Kind, Source};
use crate::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range};
use crate::media::{Clip, ClipOptions};

/// Frames a second of a clip that does not say.
const USUAL_RATE: f64 = 25.0;

/// Mask of a frame.
#[derive(Debug)]
pub enum FrameMask {
    /// Nobody supplied masks for the source: one is made, as the settings say.
    Made,
    /// The supplied one.
    Supplied(GrayImage),
    /// Masks were supplied, but not for this frame.
    Missing,
}

/// What the reader says.
#[derive(Debug)]
pub enum Message {
    /// A frame.
    Frame {
        /// Number of the source.
        source: usize,
        /// Number of the frame in it.
        index: u64,
        /// Its time in seconds.
        time: f64,
        /// About how many frames the source has.
        of: Option<u64>,
        /// Its picture.
        frame: Arc<OwnedFrame>,
        /// Its mask.
        mask: FrameMask,
        /// Whether it was looked at in an earlier run: the last such one comes again, for comparison.
        seen: bool,
    },
    /// A source is at its end, or cannot be read further.
    End {
        /// Number of the source.
        source: usize,
        /// What is wrong with it.
        unreadable: Option<String>,
    },
}

/// One source to read.
#[derive(Debug)]
pub struct Task<'a> {
    /// Number of the source.
    pub number: usize,
    /// What it is.
    pub source: &'a Source,
    /// Frame to go on with.
    pub next: u64,
}

/// Reads all `tasks`, of each every `every`th frame, until `stop` is set, `limit` frames were read or nobody listens.
pub fn read(tasks: &[Task<'_>], every: u64, limit: Option<u64>, stop: &AtomicBool, say: &Sender<Message>) {
    let mut left = limit.unwrap_or(u64::MAX);
    for task in tasks {
        let mut give = |message: Message| {
            let looked = matches!(message, Message::Frame { seen: false, .. });
            if stop.load(Ordering::Relaxed) || (looked && left == 0) {
                return false;
            }
            left -= u64::from(looked);
            say.send(message).is_ok()
        };
        let ended = match task.source.kind {
            Kind::Clip => clip(task, every, &mut give),
            Kind::Picture => picture(task, &mut give),
        };
        let unreadable = match ended {
            Ok(true) => None,
            Ok(false) => return,
            Err(reason) => Some(reason),
        };
        if !give(Message::End { source: task.number, unreadable }) {
            return;
        }
    }
}

/// Reads a clip; whether its end was reached.
fn clip(task: &Task<'_>, every: u64, give: &mut impl FnMut(Message) -> bool) -> Result<bool, String> {
    let mut clip = Clip::open(&task.source.path, ClipOptions::default()).map_err(|error| error.to_string())?;
    let mut masks = task.source.mask.as_ref().map(|mask| mask.open()).transpose()?;
    for index in 0.. {
        let Some(frame) = clip.next() else { break };
        let frame = frame.map_err(|error| error.to_string())?;
        let seen = index < task.next;
        let wanted = index % every == 0 && (!seen || index + 1 == task.next);
        if !wanted {
            if let Some(masks) = &mut masks {
                masks.skip()?;
            }
            continue;
        }
        let mask = match &mut masks {
            None => FrameMask::Made,
            Some(masks) => match masks.next_mask()? {
                None => FrameMask::Missing,
                Some(mask) => FrameMask::Supplied(fitting(mask, &frame)?),
            },
        };
        let frame = Arc::new(frame);
        let time = clip.time().unwrap_or(index as f64 / USUAL_RATE);
        let message = Message::Frame { source: task.number, index, time, of: clip.frames(), frame, mask, seen };
        if !give(message) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads a picture; whether its end was reached.
fn picture(task: &Task<'_>, give: &mut impl FnMut(Message) -> bool) -> Result<bool, String> {
    if task.next > 0 {
        return Ok(true);
    }
    let picture = upright(&task.source.path).map_err(|error| format!("{}: {error}", task.source.path.display()))?;
    let rgba = picture.into_rgba8();
    let (width, height) = (rgba.width() as usize, rgba.height() as usize);
    if width == 0 || height == 0 {
        return Err(format!("{}: an empty picture", task.source.path.display()));
    }
    let layout = Layout {
        format: PixelFormat::Rgbx,
        width,
        height,
        matrix: Matrix::Bt709,
        range: Range::Full,
        transfer: Default::default(),
    };
    let mut frame = OwnedFrame::new(layout);
    frame.bytes_mut(0).copy_from_slice(rgba.as_raw());
    let mask = match &task.source.mask {
        None => FrameMask::Made,
        Some(mask) => match mask.open()?.next_mask()? {
            None => FrameMask::Missing,
            Some(mask) => FrameMask::Supplied(fitting(mask, &frame)?),
        },
    };
    let frame = Arc::new(frame);
    Ok(give(Message::Frame { source: task.number, index: 0, time: 0.0, of: Some(1), frame, mask, seen: false }))
}

/// A picture, turned as its camera says.
pub(super) fn upright(path: &Path) -> image::ImageResult<DynamicImage> {
    let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Refuses a mask whose proportions are not its frame's: it belongs to something else.
fn fitting(mask: GrayImage, frame: &OwnedFrame) -> Result<GrayImage, String> {
    let (width, height) = (frame.layout().width as f32, frame.layout().height as f32);
    let (kx, ky) = (mask.width() as f32 / width, mask.height() as f32 / height);
    if kx > 0.0 && (kx / ky - 1.0).abs() < 0.02 {
        return Ok(mask);
    }
    Err(format!("its mask has {}x{} px, but the frame {width}x{height}", mask.width(), mask.height()))
}

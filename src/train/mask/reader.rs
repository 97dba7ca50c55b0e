//! Reads clips and their class masks into crops.

use std::path::{Path, PathBuf};

use image::GrayImage;
use rand::{Rng, RngExt};

use super::{Class, MaskError, MaskShot, MaskShots, SIDE};
use crate::blend::crop::{CropSums, crop};
use crate::face::{Alignment, CropSettings, Face, FaceType, Finder, FinderSettings, Mesh};
use crate::frame::{OwnedFrame, VideoBuffer};
use crate::geometry::{Point, Similarity};
use crate::media::{Clip, ClipOptions, GreyClip};
use crate::runtime::Runtime;
use crate::train::augment::anchors::Anchors;
use crate::train::augment::draw::{factor, symmetric};
use crate::train::random::{Purpose, stream};

/// One person of this many in a clip of crops is held back.
pub const HELD_BACK: usize = 5;
/// Frames from one search for faces to the next; a lost face is searched for at once.
const SEARCH_EVERY: u32 = 25;
/// Face types that crops are cut by, the likely ones more often.
const FACE_TYPES: [FaceType; 7] = [
    FaceType::Full,
    FaceType::Full,
    FaceType::Full,
    FaceType::WholeFace,
    FaceType::WholeFace,
    FaceType::MidFull,
    FaceType::Head,
];
/// Most that a crop is turned, in radians, scaled, and shifted, in its sides, before it is kept.
const JITTER: (f32, f32, f32) = (0.1, 0.1, 0.03);

/// The class masks that lie beside a clip: `CLIP_mask.mkv` for `CLIP.mp4`.
pub fn masks_beside(clip: &Path) -> PathBuf {
    let stem = clip.file_stem().unwrap_or_default().to_string_lossy();
    clip.with_file_name(format!("{stem}_mask.mkv"))
}

/// Calls `each` with every frame of `clip`, its class mask and its number, until it says no.
///
/// # Errors
/// [`MaskError::File`] where one of them cannot be read, the mask has another size or another number of frames; what
/// `each` says.
pub fn frames(
    clip: &Path,
    each: &mut dyn FnMut(&OwnedFrame, &ClassMask, usize) -> Result<bool, MaskError>,
) -> Result<usize, MaskError> {
    let masks = masks_beside(clip);
    let mut pictures = Clip::open(clip, ClipOptions::default()).map_err(|error| MaskError::file(clip, error))?;
    if !masks.is_file() {
        return Err(MaskError::file(
            &masks,
            "no such file; a clip needs its class masks beside it, named CLIP_mask.mkv",
        ));
    }
    let mut levels = GreyClip::open(&masks).map_err(|error| MaskError::file(&masks, error))?;
    for index in 0.. {
        let (frame, mask) = match (pictures.next(), levels.next()) {
            (None, None) => return Ok(index),
            (Some(frame), Some(mask)) => (
                frame.map_err(|error| MaskError::file(clip, error))?,
                mask.map_err(|error| MaskError::file(&masks, error))?,
            ),
            (frame, _) => {
                let (fewer, more) = if frame.is_some() { ("masks", "frames") } else { ("frames", "masks") };
                let reason = format!(
                    "it has {index} {fewer}, but the other clip has more {more}: the masks belong to another clip"
                );
                return Err(MaskError::file(&masks, reason));
            }
        };
        let mask = ClassMask::new(mask, &frame)
            .map_err(|reason| MaskError::file(&masks, format!("frame {index}: {reason}")))?;
        if !each(&frame, &mask, index)? {
            return Ok(index + 1);
        }
    }
    Ok(0)
}

/// The class of each pixel of a frame.
#[derive(Debug)]
pub struct ClassMask(GrayImage);

impl ClassMask {
    /// Of ids.
    ///
    /// # Errors
    /// A sentence, where it has another size than `frame` or an id means nothing.
    pub fn new(mask: GrayImage, frame: &OwnedFrame) -> Result<Self, String> {
        let (width, height) = (frame.layout().width, frame.layout().height);
        if (mask.width() as usize, mask.height() as usize) != (width, height) {
            return Err(format!("its mask has {}x{} px, but the frame {width}x{height}", mask.width(), mask.height()));
        }
        match mask.as_raw().iter().find(|&&id| Class::of_id(id).is_none()) {
            Some(id) => Err(format!("class id {id} is none of 0 to 11; is it a lossless grey clip of class ids?")),
            None => Ok(Self(mask)),
        }
    }

    /// The class at a point of the frame, in px; background beyond the frame, where crops are black.
    pub fn at(&self, p: Point) -> Class {
        if p.x < 0.0 || p.y < 0.0 {
            return Class::Background;
        }
        let found = self.0.get_pixel_checked(p.x as u32, p.y as u32);
        found.and_then(|id| Class::of_id(id.0[0])).unwrap_or(Class::Background)
    }

    /// The classes of the crop whose unit square `to_frame` takes to px of the frame.
    pub fn cut(&self, to_frame: &Similarity) -> Vec<Class> {
        let place = |n: usize| (n as f32 + 0.5) / SIDE as f32;
        (0..SIDE * SIDE).map(|n| self.at(to_frame.apply(Point::new(place(n % SIDE), place(n / SIDE))))).collect()
    }
}

/// Cuts faces out of frames; keeps its memory.
#[derive(Debug)]
pub struct Cutter {
    finder: Finder,
    settings: FinderSettings,
    faces: Vec<Face>,
    sums: CropSums,
    pixels: Vec<f32>,
}

impl Cutter {
    /// With a finder of its own.
    ///
    /// # Errors
    /// [`MaskError::Find`].
    pub fn new(runtime: &Runtime) -> Result<Self, MaskError> {
        let settings =
            FinderSettings { smoothing: 0.0, max_faces: 1, detect_interval: SEARCH_EVERY, ..FinderSettings::default() };
        Ok(Self {
            finder: Finder::new(runtime, Mesh::Points468)?,
            settings,
            faces: Vec::new(),
            sums: CropSums::default(),
            pixels: vec![0.0; SIDE * SIDE * 3],
        })
    }

    /// The largest face of a frame that follows the last by 1/25 s; forgets earlier ones where it is the first of a
    /// clip.
    ///
    /// # Errors
    /// [`MaskError::Find`].
    pub fn face(&mut self, frame: &OwnedFrame, index: usize) -> Result<Option<&Face>, MaskError> {
        if index == 0 {
            self.finder.reset();
        }
        let Ok(view) = frame.frame() else { return Ok(None) };
        self.finder.find(&view, &[], index as f64 / 25.0, &self.settings, &mut self.faces)?;
        Ok(self.faces.first())
    }

    /// The crop whose unit square `to_frame` takes to px of the frame.
    pub fn cut(
        &mut self,
        frame: &OwnedFrame,
        mask: &ClassMask,
        to_frame: &Similarity,
        marks: &[Point],
    ) -> Option<MaskShot> {
        let view = frame.frame().ok()?;
        crop(&view, to_frame, SIDE, &mut self.pixels, &mut self.sums);
        let bgr = self.pixels.iter().map(|v| (v * 255.0 + 0.5) as u8).collect();
        let to_crop = to_frame.inverse()?;
        let marks: Vec<[f32; 2]> = marks.iter().map(|&p| to_crop.apply(p)).map(|p| [p.x, p.y]).collect();
        MaskShot::new(bgr, mask.cut(to_frame), Anchors::of_mesh(&marks))
    }
}

/// A crop about `face`, drawn from `rng`: unit square to frame px.
fn drawn_crop(face: &Face, rng: &mut impl Rng) -> Option<Similarity> {
    let settings = CropSettings {
        face_type: FACE_TYPES[rng.random_range(0..FACE_TYPES.len())],
        alignment: if rng.random() { Alignment::Rigid } else { Alignment::Template },
        ..CropSettings::default()
    };
    let (turn, scale, shift) = JITTER;
    let middle = Point::new(0.5, 0.5);
    let moved = Point::new(0.5 + shift * symmetric(rng), 0.5 + shift * symmetric(rng));
    let jitter = Similarity::taking(middle, moved, factor(rng, scale), turn * symmetric(rng));
    Some(jitter.then(&settings.to_crop(face).inverse()?))
}

impl MaskShots {
    /// Adds `times` crops of each face of `clip`, differently cut. `progress` is called with each frame. Gives how many
    /// crops came.
    ///
    /// # Errors
    /// [`MaskError`], naming the clip.
    pub fn add_clip(
        &mut self,
        clip: &Path,
        (times, seed): (usize, u64),
        cutter: &mut Cutter,
        progress: &mut dyn FnMut(),
    ) -> Result<usize, MaskError> {
        let before = self.trained.len();
        frames(clip, &mut |frame, mask, index| {
            progress();
            let Some(face) = cutter.face(frame, index)?.cloned() else { return Ok(true) };
            for time in 0..times {
                let mut rng = stream(seed, Purpose::Cutting, index as u64, (before as u64) << 8 | time as u64);
                let Some(to_frame) = drawn_crop(&face, &mut rng) else { continue };
                let shot = cutter.cut(frame, mask, &to_frame, &face.landmarks);
                // What hardly shows a face was found wrongly.
                self.trained.extend(shot.filter(|shot| shot.count(Class::Face) * 20 > SIDE * SIDE));
            }
            Ok(true)
        })?;
        let found = self.trained.len() - before;
        if found == 0 {
            return Err(MaskError::file(clip, "no face was found in it that its masks know; leave it out"));
        }
        Ok(found)
    }

    /// Adds the frames of a clip of crops, [`SIDE`]² px each. Who is in each frame stands beside it in CLIP.json as a
    /// list `person`; of the people every fifth is held back (numbers 4, 9, 14 and so on), or of the frames where
    /// nobody says. Gives how many crops came to both.
    ///
    /// # Errors
    /// [`MaskError`], naming the clip.
    pub fn add_crops(&mut self, clip: &Path) -> Result<[usize; 2], MaskError> {
        let before = [self.trained.len(), self.held_back.len()];
        let people = people_beside(clip)?;
        let identity = Similarity { a: SIDE as f32, b: 0.0, tx: 0.0, ty: 0.0 };
        let (mut sums, mut pixels) = (CropSums::default(), vec![0.0; SIDE * SIDE * 3]);
        let count = frames(clip, &mut |frame, mask, index| {
            let (width, height) = (frame.layout().width, frame.layout().height);
            if (width, height) != (SIDE, SIDE) {
                let reason =
                    format!("its frames have {width}x{height} px, but crops have {SIDE}x{SIDE}; give it as a clip");
                return Err(MaskError::file(clip, reason));
            }
            let view = frame.frame().map_err(|error| MaskError::file(clip, error))?;
            crop(&view, &identity, SIDE, &mut pixels, &mut sums);
            let bgr = pixels.iter().map(|v| (v * 255.0 + 0.5) as u8).collect();
            let shot = MaskShot::new(bgr, mask.cut(&identity), None);
            let person = people.as_ref().map_or(Some(index), |people| people.get(index).copied());
            let Some(person) = person else {
                return Err(MaskError::file(
                    &clip.with_extension("json"),
                    format!("`person` has no entry for frame {index}"),
                ));
            };
            let held = person % HELD_BACK == HELD_BACK - 1;
            if held {
                self.held_back.extend(shot);
            } else {
                self.trained.extend(shot);
            }
            Ok(true)
        })?;
        if count == 0 {
            return Err(MaskError::file(clip, "it has no frames"));
        }
        Ok([self.trained.len() - before[0], self.held_back.len() - before[1]])
    }
}

/// Who is in each frame of a clip of crops, where that is known.
fn people_beside(clip: &Path) -> Result<Option<Vec<usize>>, MaskError> {
    #[derive(serde::Deserialize)]
    struct Beside {
        person: Vec<usize>,
    }
    let file = clip.with_extension("json");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(None) };
    let beside: Beside = serde_json::from_str(&text).map_err(|error| MaskError::file(&file, error))?;
    Ok(Some(beside.person))
}

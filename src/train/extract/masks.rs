//! Masks that somebody supplied, frame by frame.

use std::path::{Path, PathBuf};

use image::GrayImage;

use super::ExtractError;
use super::reader::upright;
use super::source::Kind;
use crate::geometry::{Point, Similarity};
use crate::media::{ClipError, GreyClip};

/// Where the masks of one source are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaskSource {
    /// A clip of as many frames as the source has.
    Clip(PathBuf),
    /// A folder of pictures, one a frame in the order of their names.
    Folder(PathBuf),
    /// One picture for the one picture that the source is.
    Picture(PathBuf),
}

impl MaskSource {
    /// The masks of the source `path`. `given` belongs to it where the user named the source `alone`; otherwise it is a
    /// folder in which the masks have the names of their sources, with or without `_mask` and with any ending.
    ///
    /// # Errors
    /// [`ExtractError::Masks`] where there is nothing that fits.
    pub fn find(given: &Path, path: &Path, kind: Kind, alone: bool) -> Result<Self, ExtractError> {
        let fails = |reason: &str| ExtractError::Masks { mask: given.display().to_string(), reason: reason.to_owned() };
        if given.is_file() {
            if !alone {
                return Err(fails(
                    "one mask for a whole folder or pattern; give a folder with a mask of each source's name",
                ));
            }
            return match (Kind::of(given), kind) {
                (Some(Kind::Clip), Kind::Clip) => Ok(Self::Clip(given.to_owned())),
                (Some(Kind::Picture), Kind::Picture) => Ok(Self::Picture(given.to_owned())),
                _ => Err(fails("a clip needs a clip or a folder of masks, a picture needs a picture")),
            };
        }
        if !given.is_dir() {
            return Err(fails("no such file or folder"));
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut entries: Vec<PathBuf> = std::fs::read_dir(given)
            .map_err(|error| fails(&error.to_string()))?
            .filter_map(|e| Some(e.ok()?.path()))
            .collect();
        entries.sort();
        let named = |entry: &&PathBuf| {
            let name = entry.file_stem().unwrap_or_default().to_string_lossy();
            name == stem || name.strip_suffix("_mask") == Some(&stem)
        };
        for entry in entries.iter().filter(named) {
            match (Kind::of(entry), kind) {
                _ if entry.is_dir() && kind == Kind::Clip => return Ok(Self::Folder(entry.clone())),
                (Some(Kind::Clip), Kind::Clip) => return Ok(Self::Clip(entry.clone())),
                (Some(Kind::Picture), Kind::Picture) => return Ok(Self::Picture(entry.clone())),
                _ => {}
            }
        }
        if alone && kind == Kind::Clip && entries.iter().any(|entry| Kind::of(entry) == Some(Kind::Picture)) {
            return Ok(Self::Folder(given.to_owned()));
        }
        Err(fails(&format!("no mask for {}; it should be named {stem} or {stem}_mask", path.display())))
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        match self {
            Self::Clip(path) | Self::Folder(path) | Self::Picture(path) => path,
        }
    }

    /// Begins to read.
    ///
    /// # Errors
    /// A sentence, where the masks cannot be opened.
    pub fn open(&self) -> Result<MaskReader, String> {
        let describe = |error: ClipError| error.to_string();
        match self {
            Self::Clip(path) => GreyClip::open(path).map(MaskReader::Clip).map_err(describe),
            Self::Picture(path) => Ok(MaskReader::Pictures(vec![path.clone()].into_iter())),
            Self::Folder(path) => {
                let entries = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
                let mut pictures: Vec<PathBuf> = entries
                    .filter_map(|entry| Some(entry.ok()?.path()))
                    .filter(|path| Kind::of(path) == Some(Kind::Picture))
                    .collect();
                pictures.sort();
                Ok(MaskReader::Pictures(pictures.into_iter()))
            }
        }
    }
}

/// Masks, one a frame.
#[derive(Debug)]
pub enum MaskReader {
    /// From a clip.
    Clip(GreyClip),
    /// From pictures.
    Pictures(std::vec::IntoIter<PathBuf>),
}

impl MaskReader {
    /// The mask of the next frame; `None` where there is none any more.
    ///
    /// # Errors
    /// A sentence, where it cannot be read.
    pub fn next_mask(&mut self) -> Result<Option<GrayImage>, String> {
        match self {
            Self::Clip(clip) => clip.next().transpose().map_err(|error| error.to_string()),
            Self::Pictures(paths) => paths.next().map(|path| read(&path)).transpose(),
        }
    }

    /// Passes over a frame.
    ///
    /// # Errors
    /// As [`MaskReader::next_mask`].
    pub fn skip(&mut self) -> Result<(), String> {
        match self {
            Self::Clip(_) => self.next_mask().map(|_| ()),
            Self::Pictures(paths) => {
                paths.next();
                Ok(())
            }
        }
    }
}

fn read(path: &Path) -> Result<GrayImage, String> {
    // Turned as its source is.
    let picture = upright(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(picture.into_luma8())
}

/// Which grey levels are the face.
#[derive(Debug, Clone)]
pub struct FaceLevels([u8; 256]);

impl FaceLevels {
    /// 255 for each of `classes`; every level for itself where there are none.
    pub fn new(classes: &[u8]) -> Self {
        Self(std::array::from_fn(|i| match classes {
            [] => i as u8,
            classes if classes.contains(&(i as u8)) => 255,
            _ => 0,
        }))
    }
}

/// The part of a frame's mask that a crop of `side` px shows: 255 face. `to_frame` takes the crop's unit square to px
/// of the frame, which is `size` large; the mask covers the whole frame and may be larger or smaller. The levels get
/// their meaning first and are then interpolated bilinearly, so that class ids never mix. Outside of the frame
/// nothing is face.
pub fn warp(
    mask: &GrayImage,
    meaning: &FaceLevels,
    to_frame: &Similarity,
    size: (usize, usize),
    side: u32,
) -> GrayImage {
    let (width, height) = (mask.width() as i64, mask.height() as i64);
    let (kx, ky) = (width as f32 / size.0 as f32, height as f32 / size.1 as f32);
    let pixels = mask.as_raw();
    let value = |x: i64, y: i64| {
        let inside = (0..width).contains(&x) && (0..height).contains(&y);
        if inside { f32::from(meaning.0[usize::from(pixels[(y * width + x) as usize])]) } else { 0.0 }
    };
    let mut out = Vec::with_capacity((side * side) as usize);
    for j in 0..side {
        for i in 0..side {
            let p = to_frame.apply(Point::new((i as f32 + 0.5) / side as f32, (j as f32 + 0.5) / side as f32));
            let (x, y) = (p.x * kx - 0.5, p.y * ky - 0.5);
            let (x0, y0) = (x.floor(), y.floor());
            let (fx, fy) = (x - x0, y - y0);
            let (x0, y0) = (x0 as i64, y0 as i64);
            let top = value(x0, y0) * (1.0 - fx) + value(x0 + 1, y0) * fx;
            let bottom = value(x0, y0 + 1) * (1.0 - fx) + value(x0 + 1, y0 + 1) * fx;
            out.push((top * (1.0 - fy) + bottom * fy).round() as u8);
        }
    }
    GrayImage::from_raw(side, side, out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_ids_do_not_mix_and_a_mask_may_have_another_size_than_its_frame() {
        // Left half id 1, right half id 3: between them lies no id 2.
        let mask = GrayImage::from_fn(8, 4, |x, _| image::Luma([if x < 4 { 1 } else { 3 }]));
        // The crop is the frame's 16x16 px at its left top; the frame is 16x8.
        let to_frame = Similarity { a: 16.0, b: 0.0, tx: 0.0, ty: 0.0 };
        let warped = warp(&mask, &FaceLevels::new(&[2]), &to_frame, (16, 8), 16);
        assert!(warped.pixels().all(|p| p.0 == [0]));
        let warped = warp(&mask, &FaceLevels::new(&[3]), &to_frame, (16, 8), 16);
        assert_eq!(
            (warped.get_pixel(3, 3).0, warped.get_pixel(12, 3).0, warped.get_pixel(12, 12).0),
            ([0], [255], [0])
        );
        let plain = warp(&mask, &FaceLevels::new(&[]), &to_frame, (16, 8), 16);
        assert_eq!((plain.get_pixel(3, 3).0, plain.get_pixel(12, 3).0), ([1], [3]));
    }
}

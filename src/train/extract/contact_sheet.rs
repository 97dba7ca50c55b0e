//! A picture of the whole face set at a glance: which poses it has, and how many faces of each.

use image::{Rgb, RgbImage, imageops};

use crate::train::faceset::{FaceRecord, FaceSet, FaceSetError, replace};

/// File of the sheet.
pub const SHEET: &str = "contact-sheet.png";

/// Side of a face in px.
const CELL: u32 = 88;
/// Height of the bar under a face.
const BAR: u32 = 6;
const GAP: u32 = 2;
/// Degrees from one column or row to the next.
const STEP: f32 = 10.0;
/// Columns and rows to either side of the middle; the outermost take what is beyond.
const REACH: (i32, i32) = (7, 4);
const GROUND: Rgb<u8> = Rgb([24, 24, 28]);
const EMPTY: Rgb<u8> = Rgb([40, 40, 46]);
const FILLED: Rgb<u8> = Rgb([90, 170, 240]);

/// Column and row of a face: yaw from −70° to 70°, pitch from −40° (looks up) to 40°, in steps of 10°.
fn cell(face: &FaceRecord) -> (i32, i32) {
    let step = |angle: f32, reach: i32| ((angle / STEP).round() as i32).clamp(-reach, reach);
    (step(face.yaw, REACH.0), step(face.pitch, REACH.1))
}

/// Writes the sheet: columns by yaw, rows by pitch, in each cell the sharpest face of that pose and under it a bar,
/// full for the pose with the most faces and by the logarithm of the number for the others. A crop that cannot be
/// read leaves its cell empty.
///
/// # Errors
/// [`FaceSetError::File`] where the sheet cannot be written.
pub fn write(set: &FaceSet) -> Result<(), FaceSetError> {
    let cells = |reach: i32| 2 * reach as u32 + 1;
    let (width, height) = (cells(REACH.0) * (CELL + GAP) + GAP, cells(REACH.1) * (CELL + BAR + GAP) + GAP);
    let mut sheet = RgbImage::from_pixel(width, height, GROUND);
    let of = |column: i32, row: i32| set.faces.iter().filter(move |face| cell(face) == (column, row));
    let places = (-REACH.1..=REACH.1).flat_map(|row| (-REACH.0..=REACH.0).map(move |column| (column, row)));
    let most = places.clone().map(|(column, row)| of(column, row).count()).max().unwrap_or(0);
    for (column, row) in places {
        let x = i64::from(GAP + (column + REACH.0) as u32 * (CELL + GAP));
        let y = i64::from(GAP + (row + REACH.1) as u32 * (CELL + BAR + GAP));
        let sharpest = of(column, row).max_by(|a, b| a.sharpness.total_cmp(&b.sharpness));
        let picture = sharpest.and_then(|face| set.crop(face).ok()).map_or_else(
            || RgbImage::from_pixel(CELL, CELL, EMPTY),
            |crop| imageops::resize(&crop, CELL, CELL, imageops::FilterType::Triangle),
        );
        imageops::replace(&mut sheet, &picture, x, y);
        let share = ((1 + of(column, row).count()) as f32).ln() / ((1 + most.max(1)) as f32).ln();
        let bar = RgbImage::from_pixel((share * CELL as f32).round() as u32, BAR - 1, FILLED);
        imageops::replace(&mut sheet, &bar, x, y + i64::from(CELL) + 1);
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    let file = set.folder.join(SHEET);
    let failed = |error: image::ImageError| FaceSetError::File { file: file.clone(), reason: error.to_string() };
    sheet.write_to(&mut bytes, image::ImageFormat::Png).map_err(failed)?;
    replace(&file, bytes.get_ref())
}

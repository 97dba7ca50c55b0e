//! `standin compare`: frames of clips side by side, as one picture.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use image::{RgbImage, imageops};

use super::Outcome;
use crate::frame::{OwnedFrame, PixelFormat};
use crate::media::{Clip, ClipOptions};

/// Arguments of `standin compare`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The clips, a row each.
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    /// How many frames, evenly spread.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=200))]
    frames: u32,
    /// First frame to show.
    #[arg(long, default_value_t = 0)]
    from: usize,
    /// Frame after the last to show.
    #[arg(long, default_value_t = usize::MAX)]
    to: usize,
    /// Width of each frame in the picture.
    #[arg(long, default_value_t = 480, value_parser = clap::value_parser!(u32).range(16..=4096))]
    width: u32,
    /// The picture to write, a PNG.
    #[arg(short, long, default_value = "compare.png")]
    out: PathBuf,
}

/// Writes the picture.
///
/// # Errors
/// Where a clip cannot be read or the picture cannot be written.
pub fn run(arguments: &Arguments, out: &mut dyn std::io::Write) -> anyhow::Result<Outcome> {
    let options = ClipOptions { format: Some(PixelFormat::Rgbx), pad: None };
    let range = arguments.from..arguments.to;
    let mut rows = Vec::new();
    for path in &arguments.clips {
        let within = |i: &usize| range.contains(i);
        let count = Clip::open(path, options)?.enumerate().filter(|(i, _)| within(i)).count();
        ensure!(count > 0, "{} has no frame from {} on", path.display(), arguments.from);
        let chosen = |i: usize| (0..arguments.frames as usize).any(|k| k * count / arguments.frames as usize == i);
        let mut row = Vec::new();
        for (i, frame) in Clip::open(path, options)?.enumerate().filter(|(i, _)| within(i)) {
            if chosen(i - arguments.from) {
                row.push(picture(&frame?, arguments.width));
            }
        }
        rows.push(row);
    }
    let sheet = sheet(&rows);
    sheet.save(&arguments.out).with_context(|| format!("cannot write {}", arguments.out.display()))?;
    writeln!(out, "{}: {}x{}", arguments.out.display(), sheet.width(), sheet.height())?;
    Ok(Outcome::Good)
}

fn picture(frame: &OwnedFrame, width: u32) -> RgbImage {
    let layout = frame.layout();
    let mut full = RgbImage::new(layout.width as u32, layout.height as u32);
    for (to, from) in full.pixels_mut().zip(frame.bytes(0).chunks_exact(4)) {
        to.0 = [from[0], from[1], from[2]];
    }
    let height = (width as usize * layout.height / layout.width).max(1) as u32;
    imageops::resize(&full, width, height, imageops::FilterType::Triangle)
}

fn sheet(rows: &[Vec<RgbImage>]) -> RgbImage {
    let width = rows.iter().map(|row| row.iter().map(RgbImage::width).sum()).max().unwrap_or(1);
    let heights = rows.iter().map(|row| row.iter().map(RgbImage::height).max().unwrap_or(0));
    let mut sheet = RgbImage::new(width, heights.clone().sum::<u32>().max(1));
    let mut y = 0i64;
    for (row, height) in rows.iter().zip(heights) {
        let mut x = 0i64;
        for picture in row {
            imageops::replace(&mut sheet, picture, x, y);
            x += i64::from(picture.width());
        }
        y += i64::from(height);
    }
    sheet
}

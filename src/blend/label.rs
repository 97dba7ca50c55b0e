//! The mark that says what a frame is: "AI" and whose faces it shows, over a dark plate in the lower left corner.
//!
//! A [`Label`] is drawn once, for a text and a layout, as a layer of the frame's code values; [`Label::draw`] blends
//! that into a frame as `composite` does with a face, `out = frame + m·(label − frame)`. Letters are as white as
//! graphics are ([`TransferFunction::graphics_white`](crate::frame::TransferFunction::graphics_white)) and cover what
//! is below them; the plate is black and lets [`PLATE`] of it be hidden, so that the letters read on anything.
//!
//! What the font has no letter for is left out of a name; a name of which nothing is left is not shown. Of names that
//! are too long together, the first ones are shown and how many more there are. Every frame of 7 by 3 pixels or more
//! has the mark.

use super::composite::{means, order, own_samples, shared_samples};
use super::letters;
use super::plan::Region;
use crate::frame::{FrameMut, Layout, RgbToCodes, Sample, with_sample};

/// What the mark begins with.
const MARK: &str = "AI";
/// Between the mark and the name.
const BETWEEN: &str = " · ";
/// Most characters of all names.
const LONGEST: usize = 40;
/// Height of the line of letters, of the frame's height.
const LINE: f32 = 1.0 / 30.0;
/// Least height of the line in pixels, where the frame has room for it; lower letters are not read.
const LEAST_LINE: f32 = 12.0;
/// How far the plate hides what is below it.
const PLATE: f32 = 0.65;
/// From the frame's edges to the plate, from the plate's to the letters, and the radius of its corners, in heights
/// of the line.
const MARGIN: f32 = 0.5;
const PADDING: (f32, f32) = (0.45, 0.2);
const CORNER: f32 = 0.25;

/// A label for frames of one layout.
#[derive(Debug)]
pub struct Label {
    layout: Layout,
    region: Region,
    /// Codes and m of each pixel of the region.
    pixels: Vec<[f32; 4]>,
    /// What samples that pixels share make of them.
    shared: Vec<[f32; 4]>,
}

impl Label {
    /// A label with the names of whose faces are shown, where there are any.
    pub fn new<'a>(subjects: impl IntoIterator<Item = &'a str>, layout: &Layout) -> Self {
        let picture = Picture::of(subjects, layout.width, layout.height);
        let (region, encode, order) = (picture.region, RgbToCodes::of(layout), order(layout.format));
        let pixels: Vec<_> = picture
            .pixels
            .iter()
            .map(|&(letter, plate)| {
                let m = 1.0 - (1.0 - letter) * (1.0 - PLATE * plate);
                let white = if m > 0.0 { layout.transfer.graphics_white() * letter / m } else { 0.0 };
                let mut pixel = [0.0, 0.0, 0.0, m];
                for (at, code) in order.into_iter().zip(encode.codes([white; 3])) {
                    pixel[at] = code;
                }
                pixel
            })
            .collect();
        let mut label = Self { layout: *layout, region, pixels, shared: Vec::new() };
        label.share();
        label
    }

    fn share(&mut self) {
        let [_, chroma, _] = self.layout.format.components();
        if chroma.shared == (1, 1) || self.region.is_empty() {
            return;
        }
        let (width, half) = (self.region.width(), self.region.width().div_ceil(2));
        let rows = self.pixels.chunks(width * chroma.shared.1);
        self.shared.resize(half * rows.len(), [0.0; 4]);
        for (rows, shared) in rows.zip(self.shared.chunks_exact_mut(half)) {
            let (above, below) = rows.split_at(width);
            means(above, if below.is_empty() { above } else { below }, shared);
        }
    }

    /// What frames it is for.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The pixels that it may change.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Draws it into a frame of its layout; another is left alone.
    pub fn draw(&self, frame: &mut FrameMut<'_>) {
        if *frame.layout() == self.layout && !self.region.is_empty() {
            with_sample!(self.layout.format.depth(), draw_samples(self, frame));
        }
    }
}

fn draw_samples<S: Sample>(label: &Label, frame: &mut FrameMut<'_>) {
    let [_, chroma, _] = label.layout.format.components();
    let Region { x0, y0, .. } = label.region;
    for (n, row) in label.pixels.chunks(label.region.width()).enumerate() {
        own_samples::<S>(frame, y0 + n, x0, row);
    }
    for (n, row) in label.shared.chunks(label.region.width().div_ceil(2)).enumerate() {
        shared_samples::<S>(frame, y0 + n * chroma.shared.1, x0, row);
    }
}

/// The names, each once, of what the font has letters for.
fn names<'a>(subjects: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for subject in subjects {
        let name = letters::known(subject);
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The mark and the names, of which there are `most` characters: as many whole names as there is room for and the
/// number of the others, or the beginning of the first one.
fn text(names: &[String], most: usize) -> String {
    let Some(first) = names.first() else { return MARK.to_owned() };
    let more = |kept: usize| if kept < names.len() { format!(" +{}", names.len() - kept) } else { String::new() };
    let whole = |kept: usize| names[..kept].join(", ") + &more(kept);
    let fits = |text: &String| text.chars().count() <= most;
    let cut = || {
        let room = most.saturating_sub(more(1).len()).max(1);
        first.chars().take(room).chain(['…']).collect::<String>() + &more(1)
    };
    let names = (1..=names.len()).rev().map(whole).find(fits).unwrap_or_else(cut);
    format!("{MARK}{BETWEEN}{names}")
}

/// How far letters and the plate cover each pixel of a region.
struct Picture {
    region: Region,
    pixels: Vec<(f32, f32)>,
}

impl Picture {
    /// The mark and the names in the lower left corner of a frame of this size. Where they are too wide they become
    /// smaller, and where they would become too small there is less of the names.
    fn of<'a>(subjects: impl IntoIterator<Item = &'a str>, width: usize, height: usize) -> Self {
        let names = names(subjects);
        let least = LEAST_LINE.min(0.5 * height as f32);
        // The height at which the text just fits.
        let fitting = |text: &str| width as f32 / (letters::width(text, 1.0) + 2.0 * (MARGIN + PADDING.0));
        let line = (LINE * height as f32).max(least).min(fitting(&text(&names, LONGEST)).max(least));
        let texts = (1..=LONGEST).rev().map(|most| text(&names, most));
        let text = texts.into_iter().find(|text| fitting(text) >= line).unwrap_or_else(|| MARK.to_owned());
        Self::drawn(&text, line.min(fitting(&text)), (width, height))
    }

    fn drawn(text: &str, line: f32, (width, height): (usize, usize)) -> Self {
        let wide = letters::width(text, line);
        let margin = (MARGIN * line).round();
        let (left, bottom) = (margin, height as f32 - margin);
        let (right, top) = (left + wide + 2.0 * PADDING.0 * line, bottom - line - 2.0 * PADDING.1 * line);
        let clip = |v: f32, end: usize| v.clamp(0.0, end as f32) as usize;
        let region = Region {
            x0: clip(left, width) & !1,
            y0: clip(top, height) & !1,
            x1: clip(right.ceil(), width).next_multiple_of(2).min(width),
            y1: clip(bottom.ceil(), height).next_multiple_of(2).min(height),
        };
        let mut pixels = vec![(0.0, 0.0); region.width() * region.height()];
        for (n, (_, plate)) in pixels.iter_mut().enumerate() {
            let x = (region.x0 + n % region.width()) as f32 + 0.5;
            let y = (region.y0 + n / region.width()) as f32 + 0.5;
            *plate = rounded((x, y), (left, top, right, bottom), CORNER * line);
        }
        let baseline = (top + PADDING.1 * line + letters::ascent(line)).round();
        letters::draw(text, line, (left + PADDING.0 * line, baseline), |x, y, cover| {
            let (x, y) = (x - region.x0 as i64, y - region.y0 as i64);
            if (0..region.width() as i64).contains(&x) && (0..region.height() as i64).contains(&y) {
                let (letters, _) = &mut pixels[y as usize * region.width() + x as usize];
                *letters = (*letters + cover).min(1.0);
            }
        });
        Self { region, pixels }
    }
}

/// How far a rectangle (left, top, right, bottom) with round corners covers the pixel about (x, y).
fn rounded((x, y): (f32, f32), (left, top, right, bottom): (f32, f32, f32, f32), radius: f32) -> f32 {
    let (dx, dy) = ((left - x).max(x - right) + radius, (top - y).max(y - bottom) + radius);
    let outside = dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius;
    (0.5 - outside).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(subjects: &[&str], most: usize) -> String {
        text(&names(subjects.iter().copied()), most)
    }

    #[test]
    fn the_text_is_the_mark_and_the_name() {
        assert_eq!(said(&["Ben"], LONGEST), "AI · Ben");
        assert_eq!(said(&[], LONGEST), "AI");
        assert_eq!(said(&["  \n\t "], LONGEST), "AI");
        assert_eq!(said(&["Ben\u{7} \n Miller"], LONGEST), "AI · Ben Miller");
        assert_eq!(said(&["Zoë Ångström, Ελένη, Юрий"], LONGEST), "AI · Zoë Ångström, Ελένη, Юрий");
        assert_eq!(said(&["Ben", "Eva", "Ben"], LONGEST), "AI · Ben, Eva");
        assert_eq!(said(&[&"x".repeat(50)], LONGEST), format!("AI · {}…", "x".repeat(40)));
    }

    #[test]
    fn what_the_font_has_no_letter_for_is_left_out() {
        assert_eq!(said(&["王小明"], LONGEST), "AI");
        assert_eq!(said(&["Ben 😀 Miller"], LONGEST), "AI · Ben Miller");
        assert_eq!(said(&["\u{202e}B\u{200b}e\u{ad}n\u{feff}\u{2066}", "Ben"], LONGEST), "AI · Ben");
        assert_eq!(said(&["王 Wang", "王", "\u{200d}"], LONGEST), "AI · Wang");
    }

    #[test]
    fn names_that_are_too_long_together_are_counted() {
        let three = ["Ada Lovelace", "Benjamin Miller", "Eva Maria Sommer"];
        assert_eq!(said(&three, 50), "AI · Ada Lovelace, Benjamin Miller, Eva Maria Sommer");
        assert_eq!(said(&three, LONGEST), "AI · Ada Lovelace, Benjamin Miller +1");
        assert_eq!(said(&three, 20), "AI · Ada Lovelace +2");
        assert_eq!(said(&three, 10), "AI · Ada Lov… +2");
        assert_eq!(said(&three, 1), "AI · A… +2");
    }

    #[test]
    fn what_is_too_wide_becomes_smaller_and_then_shorter() {
        let name = ["A name that is rather long to be true"];
        let wide = Picture::of(name, 1920, 1080);
        assert!(wide.region.x1 < 1920 && wide.region.height() > 36);
        for (width, height) in [(320, 240), (160, 120), (64, 48), (17, 13), (4, 4), (1, 1)] {
            let small = Picture::of(name, width, height);
            assert!(small.region.x1 <= width && small.region.y1 <= height, "{width}x{height}");
        }
        // A name that is cut is a narrower one than the whole.
        let [cut, mark] = [&name[..], &[]].map(|names| Picture::of(names.iter().copied(), 160, 120).region.width());
        assert!(mark < cut && cut <= 160, "{mark} {cut}");
    }
}

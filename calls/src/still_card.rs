//! The picture that stands in for the call's own: whose face the model gives, and what is waited for. No face is on it.

use standin::blend::letters;

/// Luma of the card.
const PAPER: u8 = 40;
/// Luma of the title.
const TITLE: u8 = 215;
/// Luma of the line below it.
const LINE: u8 = 150;
/// Heights of the title's letters and of the line's, of the card's height.
const HEIGHTS: (f32, f32) = (1.0 / 10.0, 1.0 / 20.0);
/// Least height of letters in pixels; lower ones are not read.
const LEAST: f32 = 12.0;
/// From one baseline to the next, in heights of the letters.
const APART: f32 = 1.2;
/// How much of the card's width words take.
const ROOM: f32 = 0.9;

/// A grey card of `width` times `height` pixels (even width) as YUY2 in limited range, with a title and, smaller, a
/// line below it, both wrapped between words. What the frame's label has no letter for is left out, as it is there.
pub fn draw(width: u32, height: u32, title: &str, line: &str) -> gst::Buffer {
    let (columns, rows) = (width as usize, height as usize);
    let mut pixels: Vec<u8> = [PAPER, 128].repeat(columns * rows);
    let (width, height) = (width as f32, height as f32);
    let text = |text: &str, high: f32, luma: u8| {
        let high = (high * height).max(LEAST);
        wrap(&letters::known(text), ROOM * width, high).into_iter().map(move |text| (text, high, luma))
    };
    let texts: Vec<_> = text(title, HEIGHTS.0, TITLE).chain(text(line, HEIGHTS.1, LINE)).collect();
    let tall: f32 = texts.iter().map(|(_, high, _)| APART * high).sum();
    let mut top = ((height - tall) / 2.0).max(0.0);
    for (text, high, luma) in texts {
        let left = ((width - letters::width(&text, high)) / 2.0).max(0.0);
        let place = (left.round(), (top + letters::ascent(high)).round());
        letters::draw(&text, high, place, |x, y, cover| {
            if (0..columns as i64).contains(&x) && (0..rows as i64).contains(&y) {
                let pixel = &mut pixels[(y as usize * columns + x as usize) * 2];
                let paper = f32::from(*pixel);
                *pixel = (paper + cover * (f32::from(luma) - paper)).round() as u8;
            }
        });
        top += APART * high;
    }
    gst::Buffer::from_slice(pixels)
}

/// The words in lines of `most` pixels at most, where letters are so high; words that are longer are cut.
fn wrap(text: &str, most: f32, high: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) if letters::width(&longer, high) <= most => *line = longer,
            _ => lines.push(cut(word, most, high)),
        }
    }
    lines
}

/// As many letters of a word as fit, and one at least.
fn cut(word: &str, most: f32, high: f32) -> String {
    let mut wide = 0.0;
    let fits = |(place, letter): &(usize, char)| {
        wide += letters::width(letter.encode_utf8(&mut [0; 4]), high);
        *place == 0 || wide <= most
    };
    word.chars().enumerate().take_while(fits).map(|(_, letter)| letter).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    /// Luma of every pixel; the card has no colour.
    fn luma(width: u32, height: u32, title: &str, line: &str) -> Vec<u8> {
        gst::init().unwrap();
        let card = draw(width, height, title, line);
        let map = card.map_readable().unwrap();
        assert_eq!(map.len(), (width * height * 2) as usize);
        assert!(map.iter().skip(1).step_by(2).all(|chroma| *chroma == 128));
        map.iter().step_by(2).copied().collect()
    }

    #[test]
    fn a_card_is_dark_with_light_words_in_its_middle() {
        let luma = luma(640, 360, "Ben & Zoë", "starting");
        let bright =
            |rows: std::ops::Range<usize>| luma[rows.start * 640..rows.end * 640].iter().filter(|l| **l > 120).count();
        assert_eq!((bright(0..100), bright(260..360)), (0, 0), "words at the edge");
        assert!(bright(140..220) > 200, "no words");
    }

    #[test]
    fn letters_are_whole_and_have_thin_edges() {
        for (width, height) in [(640, 360), (1920, 1080)] {
            let luma = luma(width, height, "Ben & Zoë", "");
            let count = |wanted: fn(u8) -> bool| luma.iter().filter(|luma| wanted(**luma)).count();
            let (whole, edges) = (count(|luma| luma == TITLE), count(|luma| luma != TITLE && luma != PAPER));
            assert!(whole > edges, "{whole} pixels of letters, {edges} of their edges at {width}x{height}");
        }
    }

    #[test]
    fn other_words_make_another_card_and_none_a_plain_one() {
        assert_ne!(luma(322, 182, "Ben", "starting"), luma(322, 182, "Ben", "waiting for the camera"));
        assert_ne!(luma(322, 182, "Zoë", ""), luma(322, 182, "Zoe", ""));
        assert!(luma(322, 182, "", "").iter().all(|luma| *luma == PAPER));
    }

    #[test]
    fn every_letter_of_the_label_is_shown_and_no_other() {
        let card = |title: &str| luma(322, 182, title, "");
        for (name, other) in [("Юрий", "????"), ("Юрий", "Юлия"), ("Ελένη", "?????"), ("Łukasz", "Lukasz")]
        {
            assert_ne!(card(name), card(other), "{name} is shown as {other}");
        }
        assert_eq!(card("王 Wang"), card("Wang"));
        assert_eq!(card("王"), card(""));
    }

    #[test]
    fn any_words_fit_any_size() {
        let long = "Whoever has a name that goes on and on ".repeat(20);
        for (width, height) in [(2, 2), (16, 16), (32, 200), (320, 240)] {
            luma(width, height, &long, "字");
        }
    }

    #[test]
    fn lines_break_between_words() {
        let lines = |text: &str, widest: &str| wrap(text, letters::width(widest, 20.0), 20.0);
        assert_eq!(lines("one two three", "one two"), ["one two", "three"]);
        assert_eq!(lines("uninterrupted", "unint"), ["unint"]);
        assert_eq!(lines("one two", ""), ["o", "t"]);
    }
}

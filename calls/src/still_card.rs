//! The picture that stands in for the call's own: whose face the model gives, and what is waited for. No face is on it.

use font8x8::{BASIC_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};

/// Luma of the card.
const PAPER: u8 = 40;
/// Luma of the title.
const TITLE: u8 = 215;
/// Luma of the line below it.
const LINE: u8 = 150;
/// Side of a letter of the font, in its own dots.
const DOTS: usize = 8;

/// A grey card of `width` times `height` pixels (even width) as YUY2 in limited range, with a title and, smaller, a
/// line below it, both wrapped between words. Letters that the font lacks (it has the Latin and Greek ones) become
/// `?`.
pub fn draw(width: u32, height: u32, title: &str, line: &str) -> gst::Buffer {
    let (width, height) = (width as usize, height as usize);
    let mut pixels: Vec<u8> = [PAPER, 128].iter().copied().cycle().take(width * height * 2).collect();
    let (large, small) = ((height / 14).max(DOTS), (height / 28).max(DOTS));
    let (titles, lines) = (wrap(title, width * 9 / 10 / large), wrap(line, width * 9 / 10 / small));
    let tall = titles.len() * large * 3 / 2 + lines.len() * small * 3 / 2;
    let mut top = height.saturating_sub(tall) / 2;
    let texts = titles.iter().map(|text| (text, large, TITLE)).chain(lines.iter().map(|text| (text, small, LINE)));
    for (text, side, luma) in texts {
        let left = width.saturating_sub(text.chars().count() * side) / 2;
        for (place, letter) in text.chars().enumerate() {
            write(&mut pixels, (width, height), (left + place * side, top), side, letter, luma);
        }
        top += side * 3 / 2;
    }
    gst::Buffer::from_slice(pixels)
}

/// The words in lines of so many letters at most, words that are longer cut.
fn wrap(text: &str, most: usize) -> Vec<String> {
    let most = most.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().take(most).collect();
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + letters.len() > most {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(letters);
        }
    }
    lines
}

/// Writes a letter of `side` pixels with its corner at `place`. Its dots are joined, so that it has no stairs.
fn write(pixels: &mut [u8], size: (usize, usize), place: (usize, usize), side: usize, letter: char, luma: u8) {
    let fonts = BASIC_FONTS.get(letter).or_else(|| LATIN_FONTS.get(letter)).or_else(|| GREEK_FONTS.get(letter));
    let glyph = fonts.or_else(|| BASIC_FONTS.get('?')).unwrap_or_default();
    let dot = |x: isize, y: isize| {
        let inside = (0..DOTS as isize).contains(&x) && (0..DOTS as isize).contains(&y);
        if inside && glyph[y as usize] >> x & 1 == 1 { 1.0 } else { 0.0 }
    };
    for y in 0..side.min(size.1.saturating_sub(place.1)) {
        for x in 0..side.min(size.0.saturating_sub(place.0)) {
            let at = |pixel: usize| (pixel as f32 + 0.5) * DOTS as f32 / side as f32 - 0.5;
            let (u, v) = (at(x), at(y));
            let (i, j) = (u.floor() as isize, v.floor() as isize);
            let (a, b) = (u - u.floor(), v - v.floor());
            let row = |j: isize| dot(i, j) * (1.0 - a) + dot(i + 1, j) * a;
            let ink = ((row(j) * (1.0 - b) + row(j + 1) * b - 0.35) * 4.0).clamp(0.0, 1.0);
            let pixel = &mut pixels[((place.1 + y) * size.0 + place.0 + x) * 2];
            *pixel = (f32::from(PAPER) + ink * (f32::from(luma) - f32::from(PAPER))).round() as u8;
        }
    }
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
    fn other_words_make_another_card_and_none_a_plain_one() {
        assert_ne!(luma(322, 182, "Ben", "starting"), luma(322, 182, "Ben", "waiting for the camera"));
        assert_ne!(luma(322, 182, "Zoë", ""), luma(322, 182, "Zoe", ""));
        assert!(luma(322, 182, "", "").iter().all(|luma| *luma == PAPER));
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
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("uninterrupted", 5), ["unint"]);
    }
}

//! The letters of what is written into pictures, as far as they cover each pixel: those of the frame's
//! [label](super::Label), and of any picture that a program draws beside it.
//!
//! A line of text is as high as the font's highest and lowest letters need, from [`ascent`] above its baseline on.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

/// DejaVu Sans Bold, as far as names in Latin, Greek and Cyrillic letters need it; its licence lies beside it.
const FILE: &[u8] = include_bytes!("label/DejaVuSans-Bold-subset.ttf");

/// The file is part of the program; without it there would be no letters.
static FONT: LazyLock<Option<FontRef<'static>>> = LazyLock::new(|| FontRef::try_from_slice(FILE).ok());

/// The text without what the font has no letter for and without what only says how others are set, with one space
/// between words.
pub fn known(text: &str) -> String {
    let Some(font) = &*FONT else { return String::new() };
    let shown = |letter: &char| letter.is_whitespace() || (font.glyph_id(*letter).0 != 0 && !is_unseen(*letter));
    let letters: String = text.chars().filter(shown).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Width in pixels of a text in a line of `height` pixels.
pub fn width(text: &str, height: f32) -> f32 {
    let Some(font) = &*FONT else { return 0.0 };
    let font = font.as_scaled(PxScale::from(height));
    text.chars().map(|letter| font.h_advance(font.glyph_id(letter))).sum()
}

/// Pixels from the top of a line of `height` pixels to its baseline.
pub fn ascent(height: f32) -> f32 {
    FONT.as_ref().map_or(0.0, |font| font.as_scaled(PxScale::from(height)).ascent())
}

/// Draws a text in a line of `height` pixels whose baseline begins at `place` (x, y), in pixels from the picture's upper
/// left corner. `cover` is given x, y and how far a letter covers that pixel (above 0, up to 1), for every letter that
/// touches it, also outside of the picture. A baseline on a pixel's edge keeps the letters' feet crisp.
pub fn draw(text: &str, height: f32, place: (f32, f32), mut cover: impl FnMut(i64, i64, f32)) {
    let Some(font) = &*FONT else { return };
    let (scale, (mut left, baseline)) = (PxScale::from(height), place);
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        let glyph = id.with_scale_and_position(scale, point(left, baseline));
        left += font.as_scaled(scale).h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, covered| {
            if covered > 0.0 {
                cover(corner.x as i64 + i64::from(x), corner.y as i64 + i64::from(y), covered.min(1.0));
            }
        });
    }
}

/// Whether a character only says how others are set: controls, and Unicode's general category Cf as far as a font of
/// Latin, Greek and Cyrillic letters may have it.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels that a text covers: left, top, right, bottom, the last ones included.
    fn bounds(text: &str, height: f32, place: (f32, f32)) -> (i64, i64, i64, i64) {
        let mut bounds = (i64::MAX, i64::MAX, i64::MIN, i64::MIN);
        draw(text, height, place, |x, y, cover| {
            assert!(cover > 0.0 && cover <= 1.0, "{cover}");
            bounds = (bounds.0.min(x), bounds.1.min(y), bounds.2.max(x), bounds.3.max(y));
        });
        bounds
    }

    #[test]
    fn a_text_lies_in_its_line() {
        for height in [8.0, 12.5, 36.0, 200.0] {
            let (left, top, right, bottom) = bounds("Åg", height, (10.0, 300.0));
            assert!(left >= 9 && right as f32 <= 10.0 + width("Åg", height), "{height}: {left} to {right}");
            let begin = 300.0 - ascent(height);
            assert!(top as f32 >= begin - 1.0 && bottom as f32 <= begin + height, "{height}: {top} to {bottom}");
            // Feet on the line.
            assert_eq!(bounds("H", height, (10.0, 300.0)).3, 299, "{height}");
        }
    }

    #[test]
    fn what_is_known_are_letters_and_single_spaces() {
        assert_eq!(known(" Zoë\n\tЮрий  Ελένη "), "Zoë Юрий Ελένη");
        assert_eq!(known("王 Wang\u{202e}\u{200b} 😀"), "Wang");
        assert_eq!(known("王"), "");
    }
}

//! Text and pictures inside HTML.

use image::{ImageFormat, RgbImage};

/// Without what HTML reads as its own.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A figure with as many digits as mean something.
pub(super) fn number(value: f32) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 => format!("{value:.2}"),
        v if v < 5e-5 => "0".to_owned(),
        v if v >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// A figure to compare by: a digit more, and counts without any.
pub(super) fn exact(value: f32) -> String {
    match value.abs() {
        v if value.fract() == 0.0 && v < 1e9 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.01 => format!("{value:.3}"),
        _ => number(value),
    }
}

/// An `img` with the picture in it, as PNG.
///
/// # Errors
/// Where the picture cannot be encoded.
pub(super) fn img(picture: &RgbImage, alt: &str) -> Result<String, image::ImageError> {
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    let (width, height) = picture.dimensions();
    Ok(format!(
        "<img width=\"{width}\" height=\"{height}\" alt=\"{}\" src=\"data:image/png;base64,{}\">",
        escaped(alt),
        base64(png.get_ref())
    ))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
            text.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standard_s() {
        // RFC 4648, section 10.
        let vectors = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (text, expected) in vectors {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn figures_have_few_digits() {
        assert_eq!(
            [123.4, 12.34, 1.234, 0.1234, 0.01234, 0.0].map(number),
            ["123", "12.3", "1.23", "0.12", "0.012", "0"]
        );
        assert_eq!(
            [0.6834, -4.1234, 15.62, 3.0, 1.0, 0.0042].map(exact),
            ["0.683", "-4.123", "15.6", "3", "1", "0.0042"]
        );
        assert_eq!(escaped("a<b>&\""), "a&lt;b&gt;&amp;&quot;");
    }
}

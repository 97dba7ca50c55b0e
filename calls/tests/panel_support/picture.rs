//! What is on a picture of the preview.

/// Width, height and the pixels that are the green of the test's model.
pub(crate) fn green(jpeg: &[u8]) -> (u32, u32, usize) {
    let picture = image::load_from_memory(jpeg).unwrap().to_rgb8();
    let is_green = |pixel: &&image::Rgb<u8>| {
        let [r, g, b] = pixel.0;
        g > 150 && r < 100 && b < 100
    };
    (picture.width(), picture.height(), picture.pixels().filter(is_green).count())
}

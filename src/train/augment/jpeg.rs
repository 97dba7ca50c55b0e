//! Blocks and ringing on the input: really encoded and decoded.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};
use rand::{Rng, RngExt};

use super::AugmentSettings;
use super::draw::chance;

/// Buffers of [`jpeg`].
#[derive(Debug, Default)]
pub(super) struct JpegBuffers {
    rgb: Vec<u8>,
    file: Vec<u8>,
}

/// Compresses `planes` (blue, green, red, 0..1), where that is drawn.
pub(super) fn jpeg(
    settings: &AugmentSettings,
    planes: &mut [f32],
    side: usize,
    rng: &mut impl Rng,
    buffers: &mut JpegBuffers,
) {
    let (drawn, share) = (chance(rng, settings.jpeg_chance), rng.random::<f32>());
    if !drawn {
        return;
    }
    let quality = settings.jpeg.clamp(1, 95);
    let quality = quality + (f32::from(95 - quality) * share) as u8;
    let JpegBuffers { rgb, file } = buffers;
    let (blue, others) = planes.split_at_mut(side * side);
    let (green, red) = others.split_at_mut(side * side);
    rgb.clear();
    for ((b, g), r) in blue.iter().zip(&*green).zip(&*red) {
        rgb.extend([*r, *g, *b].map(|v| (v * 255.0 + 0.5) as u8));
    }
    file.clear();
    let encoded = JpegEncoder::new_with_quality(&mut *file, quality).encode(
        rgb,
        side as u32,
        side as u32,
        ExtendedColorType::Rgb8,
    );
    let decoded = encoded.and_then(|()| image::load_from_memory_with_format(file, ImageFormat::Jpeg));
    // A picture that no JPEG can be (wider than 65535) stays as it is.
    let Ok(decoded) = decoded.map(image::DynamicImage::into_rgb8) else { return };
    for (((b, g), r), pixel) in blue.iter_mut().zip(green).zip(red).zip(decoded.pixels()) {
        [*r, *g, *b] = pixel.0.map(|v| f32::from(v) / 255.0);
    }
}

//! A crop taken apart into the channels of the space in which its colours are measured and changed.

use super::lab::to_lab;
use super::linear::linear;
use super::plan::Region;
use super::space::Space;

/// Three planes of a crop.
#[derive(Debug, Default)]
pub struct Planes {
    /// What the channels are.
    pub space: Space,
    /// `resolution`² values each.
    pub channels: [Vec<f32>; 3],
}

impl Planes {
    /// Converts `region` of `picture` (`resolution`² pixels of blue, green, red, 0..1, interleaved) to `space`;
    /// elsewhere old values stay.
    pub fn fill(&mut self, space: Space, picture: &[f32], resolution: usize, region: &Region) {
        self.space = space;
        match space {
            Space::Linear => {
                self.fill_with(picture, resolution, region, |[r, g, b]| [linear(r), linear(g), linear(b)]);
            }
            Space::Lab => self.fill_with(picture, resolution, region, to_lab),
        }
    }

    #[inline(always)]
    fn fill_with(
        &mut self,
        picture: &[f32],
        resolution: usize,
        region: &Region,
        convert: impl Fn([f32; 3]) -> [f32; 3],
    ) {
        let [first, second, third] = &mut self.channels;
        for plane in [&mut *first, &mut *second, &mut *third] {
            plane.resize(resolution * resolution, 0.0);
        }
        for j in region.y0..region.y1 {
            let span = j * resolution + region.x0..j * resolution + region.x1;
            let pixels = picture[span.start * 3..span.end * 3].chunks_exact(3);
            let planes = first[span.clone()].iter_mut().zip(&mut second[span.clone()]).zip(&mut third[span]);
            for (pixel, ((a, b), c)) in pixels.zip(planes) {
                [*a, *b, *c] = convert([pixel[2], pixel[1], pixel[0]]);
            }
        }
    }
}

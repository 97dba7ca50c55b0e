//! Pixel formats as data: one row a format says where each component's samples lie. What reads and writes frames asks
//! the row. A format of a shape that is here already (how far samples are from each other, where the first one is,
//! how many pixels share one) is added here and in the map of GStreamer's names alone; the readers know no other
//! shapes.

use super::sample::Depth;

/// How pixels are stored. The names are GStreamer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Planes Y and interleaved U, V; chroma at half size in both directions.
    Nv12,
    /// Planes Y, U, V; chroma at half size in both directions.
    I420,
    /// One plane, two pixels in four bytes: Y0 U Y1 V.
    Yuy2,
    /// One plane, bytes R, G, B, A.
    Rgba,
    /// One plane, bytes B, G, R, A.
    Bgra,
    /// One plane, bytes R, G, B and one unused.
    Rgbx,
    /// One plane, bytes B, G, R and one unused.
    Bgrx,
    /// Planes Y and interleaved V, U; chroma at half size in both directions.
    Nv21,
    /// Planes Y, V, U; chroma at half size in both directions.
    Yv12,
    /// One plane, two pixels in four bytes: U Y0 V Y1.
    Uyvy,
    /// Planes Y, U, V; chroma at half the width.
    Y42b,
    /// Planes Y, U, V of the same size.
    Y444,
    /// One plane, bytes R, G, B.
    Rgb,
    /// One plane, bytes B, G, R.
    Bgr,
    /// NV12 with ten bits a sample, the upper ones of a little-endian word.
    P010,
    /// I420 with ten bits a sample, the lower ones of a little-endian word.
    I420Ten,
    /// Y42B with ten bits a sample, the lower ones of a little-endian word.
    I422Ten,
    /// Y444 with ten bits a sample, the lower ones of a little-endian word.
    Y444Ten,
}

/// Where the samples of one component (Y, U, V or red, green, blue) lie. A sample is one or two bytes ([`Depth`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// Its plane.
    pub plane: usize,
    /// Samples of the plane's row before its first one.
    pub first: usize,
    /// Samples of the plane's row from one to the next.
    pub step: usize,
    /// Pixels, across and down, that share one.
    pub shared: (usize, usize),
}

/// A row of the table.
struct Storage {
    components: [Component; 3],
    is_yuv: bool,
    depth: Depth,
}

const fn at(plane: usize, first: usize, step: usize, shared: (usize, usize)) -> Component {
    Component { plane, first, step, shared }
}

const fn yuv(y: Component, u: Component, v: Component, depth: Depth) -> Storage {
    Storage { components: [y, u, v], is_yuv: true, depth }
}

/// Planes Y, U, V, where `shared` pixels have one sample of chroma.
const fn planar(u: usize, v: usize, shared: (usize, usize), depth: Depth) -> Storage {
    yuv(at(0, 0, 1, (1, 1)), at(u, 0, 1, shared), at(v, 0, 1, shared), depth)
}

/// Planes Y and chroma, with U and V at these places of a pair.
const fn paired(u: usize, v: usize, depth: Depth) -> Storage {
    yuv(at(0, 0, 1, (1, 1)), at(1, u, 2, (2, 2)), at(1, v, 2, (2, 2)), depth)
}

/// One plane with so many bytes a pixel, and red, green, blue at these.
const fn rgb(step: usize, [r, g, b]: [usize; 3]) -> Storage {
    let components = [at(0, r, step, (1, 1)), at(0, g, step, (1, 1)), at(0, b, step, (1, 1))];
    Storage { components, is_yuv: false, depth: Depth::Eight }
}

impl PixelFormat {
    /// Every format, in the order in which the element offers them.
    pub const ALL: [Self; 18] = [
        Self::Nv12,
        Self::I420,
        Self::Yuy2,
        Self::Rgba,
        Self::Bgra,
        Self::Rgbx,
        Self::Bgrx,
        Self::Nv21,
        Self::Yv12,
        Self::Uyvy,
        Self::Y42b,
        Self::Y444,
        Self::Rgb,
        Self::Bgr,
        Self::P010,
        Self::I420Ten,
        Self::I422Ten,
        Self::Y444Ten,
    ];

    const fn storage(self) -> Storage {
        const ONE: (usize, usize) = (1, 1);
        const HALF: (usize, usize) = (2, 1);
        const QUARTER: (usize, usize) = (2, 2);
        match self {
            Self::Nv12 => paired(0, 1, Depth::Eight),
            Self::Nv21 => paired(1, 0, Depth::Eight),
            Self::P010 => paired(0, 1, Depth::UpperTen),
            Self::I420 => planar(1, 2, QUARTER, Depth::Eight),
            Self::Yv12 => planar(2, 1, QUARTER, Depth::Eight),
            Self::Y42b => planar(1, 2, HALF, Depth::Eight),
            Self::Y444 => planar(1, 2, ONE, Depth::Eight),
            Self::I420Ten => planar(1, 2, QUARTER, Depth::LowerTen),
            Self::I422Ten => planar(1, 2, HALF, Depth::LowerTen),
            Self::Y444Ten => planar(1, 2, ONE, Depth::LowerTen),
            Self::Yuy2 => yuv(at(0, 0, 2, ONE), at(0, 1, 4, HALF), at(0, 3, 4, HALF), Depth::Eight),
            Self::Uyvy => yuv(at(0, 1, 2, ONE), at(0, 0, 4, HALF), at(0, 2, 4, HALF), Depth::Eight),
            Self::Rgba | Self::Rgbx => rgb(4, [0, 1, 2]),
            Self::Bgra | Self::Bgrx => rgb(4, [2, 1, 0]),
            Self::Rgb => rgb(3, [0, 1, 2]),
            Self::Bgr => rgb(3, [2, 1, 0]),
        }
    }

    /// Where Y, U and V, or red, green and blue, lie.
    pub const fn components(self) -> [Component; 3] {
        self.storage().components
    }

    /// Whether samples are luma and chroma rather than red, green and blue.
    pub const fn is_yuv(self) -> bool {
        self.storage().is_yuv
    }

    /// What a sample is.
    pub const fn depth(self) -> Depth {
        self.storage().depth
    }

    /// How many planes.
    pub const fn planes(self) -> usize {
        let [a, b, c] = self.components();
        let most = if b.plane > c.plane { b.plane } else { c.plane };
        (if a.plane > most { a.plane } else { most }) + 1
    }

    /// Bytes of one row, and rows, of plane `plane` in a frame of this size; none of a plane that the format does not
    /// have.
    pub const fn plane_size(self, plane: usize, width: usize, height: usize) -> (usize, usize) {
        let components = self.components();
        let (mut samples, mut rows, mut i) = (0, 0, 0);
        while i < components.len() {
            let Component { plane: own, step, shared, .. } = components[i];
            if own == plane {
                let across = width.div_ceil(shared.0) * step;
                samples = if across > samples { across } else { samples };
                rows = height.div_ceil(shared.1);
            }
            i += 1;
        }
        (samples * self.depth().bytes(), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `blend::composite`, `face::letterbox` and the shaders can read: whoever adds another shape changes those.
    #[test]
    fn every_format_has_a_shape_that_the_readers_know() {
        for format in PixelFormat::ALL {
            let [a, b, c] = format.components();
            let yuv = format.is_yuv();
            let rows = [a, b, c].map(|it| (it.plane, it.first, it.step));
            let chroma = (b.shared == c.shared).then_some(b.shared);
            let known = match (yuv, format.planes()) {
                (false, 1) => {
                    let step = a.step;
                    let places = [[0, 1, 2], [2, 1, 0]].map(|order| order.map(|first| (0, first, step)));
                    (3..5).contains(&step) && places.contains(&rows) && chroma == Some((1, 1))
                }
                (true, 1) => {
                    let places = [[(0, 0, 2), (0, 1, 4), (0, 3, 4)], [(0, 1, 2), (0, 0, 4), (0, 2, 4)]];
                    places.contains(&rows) && chroma == Some((2, 1)) && format.depth() == Depth::Eight
                }
                (true, 2) => {
                    let places = [[(0, 0, 1), (1, 0, 2), (1, 1, 2)], [(0, 0, 1), (1, 1, 2), (1, 0, 2)]];
                    places.contains(&rows) && chroma == Some((2, 2))
                }
                (true, 3) => {
                    let places = [[(0, 0, 1), (1, 0, 1), (2, 0, 1)], [(0, 0, 1), (2, 0, 1), (1, 0, 1)]];
                    places.contains(&rows) && [Some((1, 1)), Some((2, 1)), Some((2, 2))].contains(&chroma)
                }
                _ => false,
            };
            assert!(known && a.shared == (1, 1), "{format:?}: {:?}", format.components());
        }
    }

    #[test]
    fn no_two_components_share_a_byte_and_none_leaves_its_plane() {
        for format in PixelFormat::ALL {
            for (width, height) in [(1usize, 1usize), (3, 5), (8, 6)] {
                let mut taken = std::collections::HashSet::new();
                for component in format.components() {
                    let (across, down) = (width.div_ceil(component.shared.0), height.div_ceil(component.shared.1));
                    let (row, rows) = format.plane_size(component.plane, width, height);
                    assert!(component.plane < format.planes() && down == rows, "{format:?}");
                    for at in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
                        let sample = component.first + at.0 * component.step;
                        assert!((sample + 1) * format.depth().bytes() <= row, "{format:?} {width}x{height}");
                        assert!(taken.insert((component.plane, sample, at.1)), "{format:?} {width}x{height}");
                    }
                }
            }
        }
    }
}

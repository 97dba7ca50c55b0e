//! Whether anything changed where nothing may.

use crate::face::{CropSettings, Face};
use crate::frame::{Layout, OwnedFrame};
use crate::geometry::{Point, Rect};

/// Where a frame may differ from its plate, in blocks of 2×2 px.
#[derive(Debug, Clone)]
pub struct Allowed {
    blocks: Vec<bool>,
    across: usize,
    whole: bool,
}

impl Allowed {
    /// Nowhere in a frame of this layout.
    pub fn nowhere(layout: &Layout) -> Self {
        let (across, down) = (layout.width.div_ceil(2), layout.height.div_ceil(2));
        Self { blocks: vec![false; across * down], across, whole: false }
    }

    /// And in the whole frame.
    pub fn everywhere(&mut self) {
        self.whole = true;
    }

    /// And within the crop of a swapped face: a blend changes no pixel that has its centre outside, and shared chroma
    /// as far as a pixel of its block is inside.
    pub fn crop(&mut self, face: &Face, crop: &CropSettings) {
        let to_crop = crop.to_crop(face);
        // Room for rounding: a hundredth of a px.
        let room = 0.01 * to_crop.scale();
        let inside = |p: Point| {
            let p = to_crop.apply(p);
            (-room..=1.0 + room).contains(&p.x) && (-room..=1.0 + room).contains(&p.y)
        };
        for (n, block) in self.blocks.iter_mut().enumerate() {
            let (x, y) = ((2 * (n % self.across)) as f32, (2 * (n / self.across)) as f32);
            *block |=
                [(0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (1.5, 1.5)].iter().any(|d| inside(Point::new(x + d.0, y + d.1)));
        }
    }

    /// And within a concealed region, rounded outwards to even pixels.
    pub fn region(&mut self, region: &Rect) {
        let low = |v: f32| (v.floor().max(0.0) as usize) / 2;
        let high = |v: f32| (v.ceil().max(0.0) as usize).div_ceil(2);
        let (x0, x1) = (low(region.x), high(region.x + region.w));
        let (y0, y1) = (low(region.y), high(region.y + region.h));
        for (n, block) in self.blocks.iter_mut().enumerate() {
            *block |= (x0..x1).contains(&(n % self.across)) && (y0..y1).contains(&(n / self.across));
        }
    }

    /// How many samples of `output` (I420) differ from `plate`'s and may not.
    pub fn violations(&self, plate: &OwnedFrame, output: &OwnedFrame) -> u64 {
        if self.whole {
            return 0;
        }
        let layout = plate.layout();
        let mut count = 0;
        for plane in 0..layout.format.planes() {
            let (row, _) = layout.format.plane_size(plane, layout.width, layout.height);
            let block = if plane == 0 { 2 } else { 1 };
            let rows = plate.bytes(plane).chunks_exact(row).zip(output.bytes(plane).chunks_exact(row));
            for (y, (before, after)) in rows.enumerate().filter(|(_, (before, after))| before != after) {
                let allowed = &self.blocks[y / block * self.across..];
                let changed = before.iter().zip(after).enumerate().filter(|(_, (before, after))| before != after);
                count += changed.filter(|(x, _)| !allowed[x / block]).count() as u64;
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Matrix, PixelFormat, Range, TransferFunction};
    use crate::geometry::Similarity;

    const LAYOUT: Layout = Layout {
        format: PixelFormat::I420,
        width: 64,
        height: 48,
        matrix: Matrix::Bt709,
        range: Range::Limited,
        transfer: TransferFunction::Standard,
    };

    #[test]
    fn a_changed_sample_counts_outside_only() {
        // The crop is the square from (20, 10) to (40, 30).
        let to_canonical = Similarity { a: 0.05, b: 0.0, tx: -1.0, ty: -0.5 };
        let face = Face {
            track: 1,
            score: 1.0,
            bounds: Rect::default(),
            landmarks: Vec::new(),
            to_canonical,
            to_canonical_rigid: to_canonical,
            ..Face::default()
        };
        let crop = CropSettings { face_type: crate::face::FaceType::Half, ..CropSettings::default() };
        let mut allowed = Allowed::nowhere(&LAYOUT);
        allowed.crop(&face, &crop);
        let plate = OwnedFrame::new(LAYOUT);
        let mut output = plate.clone();
        output.bytes_mut(0)[15 * 64 + 30] = 9;
        output.bytes_mut(1)[10 * 32 + 12] = 9;
        assert_eq!(allowed.violations(&plate, &output), 0);
        output.bytes_mut(0)[15 * 64 + 41] = 9;
        output.bytes_mut(2)[4 * 32 + 12] = 9;
        assert_eq!(allowed.violations(&plate, &output), 2);
        allowed.region(&Rect { x: 41.0, y: 15.0, w: 0.5, h: 0.5 });
        assert_eq!(allowed.violations(&plate, &output), 1);
        allowed.everywhere();
        assert_eq!(allowed.violations(&plate, &output), 0);
    }
}

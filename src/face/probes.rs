//! Where a detector looks: the whole frame, square tiles of it, the frame turned, the place where a face was lost.

use std::f32::consts::FRAC_PI_2;

use super::letterbox::letterbox;
use crate::geometry::{Rect, Similarity};

/// Sides of the face within which one that was just lost is looked for.
const AROUND_LOST: f32 = 2.5;
/// Of a tile's side, how far the next tile is shifted at most: a face up to the rest of it is whole in one of them.
const TILE_STEP: f32 = 0.85;
/// Tiles at most, for frames that are far longer than high.
const MOST_TILES: usize = 8;

/// Half and quarter turns: upside down first, since that is how a mounted camera is turned most often.
const TURNS: [u8; 3] = [2, 1, 3];

/// The searches for a frame of one size and a detector of one size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probes {
    width: f32,
    height: f32,
    size: usize,
}

impl Probes {
    pub(super) fn new(width: usize, height: usize, size: usize) -> Self {
        Self { width: width as f32, height: height as f32, size }
    }

    /// The whole frame.
    pub(super) fn whole(&self) -> Similarity {
        letterbox(&self.frame(), self.size, 0)
    }

    /// How many square tiles, as high as the frame (or as wide), cover it; none where it is nearly square.
    pub(super) fn tiles(&self) -> usize {
        let ratio = self.width.max(self.height) / self.width.min(self.height);
        if ratio < 1.1 { 0 } else { (1 + ((ratio - 1.0) / TILE_STEP).ceil() as usize).min(MOST_TILES) }
    }

    /// How many searches there are besides the whole frame: tiles, then turned frames.
    pub(super) fn others(&self) -> usize {
        self.tiles() + TURNS.len()
    }

    /// Search `i` of [`Probes::others`].
    pub(super) fn other(&self, i: usize) -> Similarity {
        let tiles = self.tiles();
        if i >= tiles {
            return letterbox(&self.frame(), self.size, TURNS[(i - tiles) % TURNS.len()]);
        }
        let side = self.width.min(self.height);
        let along = i as f32 / (tiles - 1).max(1) as f32;
        let (x, y) = ((self.width - side) * along, (self.height - side) * along);
        letterbox(&Rect { x, y, w: side, h: side }, self.size, 0)
    }

    /// The surroundings of a face that was lost at `bounds`, upright in its own frame (`angle`, radians clockwise).
    pub(super) fn around(&self, bounds: &Rect, angle: f32) -> Similarity {
        let side = bounds.w.max(bounds.h);
        let centre = bounds.centre();
        let place = Rect { x: centre.x - side / 2.0, y: centre.y - side / 2.0, w: side, h: side };
        let turns = (angle / FRAC_PI_2).round().rem_euclid(4.0) as u8;
        letterbox(&place.grown(AROUND_LOST), self.size, turns)
    }

    fn frame(&self) -> Rect {
        Rect { x: 0.0, y: 0.0, w: self.width, h: self.height }
    }
}

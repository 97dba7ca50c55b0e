//! Pictures for the page: some from all over the clip, and the worst.

use image::RgbImage;

/// Frames that are kept at most before every other one is dropped.
const MOST: usize = 24;
/// Worst frames that are kept.
const WORST: usize = 6;
/// So many frames in a row are one incident: of each, the worst is kept.
const INCIDENT: u64 = 15;

/// One frame: source, swap, and truth where there is one.
#[derive(Debug, Clone)]
pub struct AlbumFrame {
    /// From 0.
    pub frame: u64,
    /// What it shows, and the picture.
    pub pictures: Vec<(&'static str, RgbImage)>,
}

/// The pictures of an evaluation, a bounded number however long the clip is.
#[derive(Debug)]
pub struct Album {
    stride: u64,
    frames: Vec<AlbumFrame>,
    worst: Vec<(f32, AlbumFrame)>,
}

impl Default for Album {
    fn default() -> Self {
        Self { stride: 1, frames: Vec::new(), worst: Vec::new() }
    }
}

impl Album {
    /// Whether it has use for this frame, which is so bad.
    pub fn wants(&self, frame: u64, badness: f32) -> bool {
        frame.is_multiple_of(self.stride)
            || self.worst.len() < WORST
            || self.worst.iter().any(|(bad, _)| badness > *bad)
    }

    /// Takes a frame in.
    pub fn add(&mut self, taken: AlbumFrame, badness: f32) {
        if taken.frame.is_multiple_of(self.stride) {
            self.frames.push(taken.clone());
            if self.frames.len() > MOST {
                self.stride *= 2;
                let stride = self.stride;
                self.frames.retain(|kept| kept.frame.is_multiple_of(stride));
            }
        }
        let near = self.worst.iter().position(|(_, other)| other.frame / INCIDENT == taken.frame / INCIDENT);
        match near {
            Some(i) if badness <= self.worst[i].0 => return,
            Some(i) => {
                self.worst.remove(i);
            }
            None => {}
        }
        self.worst.push((badness, taken));
        self.worst.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.worst.truncate(WORST);
    }

    /// At most `count` frames, evenly spread.
    pub fn spread(&self, count: usize) -> Vec<&AlbumFrame> {
        let count = count.min(self.frames.len());
        (0..count).map(|i| &self.frames[i * self.frames.len() / count]).collect()
    }

    /// The worst, worst first.
    pub fn worst(&self) -> impl Iterator<Item = &AlbumFrame> {
        self.worst.iter().map(|(_, kept)| kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_small_and_keeps_the_worst_of_each_incident() {
        let mut album = Album::default();
        for frame in 0..1000 {
            let badness = match frame {
                500 => 9.0,
                501 => 8.0,
                70 => 7.0,
                _ => 1.0 + frame as f32 * 1e-4,
            };
            if album.wants(frame, badness) {
                album.add(AlbumFrame { frame, pictures: Vec::new() }, badness);
            }
        }
        let spread: Vec<u64> = album.spread(12).iter().map(|kept| kept.frame).collect();
        assert_eq!(spread.len(), 12);
        assert!(spread.windows(2).all(|pair| (32..200).contains(&(pair[1] - pair[0]))), "{spread:?}");
        let worst: Vec<u64> = album.worst().map(|kept| kept.frame).collect();
        assert_eq!((worst.len(), &worst[..2]), (WORST, &[500, 70][..]));
    }
}

//! Somebody who comes out from behind somebody nearer, put together from two clips and their masks: Ada in front, Ben
//! at a part of his size behind her. In the masks his classes carry 32 more.

use std::path::PathBuf;

use standin::frame::OwnedFrame;
use standin::media::GreyClip;

use crate::common::clip;

/// How Ben moves behind Ada.
pub(crate) struct Behind {
    pub(crate) name: &'static str,
    /// First frame of Ada's clip, and of Ben's.
    first: [usize; 2],
    frames: usize,
    /// Ben is so many times smaller than Ada.
    smaller: usize,
    /// Frames in which he is bare, at most.
    pub(crate) most: usize,
    /// Where the left upper corner of his frame lies in hers, in frame `i`.
    at: fn(f32) -> [f32; 2],
}

/// From 0 to 1 between two frames.
fn ramp(i: f32, from: f32, to: f32) -> f32 {
    ((i - from) / (to - from)).clamp(0.0, 1.0)
}

/// The scenes.
pub(crate) const SCENES: [Behind; 4] = [
    // Walks past from the right to the left.
    Behind { name: "right", first: [40, 0], frames: 90, smaller: 2, most: 2, at: |i| [1280.0 - 22.0 * i, 300.0] },
    // From the left, smaller.
    Behind { name: "left", first: [230, 20], frames: 70, smaller: 3, most: 4, at: |i| [20.0 * i - 240.0, 360.0] },
    // Half a face comes out beside hers, then all of it, and goes back.
    Behind {
        name: "half",
        first: [0, 60],
        frames: 80,
        smaller: 2,
        most: 19,
        at: |i| [320.0 + 210.0 * (ramp(i, 10.0, 30.0) - ramp(i, 50.0, 70.0)), 150.0],
    },
    // Nobody knows of him; he steps out.
    Behind {
        name: "out",
        first: [40, 60],
        frames: 50,
        smaller: 2,
        most: 0,
        at: |i| [320.0 - 400.0 * ramp(i, 10.0, 30.0), 180.0],
    },
];

impl Behind {
    /// The frames and masks; `None`, after it was said, where the clips are not there.
    pub(crate) fn play(&'static self) -> Option<impl Iterator<Item = (OwnedFrame, Vec<u8>)>> {
        let front = Played::open("ada_live", self.first[0])?;
        let back = Played::open("ben_as_ada_live", self.first[1])?;
        let frames = front.zip(back).take(self.frames).enumerate();
        Some(frames.map(|(i, ((mut frame, mut mask), back))| {
            let [x, y] = (self.at)(i as f32).map(|v| (v / 2.0).round() as isize * 2);
            put_behind((&mut frame, &mut mask), &back, self.smaller, x, y);
            (frame, mask)
        }))
    }
}

/// A clip and its mask.
struct Played {
    frames: Box<dyn Iterator<Item = OwnedFrame>>,
    masks: std::iter::Skip<GreyClip>,
}

impl Played {
    fn open(name: &str, first: usize) -> Option<Self> {
        let frames = Box::new(clip(&format!("{name}.mp4"))?.skip(first));
        let mask = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/media/{name}_mask.mkv"));
        Some(Self { frames, masks: GreyClip::open(&mask).unwrap().skip(first) })
    }
}

impl Iterator for Played {
    type Item = (OwnedFrame, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.frames.next()?, self.masks.next()?.unwrap().into_raw()))
    }
}

/// Puts a person, `smaller` times smaller and with the frame's corner at `x`, `y` (even), wherever nobody is. Below
/// the last row of their frame the body goes on.
fn put_behind(to: (&mut OwnedFrame, &mut [u8]), from: &(OwnedFrame, Vec<u8>), smaller: usize, x: isize, y: isize) {
    let (frame, mask) = to;
    let (width, height) = (frame.layout().width, frame.layout().height);
    let inside = |v: isize, size: usize| usize::try_from(v).ok().filter(|v| *v < size);
    // The place in the smaller picture behind a place in the frame.
    let behind = |column: usize, row: usize| {
        let i = inside(column as isize - x, width / smaller)?;
        let j = usize::try_from(row as isize - y).ok()?.min(height / smaller - 1);
        let class = from.1[(j * smaller + smaller / 2) * width + i * smaller + smaller / 2];
        (class > 0).then_some((i, j, class % 32 + 32))
    };
    let before = mask.to_vec();
    for (n, class) in mask.iter_mut().enumerate().filter(|(_, class)| **class == 0) {
        *class = behind(n % width, n / width).map_or(0, |(_, _, class)| class);
    }
    for plane in 0..3 {
        let step = if plane == 0 { 1 } else { 2 };
        let across = width / step;
        let source = from.0.bytes(plane);
        for (n, sample) in frame.bytes_mut(plane).iter_mut().enumerate() {
            let (column, row) = (n % across * step, n / across * step);
            let free = before[row * width + column] == 0;
            let Some((i, j, _)) = behind(column, row).filter(|_| free) else { continue };
            let block = (0..smaller).flat_map(|dy| (0..smaller).map(move |dx| (dx, dy)));
            let at = |(dx, dy)| usize::from(source[(j / step * smaller + dy) * across + i / step * smaller + dx]);
            *sample = (block.map(at).sum::<usize>() / (smaller * smaller)) as u8;
        }
    }
}

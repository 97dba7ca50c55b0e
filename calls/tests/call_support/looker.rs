//! Somebody who looks at a camera in PipeWire, as an application in a call does.

use std::time::{Duration, Instant};

use gst::prelude::*;

use super::{HEIGHT, WIDTH, number};

/// Looks until it goes.
pub(crate) struct Looker {
    pipeline: gst::Pipeline,
    leaves: gst_app::AppSink,
    mirror: bool,
}

/// What is on a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The still card: dark, without colour.
    Card,
    /// The face is the model's: green.
    Swapped(u64),
    /// Blurred all over: nobody can be told.
    Concealed(u64),
    /// Anything else.
    Bare(u64),
}

/// A picture and when it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picture {
    pub(crate) seen: Seen,
    pub(crate) at: Instant,
}

impl Looker {
    pub(crate) fn at(node: &str) -> Self {
        let text = format!(
            "pipewiresrc target-object={node} always-copy=true ! video/x-raw,format=YUY2,width={WIDTH},height={HEIGHT} ! \
             appsink name=leaves sync=false max-buffers=2 drop=true"
        );
        Self::described(&text)
    }

    /// The same, who sees it in a mirror.
    pub(crate) fn in_a_mirror(mut self) -> Self {
        self.mirror = true;
        self
    }

    /// One that looks by the words of a `gst-launch-1.0` line.
    pub(crate) fn through(words: &str) -> Self {
        let text = format!(
            "{words} ! videoconvert ! video/x-raw,format=YUY2,width={WIDTH},height={HEIGHT} ! \
             appsink name=leaves sync=false max-buffers=2 drop=true"
        );
        Self::described(&text)
    }

    /// One that takes what it is sent and gives nothing back.
    pub(crate) fn keeping_all(node: &str) -> Self {
        let text = format!(
            "pipewiresrc target-object={node} ! video/x-raw,format=YUY2,width={WIDTH},height={HEIGHT} ! \
             appsink name=leaves sync=false max-buffers=0"
        );
        Self::described(&text)
    }

    fn described(text: &str) -> Self {
        let pipeline = gst::parse::launch(text).unwrap().downcast::<gst::Pipeline>().unwrap();
        let leaves = pipeline.by_name("leaves").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, leaves, mirror: false }
    }

    /// The next picture; `None` where none comes for so long.
    pub(crate) fn next(&self, patience: Duration) -> Option<Picture> {
        let sample = self.leaves.try_pull_sample(gst::ClockTime::from_mseconds(patience.as_millis() as u64))?;
        let at = Instant::now();
        let map = sample.buffer()?.map_readable().ok()?;
        let seen = if self.mirror { see(&mirrored(&map)) } else { see(&map) };
        Some(Picture { seen, at })
    }

    /// Looks until `wanted` is seen; every picture on the way goes to `also`.
    pub(crate) fn until(
        &self,
        patience: Duration,
        wanted: impl Fn(Seen) -> bool,
        mut also: impl FnMut(Picture),
    ) -> Option<Picture> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if let Some(picture) = self.next(Duration::from_millis(200)) {
                also(picture);
                if wanted(picture.seen) {
                    return Some(picture);
                }
            }
        }
        None
    }
}

impl Drop for Looker {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// A YUY2 picture with left and right exchanged.
fn mirrored(picture: &[u8]) -> Vec<u8> {
    let pairs = picture.chunks_exact(WIDTH as usize * 2).flat_map(|row| row.chunks_exact(4).rev());
    pairs.flat_map(|pair| [pair[2], pair[1], pair[0], pair[3]]).collect()
}

/// Tells what is on a picture. The clip's performer keeps her face about the same place.
fn see(picture: &[u8]) -> Seen {
    let pixel = |x: usize, y: usize| {
        let pair = (y * WIDTH as usize + (x & !1)) * 2;
        (picture[pair], picture[pair + 1], picture[pair + 3])
    };
    let corners =
        [(4, 4), (WIDTH as usize - 5, 4), (WIDTH as usize - 5, HEIGHT as usize - 5), (4, HEIGHT as usize - 5)];
    if corners.iter().all(|(x, y)| matches!(pixel(*x, *y), (25..=60, 118..=138, 118..=138)))
        && picture.chunks_exact(2).filter(|pixel| pixel[0] > 60).count() < picture.len() / 20
    {
        return Seen::Card;
    }
    let number = number(picture);
    let green = (0..HEIGHT as usize)
        .step_by(2)
        .flat_map(|y| (0..WIDTH as usize).step_by(2).map(move |x| (x, y)))
        .filter(|(x, y)| matches!(pixel(*x, *y), (90..=200, ..=90, ..=90)))
        .count();
    if green > 300 {
        return Seen::Swapped(number);
    }
    // The sharpest edges of the picture's upper part, where the counter and the label are not.
    let sharp = (10..HEIGHT as usize - 70)
        .flat_map(|y| (10..WIDTH as usize - 10).map(move |x| (x, y)))
        .filter(|(x, y)| {
            let row = (y * WIDTH as usize + x) * 2;
            picture[row].abs_diff(picture[row + 4]) > 24
        })
        .count();
    if sharp < 50 { Seen::Concealed(number) } else { Seen::Bare(number) }
}

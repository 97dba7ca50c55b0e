//! A hand that waves fast before Ada's face: cut out of `hard/occlusion` by its exact mask, and blurred by its motion
//! as by a shutter that is open half of each frame.

use std::f32::consts::TAU;
use std::path::PathBuf;

use standin::frame::OwnedFrame;
use standin::media::GreyClip;

use crate::common::clip;

/// The frame of `hard/occlusion` whose hand it is, and its class there and in the masks here.
const HAND_FRAME: usize = 15;
const HAND: u8 = 8;
/// First frame of Ada's clip, and how many.
const FRAMES: (usize, usize) = (40, 90);
/// Waves to and fro in a second of 30 frames.
const WAVES: f32 = 2.2;
/// How far the hand lies beside where it was cut out, in px: in the middle, and most beside that.
const SWING: (f32, f32) = (-300.0, 260.0);
/// Rows that it is moved up.
const UP: usize = 60;
/// Moments of an open shutter that are averaged.
const MOMENTS: u8 = 9;

/// The frames and masks, and how many pixels of the face the hand hides; `None`, after it was said, where the clips
/// are not there.
pub(crate) fn play() -> Option<impl Iterator<Item = ((OwnedFrame, Vec<u8>), usize)>> {
    let (first, count) = FRAMES;
    let hand = (clip("hard/occlusion.mp4")?.nth(HAND_FRAME)?, masks("hard/occlusion").nth(HAND_FRAME)?);
    let frames = clip("ada_live.mp4")?.zip(masks("ada_live")).skip(first).take(count).enumerate();
    Some(frames.map(move |(i, (mut frame, mut mask))| {
        let hidden = wave(&hand, i as f32, &mut frame, &mut mask);
        ((frame, mask), hidden)
    }))
}

fn masks(name: &str) -> impl Iterator<Item = Vec<u8>> + use<> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/media/{name}_mask.mkv"));
    GreyClip::open(&file).unwrap().map(|mask| mask.unwrap().into_raw())
}

/// Columns that the hand is moved by in each moment of the shutter of frame `i`; even, so that luma and chroma agree.
fn shifts(i: f32) -> impl Iterator<Item = isize> {
    (0..MOMENTS).map(move |moment| {
        let time = (i + 0.5 * (f32::from(moment) / f32::from(MOMENTS - 1) - 0.5)) / 30.0;
        2 * ((SWING.0 + SWING.1 * (TAU * WAVES * time).cos()) / 2.0).round() as isize
    })
}

/// Puts the hand before the face; how many of its pixels that hides.
fn wave(hand: &(OwnedFrame, Vec<u8>), i: f32, frame: &mut OwnedFrame, mask: &mut [u8]) -> usize {
    let width = frame.layout().width;
    let shifts: Vec<isize> = shifts(i).collect();
    // Places in the picture of the hand that a place of the frame shows, one for each moment in which it does.
    let shown = |column: usize, row: usize| {
        let before = |shift: &isize| {
            let from = usize::try_from(column as isize - shift).ok().filter(|from| *from < width)?;
            (hand.1.get((row + UP) * width + from) == Some(&HAND)).then_some((from, row + UP))
        };
        shifts.iter().filter_map(before).collect::<Vec<_>>()
    };
    for plane in 0..3 {
        let step = if plane == 0 { 1 } else { 2 };
        let across = width / step;
        let source = hand.0.bytes(plane);
        for (n, sample) in frame.bytes_mut(plane).iter_mut().enumerate() {
            let hands = shown(n % across * step, n / across * step);
            let sum: usize = hands.iter().map(|(x, y)| usize::from(source[y / step * across + x / step])).sum();
            let all = usize::from(MOMENTS);
            *sample = ((sum + (all - hands.len()) * usize::from(*sample) + all / 2) / all) as u8;
        }
    }
    let mut hidden = 0;
    for (n, class) in mask.iter_mut().enumerate() {
        if 2 * shown(n % width, n / width).len() > usize::from(MOMENTS) {
            hidden += usize::from(matches!(*class, 1..=5 | 11));
            *class = HAND;
        }
    }
    hidden
}

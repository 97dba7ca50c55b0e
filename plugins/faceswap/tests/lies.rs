//! Buffers that lie about their memory are refused with an error; buffers that others hold, too, are not written to.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Failure, Lent, Watched, changed, clip, play};
use gst_video::{VideoFormat, VideoInfo};

const WIDTH: u32 = 64;
const HEIGHT: u32 = 48;

fn info() -> VideoInfo {
    VideoInfo::builder(VideoFormat::I420, WIDTH, HEIGHT).fps(gst::Fraction::new(30, 1)).build().unwrap()
}

/// Sends one buffer and gives what comes of it.
fn send(mut buffer: gst::Buffer, depth: u32) -> Result<usize, Failure> {
    let lent = Lent::identity();
    let text = format!("appsrc name=source format=time ! faceswap model={lent} device=cpu pipeline-depth={depth}");
    let mut watched = Watched::new(&text);
    let source = watched.source();
    source.set_caps(Some(&info().to_caps().unwrap()));
    buffer.get_mut().unwrap().set_pts(gst::ClockTime::ZERO);
    watched.start();
    let _ = source.push_buffer(buffer);
    let _ = source.end_of_stream();
    // The sink would read the buffer as its caps say; only that it came counts here.
    watched.end().map(|()| watched.count())
}

fn buffer(bytes: usize, planes: Option<([usize; 3], [i32; 3])>) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(vec![100_u8; bytes]);
    if let Some((offsets, strides)) = planes {
        let writable = buffer.get_mut().unwrap();
        add_meta(writable, offsets, strides);
    }
    buffer
}

/// Adds a video meta without the bindings' checks, which a lying element would not make.
fn add_meta(buffer: &mut gst::BufferRef, offsets: [usize; 3], strides: [i32; 3]) {
    let (offset, stride) = ([offsets[0], offsets[1], offsets[2], 0], [strides[0], strides[1], strides[2], 0]);
    // SAFETY: the buffer is writable, and both arrays have the four entries that GStreamer reads.
    let meta = unsafe {
        gst_video::ffi::gst_buffer_add_video_meta_full(
            buffer.as_mut_ptr(),
            gst_video::ffi::GST_VIDEO_FRAME_FLAG_NONE,
            gst_video::ffi::GST_VIDEO_FORMAT_I420,
            WIDTH,
            HEIGHT,
            3,
            &raw const offset,
            &raw const stride,
        )
    };
    assert!(!meta.is_null());
}

#[test]
fn a_lying_buffer_is_a_format_error() {
    common::init();
    let luma = (WIDTH * HEIGHT) as usize;
    let size = info().size();
    let (offsets, strides) = ([0, luma, luma * 5 / 4], [64, 32, 32]);
    let lies: [(&str, gst::Buffer); 9] = [
        ("too small", buffer(size - 1, None)),
        ("one byte", buffer(1, None)),
        ("stride beyond the memory", buffer(size, Some((offsets, [64, 32, 4096])))),
        ("stride less than a row", buffer(size, Some((offsets, [63, 32, 32])))),
        ("negative stride", buffer(size, Some((offsets, [-64, 32, 32])))),
        ("largest stride", buffer(size, Some((offsets, [i32::MAX; 3])))),
        ("offset beyond the memory", buffer(size, Some(([0, luma, size], strides)))),
        ("largest offset", buffer(size, Some(([0, usize::MAX, luma], strides)))),
        ("overlapping planes", buffer(size, Some(([0, luma / 2, luma], strides)))),
    ];
    for (lie, buffer) in lies {
        for depth in [0, 3] {
            let failure = send(buffer.copy_deep().unwrap(), depth).expect_err(lie);
            assert!(failure.is(gst::StreamError::Format), "{lie}: {failure:?}");
        }
    }
}

#[test]
fn an_honest_buffer_with_an_unusual_layout_is_worked_on() {
    common::init();
    let luma = (WIDTH * HEIGHT) as usize;
    let swapped_chroma = ([0, luma * 5 / 4, luma], [64, 32, 32]);
    assert_eq!(send(buffer(info().size(), Some(swapped_chroma)), 3).unwrap(), 1);
    let padded = ([16, 16 + 80 * 48, 16 + 80 * 48 + 40 * 24], [80, 40, 40]);
    assert_eq!(send(buffer(16 + 80 * 48 * 3 / 2, Some(padded)), 3).unwrap(), 1);
}

#[test]
fn the_other_branch_of_a_tee_keeps_its_pixels() {
    let lent = Lent::green();
    let bare = play(&clip(15));
    let other = play(&format!(
        "{} ! tee name=both both. ! queue ! faceswap model={lent} device=cpu ! fakesink sync=false both. ! queue",
        clip(15)
    ));
    assert_eq!(other.len(), bare.len());
    assert!(other.iter().zip(&bare).all(|(a, b)| a.bytes == b.bytes), "the shared buffer was written to");
    let swapped = play(&format!(
        "{} ! tee name=both both. ! queue ! fakesink sync=false both. ! queue ! faceswap model={lent} device=cpu",
        clip(15)
    ));
    let all = swapped.iter().zip(&bare).all(|(a, b)| changed(b, a, a.faces[0].rect) > 0.5);
    assert!(all && swapped.len() == 15, "the branch with the element was not swapped");
}

//! Frames leave in the order they came in, each with all that came with it, at every depth, format and size; and where
//! nobody's face is in them, with every bit as it was.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Frame, Lent, Watched, clip, play};

const FORMATS: [&str; 7] = ["NV12", "I420", "YUY2", "RGBA", "BGRA", "RGBx", "BGRx"];
const DEPTHS: [u32; 5] = [0, 1, 2, 3, 8];

fn same_but_for_bytes(came: &[Frame], left: &[Frame], what: &str) {
    assert_eq!(came.len(), left.len(), "{what}: frames were lost or doubled");
    for (i, (a, b)) in came.iter().zip(left).enumerate() {
        let of = |frame: &Frame| (frame.pts, frame.duration, frame.offset, frame.flags, frame.size, frame.format);
        assert_eq!(of(a), of(b), "{what}: frame {i}");
    }
}

/// Noise, with and without the element.
fn untouched(caps: &str, frames: u32, properties: &str) {
    let source = format!("videotestsrc pattern=ball num-buffers={frames} ! video/x-raw,{caps},framerate=30/1");
    let came = play(&source);
    assert_eq!(came.len(), frames as usize);
    let lent = Lent::green();
    let left = play(&format!("{source} ! faceswap model={lent} device=cpu {properties}"));
    same_but_for_bytes(&came, &left, caps);
    for (i, (a, b)) in came.iter().zip(&left).enumerate() {
        assert!(a.bytes == b.bytes, "{caps} {properties}: frame {i} has no face and was changed");
        assert!(b.faces.is_empty(), "{caps}: a face is reported where there is none");
    }
}

#[test]
fn every_depth_keeps_order_and_loses_nothing() {
    for depth in DEPTHS {
        untouched("format=I420,width=320,height=240", 40, &format!("pipeline-depth={depth}"));
    }
}

#[test]
fn every_format_at_odd_sizes_passes_untouched() {
    for format in FORMATS {
        untouched(&format!("format={format},width=321,height=241"), 5, "pipeline-depth=2");
    }
}

#[test]
fn a_large_odd_frame_and_the_smallest_ones() {
    for format in ["I420", "NV12", "YUY2", "BGRx"] {
        untouched(&format!("format={format},width=1279,height=719"), 3, "");
        untouched(&format!("format={format},width=2,height=2"), 4, "");
        untouched(&format!("format={format},width=1,height=1"), 4, "");
    }
}

#[test]
fn eight_k() {
    untouched("format=NV12,width=7680,height=4320", 2, "");
}

#[test]
fn frames_with_a_face_keep_their_order_and_times_in_every_format() {
    let lent = Lent::green();
    for (format, depth) in FORMATS.into_iter().zip([0, 1, 2, 3, 8, 3, 2]) {
        let source = format!("{} ! videoconvert ! video/x-raw,format={format}", clip(12));
        let came = play(&source);
        let left = play(&format!("{source} ! faceswap model={lent} device=cpu pipeline-depth={depth}"));
        same_but_for_bytes(&came, &left, format);
        assert!(left.iter().all(|frame| frame.faces.len() == 1), "{format}: a frame left without its face's mark");
        assert!(came.iter().zip(&left).all(|(a, b)| a.bytes != b.bytes), "{format}: a face was not swapped");
    }
}

#[test]
fn what_a_buffer_carries_stays_with_it() {
    let lent = Lent::identity();
    for depth in DEPTHS {
        let text = format!("appsrc name=source format=time ! faceswap model={lent} device=cpu pipeline-depth={depth}");
        let mut watched = Watched::new(&text);
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, 64, 48).fps(gst::Fraction::new(25, 1));
        let (info, source) = (info.build().unwrap(), watched.source());
        source.set_caps(Some(&info.to_caps().unwrap()));
        watched.start();
        for i in 0..20_u64 {
            source.push_buffer(marked(&info, i)).unwrap();
        }
        source.end_of_stream().unwrap();
        assert!(watched.end().is_ok());
        let left = watched.frames();
        assert_eq!(left.len(), 20);
        for (i, frame) in (0..20).zip(&left) {
            assert_eq!(frame.pts, Some(gst::ClockTime::from_mseconds(40 * i)), "depth {depth}");
            assert_eq!(frame.duration, Some(gst::ClockTime::from_mseconds(33)));
            assert_eq!(frame.offset, 1000 + i);
            assert_eq!(frame.reference, Some(gst::ClockTime::from_seconds(i)));
            let flags = frame.flags & (gst::BufferFlags::MARKER | gst::BufferFlags::DROPPABLE);
            assert_eq!(flags.contains(gst::BufferFlags::MARKER), i % 2 == 0);
            assert_eq!(flags.contains(gst::BufferFlags::DROPPABLE), i % 3 == 0);
            assert_eq!(frame.bytes[0], i as u8);
        }
    }
}

/// Frame `i`, with all that a buffer can say of itself.
fn marked(info: &gst_video::VideoInfo, i: u64) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(vec![i as u8; info.size()]);
    let writable = buffer.get_mut().unwrap();
    writable.set_pts(gst::ClockTime::from_mseconds(40 * i));
    writable.set_duration(gst::ClockTime::from_mseconds(33));
    writable.set_offset(1000 + i);
    if i.is_multiple_of(2) {
        writable.set_flags(gst::BufferFlags::MARKER);
    }
    if i.is_multiple_of(3) {
        writable.set_flags(gst::BufferFlags::DROPPABLE);
    }
    let caps = gst::Caps::builder("timestamp/x-test").build();
    gst::ReferenceTimestampMeta::add(writable, &caps, gst::ClockTime::from_seconds(i), None);
    buffer
}

//! Each format against GStreamer's converter: a picture converted to it, blended, and converted back is the picture
//! blended as RGB and converted there and back.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod blend_support;

use blend_support::*;
use gst_video::prelude::*;
use gst_video::{VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoColorimetry, VideoTransferFunction};
use gst_video::{VideoConverter, VideoFormat, VideoFrame, VideoInfo};
use standin::blend::{BlendRequest, BlendSettings, Blender, CpuBlender};
use standin::frame::{OwnedFrame, PixelFormat, VideoBuffer};
use standin::geometry::{Point, Similarity};
use standin::media;

const SIDE: usize = 64;

fn info(
    format: VideoFormat,
    (width, height): (usize, usize),
    matrix: VideoColorMatrix,
    range: VideoColorRange,
) -> VideoInfo {
    let builder = VideoInfo::builder(format, width as u32, height as u32);
    let (transfer, primaries) = (VideoTransferFunction::Bt709, VideoColorPrimaries::Bt709);
    match gst_video::VideoFormatInfo::from_format(format).is_yuv() {
        true => builder.colorimetry(&VideoColorimetry::new(range, matrix, transfer, primaries)).build().unwrap(),
        false => builder.build().unwrap(),
    }
}

/// Rows from or to a frame of GStreamer's, without what follows them.
fn rows(frame: &OwnedFrame, plane: usize) -> (usize, usize) {
    let layout = frame.layout();
    layout.format.plane_size(plane, layout.width, layout.height)
}

fn from_gst(frame: &VideoFrame<gst_video::video_frame::Writable>) -> OwnedFrame {
    let mut owned = OwnedFrame::new(media::layout(frame.info()).unwrap());
    for plane in 0..owned.layout().format.planes() {
        let ((row, count), stride) = (rows(&owned, plane), frame.plane_stride()[plane] as usize);
        let data = frame.plane_data(plane as u32).unwrap();
        for y in 0..count {
            owned.bytes_mut(plane)[y * row..][..row].copy_from_slice(&data[y * stride..][..row]);
        }
    }
    owned
}

fn empty(info: &VideoInfo) -> VideoFrame<gst_video::video_frame::Writable> {
    let buffer = gst::Buffer::with_size(info.size()).unwrap();
    VideoFrame::from_buffer_writable(buffer, info).unwrap()
}

fn to_gst(owned: &OwnedFrame, info: &VideoInfo) -> VideoFrame<gst_video::video_frame::Writable> {
    let mut frame = empty(info);
    for plane in 0..owned.layout().format.planes() {
        let ((row, count), stride) = (rows(owned, plane), frame.plane_stride()[plane] as usize);
        let data = frame.plane_data_mut(plane as u32).unwrap();
        for y in 0..count {
            data[y * stride..][..row].copy_from_slice(&owned.bytes(plane)[y * row..][..row]);
        }
    }
    frame
}

fn converted(frame: &OwnedFrame, from: &VideoInfo, to: &VideoInfo) -> OwnedFrame {
    let mut target = empty(to);
    VideoConverter::new(from, to, None).unwrap().frame(&to_gst(frame, from), &mut target);
    from_gst(&target)
}

fn blended(frame: &OwnedFrame, place: &Similarity, face: &Face) -> OwnedFrame {
    let mut after = frame.clone();
    let mut target = after.frame_mut().unwrap();
    let settings = BlendSettings::default();
    let request = BlendRequest::new(place, &settings);
    CpuBlender::default().composite(&mut target, &face.generated(), &request).unwrap();
    after
}

fn cut(frame: &OwnedFrame, place: &Similarity) -> Vec<f32> {
    let mut crop = vec![0.0; SIDE * SIDE * 3];
    CpuBlender::default().crop(&view(frame), place, SIDE, &mut crop).unwrap();
    crop
}

/// A generated face without sharp edges: what chroma loses by being shared says nothing of a blend.
fn soft_face() -> Face {
    let mut face = Face::new(SIDE, 3);
    for n in 0..SIDE * SIDE {
        let (x, y) = ((n % SIDE) as f64, (n / SIDE) as f64);
        for (c, (driver, generated)) in smooth(x, y).into_iter().zip(smooth(1.7 * y + 30.0, 1.3 * x)).enumerate() {
            face.driver[3 * n + c] = driver as f32;
            face.face[3 * n + c] = generated as f32;
        }
    }
    face
}

/// The mean and the largest distance in codes of eight bits.
fn apart(a: &[f32], b: &[f32]) -> (f32, f32) {
    let mean = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32;
    (255.0 * mean, 255.0 * worst(a, b))
}

fn codes(frame: &OwnedFrame) -> Vec<f32> {
    places(frame).map(|(c, x, y)| f32::from(code(frame, c, x, y)) / 255.0).collect()
}

/// A picture whose colours change quickly, so that a shift of one sample is seen.
fn steep(x: f64, y: f64) -> [f64; 3] {
    smooth(2.5 * x, 2.5 * y)
}

/// The same frame with the second and third component, chroma in most formats, two pixels further to the right.
fn shifted(frame: &OwnedFrame) -> OwnedFrame {
    let mut moved = frame.clone();
    for (c, x, y) in places(frame).filter(|(c, ..)| *c > 0) {
        set_code(&mut moved, c, x, y, code(frame, c, x.saturating_sub(2), y));
    }
    moved
}

/// What the mean and the largest distance may be, in codes of eight bits: the converter multiplies by whole numbers
/// of eight bits, and resamples shared chroma in its own way. Of the frame, over the pixels that the blend changes.
const CROP: (f32, f32) = (1.5, 6.0);
const FRAME: (f32, f32) = (1.3, 8.0);

/// How far the crop is from that of the picture, and the blended frame from the blended picture; and the mean of the
/// frame where its chroma lies wrong by a sample.
fn check(format: VideoFormat, size: (usize, usize), matrix: VideoColorMatrix, range: VideoColorRange) -> [f32; 5] {
    let rgb = info(VideoFormat::Rgba, size, VideoColorMatrix::Rgb, VideoColorRange::Range0_255);
    let own = info(format, size, matrix, range);
    let mut picture = OwnedFrame::new(media::layout(&rgb).unwrap());
    paint(&mut picture, steep);
    let place = to_crop(Point::new(size.0 as f32 * 0.52, size.1 as f32 * 0.47), size.1 as f32 * 0.7, 0.25);
    let face = soft_face();
    let frame = converted(&picture, &rgb, &own);
    let (crop_mean, crop_most) = apart(&cut(&frame, &place), &cut(&picture, &place));
    let after = blended(&frame, &place, &face);
    assert_untouched_outside(&frame, &after, &place);
    let expected = converted(&converted(&blended(&picture, &place, &face), &rgb, &own), &own, &rgb);
    let (bare, blend) = (codes(&picture), codes(&blended(&picture, &place, &face)));
    let changed = |codes: &[f32]| -> Vec<f32> {
        let pairs = bare.iter().zip(&blend).zip(codes);
        pairs.filter(|((a, b), _)| (*a - *b).abs() > 2.0 / 255.0).map(|(_, code)| *code).collect()
    };
    assert!(changed(&bare).len() * 20 > bare.len(), "the blend is seen");
    let against =
        |frame: &OwnedFrame| apart(&changed(&codes(&converted(frame, &own, &rgb))), &changed(&codes(&expected)));
    let (mean, most) = against(&after);
    [crop_mean, crop_most, mean, most, against(&shifted(&after)).0]
}

#[test]
fn every_format_is_blended_as_rgb_is() {
    gst::init().unwrap();
    let (mut formats, mut failures) = (0, Vec::new());
    for structure in media::caps().iter() {
        let names = structure.get::<gst::List>("format").unwrap();
        for name in names.iter().map(|name| name.get::<&str>().unwrap()) {
            let format: VideoFormat = name.parse().unwrap();
            formats += 1;
            for (matrix, range) in [
                (VideoColorMatrix::Bt601, VideoColorRange::Range16_235),
                (VideoColorMatrix::Bt709, VideoColorRange::Range16_235),
                (VideoColorMatrix::Bt2020, VideoColorRange::Range16_235),
                (VideoColorMatrix::Bt709, VideoColorRange::Range0_255),
            ] {
                for size in [(320, 180), (161, 91)] {
                    let [crop_mean, crop_most, mean, most, wrong] = check(format, size, matrix, range);
                    let said = format!(
                        "{name} {matrix:?} {range:?} {size:?}: crop {crop_mean:.2} {crop_most:.2}, blend {mean:.2} {most:.2}, \
                         shifted {wrong:.2}"
                    );
                    println!("{said}");
                    let near = crop_mean <= CROP.0 && crop_most <= CROP.1 && mean <= FRAME.0 && most <= FRAME.1;
                    if !near || wrong < 2.0 * FRAME.0 {
                        failures.push(said);
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert_eq!(formats, PixelFormat::ALL.len());
}

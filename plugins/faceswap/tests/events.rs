//! Events keep their place among frames; flushes, seeks, changed caps and states do no harm.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Lent, Watched, changed, clip, play};
use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo};

const DEPTHS: [u32; 3] = [0, 1, 3];

/// Sends frames of this kind, from `first` on, by their number as their time in units of 40 ms.
fn push(source: &gst_app::AppSrc, info: &VideoInfo, numbers: std::ops::Range<u64>) {
    for i in numbers {
        let mut buffer = gst::Buffer::from_mut_slice(vec![90_u8; info.size()]);
        let writable = buffer.get_mut().unwrap();
        writable.set_pts(gst::ClockTime::from_mseconds(40 * i));
        writable.set_duration(gst::ClockTime::from_mseconds(40));
        source.push_buffer(buffer).unwrap();
    }
}

fn info(format: VideoFormat, width: u32, height: u32) -> VideoInfo {
    VideoInfo::builder(format, width, height).fps(gst::Fraction::new(25, 1)).build().unwrap()
}

#[test]
fn changed_caps_take_effect_exactly_where_they_came() {
    let lent = Lent::identity();
    for depth in DEPTHS {
        let text = format!("appsrc name=source format=time ! faceswap model={lent} device=cpu pipeline-depth={depth}");
        let mut watched = Watched::new(&text);
        let kinds = [(VideoFormat::I420, 320, 240), (VideoFormat::Bgrx, 161, 91), (VideoFormat::Nv12, 640, 360)];
        let source = watched.source();
        watched.start();
        for (i, (format, width, height)) in (0..).zip(kinds) {
            let info = info(format, width, height);
            // The source keeps caps and buffers in order.
            let sample = |n: u64| {
                let mut buffer = gst::Buffer::from_mut_slice(vec![90_u8; info.size()]);
                buffer.get_mut().unwrap().set_pts(gst::ClockTime::from_mseconds(40 * n));
                gst::Sample::builder().buffer(&buffer).caps(&info.to_caps().unwrap()).build()
            };
            for n in 0..10 {
                source.push_sample(&sample(10 * i + n)).unwrap();
            }
        }
        source.end_of_stream().unwrap();
        assert!(watched.end().is_ok());
        let frames = watched.frames();
        assert_eq!(frames.len(), 30, "depth {depth}");
        for (n, frame) in (0..).zip(&frames) {
            let (format, width, height) = kinds[n as usize / 10];
            assert_eq!((frame.format, frame.size), (format, (width, height)), "frame {n} at depth {depth}");
            assert_eq!(frame.pts, Some(gst::ClockTime::from_mseconds(40 * n)));
        }
    }
}

#[test]
fn custom_events_and_gaps_keep_their_place_between_frames() {
    let lent = Lent::identity();
    for depth in DEPTHS {
        let text = format!(
            "appsrc name=source format=time ! identity name=in ! \
             faceswap name=swap model={lent} device=cpu pipeline-depth={depth}"
        );
        let mut watched = Watched::new(&text);
        let info = info(VideoFormat::I420, 64, 48);
        watched.source().set_caps(Some(&info.to_caps().unwrap()));
        // Before each third frame, an event with its number; before each fourth, a gap.
        let pad = watched.element("in").static_pad("src").unwrap();
        pad.add_probe(gst::PadProbeType::BUFFER, |pad, probe| {
            let number = probe.buffer().and_then(|buffer| buffer.pts()).map_or(0, |pts| pts.mseconds() / 40);
            if number % 3 == 0 {
                let note = gst::Structure::builder("note").field("number", number).build();
                pad.push_event(gst::event::CustomDownstream::new(note));
            }
            if number % 4 == 0 {
                pad.push_event(gst::event::Gap::new(gst::ClockTime::from_mseconds(40 * number), None));
            }
            gst::PadProbeReturn::Ok
        });
        let order = Arc::new(Mutex::new(Vec::new()));
        let (seen, out) = (Arc::clone(&order), watched.element("swap").static_pad("src").unwrap());
        out.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, probe| {
            let word = match &probe.data {
                Some(gst::PadProbeData::Buffer(buffer)) => buffer.pts().map(|pts| format!("{}", pts.mseconds() / 40)),
                Some(gst::PadProbeData::Event(event)) => match event.view() {
                    gst::EventView::CustomDownstream(note) => {
                        let number = note.structure().and_then(|note| note.get::<u64>("number").ok());
                        number.map(|number| format!("note {number}"))
                    }
                    gst::EventView::Gap(gap) => Some(format!("gap {}", gap.get().0.mseconds() / 40)),
                    _ => Some(event.type_().name().to_string()),
                },
                _ => None,
            };
            seen.lock().unwrap().extend(word);
            gst::PadProbeReturn::Ok
        });
        watched.start();
        push(&watched.source(), &info, 0..12);
        watched.source().end_of_stream().unwrap();
        assert!(watched.end().is_ok());
        let mut due: Vec<String> = ["stream-start", "caps", "segment"].map(str::to_owned).into();
        for number in 0..12 {
            due.extend((number % 3 == 0).then(|| format!("note {number}")));
            due.extend((number % 4 == 0).then(|| format!("gap {number}")));
            due.push(number.to_string());
        }
        due.push("eos".to_owned());
        let mut order = order.lock().unwrap().clone();
        order.retain(|word| word != "tag");
        assert_eq!(order, due, "depth {depth}");
    }
}

#[test]
fn a_seek_in_the_middle_goes_on_from_there_with_faces_swapped() {
    let lent = Lent::green();
    let bare = play(&clip(60));
    for depth in DEPTHS {
        let text = format!("{} ! faceswap name=swap model={lent} device=cpu pipeline-depth={depth}", clip(60));
        // Without a limit on the source, so that a seek finds the whole file.
        let mut watched = Watched::new(&text.replace("num-buffers=60", ""));
        watched.start();
        watched.wait_for_frames(10);
        let target = gst::ClockTime::from_mseconds(1500);
        watched.pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE, target).expect("it seeks");
        assert!(watched.end().is_ok());
        let frames = watched.frames();
        let jump =
            frames.windows(2).position(|two| two[1].pts.unwrap() != two[0].pts.unwrap() + two[0].duration.unwrap());
        let after = match jump {
            Some(at) => &frames[at + 1..],
            None => &frames[..],
        };
        let wrong = |i: usize| after[i].pts.unwrap().mseconds().abs_diff(1500 + i as u64 * 100 / 3) > 40;
        assert!(!(0..after.len()).any(wrong), "depth {depth}: after the seek come {:?}", after[0].pts);
        assert!(after.len() >= 14, "depth {depth}: only {} frames after the seek", after.len());
        for frame in &frames {
            let at = (frame.pts.unwrap().mseconds() as f64 * 0.03).round() as usize;
            let part = changed(&bare[at], frame, frame.faces[0].rect);
            assert!(part > 0.5, "depth {depth}: {:?} left bare", frame.pts);
        }
    }
}

#[test]
fn many_seeks_while_all_is_loading_and_playing_end_well() {
    let lent = Lent::identity();
    for depth in [0, 3] {
        let text = format!("{} ! faceswap name=swap model={lent} device=cpu pipeline-depth={depth}", clip(60));
        let mut watched = Watched::new(&text.replace("num-buffers=60", ""));
        watched.pipeline.set_state(gst::State::Paused).unwrap();
        watched.start();
        for i in 0..25 {
            let target = gst::ClockTime::from_mseconds(100 * (i % 15));
            // While it prerolls, some are refused.
            let _ = watched.pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT, target);
            std::thread::sleep(Duration::from_millis(7 * (i % 6)));
        }
        assert!(watched.end().is_ok(), "depth {depth}");
        assert!(watched.count() > 0);
    }
}

#[test]
fn a_second_stream_whose_time_begins_anew_is_swapped_too() {
    let lent = Lent::green();
    let one = clip(12);
    let text = format!("{one} ! both. {one} ! both. concat name=both ! faceswap model={lent} device=cpu");
    let (frames, bare) = (play(&text), play(&one));
    assert_eq!(frames.len(), 24);
    for (i, frame) in frames.iter().enumerate() {
        assert_eq!(frame.faces.len(), 1, "frame {i}");
        assert!(changed(&bare[i % 12], frame, frame.faces[0].rect) > 0.5, "frame {i} is bare");
        // Nothing of the first stream is held on in the second.
        assert_eq!(changed(&bare[i % 12], frame, (0, 0, 200, 200)), 0.0, "frame {i} is changed far from its face");
    }
}

#[test]
fn states_up_and_down_leave_no_thread_behind() {
    let lent = Lent::identity();
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let name = |task: &std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        tasks.map(|task| name(&task)).filter(|name| name.starts_with("standin")).count()
    };
    let mut left = Vec::new();
    for depth in DEPTHS {
        let text = format!(
            "videotestsrc ! video/x-raw,format=I420,width=320,height=240 ! \
             faceswap name=swap model={lent} device=cpu pipeline-depth={depth}"
        );
        let mut watched = Watched::new(&text);
        for _ in 0..5 {
            watched.start();
            let wanted = watched.count() + 5;
            watched.wait_for_frames(wanted);
            watched.stop();
            // Under nextest this test has a process of its own; else others' threads are here, too. ONNX Runtime
            // keeps one thread for all sessions, which has the name of whoever came first.
            left.push(threads());
        }
        // Stopped at once, while all is loading.
        for _ in 0..3 {
            watched.start();
            watched.pipeline.set_state(gst::State::Null).unwrap();
        }
    }
    if std::env::var_os("NEXTEST").is_some() {
        assert!(left.iter().all(|&count| count <= 1 && count == left[0]), "threads left after each round: {left:?}");
    }
}

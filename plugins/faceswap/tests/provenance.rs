//! What leaves says what it is: in its pixels where that is asked for, and always in a meta and a tag.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod common;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use common::{Frame, Lent, Watched, clip, play, small_clip};
use gst::prelude::*;
use standin::blend::Label;
use standin::frame::{OwnedFrame, VideoBuffer};

/// What came to the end of a pipeline: the beginning of a stream, texts of a tag event, or a buffer with its metas,
/// hash and subject.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Stream,
    Tag(Vec<String>),
    Metas(Vec<(String, String)>),
}

fn metas(buffer: &gst::BufferRef) -> Vec<(String, String)> {
    let mut found = Vec::new();
    buffer.foreach_meta(|meta| {
        if let Some(meta) = meta.try_as_custom_meta().filter(|meta| meta.has_name("StandinSwapMeta")) {
            let structure = meta.structure();
            found.push((structure.get("model-sha256").unwrap(), structure.get("subject").unwrap()));
        }
        ControlFlow::Continue(())
    });
    found
}

/// The extended comments and titles of tags.
fn texts(tags: &gst::TagListRef) -> Vec<String> {
    let mut texts: Vec<String> =
        tags.iter_tag::<gst::tags::ExtendedComment>().map(|value| value.get().to_owned()).collect();
    texts.extend(tags.iter_tag::<gst::tags::Title>().map(|value| value.get().to_owned()));
    texts
}

/// What the tags say of a model.
fn said_of(lent: &Lent, subject: &str) -> String {
    format!("standin=model-sha256:{} subject:\"{subject}\"", lent.sha256())
}

/// Plays a pipeline and gives what came, in order.
fn said(text: &str) -> Vec<Said> {
    said_after(text, |_| ())
}

/// The same, where something is done meanwhile.
fn said_after(text: &str, meanwhile: impl FnOnce(&mut Watched)) -> Vec<Said> {
    let mut watched = Watched::new(text);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    let pad = watched.element("sink").static_pad("sink").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(buffer) = info.buffer() {
            kept.lock().unwrap().push(Said::Metas(metas(buffer)));
        }
        match info.event().map(|event| event.view()) {
            Some(gst::EventView::Tag(tag)) => kept.lock().unwrap().push(Said::Tag(texts(tag.tag()))),
            Some(gst::EventView::StreamStart(_)) => kept.lock().unwrap().push(Said::Stream),
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
    watched.start();
    meanwhile(&mut watched);
    watched.end().unwrap();
    heard.lock().unwrap().clone()
}

#[test]
fn a_swapped_buffer_names_its_model_and_its_subject_and_so_does_the_stream_before_it() {
    let lent = Lent::green();
    let (hash, subject) = (lent.sha256(), "Nobody".to_owned());
    let comment = said_of(&lent, &subject);
    let heard = said(&format!("{} ! faceswap model={lent} device=cpu ! videoconvert", small_clip(4)));
    let metas: Vec<_> = heard.iter().filter(|said| matches!(said, Said::Metas(_))).cloned().collect();
    assert_eq!(metas, vec![Said::Metas(vec![(hash, subject)]); 4], "every buffer, beyond a converter, too");
    let tags: Vec<_> = heard.iter().filter(|said| **said == Said::Tag(vec![comment.clone()])).collect();
    assert_eq!(tags.len(), 1, "once: {heard:?}");
    assert_eq!(heard[..2], [Said::Stream, tags[0].clone()], "before the first buffer: {heard:?}");
}

#[test]
fn a_model_that_takes_over_is_said_before_its_first_frame() {
    let (green, red) = (Lent::green(), Lent::paint([0.0, 0.0, 1.0]));
    let path = red.path.display().to_string();
    let heard = said_after(
        &format!("{} ! identity sleep-time=20000 ! faceswap name=swap model={green} device=cpu", small_clip(60)),
        |watched| {
            watched.wait_for_frames(10);
            watched.element("swap").set_property("model", &path);
        },
    );
    let of = |said: &Said| match said {
        Said::Tag(texts) => texts.first().map(|text| (true, text["standin=model-sha256:".len()..][..64].to_owned())),
        Said::Metas(metas) => metas.first().map(|(hash, _)| (false, hash.clone())),
        Said::Stream => None,
    };
    let mut seen: Vec<_> = heard.iter().filter_map(of).collect();
    seen.dedup();
    let (green, red) = (green.sha256(), red.sha256());
    assert_eq!(seen, [(true, green.clone()), (false, green), (true, red.clone()), (false, red)]);
}

#[test]
fn a_frame_without_a_swapped_face_says_nothing() {
    let lent = Lent::green();
    let heard = said(&format!("videotestsrc num-buffers=3 ! faceswap model={lent} device=cpu"));
    assert!(!heard.iter().any(|said| matches!(said, Said::Tag(texts) if !texts.is_empty())), "{heard:?}");
    let buffers: Vec<_> = heard.iter().filter(|said| matches!(said, Said::Metas(_))).cloned().collect();
    assert_eq!(buffers, vec![Said::Metas(Vec::new()); 3]);
}

#[test]
fn the_tags_of_upstream_stay() {
    let lent = Lent::green();
    let text = format!("{} ! taginject tags=title=Hamlet ! faceswap model={lent} device=cpu", small_clip(3));
    let heard = said(&text);
    let last = heard.iter().rev().find_map(|said| if let Said::Tag(texts) = said { Some(texts.clone()) } else { None });
    let last = last.unwrap();
    assert!(last.contains(&"Hamlet".to_owned()) && last.iter().any(|text| text.starts_with("standin=")), "{heard:?}");
}

#[test]
fn each_stream_is_tagged_anew_and_only_with_its_own_tags() {
    let lent = Lent::green();
    let one = |title: &str| format!("{} ! taginject tags=title={title} ! both.", small_clip(4));
    let text = format!("{} {} concat name=both ! faceswap model={lent} device=cpu", one("Hamlet"), one("Macbeth"));
    let heard = said(&text);
    let streams: Vec<&[Said]> = heard.split(|said| *said == Said::Stream).skip(1).collect();
    assert_eq!(streams.len(), 2, "{heard:?}");
    for (stream, (own, other)) in streams.iter().zip([("Hamlet", "Macbeth"), ("Macbeth", "Hamlet")]) {
        let swapped = |said: &Said| matches!(said, Said::Metas(metas) if !metas.is_empty());
        assert_eq!(stream.iter().filter(|said| swapped(said)).count(), 4, "{heard:?}");
        let before: Vec<&Vec<String>> = stream
            .iter()
            .take_while(|said| !swapped(said))
            .filter_map(|said| if let Said::Tag(texts) = said { Some(texts) } else { None })
            .collect();
        let last = before.last().expect("tags before the first swapped buffer");
        assert_eq!(**last, [said_of(&lent, "Nobody"), own.to_owned()], "{heard:?}");
        assert!(!before.iter().any(|texts| texts.iter().any(|text| text == other)), "{heard:?}");
    }
}

#[test]
fn two_elements_in_a_row_say_both_models_and_one_model_once() {
    let (identity, green) = (Lent::identity().by("Eva"), Lent::green());
    for (second, metas, comments) in [
        (&identity, vec![(identity.sha256(), "Eva".to_owned())], vec![said_of(&identity, "Eva")]),
        (
            &green,
            vec![(identity.sha256(), "Eva".to_owned()), (green.sha256(), "Nobody".to_owned())],
            vec![said_of(&identity, "Eva"), said_of(&green, "Nobody")],
        ),
    ] {
        let text = format!(
            "{} ! faceswap model={identity} device=cpu ! faceswap model={second} device=cpu ! videoconvert",
            small_clip(3)
        );
        let heard = said(&text);
        let buffers: Vec<_> = heard.iter().filter(|said| matches!(said, Said::Metas(_))).cloned().collect();
        assert_eq!(buffers, vec![Said::Metas(metas); 3]);
        let last = heard.iter().rev().find(|said| matches!(said, Said::Tag(_)));
        assert_eq!(last, Some(&Said::Tag(comments)), "{heard:?}");
    }
}

#[test]
fn the_tag_stays_over_a_flushing_seek() {
    let lent = Lent::green();
    for depth in [0, 3] {
        let text = format!("{} ! faceswap model={lent} device=cpu pipeline-depth={depth}", clip(60));
        let mut watched = Watched::new(&text.replace("num-buffers=60", ""));
        watched.start();
        watched.wait_for_frames(5);
        let target = gst::ClockTime::from_mseconds(1700);
        watched.pipeline.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE, target).expect("it seeks");
        let pad = watched.element("sink").static_pad("sink").unwrap();
        let marked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&marked);
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let tagged = pad.sticky_event::<gst::event::Tag>(0).map(|tag| texts(tag.tag()));
            kept.lock().unwrap().push((metas(info.buffer().unwrap()).len(), tagged.unwrap_or_default()));
            gst::PadProbeReturn::Ok
        });
        assert!(watched.end().is_ok());
        let marked = marked.lock().unwrap();
        assert!(marked.len() > 2, "depth {depth}: {} buffers", marked.len());
        for (metas, tagged) in marked.iter() {
            assert_eq!((*metas, &tagged[..]), (1, &[said_of(&lent, "Nobody")][..]), "depth {depth}");
        }
    }
}

/// A frame's planes with the label of these names over them.
fn drawn(bare: &Frame, subjects: &[&str]) -> Vec<u8> {
    let info = gst_video::VideoInfo::builder(bare.format, bare.size.0, bare.size.1).build().unwrap();
    let layout = standin::media::layout(&info).unwrap();
    let (mut frame, mut rest) = (OwnedFrame::new(layout), &bare.bytes[..]);
    for plane in 0..layout.format.planes() {
        let (own, others) = rest.split_at(frame.bytes(plane).len());
        frame.bytes_mut(plane).copy_from_slice(own);
        rest = others;
    }
    assert!(rest.is_empty());
    Label::new(subjects.iter().copied(), &layout).draw(&mut frame.frame_mut().unwrap());
    (0..layout.format.planes()).flat_map(|plane| frame.bytes(plane).to_vec()).collect()
}

/// Whether the label of these names is drawn over `bare`, and nothing else.
fn assert_labelled(bare: &Frame, labelled: &Frame, subjects: &[&str], what: &str) {
    let expected = drawn(bare, subjects);
    let changed = expected.iter().zip(&bare.bytes).filter(|(a, b)| a != b).count();
    assert!(changed > 200, "{what}: {changed} bytes of a label");
    let apart = expected.iter().zip(&labelled.bytes).filter(|(a, b)| a != b).count();
    assert_eq!(apart, 0, "{what}: bytes that are not what the label of {subjects:?} makes of the frame");
}

#[test]
fn two_performers_are_both_named() {
    let (Some(clip), Some(ada), Some(ben)) =
        (common::both(), common::shared("ada_train.mp4"), common::shared("ben_train.mp4"))
    else {
        return;
    };
    let (ada, ben) = (common::pictures(&ada), common::pictures(&ben));
    let (green, red) = (Lent::green().by("Eva"), Lent::paint([0.0, 0.0, 1.0]).by("Zoë Miller"));
    let text = format!(
        "{clip} ! faceswap device=cpu pipeline-depth=1 label=corner \
         performer-0::reference={} performer-0::model={green} performer-1::reference={} performer-1::model={red}",
        ada.path().display(),
        ben.path().display()
    );
    let heard = said(&text);
    let both = [(green.sha256(), "Eva".to_owned()), (red.sha256(), "Zoë Miller".to_owned())];
    let named = |said: &Said| matches!(said, Said::Metas(metas) if metas.len() == 2 && both.iter().all(|it| metas.contains(it)));
    assert!(heard.iter().filter(|said| named(said)).count() > 3, "{heard:?}");
    let comment = format!("{}; {}", said_of(&green, "Eva"), &said_of(&red, "Zoë Miller")["standin=".len()..]);
    assert!(heard.contains(&Said::Tag(vec![comment])), "{heard:?}");
    let bare = play(&text.replace("label=corner", "label=off"));
    let labelled = play(&text);
    assert!(bare.len() == labelled.len() && bare.len() > 10, "{} and {} frames", bare.len(), labelled.len());
    for (bare, labelled) in bare.iter().zip(&labelled) {
        assert_labelled(bare, labelled, &["Eva", "Zoë Miller"], "two people");
    }
}

#[test]
fn the_label_follows_its_property_the_model_and_the_size() {
    common::init();
    let (first, second) = (Lent::green().by("Eva"), Lent::identity().by("Zoë"));
    let caps = |width: i32, height: i32| {
        gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", width)
            .field("height", height)
            .field("framerate", gst::Fraction::new(30, 1))
            .build()
    };
    for depth in [0, 3] {
        let mut watched = Watched::new(&format!(
            "videotestsrc num-buffers=100 pattern=solid-color foreground-color=0xff7090b0 ! capsfilter name=caps caps=\"{}\" ! \
             identity sleep-time=10000 ! faceswap name=swap model={first} device=cpu pipeline-depth={depth} \
             strangers=pass on-failure=pass",
            caps(320, 240)
        ));
        watched.start();
        watched.wait_for_frames(10);
        watched.element("swap").set_property_from_str("label", "corner");
        watched.wait_for_frames(30);
        watched.element("swap").set_property("model", second.path.display().to_string());
        watched.wait_for_frames(50);
        watched.element("caps").set_property("caps", caps(400, 300));
        watched.end().unwrap();
        let frames = watched.frames();
        // A frame of one colour is known by any of its pixels; the first is never under the label.
        let plain = |frame: &Frame| {
            let (luma, chroma) = ((frame.size.0 * frame.size.1) as usize, (frame.size.0 * frame.size.1 / 4) as usize);
            let mut bytes = vec![frame.bytes[0]; luma];
            bytes.extend(vec![frame.bytes[luma]; chroma]);
            bytes.extend(vec![frame.bytes[luma + chroma]; chroma]);
            Frame { bytes, ..frame.clone() }
        };
        let state = |frame: &Frame| {
            let plain = plain(frame);
            let names = [&[][..], &["Eva"], &["Zoë"]];
            let name = names.into_iter().find(|names| drawn(&plain, names) == frame.bytes);
            if frame.bytes == plain.bytes {
                (frame.size, "bare")
            } else {
                (frame.size, name.map_or("?", |it| it.first().unwrap_or(&"AI")))
            }
        };
        let mut states: Vec<_> = frames.iter().map(state).collect();
        states.dedup();
        let (small, large) = ((320, 240), (400, 300));
        assert_eq!(states, [(small, "bare"), (small, "Eva"), (small, "Zoë"), (large, "Zoë")], "depth {depth}");
    }
}

#[test]
fn the_label_is_on_frames_that_pass_in_every_format() {
    let lent = Lent::green();
    common::init();
    for structure in standin::media::caps().iter() {
        for name in structure.get::<gst::List>("format").unwrap().iter() {
            let format: String = name.get().unwrap();
            let source =
                format!("videotestsrc num-buffers=2 ! video/x-raw,format={format},width=320,height=240,framerate=30/1");
            let swap = format!("faceswap model={lent} device=cpu pipeline-depth=1");
            let bare = play(&format!("{source} ! {swap}"));
            let labelled = play(&format!("{source} ! {swap} label=corner"));
            for (bare, labelled) in bare.iter().zip(&labelled) {
                assert_labelled(bare, labelled, &["Nobody"], &format);
            }
        }
    }
}

#[test]
fn the_label_is_on_frames_that_are_swapped_and_on_those_that_are_blurred() {
    for lent in [Lent::green(), Lent::nothing_masked()] {
        let swap = format!("{} ! faceswap model={lent} device=cpu pipeline-depth=1", clip(3));
        let (bare, labelled) = (play(&swap), play(&format!("{swap} label=corner")));
        assert_eq!((bare.len(), labelled.len()), (3, 3));
        for (bare, labelled) in bare.iter().zip(&labelled) {
            assert_labelled(bare, labelled, &["Nobody"], "clip");
        }
    }
}

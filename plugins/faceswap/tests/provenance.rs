//! What leaves says what it is: in its pixels where that is asked for, and always in a meta and a tag.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]

mod common;

use std::sync::{Arc, Mutex};

use common::{Frame, Lent, Watched, clip, play, small_clip};
use gst::prelude::*;
use standin::blend::Label;

/// What came to the end of a pipeline: an extended comment of a tag event, or the meta of a buffer.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Tag(Vec<String>),
    Meta(Option<(String, String)>),
}

fn meta(buffer: &gst::BufferRef) -> Option<(String, String)> {
    let meta = gst::meta::CustomMeta::from_buffer(buffer, "StandinSwapMeta").ok()?;
    let structure = meta.structure();
    Some((structure.get("model-sha256").unwrap(), structure.get("subject").unwrap()))
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
            kept.lock().unwrap().push(Said::Meta(meta(buffer)));
        } else if let Some(gst::EventView::Tag(tag)) = info.event().map(|event| event.view()) {
            let mut comments: Vec<String> =
                tag.tag().iter_tag::<gst::tags::ExtendedComment>().map(|value| value.get().to_owned()).collect();
            comments.extend(tag.tag().iter_tag::<gst::tags::Title>().map(|value| value.get().to_owned()));
            kept.lock().unwrap().push(Said::Tag(comments));
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
    let comment = format!("standin=model-sha256:{hash} subject:{subject}");
    let heard = said(&format!("{} ! faceswap model={lent} device=cpu ! videoconvert", small_clip(4)));
    let metas: Vec<_> = heard.iter().filter(|said| matches!(said, Said::Meta(_))).cloned().collect();
    assert_eq!(metas, vec![Said::Meta(Some((hash, subject))); 4], "every buffer, beyond a converter, too");
    let tags: Vec<_> = heard.iter().filter(|said| **said == Said::Tag(vec![comment.clone()])).collect();
    assert_eq!(tags.len(), 1, "once: {heard:?}");
    assert_eq!(heard.iter().position(|said| said == tags[0]), Some(0), "before the first buffer: {heard:?}");
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
        Said::Meta(meta) => meta.as_ref().map(|(hash, _)| (false, hash.clone())),
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
    assert!(heard.contains(&Said::Meta(None)) && !heard.iter().any(|said| matches!(said, Said::Meta(Some(_)))));
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

/// Whether the label is drawn over `bare`, and nothing else; planes of Y, U, V.
fn assert_labelled(bare: &Frame, labelled: &Frame, what: &str) {
    let info = gst_video::VideoInfo::builder(bare.format, bare.size.0, bare.size.1).build().unwrap();
    let layout = standin::media::layout(&info).unwrap();
    let label = Label::new(["Nobody"], &layout);
    let (region, mut at, mut changed) = (label.region(), 0, 0);
    for plane in 0..layout.format.planes() {
        let (row, rows) = layout.format.plane_size(plane, layout.width, layout.height);
        let ends = [(region.x0, region.y0), (region.x1, region.y1)];
        let [first, end] =
            ends.map(|(x, y)| (layout.format.plane_size(plane, x, y.max(1)).0, y * rows / layout.height));
        for n in 0..row * rows {
            let (byte, y) = (n % row, n / row);
            let inside = (first.0..end.0).contains(&byte) && (first.1..end.1).contains(&y);
            let same = bare.bytes[at + n] == labelled.bytes[at + n];
            assert!(same || inside, "{what}: byte {byte} of row {y} of plane {plane} changed");
            changed += usize::from(!same);
        }
        at += row * rows;
    }
    assert!(changed > 200, "{what}: {changed} bytes changed");
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
                assert_labelled(bare, labelled, &format);
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
            assert_labelled(bare, labelled, "clip");
        }
    }
}

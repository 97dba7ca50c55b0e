//! The picture that stands in for the call's own: whose face the model gives, and what is waited for. No face is on it.

use gst::prelude::*;
use gst_app::AppSink;

/// A card in `caps` (raw video) with a title and, smaller, a line below it. Where GStreamer cannot draw text, the card is plain.
///
/// # Errors
/// GStreamer makes no picture at all.
pub fn draw(caps: &gst::Caps, title: &str, line: &str) -> Result<gst::Buffer, gst::glib::Error> {
    let height = caps.structure(0).and_then(|caps| caps.get::<i32>("height").ok()).unwrap_or(720);
    let text = format!(
        "<span font='{}px'>{}</span>\n<span font='{}px' foreground='#a8b0bc'>{}</span>",
        height / 12,
        gst::glib::markup_escape_text(title),
        height / 24,
        gst::glib::markup_escape_text(line),
    );
    let overlay = gst::ElementFactory::make("textoverlay")
        .property("text", text)
        .property("auto-resize", false)
        .property("draw-shadow", false)
        .property("draw-outline", false)
        .property_from_str("halignment", "center")
        .property_from_str("valignment", "center")
        .property_from_str("line-alignment", "center")
        .build();
    one_picture(caps, overlay.ok())
}

fn one_picture(caps: &gst::Caps, overlay: Option<gst::Element>) -> Result<gst::Buffer, gst::glib::Error> {
    let failed = |text: &str| gst::glib::Error::new(gst::CoreError::Failed, text);
    let words = "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xff20252c ! capsfilter name=size ! identity \
                 name=text ! videoconvert ! appsink name=leaves sync=false";
    let pipeline = gst::parse::launch(words)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| failed("no pipeline"))?;
    let find = |name: &str| pipeline.by_name(name).ok_or_else(|| failed("an element is missing"));
    let (size, place) = (find("size")?, find("text")?);
    let mut plain = caps.copy();
    if let Some(plain) = plain.make_mut().structure_mut(0) {
        plain.set("format", "BGRx");
        plain.remove_field("colorimetry");
    }
    size.set_property("caps", plain);
    if let Some(overlay) = overlay {
        let after = place.static_pad("src").and_then(|pad| pad.peer()).and_then(|pad| pad.parent_element());
        let after = after.ok_or_else(|| failed("an element is missing"))?;
        place.unlink(&after);
        let added = pipeline.add(&overlay).is_ok() && gst::Element::link_many([&place, &overlay, &after]).is_ok();
        if !added {
            return Err(failed("the text does not link"));
        }
    }
    let leaves = find("leaves")?.downcast::<AppSink>().map_err(|_| failed("no sink"))?;
    leaves.set_caps(Some(caps));
    let started = pipeline.set_state(gst::State::Playing);
    let sample = leaves.try_pull_sample(gst::ClockTime::from_seconds(5));
    let _ = pipeline.set_state(gst::State::Null);
    started.map_err(|_| failed("the card does not start"))?;
    sample.and_then(|sample| sample.buffer_owned()).ok_or_else(|| failed("the card has no picture"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    fn caps(width: u32, height: u32) -> gst::Caps {
        gst_video::VideoInfo::builder(gst_video::VideoFormat::Yuy2, width, height).build().unwrap().to_caps().unwrap()
    }

    /// Luma of every pixel.
    fn luma(card: &gst::Buffer) -> Vec<u8> {
        card.map_readable().unwrap().as_slice().iter().step_by(2).copied().collect()
    }

    #[test]
    fn a_card_is_dark_with_light_words_in_its_middle() {
        gst::init().unwrap();
        let luma = luma(&draw(&caps(640, 360), "Ben & <Zoë>", "starting").unwrap());
        assert_eq!(luma.len(), 640 * 360);
        let bright = |rows: std::ops::Range<usize>| luma[rows.start * 640..rows.end * 640].iter().any(|luma| *luma > 150);
        assert!(!bright(0..60) && !bright(300..360), "words at the edge");
        assert!(bright(120..240), "no words");
    }

    #[test]
    fn other_words_make_another_card_and_none_a_plain_one() {
        gst::init().unwrap();
        let caps = caps(322, 182);
        assert_ne!(luma(&draw(&caps, "Ben", "starting").unwrap()), luma(&draw(&caps, "Ben", "no camera").unwrap()));
        let plain = one_picture(&caps, None).unwrap();
        let luma = luma(&plain);
        assert!(luma.iter().all(|pixel| *pixel == luma[0]));
    }
}

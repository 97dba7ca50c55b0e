//! `color-transfer` is a choice that was a switch: what set the switch still does.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use gst::glib;
use gst::prelude::*;

/// What the property says.
fn nick(element: &gst::Element) -> String {
    let value = element.property_value("color-transfer");
    glib::EnumValue::from_value(&value).unwrap().1.nick().to_owned()
}

#[test]
fn words_and_numbers_of_the_switch_and_the_names_of_the_transfers_are_taken() {
    common::init();
    let fresh = gst::ElementFactory::make("faceswap").build().unwrap();
    assert_eq!(nick(&fresh), "soft-gain");
    for (text, expected) in [
        ("true", "soft-gain"),
        ("on", "soft-gain"),
        ("yes", "soft-gain"),
        ("1", "soft-gain"),
        ("soft-gain", "soft-gain"),
        ("false", "none"),
        ("off", "none"),
        ("no", "none"),
        ("0", "none"),
        ("none", "none"),
        ("gain", "gain"),
        ("lab", "lab"),
    ] {
        let launched = gst::parse::launch(&format!("faceswap name=swap color-transfer={text} ! fakesink")).unwrap();
        let bin = launched.downcast::<gst::Bin>().unwrap();
        assert_eq!(nick(&bin.by_name("swap").unwrap()), expected, "color-transfer={text}");
        fresh.set_property_from_str("color-transfer", text);
        assert_eq!(nick(&fresh), expected, "set to {text}");
    }
    assert!(gst::parse::launch("faceswap color-transfer=purple ! fakesink").is_err(), "an unknown word is refused");
}

//! The property `occlusion`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use gst::glib;
use gst::prelude::*;

#[test]
fn it_is_auto_and_may_be_off_even_while_playing() {
    common::init();
    let element = gst::ElementFactory::make("faceswap").build().unwrap();
    let nick = || {
        let value = element.property_value("occlusion");
        glib::EnumValue::from_value(&value).unwrap().1.nick().to_owned()
    };
    assert_eq!(nick(), "auto");
    for word in ["off", "auto"] {
        element.set_property_from_str("occlusion", word);
        assert_eq!(nick(), word);
    }
    let flags = element.find_property("occlusion").unwrap().flags();
    assert!(flags.contains(gst::PARAM_FLAG_MUTABLE_PLAYING));
    assert!(gst::parse::launch("faceswap occlusion=sometimes ! fakesink").is_err(), "an unknown word is refused");
}

//! The properties that say what stays in front of a face, and who is protected.
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

#[test]
fn who_is_protected_and_for_how_long_may_be_changed_while_playing() {
    common::init();
    let element = gst::ElementFactory::make("faceswap").build().unwrap();
    let number = |name: &str| element.property::<f32>(name);
    assert_eq!((number("hold-time"), number("blur-time"), number("max-yaw")), (0.3, 1.0, 90.0));
    for (name, value) in [("hold-time", 2.5_f32), ("blur-time", 0.0), ("max-yaw", 45.0)] {
        element.set_property(name, value);
        assert_eq!(number(name), value);
    }
    let nick = || glib::EnumValue::from_value(&element.property_value("guard")).unwrap().1.nick().to_owned();
    assert_eq!(nick(), "strict");
    element.set_property_from_str("guard", "track");
    assert_eq!(nick(), "track");
    for name in ["guard", "hold-time", "blur-time", "max-yaw"] {
        assert!(element.find_property(name).unwrap().flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING), "{name}");
    }
}

//! What the element says of its properties.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use gst::glib;
use gst::prelude::*;

#[test]
fn a_new_element_is_set_to_the_defaults_that_it_names() {
    common::init();
    let element = gst::ElementFactory::make("faceswap").build().unwrap();
    let said = |value: &glib::Value| value.transform::<String>().map(|text| text.get::<Option<String>>().unwrap()).ok();
    let mut numbers = 0;
    for property in element.list_properties().iter().filter(|property| property.owner_type() == element.type_()) {
        let readable = property.flags().contains(glib::ParamFlags::READWRITE);
        if !readable || property.value_type().is_a(glib::Type::OBJECT) {
            continue;
        }
        let (set, named) = (said(&element.property_value(property.name())), said(property.default_value()));
        assert_eq!(set, named, "{}", property.name());
        numbers += u32::from(property.value_type() == glib::Type::F32);
    }
    assert!(numbers > 5, "{numbers} numbers");
}

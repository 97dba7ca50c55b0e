//! How a generated face looks: properties of the element, and of each performer.

use gst::glib;
use gst::prelude::*;
use standin::live::Look;

use super::choices::{ColorTransferChoice, FaceTypeChoice};
use super::numbers::{LOOK_NUMBERS, LOOK_SWITCHES, Number, Switch};
use super::{Refused, read};

/// The specifications of all of them.
pub(in super::super) fn specs() -> Vec<glib::ParamSpec> {
    let mut specs = vec![
        glib::ParamSpecEnum::builder::<FaceTypeChoice>("face-type")
            .nick("Face type")
            .blurb("Which crop of the face the model was trained with")
            .mutable_playing()
            .build(),
        glib::ParamSpecEnum::builder::<ColorTransferChoice>("color-transfer")
            .nick("Color transfer")
            .blurb("How far the generated face takes on the driver's colours; black stays black; in HLG and PQ, lab instead of a gain")
            .mutable_playing()
            .controllable()
            .build(),
    ];
    specs.extend(LOOK_NUMBERS.iter().map(Number::spec));
    specs.extend(LOOK_SWITCHES.iter().map(Switch::spec));
    specs
}

/// Sets one; `None` where it is not one of these.
pub(in super::super) fn set(look: &mut Look, name: &str, value: &glib::Value) -> Option<Result<(), Refused>> {
    if let Some(number) = LOOK_NUMBERS.iter().find(|number| number.name == name) {
        return Some(read(name, value).map(|value| *(number.field)(look) = value));
    }
    if let Some(switch) = LOOK_SWITCHES.iter().find(|switch| switch.name == name) {
        return Some(read(name, value).map(|value| *(switch.field)(look) = value));
    }
    match name {
        "face-type" => {
            let choice = read::<FaceTypeChoice>(name, value);
            Some(choice.map(|choice| look.crop.face_type = choice.face_type()))
        }
        "color-transfer" => {
            let choice = read::<ColorTransferChoice>(name, value);
            Some(choice.map(|choice| look.blend.color_transfer = choice.color_transfer()))
        }
        _ => None,
    }
}

/// Reads one; `None` where it is not one of these.
pub(in super::super) fn get(look: &Look, name: &str) -> Option<glib::Value> {
    let mut own = *look;
    if let Some(number) = LOOK_NUMBERS.iter().find(|number| number.name == name) {
        return Some((number.field)(&mut own).to_value());
    }
    if let Some(switch) = LOOK_SWITCHES.iter().find(|switch| switch.name == name) {
        return Some((switch.field)(&mut own).to_value());
    }
    match name {
        "face-type" => Some(FaceTypeChoice::of(look.crop.face_type).to_value()),
        "color-transfer" => Some(ColorTransferChoice::of(look.blend.color_transfer).to_value()),
        _ => None,
    }
}

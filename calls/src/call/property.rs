//! Sets a property of `faceswap` from text, as `gst-launch-1.0` does, and says what a property takes.

use gst::glib;
use gst::prelude::*;

use crate::fault::Fault;

/// What is said where a bare face would be let out by anything but the command line.
pub(crate) const BARE: &str = "on-failure=pass lets a bare face out, and is taken from --set on the command line alone";

/// Sets `name` to what `text` says.
///
/// # Errors
/// [`Fault::NoProperty`], [`Fault::BadValue`].
pub fn set(element: &gst::Element, name: &str, text: &str) -> Result<(), Fault> {
    let (spec, value) = check(element, name, text)?;
    element.set_property_from_value(spec.name(), &value);
    // An element takes some texts only where they mean something to it.
    let kept = element.property_value(spec.name());
    let refused = kept.get::<Option<String>>().is_ok_and(|kept| kept.as_deref() != Some(text.trim_matches('"')));
    if refused { Err(bad(&spec, text)) } else { Ok(()) }
}

/// Whether this sets `on-failure` to let a face out as it is, in whatever words `gst-launch-1.0` has for it.
pub fn lets_bare(element: &gst::Element, name: &str, text: &str) -> bool {
    // What is no value here may be one elsewhere.
    let Ok((spec, value)) = check(element, name, text) else { return name == "on-failure" && text.contains("pass") };
    spec.name() == "on-failure" && glib::EnumValue::from_value(&value).is_some_and(|(_, value)| value.nick() == "pass")
}

fn bad(spec: &glib::ParamSpec, text: &str) -> Fault {
    Fault::BadValue { name: spec.name().to_owned(), value: text.to_owned(), takes: takes(spec) }
}

/// The property that `name` names and the value that `text` says. The model is the call's own: its consent is checked.
pub(crate) fn check(element: &gst::Element, name: &str, text: &str) -> Result<(glib::ParamSpec, glib::Value), Fault> {
    let writable = |spec: &glib::ParamSpec| spec.flags().contains(glib::ParamFlags::WRITABLE);
    let own = |spec: &glib::ParamSpec| writable(spec) && !matches!(spec.name(), "name" | "parent" | "model");
    let Some(spec) = element.find_property(name).filter(own) else {
        let mut known: Vec<_> =
            element.list_properties().iter().filter(|spec| own(spec)).map(|spec| spec.name().to_owned()).collect();
        known.sort();
        return Err(Fault::NoProperty { name: name.to_owned(), known });
    };
    let value = glib::Value::deserialize_with_pspec(text, &spec).map_err(|_| bad(&spec, text))?;
    if is_valid(&spec, &value) { Ok((spec, value)) } else { Err(bad(&spec, text)) }
}

/// Whether a number is within what the definition allows.
fn is_valid(spec: &glib::ParamSpec, value: &glib::Value) -> bool {
    macro_rules! within {
        ($($spec:ty, $number:ty;)*) => {
            $(if let (Some(spec), Ok(number)) = (spec.downcast_ref::<$spec>(), value.get::<$number>()) {
                return (spec.minimum()..=spec.maximum()).contains(&number);
            })*
        };
    }
    within! {
        glib::ParamSpecFloat, f32;
        glib::ParamSpecDouble, f64;
        glib::ParamSpecInt, i32;
        glib::ParamSpecUInt, u32;
        glib::ParamSpecInt64, i64;
        glib::ParamSpecUInt64, u64;
    }
    true
}

/// What a property takes, in words.
pub fn takes(spec: &glib::ParamSpec) -> String {
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecFloat>() {
        return format!("a number from {} to {}", spec.minimum(), spec.maximum());
    }
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt>() {
        return format!("a whole number from {} to {}", spec.minimum(), spec.maximum());
    }
    if let Some(spec) = spec.downcast_ref::<glib::ParamSpecEnum>() {
        let names: Vec<_> = spec.enum_class().values().iter().map(|value| value.nick().to_owned()).collect();
        return names.join(", ");
    }
    if spec.is::<glib::ParamSpecBoolean>() {
        return "true or false".to_owned();
    }
    spec.blurb().map_or_else(|| "text".to_owned(), |blurb| format!("this: {blurb}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    /// Any element has properties of all these kinds.
    fn element() -> gst::Element {
        gst::init().unwrap();
        gst::ElementFactory::make("identity").build().unwrap()
    }

    #[test]
    fn values_are_set_by_their_text() {
        let element = element();
        set(&element, "drop-probability", "0.5").unwrap();
        set(&element, "silent", "false").unwrap();
        assert_eq!(element.property::<f32>("drop-probability"), 0.5);
        assert!(!element.property::<bool>("silent"));
    }

    #[test]
    fn a_fault_names_the_property_and_its_values() {
        let element = element();
        let fault = |name: &str, value: &str| set(&element, name, value).unwrap_err().to_string();
        assert!(fault("drop-probability", "2").contains("'drop-probability', which takes a number from 0 to 1"));
        assert!(fault("drop-probability", "much").contains("'much' is no value"));
        assert!(fault("silent", "perhaps").contains("true or false"));
        assert!(fault("no-such", "1").contains("no property 'no-such'; it has "));
        assert!(fault("last-message", "x").contains("no property 'last-message'"), "it is read only");
    }
}

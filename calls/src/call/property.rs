//! Sets a property of `faceswap`, or of one of its performers (`performer-0::reference`), from text, as
//! `gst-launch-1.0` does, and says what a property takes.

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
    let setting = check(element, name, text)?;
    setting.set();
    // An element takes some texts only where they mean something to it.
    let kept = setting.object.property_value(setting.spec.name());
    let refused = kept.get::<Option<String>>().is_ok_and(|kept| kept.as_deref() != Some(text.trim_matches('"')));
    if refused { Err(bad(name, &setting.spec, text)) } else { Ok(()) }
}

/// A value that a property takes.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The element or its child.
    object: glib::Object,
    spec: glib::ParamSpec,
    value: glib::Value,
}

impl Setting {
    /// Sets it.
    pub(crate) fn set(&self) {
        self.object.set_property_from_value(self.spec.name(), &self.value);
    }
}

/// Whether this sets `on-failure` to let a face out as it is, in whatever words `gst-launch-1.0` has for it.
pub fn lets_bare(element: &gst::Element, name: &str, text: &str) -> bool {
    // What is no value here may be one elsewhere.
    let Ok(Setting { spec, value, .. }) = check(element, name, text) else {
        return name == "on-failure" && text.contains("pass");
    };
    spec.name() == "on-failure" && glib::EnumValue::from_value(&value).is_some_and(|(_, value)| value.nick() == "pass")
}

fn bad(name: &str, spec: &glib::ParamSpec, text: &str) -> Fault {
    Fault::BadValue { name: name.to_owned(), value: text.to_owned(), takes: takes(spec) }
}

/// The property that `name` names and the value that `text` says. The element's model is the call's own: its consent
/// is checked. A performer that is named is made.
pub(crate) fn check(element: &gst::Element, name: &str, text: &str) -> Result<Setting, Fault> {
    let unknown = |known| Fault::NoProperty { name: name.to_owned(), known };
    let (object, prefix, rest) = match name.rsplit_once("::") {
        None => (element.clone().upcast::<glib::Object>(), String::new(), name),
        Some((child, rest)) => {
            let parent = element.dynamic_cast_ref::<gst::ChildProxy>();
            let object = parent.and_then(|parent| parent.child_by_name(child));
            let object =
                object.ok_or_else(|| unknown(vec!["performer-0::reference to performer-7::reference".to_owned()]));
            (object?, format!("{child}::"), rest)
        }
    };
    let own = |spec: &glib::ParamSpec| {
        let fixed = matches!(spec.name(), "name" | "parent") || spec.name() == "model" && prefix.is_empty();
        spec.flags().contains(glib::ParamFlags::WRITABLE) && !fixed
    };
    let Some(spec) = object.find_property(rest).filter(own) else {
        let specs = object.list_properties();
        let mut known: Vec<_> =
            specs.iter().filter(|spec| own(spec)).map(|spec| format!("{prefix}{}", spec.name())).collect();
        known.sort();
        return Err(unknown(known));
    };
    let value = glib::Value::deserialize_with_pspec(text, &spec).map_err(|_| bad(name, &spec, text))?;
    if is_valid(&spec, &value) { Ok(Setting { object, spec, value }) } else { Err(bad(name, &spec, text)) }
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
    fn a_performers_properties_are_set_by_its_name() {
        let element = crate::element::load().unwrap().create().build().unwrap();
        set(&element, "performer-1::reference", "faces/ben").unwrap();
        set(&element, "performer-1::opacity", "0.25").unwrap();
        set(&element, "performer-0::model", "ben.dfm").unwrap();
        let child = |name: &str| element.dynamic_cast_ref::<gst::ChildProxy>().unwrap().child_by_name(name).unwrap();
        assert_eq!(child("performer-1").property::<Option<String>>("reference").as_deref(), Some("faces/ben"));
        assert_eq!(child("performer-1").property::<f32>("opacity"), 0.25);
        assert_eq!(child("performer-0").property::<Option<String>>("model").as_deref(), Some("ben.dfm"));
        let fault = |name: &str, value: &str| set(&element, name, value).unwrap_err().to_string();
        let range = "'2' is no value of faceswap's property 'performer-0::opacity', which takes a number from 0 to 1";
        assert_eq!(fault("performer-0::opacity", "2"), range);
        assert!(fault("performer-0::opaque", "1").contains("'performer-0::opaque'; it has performer-0::"));
        assert!(
            fault("performer-8::reference", "a").contains("it has performer-0::reference to performer-7::reference")
        );
        assert!(fault("performer-0::parent", "a").contains("no property"));
        assert!(fault("model", "a").contains("no property 'model'"), "the call's own");
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

//! Presets: properties of `faceswap` under one name.

use anyhow::{Context, bail};
use gst::glib;
use gst::prelude::*;

use super::nearest;

/// Properties of the element `faceswap` that go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Its name in the file.
    pub name: String,
    /// In the order of their names.
    pub properties: Vec<Property>,
}

/// One property of a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The property's name.
    pub name: String,
    /// Its value, in the words of `gst-launch-1.0`.
    pub value: String,
    /// `FILE:LINE`, for messages.
    pub at: String,
}

impl Preset {
    /// Sets the properties on an element, all or none.
    ///
    /// # Errors
    /// A property that the element does not have or that cannot be set, or a value that it does not take: with file, line
    /// and the nearest known name.
    pub fn set_on(&self, element: &gst::Element) -> anyhow::Result<()> {
        let checked: Vec<_> =
            self.properties.iter().map(|property| property.checked(element)).collect::<Result<_, _>>()?;
        for (property, value) in self.properties.iter().zip(&checked) {
            element.set_property_from_value(&property.name, value);
        }
        Ok(())
    }
}

impl Property {
    fn checked(&self, element: &gst::Element) -> anyhow::Result<glib::Value> {
        let Self { name, value, at } = self;
        if name == "on-failure" && value == "pass" {
            bail!("{at}: on-failure=pass lets a bare face out, and is taken from --set alone");
        }
        let known = element.list_properties();
        let settable = || known.iter().filter(|known| known.flags().contains(glib::ParamFlags::WRITABLE));
        let Some(definition) = settable().find(|known| known.name() == name) else {
            match nearest(name, settable().map(|known| known.name())) {
                Some(near) => bail!("{at}: faceswap has no property `{name}` to set; did you mean `{near}`?"),
                None => bail!("{at}: faceswap has no property `{name}` to set; `gst-inspect-1.0 faceswap` lists them"),
            }
        };
        let refused =
            || format!("{at}: the property `{name}` does not take '{value}'; `gst-inspect-1.0 faceswap` says what");
        let parsed = glib::Value::deserialize_with_pspec(value, definition).with_context(refused)?;
        match outside(definition, &parsed) {
            Some(range) => bail!("{}; it takes {range}", refused()),
            None => Ok(parsed),
        }
    }
}

/// The range of a number's definition where the value is outside of it.
fn outside(definition: &glib::ParamSpec, value: &glib::Value) -> Option<String> {
    macro_rules! check {
        ($($definition:ty, $number:ty;)*) => {
            $(if let (Some(known), Ok(number)) = (definition.downcast_ref::<$definition>(), value.get::<$number>()) {
                let within = (known.minimum()..=known.maximum()).contains(&number);
                return (!within).then(|| format!("{} to {}", known.minimum(), known.maximum()));
            })*
        };
    }
    check! {
        glib::ParamSpecFloat, f32;
        glib::ParamSpecDouble, f64;
        glib::ParamSpecInt, i32;
        glib::ParamSpecUInt, u32;
        glib::ParamSpecInt64, i64;
        glib::ParamSpecUInt64, u64;
    }
    None
}

//! Presets: properties of `faceswap` under one name.

use anyhow::bail;

use super::nearest;
use crate::call::{self, Setting};
use crate::fault::Fault;

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
    /// A property that the element does not have or that cannot be set, or a value that it does not take: with file,
    /// line and the nearest known name.
    pub fn set_on(&self, element: &gst::Element) -> anyhow::Result<()> {
        let checked: Vec<_> =
            self.properties.iter().map(|property| property.checked(element)).collect::<Result<_, _>>()?;
        checked.iter().for_each(Setting::set);
        Ok(())
    }
}

impl Property {
    fn checked(&self, element: &gst::Element) -> anyhow::Result<Setting> {
        let Self { name, value, at } = self;
        if call::lets_bare(element, name, value) {
            bail!("{at}: {}", call::BARE);
        }
        match call::check_property(element, name, value) {
            Ok(setting) => Ok(setting),
            Err(Fault::NoProperty { known, .. }) => match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => bail!("{at}: faceswap has no property `{name}` to set; did you mean `{near}`?"),
                None => bail!("{at}: faceswap has no property `{name}` to set; `gst-inspect-1.0 faceswap` lists them"),
            },
            Err(fault) => bail!("{at}: {fault}"),
        }
    }
}

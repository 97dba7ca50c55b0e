//! Models by name: a family, its options, its dimensions.

use serde::{Deserialize, Serialize};

use super::{Blueprint, BlueprintError, df, dfaker, liae, live, original};

/// Who composes the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The best picture for a millisecond.
    Live,
    /// The 64 px model with two decoders.
    Original,
    /// One code, a decoder for each side.
    Df,
    /// Two codes, one decoder.
    Liae,
    /// Half resolution in, whole resolution out.
    Dfaker,
}

impl Family {
    /// Learning rate that it is trained with where no other is asked for. Small networks take more.
    pub const fn rate(self) -> f64 {
        match self {
            Self::Live => 1e-3,
            Self::Original | Self::Df | Self::Liae | Self::Dfaker => 5e-4,
        }
    }
}

/// Options of [`Family::Df`] and [`Family::Liae`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DfOptions {
    /// `u`: the encoder's output is normalised.
    pub unit: bool,
    /// `d`: the decoder works at half resolution.
    pub double: bool,
    /// `t`: deeper encoder and decoder.
    pub deep: bool,
    /// `c`: `x · cos x` activations.
    pub cosine: bool,
}

impl DfOptions {
    /// Those whose letters are in `letters`.
    fn of(letters: &str) -> Self {
        let has = |letter| letters.contains(letter);
        Self { unit: has('u'), double: has('d'), deep: has('t'), cosine: has('c') }
    }
}

/// All that a model is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// Family.
    pub family: Family,
    /// Options.
    #[serde(default)]
    pub options: DfOptions,
    /// Side of crop and face in px.
    pub resolution: usize,
    /// Length of the code.
    pub ae: usize,
    /// Width of the encoder's first layer.
    pub e: usize,
    /// Width of the decoder's last layers.
    pub d: usize,
    /// Width of the mask decoder's last layers.
    pub d_mask: usize,
    /// People of a troupe whom it can draw, 0 for a model of two sides: see [`Blueprint::people`].
    #[serde(default)]
    pub people: usize,
    /// Whether a subject has a decoder beside those people's: see [`Blueprint::subject`].
    #[serde(default)]
    pub subject: bool,
}

/// A name that users know, and what it stands for.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Name.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Numbers that its parameters have, both sides together.
    pub parameters: usize,
    dimensions: (Family, &'static str, [usize; 5]),
}

/// Every preset: name, sentence, parameters, family with options, and resolution, code, encoder, decoder, mask.
pub const PRESETS: [Preset; 11] = [
    preset(
        "live",
        "made for live video on a processor; has a base",
        7_030_072,
        Family::Live,
        "",
        [160, 256, 32, 24, 0],
    ),
    preset(
        "original",
        "faceswap's 64 px model with two decoders",
        84_607_784,
        Family::Original,
        "",
        [64, 1024, 128, 64, 16],
    ),
    preset("df", "DeepFaceLab's SAEHD, df", 57_538_432, Family::Df, "", [128, 256, 64, 64, 22]),
    preset(
        "df-ud",
        "the same, normalised code, decoder at half resolution",
        54_477_142,
        Family::Df,
        "ud",
        [128, 256, 64, 64, 22],
    ),
    preset("df-udt", "the same, deeper", 94_218_838, Family::Df, "udt", [224, 256, 64, 64, 22]),
    preset("liae", "DeepFaceLab's SAEHD, liae", 94_963_328, Family::Liae, "", [128, 256, 64, 64, 22]),
    preset(
        "liae-udt",
        "the same, normalised, half resolution, deeper",
        94_875_819,
        Family::Liae,
        "udt",
        [224, 256, 64, 64, 22],
    ),
    preset("h64", "df with the dimensions of DeepFaceLab's H64", 43_089_480, Family::Df, "", [64, 512, 64, 32, 16]),
    preset("h128", "df with the dimensions of DeepFaceLab's H128", 68_279_880, Family::Df, "", [128, 512, 64, 32, 16]),
    preset(
        "liaef128",
        "liae with the dimensions of DeepFaceLab's LIAEF128",
        74_356_580,
        Family::Liae,
        "",
        [128, 256, 64, 32, 16],
    ),
    preset("dfaker", "64 px in, 128 px out, with a mask", 72_521_496, Family::Dfaker, "", [128, 1024, 128, 32, 8]),
];

const fn preset(
    name: &'static str,
    about: &'static str,
    parameters: usize,
    family: Family,
    options: &'static str,
    dimensions: [usize; 5],
) -> Preset {
    Preset { name, about, parameters, dimensions: (family, options, dimensions) }
}

impl Preset {
    /// What it stands for.
    pub fn dimensions(&self) -> Dimensions {
        let (family, options, [resolution, ae, e, d, d_mask]) = self.dimensions;
        let options = DfOptions::of(options);
        Dimensions { family, options, resolution, ae, e, d, d_mask, people: 0, subject: false }
    }
}

impl Dimensions {
    /// A preset by its name, or `df` and `liae` with any options behind a hyphen: `liae-ud`.
    ///
    /// # Errors
    /// [`BlueprintError::Unknown`], naming what there is.
    pub fn named(name: &str) -> Result<Self, BlueprintError> {
        if let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) {
            return Ok(preset.dimensions());
        }
        let known = || {
            let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
            BlueprintError::Unknown(format!(
                "there is no model '{}'; there are {}, and df or liae with any of the options u, d, t, c: liae-ud",
                name.escape_debug(),
                names.join(", ")
            ))
        };
        let (family, letters) = name.split_once('-').ok_or_else(known)?;
        if !matches!(family, "df" | "liae") || letters.is_empty() || !letters.chars().all(|c| "udtc".contains(c)) {
            return Err(known());
        }
        Ok(Self { options: DfOptions::of(letters), ..Self::named(family)? })
    }

    /// Whether it draws the people of a base and nobody else.
    pub fn is_base(&self) -> bool {
        self.people > 0 && !self.subject
    }

    /// What resolutions must be multiples of.
    pub fn multiple(&self) -> usize {
        match self.family {
            Family::Live => live::MULTIPLE,
            Family::Original => original::MULTIPLE,
            Family::Df | Family::Liae => df::multiple(self),
            Family::Dfaker => dfaker::MULTIPLE,
        }
    }

    fn family_name(&self) -> String {
        format!("{:?}", self.family).to_lowercase()
    }

    /// The model as data.
    ///
    /// # Errors
    /// [`BlueprintError`] for a resolution or width that the family cannot have.
    pub fn blueprint(&self) -> Result<Blueprint, BlueprintError> {
        let (multiple, resolution) = (self.multiple(), self.resolution);
        let range = multiple.max(32)..=1024;
        if !range.contains(&resolution) {
            let (family, low, high) = (self.family_name(), range.start(), range.end());
            return Err(BlueprintError::Unknown(format!(
                "resolution {resolution}: {family} takes {low} to {high}, in multiples of {multiple}"
            )));
        }
        if resolution % multiple != 0 {
            let lower = resolution / multiple * multiple;
            let (upper, family) = (lower + multiple, self.family_name());
            return Err(BlueprintError::Resolution { resolution, multiple, family, lower, upper });
        }
        let masked = self.family != Family::Live;
        let widths = [("ae", self.ae), ("e", self.e), ("d", self.d), ("d-mask", self.d_mask)];
        let asked = widths.into_iter().take(if masked { 4 } else { 3 });
        if let Some((name, width)) = asked.into_iter().find(|(_, width)| !(2..=4096).contains(width)) {
            return Err(BlueprintError::Unknown(format!("--{name}-dims {width}: take 2 to 4096")));
        }
        if !masked && self.d_mask != 0 {
            let reason = "live has no decoder for masks alone; leave --d-mask-dims out";
            return Err(BlueprintError::Unknown(reason.to_owned()));
        }
        if self.people > 0 && self.family == Family::Liae {
            let reason = "liae keeps people apart in its code; a base is live, df, original or dfaker";
            return Err(BlueprintError::Unknown(reason.to_owned()));
        }
        if self.subject && masked {
            let family = self.family_name();
            return Err(BlueprintError::Unknown(format!(
                "{family} reads the driver's mask off a driver's decoder; a troupe beside a subject takes live"
            )));
        }
        match self.family {
            Family::Live => live::blueprint(self),
            Family::Original => original::blueprint(self),
            Family::Df => df::blueprint(self),
            Family::Liae => liae::blueprint(self),
            Family::Dfaker => dfaker::blueprint(self),
        }
    }
}

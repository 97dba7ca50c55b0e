//! What is done to a stream.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::raw::Raw;
use super::stream::Stream;

/// Numbers at random, the same for the same seed (xorshift64*, Vigna 2016).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end.max(1)
    }

    /// One of these.
    pub(crate) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// Two files of the same model, and files that are none.
pub(crate) struct Models {
    good: [PathBuf; 2],
    bad: [PathBuf; 3],
    _folder: tempfile::TempDir,
}

impl Models {
    /// With a copy of `model` and of its consent.
    pub(crate) fn of(model: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let [copy, unlent, garbage] = ["copy.dfm", "unlent.dfm", "garbage.dfm"].map(|name| folder.path().join(name));
        std::fs::copy(model, &copy)?;
        std::fs::copy(model, &unlent)?;
        let record = "consent.toml";
        std::fs::copy(model.with_added_extension(record), copy.with_added_extension(record)).context("its consent")?;
        std::fs::write(&garbage, [0x5a; 5000])?;
        let missing = folder.path().join("missing.dfm");
        Ok(Self { good: [model.to_owned(), copy], bad: [unlent, garbage, missing], _folder: folder })
    }
}

/// Formats and widths of frames.
const FORMATS: [&str; 5] = ["I420", "NV12", "YUY2", "BGRx", "RGBA"];
const WIDTHS: [i32; 4] = [320, 479, 640, 1280];
const ON_FAILURE: [&str; 4] = ["hold", "blur", "drop", "pass"];

/// One disturbance.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed<'a> {
    /// Another model, while frames flow.
    Model,
    /// Another format and size.
    Caps,
    /// A flush from upstream, without a seek.
    Flush,
    /// A seek, exact or not.
    Seek,
    /// To NULL, READY or PAUSED, and back.
    States,
    /// To NULL, and another clip.
    Clip(&'a Raw),
    /// Another number or choice.
    Setting,
    /// Fault: a model that cannot be used; the one before stays.
    BadModel,
    /// Fault: frames go missing upstream.
    LostFrames,
    /// Fault: a frame that is shorter than its caps say; the stream ends with an error.
    ShortFrame,
}

impl<'a> Deed<'a> {
    /// One at random.
    pub(crate) fn draw(dice: &mut Dice, clips: &'a [Raw]) -> Self {
        match dice.below(20) {
            0..3 => Self::Model,
            3..6 => Self::Caps,
            6..8 => Self::Flush,
            8..12 => Self::Seek,
            12..14 => Self::States,
            14..16 => Self::Clip(&clips[dice.below(clips.len())]),
            16 => Self::Setting,
            17 => Self::BadModel,
            18 => Self::LostFrames,
            _ => Self::ShortFrame,
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Model => "model changes",
            Self::Caps => "caps changes",
            Self::Flush => "flushes",
            Self::Seek => "seeks",
            Self::States => "state cycles",
            Self::Clip(_) => "clips",
            Self::Setting => "settings",
            Self::BadModel => "bad models",
            Self::LostFrames => "losses",
            Self::ShortFrame => "short frames",
        }
    }

    /// Does it.
    pub(crate) fn act(&self, stream: &mut Stream, models: &Models, dice: &mut Dice) -> anyhow::Result<()> {
        match self {
            Self::Model => stream.set_model(&dice.of(&models.good)),
            Self::BadModel => {
                // Where none is loaded yet, it is an error, not a warning.
                stream.go_on(3)?;
                stream.set_model(&dice.of(&models.bad));
            }
            Self::Caps => stream.set_caps(dice.of(&FORMATS), dice.of(&WIDTHS))?,
            Self::Flush => stream.flush(),
            Self::Seek => stream.seek(dice.below(1000) as f64 / 1000.0, dice.below(2) == 0),
            Self::States => {
                let state = dice.of(&[gst::State::Null, gst::State::Ready, gst::State::Paused]);
                // Stopped while all is loading, too.
                let frames = dice.below(3) * 4;
                stream.cycle(state, models, frames)?;
            }
            Self::Clip(clip) => stream.take(clip, models)?,
            Self::Setting => match dice.below(3) {
                0 => stream.set("opacity", dice.of(&["0", "0.5", "1"])),
                1 => stream.set("on-failure", dice.of(&ON_FAILURE)),
                _ => stream.set("select", dice.of(&["all", "left-most", "largest"])),
            },
            Self::LostFrames => stream.lose(),
            Self::ShortFrame => stream.shorten(models)?,
        }
        Ok(())
    }
}

impl Models {
    /// The first, which is good.
    pub(crate) fn first(&self) -> &Path {
        &self.good[0]
    }
}

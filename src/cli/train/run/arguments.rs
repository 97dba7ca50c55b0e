//! What `standin-train train` is asked for.

use std::path::PathBuf;

use crate::cli::train::terms::TermWeights;
use crate::train::device::DeviceChoice;
use crate::train::precision::ComputePrecision;
use crate::train::zoo::preset::PRESETS;

/// Trains a model of the subject's face sets (--b), from a base or with a driver's (--a), or goes on with one that was
/// stopped: Ctrl-C saves.
#[derive(Debug, clap::Args)]
#[command(after_help = models())]
pub struct Arguments {
    /// Folder of the run; where there is one already, training goes on from its newest checkpoint.
    #[arg(short, long, value_name = "RUN")]
    pub out: PathBuf,
    /// Face set of the driver: who performs. Give several to serve several performers, also unseen ones. From a base it
    /// may be left out: it serves previews, the check of the export and the registration map, --code and --expression.
    #[arg(long, value_name = "FACESET")]
    pub a: Vec<PathBuf>,
    /// Face set of the subject: who lent the face.
    #[arg(long, value_name = "FACESET")]
    pub b: Vec<PathBuf>,
    /// Face set of people who perform the same frames. Without --b it makes a base, from which models of anybody are
    /// trained in minutes. With --b, instead of --a, the subject is trained beside them, and the encoder with both:
    /// it gets to know the subject without holding on to whoever performs, at twice the time a step.
    #[arg(long, value_name = "FACESET", conflicts_with = "a")]
    pub troupe: Vec<PathBuf>,
    /// What the model starts from: base, the one that comes with Standin and the default where it fits the face sets
    /// and the model; none; or a file that `export` wrote of a run with --troupe and without --b. From a base only
    /// the subject's decoder is trained; with --troupe all of it is.
    #[arg(long, value_name = "BASE")]
    pub from: Option<String>,
    /// Model: see below. Default live.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Side of the crop and of the face in pixels, instead of the model's.
    #[arg(long, value_name = "PX")]
    pub resolution: Option<usize>,
    /// Length of the code.
    #[arg(long, value_name = "N")]
    pub ae_dims: Option<usize>,
    /// Width of the encoder's first layer.
    #[arg(long, value_name = "N")]
    pub e_dims: Option<usize>,
    /// Width of the decoder's last layers.
    #[arg(long, value_name = "N")]
    pub d_dims: Option<usize>,
    /// Width of the mask decoder's last layers.
    #[arg(long, value_name = "N")]
    pub d_mask_dims: Option<usize>,
    /// Faces a side in each step. Default 4: in a given time, many small steps get further than few large ones.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "N")]
    pub batch: Option<u16>,
    /// Ends after that many steps since the very beginning. Where a run that is gone on with gets a later end, its rate
    /// rises again to what it is at that part of the way, and inputs are warped again.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    pub steps: Option<u64>,
    /// Ends after that many minutes of training since the very beginning.
    #[arg(long, value_name = "M")]
    pub minutes: Option<f64>,
    /// Learning rate after the warm-up. Default 1e-3 for live and 5e-4 for the others. A run that is gone on with takes
    /// the new one.
    #[arg(long, value_name = "RATE")]
    pub rate: Option<f64>,
    /// Keeps the rate instead of lowering it towards the goal.
    #[arg(long)]
    pub constant_rate: bool,
    /// Optimiser: AdaBelief instead of Adam.
    #[arg(long)]
    pub adabelief: bool,
    /// Where all chance comes from: on the processor the same seed and --steps make the same model. Default 1.
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64), value_name = "N")]
    pub seed: Option<u64>,
    /// Draws faces as they come instead of with equal chance for each turn of the head, opening of the lids and of
    /// the mouth that is not too rare (of a troupe: for people of each lightness of skin and, where its face set says
    /// it, sex).
    #[arg(long, alias = "no-yaw-balance")]
    pub no_balance: bool,
    /// Draws the subject's hair before the forehead as it was filmed, for performers with the same hair, instead of
    /// skin up to where the performer's hair begins. Crops of the whole head, and masks that are hulls of landmarks,
    /// do so anyway.
    #[arg(long)]
    pub keep_hair: bool,
    /// Part of the subject's samples, 0 to 1, that is drawn from the faces that came out worst lately, the hardest up
    /// to four times as often as evenly. Default 0.
    #[arg(long, value_name = "PART")]
    pub replay: Option<f32>,
    /// Computes on it.
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceChoice,
    /// With how many bits the network computes; weights, optimiser and losses have 32. bf16 is for GPUs with matrix
    /// units for it, and slower elsewhere. Default f32. A run that is gone on with takes the new one.
    #[arg(long, value_enum)]
    pub precision: Option<ComputePrecision>,
    /// Steps from one checkpoint to the next.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    pub save_every: u64,
    /// Checkpoints that are kept.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..), value_name = "N")]
    pub keep: u16,
    /// Steps from one preview to the next; 0 for none.
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub preview_every: u64,
    /// Terms of the loss that are off otherwise.
    #[command(flatten)]
    pub terms: TermWeights,
}

impl Arguments {
    /// The face sets of side A and of side B in a run with a troupe and with a subject, as there are: a troupe alone
    /// is side B, beside a subject side A.
    pub(super) fn sides(&self, troupe: bool, subject: bool) -> [&[PathBuf]; 2] {
        match (troupe, subject) {
            (false, _) => [&self.a, &self.b],
            (true, false) => [&[], &self.troupe],
            (true, true) => [&self.troupe, &self.b],
        }
    }
}

fn models() -> String {
    let width = PRESETS.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
    let line = |preset: &crate::train::zoo::preset::Preset| {
        let dimensions = preset.dimensions();
        let (millions, side) = (preset.parameters as f64 / 1e6, dimensions.resolution);
        format!("  {:width$}  {side} px, {millions:.1} M parameters: {}\n", preset.name, preset.about)
    };
    let mut text = String::from("Models:\n");
    text.extend(PRESETS.iter().map(line));
    text + "  df and liae take the options u, d, t, c behind a hyphen: liae-ud."
}

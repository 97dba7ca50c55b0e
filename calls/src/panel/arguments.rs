//! The command line of `standin panel`: what of `standin webcam` makes sense beside a page.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::arguments::CallArguments;
use crate::call::Plan;
use crate::settings::SettingsFile;

/// Arguments of `standin panel`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The call.
    #[command(flatten)]
    pub call: CallArguments,
    /// A swap model, a .dfm, with its consent record beside it; may be given again. The page offers the others of its
    /// folder too. Without, the models that are installed
    #[arg(long, short, value_name = "FILE.dfm", num_args = 1)]
    pub model: Vec<PathBuf>,
    /// Folder of recordings [default: the user's folder of videos]
    #[arg(long, value_name = "FOLDER")]
    pub recordings: Option<PathBuf>,
    /// Folder of face sets and pictures that performers are told by [default: the user's folder of pictures]
    #[arg(long, value_name = "FOLDER")]
    pub references: Option<PathBuf>,
    /// Port of the page on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 7346)]
    pub port: u16,
    /// Only prints the page's address
    #[arg(long)]
    pub no_browser: bool,
}

impl Arguments {
    /// The call that they ask for, with this model.
    ///
    /// # Errors
    /// As [`CallArguments::plan`].
    pub(super) fn plan(&self, model: &Path, settings: Result<&SettingsFile, &str>) -> anyhow::Result<Plan> {
        self.call.clone().plan(model.to_owned(), settings)
    }
}

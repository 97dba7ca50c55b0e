//! `standin consent`: writes and shows consent records.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::Outcome;
use crate::consent::{Consent, today};
use crate::swap::ModelFile;

/// Subcommands of `standin consent`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Writes MODEL.consent.toml. Asks for what is missing where there is a terminal.
    New(NewArgs),
    /// Shows the record and says whether it is valid today.
    Show {
        /// The .dfm file.
        model: PathBuf,
    },
}

/// Arguments of `standin consent new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The .dfm file.
    pub model: PathBuf,
    /// What the record says.
    #[command(flatten)]
    pub terms: Terms,
    /// Replaces a record that is there.
    #[arg(long)]
    pub force: bool,
}

/// What a record says, besides which model it is of.
#[derive(Debug, Clone, Default, Args)]
#[group(id = "terms")]
pub struct Terms {
    /// Whose face it is.
    #[arg(long)]
    pub subject: Option<String>,
    /// What they agreed to, in their words.
    #[arg(long)]
    pub statement: Option<String>,
    /// What the model may be used for; several with commas.
    #[arg(long, value_delimiter = ',')]
    pub uses: Vec<String>,
    /// First day, such as 2027-01-31; days are UTC.
    #[arg(long)]
    pub from: Option<Date>,
    /// Last day.
    #[arg(long)]
    pub until: Option<Date>,
    /// Where to ask, and where to withdraw.
    #[arg(long)]
    pub contact: Option<String>,
}

/// Runs a subcommand.
///
/// # Errors
/// A sentence for people.
pub fn run(command: Command, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    match command {
        Command::New(arguments) => new(arguments, out),
        Command::Show { model } => show(&model, out),
    }
}

fn new(mut arguments: NewArgs, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let model = ModelFile::open(&arguments.model)?;
    if std::io::stdin().is_terminal() {
        ask(&mut arguments.terms, out)?;
    }
    let force = arguments.force;
    let record = Consent::path_for(model.path());
    let consent = arguments.terms.record(model.sha256())?;
    let written = consent.save(model.path(), force).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{} is there already; --force replaces it", record.display()),
        ErrorKind::InvalidInput => anyhow!("no record was written: {error}"),
        _ => anyhow!("{} could not be written: {error}", record.display()),
    })?;
    writeln!(out, "wrote {}", written.display())?;
    Ok(Outcome::Good)
}

impl Terms {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.given().iter().all(|(_, given)| !given)
    }

    /// The record for the model with this hash.
    ///
    /// # Errors
    /// The list of what is missing.
    pub fn record(self, model_sha256: &str) -> anyhow::Result<Consent> {
        let missing = self.missing();
        let Self { subject: Some(subject), statement: Some(statement), from: Some(from), until: Some(until), .. } =
            self
        else {
            bail!(missing)
        };
        let Some(contact) = self.contact.filter(|_| !self.uses.is_empty()) else { bail!(missing) };
        Ok(Consent {
            subject,
            statement,
            uses: self.uses.iter().map(|text| text.trim().to_owned()).collect(),
            from,
            until,
            contact,
            model_sha256: model_sha256.to_owned(),
            signature: None,
        })
    }

    fn missing(&self) -> String {
        let missing: Vec<_> = self.given().iter().filter(|(_, given)| !given).map(|(name, _)| *name).collect();
        format!("the record needs {}; see `standin consent new --help`", missing.join(", "))
    }

    fn given(&self) -> [(&'static str, bool); 6] {
        [
            ("--subject", self.subject.is_some()),
            ("--statement", self.statement.is_some()),
            ("--uses", !self.uses.is_empty()),
            ("--from", self.from.is_some()),
            ("--until", self.until.is_some()),
            ("--contact", self.contact.is_some()),
        ]
    }
}

/// Asks on the terminal for what was not given.
fn ask(new: &mut Terms, out: &mut dyn Write) -> anyhow::Result<()> {
    ask_text(&mut new.subject, "Whose face is it", out)?;
    ask_text(&mut new.statement, "What did they agree to, in their words", out)?;
    if new.uses.is_empty() {
        let mut uses = None;
        ask_text(&mut uses, "Uses, with commas between", out)?;
        new.uses = uses.iter().flat_map(|uses| uses.split(',')).map(str::to_owned).collect();
    }
    ask_day(&mut new.from, "First day, such as 2027-01-31", out)?;
    ask_day(&mut new.until, "Last day", out)?;
    ask_text(&mut new.contact, "Where to ask, and where to withdraw", out)
}

fn ask_text(field: &mut Option<String>, question: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    if field.is_none() {
        write!(out, "{question}: ")?;
        out.flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        *field = Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty());
    }
    Ok(())
}

fn ask_day(field: &mut Option<Date>, question: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut answer = field.map(|day| day.to_string());
    ask_text(&mut answer, question, out)?;
    let parse = |text: String| text.parse().with_context(|| format!("'{text}' is not a date such as 2027-01-31"));
    *field = answer.map(parse).transpose()?;
    Ok(())
}

fn show(path: &Path, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let model = ModelFile::open(path)?;
    let consent = model.consent()?;
    write!(out, "{}", consent.to_toml().map_err(|reason| anyhow!(reason))?)?;
    match model.consented(today()) {
        Ok(_) => {
            writeln!(out, "\nvalid today")?;
            Ok(Outcome::Good)
        }
        Err(error) => {
            writeln!(out, "\nnot valid: {error}")?;
            Ok(Outcome::Bad)
        }
    }
}

//! What a page can ask for. It chooses among what it was shown: it names no file and no address.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, bail, ensure};
use gst::glib;
use serde::Deserialize;

use super::board::Board;
use super::preview::Preview;
use super::properties::{self, Control, MARK, is_look};
use super::{inputs, launch, models, performers, presets};
use crate::call::{self, Call, State};
use crate::camera::Source;
use crate::doctor;
use crate::fault::Fault;
use crate::outlet::record;
use crate::settings::SettingsFile;

/// A command of a page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Command {
    /// Sets a property to a value in the words of `gst-launch-1.0`.
    Set {
        property: String,
        value: String,
    },
    /// Sets a property to its default.
    Reset {
        property: String,
    },
    /// All that may be set now, but for the label.
    ResetAll,
    /// Takes the model of this path.
    Model {
        path: PathBuf,
    },
    /// Gives the performer of that number the model of this path; without one, the call's.
    PerformerModel {
        performer: u32,
        path: Option<PathBuf>,
    },
    /// Has the performer of that number told by the pictures of this path.
    PerformerReference {
        performer: u32,
        path: PathBuf,
    },
    /// Takes the input of this id.
    Input {
        id: String,
    },
    /// Looks for cameras and models again.
    Look,
    Start,
    Stop,
    /// Begins a recording.
    Record,
    /// Ends it.
    EndRecord,
    LoadPreset {
        name: String,
    },
    SavePreset {
        name: String,
    },
}

/// Folders of the user's.
#[derive(Debug)]
pub(super) struct Folders {
    /// Where recordings go.
    pub(super) recordings: PathBuf,
    /// Where pictures of performers lie.
    pub(super) references: Option<PathBuf>,
}

/// The call and all that pages see of it.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) call: Arc<Mutex<Call>>,
    pub(super) board: Board,
    pub(super) preview: Preview,
    pub(super) controls: Vec<Control>,
    element: gst::Element,
    /// The input of the command line.
    given: Source,
    /// Models that were named.
    named: Vec<PathBuf>,
    /// References of performers that were named.
    named_references: Vec<PathBuf>,
    folders: Folders,
    settings: Mutex<Result<SettingsFile, String>>,
}

impl Panel {
    pub(super) fn new(
        call: Call,
        named: Vec<PathBuf>,
        folders: Folders,
        settings: Result<SettingsFile, String>,
    ) -> anyhow::Result<Self> {
        let (element, given) = (call.element().clone(), call.plan().source.clone());
        let references = call.plan().properties.iter().filter(|(name, _)| name.ends_with("::reference"));
        let named_references = references.map(|(_, path)| PathBuf::from(path)).collect();
        let call = Arc::new(Mutex::new(call));
        let panel = Self {
            board: Board::default(),
            preview: Preview::start(Arc::clone(&call))?,
            controls: properties::controls(&element),
            call,
            element,
            given,
            named,
            named_references,
            folders,
            settings: Mutex::new(settings),
        };
        panel.show();
        Ok(panel)
    }

    fn call(&self) -> MutexGuard<'_, Call> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the board up to date with the call, the element and the settings.
    pub(super) fn show(&self) {
        let (plan, consent, camera) = {
            let call = self.call();
            (call.plan().clone(), call.consent(), call.camera())
        };
        let values = properties::values(&self.element);
        let performers = performers::all(&self.element);
        let line = launch::line(&plan, camera.as_ref(), &self.controls, &values, &performers);
        let presets = self.settings().as_ref().map(presets::names).unwrap_or_default();
        self.board.change(|facts| {
            facts.subject = consent.subject;
            facts.until = consent.until.to_string();
            let model = plan.model.canonicalize().unwrap_or_else(|_| plan.model.clone());
            facts.model = model.display().to_string();
            facts.input = inputs::id(&plan.source);
            facts.size = format!("{} x {}, {} frames a second", plan.size.width, plan.size.height, plan.size.rate);
            (facts.values, facts.line, facts.presets) = (values, line, presets);
            facts.performers = performers;
        });
    }

    /// Looks for cameras and models, which may take seconds.
    pub(super) fn look(&self) {
        let inputs = inputs::all(&self.given);
        let references = performers::references(&self.named_references, self.folders.references.as_deref());
        self.board.change(|facts| (facts.inputs, facts.references) = (inputs, references));
        let models = models::all(&crate::models::files(&self.named));
        self.board.change(|facts| facts.models = models);
    }

    /// Tells `told` when a property gets a value, whoever sets it.
    pub(super) fn watch(&self, told: impl Fn() + Send + Sync + 'static) -> glib::SignalHandlerId {
        use gst::glib::object::ObjectExt;
        let names: Vec<_> = self.controls.iter().map(|control| control.name.clone()).collect();
        self.element.connect_notify(None, move |_, spec| {
            if names.iter().any(|name| name == spec.name()) {
                told();
            }
        })
    }

    /// What is wrong with this machine.
    pub(super) fn examine(&self) -> doctor::Report {
        let wrong = self.settings().as_ref().err().cloned();
        let model = self.call().plan().model.clone();
        doctor::examine(&[model], wrong.as_deref())
    }

    /// Does it.
    ///
    /// # Errors
    /// A sentence that says what to do instead.
    pub(super) fn obey(&self, command: Command) -> anyhow::Result<()> {
        match command {
            Command::Set { property, value } => self.set(&property, &value)?,
            Command::Reset { property } => self.set(&property, &self.control(&property)?.default)?,
            Command::ResetAll => {
                let stopped = self.is_stopped();
                for control in
                    self.controls.iter().filter(|control| is_look(control) || stopped && control.name != MARK)
                {
                    call::set_property(&self.element, &control.name, &control.default)?;
                }
            }
            Command::Model { path } => {
                self.shown_model(&path)?;
                self.call().set_model(path)?;
            }
            Command::PerformerModel { performer, path } => {
                path.as_deref().map_or(Ok(()), |path| self.shown_model(path))?;
                self.call().set_performer_model(performer, path.as_deref())?;
            }
            Command::PerformerReference { performer, path } => {
                let facts = self.board.facts();
                ensure!((performer as usize) < facts.performers.len(), "there is no performer {performer}");
                let shown = facts.references.iter().any(|reference| reference.path == path);
                ensure!(
                    shown,
                    "{} is none of the pictures of performers; put it into the folder of --references",
                    path.display()
                );
                let path = path.to_str().context("its path is no UTF-8; rename it")?;
                call::set_property(&self.element, &format!("performer-{performer}::reference"), path)?;
            }
            Command::Input { id } => {
                let input = self.board.facts().inputs.into_iter().find(|input| input.id == id);
                let input = input.with_context(|| format!("'{id}' is none of the inputs; look for cameras again"))?;
                self.call().set_source(input.source);
            }
            Command::Look => self.look(),
            Command::Start => self.call().start()?,
            Command::Stop => self.call().stop()?,
            Command::Record => self.record()?,
            Command::EndRecord => self.call().handle().record(None),
            Command::LoadPreset { name } => self.load(&name)?,
            Command::SavePreset { name } => self.save(&name)?,
        }
        self.show();
        Ok(())
    }

    fn shown_model(&self, path: &Path) -> anyhow::Result<()> {
        let shown = self.board.facts().models.iter().any(|model| model.path == path);
        ensure!(shown, "{} is none of the models; look for models again", path.display());
        Ok(())
    }

    fn settings(&self) -> MutexGuard<'_, Result<SettingsFile, String>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.call().state() == State::Stopped
    }

    fn control(&self, name: &str) -> anyhow::Result<&Control> {
        let known = || self.controls.iter().map(|control| control.name.clone()).collect();
        let control = self.controls.iter().find(|control| control.name == name);
        Ok(control.ok_or_else(|| Fault::NoProperty { name: name.to_owned(), known: known() })?)
    }

    fn set(&self, name: &str, value: &str) -> anyhow::Result<()> {
        if !self.control(name)?.playing && !self.is_stopped() {
            bail!("'{name}' can be set only while the camera is stopped; stop it, set it, and start it again");
        }
        let has_it = || properties::values(&self.element).get(name).is_some_and(|now| now == value);
        ensure!(!call::lets_bare(&self.element, name, value) || has_it(), call::BARE);
        Ok(call::set_property(&self.element, name, value)?)
    }

    fn record(&self) -> anyhow::Result<()> {
        let call = self.call();
        ensure!(call.state() != State::Stopped, "the camera is stopped; start it before the recording");
        let now = glib::DateTime::now_local().and_then(|now| now.format("%Y-%m-%d-%H%M%S"));
        let file = self.folders.recordings.join(format!("standin-{}.mkv", now.context("there is no time of day")?));
        record::check(&file)?;
        let folder = &self.folders.recordings;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made; choose a folder with --recordings", folder.display()))?;
        call.handle().record(Some(file));
        Ok(())
    }

    fn load(&self, name: &str) -> anyhow::Result<()> {
        let settings = self.settings();
        let preset = settings.as_ref().map_err(|wrong| anyhow::anyhow!("{wrong}"))?.preset(name)?;
        let stopped = self.is_stopped();
        for property in &preset.properties {
            // The element says what is wrong with a name that is none.
            if !stopped && self.control(&property.name).is_ok_and(|control| !control.playing) {
                bail!("the preset '{name}' sets '{}', which it can only while the camera is stopped", property.name);
            }
        }
        preset.set_on(&self.element)
    }

    fn save(&self, name: &str) -> anyhow::Result<()> {
        let values = properties::values(&self.element);
        let mut settings = self.settings();
        let known = settings.as_ref().map_err(|wrong| anyhow::anyhow!("{wrong}"))?;
        let new = presets::save(known, name, &self.controls, &values)?;
        *settings = Ok(new);
        Ok(())
    }
}

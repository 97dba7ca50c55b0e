//! What is made and loaded when the element starts, when its model changes, and when a GPU is lost.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::face::Mesh;
use standin::live::{self, FindStage, Load, ModelSlot, Queue, SwapStage};

use super::category::CAT;
use super::imp::FaceSwap;
use super::messages;
use super::session::{Output, Session, lock};

impl FaceSwap {
    /// Makes the stages and begins to load what they need.
    pub(super) fn start(&self) -> Result<(), gst::StateChangeError> {
        let properties = lock(&self.properties).clone();
        let refuse = |text: String| {
            messages::post(&self.obj(), gst::ResourceError::Settings, &text, true);
            gst::StateChangeError
        };
        let performers = lock(&self.performers).clone();
        let all_have_theirs = !performers.is_empty() && performers.iter().all(|it| it.files().model.is_some());
        if properties.model.is_none() && !all_have_theirs {
            return Err(refuse("no model is set; set model=FILE.dfm".to_owned()));
        }
        if let Some(number) = self.without_reference() {
            return Err(refuse(format!(
                "performer-{number} has no reference; set performer-{number}::reference to a face set, a folder of pictures, or \
                 a picture of them"
            )));
        }
        let device = properties.device().map_err(|error| refuse(error.to_string()))?;
        let (finder, finder_inbox) = crossbeam_channel::bounded(1);
        let find = FindStage::new(finder_inbox).recognising(Arc::clone(&self.references));
        let mut stages = Vec::new();
        let mut occlusion = Vec::new();
        for _ in 0..properties.workers() {
            let (to_occlusion, occlusion_inbox) = crossbeam_channel::bounded(1);
            occlusion.push(to_occlusion);
            stages.push(SwapStage::default().seeing(occlusion_inbox));
        }
        let queue = Queue::start(properties.depth as usize, find, stages)
            .map_err(|error| refuse(format!("no thread for the stages: {error}")))?;
        let session = Arc::new(Session {
            queue,
            models: Arc::new(ModelSlot::default()),
            performers: Mutex::default(),
            refined: properties.mesh == Mesh::Points478,
            workers: if properties.depth == 0 { 0 } else { properties.workers() },
            pending: Arc::default(),
            unhurried: Arc::default(),
            device,
            recovery: Mutex::default(),
            failed: Arc::new(AtomicBool::new(false)),
            flushing: AtomicBool::new(false),
            input: Mutex::default(),
            output: Mutex::new(Output::new(properties.depth as usize)),
        });
        *lock(&self.session) = Some(Arc::clone(&session));
        self.load_model(&session);
        self.start_performers(&session);
        let (weak, failed) = (self.obj().downgrade(), Arc::clone(&session.failed));
        live::prepare_finder(&session.pending, self.folder(), properties.mesh, finder, move |done| {
            if let (Err(error), Some(element)) = (done, weak.upgrade()) {
                failed.store(true, Ordering::Release);
                messages::post_prepare_error(&element, &error, true);
            }
        });
        let (weak, failed) = (self.obj().downgrade(), Arc::clone(&session.failed));
        live::prepare_occlusion(&session.pending, self.folder(), occlusion, move |done| {
            if let (Err(error), Some(element)) = (done, weak.upgrade()) {
                failed.store(true, Ordering::Release);
                messages::post_prepare_error(&element, &error, true);
            }
        });
        Ok(())
    }

    /// Loads the models again, on a GPU in the place of one that is gone, or with more bits than were too few. Frames go
    /// on meanwhile, as `on-failure` says.
    pub(super) fn recover(&self, session: &Arc<Session>) {
        let idle = session.pending.is_idle() && session.unhurried.is_idle();
        if session.is_flushing() || !idle || !session.device.may_be_gpu() || !session.begin_recovery() {
            return;
        }
        gst::warning!(CAT, imp = self, "the GPU is gone, or 16 bits are too few for a model; loading again");
        self.load_model(session);
        (0..self.children_count()).for_each(|number| self.load_performer(session, number as usize));
    }

    /// Begins to load the model that the property names.
    pub(super) fn load_model(&self, session: &Arc<Session>) {
        let path = lock(&self.properties).model.clone();
        if let Some(path) = path {
            self.load_into(session, &session.models, path);
        }
    }

    /// Begins to load a model into its slot.
    pub(super) fn load_into(&self, session: &Arc<Session>, slot: &Arc<ModelSlot>, path: String) {
        let properties = lock(&self.properties).clone();
        let load = Load {
            path: PathBuf::from(path),
            beside: self.folder(),
            threads: properties.swap_threads(),
            device: session.device.clone(),
            swappers: properties.workers(),
        };
        let (weak, failed) = (self.obj().downgrade(), Arc::clone(&session.failed));
        // A file waits for its first model, and goes on with it while another is loaded.
        let pending = if slot.current().is_none() { &session.pending } else { &session.unhurried };
        slot.load(load, pending, move |loaded| {
            let Some(element) = weak.upgrade() else { return };
            match loaded {
                Ok(model) => {
                    messages::post_info(&element, &format!("{} runs on {}", model.path.display(), model.runs_on));
                }
                Err((error, fatal)) => {
                    failed.fetch_or(fatal, Ordering::AcqRel);
                    messages::post_load_error(&element, &error, fatal);
                }
            }
        });
    }

    /// The folder that the plugin lies in.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let plugin = self.obj().factory()?.plugin()?;
        Some(plugin.filename()?.parent()?.to_owned())
    }
}

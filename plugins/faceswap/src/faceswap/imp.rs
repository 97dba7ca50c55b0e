//! Pads, states, events and queries. What is done to a frame is the library's.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::blend::CpuBlender;
use standin::face::Mesh;
use standin::heap;
use standin::live::{self, FindStage, Load, ModelSlot, Queue, References, Settings, SwapStage};
use standin::media;

use super::delivery::from_milliseconds;
use super::performer::Performer;
use super::properties::Properties;
use super::session::{Output, Session, lock};
use super::{messages, properties};

pub(super) static CAT: LazyLock<gst::DebugCategory> =
    LazyLock::new(|| gst::DebugCategory::new("faceswap", gst::DebugColorFlags::empty(), Some("Face replacement")));

/// The element's own state.
pub struct FaceSwap {
    pub(super) sinkpad: gst::Pad,
    pub(super) srcpad: gst::Pad,
    pub(super) properties: Mutex<Properties>,
    /// What the properties say of frames, shared with the jobs in flight.
    pub(super) settings: Mutex<Arc<Settings>>,
    pub(super) performers: Mutex<Vec<Performer>>,
    pub(super) references: Arc<References>,
    session: Mutex<Option<Arc<Session>>>,
}

#[glib::object_subclass]
impl ObjectSubclass for FaceSwap {
    const NAME: &'static str = "GstFaceSwap";
    type Type = super::FaceSwap;
    type ParentType = gst::Element;
    type Interfaces = (gst::ChildProxy,);

    fn with_class(class: &Self::Class) -> Self {
        let pad = |name: &str| class.pad_template(name);
        let sink = pad("sink")
            .map_or_else(|| gst::Pad::builder(gst::PadDirection::Sink), |t| gst::Pad::builder_from_template(&t));
        let src = pad("src")
            .map_or_else(|| gst::Pad::builder(gst::PadDirection::Src), |t| gst::Pad::builder_from_template(&t));
        let sinkpad = sink
            .chain_function(|_, parent, buffer| {
                Self::catch_panic_pad_function(parent, || Err(gst::FlowError::Error), |this| this.chain(buffer))
            })
            .event_full_function(|pad, parent, event| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |this| this.sink_event(pad, event),
                )
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |this| this.sink_query(pad, query))
            })
            .flags(gst::PadFlags::PROXY_CAPS | gst::PadFlags::ACCEPT_TEMPLATE)
            .build();
        let srcpad = src
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |this| this.src_event(pad, event))
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |this| this.src_query(pad, query))
            })
            .activatemode_function(|pad, parent, mode, active| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::loggable_error!(CAT, "panicked while activating")),
                    |this| this.src_activate(pad, mode, active),
                )
            })
            .flags(gst::PadFlags::PROXY_CAPS | gst::PadFlags::FIXED_CAPS)
            .build();
        let properties = Properties::default();
        let settings = Mutex::new(Arc::new(properties.settings.clone()));
        Self {
            sinkpad,
            srcpad,
            properties: Mutex::new(properties),
            settings,
            performers: Mutex::default(),
            references: Arc::default(),
            session: Mutex::new(None),
        }
    }
}

impl ObjectImpl for FaceSwap {
    fn properties() -> &'static [glib::ParamSpec] {
        properties::specs()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, spec: &glib::ParamSpec) {
        if spec.name() == "performers" {
            return self.have_performers(value.get().unwrap_or_default());
        }
        let set = lock(&self.properties).set(spec.name(), value);
        self.publish_settings();
        match (set, self.session()) {
            (Ok(true), Some(session)) => self.load_model(&session),
            (Ok(_), _) => {}
            (Err(refused), _) => messages::post(&self.obj(), gst::ResourceError::Settings, &refused.0, false),
        }
    }

    fn property(&self, _id: usize, spec: &glib::ParamSpec) -> glib::Value {
        if spec.name() == "stats" {
            return self.session().and_then(|session| session.output().last.clone()).to_value();
        }
        if spec.name() == "performers" {
            return self.children_count().to_value();
        }
        lock(&self.properties).get(spec.name()).unwrap_or_else(|| spec.default_value().clone())
    }

    fn dispose(&self) {
        self.drop_performers();
    }

    fn constructed(&self) {
        self.parent_constructed();
        let element = self.obj();
        for pad in [&self.sinkpad, &self.srcpad] {
            if element.add_pad(pad).is_err() {
                gst::error!(CAT, imp = self, "pad {} could not be added", pad.name());
            }
        }
        self.say_refused_caps();
    }
}

impl GstObjectImpl for FaceSwap {}

impl ElementImpl for FaceSwap {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Face swap",
                "Filter/Effect/Video",
                "Replaces faces, in real time, with one that was lent with consent",
                "The Standin developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let template =
                |name, direction| gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &media::caps()).ok();
            [template("sink", gst::PadDirection::Sink), template("src", gst::PadDirection::Src)]
                .into_iter()
                .flatten()
                .collect()
        });
        TEMPLATES.as_ref()
    }

    fn change_state(&self, change: gst::StateChange) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        match change {
            gst::StateChange::ReadyToPaused => self.start()?,
            gst::StateChange::PausedToReady => {
                if let Some(session) = self.session() {
                    session.begin_flush();
                }
            }
            _ => {}
        }
        let changed = self.parent_change_state(change);
        let refused = change == gst::StateChange::ReadyToPaused && changed.is_err();
        if (refused || change == gst::StateChange::PausedToReady)
            && let Some(session) = lock(&self.session).take()
        {
            // Whatever is being read is not wanted any more.
            self.references.renew();
            session.stop();
            drop(session);
            heap::give_back();
        }
        changed
    }
}

impl FaceSwap {
    /// What is active now.
    pub(super) fn session(&self) -> Option<Arc<Session>> {
        lock(&self.session).clone()
    }

    /// Gives the frames that come from now on what the properties say.
    pub(super) fn publish_settings(&self) {
        // Whoever comes last has seen what the others have set.
        let mut published = lock(&self.settings);
        let mut settings = lock(&self.properties).settings.clone();
        settings.references = self.references.wanted();
        settings.performers.extend(lock(&self.performers).iter().map(|it| it.look(&settings.look)));
        if !settings.performers.is_empty() {
            // A performer may be any of the faces.
            settings.finder.max_faces = usize::MAX;
        }
        *published = Arc::new(settings);
    }

    /// Makes the stages and begins to load what they need.
    fn start(&self) -> Result<(), gst::StateChangeError> {
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
        let (mut blenders, mut occlusion) = (Vec::new(), Vec::new());
        for _ in 0..properties.workers() {
            let (to_blender, blender_inbox) = crossbeam_channel::bounded(1);
            let (to_occlusion, occlusion_inbox) = crossbeam_channel::bounded(1);
            blenders.push(to_blender);
            occlusion.push(to_occlusion);
            stages.push(SwapStage::new(Box::new(CpuBlender::default()), blender_inbox).seeing(occlusion_inbox));
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
            device: device.clone(),
            blenders,
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
        let asked_for = matches!(device.blend, standin::blend::gpu::Preference::Gpu(_));
        // A device that was asked for is waited for; one that may turn out better is not.
        let pending = if asked_for { &session.pending } else { &session.unhurried };
        self.prepare_blenders(&session, pending, device);
        Ok(())
    }

    /// Asks for a GPU in the place of one that is gone, and loads the model again if it was there. Frames go on meanwhile,
    /// as `on-failure` says.
    pub(super) fn recover(&self, session: &Arc<Session>) {
        let device = session.device.clone();
        let idle = session.pending.is_idle() && session.unhurried.is_idle();
        if session.is_flushing() || !idle || !session.begin_recovery() {
            return;
        }
        gst::warning!(CAT, imp = self, "the GPU is gone; asking for another");
        // The network may have been on it, too, where nobody said where it is to be.
        if device.provider.is_none() {
            self.load_model(session);
            (0..self.children_count()).for_each(|number| self.load_performer(session, number as usize));
        }
        self.prepare_blenders(session, &session.unhurried, device);
    }

    /// Opens what blends; `pending` says whether it is waited for.
    fn prepare_blenders(&self, session: &Session, pending: &Arc<live::Pending>, device: live::Device) {
        // Without one that is waited for there is nothing to go on with.
        let fatal = Arc::ptr_eq(pending, &session.pending);
        let (weak, failed) = (self.obj().downgrade(), Arc::clone(&session.failed));
        live::prepare_blenders(pending, device.blend, session.blenders.clone(), move |said| {
            let Some(element) = weak.upgrade() else { return };
            match said {
                Ok(text) => messages::post_info(&element, &text),
                Err(text) => {
                    failed.fetch_or(fatal, Ordering::AcqRel);
                    messages::post(&element, gst::LibraryError::Init, &text, fatal);
                }
            }
        });
    }

    /// Begins to load the model that the property names.
    fn load_model(&self, session: &Arc<Session>) {
        let path = lock(&self.properties).model.clone();
        if let Some(path) = path {
            self.load_into(session, &session.models, path);
        }
    }

    /// Begins to load a model into its slot.
    pub(super) fn load_into(&self, session: &Arc<Session>, slot: &Arc<ModelSlot>, path: String) {
        let properties = lock(&self.properties).clone();
        let device = &session.device;
        let load = Load {
            path: PathBuf::from(path),
            beside: self.folder(),
            threads: properties.swap_threads(),
            provider: device.provider,
            gpu: device.gpu(),
            engines: properties.workers(),
        };
        let (weak, failed) = (self.obj().downgrade(), Arc::clone(&session.failed));
        // A file waits for its first model, and goes on with it while another is loaded.
        let pending = if slot.current().is_none() { &session.pending } else { &session.unhurried };
        slot.load(load, pending, move |loaded| {
            let Some(element) = weak.upgrade() else { return };
            match loaded {
                Ok(model) => gst::info!(CAT, obj = element, "{} on {}", model.path.display(), model.runs_on),
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

    fn src_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        if let (gst::EventView::Qos(qos), Some(session)) = (event.view(), self.session()) {
            let (_, _, jitter, timestamp) = qos.get();
            session.output().earliest = timestamp.map(|time| match jitter {
                late if late > 0 => time + gst::ClockTime::from_nseconds(late as u64),
                _ => gst::ClockTime::ZERO,
            });
        }
        gst::Pad::event_default(pad, Some(&*self.obj()), event)
    }

    fn src_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        let gst::QueryViewMut::Latency(latency) = query.view_mut() else {
            return gst::Pad::query_default(pad, Some(&*self.obj()), query);
        };
        let mut upstream = gst::query::Latency::new();
        if !self.sinkpad.peer_query(&mut upstream) {
            return false;
        }
        let (live, least, most) = upstream.result();
        let own = self.session().map_or(gst::ClockTime::ZERO, |session| {
            let mut output = session.output();
            output.upstream = live.then_some(least);
            from_milliseconds(output.latency.reported())
        });
        latency.set(live, least + own, most.map(|most| most + own));
        true
    }

    fn src_activate(&self, pad: &gst::Pad, mode: gst::PadMode, active: bool) -> Result<(), gst::LoggableError> {
        if mode != gst::PadMode::Push {
            return Err(gst::loggable_error!(CAT, "only push mode"));
        }
        let threaded = self.session().is_some_and(|session| session.queue.depth() > 0);
        match (active, threaded) {
            (true, true) => self.start_task(pad).map_err(|_| gst::loggable_error!(CAT, "no task")),
            (true, false) => Ok(()),
            (false, _) => pad.stop_task().map_err(|_| gst::loggable_error!(CAT, "the task does not stop")),
        }
    }

    pub(super) fn start_task(&self, pad: &gst::Pad) -> Result<(), glib::BoolError> {
        let weak = self.obj().downgrade();
        pad.start_task(move || {
            if let Some(element) = weak.upgrade() {
                let this = element.imp();
                let well = this.catch_panic(
                    || false,
                    |this| {
                        this.deliver_next();
                        true
                    },
                );
                if !well {
                    // It is on the bus; nothing more can be done until the element is stopped.
                    let _ = this.srcpad.pause_task();
                }
            }
        })
    }
}

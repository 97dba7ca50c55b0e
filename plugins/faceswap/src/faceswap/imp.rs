//! Pads, states, events and queries. What is done to a frame is the library's.

use std::sync::{Arc, LazyLock, Mutex};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::heap;
use standin::live::{References, Settings};
use standin::media;

use super::category::CAT;
use super::performer::Performer;
use super::properties::Properties;
use super::session::{Session, from_milliseconds, lock};
use super::{messages, properties};

/// The element's own state.
pub struct FaceSwap {
    pub(super) sinkpad: gst::Pad,
    pub(super) srcpad: gst::Pad,
    pub(super) properties: Mutex<Properties>,
    /// What the properties say of frames, shared with the jobs in flight.
    pub(super) settings: Mutex<Arc<Settings>>,
    pub(super) performers: Mutex<Vec<Performer>>,
    pub(super) references: Arc<References>,
    pub(super) session: Mutex<Option<Arc<Session>>>,
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

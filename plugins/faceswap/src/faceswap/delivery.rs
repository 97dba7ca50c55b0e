//! Where frames and events leave, in order: on the source pad's task, or, with no depth, in the streaming thread.

use std::sync::Arc;
use std::time::Instant;

use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::live::{Degradation, Job, Latency, Occupancy, Outcome, Sacrifices, Stage, Timings};

use super::buffer::{MappedBuffer, mark_faces};
use super::category::CAT;
use super::imp::FaceSwap;
use super::messages;
use super::provenance::{self, Tags};
use super::session::{Session, from_milliseconds, lock};

/// Of frames that come at no fixed rate nobody can say how many the queue holds in what time: so many thirtieths of a
/// second may pass.
const VARIABLE: usize = 30;

type Frame = Box<Job<MappedBuffer, gst::Event>>;

/// What is said before a frame leaves, and what it is marked with.
#[derive(Default)]
struct Departure {
    /// What a stage failed with, where that is new.
    failure: Option<String>,
    /// The step that degradation came to, where that changed, and how busy the busiest stage was.
    degradation: Option<(Degradation, f32)>,
    /// Width and height.
    size: (u32, u32),
    /// Whether the frame follows one that was dropped.
    discont: bool,
    /// What the stream is said to be from now on.
    tags: Option<gst::Event>,
}

impl FaceSwap {
    /// One turn of the source pad's task.
    pub(super) fn deliver_next(&self) {
        if let Some(session) = self.session()
            && let Some(job) = session.queue.next()
        {
            self.deliver(&session, job);
        }
    }

    /// Sends on what a job holds, unless a flush came since.
    pub(super) fn deliver(&self, session: &Arc<Session>, mut job: Frame) {
        let stale = session.is_flushing() || session.queue.is_stale(&job);
        if let Some(event) = job.passenger.take() {
            let event = self.note(session, event);
            if stale {
                self.keep_for_later(&event);
            } else {
                self.say_broken_flow(session, &event);
                gst::log!(CAT, imp = self, "sending {event:?}");
                self.srcpad.push_event(event);
            }
            session.queue.finish(job);
        } else if stale {
            session.queue.finish(job);
        } else {
            self.deliver_frame(session, job);
        }
    }

    /// An error of downstream reaches upstream with the next frame; where none comes any more, the bus must tell.
    fn say_broken_flow(&self, session: &Session, event: &gst::Event) {
        let flow = session.output().flow;
        let broken = matches!(flow, Err(error) if !matches!(error, gst::FlowError::Eos | gst::FlowError::Flushing));
        if event.type_() == gst::EventType::Eos && broken && session.queue.depth() > 0 {
            let text = format!("streaming stopped: downstream answered {flow:?}");
            messages::post(&self.obj(), gst::StreamError::Failed, &text, true);
        }
    }

    /// What lasts beyond a flush, the caps above all, is not sent again by upstream: the pad keeps it and sends it
    /// before the next frame.
    fn keep_for_later(&self, event: &gst::Event) {
        let ends_with_a_flush = matches!(event.type_(), gst::EventType::Eos | gst::EventType::Segment);
        if event.is_sticky() && !ends_with_a_flush {
            let _ = self.srcpad.store_sticky_event(event);
        }
    }

    /// Takes in what an event says of the frames that follow; gives what is to be sent on.
    fn note(&self, session: &Session, event: gst::Event) -> gst::Event {
        match event.view() {
            gst::EventView::Caps(caps) => {
                if let Ok(info) = gst_video::VideoInfo::from_caps(caps.caps()) {
                    let fps = info.fps();
                    let mut output = session.output();
                    output.size = (info.width(), info.height());
                    let before = output.latency.reported();
                    output.period = None;
                    if fps.numer() > 0 {
                        let frame = 1e3 * f64::from(fps.denom()) / f64::from(fps.numer());
                        output.latency = Latency::new(frame, session.queue.depth());
                        output.period = Some(frame as f32);
                    } else {
                        output.latency = Latency::new(output.latency.reported(), VARIABLE);
                    }
                    let changed = output.latency.reported() != before;
                    drop(output);
                    if changed {
                        self.say_latency_changed();
                    }
                }
            }
            gst::EventView::Segment(segment) => {
                if let Some(segment) = segment.segment().downcast_ref::<gst::ClockTime>() {
                    session.output().segment = segment.clone();
                }
            }
            // Tags are of one stream: those of the next begin anew.
            gst::EventView::StreamStart(_) => session.output().tags = Tags::default(),
            gst::EventView::Tag(tag) => {
                if let Some(said) = session.output().tags.pass(tag.tag()) {
                    return said;
                }
            }
            _ => {}
        }
        event
    }

    fn deliver_frame(&self, session: &Arc<Session>, mut job: Frame) {
        job.timings.depart(Instant::now());
        let departure = self.take_in(session, &mut job);
        if let Some(failure) = &departure.failure {
            messages::post(&self.obj(), gst::LibraryError::Failed, failure, false);
        }
        // One that was begun with the model of before must not ask for another again.
        if job.device_lost && !session.has_recast(&job.casting) {
            self.recover(session);
        }
        if let Some((step, busiest)) = departure.degradation {
            self.say_degradation(step, busiest);
        }
        let Some(frame) = job.frame.take() else { return session.queue.finish(job) };
        let mut buffer = frame.unmap();
        if job.outcome == Outcome::Dropped {
            session.queue.finish(job);
            return self.say_statistics(session, None);
        }
        if let Some(tags) = departure.tags {
            self.srcpad.push_event(tags);
        }
        if let Some(buffer) = buffer.get_mut() {
            provenance::mark(buffer, &job.casting, &job.plan.swap);
            if job.hints.is_empty() {
                mark_faces(buffer, &job.faces, &job.plan.swap, departure.size);
            }
            if departure.discont {
                buffer.set_flags(gst::BufferFlags::DISCONT);
            }
        }
        self.keep_pace(session, buffer.pts(), &job.timings);
        // A job given back late would keep a new frame out while downstream works on this one.
        session.queue.finish(job);
        let flow = self.srcpad.push(buffer);
        self.say_statistics(session, Some(flow));
    }

    /// Counts a frame that is done, and gives what is to be said before it leaves.
    fn take_in(&self, session: &Session, job: &mut Frame) -> Departure {
        // Where the streaming thread does everything, no frame waits here.
        let frames = session.workers > 0 && lock(&self.properties).qos;
        let detection = job.settings.may_detect_less();
        let sacrifices = Sacrifices { detection, landmarks: session.refined, frames };
        let mut departure = Departure::default();
        let mut output = session.output();
        let worked = job.failure.is_none() && job.plan.found > 0 && job.outcome == Outcome::Swapped;
        match job.failure.take() {
            // Once, until it works again.
            Some(failure) if output.failure.as_ref() != Some(&failure) => {
                output.failure = Some(failure.clone());
                departure.failure = Some(failure);
            }
            None if worked => output.failure = None,
            _ => {}
        }
        let before = output.occupancy.step();
        match output.period.filter(|_| output.upstream.is_some()) {
            Some(period) => {
                output.occupancy.observe(&job.timings.stages, session.workers, period, self.seconds(), sacrifices);
            }
            None => output.occupancy = Occupancy::default(),
        }
        let step = output.occupancy.step();
        departure.degradation = (step != before).then(|| (step, output.occupancy.busiest()));
        if job.frame.is_none() {
            return departure;
        }
        if job.outcome == Outcome::Dropped {
            output.statistics.dropped();
            output.discont = true;
            return departure;
        }
        output.statistics.frame(job.timings.stages, job.plan.found, job.outcome == Outcome::Concealed);
        departure.size = output.size;
        departure.discont = std::mem::take(&mut output.discont);
        if !job.plan.swap.is_empty() {
            departure.tags = output.tags.take_over(&job.casting);
        }
        departure
    }

    /// In a live pipeline, waits until the frame is as old as the latency that was reported, so that the cadence is
    /// the source's and what is reported is what is measured. What counts is when the frame was ready: downstream may
    /// have kept this thread with the one before, as a sink does until that is shown.
    fn keep_pace(&self, session: &Session, pts: Option<gst::ClockTime>, timings: &Timings) {
        let (changed, wait) = {
            let mut output = session.output();
            output.ready = output.ready.max(timings.ready);
            let since_ready = output.ready.elapsed().as_secs_f64() * 1e3;
            let due = self.age(&output, pts);
            let took = match &due {
                Some((_, _, age)) => age - since_ready,
                None => f64::from(timings.stages[Stage::Total as usize]) - since_ready,
            };
            let changed = output.latency.observe(took, self.seconds());
            let reported = output.latency.reported();
            let wait = due.filter(|(_, _, age)| *age < reported).and_then(|(clock, leaves_at_zero, _)| {
                let id = clock.new_single_shot_id(leaves_at_zero + from_milliseconds(reported));
                output.waiting = Some(id.clone());
                (!session.is_flushing()).then_some(id)
            });
            (changed, wait)
        };
        if changed {
            self.say_latency_changed();
        }
        if let Some(id) = wait {
            let _ = id.wait();
            session.output().waiting = None;
        }
    }

    /// Posts it from another thread. An application that gives the latency to all elements where the message reaches
    /// it waits for a change of the pipeline's state, which may be waiting for this thread.
    fn say_latency_changed(&self) {
        self.obj().call_async(|element| {
            let _ = element.post_message(gst::message::Latency::builder().src(element).build());
        });
    }

    /// For a live stream: the clock, the clock's time at which the frame would leave if nothing took any time, and how
    /// many milliseconds ago that was.
    fn age(
        &self,
        output: &super::session::Output,
        pts: Option<gst::ClockTime>,
    ) -> Option<(gst::Clock, gst::ClockTime, f64)> {
        let upstream = output.upstream?;
        let running = output.segment.to_running_time(pts?)?;
        let element = self.obj();
        let clock = element.clock()?;
        let at = element.base_time()? + running + upstream;
        let age = clock.time().nseconds() as f64 - at.nseconds() as f64;
        Some((clock, at, age / 1e6))
    }

    fn seconds(&self) -> f64 {
        static BEGAN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        BEGAN.elapsed().as_secs_f64()
    }

    /// Says what was given up or taken back.
    fn say_degradation(&self, step: Degradation, busiest: f32) {
        gst::info!(CAT, imp = self, "given up: {} (busiest stage {busiest:.2} of the time)", step.name());
        let element = self.obj();
        let structure = messages::degradation(step, busiest);
        let _ = element.post_message(gst::message::Element::builder(structure).src(&*element).build());
    }

    /// Keeps what downstream answered. Once a second, says the statistics.
    fn say_statistics(&self, session: &Session, flow: Option<Result<gst::FlowSuccess, gst::FlowError>>) {
        let structure = {
            let mut output = session.output();
            if let Some(flow) = flow.filter(|_| !session.is_flushing()) {
                output.flow = flow;
            }
            let seconds = output.since.elapsed().as_secs_f64();
            if seconds < 1.0 {
                return;
            }
            output.since = Instant::now();
            let summary = output.statistics.take(seconds);
            let structure = messages::statistics(&summary, output.latency.reported());
            output.last = Some(structure.clone());
            structure
        };
        let element = self.obj();
        let _ = element.post_message(gst::message::Element::builder(structure).src(&*element).build());
    }
}

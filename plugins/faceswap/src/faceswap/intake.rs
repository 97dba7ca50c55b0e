//! Where buffers, events and queries come in, on the sink pad.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gst::prelude::*;
use gst::subclass::prelude::*;
use standin::live::Degradation;
use standin::media;

use super::buffer::{MappedBuffer, marked_faces};
use super::imp::FaceSwap;
use super::messages;
use super::session::{Session, lock};

impl FaceSwap {
    pub(super) fn chain(&self, mut buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let session = self.session().filter(|session| !session.is_flushing()).ok_or(gst::FlowError::Flushing)?;
        let (live, earliest, degradation) = {
            let output = session.output();
            output.flow?;
            (output.upstream.is_some(), output.earliest, output.occupancy.step())
        };
        let waits = degradation >= Degradation::DroppedFrames && session.queue.is_full();
        if (waits && lock(&self.properties).qos) || self.is_late(&session, earliest, &buffer) {
            return Ok(self.drop_late(&session, &buffer));
        }
        let (info, layout) = {
            let mut input = lock(&session.input);
            if std::mem::take(&mut input.discont) {
                buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
            }
            input.caps.clone().ok_or(gst::FlowError::NotNegotiated)?
        };
        if !live {
            // A file has time: not one of its frames need leave concealed because a model was still loading.
            session.pending.wait(|| session.is_flushing());
        }
        if session.failed.load(Ordering::Acquire) {
            return Err(gst::FlowError::Error);
        }
        let mut job = session.queue.begin().map_err(|_| gst::FlowError::Flushing)?;
        job.time = lock(&session.input).running(buffer.pts()).nseconds() as f64 / 1e9;
        job.degradation = degradation;
        job.settings = Arc::clone(&lock(&self.settings));
        session.cast(job.settings.performers.len(), &mut job.casting);
        marked_faces(&buffer, &mut job.hints);
        match MappedBuffer::map(buffer, &info, layout) {
            Ok(frame) => job.frame = Some(frame),
            Err(error) => {
                session.queue.finish(job);
                messages::post(&self.obj(), gst::StreamError::Format, &error.to_string(), true);
                return Err(gst::FlowError::Error);
            }
        }
        session.queue.submit(job);
        self.deliver_inline(&session);
        session.output().flow
    }

    /// With no depth, what was submitted is done, and leaves here.
    fn deliver_inline(&self, session: &Arc<Session>) {
        if session.queue.depth() == 0
            && let Some(job) = session.queue.next()
        {
            self.deliver(session, job);
        }
    }

    fn is_late(&self, session: &Session, earliest: Option<gst::ClockTime>, buffer: &gst::Buffer) -> bool {
        let Some((earliest, begin)) = earliest.zip(buffer.pts()) else { return false };
        let end = begin + buffer.duration().unwrap_or(gst::ClockTime::ZERO);
        let input = lock(&session.input);
        let running = |time: gst::ClockTime| input.segment.to_running_time(time);
        let late = running(end).or(running(begin)).is_some_and(|end| end < earliest);
        drop(input);
        late && lock(&self.properties).qos
    }

    fn drop_late(&self, session: &Session, buffer: &gst::Buffer) -> gst::FlowSuccess {
        let (running, stream) = {
            let mut input = lock(&session.input);
            input.discont = true;
            let of = |time: fn(&gst::FormattedSegment<gst::ClockTime>, gst::ClockTime) -> Option<gst::ClockTime>| {
                buffer.pts().and_then(|pts| time(&input.segment, pts))
            };
            (of(|segment, pts| segment.to_running_time(pts)), of(|segment, pts| segment.to_stream_time(pts)))
        };
        let live = {
            let mut output = session.output();
            output.statistics.dropped();
            output.upstream.is_some()
        };
        let element = self.obj();
        let message = gst::message::Qos::builder(live)
            .running_time(running)
            .stream_time(stream)
            .timestamp(buffer.pts())
            .duration(buffer.duration())
            .src(&*element);
        let _ = element.post_message(message.build());
        gst::FlowSuccess::Ok
    }

    /// A flush that comes meanwhile is no failure of the event: upstream sends sticky ones again after it.
    pub(super) fn sink_event(&self, pad: &gst::Pad, event: gst::Event) -> Result<gst::FlowSuccess, gst::FlowError> {
        let done = |done: bool| if done { Ok(gst::FlowSuccess::Ok) } else { Err(gst::FlowError::Error) };
        let Some(session) = self.session() else {
            return done(gst::Pad::event_default(pad, Some(&*self.obj()), event));
        };
        match event.view() {
            gst::EventView::FlushStart(_) => {
                session.begin_flush();
                done(self.srcpad.push_event(event))
            }
            gst::EventView::FlushStop(_) => {
                let depth = session.queue.depth();
                if depth > 0 {
                    let _ = self.srcpad.pause_task();
                }
                let pushed = self.srcpad.push_event(event);
                session.end_flush();
                if depth > 0 {
                    let _ = self.start_task(&self.srcpad);
                }
                done(pushed)
            }
            gst::EventView::Caps(caps) if !self.set_caps(&session, caps.caps()) => Err(gst::FlowError::NotNegotiated),
            gst::EventView::Caps(_) => self.send_along(&session, event),
            gst::EventView::Segment(segment) => {
                if let Some(segment) = segment.segment().downcast_ref::<gst::ClockTime>() {
                    lock(&session.input).segment = segment.clone();
                }
                self.send_along(&session, event)
            }
            _ if event.is_serialized() => self.send_along(&session, event),
            _ => done(gst::Pad::event_default(pad, Some(&*self.obj()), event)),
        }
    }

    /// Has caps that the pad is about to refuse answered with a sentence. The refusal itself says nothing, and
    /// queries for what would be accepted are no reason to. Where caps are known before anything plays no event
    /// brings them: linking fails then, and GStreamer's own sentence names them.
    pub(super) fn say_refused_caps(&self) {
        let element = self.obj().downgrade();
        self.sinkpad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            if let Some(gst::EventView::Caps(caps)) = info.event().map(|event| event.view())
                && let Some(element) = element.upgrade()
                && let Some(text) = refusal(caps.caps())
            {
                messages::post(&element, gst::StreamError::Format, &text, true);
            }
            gst::PadProbeReturn::Ok
        });
    }

    fn set_caps(&self, session: &Session, caps: &gst::CapsRef) -> bool {
        let info = gst_video::VideoInfo::from_caps(caps).ok();
        let known = info.and_then(|info| media::layout(&info).map(|layout| (info, layout)));
        if known.is_none() {
            return false;
        }
        lock(&session.input).caps = known;
        let mut upstream = gst::query::Latency::new();
        if self.sinkpad.peer_query(&mut upstream) {
            let (live, least, _) = upstream.result();
            session.output().upstream = live.then_some(least);
        }
        true
    }

    /// Lets an event keep its place among the frames.
    fn send_along(&self, session: &Arc<Session>, event: gst::Event) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Ok(mut job) = session.queue.begin() else { return Err(gst::FlowError::Flushing) };
        job.passenger = Some(event);
        session.queue.submit(job);
        self.deliver_inline(session);
        Ok(gst::FlowSuccess::Ok)
    }

    pub(super) fn sink_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        if query.is_serialized()
            && let Some(session) = self.session()
            && session.queue.depth() > 0
            && session.queue.drain().is_err()
        {
            return false;
        }
        if let gst::QueryView::Allocation(_) = query.view() {
            return self.allocation(query);
        }
        gst::Pad::query_default(pad, Some(&*self.obj()), query)
    }

    /// Frames are changed in place, so downstream's pool serves upstream; frames in flight need buffers of their own.
    fn allocation(&self, query: &mut gst::QueryRef) -> bool {
        if !self.srcpad.peer_query(query) {
            return false;
        }
        let in_flight = lock(&self.properties).depth;
        if let gst::QueryViewMut::Allocation(allocation) = query.view_mut() {
            let pools: Vec<_> = allocation.allocation_pools().collect();
            for (i, (pool, size, least, most)) in pools.into_iter().enumerate() {
                let most = if most == 0 { 0 } else { most + in_flight };
                allocation.set_nth_allocation_pool(i as u32, pool.as_ref(), size, least + in_flight, most);
            }
        }
        true
    }
}

/// Why frames of these caps cannot be worked on; `None` where they can.
fn refusal(caps: &gst::CapsRef) -> Option<String> {
    if let Some(memory) = memory(caps) {
        let download = match memory.as_str() {
            "memory:GLMemory" => "gldownload",
            "memory:CUDAMemory" => "cudadownload",
            "memory:DMABuf" | "memory:VAMemory" => "vapostproc",
            _ => "an element that downloads them",
        };
        return Some(format!("faceswap does not work on frames in {memory}; put `{download}` before it"));
    }
    let Ok(info) = gst_video::VideoInfo::from_caps(caps) else {
        return Some(format!("faceswap does not work on {caps}; put a decoder and videoconvert before it"));
    };
    if media::layout(&info).is_some() {
        let known = media::caps();
        return (!caps.is_subset(&known)).then(|| format!("faceswap does not work on {caps}, only on {known}"));
    }
    let (format, kind) = (info.format().to_str(), if info.is_gray() { "grey frames" } else { "frames" });
    Some(format!(
        "faceswap does not work on {kind} of the format {format}; put `videoconvert` before it, or let the camera give another \
         format, NV12 or YUY2"
    ))
}

/// The memory that frames of these caps lie in, where it is not the processor's.
fn memory(caps: &gst::CapsRef) -> Option<String> {
    let features = caps.features(0)?.iter().map(ToString::to_string);
    features.into_iter().find(|feature| feature.starts_with("memory:") && feature != "memory:SystemMemory")
}

//! The sound on its way from the microphone into a recording, as late as the picture.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gst::prelude::*;
use gst_app::AppSrc;

/// Leads from a microphone to a recording, where there are both. Clones are of the same way.
#[derive(Debug, Clone, Default)]
pub struct SoundWay(Arc<Mutex<Way>>);

#[derive(Debug, Default)]
struct Way {
    /// Where a recording takes sound in.
    entrance: Option<AppSrc>,
    /// How late the picture is.
    delay: gst::ClockTime,
}

impl SoundWay {
    /// Leads to this entrance of a recording from now on, or to none.
    pub fn lead_to(&self, entrance: Option<AppSrc>) {
        self.lock().entrance = entrance;
    }

    /// Makes the sound as late as a picture that is so late.
    pub fn set_delay(&self, picture: gst::ClockTime) {
        self.lock().delay = picture;
    }

    /// Passes on what was heard at its time in a pipeline that began at `began` by the system's clock, which all
    /// pipelines of a call share. What was heard before the recording began is no part of it.
    pub(super) fn pass(&self, sound: &gst::BufferRef, began: gst::ClockTime) {
        let (entrance, delay) = {
            let way = self.lock();
            (way.entrance.clone(), way.delay)
        };
        let Some(entrance) = entrance else { return };
        let (Some(time), Some(start)) = (sound.pts(), entrance.base_time()) else { return };
        let Some(time) = (began + time + delay).checked_sub(start) else { return };
        let mut sound = sound.copy();
        if let Some(sound) = sound.get_mut() {
            sound.set_pts(time);
            sound.set_dts(gst::ClockTime::NONE);
        }
        // A recording that has ended takes nothing.
        let _ = entrance.push_buffer(sound);
    }

    fn lock(&self) -> MutexGuard<'_, Way> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

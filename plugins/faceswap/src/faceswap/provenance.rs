//! What a frame says of where its face is from, for those that read more than pixels.
//!
//! Each buffer with a swapped face carries a `GstCustomMeta` named [`META`] with the fields `model-sha256` (64 lower-case
//! hexadecimal digits) and `subject` (whose face it is, as the consent record has it). When a model takes over, a tag event
//! with the scope of the stream says the same in an extended comment, `standin=model-sha256:HASH subject:NAME`, beside the
//! tags that upstream gave.

use std::sync::{Arc, Weak};

use standin::live::Model;

/// The meta of a buffer with a swapped face.
const META: &str = "StandinSwapMeta";

/// Makes the meta known.
pub(super) fn register() {
    if !gst::meta::CustomMeta::is_registered(META) {
        // Copied with the buffer, whatever is done to its pixels.
        gst::meta::CustomMeta::register_simple(META);
    }
}

/// Notes on a buffer which model made its face.
pub(super) fn mark(buffer: &mut gst::BufferRef, model: &Model) {
    if let Ok(mut meta) = gst::meta::CustomMeta::add(buffer, META) {
        let structure = meta.mut_structure();
        structure.set("model-sha256", model.sha256.as_str());
        structure.set("subject", model.subject.as_str());
    }
}

/// The tags of the stream: what upstream said last, and the model that is said to be in use.
#[derive(Debug, Default)]
pub(super) struct Tags {
    upstream: Option<gst::TagList>,
    /// Not kept in use by what was said of it.
    model: Weak<Model>,
    comment: Option<String>,
}

impl Tags {
    /// The event to send before a frame of `model`, where it took over from another.
    pub(super) fn take_over(&mut self, model: &Arc<Model>) -> Option<gst::Event> {
        if std::ptr::eq(self.model.as_ptr(), Arc::as_ptr(model)) {
            return None;
        }
        self.model = Arc::downgrade(model);
        let comment = format!("standin=model-sha256:{} subject:{}", model.sha256, model.subject);
        // The same one may have been loaded again.
        let said = self.comment.replace(comment);
        if said == self.comment { None } else { self.event() }
    }

    /// What to send instead of a tag event of upstream's, where it is about the stream and a model was said to be in use.
    pub(super) fn pass(&mut self, tags: &gst::TagListRef) -> Option<gst::Event> {
        if tags.scope() != gst::TagScope::Stream {
            return None;
        }
        self.upstream = Some(tags.to_owned());
        self.event()
    }

    fn event(&self) -> Option<gst::Event> {
        let comment = self.comment.as_deref()?;
        let mut tags = self.upstream.clone().unwrap_or_else(|| {
            let mut tags = gst::TagList::new();
            tags.make_mut().set_scope(gst::TagScope::Stream);
            tags
        });
        tags.make_mut().add::<gst::tags::ExtendedComment>(&comment, gst::TagMergeMode::Append);
        Some(gst::event::Tag::new(tags))
    }
}

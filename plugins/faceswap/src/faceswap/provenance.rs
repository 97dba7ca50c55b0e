//! What a frame says of where its faces are from, for those that read more than pixels.
//!
//! Each buffer with swapped faces carries, for each model that made one, a `GstCustomMeta` named [`META`] with the fields
//! `model-sha256` (64 lower-case hexadecimal digits) and `subject` (whose face it is, as the consent record has it). When a
//! model takes over, a tag event with the scope of the stream says the same of all models in use in an extended comment,
//! `standin=model-sha256:HASH subject:NAME` with `; ` between models, beside the tags that upstream gave.

use std::sync::Arc;

use standin::face::Face;
use standin::live::{Casting, CastingBefore, Model};

/// The meta of a buffer with a swapped face.
const META: &str = "StandinSwapMeta";

/// Makes the meta known.
pub(super) fn register() {
    if !gst::meta::CustomMeta::is_registered(META) {
        // Copied with the buffer, whatever is done to its pixels.
        gst::meta::CustomMeta::register_simple(META);
    }
}

/// Notes on a buffer which models made its faces.
pub(super) fn mark(buffer: &mut gst::BufferRef, casting: &Casting, swapped: &[Face]) {
    for (n, face) in swapped.iter().enumerate() {
        let Some(model) = casting.of(face.recognised) else { continue };
        let others = swapped[..n].iter().filter_map(|other| casting.of(other.recognised));
        if !others.into_iter().any(|other| Arc::ptr_eq(other, model)) {
            mark_model(buffer, model);
        }
    }
}

fn mark_model(buffer: &mut gst::BufferRef, model: &Model) {
    if let Ok(mut meta) = gst::meta::CustomMeta::add(buffer, META) {
        let structure = meta.mut_structure();
        structure.set("model-sha256", model.sha256.as_str());
        structure.set("subject", model.subject.as_str());
    }
}

/// The tags of the stream: what upstream said last, and the models that are said to be in use.
#[derive(Debug, Default)]
pub(super) struct Tags {
    upstream: Option<gst::TagList>,
    models: CastingBefore,
    comment: Option<String>,
}

impl Tags {
    /// The event to send before a frame with faces that `casting` made, where a model took over.
    pub(super) fn take_over(&mut self, casting: &Casting) -> Option<gst::Event> {
        if !self.models.changes_to(casting) {
            return None;
        }
        let said = |model: &Arc<Model>| format!("model-sha256:{} subject:{}", model.sha256, model.subject);
        let models: Vec<String> = casting.in_use().map(said).collect();
        let comment = format!("standin={}", models.join("; "));
        // The same ones may have been loaded again.
        let before = self.comment.replace(comment);
        if before == self.comment { None } else { self.event() }
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

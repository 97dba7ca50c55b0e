//! What a frame says of where its faces are from, for those that read more than pixels.
//!
//! Each buffer with swapped faces carries, for each model that made one, a `GstCustomMeta` named [`META`] with the
//! fields `model-sha256` (64 lower-case hexadecimal digits) and `subject` (whose face it is, as the consent record
//! has it). There can be several on a buffer: of several people, or of several elements in a row; no two of them are
//! alike.
//!
//! When a model takes over, a tag event with the scope of the stream says the same of all models in use in an
//! extended comment, `standin=model-sha256:HASH subject:"NAME"` with `; ` between models, beside the tags that
//! upstream gave. In a name, `"` and `\` have a `\` before them, so that no name can end early.

use std::ops::ControlFlow;
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
    if !is_marked(buffer, model)
        && let Ok(mut meta) = gst::meta::CustomMeta::add(buffer, META)
    {
        let structure = meta.mut_structure();
        structure.set("model-sha256", model.sha256.as_str());
        structure.set("subject", model.subject.as_str());
    }
}

/// Whether an element before this one noted the same.
fn is_marked(buffer: &gst::BufferRef, model: &Model) -> bool {
    let says = |structure: &gst::StructureRef| {
        structure.get::<&str>("model-sha256").is_ok_and(|hash| hash == model.sha256)
            && structure.get::<&str>("subject").is_ok_and(|subject| subject == model.subject)
    };
    let mut marked = false;
    buffer.foreach_meta(|meta| {
        let own = meta.try_as_custom_meta().filter(|meta| meta.has_name(META));
        marked |= own.is_some_and(|meta| says(meta.structure()));
        if marked { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    marked
}

/// What the tags say of a model.
fn said(model: &Model) -> String {
    let name = model.subject.replace('\\', r"\\").replace('"', r#"\""#);
    format!("model-sha256:{} subject:\"{name}\"", model.sha256)
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
        let models: Vec<String> = casting.in_use().map(|model| said(model)).collect();
        let comment = format!("standin={}", models.join("; "));
        // The same ones may have been loaded again.
        let before = self.comment.replace(comment);
        if before == self.comment { None } else { self.event() }
    }

    /// What to send instead of a tag event of upstream's, where it is about the stream and a model was said to be in
    /// use.
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
        let known = tags.iter_tag::<gst::tags::ExtendedComment>().any(|own| own.get() == comment);
        if !known {
            tags.make_mut().add::<gst::tags::ExtendedComment>(&comment, gst::TagMergeMode::Append);
        }
        Some(gst::event::Tag::new(tags))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn model(hash: &str, subject: &str) -> Arc<Model> {
        let mut model = Model::of(Vec::new(), SystemTime::now());
        (model.sha256, model.subject) = (hash.to_owned(), subject.to_owned());
        Arc::new(model)
    }

    /// Takes a comment apart as its description says.
    fn read(comment: &str) -> Vec<(String, String)> {
        let (mut rest, mut found) = (comment.strip_prefix("standin=").unwrap(), Vec::new());
        loop {
            let (hash, name) = rest.strip_prefix("model-sha256:").unwrap().split_once(" subject:\"").unwrap();
            let (mut subject, mut letters) = (String::new(), name.chars());
            loop {
                match letters.next().unwrap() {
                    '"' => break,
                    '\\' => subject.push(letters.next().unwrap()),
                    letter => subject.push(letter),
                }
            }
            found.push((hash.to_owned(), subject));
            match letters.as_str().strip_prefix("; ") {
                Some(more) => rest = more,
                None => {
                    assert_eq!(letters.as_str(), "");
                    return found;
                }
            }
        }
    }

    #[test]
    fn no_name_can_be_taken_for_another_model() {
        gst::init().unwrap();
        let names = [r#"Ben "the \ box" Miller"#, r#"Eva"; model-sha256:00 subject:"Ben"#, "Zoë\\"];
        let models = names.map(|name| model("ab", name));
        let casting = Casting { model: None, performers: models.iter().cloned().map(Some).collect() };
        let event = Tags::default().take_over(&casting).unwrap();
        let gst::EventView::Tag(tag) = event.view() else { unreachable!("it is a tag event") };
        let comment = tag.tag().get::<gst::tags::ExtendedComment>().unwrap();
        assert_eq!(read(comment.get()), names.map(|name| ("ab".to_owned(), name.to_owned())));
    }

    #[test]
    fn what_an_element_before_noted_is_not_noted_again() {
        gst::init().unwrap();
        register();
        let (ben, eva) = (model("ab", "Ben"), model("ab", "Eva"));
        let mut buffer = gst::Buffer::new();
        let buffer = buffer.get_mut().unwrap();
        [&ben, &eva, &ben, &eva].into_iter().for_each(|model| mark_model(buffer, model));
        let mut count = 0;
        buffer.foreach_meta(|meta| {
            count += usize::from(meta.try_as_custom_meta().is_some_and(|meta| meta.has_name(META)));
            ControlFlow::Continue(())
        });
        assert_eq!(count, 2);
    }
}

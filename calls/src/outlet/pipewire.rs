//! The camera that applications find through PipeWire: a node of class `Video/Source`.
//!
//! `pipewiresink mode=provide` makes it, which comes with PipeWire and is loaded only where it is wanted; a binding to
//! libpipewire would have to be linked, and this program would not start without it.

use gst::prelude::*;

use super::{Door, Kind};
use crate::fault::{Fault, make};

/// Begin of the names of nodes that this program provides.
pub const NODE: &str = "standin";

/// Buffers that are shared with whoever looks. One comes back only when all who look have given it back, so that
/// somebody who keeps them, or takes none of what waits, holds up the others until they go. More buffers do not
/// settle it: beside a looker that is stuck, pools of 8 to 64 give the others no picture at all, or a part of them
/// without order. A pool for each looker would, but a `pipewiresink` has one port, and a camera is one node.
const LEAST_BUFFERS: u32 = 2;
/// Likewise.
const MOST_BUFFERS: u32 = 8;

/// A node name that begins with `name` and that none of `taken` has.
pub fn free_name(name: &str, taken: &[String]) -> String {
    let names = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}-{number}")));
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_else(|| name.to_owned())
}

/// Whether these words say that the node has ended since the last who looked at it has gone: that of PipeWire 1.4 does.
pub fn is_looker_gone(words: &str) -> bool {
    words.contains("all buffers have been removed")
}

/// Opens the node `node`, which applications list as `title`.
///
/// # Errors
/// [`Fault::NoElement`], [`Fault::NoPipeWire`].
pub fn open(
    node: &str,
    title: &str,
    caps: &gst::Caps,
    said: impl Fn(&gst::Message) + Send + Sync + 'static,
) -> Result<Door, Fault> {
    make("pipewiresink")?;
    let properties = gst::Structure::builder("properties")
        .field("media.class", "Video/Source")
        .field("media.role", "Camera")
        .field("node.name", node)
        .field("node.description", title)
        .field("node.nick", title)
        .build();
    let prepare = |pipeline: &gst::Pipeline| {
        if let Some(sink) = pipeline.by_name("node") {
            sink.set_property("stream-properties", &properties);
            sink.set_property("client-name", title);
            give_size(&sink);
        }
        Ok(())
    };
    let words = "pipewiresink name=node mode=provide sync=false async=false enable-last-sample=false";
    Door::open(Kind::PipeWire, words, caps, prepare, said)
        .map_err(|error| error.named(|reason| Fault::NoPipeWire { reason }))
}

/// Asks for buffers that hold what is sent. Left alone, the sink of PipeWire 0.3 asks for buffers without any memory
/// where what comes before it has buffers of its own, and then writes to them.
pub(super) fn give_size(sink: &gst::Element) {
    let Some(pad) = sink.static_pad("sink") else { return };
    pad.add_probe(gst::PadProbeType::BUFFER, |pad, probe| {
        let size = probe.buffer().map_or(0, |picture| picture.size());
        if let (Some(caps), Ok(size)) = (pad.current_caps(), u32::try_from(size)) {
            let mut query = gst::query::Allocation::new(Some(&caps), true);
            let pools = pad.query(&mut query).then(|| query.allocation_pools().find_map(|(pool, ..)| pool));
            if let Some(pool) = pools.flatten() {
                // It says what it wants when it becomes active, which 0.3 does before it knows the caps.
                let _ = pool.set_active(false);
                let mut config = pool.config();
                config.set_params(Some(&caps), size, LEAST_BUFFERS, MOST_BUFFERS);
                if let Err(error) = pool.set_config(config).and_then(|()| pool.set_active(true)) {
                    gst::warning!(gst::CAT_RUST, obj = pad, "the node's buffers: {error}");
                }
            }
        }
        gst::PadProbeReturn::Remove
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_free() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(free_name(NODE, &[]), "standin");
        assert_eq!(free_name(NODE, &names(&["standin", "standin-3"])), "standin-2");
    }
}

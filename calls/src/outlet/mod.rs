//! The ways out for pictures: a PipeWire camera, a v4l2loopback device, a window and a recording; and the
//! one for sound. Each is a pipeline of its own, so that one that fails takes no other with it.

pub mod door;
pub mod loopback;
pub mod loopback_lookers;
pub mod microphone;
pub mod pipewire;
pub mod record;
pub mod registry;
pub mod sound;
pub mod watch;
pub mod window;

pub use door::{Door, Kind};
pub use sound::SoundWay;
pub use watch::Watch;

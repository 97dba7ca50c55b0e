//! Whether programs have a v4l2loopback device stream to them, as the module tells from its version 0.13 on. One that
//! reads instead, as few do, is not counted by some versions.
//!
//! The event is one of the kernel's
//! (<https://docs.kernel.org/userspace-api/media/v4l/vidioc-dqevent.html>), with a type and a number of the module's own.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::ioctl::{Getter, Setter, ioctl, opcode};

use super::watch::Watch;

/// `V4L2_EVENT_PRI_CLIENT_USAGE` of the module: how many stream has changed.
const USAGE: u32 = 0x0800_0000 + 0x08e0_0000 + 1;
/// `V4L2_EVENT_SUB_FL_SEND_INITIAL`: what holds now is an event, too.
const SEND_INITIAL: u32 = 1;

/// `struct v4l2_event_subscription` of the kernel.
#[repr(C)]
struct Subscription {
    kind: u32,
    id: u32,
    flags: u32,
    reserved: [u32; 5],
}

/// `struct v4l2_event` of the kernel on machines with 64 bits.
#[repr(C)]
struct Event {
    kind: u32,
    data: [u64; 8],
    pending: u32,
    sequence: u32,
    time: [i64; 2],
    id: u32,
    reserved: [u32; 8],
}

impl Event {
    /// How many stream, where it says that.
    fn lookers(&self) -> Option<usize> {
        let count = self.data[0].to_ne_bytes();
        (self.kind == USAGE).then(|| u32::from_ne_bytes([count[0], count[1], count[2], count[3]]) as usize)
    }
}

/// Says that pictures arrive at the device.
#[derive(Debug)]
pub struct Flowing(UnixStream);

impl Flowing {
    /// To be said once.
    pub fn say(&self) {
        let _ = (&self.0).write_all(&[1]);
    }
}

/// Counts who looks at `device` from when the pictures flow: a device that others have open before takes no format from
/// who writes, in some versions. `told` is called with each number; never, where the module tells none, and with 1 at
/// last where it stops telling.
///
/// # Errors
/// No thread can be made.
pub fn watch(device: &Path, told: impl Fn(usize) + Send + 'static) -> io::Result<(Watch, Flowing)> {
    let (near, mut far) = UnixStream::pair()?;
    let (flowing, device) = (Flowing(near.try_clone()?), device.to_owned());
    let watch = Watch::begin("lookers", near, move || {
        if far.read_exact(&mut [0]).is_err() {
            return;
        }
        let file = match subscribed(&device) {
            Ok(file) => file,
            Err(error) => return tracing::info!("{} does not tell who looks: {error}", device.display()),
        };
        if let Err(error) = count(&file, &far, &told) {
            tracing::info!("{} no longer tells who looks: {error}", device.display());
            told(1);
        }
    })?;
    Ok((watch, flowing))
}

/// The device, which tells of its lookers.
fn subscribed(device: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(device)?;
    let wanted = Subscription { kind: USAGE, id: 0, flags: SEND_INITIAL, reserved: [0; 5] };
    // SAFETY: the kernel's header has this number and this layout for VIDIOC_SUBSCRIBE_EVENT, which only reads it.
    unsafe { ioctl(&file, Setter::<{ opcode::write::<Subscription>(b'V', 90) }, Subscription>::new(wanted)) }?;
    Ok(file)
}

/// Tells each number until `end` is shut down.
///
/// # Errors
/// The device tells no more.
fn count(file: &File, end: &UnixStream, told: &impl Fn(usize)) -> io::Result<()> {
    loop {
        let mut waiting = [PollFd::new(file, PollFlags::PRI), PollFd::new(end, PollFlags::IN)];
        match poll(&mut waiting, None) {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        let [tells, ends] = [waiting[0].revents(), waiting[1].revents()];
        if !ends.is_empty() {
            return Ok(());
        }
        if !tells.contains(PollFlags::PRI) {
            return Err(io::Error::other("the device has no events"));
        }
        // SAFETY: as above, for VIDIOC_DQEVENT, which only fills the struct.
        let event: Event = unsafe { ioctl(file, Getter::<{ opcode::read::<Event>(b'V', 89) }, Event>::new()) }?;
        if let Some(lookers) = event.lookers() {
            tracing::debug!("{lookers} look at the device");
            told(lookers);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_structs_are_laid_out_as_the_kernel_has_them() {
        // VIDIOC_SUBSCRIBE_EVENT and VIDIOC_DQEVENT hold the structs' sizes.
        assert_eq!(opcode::write::<Subscription>(b'V', 90), 0x4020_565a);
        #[cfg(target_pointer_width = "64")]
        assert_eq!(opcode::read::<Event>(b'V', 89), 0x8088_5659);
        let places =
            (std::mem::offset_of!(Event, data), std::mem::offset_of!(Event, pending), std::mem::offset_of!(Event, id));
        assert_eq!(places, (8, 72, 96));
    }

    #[test]
    fn a_file_that_tells_nothing_is_watched_in_vain_and_a_watch_ends_at_any_time() {
        let (to, told) = channel();
        let (watch, flowing) = watch(Path::new("/dev/null"), move |lookers| to.send(lookers).unwrap()).unwrap();
        flowing.say();
        assert!(told.recv().is_err(), "its thread has ended");
        drop(watch);
        // Before anything flows.
        drop(super::watch(Path::new("/dev/null"), |_| {}).unwrap().0);
    }
}

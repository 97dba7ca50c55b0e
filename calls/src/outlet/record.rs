//! The recording: H.264 in Matroska or MP4, and beside it the microphone where there is one, as Opus or AAC.

use std::path::Path;

use gst::prelude::*;

use super::microphone::CAPS;
use super::{Door, Kind};
use crate::fault::{Fault, make};

/// What stands in for sound where none comes, and holds up no picture: silence, to which the microphone is mixed.
/// What comes later than this behind its time is not heard.
const SOUND: &str = "audiomixer name=mix latency=300000000";

/// What makes a file of its kind.
#[derive(Debug, PartialEq, Eq)]
struct Container {
    muxer: &'static str,
    /// The encoder of sound.
    sound: &'static str,
}

/// The container for the file's ending.
fn container(path: &Path) -> Result<Container, Fault> {
    match path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase).as_deref() {
        Some("mkv") => Ok(Container { muxer: "matroskamux", sound: "opusenc" }),
        // Fragments: what is written stays readable where the process is killed.
        Some("mp4") => Ok(Container { muxer: "mp4mux fragment-duration=1000", sound: "avenc_aac" }),
        _ => Err(Fault::RecordName { path: path.to_owned() }),
    }
}

/// Whether a recording can have that name: none is written over another file.
///
/// # Errors
/// [`Fault::RecordName`], [`Fault::Record`].
pub fn check(path: &Path) -> Result<(), Fault> {
    container(path)?;
    let taken = || Fault::Record { path: path.to_owned(), reason: "there is a file of that name".to_owned() };
    if path.exists() { Err(taken()) } else { Ok(()) }
}

/// Begins the recording, with a track for [`Door::sound`] where there is to be one.
///
/// # Errors
/// [`Fault::RecordName`], [`Fault::NoElement`], [`Fault::Record`].
pub fn open(
    path: &Path,
    caps: &gst::Caps,
    sound: bool,
    said: impl Fn(&gst::Message) + Send + Sync + 'static,
) -> Result<Door, Fault> {
    check(path)?;
    let Container { muxer, sound: encoder } = container(path)?;
    make("x264enc")?;
    let waits = "queue max-size-time=10000000000 max-size-bytes=0 max-size-buffers=0";
    let sound = if sound {
        make(encoder)?;
        format!(
            "audiotestsrc name=silence wave=silence is-live=true ! {CAPS} ! {SOUND} ! {CAPS} ! audioconvert ! {encoder} ! {waits} ! container. \
             appsrc name=sound is-live=true format=time caps={CAPS} leaky-type=downstream max-time=5000000000 max-bytes=0 ! mix."
        )
    } else {
        String::new()
    };
    let words = format!(
        "queue leaky=downstream max-size-buffers=30 max-size-bytes=0 max-size-time=0 ! videoconvert ! \
         video/x-raw,format=I420 ! x264enc tune=zerolatency speed-preset=veryfast bitrate=6000 key-int-max=60 ! h264parse ! \
         {waits} ! {muxer} name=container ! filesink name=file sync=false async=false {sound}"
    );
    let prepare = |pipeline: &gst::Pipeline| {
        if let Some(file) = pipeline.by_name("file") {
            file.set_property("location", path);
        }
        Ok(())
    };
    Door::open(Kind::Record, &words, caps, prepare, said)
        .map_err(|error| error.named(|reason| Fault::Record { path: path.to_owned(), reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let there = concat!(env!("CARGO_MANIFEST_DIR"), "/there.mkv");
        assert_eq!(check(Path::new(there)), Ok(()));
        let file = tempfile::Builder::new().suffix(".mkv").tempfile();
        assert!(
            file.is_ok_and(|file| check(file.path()).is_err_and(|fault| fault.to_string().contains("of that name")))
        );
    }

    #[test]
    fn the_ending_names_the_container() {
        assert!(container(Path::new("a.MKV")).is_ok_and(|container| container.muxer == "matroskamux"));
        assert!(container(Path::new("a.b.mp4")).is_ok_and(|container| container.muxer.starts_with("mp4mux")));
        for name in ["a", "a.avi", ".mp4"] {
            assert!(check(Path::new(name)).is_err_and(|fault| fault.to_string().contains(".mkv nor .mp4")), "{name}");
        }
    }
}

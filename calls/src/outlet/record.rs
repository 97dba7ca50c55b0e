//! The recording, as H.264 in Matroska or MP4.

use std::path::Path;

use gst::prelude::*;

use super::{Door, Kind};
use crate::fault::{Fault, make};

/// The muxer for the file's ending.
fn muxer(path: &Path) -> Result<&'static str, Fault> {
    match path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase).as_deref() {
        Some("mkv") => Ok("matroskamux"),
        // Fragments: what is written stays readable where the process is killed.
        Some("mp4") => Ok("mp4mux fragment-duration=1000"),
        _ => Err(Fault::RecordName { path: path.to_owned() }),
    }
}

/// Whether a recording can have that name: none is written over another file.
///
/// # Errors
/// [`Fault::RecordName`], [`Fault::Record`].
pub fn check(path: &Path) -> Result<(), Fault> {
    muxer(path)?;
    let taken = || Fault::Record { path: path.to_owned(), reason: "there is a file of that name".to_owned() };
    if path.exists() { Err(taken()) } else { Ok(()) }
}

/// Begins the recording.
///
/// # Errors
/// [`Fault::RecordName`], [`Fault::NoElement`], [`Fault::Record`].
pub fn open(
    path: &Path,
    caps: &gst::Caps,
    said: impl Fn(&gst::Message) + Send + Sync + 'static,
) -> Result<Door, Fault> {
    check(path)?;
    let muxer = muxer(path)?;
    make("x264enc")?;
    let words = format!(
        "queue leaky=downstream max-size-buffers=30 max-size-bytes=0 max-size-time=0 ! videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency \
         speed-preset=veryfast bitrate=6000 key-int-max=60 ! h264parse ! {muxer} ! filesink name=file sync=false async=false"
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
        assert_eq!(muxer(Path::new("a.MKV")), Ok("matroskamux"));
        assert!(muxer(Path::new("a.b.mp4")).is_ok_and(|muxer| muxer.starts_with("mp4mux")));
        for name in ["a", "a.avi", ".mp4"] {
            assert!(check(Path::new(name)).is_err_and(|fault| fault.to_string().contains(".mkv nor .mp4")), "{name}");
        }
    }
}

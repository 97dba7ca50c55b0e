//! The `gst-launch-1.0` line that does what the call does, for whoever goes on by hand.

use std::collections::BTreeMap;
use std::path::Path;

use super::performers::Performer;
use super::properties::Control;
use crate::call::Plan;
use crate::camera::source::test_clip;
use crate::camera::{Asked, Source, screen};

/// The line, in the words of a shell. `camera` is the input, where that is one that has been found; before, there is
/// no line but a comment. `values` are the element's; those that the bare element has are left out.
pub(super) fn line(
    plan: &Plan,
    camera: Option<&Asked>,
    controls: &[Control],
    values: &BTreeMap<String, String>,
    performers: &[Performer],
) -> String {
    if plan.source == Source::Screen && screen::is_asked_for() {
        return "# no line has this desktop's screen: its portal gives it to the program that asks".to_owned();
    }
    let Some(input) = input(&plan.source, camera) else {
        return format!("# the line is here once {} is found", plan.source.name());
    };
    let size = plan.size;
    let mut words = vec!["gst-launch-1.0".to_owned(), "-e".to_owned()];
    words.extend(input);
    let rate = format!("max-rate={}", size.rate);
    words.extend(split("! videoconvertscale add-borders=true ! videorate drop-only=true"));
    words.push(rate);
    if plan.mirror {
        words.extend(split("! videoflip method=horizontal-flip"));
    }
    words.push("!".to_owned());
    words.push(format!("video/x-raw,format=YUY2,width={},height={},pixel-aspect-ratio=1/1", size.width, size.height));
    words.extend(split("! queue leaky=downstream max-size-buffers=2 ! faceswap"));
    words.push(format!("model={}", whole(&plan.model)));
    let changed = controls.iter().filter_map(|control| {
        let value = values.get(&control.name)?;
        (*value != control.bare).then(|| format!("{}={value}", control.name))
    });
    words.extend(changed);
    words.extend(performers.iter().flat_map(|performer| performer.words.iter().cloned()));
    if plan.doors.pipewire {
        words.extend(split("! pipewiresink mode=provide"));
        let name = plan.name.replace(['"', '\\'], " ");
        words.push(format!(
            "stream-properties=properties,media.class=Video/Source,media.role=Camera,node.name=standin,node.description=\"{name}\""
        ));
    } else {
        words.extend(split("! videoconvert ! autovideosink"));
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn split(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

/// `None` for a camera that only a search would know.
fn input(source: &Source, camera: Option<&Asked>) -> Option<Vec<String>> {
    let file =
        |path: &Path| [split("filesrc"), vec![format!("location={}", whole(path))], split("! decodebin")].concat();
    if let Some(camera) = camera {
        return Some(camera.words());
    }
    Some(match source {
        Source::Camera(path) if path.starts_with('/') => {
            [split("v4l2src"), vec![format!("device={path}")], split("! decodebin")].concat()
        }
        Source::Camera(_) => return None,
        Source::File(path) => file(path),
        Source::Uri(uri) => vec!["uridecodebin".to_owned(), format!("uri={uri}")],
        Source::Screen => split("ximagesrc use-damage=false"),
        Source::Test => match test_clip() {
            Some(clip) => file(&clip),
            None => split("videotestsrc is-live=true pattern=ball"),
        },
        Source::Description(words) => split(words),
    })
}

/// The path from the root, where it exists: the line works in any folder.
fn whole(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// The word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_./:=,@%+-".contains(letter);
    if word == "!" || (!word.is_empty() && word.chars().all(plain)) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may stop")]
mod tests {
    use super::*;
    use crate::camera::{Camera, Wanted};

    #[test]
    fn words_are_safe_in_a_shell() {
        assert_eq!(quoted("morph=0.5"), "morph=0.5");
        assert_eq!(quoted("!"), "!");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), "'it'\\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_camera_is_read_by_its_device_file_or_its_node() {
        let line = |source: Source, camera: Option<(&str, Option<&str>, &str)>| {
            let wanted = Wanted { width: 640, height: 360, rate: 30 };
            let camera = camera.map(|(name, path, node)| Asked::of(Camera::for_test(name, path, node), wanted, &[]));
            input(&source, camera.as_ref()).map(|words| words.join(" "))
        };
        let named = |name: &str| Source::Camera(name.to_owned());
        let (face, phone) = (("Face cam", Some("/dev/video2"), ""), ("My phone", None, "phone"));
        let by_file = line(named("face"), Some(face)).unwrap();
        assert!(by_file.starts_with("v4l2src device=/dev/video2 ! video/x-raw,width=640,"), "{by_file}");
        let by_node = line(named("auto"), Some(phone)).unwrap();
        assert!(by_node.starts_with("pipewiresrc target-object=phone "), "{by_node}");
        assert_eq!(line(named("phone"), None), None, "any node would do");
        // A device file need not be there, nor a clip.
        assert_eq!(line(named("/dev/video2"), None).unwrap(), "v4l2src device=/dev/video2 ! decodebin");
        assert_eq!(line(Source::File("a b.mp4".into()), None).unwrap(), "filesrc location=a b.mp4 ! decodebin");
    }
}

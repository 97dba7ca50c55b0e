//! The inputs that the page offers: the one of the command line, the cameras, the screen, and the test clip.

use serde::Serialize;

use crate::camera::{Camera, Source, probe, screen};

/// An input as the page shows it. The page names it by its `id`, and can name no other.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Input {
    pub(super) id: String,
    name: String,
    #[serde(skip)]
    pub(super) source: Source,
}

impl Input {
    fn new(source: Source) -> Self {
        Self { id: id(&source), name: source.name(), source }
    }
}

/// The word by which the page names a source.
pub(super) fn id(source: &Source) -> String {
    match source {
        Source::Camera(name) => format!("camera:{name}"),
        Source::File(path) => format!("file:{}", path.display()),
        Source::Uri(uri) => format!("uri:{uri}"),
        Source::Screen => "screen".to_owned(),
        Source::Test => "test".to_owned(),
        Source::Description(words) => format!("gst:{words}"),
    }
}

/// What there is now, `given` first.
pub(super) fn all(given: &Source) -> Vec<Input> {
    let mut inputs = vec![Input::new(given.clone())];
    let auto = Source::Camera("auto".to_owned());
    inputs.extend((*given != auto).then(|| Input::new(auto)));
    // What the call itself writes to would be shown to itself.
    let own = |camera: &Camera| camera.is_loopback && camera.name.to_lowercase().contains("standin");
    for camera in probe::search().cameras.into_iter().filter(|camera| !own(camera)) {
        let (name, place) = (camera.name, camera.path);
        let source = Source::Camera(place.clone().unwrap_or_else(|| name.clone()));
        if source != *given {
            let name = place.map_or_else(|| name.clone(), |place| format!("{name} ({place})"));
            inputs.push(Input { name, ..Input::new(source) });
        }
    }
    let others = [(Source::Screen, screen::is_there()), (Source::Test, true)];
    inputs.extend(
        others
            .into_iter()
            .filter(|(source, is_there)| *is_there && source != given)
            .map(|(source, _)| Input::new(source)),
    );
    inputs
}

//! The camera that a call's input is, as it was last found, for whoever asks without a search of their own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::camera::{Asked, Source};

/// A camera, and the input that it is. Clones are of the same.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundCamera(Arc<Mutex<Option<(Source, Asked)>>>);

impl FoundCamera {
    fn lock(&self) -> MutexGuard<'_, Option<(Source, Asked)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `source` is that camera. Where none is found, the one before stays: it may come back.
    pub(super) fn set(&self, source: &Source, camera: Option<Asked>) {
        if let Some(camera) = camera {
            *self.lock() = Some((source.clone(), camera));
        }
    }

    /// The camera that `source` is, where it has been found.
    pub(super) fn of(&self, source: &Source) -> Option<Asked> {
        self.lock().as_ref().filter(|(found, _)| found == source).map(|(_, camera)| camera.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{Camera, Wanted};

    #[test]
    fn a_camera_is_that_of_its_input_alone() {
        let (found, phone) = (FoundCamera::default(), Source::Camera("phone".to_owned()));
        let (camera, wanted) =
            (Camera::for_test("My phone", None, "phone"), Wanted { width: 640, height: 360, rate: 30 });
        found.set(&phone, Some(Asked::of(camera, wanted, &[])));
        found.clone().set(&phone, None);
        assert_eq!(found.of(&phone).map(|asked| asked.camera.name).as_deref(), Some("My phone"));
        assert!(found.of(&Source::Camera("auto".to_owned())).is_none());
    }
}

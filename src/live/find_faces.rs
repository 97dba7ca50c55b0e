//! What a stream finds faces by.

use crate::face::{Face, FindError, Finder, FinderSettings, PeopleMap};
use crate::frame::Frame;
use crate::geometry::Rect;

/// What finds faces: [`Finder`], or a test's stand-in for it.
pub trait FindFaces: Send {
    /// Fills `faces` with those of the frame, largest first.
    ///
    /// # Errors
    /// [`FindError`] where a network fails.
    fn find(
        &mut self,
        frame: &Frame<'_>,
        hints: &[Rect],
        time: f64,
        settings: &FinderSettings,
        faces: &mut Vec<Face>,
    ) -> Result<(), FindError>;

    /// Places of the last frame that look a little like a face.
    fn suspects(&self) -> &[Rect];

    /// Whether some of those may be faces that there was no time to try.
    fn unfinished(&self) -> bool {
        false
    }

    /// Where people are in `frame`, which must be the one that was given to [`FindFaces::find`] last; `None` where this
    /// cannot tell.
    ///
    /// # Errors
    /// [`FindError`] where a network fails.
    fn people(&mut self, frame: &Frame<'_>) -> Result<Option<&PeopleMap>, FindError> {
        let _ = frame;
        Ok(None)
    }

    /// Forgets all tracks.
    fn reset(&mut self);
}

impl FindFaces for Finder {
    fn find(
        &mut self,
        frame: &Frame<'_>,
        hints: &[Rect],
        time: f64,
        settings: &FinderSettings,
        faces: &mut Vec<Face>,
    ) -> Result<(), FindError> {
        self.find(frame, hints, time, settings, faces)
    }

    fn suspects(&self) -> &[Rect] {
        self.suspects()
    }

    fn unfinished(&self) -> bool {
        self.unfinished()
    }

    fn people(&mut self, frame: &Frame<'_>) -> Result<Option<&PeopleMap>, FindError> {
        self.people(frame).map(Some)
    }

    fn reset(&mut self) {
        self.reset();
    }
}

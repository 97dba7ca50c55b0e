//! What a frame shows, as far as that was found out.

use crate::face::{Face, PeopleMap};
use crate::frame::Layout;
use crate::geometry::Rect;

/// What is known of a frame when it is planned.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The faces that were found.
    pub faces: &'a [Face],
    /// Places that look a little like a face.
    pub suspects: &'a [Rect],
    /// Whether some of those may be faces that there was no time to try.
    pub unfinished: bool,
    /// Where people are; `None` where nobody looked.
    pub people: Option<&'a PeopleMap>,
    /// Whether the frame shows another scene than the one before.
    pub cut: bool,
    /// Seconds; does not run backwards between resets.
    pub time: f64,
    /// What the frame is.
    pub layout: Layout,
}

//! Where people are in a frame, whether their faces can be found or not.
//!
//! MediaPipe's selfie segmentation gives each pixel of a letterboxed frame the probability that it shows a person. It
//! knows hair, backs, shoulders and faces that are cut by the frame's edge, which no face detector does, and takes no
//! furniture for a face, which detectors do.

use super::letterbox::{Tone, letterbox, sample};
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Similarity};
use crate::runtime::{Network, NetworkError, NetworkOptions, Runtime};

/// Side of the network's square picture in px.
const SIZE: usize = 256;
/// Picture px along a cell of the map.
const CELL: usize = 4;
/// Mean probability from which on a cell shows a person.
const PERSON: f32 = 0.4;
/// Mean probability from which on it certainly does: a test picture's ball has 0.87 and less, the first sliver of
/// somebody who comes in has cells of more.
const CERTAIN: f32 = 0.9;

/// The network that tells people from what is behind them.
#[derive(Debug)]
pub struct PeopleNetwork {
    network: Network,
    map: PeopleMap,
}

impl PeopleNetwork {
    /// Loads the network from the bytes that are compiled in.
    ///
    /// # Errors
    /// [`NetworkError`] where ONNX Runtime refuses it.
    pub fn new(runtime: &Runtime) -> Result<Self, NetworkError> {
        let bytes = include_bytes!("../../models/person_256.onnx");
        let mut network = Network::new(runtime, bytes, NetworkOptions::default())?;
        network.expect_output(0, SIZE * SIZE);
        Ok(Self { network, map: PeopleMap::empty(0, 0) })
    }

    /// Where people are in `frame`.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails.
    pub fn find(&mut self, frame: &Frame) -> Result<&PeopleMap, NetworkError> {
        let (width, height) = (frame.layout().width, frame.layout().height);
        self.map = PeopleMap::empty(width, height);
        sample(frame, &self.map.to_frame, SIZE, Tone::UNIT, self.network.input_mut(0));
        self.network.run()?;
        if !self.map.fill(self.network.output(0)) {
            return Err(NetworkError::Runtime("the network gave a value that is not a number".to_owned()));
        }
        Ok(&self.map)
    }

    /// What [`PeopleNetwork::find`] found last.
    pub fn last(&self) -> &PeopleMap {
        &self.map
    }
}

/// Which parts of a frame show people: square cells that cover the letterboxed frame, rows first.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleMap {
    /// Probabilities that the cells show a person; 0 beside the frame.
    cells: [f32; PeopleMap::SIDE * PeopleMap::SIDE],
    /// Picture px to frame px.
    to_frame: Similarity,
    frame: Rect,
}

impl PeopleMap {
    /// Cells along either side.
    pub const SIDE: usize = SIZE / CELL;

    /// Nobody in a frame of this size.
    pub fn empty(width: usize, height: usize) -> Self {
        let frame = Rect { x: 0.0, y: 0.0, w: width as f32, h: height as f32 };
        Self { cells: [0.0; Self::SIDE * Self::SIDE], to_frame: letterbox(&frame, SIZE, 0), frame }
    }

    /// The same with people, for certain, wherever `shows` says so of a cell's centre, which is in frame px.
    #[must_use]
    pub fn with(mut self, shows: impl Fn(Point) -> bool) -> Self {
        for i in 0..self.cells.len() {
            let centre = self.centre(i % Self::SIDE, i / Self::SIDE);
            self.cells[i] = f32::from(u8::from(self.holds(centre) && shows(centre)));
        }
        self
    }

    /// Leaves nobody in `region` (frame px).
    pub fn clear(&mut self, region: &Rect) {
        let [columns, rows] = self.cells(region);
        for row in rows {
            let first = row * Self::SIDE;
            self.cells[first + columns.start..first + columns.end.max(columns.start)].fill(0.0);
        }
    }

    /// Takes the probabilities of the network's picture, rows first; whether all of them are numbers.
    fn fill(&mut self, probabilities: &[f32]) -> bool {
        let mut numbers = true;
        for i in 0..self.cells.len() {
            let (column, row) = (i % Self::SIDE, i / Self::SIDE);
            let pixels = (0..CELL).flat_map(|y| (0..CELL).map(move |x| (row * CELL + y) * SIZE + column * CELL + x));
            let sum: f32 = pixels.map(|pixel| probabilities.get(pixel).copied().unwrap_or(0.0)).sum();
            // What is beside the frame in the picture is black, and nobody.
            numbers &= sum.is_finite();
            let seen = self.holds(self.centre(column, row));
            self.cells[i] = if seen { sum / (CELL * CELL) as f32 } else { 0.0 };
        }
        numbers
    }

    /// Whether the cell shows a person.
    pub fn shows(&self, column: usize, row: usize) -> bool {
        self.cells[row * Self::SIDE + column] > PERSON
    }

    /// Whether it certainly does.
    pub fn certain(&self, column: usize, row: usize) -> bool {
        self.cells[row * Self::SIDE + column] > CERTAIN
    }

    /// The columns and rows whose centres lie in the frame: first ones, and ends.
    pub fn inside(&self) -> [std::ops::Range<usize>; 2] {
        self.cells(&self.frame)
    }

    /// A cell's centre in frame px.
    pub fn centre(&self, column: usize, row: usize) -> Point {
        let middle = |cell: usize| (cell * CELL) as f32 + CELL as f32 / 2.0;
        self.to_frame.apply(Point::new(middle(column), middle(row)))
    }

    /// Side of a cell in frame px.
    pub fn cell(&self) -> f32 {
        CELL as f32 * self.to_frame.scale()
    }

    /// The columns and rows whose centres lie in `region` (frame px), whether in the frame or not.
    pub fn cells(&self, region: &Rect) -> [std::ops::Range<usize>; 2] {
        let Some(to_picture) = self.to_frame.inverse() else { return [0..0, 0..0] };
        let (first, end) = (
            to_picture.apply(Point::new(region.x, region.y)),
            to_picture.apply(Point::new(region.x + region.w, region.y + region.h)),
        );
        let index = |v: f32| (v / CELL as f32 - 0.5).ceil().clamp(0.0, Self::SIDE as f32) as usize;
        [index(first.x)..index(end.x), index(first.y)..index(end.y)]
    }

    /// The part of `region` (frame px) that shows a person, of what lies in the frame; 0 where nothing does. A region
    /// that holds no cell's centre is judged by the cell that its centre lies in.
    pub fn share(&self, region: &Rect) -> f32 {
        let seen = region.intersection(&self.frame);
        if seen.area() <= 0.0 {
            return 0.0;
        }
        let [columns, rows] = self.cells(&seen);
        let count = columns.len() * rows.len();
        if count == 0 {
            let Point { x, y } = seen.centre();
            let half = self.cell() / 2.0;
            let [columns, rows] = self.cells(&Rect { x: x - half, y: y - half, w: 2.0 * half, h: 2.0 * half });
            let shows = columns.zip(rows).next().is_some_and(|(column, row)| self.shows(column, row));
            return f32::from(u8::from(shows));
        }
        let shown = rows.flat_map(|row| columns.clone().map(move |column| (column, row)));
        shown.filter(|&(column, row)| self.shows(column, row)).count() as f32 / count as f32
    }

    /// Bounds of the people within `region` (frame px), a whole cell at each end; `None` where nobody is.
    pub fn bounds_within(&self, region: &Rect) -> Option<Rect> {
        let [columns, rows] = self.cells(region);
        let mut bounds: Option<Rect> = None;
        for (column, row) in rows.flat_map(|row| columns.clone().map(move |column| (column, row))) {
            if self.shows(column, row) {
                let cell = self.rect(column..column + 1, row..row + 1);
                bounds = Some(bounds.map_or(cell, |bounds| bounds.union(&cell)));
            }
        }
        bounds
    }

    /// The region that these columns and rows cover, in frame px.
    pub fn rect(&self, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Rect {
        let corner =
            |column: usize, row: usize| self.to_frame.apply(Point::new((column * CELL) as f32, (row * CELL) as f32));
        Rect::around(&[corner(columns.start, rows.start), corner(columns.end, rows.end)])
    }

    fn holds(&self, p: Point) -> bool {
        let Rect { x, y, w, h } = self.frame;
        p.x >= x && p.y >= y && p.x < x + w && p.y < y + h
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A person on the left half of a frame that is twice as wide as high.
    fn half() -> PeopleMap {
        PeopleMap::empty(1280, 640).with(|p| p.x < 640.0)
    }

    #[test]
    fn cells_cover_the_frame_and_no_more() {
        let map = half();
        assert_eq!(map.cell(), 20.0);
        assert_eq!(map.inside(), [0..64, 16..48]);
        assert_eq!(map.centre(0, 16), Point::new(10.0, 10.0));
        assert_eq!(map.rect(0..1, 16..17), Rect { x: 0.0, y: 0.0, w: 20.0, h: 20.0 });
        assert!(map.shows(31, 20) && !map.shows(32, 20) && !map.shows(3, 3));
    }

    #[test]
    fn the_share_is_of_what_lies_in_the_frame() {
        let map = half();
        let region = |x: f32, w: f32| Rect { x, y: 100.0, w, h: 100.0 };
        assert_eq!(map.share(&region(540.0, 200.0)), 0.5);
        assert_eq!(map.share(&region(-300.0, 400.0)), 1.0);
        assert_eq!(map.share(&region(1400.0, 400.0)), 0.0);
        assert_eq!(map.share(&Rect { x: 300.0, y: 300.0, w: 2.0, h: 2.0 }), 1.0);
        assert_eq!(map.share(&Rect { x: 900.0, y: 300.0, w: 2.0, h: 2.0 }), 0.0);
    }

    #[test]
    fn bounds_are_of_people_alone() {
        let map = half();
        let seen = map.bounds_within(&Rect { x: 500.0, y: 100.0, w: 500.0, h: 200.0 });
        assert_eq!(seen, Some(Rect { x: 500.0, y: 100.0, w: 140.0, h: 200.0 }));
        assert_eq!(map.bounds_within(&Rect { x: 700.0, y: 100.0, w: 500.0, h: 200.0 }), None);
    }

    #[test]
    fn probabilities_beside_the_frame_are_nobody() {
        let mut map = PeopleMap::empty(1280, 640);
        assert!(map.fill(&vec![1.0; SIZE * SIZE]));
        assert_eq!(map.bounds_within(&map.frame.grown(3.0)), Some(map.frame));
        assert!(!map.fill(&[f32::NAN; SIZE * SIZE]));
    }
}

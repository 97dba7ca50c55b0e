//! People in view whose faces are not known: half in the frame, turned away, behind a hand. A face may show there that
//! nobody has found yet.

use crate::face::PeopleMap;
use crate::geometry::Rect;

const SIDE: usize = PeopleMap::SIDE;
const CELLS: usize = SIDE * SIDE;

/// From its face a body reaches so many face widths to either side.
const SHOULDERS: f32 = 2.4;
/// A head reaches so far beyond its face's bounds.
const HEAD: f32 = 1.8;
/// What sticks out of a body can be another person's head if it is at least so many face widths thick: arms and hands
/// are not.
const THICK: f32 = 0.8;
/// But no more than so many cells: beside somebody that near, others are as far off as that.
const WIDEST: usize = 12;
/// Least part of the frame's cells of somebody who does not touch its edge.
const APART: f32 = 0.01;
/// Least cells of somebody who does.
const LEAST: usize = 3;
/// Least cells of anybody that certainly show a person.
const CERTAIN: usize = 2;

/// Where the head of a face is, with its hair.
pub(super) fn head(face: &Rect) -> Rect {
    face.grown(HEAD)
}

/// Where the body below a face may be.
pub(super) fn body(face: &Rect) -> Rect {
    let (centre, width) = (face.centre(), SHOULDERS * face.w);
    Rect { x: centre.x - width, y: centre.y, w: 2.0 * width, h: f32::MAX }
}

/// What a cell of the map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Cell {
    #[default]
    Nobody,
    /// A person; not looked at yet.
    Person,
    /// Somebody whose face is known.
    Known,
    /// Part of the group that is being looked at, without a known face.
    Open,
}

/// Finds them; keeps its memory from frame to frame.
#[derive(Debug)]
pub struct Faceless {
    cells: Vec<Cell>,
    group: Vec<usize>,
    thick: Vec<bool>,
    /// The regions of the last search, in frame px.
    regions: Vec<Rect>,
}

impl Default for Faceless {
    fn default() -> Self {
        Self {
            cells: vec![Cell::Nobody; CELLS],
            group: Vec::with_capacity(CELLS),
            thick: vec![false; CELLS],
            regions: Vec::with_capacity(CELLS),
        }
    }
}

impl Faceless {
    /// The regions of people in `map` whose face is none of `known` (bounds of faces, in frame px).
    ///
    /// People who touch each other in the picture are one group. In a group without a known face all is faceless; in
    /// one with known faces, what is neither their head nor their body and is as thick as a head. Of a face in
    /// `heads` only the head is known.
    pub fn find(&mut self, map: &PeopleMap, known: &[Rect], heads: &[Rect]) -> &[Rect] {
        self.regions.clear();
        self.mark(map, known, heads);
        let [columns, rows] = map.inside();
        let inside = columns.len() * rows.len();
        for first in 0..CELLS {
            if !matches!(self.cells[first], Cell::Person) {
                continue;
            }
            let (touches_known, touches_edge) = self.flood(first, &columns, &rows);
            let count = self.group.len();
            if self.group.iter().filter(|cell| map.certain(**cell % SIDE, **cell / SIDE)).count() < CERTAIN {
                continue;
            }
            if touches_known {
                let least = known.iter().chain(heads).map(|face| face.w).fold(f32::INFINITY, f32::min);
                let width = ((THICK * least / map.cell()).ceil() as usize).clamp(2, WIDEST);
                self.keep_thick(width, &columns, &rows);
            } else if !(touches_edge && count >= LEAST || count as f32 >= APART * inside as f32) {
                continue;
            }
            self.bound(map);
        }
        &self.regions
    }

    /// Marks every cell.
    fn mark(&mut self, map: &PeopleMap, known: &[Rect], heads: &[Rect]) {
        for (i, cell) in self.cells.iter_mut().enumerate() {
            *cell = if map.shows(i % SIDE, i / SIDE) { Cell::Person } else { Cell::Nobody };
        }
        let zones = known.iter().flat_map(|face| [head(face), body(face)]).chain(heads.iter().map(head));
        for zone in zones {
            let [columns, rows] = map.cells(&zone);
            for cell in rows.flat_map(|row| columns.clone().map(move |column| row * SIDE + column)) {
                if self.cells[cell] == Cell::Person {
                    self.cells[cell] = Cell::Known;
                }
            }
        }
    }

    /// Gathers the group of `first` into `group`; whether it touches somebody known, and the frame's edge.
    fn flood(&mut self, first: usize, columns: &std::ops::Range<usize>, rows: &std::ops::Range<usize>) -> (bool, bool) {
        let (mut touches_known, mut touches_edge, mut next) = (false, false, 0);
        self.group.clear();
        self.group.push(first);
        self.cells[first] = Cell::Open;
        while let Some(&cell) = self.group.get(next) {
            next += 1;
            let (column, row) = (cell % SIDE, cell / SIDE);
            let ends = [column == columns.start, column + 1 == columns.end, row == rows.start, row + 1 == rows.end];
            touches_edge |= ends.contains(&true);
            for (end, neighbour) in
                ends.into_iter().zip([cell.wrapping_sub(1), cell + 1, cell.wrapping_sub(SIDE), cell + SIDE])
            {
                match self.cells.get(neighbour).filter(|_| !end) {
                    Some(Cell::Known) => touches_known = true,
                    Some(Cell::Person) => {
                        self.cells[neighbour] = Cell::Open;
                        self.group.push(neighbour);
                    }
                    _ => {}
                }
            }
        }
        (touches_known, touches_edge)
    }

    /// Leaves in the group what some square of `width` cells within it covers; beyond the frame's edge it goes on.
    fn keep_thick(&mut self, width: usize, columns: &std::ops::Range<usize>, rows: &std::ops::Range<usize>) {
        self.thick.fill(false);
        let reach = width as isize;
        let (left, right) = (columns.start as isize, columns.end as isize);
        let (top, bottom) = (rows.start as isize, rows.end as isize);
        let cells = &self.cells;
        let open = |x: isize, y: isize| {
            let outside = x < left || x >= right || y < top || y >= bottom;
            outside || cells[y as usize * SIDE + x as usize] == Cell::Open
        };
        let covers = |x: isize, y: isize| (y..y + reach).all(|y| (x..x + reach).all(|x| open(x, y)));
        for &cell in &self.group {
            // A square is tried from each cell of the group that can be its first, or from beyond the edge.
            let (column, row) = ((cell % SIDE) as isize, (cell / SIDE) as isize);
            let first_column = if column == left { left + 1 - reach } else { column };
            let first_row = if row == top { top + 1 - reach } else { row };
            for (x, y) in (first_row..=row).flat_map(|y| (first_column..=column).map(move |x| (x, y))) {
                if covers(x, y) {
                    for y in y.max(top)..(y + reach).min(bottom) {
                        let first = y as usize * SIDE;
                        self.thick[first + x.max(left) as usize..first + (x + reach).min(right) as usize].fill(true);
                    }
                }
            }
        }
        let thick = &self.thick;
        self.group.retain(|&cell| thick[cell]);
    }

    /// Adds the group's bounds, and a cell around it.
    fn bound(&mut self, map: &PeopleMap) {
        let ends = self.group.iter().map(|cell| (cell % SIDE, cell / SIDE)).fold(None, |ends, (x, y)| {
            let (x0, y0, x1, y1) = ends.unwrap_or((x, y, x, y));
            Some((x.min(x0), y.min(y0), x.max(x1), y.max(y1)))
        });
        if let Some((x0, y0, x1, y1)) = ends {
            let within = map.rect(x0..x1 + 1, y0..y1 + 1);
            let cell = map.cell();
            self.regions.push(Rect {
                x: within.x - cell,
                y: within.y - cell,
                w: within.w + 2.0 * cell,
                h: within.h + 2.0 * cell,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    /// Whether `p` lies in a rectangle of x, y, width, height.
    fn lies(p: Point, [x, y, w, h]: [f32; 4]) -> bool {
        p.x >= x && p.x < x + w && p.y >= y && p.y < y + h
    }

    fn people(shapes: &[[f32; 4]]) -> PeopleMap {
        PeopleMap::empty(1280, 720).with(|p| shapes.iter().any(|shape| lies(p, *shape)))
    }

    /// Somebody in the middle: a head, shoulders; and the face.
    const MIDDLE: [[f32; 4]; 2] = [[540.0, 160.0, 200.0, 280.0], [400.0, 440.0, 480.0, 280.0]];
    const FACE: Rect = Rect { x: 560.0, y: 200.0, w: 160.0, h: 200.0 };

    #[test]
    fn a_person_with_a_known_face_is_not_faceless() {
        assert!(Faceless::default().find(&people(&MIDDLE), &[FACE], &[]).is_empty());
    }

    #[test]
    fn nor_is_a_raised_hand() {
        let arm = [[880.0, 560.0, 160.0, 80.0], [960.0, 240.0, 80.0, 400.0], [940.0, 160.0, 120.0, 100.0]];
        let shapes = [&MIDDLE[..], &arm].concat();
        assert_eq!(Faceless::default().find(&people(&shapes), &[FACE], &[]), &[]);
    }

    #[test]
    fn without_a_face_all_of_a_person_is() {
        let map = people(&MIDDLE);
        let found = Faceless::default().find(&map, &[], &[]).to_vec();
        assert_eq!(found.len(), 1);
        let whole = Rect { x: 400.0, y: 160.0, w: 480.0, h: 560.0 };
        assert!(found[0].intersection(&whole).area() >= whole.area() - 1.0, "{found:?}");
    }

    #[test]
    fn somebody_who_comes_in_at_the_edge_is_seen_by_a_sliver_and_a_spot_elsewhere_is_nobody() {
        let map = people(&[[1240.0, 400.0, 40.0, 100.0], [700.0, 100.0, 60.0, 60.0]]);
        let found = Faceless::default().find(&map, &[], &[]).to_vec();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].x < 1240.0 && found[0].x + found[0].w >= 1280.0);
    }

    #[test]
    fn somebody_beside_a_known_person_is_seen_though_they_touch() {
        let other = [[100.0, 160.0, 200.0, 280.0], [0.0, 440.0, 480.0, 280.0]];
        let shapes = [&MIDDLE[..], &other].concat();
        let found = Faceless::default().find(&people(&shapes), &[FACE], &[]).to_vec();
        assert_eq!(found.len(), 1, "{found:?}");
        let head = Rect { x: 120.0, y: 180.0, w: 160.0, h: 220.0 };
        assert!(found[0].intersection(&head).area() >= head.area() - 1.0, "{found:?}");
        let both = Faceless::default().find(&people(&shapes), &[FACE, Rect { x: 120.0, ..FACE }], &[]).to_vec();
        assert!(both.is_empty(), "{both:?}");
    }

    #[test]
    fn somebody_behind_a_known_person_who_is_cut_by_the_edge_is_seen() {
        let other = [[0.0, 260.0, 120.0, 280.0], [0.0, 480.0, 420.0, 240.0]];
        let shapes = [&MIDDLE[..], &other].concat();
        let found = Faceless::default().find(&people(&shapes), &[FACE], &[]).to_vec();
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

//! Where a held face has gone since it was seen: a small picture of it is followed from frame to frame.
//!
//! The shift is found by the inverse compositional alignment of S. Baker and I. Matthews ("Lucas-Kanade 20 Years On",
//! IJCV 56, 2004), for translations, on a picture of the face's surroundings with gain and offset of light taken out.

use super::Plan;
use crate::face::{Face, Tone, letterbox, sample};
use crate::frame::Frame;
use crate::geometry::{Point, Similarity};

/// Side of the picture in px.
const SIDE: usize = 32;
const PIXELS: usize = SIDE * SIDE;
/// The pictured region, from the landmarks' bounds: the outline of the head is part of it.
const AROUND: f32 = 1.4;
/// Steps of the alignment in a frame, and the px of the picture below which a step is the last.
const STEPS: usize = 8;
const SETTLED: f32 = 0.02;
/// Px of the picture that a face may move in a frame.
const MOST: f32 = 5.0;
/// Correlation with the picture below which something else is there.
const ALIKE: f32 = 0.6;
/// Faces that are kept in mind at most.
const MOST_FACES: usize = 16;

/// Grey values of a picture, of mean 0 and variance 1.
type Picture = [f32; PIXELS];

/// A face as it was seen last.
#[derive(Debug)]
struct Seen {
    track: u32,
    /// Whether it was in the last frame.
    fresh: bool,
    picture: Picture,
    /// Px of the picture to frame px.
    to_frame: Similarity,
    /// How far it has gone since, in frame px.
    gone: Point,
}

/// Follows held faces.
#[derive(Debug, Default)]
pub struct Drift {
    seen: Vec<Seen>,
    rgb: Vec<f32>,
}

impl Drift {
    /// Forgets every face: another scene, another stream.
    pub fn reset(&mut self) {
        self.seen.clear();
    }

    /// Moves the held faces of a plan to where they are in `frame`, and takes in those that are found in it.
    pub fn follow(&mut self, frame: &Frame<'_>, plan: &mut Plan) {
        let (found, held) = plan.swap.split_at_mut(plan.found);
        for seen in &mut self.seen {
            seen.fresh = false;
        }
        for face in held {
            if let Some(i) = self.seen.iter().position(|seen| seen.track == face.track) {
                self.seen[i].fresh = true;
                self.step(frame, i);
                face.shift(self.seen[i].gone);
            }
        }
        for face in &*found {
            self.see(frame, face);
        }
        self.seen.retain(|seen| seen.fresh);
    }

    fn see(&mut self, frame: &Frame<'_>, face: &Face) {
        let to_frame = letterbox(&face.bounds.grown(AROUND), SIDE, 0);
        let Some(picture) = self.picture(frame, &to_frame) else { return };
        let seen = Seen { track: face.track, fresh: true, picture, to_frame, gone: Point::default() };
        if let Some(known) = self.seen.iter_mut().find(|seen| seen.track == face.track) {
            *known = seen;
        } else if self.seen.len() < MOST_FACES {
            self.seen.push(seen);
        }
    }

    /// Finds where face `i` has gone since the frame before; it stays where it was if that cannot be told.
    fn step(&mut self, frame: &Frame<'_>, i: usize) {
        let (template, to_frame, start) = (self.seen[i].picture, self.seen[i].to_frame, self.seen[i].gone);
        let gradients = gradients(&template);
        let Some(inverse) = inverse_hessian(&gradients) else { return };
        let scale = to_frame.scale();
        let (mut shift, mut alike) = (Point::default(), 0.0);
        for _ in 0..STEPS {
            let gone = Point::new(start.x + scale * shift.x, start.y + scale * shift.y);
            let moved = Similarity { tx: to_frame.tx + gone.x, ty: to_frame.ty + gone.y, ..to_frame };
            let Some(now) = self.picture(frame, &moved) else { return };
            alike = now.iter().zip(&template).map(|(a, b)| a * b).sum::<f32>() / PIXELS as f32;
            let mut slope = [0.0; 2];
            for ((now, then), [x, y]) in now.iter().zip(&template).zip(&gradients) {
                slope[0] += x * (now - then);
                slope[1] += y * (now - then);
            }
            let step = inverse.map(|row| row[0] * slope[0] + row[1] * slope[1]);
            shift = Point::new(shift.x - step[0], shift.y - step[1]);
            if shift.x.abs().max(shift.y.abs()) > MOST {
                return;
            }
            if step[0].abs().max(step[1].abs()) < SETTLED {
                break;
            }
        }
        if alike >= ALIKE {
            self.seen[i].gone = Point::new(start.x + scale * shift.x, start.y + scale * shift.y);
        }
    }

    /// What `to_frame` shows of the frame; `None` where it is all of one grey.
    fn picture(&mut self, frame: &Frame<'_>, to_frame: &Similarity) -> Option<Picture> {
        self.rgb.resize(3 * PIXELS, 0.0);
        sample(frame, to_frame, SIDE, Tone::UNIT, &mut self.rgb);
        let mut picture = [0.0; PIXELS];
        picture.iter_mut().zip(self.rgb.chunks_exact(3)).for_each(|(grey, rgb)| *grey = rgb.iter().sum());
        let mean = picture.iter().sum::<f32>() / PIXELS as f32;
        picture.iter_mut().for_each(|grey| *grey -= mean);
        let deviation = (picture.iter().map(|grey| grey * grey).sum::<f32>() / PIXELS as f32).sqrt();
        (deviation > 1e-3).then(|| picture.map(|grey| grey / deviation))
    }
}

/// Central differences, 0 at the edges.
fn gradients(picture: &Picture) -> [[f32; 2]; PIXELS] {
    let mut gradients = [[0.0; 2]; PIXELS];
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            let at = |x: usize, y: usize| picture[y * SIDE + x];
            gradients[y * SIDE + x] = [at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1)].map(|d| d / 2.0);
        }
    }
    gradients
}

/// Inverse of the sum of the gradients' outer products; `None` where the picture does not tell a shift.
fn inverse_hessian(gradients: &[[f32; 2]; PIXELS]) -> Option<[[f32; 2]; 2]> {
    let (xx, xy, yy) =
        gradients.iter().fold((0.0, 0.0, 0.0), |(xx, xy, yy), [x, y]| (xx + x * x, xy + x * y, yy + y * y));
    let determinant: f32 = xx * yy - xy * xy;
    (determinant > 1e-3 * xx * yy).then(|| [[yy, -xy], [-xy, xx]].map(|row| row.map(|v| v / determinant)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
mod tests {
    use super::*;
    use crate::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
    use crate::geometry::Rect;

    /// Something with structure about this place, in light of this gain, on a plain ground.
    fn frame(centre: Point, gain: f32) -> OwnedFrame {
        let layout = Layout {
            format: PixelFormat::Rgbx,
            width: 320,
            height: 240,
            matrix: Matrix::Bt709,
            range: Range::Full,
            transfer: Default::default(),
        };
        let mut frame = OwnedFrame::new(layout);
        for (n, pixel) in frame.bytes_mut(0).chunks_exact_mut(4).enumerate() {
            let (x, y) = ((n % 320) as f32 + 0.5 - centre.x, (n / 320) as f32 + 0.5 - centre.y);
            let inside = x.hypot(1.2 * y) < 60.0;
            let value = if inside { 120.0 + 50.0 * (x / 9.0).sin() * (y / 12.0).cos() + 0.4 * x } else { 90.0 };
            pixel.fill((gain * value).clamp(0.0, 255.0) as u8);
        }
        frame
    }

    fn face(centre: Point) -> Face {
        let bounds = Rect { x: centre.x - 40.0, y: centre.y - 40.0, w: 80.0, h: 80.0 };
        Face { track: 7, bounds, landmarks: vec![centre], ..Face::default() }
    }

    fn plan(face: Face, found: usize) -> Plan {
        Plan { swap: vec![face], found, ..Plan::default() }
    }

    #[test]
    fn a_held_face_goes_where_the_head_goes_also_where_the_light_changes() {
        let (mut drift, start) = (Drift::default(), Point::new(150.0, 120.0));
        drift.follow(&frame(start, 1.0).frame().unwrap(), &mut plan(face(start), 1));
        for step in 1..10u8 {
            let by = Point::new(3.3 * f32::from(step), -1.7 * f32::from(step));
            let now = frame(Point::new(start.x + by.x, start.y + by.y), 1.0 - 0.03 * f32::from(step));
            let mut held = plan(face(start), 0);
            drift.follow(&now.frame().unwrap(), &mut held);
            let centre = held.swap[0].bounds.centre();
            let off = centre.distance(Point::new(start.x + by.x, start.y + by.y));
            assert!(off < 0.6, "step {step}: {off} px off");
            assert!(held.swap[0].landmarks[0].distance(centre) < 1e-3, "the landmarks do not go along");
        }
    }

    #[test]
    fn it_stays_where_it_was_where_something_else_is_there_now() {
        let (mut drift, start) = (Drift::default(), Point::new(150.0, 120.0));
        drift.follow(&frame(start, 1.0).frame().unwrap(), &mut plan(face(start), 1));
        let mut held = plan(face(start), 0);
        let elsewhere = frame(Point::new(20.0, 230.0), 1.0);
        drift.follow(&elsewhere.frame().unwrap(), &mut held);
        assert_eq!(held.swap[0], face(start));
    }
}

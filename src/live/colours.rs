//! The colours of each face in the frames before, so that a colour transfer does not flicker.
//!
//! A frame in flight cannot wait for the one before it. A job that goes through again brings the colours that were
//! measured when it last did; jobs come round in the order of frames, so what a frame is given does not depend on which
//! worker was faster.

use crate::blend::{Colours, Earlier};
use crate::face::Face;

/// Seconds in which what was measured fades to 1/e.
const FADE: f64 = 0.5;
/// Seconds after which it is forgotten.
const FORGOTTEN: f64 = 3.0;

/// What a job carries of its faces' colours, by track.
#[derive(Debug, Default)]
pub struct ColourNotes {
    /// The shot that it was planned in.
    shot: u64,
    /// Stream time in seconds.
    time: f64,
    earlier: Vec<(u32, Earlier)>,
    measured: Vec<(u32, Colours)>,
}

impl ColourNotes {
    /// The colours of a face in the frames before.
    pub fn earlier(&self, track: u32) -> Option<Earlier> {
        self.earlier.iter().find(|(of, _)| *of == track).map(|(_, earlier)| *earlier)
    }

    /// Notes what was measured in this frame.
    pub fn note(&mut self, track: u32, colours: Colours) {
        self.measured.push((track, colours));
    }
}

/// One face's colours so far: their mean, in which newer ones weigh more.
#[derive(Debug)]
struct Remembered {
    track: u32,
    time: f64,
    /// The weight of all that was measured; what is measured now weighs 1.
    weight: f64,
    colours: Colours,
}

impl Remembered {
    /// Its weight `time` seconds into the stream.
    fn weight(&self, time: f64) -> f64 {
        self.weight * (-(time - self.time).max(0.0) / FADE).exp()
    }
}

/// Remembers colours from frame to frame until the scene, the stream or the model is another.
#[derive(Debug, Default)]
pub struct ColourMemory {
    shot: u64,
    faces: Vec<Remembered>,
}

impl ColourMemory {
    /// Forgets everything, also what frames in flight will have measured.
    pub fn reset(&mut self) {
        self.shot += 1;
        self.faces.clear();
    }

    /// Takes over what was measured when the job last went through.
    pub fn take(&mut self, notes: &mut ColourNotes) {
        let time = notes.time;
        for (track, colours) in notes.measured.drain(..) {
            if notes.shot != self.shot {
                continue;
            }
            let fresh = Remembered { track, time, weight: 1.0, colours };
            match self.faces.iter_mut().find(|face| face.track == track) {
                Some(face) if face.colours.space == colours.space => {
                    let before = face.weight(time);
                    let share = before / (before + 1.0);
                    *face = Remembered {
                        weight: before + 1.0,
                        colours: colours.mixed(&face.colours, share as f32),
                        ..fresh
                    };
                }
                Some(face) => *face = fresh,
                None => self.faces.push(fresh),
            }
        }
    }

    /// Gives the job what is known of `faces`, `time` seconds into the stream.
    pub fn give(&mut self, faces: &[Face], time: f64, notes: &mut ColourNotes) {
        (notes.shot, notes.time) = (self.shot, time);
        notes.earlier.clear();
        self.faces.retain(|face| time - face.time < FORGOTTEN);
        for face in faces {
            if let Some(known) = self.faces.iter().find(|known| known.track == face.track) {
                let weight = known.weight(time);
                let share = (weight / (weight + 1.0)) as f32;
                notes.earlier.push((face.track, Earlier { colours: known.colours, share }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blend::space::Space;
    use crate::blend::statistics::ColourStatistics;
    use crate::geometry::{Rect, Similarity};

    fn face(track: u32) -> Face {
        let (bounds, to_canonical) = (Rect::default(), Similarity::IDENTITY);
        Face {
            track,
            score: 1.0,
            bounds,
            landmarks: Vec::new(),
            to_canonical,
            to_canonical_rigid: to_canonical,
            ..Face::default()
        }
    }

    fn colours(value: f32) -> Colours {
        let of = ColourStatistics { mean: [value; 3], deviation: [0.5 * value; 3] };
        Colours { space: Space::Linear, driver: of, face: of }
    }

    /// Puts frame `n` of 30 a second through, which measures `value` for track 1; returns what it is given before.
    fn pass(memory: &mut ColourMemory, notes: &mut ColourNotes, n: u32, value: f32) -> Option<Earlier> {
        memory.take(notes);
        memory.give(&[face(1)], f64::from(n) / 30.0, notes);
        notes.note(1, colours(value));
        notes.earlier(1)
    }

    fn shown(earlier: Option<Earlier>, value: f32) -> f32 {
        Colours::steadied(Some(colours(value)), earlier.as_ref(), Space::Linear).map_or(f32::NAN, |c| c.face.mean[1])
    }

    #[test]
    fn the_first_frame_is_its_own_and_noise_is_steadied() {
        let (mut memory, mut notes) = (ColourMemory::default(), ColourNotes::default());
        assert_eq!(pass(&mut memory, &mut notes, 0, 0.3), None);
        let mut worst = 0f32;
        for n in 1..200 {
            let value = if n % 2 == 0 { 0.3 } else { 0.2 };
            let given = shown(pass(&mut memory, &mut notes, n, value), value);
            // The mean of 0.2 and 0.3 is what it comes to, within a tenth of how far each frame is from it.
            worst = worst.max(if n > 60 { (given - 0.25).abs() } else { 0.0 });
        }
        assert!(worst < 0.005, "{worst}");
    }

    #[test]
    fn it_comes_to_what_stays() {
        let (mut memory, mut notes) = (ColourMemory::default(), ColourNotes::default());
        (0..60).for_each(|n| {
            pass(&mut memory, &mut notes, n, 0.2);
        });
        let after = |memory: &mut ColourMemory, notes: &mut ColourNotes, from: u32, frames: u32| {
            (from..from + frames).map(|n| shown(pass(memory, notes, n, 0.4), 0.4)).last()
        };
        let soon = after(&mut memory, &mut notes, 60, 5).unwrap_or_default();
        let late = after(&mut memory, &mut notes, 65, 85).unwrap_or_default();
        assert!(soon < 0.3 && (late - 0.4).abs() < 0.002, "{soon} {late}");
    }

    #[test]
    fn a_cut_forgets_also_what_is_in_flight() {
        let mut memory = ColourMemory::default();
        let mut flying = [ColourNotes::default(), ColourNotes::default(), ColourNotes::default()];
        for n in 0..9 {
            pass(&mut memory, &mut flying[n as usize % 3], n, 0.2);
        }
        memory.reset();
        for n in 9..12 {
            let given = pass(&mut memory, &mut flying[n as usize % 3], n, 0.6);
            assert_eq!(given, None, "frame {n} is given colours of before the cut");
        }
        let given = pass(&mut memory, &mut flying[0], 12, 0.6);
        assert!((shown(given, 0.6) - 0.6).abs() < 1e-6);
    }

    #[test]
    fn another_face_and_another_space_begin_anew() {
        let (mut memory, mut notes) = (ColourMemory::default(), ColourNotes::default());
        pass(&mut memory, &mut notes, 0, 0.2);
        memory.take(&mut notes);
        memory.give(&[face(1), face(2)], 0.1, &mut notes);
        assert!(notes.earlier(1).is_some() && notes.earlier(2).is_none());
        let lab = Colours { space: Space::Lab, ..colours(50.0) };
        assert_eq!(Colours::steadied(Some(lab), notes.earlier(1).as_ref(), Space::Lab), Some(lab));
        notes.note(1, lab);
        memory.take(&mut notes);
        memory.give(&[face(1)], 0.2, &mut notes);
        assert_eq!(notes.earlier(1).map(|earlier| earlier.colours), Some(lab));
        memory.give(&[face(1)], 9.0, &mut notes);
        assert_eq!(notes.earlier(1), None, "what is long ago is forgotten");
    }
}

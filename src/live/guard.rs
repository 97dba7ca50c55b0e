//! Fail closed: what happens to each face of a frame, and to faces that should be there and are not.
//!
//! Subjects that were swapped and are not found any more are protected by the [ladder](super::ladder), until they leave
//! the frame or are found again: near where they should be, or anywhere after a cut.

use super::ladder::Remembered;
use super::{OnFailure, Plan, Select, Selector};
use crate::face::Face;
use crate::frame::Layout;
use crate::geometry::Rect;

/// What is known of a frame when it is planned.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The faces that were found.
    pub faces: &'a [Face],
    /// Places that look a little like a face.
    pub suspects: &'a [Rect],
    /// Whether some of those may be faces that there was no time to try.
    pub unfinished: bool,
    /// Whether the frame shows another scene than the one before.
    pub cut: bool,
    /// Seconds; does not run backwards between resets.
    pub time: f64,
    /// What the frame is.
    pub layout: Layout,
}

/// Remembers the subjects and plans each frame.
#[derive(Debug, Default)]
pub struct Guard {
    selector: Selector,
    remembered: Vec<Remembered>,
    chosen: Vec<bool>,
}

impl Guard {
    /// Forgets everything: a new stream, a seek.
    pub fn reset(&mut self) {
        self.selector.reset();
        self.remembered.clear();
    }

    /// Plans a frame.
    pub fn plan(&mut self, select: Select, on_failure: OnFailure, sight: &Sight<'_>, plan: &mut Plan) {
        plan.clear();
        let Sight { faces, time, .. } = *sight;
        for lost in &mut self.remembered {
            lost.cut |= sight.cut;
        }
        let there = |track| faces.iter().find(|face| face.track == track);
        let newly = |lost: &Remembered| faces.iter().find(|face| lost.comes_back_as(face, time));
        // Whoever was followed first comes first: what was taken up meanwhile may have been no face at all.
        let back = self.remembered.iter().find_map(|lost| there(lost.face.track).or_else(|| newly(lost)));
        if let Some(face) = back {
            self.selector.follow(face.track);
        }
        let missed = |track| self.remembered.iter().any(|lost| lost.face.track == track && there(track).is_none());
        let newest = faces.iter().map(|face| face.track).max().unwrap_or(0);
        let mut chosen = std::mem::take(&mut self.chosen);
        self.selector.choose(select, faces, missed, &mut chosen);
        self.remembered.retain(|r| match faces.iter().position(|face| face.track == r.face.track) {
            Some(i) => chosen[i],
            // After a cut, any face that was not there before stands for the one that was.
            None => newly(r).is_none() && !(r.cut && newest > r.newest),
        });
        for (face, _) in faces.iter().zip(&chosen).filter(|(_, chosen)| **chosen) {
            plan.swap(face);
            self.remember(face, time, newest, &sight.layout);
        }
        self.chosen = chosen;
        plan.found = plan.swap.len();
        if sight.unfinished && (select == Select::All || plan.found == 0) {
            sight.suspects.iter().for_each(|suspect| plan.protect(on_failure, *suspect));
        }
        // Where the swap has gone on with another face, the frame is not blurred for the sake of a place.
        let region_only = plan.found > 0 && matches!(select, Select::Largest | Select::LeftMost);
        self.remembered.retain_mut(|r| r.seen == time || r.still_protected(sight, on_failure, region_only, plan));
    }

    /// Plans a frame in which faces could not even be looked for.
    pub fn plan_blind(&mut self, on_failure: OnFailure, plan: &mut Plan) {
        plan.clear();
        plan.blind(on_failure);
    }

    fn remember(&mut self, face: &Face, time: f64, newest: u32, layout: &Layout) {
        match self.remembered.iter_mut().find(|r| r.face.track == face.track) {
            Some(known) => known.see(face, time, newest, layout),
            None => self.remembered.push(Remembered::new(face, time, newest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Matrix, PixelFormat, Range};
    use crate::geometry::Similarity;
    use crate::live::MARGIN;

    const LAYOUT: Layout =
        Layout { format: PixelFormat::I420, width: 640, height: 480, matrix: Matrix::Bt709, range: Range::Limited };

    fn face(track: u32, x: f32) -> Face {
        Face {
            track,
            score: 1.0,
            bounds: Rect { x, y: 100.0, w: 120.0, h: 150.0 },
            landmarks: Vec::new(),
            to_canonical: Similarity::IDENTITY,
            to_canonical_rigid: Similarity::IDENTITY,
            skull_centre: None,
            yaw: 0.0,
        }
    }

    fn at(guard: &mut Guard, on_failure: OnFailure, faces: &[Face], suspects: &[Rect], time: f64) -> Plan {
        let mut plan = Plan::default();
        let sight = Sight { faces, suspects, unfinished: false, cut: false, time, layout: LAYOUT };
        guard.plan(Select::Largest, on_failure, &sight, &mut plan);
        plan
    }

    #[test]
    fn the_ladder_holds_then_blurs_the_region_then_the_frame_then_lets_go() {
        let mut guard = Guard::default();
        let hold = OnFailure::Hold;
        assert_eq!(at(&mut guard, hold, &[face(1, 200.0)], &[], 0.0).found, 1);
        let held = at(&mut guard, hold, &[], &[], 0.2);
        assert_eq!((held.swap.len(), held.found, held.conceal.len()), (1, 0, 0));
        let blurred = at(&mut guard, hold, &[], &[], 0.5);
        assert_eq!((blurred.swap.len(), blurred.conceal.len(), blurred.conceal_all), (0, 1, false));
        assert!(blurred.conceal[0].w > 120.0 * MARGIN);
        assert!(at(&mut guard, hold, &[], &[], 1.5).conceal_all);
        let empty = at(&mut guard, hold, &[], &[], 2.6);
        assert!(empty.swap.is_empty() && empty.conceal.is_empty() && !empty.conceal_all);
    }

    #[test]
    fn a_trace_of_a_face_keeps_the_protection_up() {
        let mut guard = Guard::default();
        at(&mut guard, OnFailure::Blur, &[face(1, 200.0)], &[], 0.0);
        let trace = [Rect { x: 210.0, y: 120.0, w: 90.0, h: 90.0 }];
        for tick in 1..100 {
            let plan = at(&mut guard, OnFailure::Blur, &[], &trace, f64::from(tick) * 0.1);
            assert!(plan.conceal_all || !plan.conceal.is_empty(), "bare at tick {tick}");
        }
    }

    #[test]
    fn a_face_that_leaves_through_the_edge_is_held_on_its_way_out_and_then_forgotten() {
        let mut guard = Guard::default();
        for tick in 0..10u8 {
            let seconds = f32::from(tick) / 30.0;
            at(&mut guard, OnFailure::Hold, &[face(1, 200.0 - 750.0 * seconds)], &[], f64::from(seconds));
        }
        let held = at(&mut guard, OnFailure::Hold, &[], &[], 0.4);
        assert!(held.swap[0].bounds.x < -40.0, "held at {:?}", held.swap[0].bounds);
        let gone = at(&mut guard, OnFailure::Hold, &[], &[], 1.0);
        assert!(gone.conceal.is_empty() && !gone.conceal_all);
    }

    #[test]
    fn a_close_up_is_protected_to_the_end_of_the_ladder() {
        let mut guard = Guard::default();
        let close = Face { bounds: Rect { x: 180.0, y: 60.0, w: 280.0, h: 360.0 }, ..face(1, 0.0) };
        at(&mut guard, OnFailure::Hold, std::slice::from_ref(&close), &[], 0.0);
        assert!(at(&mut guard, OnFailure::Hold, &[], &[], 2.4).conceal_all);
    }

    #[test]
    fn a_neighbour_who_was_there_all_along_does_not_end_the_protection() {
        for select in [Select::Largest, Select::All] {
            let mut guard = Guard::default();
            let (mut plan, neighbour) =
                (Plan::default(), Face { bounds: Rect { w: 100.0, ..face(2, 330.0).bounds }, ..face(2, 330.0) });
            for (faces, time) in [(vec![face(1, 200.0), neighbour.clone()], 0.0), (vec![neighbour], 0.5)] {
                let sight = Sight { faces: &faces, suspects: &[], unfinished: false, cut: false, time, layout: LAYOUT };
                guard.plan(select, OnFailure::Blur, &sight, &mut plan);
            }
            assert_eq!(plan.conceal.len(), 1, "{select:?}");
        }
    }

    #[test]
    fn a_chosen_track_that_comes_back_with_another_number_is_still_the_chosen_one() {
        let (mut guard, mut plan) = (Guard::default(), Plan::default());
        for (track, time) in [(4, 0.0), (9, 0.8), (9, 0.9)] {
            let faces = [face(track, 200.0)];
            let sight = Sight { faces: &faces, suspects: &[], unfinished: false, cut: false, time, layout: LAYOUT };
            guard.plan(Select::Track(4), OnFailure::Hold, &sight, &mut plan);
            assert_eq!((plan.found, plan.swap[0].track), (1, track));
        }
    }

    #[test]
    fn faces_that_there_was_no_time_to_try_are_concealed() {
        let (mut guard, mut plan) = (Guard::default(), Plan::default());
        let suspects = [Rect { x: 20.0, y: 20.0, w: 60.0, h: 60.0 }];
        let sight = Sight { faces: &[], suspects: &suspects, unfinished: true, cut: false, time: 0.0, layout: LAYOUT };
        guard.plan(Select::All, OnFailure::Hold, &sight, &mut plan);
        assert_eq!(plan.conceal.len(), 1);
    }

    #[test]
    fn drop_lets_nothing_out_and_pass_lets_all_out() {
        for (on_failure, dropped) in [(OnFailure::Drop, true), (OnFailure::Pass, false)] {
            let mut guard = Guard::default();
            at(&mut guard, on_failure, &[face(1, 200.0)], &[], 0.0);
            let plan = at(&mut guard, on_failure, &[], &[], 0.1);
            assert_eq!(plan.drop, dropped);
            assert!(plan.swap.is_empty() && plan.conceal.is_empty() && !plan.conceal_all);
        }
    }

    #[test]
    fn a_face_found_again_nearby_takes_the_lost_one_s_place() {
        let mut guard = Guard::default();
        at(&mut guard, OnFailure::Hold, &[face(1, 200.0)], &[], 0.0);
        let plan = at(&mut guard, OnFailure::Hold, &[face(2, 260.0)], &[], 0.1);
        assert_eq!((plan.swap.len(), plan.found, plan.swap[0].track), (1, 1, 2));
    }

    #[test]
    fn a_pattern_taken_for_a_face_once_is_soon_forgotten_and_not_in_the_way_of_the_face_that_was_lost() {
        let (hold, mut guard) = (OnFailure::Hold, Guard::default());
        let pattern = Face { score: 0.8, ..face(2, 500.0) };
        at(&mut guard, hold, &[face(1, 0.0)], &[], 0.0);
        at(&mut guard, hold, &[pattern], &[], 0.4);
        let back = at(&mut guard, hold, &[face(1, 10.0)], &[], 0.5);
        assert_eq!((back.found, back.swap[0].track, back.conceal.len()), (1, 1, 1));
        let later = at(&mut guard, hold, &[face(1, 10.0)], &[], 0.8);
        assert_eq!((later.found, later.conceal.len()), (1, 0));
    }

    #[test]
    fn a_face_that_turns_up_elsewhere_does_not_end_the_protection_unless_the_scene_has_changed() {
        let hold = OnFailure::Hold;
        let mut guard = Guard::default();
        at(&mut guard, hold, &[face(1, 0.0)], &[], 0.0);
        let elsewhere = at(&mut guard, hold, &[face(2, 500.0)], &[], 0.5);
        assert_eq!((elsewhere.found, elsewhere.conceal.len()), (1, 1));
        let long_after = at(&mut guard, hold, &[face(2, 500.0)], &[], 2.0);
        assert!(long_after.conceal.len() == 1 && !long_after.conceal_all);
        let back = at(&mut guard, hold, &[face(2, 500.0), face(3, 10.0)], &[], 2.1);
        assert_eq!((back.found, back.swap[0].track), (1, 3), "the lost face came back and is bare");

        let mut guard = Guard::default();
        at(&mut guard, hold, &[face(1, 0.0)], &[], 0.0);
        let (faces, mut plan) = ([face(2, 500.0)], Plan::default());
        let sight = Sight { faces: &faces, suspects: &[], unfinished: false, cut: true, time: 0.1, layout: LAYOUT };
        guard.plan(Select::Largest, hold, &sight, &mut plan);
        assert_eq!((plan.swap.len(), plan.conceal.len()), (1, 0));
    }

    #[test]
    fn a_blind_frame_is_concealed_whole() {
        let mut guard = Guard::default();
        let mut plan = Plan::default();
        guard.plan_blind(OnFailure::Hold, &mut plan);
        assert!(plan.conceal_all);
        guard.plan_blind(OnFailure::Pass, &mut plan);
        assert!(!plan.conceal_all && !plan.drop);
    }
}

//! What is planned, frame by frame.

use super::*;
use crate::face::PeopleMap;
use crate::frame::{Matrix, PixelFormat, Range, TransferFunction};
use crate::geometry::{Point, Similarity};
use crate::live::{LadderTimes, MARGIN};

mod performers;

const LAYOUT: Layout = Layout {
    format: PixelFormat::I420,
    width: 640,
    height: 480,
    matrix: Matrix::Bt709,
    range: Range::Limited,
    transfer: TransferFunction::Standard,
};

fn face(track: u32, x: f32) -> Face {
    Face {
        track,
        score: 1.0,
        bounds: Rect { x, y: 100.0, w: 120.0, h: 150.0 },
        landmarks: Vec::new(),
        to_canonical: Similarity::IDENTITY,
        to_canonical_rigid: Similarity::IDENTITY,
        ..Face::default()
    }
}

fn settings(select: Select, on_failure: OnFailure) -> Settings {
    Settings { select, on_failure, ..Settings::default() }
}

/// What is seen of a frame in which nobody looked for people.
fn seen(faces: &[Face], time: f64) -> Observation<'_> {
    let layout = LAYOUT;
    Observation { faces, suspects: &[], unfinished: false, people: None, cut: false, time, layout }
}

fn at(guard: &mut Guard, on_failure: OnFailure, faces: &[Face], suspects: &[Rect], time: f64) -> Plan {
    let mut plan = Plan::default();
    guard.plan(&settings(Select::Largest, on_failure), &Observation { suspects, ..seen(faces, time) }, &mut plan);
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
    assert!(blurred.conceal[0].region.w > 120.0 * MARGIN);
    assert!(at(&mut guard, hold, &[], &[], 1.5).conceal_all);
    let empty = at(&mut guard, hold, &[], &[], 2.6);
    assert!(empty.swap.is_empty() && empty.conceal.is_empty() && !empty.conceal_all);
}

#[test]
fn a_face_that_was_concealed_is_swapped_once_it_was_seen_for_a_tenth_of_a_second() {
    for (again, on_failure) in [(1, OnFailure::Hold), (2, OnFailure::Hold), (2, OnFailure::Blur)] {
        let mut guard = Guard::default();
        at(&mut guard, on_failure, &[face(1, 200.0)], &[], 0.0);
        assert_eq!(at(&mut guard, on_failure, &[], &[], 0.5).conceal.len(), 1);
        // It flickers, under its number or another.
        for time in [0.54, 0.60] {
            let plan = at(&mut guard, on_failure, &[face(again, 200.0)], &[], time);
            assert_eq!((plan.swap.len(), plan.conceal.len()), (0, 1), "{again} at {time}");
        }
        assert!(at(&mut guard, on_failure, &[], &[], 1.0).swap.is_empty());
        for (time, swapped) in [(1.1, 0), (1.15, 0), (1.21, 1), (1.25, 1)] {
            let plan = at(&mut guard, on_failure, &[face(again, 200.0)], &[], time);
            assert_eq!((plan.swap.len(), plan.conceal.len()), (swapped, 1 - swapped), "{again} at {time}");
        }
    }
    // One that was held was never concealed.
    let mut guard = Guard::default();
    at(&mut guard, OnFailure::Hold, &[face(1, 200.0)], &[], 0.0);
    at(&mut guard, OnFailure::Hold, &[], &[], 0.1);
    assert_eq!(at(&mut guard, OnFailure::Hold, &[face(1, 200.0)], &[], 0.2).swap.len(), 1);
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
fn a_face_that_leaves_through_the_edge_is_concealed_on_its_way_out_and_then_forgotten() {
    let mut guard = Guard::default();
    for tick in 0..10u8 {
        let seconds = f32::from(tick) / 30.0;
        at(&mut guard, OnFailure::Hold, &[face(1, 200.0 - 750.0 * seconds)], &[], f64::from(seconds));
    }
    let leaving = at(&mut guard, OnFailure::Hold, &[], &[], 0.4);
    assert!(leaving.swap.is_empty() && leaving.conceal[0].region.x < -40.0, "{:?}", leaving.conceal);
    let gone = at(&mut guard, OnFailure::Hold, &[], &[], 1.0);
    assert!(gone.conceal.is_empty() && !gone.conceal_all);
}

/// Plans a frame without a face in which people are where `shows` says.
fn with_people(guard: &mut Guard, settings: &Settings, shows: impl Fn(Point) -> bool, time: f64) -> Plan {
    let (mut plan, map) = (Plan::default(), PeopleMap::empty(640, 480).with(shows));
    assert!(guard.needs_people(settings, &[]));
    guard.plan(settings, &Observation { people: Some(&map), ..seen(&[], time) }, &mut plan);
    plan
}

#[test]
fn whoever_is_not_there_any_more_is_not_protected_any_more() {
    let blur = settings(Select::Largest, OnFailure::Blur);
    let mut guard = Guard::default();
    at(&mut guard, OnFailure::Blur, &[face(1, 200.0)], &[], 0.0);
    // Turned away: as long as somebody is there, something is concealed, and never the whole frame.
    for tick in 1..40 {
        let plan = with_people(&mut guard, &blur, |p| p.x > 150.0 && p.x < 400.0, f64::from(tick) * 0.1);
        assert!(!plan.conceal.is_empty() && !plan.conceal_all, "tick {tick}: {plan:?}");
    }
    for tick in 41..44 {
        let plan = with_people(&mut guard, &blur, |_| false, f64::from(tick) * 0.1);
        assert_eq!(plan.conceal.len(), 0, "tick {tick}: {plan:?}");
    }
    // Soon after it was lost, too; but not where nobody could be told from the wall in the first place.
    for (shows, protected) in [(true, false), (false, true)] {
        let mut guard = Guard::default();
        at(&mut guard, OnFailure::Blur, &[face(1, 200.0)], &[], 0.0);
        with_people(&mut guard, &blur, |_| shows, 0.1);
        let plan = with_people(&mut guard, &blur, |_| false, 0.5);
        assert_eq!(!plan.conceal.is_empty(), protected, "{plan:?}");
    }
}

#[test]
fn whoever_goes_behind_somebody_nearer_is_not_held_or_blurred_over_them() {
    let all = settings(Select::All, OnFailure::Hold);
    let near = Face { bounds: Rect { x: 220.0, y: 60.0, w: 200.0, h: 260.0 }, ..face(1, 0.0) };
    let far = |x| Face { bounds: Rect { x, y: 120.0, w: 100.0, h: 130.0 }, ..face(2, 0.0) };
    let (mut guard, mut plan) = (Guard::default(), Plan::default());
    guard.plan(&all, &seen(&[near.clone(), far(480.0)], 0.0), &mut plan);
    // A sliver of the other shows beside the nearer head.
    let map = |other: f32| {
        PeopleMap::empty(640, 480).with(|p| (p.x > 180.0 && p.x < 460.0) || (p.x > 500.0 && p.x < other && p.y < 300.0))
    };
    for (time, until, concealed) in [(0.1, 540.0, 1), (0.2, 0.0, 0), (0.5, 0.0, 0)] {
        let (faces, map) = ([near.clone()], map(until));
        let observed = Observation { people: Some(&map), ..seen(&faces, time) };
        guard.plan(&Settings { guard: GuardMode::Track, ..all.clone() }, &observed, &mut plan);
        assert_eq!((plan.swap.len(), plan.conceal.len()), (1, concealed), "at {time}: {plan:?}");
        assert!(plan.conceal.iter().all(|it| it.region.x >= 480.0), "over the nearer face: {plan:?}");
    }
}

#[test]
fn where_nobody_can_be_told_from_the_wall_the_whole_frame_is_blurred_in_the_end() {
    let blur = settings(Select::Largest, OnFailure::Blur);
    let mut guard = Guard::default();
    at(&mut guard, OnFailure::Blur, &[face(1, 200.0)], &[], 0.0);
    for (time, whole) in [(0.1, false), (0.9, false), (1.2, true), (2.4, true), (2.6, false)] {
        let plan = with_people(&mut guard, &blur, |_| false, time);
        assert_eq!((plan.conceal_all, plan.conceal.is_empty()), (whole, whole || time > 2.5), "at {time}: {plan:?}");
    }
}

#[test]
fn somebody_who_ducks_is_not_held_where_they_were() {
    let hold = settings(Select::Largest, OnFailure::Hold);
    for (top, held) in [(80.0, 1), (240.0, 0)] {
        let mut guard = Guard::default();
        at(&mut guard, OnFailure::Hold, &[face(1, 200.0)], &[], 0.0);
        let plan = with_people(&mut guard, &hold, |p| p.x > 180.0 && p.x < 340.0 && p.y > top, 0.1);
        assert_eq!(plan.swap.len(), held, "{plan:?}");
        let covered = plan.conceal.iter().map(|it| it.region).reduce(|all, one| all.union(&one));
        assert!(held == 1 || covered.is_some_and(|all| all.y <= 240.0 && all.y + all.h >= 480.0), "{plan:?}");
    }
}

#[test]
fn whoever_turns_up_elsewhere_while_the_subject_is_lost_may_be_the_subject() {
    let hold = settings(Select::Largest, OnFailure::Hold);
    let (mut guard, mut plan) = (Guard::default(), Plan::default());
    at(&mut guard, OnFailure::Hold, &[face(1, 0.0)], &[], 0.0);
    let (elsewhere, map) = ([face(2, 480.0)], PeopleMap::empty(640, 480).with(|p| p.x > 460.0 || p.x < 140.0));
    guard.plan(&hold, &Observation { people: Some(&map), ..seen(&elsewhere, 0.1) }, &mut plan);
    let hidden = plan.swap.iter().map(|face| face.bounds).chain(plan.conceal.iter().map(|it| it.region));
    assert!(hidden.into_iter().any(|region| region.iou(&elsewhere[0].bounds) > 0.2), "{plan:?}");
}

#[test]
fn the_ladder_s_times_are_the_user_s() {
    let times = |hold_time, blur_time| Settings {
        ladder: LadderTimes { hold_time, blur_time },
        ..settings(Select::Largest, OnFailure::Hold)
    };
    for (times, held, over) in [(times(0.0, 1.0), 0.0, 2.5), (times(1.0, 1.0), 0.9, 2.5), (times(4.0, 0.0), 3.9, 4.0)] {
        let (mut guard, mut plan) = (Guard::default(), Plan::default());
        guard.plan(&times, &seen(&[face(1, 200.0)], 0.0), &mut plan);
        guard.plan(&times, &seen(&[], held + 0.05), &mut plan);
        assert_eq!(plan.swap.len(), usize::from(held > 0.0), "{:?}: {plan:?}", times.ladder);
        guard.plan(&times, &seen(&[], over - 0.01), &mut plan);
        assert!(!plan.swap.is_empty() || !plan.conceal.is_empty() || plan.conceal_all, "{:?}", times.ladder);
        guard.plan(&times, &seen(&[], over + 0.01), &mut plan);
        assert!(plan.swap.is_empty() && plan.conceal.is_empty() && !plan.conceal_all, "{:?}", times.ladder);
    }
}

#[test]
fn a_trace_ends_the_hold_whatever_the_times_are() {
    let hold = Settings {
        ladder: LadderTimes { hold_time: 1.0, blur_time: 1.0 },
        ..settings(Select::Largest, OnFailure::Hold)
    };
    let (mut guard, mut plan) = (Guard::default(), Plan::default());
    guard.plan(&hold, &seen(&[face(1, 200.0)], 0.0), &mut plan);
    let trace = [Rect { x: 210.0, y: 120.0, w: 90.0, h: 90.0 }];
    for tick in 1..30 {
        let observed = Observation { suspects: &trace, ..seen(&[], f64::from(tick) * 0.1) };
        guard.plan(&hold, &observed, &mut plan);
        assert!(plan.swap.is_empty() && (!plan.conceal.is_empty() || plan.conceal_all), "tick {tick}: {plan:?}");
    }
}

#[test]
fn strict_conceals_whoever_comes_in_and_track_does_not() {
    for (guard_mode, concealed) in [(GuardMode::Strict, 1), (GuardMode::Track, 0)] {
        let settings = Settings { guard: guard_mode, ..settings(Select::Largest, OnFailure::Hold) };
        let (mut guard, mut plan) = (Guard::default(), Plan::default());
        let map = PeopleMap::empty(640, 480).with(|p| p.x > 600.0 && p.y > 200.0);
        guard.plan(&settings, &Observation { people: Some(&map), ..seen(&[], 0.0) }, &mut plan);
        assert_eq!(plan.conceal.len(), concealed);
    }
}

#[test]
fn where_one_face_is_selected_and_there_nobody_else_is_concealed_and_of_all_everybody_is() {
    for (select, concealed) in [(Select::Largest, 0), (Select::All, 1)] {
        let settings = settings(select, OnFailure::Hold);
        let (mut guard, faces) = (Guard::default(), [face(1, 100.0)]);
        at(&mut guard, OnFailure::Hold, &faces, &[], 0.0);
        assert_eq!(guard.needs_people(&settings, &faces), concealed == 1, "{select:?}");
        let (mut plan, map) = (Plan::default(), PeopleMap::empty(640, 480).with(|p| p.x > 600.0));
        guard.plan(&settings, &Observation { people: Some(&map), ..seen(&faces, 0.1) }, &mut plan);
        assert_eq!((plan.found, plan.conceal.len()), (1, concealed), "{select:?}");
    }
}

#[test]
fn pass_conceals_nobody_who_comes_in() {
    let (pass, mut guard, mut plan) = (settings(Select::All, OnFailure::Pass), Guard::default(), Plan::default());
    assert!(!guard.needs_people(&pass, &[]));
    let map = PeopleMap::empty(640, 480).with(|_| true);
    guard.plan(&pass, &Observation { people: Some(&map), ..seen(&[], 0.0) }, &mut plan);
    assert!(plan.conceal.is_empty() && !plan.conceal_all && !plan.drop);
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
            let observed = seen(&faces, time);
            guard.plan(&settings(select, OnFailure::Blur), &observed, &mut plan);
        }
        assert_eq!(plan.conceal.len(), 1, "{select:?}");
    }
}

#[test]
fn a_chosen_track_that_comes_back_with_another_number_is_still_the_chosen_one() {
    let (mut guard, mut plan) = (Guard::default(), Plan::default());
    for (track, time) in [(4, 0.0), (9, 0.8), (9, 0.9)] {
        let faces = [face(track, 200.0)];
        let observed = seen(&faces, time);
        guard.plan(&settings(Select::Track(4), OnFailure::Hold), &observed, &mut plan);
        assert_eq!((plan.found, plan.swap[0].track), (1, track));
    }
}

#[test]
fn faces_that_there_was_no_time_to_try_are_concealed() {
    let (mut guard, mut plan) = (Guard::default(), Plan::default());
    let suspects = [Rect { x: 20.0, y: 20.0, w: 60.0, h: 60.0 }];
    let observed = Observation { suspects: &suspects, unfinished: true, ..seen(&[], 0.0) };
    guard.plan(&settings(Select::All, OnFailure::Hold), &observed, &mut plan);
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
    let seen_again = at(&mut guard, hold, &[face(1, 10.0)], &[], 0.5);
    assert_eq!((seen_again.found, seen_again.conceal.len()), (0, 2));
    let back = at(&mut guard, hold, &[face(1, 10.0)], &[], 0.61);
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
    let seen_again = at(&mut guard, hold, &[face(2, 500.0), face(3, 10.0)], &[], 2.1);
    assert_eq!((seen_again.found, seen_again.conceal.len()), (0, 1), "the lost face came back and is bare");
    let back = at(&mut guard, hold, &[face(2, 500.0), face(3, 10.0)], &[], 2.21);
    assert_eq!((back.found, back.swap[0].track), (1, 3), "the lost face came back and is bare");

    let mut guard = Guard::default();
    at(&mut guard, hold, &[face(1, 0.0)], &[], 0.0);
    let (faces, mut plan) = ([face(2, 500.0)], Plan::default());
    let observed = Observation { cut: true, ..seen(&faces, 0.1) };
    guard.plan(&settings(Select::Largest, hold), &observed, &mut plan);
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

/// A head that moves while it is held is looked for, and concealed, where it went.
#[test]
fn whoever_is_lost_after_a_hold_was_where_they_were_held() {
    let mut guard = Guard::default();
    at(&mut guard, OnFailure::Hold, &[face(1, 200.0)], &[], 0.0);
    let mut held = at(&mut guard, OnFailure::Hold, &[], &[], 0.2);
    assert_eq!((held.swap.len(), held.found), (1, 0));
    held.swap[0].shift(Point::new(150.0, -20.0));
    guard.follow(&held.swap);
    let blurred = at(&mut guard, OnFailure::Hold, &[], &[], 0.5);
    let centre = blurred.conceal[0].region.centre();
    assert!((centre.x - 410.0).abs() < 1.0 && (centre.y - 155.0).abs() < 1.0, "{centre:?}");
    // Seen again, it is where it is seen.
    at(&mut guard, OnFailure::Hold, &[face(1, 200.0)], &[], 0.55);
    let lost = at(&mut guard, OnFailure::Blur, &[], &[], 0.6);
    assert!((lost.conceal[0].region.centre().x - 260.0).abs() < 1.0);
}

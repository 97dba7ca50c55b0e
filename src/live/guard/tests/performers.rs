//! What is planned where people are told apart.

use super::*;
use crate::face::PeopleMap;
use crate::live::{Concealed, Look};

/// A face of which it is known, or not, whose it is.
fn of(track: u32, x: f32, recognised: Recognised) -> Face {
    Face { recognised, ..face(track, x) }
}

fn with_performers(guard: GuardMode, strangers: Strangers) -> Settings {
    let performers = vec![Look::default(); 2];
    Settings { performers, strangers, guard, ..settings(Select::Largest, OnFailure::Blur) }
}

#[test]
fn only_performers_are_swapped_and_who_is_not_known_yet_is_concealed() {
    let (mut guard, mut plan) = (Guard::default(), Plan::default());
    let faces = [
        of(1, 0.0, Recognised::Performer(1)),
        of(2, 200.0, Recognised::Stranger),
        of(3, 400.0, Recognised::Undecided),
        of(4, 500.0, Recognised::Performer(0)),
    ];
    let swapped = |plan: &Plan| plan.swap.iter().map(|face| face.track).collect::<Vec<_>>();
    guard.plan(&with_performers(GuardMode::Strict, Strangers::Pass), &seen(&faces, 0.0), &mut plan);
    assert_eq!((swapped(&plan), plan.conceal.len()), (vec![1, 4], 1));
    assert_eq!(plan.conceal[0].region, faces[2].bounds.grown(MARGIN));
    guard.plan(&with_performers(GuardMode::Strict, Strangers::Conceal), &seen(&faces, 0.1), &mut plan);
    assert_eq!((swapped(&plan), plan.conceal.len()), (vec![1, 4], 2));
    guard.plan(&with_performers(GuardMode::Track, Strangers::Pass), &seen(&faces, 0.2), &mut plan);
    assert_eq!((swapped(&plan), plan.conceal.len()), (vec![1, 4], 1), "it may be a performer");
}

#[test]
fn a_performer_who_is_found_anew_is_concealed_until_known_also_after_a_cut() {
    for cut in [false, true] {
        let (mut guard, mut plan) = (Guard::default(), Plan::default());
        let settings = with_performers(GuardMode::Track, Strangers::Pass);
        guard.plan(&settings, &seen(&[of(1, 200.0, Recognised::Performer(0))], 0.0), &mut plan);
        guard.plan(&settings, &seen(&[of(1, 200.0, Recognised::Undecided)], 0.1), &mut plan);
        assert_eq!((plan.swap.len(), plan.conceal.len()), (0, 1));
        for frame in 0..60u8 {
            let faces = [of(2, 210.0, Recognised::Undecided)];
            let observed = Observation { cut: cut && frame == 0, ..seen(&faces, 0.2 + 0.1 * f64::from(frame)) };
            guard.plan(&settings, &observed, &mut plan);
            let covers = |concealed: &Concealed| concealed.region.intersection(&faces[0].bounds) == faces[0].bounds;
            assert!(plan.swap.is_empty() && plan.conceal.iter().any(covers), "frame {frame}, cut {cut}");
        }
    }
}

#[test]
fn a_stranger_in_a_lost_performer_s_place_ends_nothing() {
    let (mut guard, mut plan) = (Guard::default(), Plan::default());
    let settings = with_performers(GuardMode::Track, Strangers::Pass);
    guard.plan(&settings, &seen(&[of(1, 200.0, Recognised::Performer(0))], 0.0), &mut plan);
    guard.plan(&settings, &seen(&[of(2, 210.0, Recognised::Stranger)], 0.1), &mut plan);
    assert!(!plan.conceal.is_empty(), "the stranger is no one that the lost performer could have become");
}

#[test]
fn a_stranger_s_place_is_known_for_a_while_only_and_not_where_they_are_concealed() {
    let somebody = PeopleMap::empty(640, 480).with(|p| (150.0..400.0).contains(&p.x) && p.y > 60.0);
    let concealed = |strangers: Strangers, cut: bool, later: f64| {
        let (mut guard, mut plan) = (Guard::default(), Plan::default());
        let settings = with_performers(GuardMode::Strict, strangers);
        guard.plan(&settings, &seen(&[of(1, 200.0, Recognised::Stranger)], 0.0), &mut plan);
        let observed = Observation { people: Some(&somebody), cut, ..seen(&[], later) };
        guard.plan(&settings, &observed, &mut plan);
        !plan.conceal.is_empty()
    };
    assert!(!concealed(Strangers::Pass, false, 0.5), "who turns away is still a stranger");
    assert!(concealed(Strangers::Pass, false, 10.0) && concealed(Strangers::Pass, true, 0.5));
    assert!(concealed(Strangers::Conceal, false, 0.5));
}

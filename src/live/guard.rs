//! Fail closed: what happens to each face of a frame, and to faces that should be there and are not.
//!
//! Subjects that were swapped and are not found any more are protected by the [ladder](super::ladder), until they leave
//! the frame or are found again: near where they should be, or anywhere after a cut.

use super::ladder::{LONGEST, Remembered};
use super::{Faceless, GuardMode, Observation, OnFailure, Plan, Select, Selector, Settings, Strangers};
use crate::face::pose::pose_through;
use crate::face::{Face, Recognised};
use crate::frame::Layout;
use crate::geometry::Rect;

/// Strangers that are kept in mind at most.
const MOST_STRANGERS: usize = 32;
/// Degrees over which a face that turns away fades from swapped to blurred.
const FADE: f32 = 8.0;

/// Remembers the subjects and plans each frame.
#[derive(Debug, Default)]
pub struct Guard {
    selector: Selector,
    remembered: Vec<Remembered>,
    chosen: Vec<bool>,
    faceless: Faceless,
    /// Where the faces are that are known of.
    known: Vec<Rect>,
    /// Where faces were lost, whose bodies may be elsewhere.
    heads: Vec<Rect>,
    /// Where strangers were seen, and when: who turns away is still one.
    strangers: Vec<(Rect, f64)>,
}

impl Guard {
    /// Forgets everything: a new stream, a seek.
    pub fn reset(&mut self) {
        self.selector.reset();
        self.remembered.clear();
        self.strangers.clear();
    }

    /// Whether [`Guard::plan`] wants to know where people are in a frame with these faces: somebody is lost, or who
    /// comes in must be concealed.
    pub fn needs_people(&self, settings: &Settings, faces: &[Face]) -> bool {
        let there = |track| faces.iter().any(|face| face.track == track);
        let lost = self.remembered.iter().any(|known| !there(known.face.track));
        let alone = !settings.swaps_several() && self.selector.subject().is_some_and(there);
        settings.on_failure != OnFailure::Pass && (lost || settings.guard == GuardMode::Strict && !alone)
    }

    /// Plans a frame.
    pub fn plan(&mut self, settings: &Settings, observed: &Observation<'_>, plan: &mut Plan) {
        plan.clear();
        let Observation { faces, time, .. } = *observed;
        let past = |seen: f64| observed.cut || settings.performers.is_empty() || time - seen > LONGEST;
        self.strangers.retain(|(_, seen)| !past(*seen));
        for lost in &mut self.remembered {
            lost.cut |= observed.cut;
        }
        let there = |track| faces.iter().find(|face| face.track == track);
        let newly = |lost: &Remembered| {
            faces.iter().find(|face| face.recognised != Recognised::Stranger && lost.comes_back_as(face, time))
        };
        // Whoever was followed first comes first: what was taken up meanwhile may have been no face at all.
        let back = self.remembered.iter().find_map(|lost| there(lost.face.track).or_else(|| newly(lost)));
        if let Some(face) = back {
            self.selector.follow(face.track);
        }
        let missed = |track| self.remembered.iter().any(|lost| lost.face.track == track && there(track).is_none());
        let newest = faces.iter().map(|face| face.track).max().unwrap_or(0);
        let mut chosen = std::mem::take(&mut self.chosen);
        if settings.performers.is_empty() {
            self.selector.choose(settings.select, faces, missed, &mut chosen);
        } else {
            chosen.clear();
            chosen.extend(faces.iter().map(|face| matches!(face.recognised, Recognised::Performer(_))));
            faces.iter().for_each(|face| self.protect_unknown(face, settings, time, plan));
        }
        let returned = self.remembered.iter().filter(|lost| lost.is_returning() && !lost.cut).find_map(newly);
        let returned = returned.map(|face| face.track);
        self.remembered.retain_mut(|r| match faces.iter().position(|face| face.track == r.face.track) {
            Some(i) if faces[i].recognised == Recognised::Undecided => {
                r.see(&faces[i], time, newest, &observed.layout);
                true
            }
            Some(i) => chosen[i],
            // After a cut, any face that was not there before stands for the one that was.
            None => newly(r).is_none() && !(r.cut && newest > r.newest),
        });
        for (face, _) in faces.iter().zip(&chosen).filter(|(_, chosen)| **chosen) {
            let turned = turned_away(face, settings.max_yaw);
            let veils = matches!(settings.on_failure, OnFailure::Hold | OnFailure::Blur);
            self.remember(face, time, newest, &observed.layout, returned == Some(face.track));
            let returns = |known: &Remembered| known.face.track == face.track && known.is_returning();
            let returns = veils && self.remembered.iter().any(returns);
            if returns || turned >= 1.0 && settings.on_failure != OnFailure::Pass {
                plan.protect(settings.on_failure, face.bounds);
            } else {
                plan.swap(face);
                if turned > 0.0 && veils {
                    plan.veil(face.bounds, turned);
                }
            }
        }
        self.chosen = chosen;
        plan.found = plan.swap.len();
        let everybody = settings.swaps_several() || plan.found == 0;
        if observed.unfinished && everybody {
            observed.suspects.iter().for_each(|suspect| plan.protect(settings.on_failure, *suspect));
        }
        // Where the swap has gone on with another face, the frame is not blurred for the sake of a place.
        let one = !settings.swaps_several() && !matches!(settings.select, Select::Track(_));
        let region_only = plan.found > 0 && one;
        let there = |r: &Remembered| faces.iter().any(|face| face.track == r.face.track);
        // Before the lost ones are forgotten: who is new since they were seen may be one of them, elsewhere.
        let newest_lost = self.remembered.iter().filter(|r| !there(r)).map(|r| r.newest).min();
        self.remembered.retain_mut(|r| there(r) || r.still_protected(observed, settings, region_only, plan));
        if let (GuardMode::Strict, true, Some(people)) = (settings.guard, everybody, observed.people) {
            if let (0, Some(newest)) = (plan.found, newest_lost) {
                let new = faces.iter().filter(|face| face.track > newest);
                new.for_each(|face| plan.protect(settings.on_failure, face.bounds));
            }
            self.known.clear();
            self.known.extend(faces.iter().map(|face| face.bounds));
            self.known.extend(self.strangers.iter().map(|(bounds, _)| *bounds));
            self.heads.clear();
            for lost in self.remembered.iter().filter(|r| !there(r)) {
                // Of somebody who is not held in place, the head may be anywhere in what was the body.
                let list = if lost.held { &mut self.known } else { &mut self.heads };
                list.push(lost.place(time));
            }
            let faceless = self.faceless.find(people, &self.known, &self.heads);
            faceless.iter().for_each(|region| plan.conceal(settings.on_failure, *region));
        }
    }

    /// Takes in where the held faces of a plan have gone: whoever is lost later was there.
    pub fn follow(&mut self, held: &[Face]) {
        for known in &mut self.remembered {
            if let Some(face) = held.iter().find(|face| face.track == known.face.track) {
                known.follow(face);
            }
        }
    }

    /// Plans a frame in which faces could not even be looked for.
    pub fn plan_blind(&mut self, on_failure: OnFailure, plan: &mut Plan) {
        plan.clear();
        plan.blind(on_failure);
    }

    /// Where faces are told apart: conceals one that may be a performer's, and that of a stranger where it is to be.
    fn protect_unknown(&mut self, face: &Face, settings: &Settings, time: f64, plan: &mut Plan) {
        let conceals = settings.strangers == Strangers::Conceal;
        match face.recognised {
            Recognised::Undecided => plan.protect(settings.on_failure, face.bounds),
            Recognised::Stranger if conceals => plan.protect(settings.on_failure, face.bounds),
            _ => {}
        }
        self.strangers.retain(|(bounds, _)| bounds.iou(&face.bounds) <= 0.0);
        // Of one who is to be concealed, all that shows without a face is, too.
        if face.recognised == Recognised::Stranger && !conceals && self.strangers.len() < MOST_STRANGERS {
            self.strangers.push((face.bounds, time));
        }
    }

    /// Notes a face that is there; a new one may stand for one that was `lost` and concealed.
    fn remember(&mut self, face: &Face, time: f64, newest: u32, layout: &Layout, lost: bool) {
        match self.remembered.iter_mut().find(|r| r.face.track == face.track) {
            Some(known) => known.see(face, time, newest, layout),
            None if lost => self.remembered.push(Remembered::returning(face, time, newest)),
            None => self.remembered.push(Remembered::new(face, time, newest)),
        }
    }
}

/// How far a face has turned beyond what is swapped: 0 up to `max_yaw` degrees, 1 from [`FADE`] degrees more.
fn turned_away(face: &Face, max_yaw: f32) -> f32 {
    let Some(pose) = pose_through(&face.landmarks, &face.to_canonical_rigid) else { return 0.0 };
    ((pose.yaw.abs() - max_yaw) / FADE).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;

//! The second stage: each planned face is cropped, swapped and blended; what cannot be is concealed.

use std::time::Instant;

use crossbeam_channel::Receiver;

use super::statistics::milliseconds;
use super::{
    Casting, CastingBefore, ColourNotes, CropChoice, Job, LabelPlace, Model, Occlusion, Outcome, Plan, Settings, Stage,
    StageTimes, Visibility,
};
use crate::blend::{BlendRequest, BlendSettings, Label, conceal, conceal_all};
use crate::face::{Face, OcclusionNetwork, hull};
use crate::frame::{FrameError, FrameMut, Layout, VideoBuffer};
use crate::geometry::{Point, Similarity};
use crate::runtime::NetworkError;
use crate::swapper::{Swapped, Swapper};

/// A mask that covers less of the crop than this hides nobody.
const LEAST_COVERED: f32 = 0.03;

/// What is said of a face that is hidden all but whole: nothing. It is concealed, in case that it is not.
const HIDDEN: String = String::new();

/// What is said of a face whose model is still being loaded: nothing.
const NO_MODEL: String = String::new();

/// What is noted of a frame while it is worked on.
struct Notes<'a> {
    times: &'a mut StageTimes,
    colours: &'a mut ColourNotes,
}

/// Swaps and blends. One stage serves one frame at a time.
#[derive(Default)]
pub struct SwapStage {
    hull: Vec<Point>,
    visibility: Option<Visibility>,
    /// The one that was drawn last, and the models that it names.
    label: Option<Label>,
    labelled: CastingBefore,
    device_lost: bool,
}

impl SwapStage {
    /// The same, which lets what hides a face stay in front, by the network that comes through `inbox`.
    #[must_use]
    pub fn seeing(self, inbox: Receiver<OcclusionNetwork>) -> Self {
        Self { visibility: Some(Visibility::new(inbox)), ..self }
    }

    /// Carries out the plan of `job` on its frame.
    pub fn run<F: VideoBuffer, T>(&mut self, job: &mut Job<F, T>) {
        let Some(buffer) = &mut job.frame else { return };
        self.visibility.iter_mut().for_each(Visibility::receive);
        self.device_lost = false;
        let done = match buffer.frame_mut() {
            Ok(mut frame) => {
                let mut notes = Notes { times: &mut job.timings.stages, colours: &mut job.colours };
                self.swap_all(&mut frame, &mut job.plan, &job.casting, &job.settings, &mut notes)
                    .unwrap_or_else(|failure| job.failure = Some(failure));
                // Nobody sees a frame that is dropped.
                if !job.plan.drop {
                    let begun = Instant::now();
                    self.finish(&mut frame, &job.plan, &job.casting, job.settings.label);
                    job.timings.stages[Stage::Blend as usize] += milliseconds(begun);
                }
                Ok(())
            }
            Err(error) => {
                job.plan.swap_nothing();
                Err(error)
            }
        };
        // Also where there is no face now: another device is then there before the next one comes.
        job.device_lost = self.device_lost || job.casting.in_use().any(|model| model.is_lost());
        job.outcome = outcome(&job.plan, done, &mut job.failure, job.settings.may_leave_unworked());
    }

    /// What follows the swap: faces are concealed and the label is drawn, as far as they are to be.
    fn finish(&mut self, frame: &mut FrameMut<'_>, plan: &Plan, casting: &Casting, place: LabelPlace) {
        if plan.conceal_all {
            conceal_all(frame);
        } else {
            plan.conceal.iter().for_each(|it| conceal(frame, it.region, it.strength));
        }
        if place == LabelPlace::Corner {
            let renamed = self.labelled.changes_to(casting);
            self.label.take_if(|label| renamed || label.layout() != frame.layout());
            self.label.get_or_insert_with(|| label(casting, frame.layout())).draw(frame);
        }
    }

    /// Swaps every face of the plan. Those that fail leave it and become something to conceal. The last failure is
    /// returned.
    fn swap_all(
        &mut self,
        frame: &mut FrameMut<'_>,
        plan: &mut Plan,
        casting: &Casting,
        settings: &Settings,
        notes: &mut Notes<'_>,
    ) -> Result<(), String> {
        let mut outcome = Ok(());
        if plan.drop || plan.conceal_all {
            plan.swap_nothing();
        }
        if plan.swap.is_empty() {
            return outcome;
        }
        let mut faces = std::mem::take(&mut plan.swap);
        let (found, mut place) = (std::mem::take(&mut plan.found), 0);
        let mut left = 0;
        for i in 0..faces.len() {
            let face = &faces[i];
            let swapped = match casting.of(face.recognised) {
                Some(model) => self.swap_by(model, frame, face, settings, notes),
                None => Err(NO_MODEL),
            };
            let kept = swapped.is_ok();
            plan.found += usize::from(kept && place < found);
            place += 1;
            if let Err(failure) = swapped {
                plan.protect(settings.on_failure, face.bounds);
                if !failure.is_empty() {
                    outcome = Err(failure);
                }
            }
            if kept {
                faces.swap(left, i);
                left += 1;
            }
        }
        plan.spare.extend(faces.drain(left..));
        plan.swap = faces;
        outcome
    }

    /// Swaps a face by a model whose consent still holds.
    fn swap_by(
        &mut self,
        model: &Model,
        frame: &mut FrameMut<'_>,
        face: &Face,
        settings: &Settings,
        notes: &mut Notes<'_>,
    ) -> Result<(), String> {
        model.usable()?;
        let mut swapper = model.swapper();
        let swapped = self.swap(frame, face, &mut swapper, model, settings, notes);
        self.device_lost |= swapper.is_lost();
        swapped
    }

    fn swap(
        &mut self,
        frame: &mut FrameMut<'_>,
        face: &Face,
        swapper: &mut dyn Swapper,
        model: &Model,
        settings: &Settings,
        notes: &mut Notes<'_>,
    ) -> Result<(), String> {
        let Notes { times, colours } = notes;
        let look = settings.look_of(face.recognised);
        let to_crop = look.crop.resolve(model.face_type, model.coverage, model.alignment).to_crop(face);
        let Some(to_frame) = to_crop.inverse() else { return Err("a face has no size".to_owned()) };
        // A map is of the crop that the model was trained with.
        let registration = if look.crop == CropChoice::default() {
            model.registration_of(face, &to_crop)
        } else {
            Similarity::IDENTITY
        };
        let color_transfer = look.blend.color_transfer.within(frame.layout().transfer);
        let sharpen = if look.sharpen < 0.0 { model.sharpen } else { look.sharpen };
        let blend = BlendSettings { registration, color_transfer, sharpen, ..look.blend };
        self.hull.clear();
        if look.blend.hull_mask {
            hull(face, &to_crop, &mut self.hull);
        }
        let begun = Instant::now();
        let tells = settings.occlusion == Occlusion::Auto && Visibility::tells(&to_frame, frame.layout());
        let visible = match self.visibility.as_mut().filter(|_| tells) {
            Some(visibility) => {
                let looked = visibility.look(&frame.as_frame(), &to_frame);
                may_show(looked, visibility)?;
                visibility.visible()
            }
            None => None,
        };
        times[Stage::Crop as usize] += milliseconds(begun);
        let earlier = colours.earlier(face.track);
        let request = BlendRequest {
            to_crop: &to_crop,
            hull: &self.hull,
            settings: &blend,
            earlier: earlier.as_ref(),
            visible,
            least_covered: LEAST_COVERED,
        };
        let begun = Instant::now();
        let Swapped { blended, times: steps } = swapper.swap(frame, &request, look.morph).map_err(|error| {
            times[Stage::Swap as usize] += milliseconds(begun);
            error.to_string()
        })?;
        times[Stage::Crop as usize] += steps.crop;
        times[Stage::Swap as usize] += steps.network;
        times[Stage::Device as usize] += steps.device;
        times[Stage::Blend as usize] += steps.blend;
        if let Some(measured) = blended.and_then(|blended| blended.measured) {
            colours.note(face.track, measured);
        }
        Ok(())
    }
}

/// The label of frames that these models may have a face in.
fn label(casting: &Casting, layout: &Layout) -> Label {
    Label::new(casting.in_use().map(|model| model.subject.as_str()), layout)
}

/// Whether what is visible can be told from what `visibility` looked at; else why the face is concealed instead.
fn may_show(looked: Result<(), NetworkError>, visibility: &Visibility) -> Result<(), String> {
    let failed = |error| format!("the occlusion network failed: {error}; it can be left out with occlusion=off");
    looked.map_err(failed)?;
    if visibility.hides_all() { Err(HIDDEN) } else { Ok(()) }
}

fn outcome(plan: &Plan, done: Result<(), FrameError>, failure: &mut Option<String>, pass: bool) -> Outcome {
    match done {
        Err(error) => {
            *failure = Some(error.to_string());
            if pass { Outcome::Untouched } else { Outcome::Dropped }
        }
        Ok(()) if plan.drop => Outcome::Dropped,
        Ok(()) if plan.conceal_all || !plan.conceal.is_empty() => Outcome::Concealed,
        Ok(()) if plan.swap.is_empty() => Outcome::Untouched,
        Ok(()) => Outcome::Swapped,
    }
}

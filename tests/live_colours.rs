//! What a colour transfer remembers from frame to frame, through the queue.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod live_support;

use std::sync::Arc;

use live_support::{Script, model, picture, queue, take};
use standin::blend::{ColorTransfer, Earlier};
use standin::frame::{Layout, OwnedFrame, TransferFunction};
use standin::live::{Model, Outcome, Queue, Settings};

/// One frame that is to go through.
#[derive(Clone)]
struct Shot {
    frame: OwnedFrame,
    model: Arc<Model>,
    settings: Arc<Settings>,
}

/// A frame in another scene: much brighter.
fn bright() -> OwnedFrame {
    let mut frame = picture();
    frame.bytes_mut(0).iter_mut().for_each(|byte| *byte += 70);
    frame
}

/// Puts the frames through, and returns what each was given and what it became. As many are in flight as may be.
fn pass(queue: &Queue<OwnedFrame, u32>, shots: &[Shot]) -> Vec<(Option<Earlier>, OwnedFrame)> {
    let depth = queue.depth().max(1);
    let mut out = Vec::new();
    let collect = |out: &mut Vec<_>| {
        let mut job = take(queue);
        assert_eq!(job.outcome, Outcome::Swapped);
        out.push((job.colours.earlier(1), job.frame.take().unwrap()));
        queue.finish(job);
    };
    for (n, shot) in shots.iter().enumerate() {
        if n >= depth {
            collect(&mut out);
        }
        let mut job = queue.begin().unwrap();
        job.time = n as f64 / 30.0;
        job.casting.model = Some(Arc::clone(&shot.model));
        job.settings = Arc::clone(&shot.settings);
        job.frame = Some(shot.frame.clone());
        queue.submit(job);
    }
    while out.len() < shots.len() {
        collect(&mut out);
    }
    out
}

fn asking(color_transfer: ColorTransfer) -> Arc<Settings> {
    let mut settings = Settings::default();
    settings.look.blend.color_transfer = color_transfer;
    Arc::new(settings)
}

#[test]
fn colours_are_remembered_until_a_cut_another_model_or_another_transfer() {
    for depth in [0, 1, 3] {
        let (queue, first) = queue(Script::GOOD, depth);
        let (gain, lab) = (asking(ColorTransfer::Gain), asking(ColorTransfer::Lab));
        let shot = |frame: &OwnedFrame, model: &Arc<Model>, settings: &Arc<Settings>| {
            let shot = Shot { frame: frame.clone(), model: Arc::clone(model), settings: Arc::clone(settings) };
            std::iter::repeat_n(shot, 8)
        };
        let second = model(Script::GOOD);
        let shots: Vec<Shot> = shot(&picture(), &first, &gain)
            .chain(shot(&bright(), &first, &gain))
            .chain(shot(&bright(), &second, &gain))
            .chain(shot(&bright(), &second, &lab))
            .collect();
        let passed = pass(&queue, &shots);
        let given: Vec<Option<f32>> =
            passed.iter().map(|(earlier, _)| earlier.map(|earlier| earlier.colours.driver.mean[1])).collect();
        let late = depth.max(1);
        for (n, given) in given[..24].iter().enumerate() {
            assert_eq!(given.is_some(), n % 8 >= late, "depth {depth}, frame {n}: {given:?}");
        }
        // One dark scene, one bright; nothing of the first is left after the cut.
        assert!(given[7].unwrap() + 0.1 < given[8 + late].unwrap(), "{given:?}");
        assert!((given[8 + late].unwrap() - given[15].unwrap()).abs() < 1e-3, "{given:?}");
        // L after light: what is given goes over from 0..1 to 0..100 and is not a mixture.
        assert!(given[24].unwrap() < 1.0 && given[31].unwrap().abs() < 100.0);
        let lightness = passed[31].0.unwrap().colours.driver.mean[0];
        assert!((40.0..100.0).contains(&lightness), "{lightness}");
        queue.stop();
    }
}

#[test]
fn what_a_frame_becomes_does_not_depend_on_which_worker_was_faster() {
    let settings = asking(ColorTransfer::SoftGain);
    let run = || {
        let (queue, model) = queue(Script::GOOD, 3);
        let shots: Vec<Shot> = (0..24)
            .map(|n| {
                let mut frame = picture();
                frame.bytes_mut(0).iter_mut().for_each(|byte| *byte += (n * 7 % 20) as u8);
                Shot { frame, model: Arc::clone(&model), settings: Arc::clone(&settings) }
            })
            .collect();
        let passed = pass(&queue, &shots);
        queue.stop();
        passed
    };
    let first = run();
    for _ in 0..4 {
        for (n, (a, b)) in first.iter().zip(run()).enumerate() {
            assert_eq!(a.0, b.0, "frame {n}");
            assert!(a.1.bytes(0) == b.1.bytes(0), "frame {n}");
        }
    }
}

#[test]
fn no_transfer_remembers_nothing() {
    let (queue, model) = queue(Script::GOOD, 1);
    let shot = Shot { frame: picture(), model, settings: asking(ColorTransfer::None) };
    assert!(pass(&queue, &vec![shot; 4]).iter().all(|(earlier, _)| earlier.is_none()));
    queue.stop();
}

#[test]
fn a_face_in_hlg_or_pq_has_the_drivers_light_where_a_gain_is_asked_for() {
    const GREY: u8 = 100;
    let shown = |transfer, color_transfer| {
        let mut frame = OwnedFrame::new(Layout { transfer, ..*picture().layout() });
        frame.bytes_mut(0).fill(GREY);
        (1..3).for_each(|plane| frame.bytes_mut(plane).fill(128));
        let (queue, model) = queue(Script::GOOD, 1);
        let shot = Shot { frame, model, settings: asking(color_transfer) };
        let (_, frame) = pass(&queue, &[shot]).remove(0);
        frame.bytes(0)[60 * 160 + 70]
    };
    for asked in [ColorTransfer::SoftGain, ColorTransfer::Gain] {
        for transfer in [TransferFunction::Hlg, TransferFunction::Pq] {
            let luma = shown(transfer, asked);
            assert!(luma.abs_diff(GREY) <= 3, "{transfer:?}, {asked:?}: white became {luma}");
        }
    }
    let luma = shown(TransferFunction::Standard, ColorTransfer::SoftGain);
    assert!(luma > GREY + 30, "half of the way from white to the driver's grey is {luma}");
    let luma = shown(TransferFunction::Pq, ColorTransfer::None);
    assert!(luma > 230, "nothing was asked for: {luma}");
}

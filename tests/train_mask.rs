//! The training of the occlusion network: what it reads, that it learns, what it refuses.
#![cfg(feature = "train")]
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use image::GrayImage;
use standin::face::OcclusionNetwork;
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range};
use standin::runtime::Runtime;
use standin::train::mask::batch::{Loader, MaskBatchMaker};
use standin::train::mask::measure::{Figures, still};
use standin::train::mask::reader::ClassMask;
use standin::train::mask::trainer::{MaskTrainer, NETWORK_FILE};
use standin::train::mask::{Class, MaskShot, MaskShots, SIDE};
use standin::train::optimise::Schedule;
use standin::train::session::Goal;

/// The crops of the shared media, or a printed reason why not.
fn crops() -> Option<MaskShots> {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/media/faceseg/crops.mp4");
    if !clip.is_file() {
        eprintln!("SKIPPED, not tested: no {}", clip.display());
        return None;
    }
    let mut shots = MaskShots::default();
    let found = shots.add_crops(&clip).unwrap();
    assert_eq!(found, [1950, 470], "of 56 people, every fifth is held back");
    Some(shots)
}

/// What the network that comes with Standin reached, a hundredth less. The goals are 0.93 and 0.80.
const LEAST: (f64, f64) = (0.90, 0.70);

#[test]
fn the_network_that_is_compiled_in_knows_faces_and_things_of_people_whom_it_never_saw() {
    let Some(shots) = crops() else { return };
    let mut network = OcclusionNetwork::new(&Runtime::load(None).unwrap()).unwrap();
    let (mut figures, mut moved) = (Figures::default(), 0.0);
    for (n, shot) in shots.held_back.iter().enumerate() {
        figures.add(&mut network, shot).unwrap();
        moved += still(&mut network, shot, n as u64).unwrap() / shots.held_back.len() as f64;
    }
    println!("{figures}; the edge of a still head moves by {moved:.3} px");
    assert!(figures.iou(Class::Face) >= LEAST.0, "{figures}");
    assert!(figures.iou(Class::Occluder) >= LEAST.1, "{figures}");
    assert!(moved <= 0.5, "{moved} px");
}

/// A light disc on dark ground: face on background.
fn disc(x: f32, y: f32, radius: f32) -> MaskShot {
    let inside = |n: usize| ((n % SIDE) as f32 - x).hypot((n / SIDE) as f32 - y) < radius;
    let bgr = (0..SIDE * SIDE).flat_map(|n| if inside(n) { [150, 170, 220] } else { [60, 70, 50] }).collect();
    let classes = (0..SIDE * SIDE).map(|n| if inside(n) { Class::Face } else { Class::Background }).collect();
    MaskShot::new(bgr, classes, None).unwrap()
}

#[test]
fn a_short_training_learns_goes_on_where_it_stopped_and_leaves_a_network_that_runs() {
    let discs = (0..12).map(|n| disc(50.0 + 2.5 * n as f32, 70.0 - 1.5 * n as f32, 30.0 + n as f32)).collect();
    let shots = Arc::new(MaskShots { trained: discs, held_back: Vec::new() });
    let folder = tempfile::tempdir().unwrap();
    let schedule = Schedule { rate: 4e-3, warm_up: 10, ..Schedule::default() };
    let mut losses = Vec::new();
    // Two sessions of one run.
    for steps in [60, 120] {
        let mut trainer = MaskTrainer::open(folder.path(), 1, schedule, Device::flex().autodiff()).unwrap();
        assert_eq!(trainer.step(), steps - 60);
        let maker = MaskBatchMaker::new(Arc::clone(&shots), 4, 1).unwrap();
        let loader = Loader::start(maker, trainer.step()).unwrap();
        let goal = Goal { steps: Some(steps), minutes: None };
        let mut told = |progress: &standin::train::mask::trainer::MaskProgress| losses.push(progress.losses);
        trainer.train(goal, [1000, 20], &mut || loader.next(), &mut told, &|| false).unwrap();
        assert_eq!(trainer.step(), steps);
    }
    println!("{losses:?}");
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    assert!(last[0] < 0.6 * first[0] && last[1] < 0.6 * first[1], "{first:?} to {last:?}");
    let bytes = std::fs::read(folder.path().join(NETWORK_FILE)).unwrap();
    let mut network = OcclusionNetwork::of(&Runtime::load(None).unwrap(), &bytes).unwrap();
    let mut figures = Figures::default();
    figures.add(&mut network, &disc(61.0, 62.0, 33.0)).unwrap();
    println!("{figures}");
    assert!(figures.iou(Class::Face) > 0.8, "{figures}");
}

#[test]
fn the_batches_of_a_step_are_the_same_in_every_session() {
    let shots =
        Arc::new(MaskShots { trained: vec![disc(60.0, 60.0, 35.0), disc(70.0, 50.0, 25.0)], held_back: Vec::new() });
    let batch = |step: u64| MaskBatchMaker::new(Arc::clone(&shots), 3, 7).unwrap().batch(step, &mut Default::default());
    let (first, again, other) = (batch(4), batch(4), batch(5));
    assert_eq!((&first.crops, &first.classes), (&again.crops, &again.classes));
    assert_ne!(first.crops, other.crops);
    assert!(
        MaskBatchMaker::new(Arc::new(MaskShots::default()), 3, 7)
            .is_err_and(|e| e.to_string().contains("nothing to train"))
    );
}

fn frame(width: usize, height: usize) -> OwnedFrame {
    OwnedFrame::new(Layout {
        format: PixelFormat::I420,
        width,
        height,
        matrix: Matrix::Bt709,
        range: Range::Limited,
        transfer: Default::default(),
    })
}

#[test]
fn masks_of_another_size_or_of_unknown_classes_are_refused_in_a_sentence() {
    let refused = |mask: GrayImage| ClassMask::new(mask, &frame(64, 48)).unwrap_err();
    let other = refused(GrayImage::new(64, 64));
    assert!(other.contains("64x64") && other.contains("64x48"), "{other}");
    let unknown = refused(GrayImage::from_pixel(64, 48, image::Luma([12])));
    assert!(unknown.contains("class id 12"), "{unknown}");
    assert!(ClassMask::new(GrayImage::from_pixel(64, 48, image::Luma([11])), &frame(64, 48)).is_ok());
}

/// Writes a clip with so many frames of one code through GStreamer: FFV1 in Matroska.
fn clip(file: &Path, (width, height): (u32, u32), frames: u64, level: u8) {
    use gst::prelude::*;
    gst::init().unwrap();
    let text = format!(
        "appsrc name=frames format=time caps=video/x-raw,format=GRAY8,width={width},height={height},framerate=25/1 ! \
         avenc_ffv1 ! matroskamux ! filesink location={}",
        file.display()
    );
    let pipeline = gst::parse::launch(&text).unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let source = pipeline.by_name("frames").unwrap().downcast::<gst_app::AppSrc>().unwrap();
    for n in 0..frames {
        let mut buffer = gst::Buffer::from_slice(vec![level; (width * height) as usize]);
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::from_mseconds(40 * n));
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted);
    assert!(end.is_some_and(|message| message.type_() == gst::MessageType::Eos));
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn clips_whose_masks_do_not_belong_to_them_are_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    let size = SIDE as u32;
    let add = |name: &str| MaskShots::default().add_crops(&path(name)).unwrap_err().to_string();

    clip(&path("alone.mkv"), (size, size), 3, 128);
    let error = add("alone.mkv");
    assert!(error.contains("alone_mask.mkv") && error.contains("no such file"), "{error}");

    clip(&path("short.mkv"), (size, size), 3, 128);
    clip(&path("short_mask.mkv"), (size, size), 2, 0);
    let error = add("short.mkv");
    assert!(error.contains("short_mask.mkv: it has 2 masks"), "{error}");

    clip(&path("size.mkv"), (size, size), 2, 128);
    clip(&path("size_mask.mkv"), (64, 64), 2, 0);
    let error = add("size.mkv");
    assert!(error.contains("size_mask.mkv: frame 0") && error.contains("64x64"), "{error}");

    clip(&path("large.mkv"), (256, 256), 2, 128);
    clip(&path("large_mask.mkv"), (256, 256), 2, 0);
    let error = add("large.mkv");
    assert!(error.contains("256x256") && error.contains("128x128"), "{error}");

    clip(&path("people.mkv"), (size, size), 2, 128);
    clip(&path("people_mask.mkv"), (size, size), 2, 0);
    std::fs::write(path("people.json"), r#"{"person": [4]}"#).unwrap();
    let error = add("people.mkv");
    assert!(error.contains("people.json") && error.contains("frame 1"), "{error}");
    std::fs::write(path("people.json"), r#"{"person": [4, 3]}"#).unwrap();
    let mut shots = MaskShots::default();
    assert_eq!(shots.add_crops(&path("people.mkv")).unwrap(), [1, 1]);
    assert_eq!(shots.held_back[0].count(Class::Background), SIDE * SIDE);
}

//! Crop, network and blend on one device: the picture of the processor, one way up and one way back.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;
mod gpu_support;

use common::onnx::SwapModel;
use standin::blend::gpu::{GpuBlender, SwapTimes};
use standin::blend::mask::hide;
use standin::blend::{BlendError, BlendRequest, BlendSettings, Blender, CpuBlender};
use standin::face::OCCLUSION_SIDE;
use standin::frame::{Layout, Matrix, OwnedFrame, PixelFormat, Range, VideoBuffer};
use standin::geometry::{Point, Similarity};
use standin::gpu::{GpuDevice, Selection};
use standin::runtime::{NetworkOptions, Runtime};
use standin::swap::{Engine, Generated, GpuEngine, ModelFile, OnnxEngine, Tier};
use standin::swapper::{GpuSwapper, SwapError, Swapper};

/// 720p NV12 with slopes and a grain.
fn frame() -> OwnedFrame {
    let layout = Layout {
        format: PixelFormat::Nv12,
        width: 1280,
        height: 720,
        matrix: Matrix::Bt709,
        range: Range::Limited,
        transfer: Default::default(),
    };
    let mut frame = OwnedFrame::new(layout);
    for plane in 0..2 {
        for (i, byte) in frame.bytes_mut(plane).iter_mut().enumerate() {
            *byte = 60 + (i % 97) as u8 + (i / 1280 % 61) as u8;
        }
    }
    frame
}

/// A face of 300 px, turned, in the middle of the frame.
fn to_crop() -> Similarity {
    let to_frame = Similarity { a: 295.0, b: 55.0, tx: 520.0, ty: 180.0 };
    to_frame.inverse().unwrap()
}

fn bytes(frame: &mut OwnedFrame) -> Vec<u8> {
    (0..2).flat_map(|plane| frame.bytes_mut(plane).to_vec()).collect()
}

fn file(model: &SwapModel) -> ModelFile {
    let folder = tempfile::tempdir().unwrap();
    ModelFile::open(model.save(folder.path(), "small.dfm")).unwrap()
}

struct Gpu {
    blender: GpuBlender,
    engine: GpuEngine,
}

fn gpu(file: &ModelFile, tier: Tier) -> Option<Gpu> {
    gpu_support::device()?;
    let device = GpuDevice::shared(&Selection::Auto).unwrap();
    if tier == Tier::Half && !device.device().features().contains(wgpu::Features::SHADER_F16) {
        eprintln!("skipped: {} has no 16-bit floats", device.info());
        return None;
    }
    let engine = GpuEngine::with_tier(file, &device, 1, tier).unwrap().remove(0);
    Some(Gpu { blender: GpuBlender::new(&device).unwrap(), engine })
}

const HULL: [Point; 4] = [Point::new(0.2, 0.1), Point::new(0.8, 0.1), Point::new(0.9, 0.9), Point::new(0.1, 0.8)];

/// What ONNX Runtime and a blender make of it, a stage at a time through host memory.
fn apart(file: &ModelFile, blender: &mut dyn Blender, settings: &BlendSettings, morph: f32) -> Vec<u8> {
    let mut frame = frame();
    let mut engine = OnnxEngine::new(&Runtime::load(None).unwrap(), file, NetworkOptions::default()).unwrap();
    let resolution = engine.resolution();
    blender.crop(&frame.frame().unwrap(), &to_crop(), resolution, engine.crop_mut()).unwrap();
    let generated = engine.run(morph).unwrap();
    let to_crop = to_crop();
    let request = BlendRequest { hull: &HULL, ..BlendRequest::new(&to_crop, settings) };
    blender.composite(&mut frame.frame_mut().unwrap(), &generated, &request).unwrap();
    bytes(&mut frame)
}

/// The largest difference of 255, and the mean one.
fn difference(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = differences.clone().map(f64::from).sum();
    (differences.max().unwrap_or(0), sum / a.len() as f64)
}

#[test]
fn the_picture_is_that_of_the_processor() {
    // A steep gamma makes of little much, here and there.
    pictures(Tier::Single, (1, 1.0), (16, 0.01));
}

#[test]
fn with_16_bits_it_is_nearly() {
    pictures(Tier::Half, (8, 0.05), (32, 0.05));
}

/// Holds the picture against the GPU a stage at a time and against the processor: largest difference of 255, and mean.
fn pictures(tier: Tier, stages: (u8, f64), processor: (u8, f64)) {
    let (most_stages, most_processor) = (stages, processor);
    let within = |found: (u8, f64), most: (u8, f64)| found.0 <= most.0 && found.1 < most.1;
    for (model, morph) in [(SwapModel::plain(), 0.0), (SwapModel::spliced(), 0.4), (SwapModel::varied(), 0.0)] {
        let file = file(&model);
        let Some(Gpu { mut blender, engine }) = gpu(&file, tier) else { return };
        for settings in gpu_support::settings() {
            let to_crop = to_crop();
            let request = BlendRequest { hull: &HULL, ..BlendRequest::new(&to_crop, &settings) };
            let by_stages = apart(&file, &mut blender, &settings, morph);
            let by_processor = apart(&file, &mut CpuBlender::default(), &settings, morph);
            assert!(difference(&by_processor, &bytes(&mut frame())).1 > 0.01, "a swap changes something");
            // Twice: what the first left in memory must not matter.
            for _ in 0..2 {
                let mut found = frame();
                let network = engine.network();
                blender.swap(&mut found.frame_mut().unwrap(), network, &request, morph).unwrap().unwrap();
                let found = bytes(&mut found);
                let (stages, processor) = (difference(&found, &by_stages), difference(&found, &by_processor));
                println!("against the GPU a stage at a time {stages:?}, against the processor {processor:?}");
                assert!(within(stages, most_stages), "{stages:?} of 255, {settings:?}");
                assert!(within(processor, most_processor), "{processor:?} of 255, {settings:?}");
            }
        }
    }
}

#[test]
fn the_region_goes_up_once_and_comes_back_once() {
    let file = file(&SwapModel::plain());
    let Some(Gpu { mut blender, engine }) = gpu(&file, Tier::Single) else { return };
    let (to_crop, settings) = (to_crop(), BlendSettings::default());
    let request = BlendRequest::new(&to_crop, &settings);
    let mut frame = frame();
    let mut last = blender.transfers();
    for _ in 0..3 {
        blender.swap(&mut frame.frame_mut().unwrap(), engine.network(), &request, 0.0).unwrap();
        let now = blender.transfers();
        let (up, back) = (now.uploaded - last.uploaded, now.read_back - last.read_back);
        last = now;
        // The crop's bounds in the frame, in NV12: what has to travel.
        let side = 350.0;
        let region = side * side * 1.5;
        println!("{up} bytes up, {back} back, a region of {region}");
        assert!(up as f64 <= 1.1 * region && back as f64 <= 1.1 * region, "{up} up, {back} back of {region}");
        assert!(back as f64 > 0.9 * region, "{back} of {region}");
    }
}

#[test]
fn a_frame_stays_as_it_was_where_the_network_gives_no_mask_or_no_numbers() {
    let (to_crop, settings) = (to_crop(), BlendSettings::default());
    let request = |least_covered| BlendRequest { least_covered, ..BlendRequest::new(&to_crop, &settings) };
    let Some(Gpu { mut blender, engine }) = gpu(&file(&SwapModel::plain()), Tier::Single) else { return };
    let mut found = frame();
    let mut swap = |blender: &mut GpuBlender, least: f32| {
        blender.swap(&mut found.frame_mut().unwrap(), engine.network(), &request(least), 0.0).unwrap().unwrap().covered
    };
    let covered = swap(&mut blender, 0.9);
    assert!((0.05..0.9).contains(&covered), "{covered}");
    assert_eq!(swap(&mut blender, covered + 1e-3), covered);
    assert!(bytes(&mut found) == bytes(&mut frame()), "masks that cover too little");
    let mut found = frame();
    let network = engine.network();
    blender.swap(&mut found.frame_mut().unwrap(), network, &request(covered - 1e-3), 0.0).unwrap().unwrap();
    assert!(bytes(&mut found) != bytes(&mut frame()), "a mask that covers just enough");

    let Some(Gpu { mut blender, engine }) = gpu(&file(&SwapModel::root_of_what_is_dark()), Tier::Single) else {
        return;
    };
    let mut bright = frame();
    bright.bytes_mut(0).fill(60);
    let dark = bytes(&mut bright);
    let network = engine.network();
    blender.swap(&mut bright.frame_mut().unwrap(), network, &request(0.0), 0.0).unwrap().unwrap();
    assert!(bytes(&mut bright) != dark, "a dark frame is swapped");
    bright.bytes_mut(0).fill(60);
    // One white pixel in the middle of the face.
    for y in 355..365 {
        bright.bytes_mut(0)[y * 1280 + 640..][..10].fill(255);
    }
    let before = bytes(&mut bright);
    let refused = blender.swap(&mut bright.frame_mut().unwrap(), network, &request(0.0), 0.0);
    assert!(matches!(refused, Err(BlendError::NotFinite)), "{refused:?}");
    assert!(bytes(&mut bright) == before, "a face of no numbers");
}

#[test]
fn what_16_bits_do_not_hold_reaches_no_frame() {
    let (to_crop, settings) = (to_crop(), BlendSettings::default());
    let request = BlendRequest::new(&to_crop, &settings);
    for (tier, holds) in [(Tier::Half, false), (Tier::Single, true)] {
        let Some(Gpu { mut blender, engine }) = gpu(&file(&SwapModel::large_between()), tier) else { return };
        let mut found = frame();
        let swapped = blender.swap(&mut found.frame_mut().unwrap(), engine.network(), &request, 0.0);
        assert_eq!(bytes(&mut found) != bytes(&mut frame()), holds, "{tier:?}: {swapped:?}");
        assert!(if holds { swapped.is_ok() } else { matches!(swapped, Err(BlendError::NotFinite)) }, "{swapped:?}");
    }
}

/// A model whose values overflow in frames, and not in the trial, is loaded again with 32 bits.
#[test]
fn several_frames_without_numbers_ask_for_more_bits() {
    let model = file(&SwapModel::large_between());
    let Some(Gpu { engine, .. }) = gpu(&model, Tier::Half) else { return };
    let device = GpuDevice::shared(&Selection::Auto).unwrap();
    let mut swapper = GpuSwapper::several(vec![engine]).unwrap().remove(0);
    let (to_crop, settings) = (to_crop(), BlendSettings::default());
    let request = BlendRequest::new(&to_crop, &settings);
    let swap = |swapper: &mut GpuSwapper| swapper.swap(&mut frame().frame_mut().unwrap(), &request, 0.0);
    for n in 0..3 {
        assert!(!swapper.is_lost(), "after {n} frames");
        assert!(matches!(swap(&mut swapper), Err(SwapError::Blend(BlendError::NotFinite))));
    }
    assert!(swapper.is_lost());
    let again = GpuEngine::several(&Runtime::load(None).unwrap(), &model, &device, 1).unwrap();
    assert_eq!(again[0].tier(), Tier::Single);
    assert!(again[0].refusals().contains("did not hold what the network gave for a frame"), "{}", again[0].refusals());
    let mut swapper = GpuSwapper::several(again).unwrap().remove(0);
    swap(&mut swapper).unwrap();
    assert!(!swapper.is_lost());
}

#[test]
fn a_crop_beside_the_frame_is_nothing_to_do() {
    let Some(Gpu { mut blender, engine }) = gpu(&file(&SwapModel::plain()), Tier::Single) else { return };
    let to_crop = Similarity { a: 100.0, b: 0.0, tx: -500.0, ty: 0.0 }.inverse().unwrap();
    let settings = BlendSettings::default();
    let request = BlendRequest::new(&to_crop, &settings);
    let mut found = frame();
    assert!(blender.swap(&mut found.frame_mut().unwrap(), engine.network(), &request, 0.0).unwrap().is_none());
    assert!(bytes(&mut found) == bytes(&mut frame()));
}

#[test]
fn where_the_time_goes_is_told_in_a_few_bytes() {
    let Some(Gpu { mut blender, engine }) = gpu(&file(&SwapModel::plain()), Tier::Single) else { return };
    let (to_crop, settings) = (to_crop(), BlendSettings::default());
    let request = BlendRequest::new(&to_crop, &settings);
    let mut frame = frame();
    blender.swap(&mut frame.frame_mut().unwrap(), engine.network(), &request, 0.0).unwrap();
    let unwatched = blender.transfers().read_back;
    assert!(blender.times().is_none());
    if let Err(error) = blender.watch() {
        eprintln!("skipped: {error}");
        return;
    }
    let begun = std::time::Instant::now();
    let before = blender.transfers().read_back;
    blender.swap(&mut frame.frame_mut().unwrap(), engine.network(), &request, 0.0).unwrap();
    let (took, spent) = (begun.elapsed().as_secs_f32() * 1e3, blender.times().unwrap());
    assert_eq!(blender.transfers().read_back - before, unwatched + SwapTimes::BYTES);
    // The GPU's parts follow each other within the time that the processor saw.
    let gpu: f32 = spent.gpu.iter().sum();
    assert!(spent.gpu.iter().all(|&ms| ms >= 0.0) && gpu > 0.0 && gpu <= took, "{spent:?} of {took} ms");
    assert!(spent.prepare + spent.wait <= took, "{spent:?} of {took} ms");
}

#[test]
fn what_hides_the_face_hides_as_on_the_processor() {
    let file = file(&SwapModel::varied());
    let Some(Gpu { mut blender, engine }) = gpu(&file, Tier::Single) else { return };
    // A disc in the middle is hidden, softly.
    let place = |n: usize| (n as f32 + 0.5) / OCCLUSION_SIDE as f32 - 0.5;
    let visible: Vec<f32> = (0..OCCLUSION_SIDE * OCCLUSION_SIDE)
        .map(|n| (20.0 * (place(n % OCCLUSION_SIDE).hypot(place(n / OCCLUSION_SIDE)) - 0.2)).clamp(0.0, 1.0))
        .collect();
    let to_crop = to_crop();
    for settings in gpu_support::settings() {
        let mut expected = frame();
        let mut onnx = OnnxEngine::new(&Runtime::load(None).unwrap(), &file, NetworkOptions::default()).unwrap();
        let (resolution, mut processor) = (onnx.resolution(), CpuBlender::default());
        processor.crop(&expected.frame().unwrap(), &to_crop, resolution, onnx.crop_mut()).unwrap();
        let generated = onnx.run(0.0).unwrap();
        let driver_mask = generated.driver_mask.to_vec();
        let mut mask = match settings.driver_mask {
            true => driver_mask.clone(),
            false => vec![1.0; resolution * resolution],
        };
        hide(&mut mask, resolution, &visible);
        let generated = Generated { driver_mask: &mask, ..generated };
        let hiding = BlendSettings { driver_mask: true, ..settings };
        let mut target = expected.frame_mut().unwrap();
        let request = BlendRequest { hull: &HULL, ..BlendRequest::new(&to_crop, &hiding) };
        processor.composite(&mut target, &generated, &request).unwrap();
        let expected = bytes(&mut expected);
        let swapped = |blender: &mut GpuBlender, visible| {
            let mut found = frame();
            let request = BlendRequest { hull: &HULL, visible, ..BlendRequest::new(&to_crop, &settings) };
            blender.swap(&mut found.frame_mut().unwrap(), engine.network(), &request, 0.0).unwrap();
            bytes(&mut found)
        };
        // A blender on the processor and one on the GPU hide by the same map.
        let generated = Generated { driver_mask: &driver_mask, ..generated };
        for blender in [&mut processor as &mut dyn Blender, &mut blender] {
            let mut found = frame();
            let request =
                BlendRequest { hull: &HULL, visible: Some(&visible), ..BlendRequest::new(&to_crop, &settings) };
            blender.composite(&mut found.frame_mut().unwrap(), &generated, &request).unwrap();
            let apart = difference(&bytes(&mut found), &expected);
            assert!(apart.0 <= 16 && apart.1 < 0.01, "{apart:?} of 255, {settings:?}");
        }
        let found = swapped(&mut blender, Some(&visible[..]));
        let apart = difference(&found, &expected);
        println!("against the processor {apart:?}");
        assert!(apart.0 <= 16 && apart.1 < 0.01, "{apart:?} of 255, {settings:?}");
        // The next face has nothing in front of it.
        let whole = swapped(&mut blender, None);
        assert!(difference(&whole, &found).1 > 0.001, "the map must matter, {settings:?}");
    }
    let settings = BlendSettings::default();
    let request = BlendRequest { visible: Some(&visible[1..]), ..BlendRequest::new(&to_crop, &settings) };
    let mut target = frame();
    let refused = blender.swap(&mut target.frame_mut().unwrap(), engine.network(), &request, 0.0);
    assert!(refused.is_err_and(|error| error.to_string().contains("map of visibility")));
}

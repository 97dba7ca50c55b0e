//! Opening, sharing, losing and choosing GPUs.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

mod blend_support;
mod gpu_support;

use std::time::Instant;

use blend_support::{Face, noise, to_crop, view};
use gpu_support::{FACES, device, layouts};
use standin::blend::gpu::GpuBlender;
use standin::blend::{BlendError, BlendRequest, BlendSettings, Blender};
use standin::frame::VideoBuffer;
use standin::gpu::{GpuDevice, GpuError, Selection, adapters};

const SIDE: usize = 64;

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

#[test]
fn selections_are_read_and_found() {
    let read = |text: &str| text.parse::<Selection>().unwrap();
    assert_eq!(read("auto"), Selection::Auto);
    assert_eq!(read(""), Selection::Auto);
    assert_eq!(read(" 1 "), Selection::Index(1));
    assert_eq!(read("nvidia"), Selection::Name("nvidia".to_owned()));
    let Err(GpuError(message)) = GpuDevice::open(&read("no such adapter")) else {
        unreachable!("an adapter that does not exist was opened")
    };
    eprintln!("{message}");
    for (i, info) in adapters().iter().enumerate() {
        let opened = GpuDevice::open(&Selection::Index(i)).unwrap();
        assert_eq!(opened.info(), info);
    }
}

#[test]
fn a_lost_device_is_an_error_and_leaves_the_frame() {
    let Some(device) = device() else { return };
    let face = Face::new(SIDE, 5);
    let (centre, side, angle) = FACES[0];
    let to_crop = to_crop(centre, side, angle);
    let settings = BlendSettings::default();
    let (mut used, mut idle) = (GpuBlender::new(&device).unwrap(), GpuBlender::new(&device).unwrap());
    let mut crop = vec![0.0; SIDE * SIDE * 3];
    let mut frame = noise(layouts()[0], 3);
    used.crop(&view(&frame), &to_crop, SIDE, &mut crop).unwrap();
    device.device().destroy();
    let before = frame.clone();
    for blender in [&mut used, &mut idle] {
        for _ in 0..3 {
            let mut planes = frame.frame_mut().unwrap();
            let lost = blender.composite(&mut planes, &face.generated(), &BlendRequest::new(&to_crop, &settings));
            assert!(matches!(lost, Err(BlendError::Gpu(_))), "{lost:?}");
            let lost = blender.crop(&view(&frame), &to_crop, SIDE, &mut crop);
            assert!(matches!(lost, Err(BlendError::Gpu(_))), "{lost:?}");
            eprintln!("{}", lost.unwrap_err());
        }
    }
    for plane in 0..3 {
        assert_eq!(frame.bytes(plane), before.bytes(plane));
    }
    assert!(GpuBlender::new(&device).is_err());
}

#[test]
fn crop_and_composite_move_only_the_region() {
    let Some(device) = device() else { return };
    let mut gpu = GpuBlender::new(&device).unwrap();
    let face = Face::new(SIDE, 5);
    let (centre, side, angle) = FACES[0];
    let to_crop = to_crop(centre, side, angle);
    let mut crop = vec![0.0; SIDE * SIDE * 3];
    let mut frame = noise(layouts()[4], 3);
    let mut moved = Vec::new();
    for _ in 0..3 {
        gpu.crop(&view(&frame), &to_crop, SIDE, &mut crop).unwrap();
        let mut planes = frame.frame_mut().unwrap();
        let settings = BlendSettings::default();
        gpu.composite(&mut planes, &face.generated(), &BlendRequest::new(&to_crop, &settings)).unwrap();
        moved.push(gpu.transfers());
    }
    let [uploaded, read_back] =
        [moved[2].uploaded - moved[1].uploaded, moved[2].read_back - moved[1].read_back].map(|bytes| bytes as usize);
    eprintln!("a face of {side} px, a model of {SIDE}: {uploaded} bytes up, {read_back} down");
    let (model, region) = (SIDE * SIDE * 4, (side as usize + 24).pow(2) * 3 / 2);
    assert!(uploaded <= 8 * model + region + 2048, "planes were sent twice");
    assert!(read_back <= 3 * model + region);
}

#[test]
fn blenders_of_several_threads_share_a_device() {
    let Some(device) = device() else { return };
    let face = Face::new(SIDE, 5);
    std::thread::scope(|scope| {
        for (n, layout) in layouts().into_iter().step_by(9).enumerate() {
            let (device, face) = (&device, &face);
            scope.spawn(move || {
                let mut gpu = GpuBlender::new(device).unwrap();
                let (centre, side, angle) = FACES[n % FACES.len()];
                let to_crop = to_crop(centre, side, angle);
                let mut crop = vec![0.0; SIDE * SIDE * 3];
                let start = noise(layout, 3);
                let mut first = None;
                for _ in 0..20 {
                    let mut frame = start.clone();
                    gpu.crop(&view(&frame), &to_crop, SIDE, &mut crop).unwrap();
                    let mut planes = frame.frame_mut().unwrap();
                    let settings = BlendSettings::default();
                    gpu.composite(&mut planes, &face.generated(), &BlendRequest::new(&to_crop, &settings)).unwrap();
                    let first = first.get_or_insert_with(|| frame.clone());
                    assert_eq!(first.bytes(0), frame.bytes(0));
                }
            });
        }
    });
}

#[test]
fn start_up_is_reported() {
    let before = resident_mb();
    let start = Instant::now();
    let Some(device) = device() else { return };
    let opened = start.elapsed().as_secs_f64() * 1e3;
    let open_mb = resident_mb() - before;
    let start = Instant::now();
    let blender = GpuBlender::new(&device).unwrap();
    let built = start.elapsed().as_secs_f64() * 1e3;
    let all_mb = resident_mb() - before;
    drop((blender, device));
    eprintln!(
        "device {opened:.0} ms, {open_mb:.0} MB; pipelines {built:.0} ms, {all_mb:.0} MB in all; {:.0} MB stay",
        resident_mb() - before
    );
}

//! Every pass on the GPU against its twin on the CPU, given the same input.
#![allow(missing_docs, clippy::unwrap_used)]

mod blend_support;
mod gpu_support;

use blend_support::{Face, noise, paint, smooth, to_crop, view, worst};
use gpu_support::{FACES, HULL, device, layouts, settings};
use standin::blend::composite::{Codes, composite};
use standin::blend::erode::erode;
use standin::blend::feather::{FeatherBuffers, feather};
use standin::blend::gpu::{GpuBlender, Intermediate};
use standin::blend::mask::{bounds, mask};
use standin::blend::place::place;
use standin::blend::plan::{Filters, Region};
use standin::blend::planes::Planes;
use standin::blend::sharpen::sharpen;
use standin::blend::skin::skin;
use standin::blend::statistics::{ColourStatistics, statistics};
use standin::blend::transfer::{Transfer, transfer};
use standin::blend::{BlendRequest, BlendSettings, Blender, Colours, CpuBlender, Earlier};
use standin::frame::{OwnedFrame, VideoBuffer};

/// Side of the test's model: odd, so that no dispatch is whole workgroups.
const SIDE: usize = 61;

fn whole() -> Region {
    Region { x0: 0, y0: 0, x1: SIDE, y1: SIDE }
}

/// A network's pictures with soft content, as faces have it.
fn soft_face() -> Face {
    let mut face = Face::new(SIDE, 3);
    for n in 0..SIDE * SIDE {
        let (x, y) = ((n % SIDE) as f64, (n / SIDE) as f64);
        let (driver, generated) = (smooth(x, y), smooth(1.7 * y + 30.0, 1.3 * x));
        for c in 0..3 {
            face.driver[3 * n + c] = driver[c] as f32;
            face.face[3 * n + c] = (1.1 * generated[c] - 0.05) as f32;
        }
    }
    face
}

/// Blends the face on the GPU into some frame, so that its intermediates can be read.
fn blended(
    blender: &mut GpuBlender,
    face: &Face,
    settings: &BlendSettings,
    earlier: Option<&Earlier>,
) -> Option<Colours> {
    let mut frame = noise(layouts()[0], 0);
    let (centre, side, angle) = FACES[1];
    let to_crop = to_crop(centre, side, angle);
    let request = BlendRequest { hull: &HULL, earlier, ..BlendRequest::new(&to_crop, settings) };
    blender.composite(&mut frame.frame_mut().unwrap(), &face.generated(), &request).unwrap().measured
}

#[test]
fn crop_agrees() {
    let Some(device) = device() else { return };
    let (mut gpu, mut cpu) = (GpuBlender::new(&device).unwrap(), CpuBlender::default());
    let (mut soft, mut rough) = (0f32, 0f32);
    for layout in layouts() {
        let mut painted = OwnedFrame::with_padding(layout, 5);
        paint(&mut painted, smooth);
        for (centre, side, angle) in FACES {
            let to_crop = to_crop(centre, side, angle);
            let mut compare = |frame: &OwnedFrame| {
                let (mut a, mut b) = (vec![9.0; SIDE * SIDE * 3], vec![9.0; SIDE * SIDE * 3]);
                gpu.crop(&view(frame), &to_crop, SIDE, &mut a).unwrap();
                cpu.crop(&view(frame), &to_crop, SIDE, &mut b).unwrap();
                255.0 * worst(&a, &b)
            };
            soft = soft.max(compare(&painted));
            rough = rough.max(compare(&noise(layout, 3)));
        }
    }
    println!("crop: {soft:.3} of 255 on a soft picture, {rough:.3} on noise");
    // The CPU rounds positions to 1/256 of a sample, which shows where neighbours are far apart.
    assert!(soft <= 0.6 && rough <= 3.5, "{soft} {rough}");
}

#[test]
fn mask_erode_and_feather_agree() {
    let Some(device) = device() else { return };
    let mut gpu = GpuBlender::new(&device).unwrap();
    let face = soft_face();
    let mut most = [0f32; 3];
    for settings in settings() {
        blended(&mut gpu, &face, &settings, None);
        let filters = Filters::new(&settings, SIDE);
        let masks = [Intermediate::Mask, Intermediate::Eroded, Intermediate::Feathered];
        let [masked, eroded, feathered] = masks.map(|which| gpu.intermediate(which).unwrap());

        let mut expected = vec![0.0; SIDE * SIDE];
        mask(&face.generated(), &HULL, &settings, &mut expected);
        most[0] = most[0].max(worst(&masked, &expected));

        let mut expected = masked;
        erode(&mut expected, SIDE, filters.erode, filters.border, &mut Vec::new());
        most[1] = most[1].max(worst(&eroded, &expected));

        let mut expected = eroded;
        feather(&mut expected, SIDE, &filters, &mut FeatherBuffers::default());
        // The floor cuts off at 1/255: a rounding apart there is 1/255 apart after it.
        let cut = |v: &f32| if *v < 1.01 / 255.0 { 0.0 } else { *v };
        let (a, b): (Vec<_>, Vec<_>) = (feathered.iter().map(cut).collect(), expected.iter().map(cut).collect());
        most[2] = most[2].max(worst(&a, &b));
    }
    println!("mask {:e}, erode {:e}, feather {:e}", most[0], most[1], most[2]);
    assert!(most[0] <= 1e-5 && most[1] == 0.0 && most[2] <= 1e-4, "{most:?}");
}

/// The placed face as the CPU keeps it, blue, green, red; and the mask.
fn split(pixels: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let pixels = pixels.chunks_exact(4);
    (pixels.clone().flat_map(|p| [p[2], p[1], p[0]]).collect(), pixels.map(|p| p[3]).collect())
}

/// Colours that no picture of the tests has, in the space that the settings ask for.
fn earlier(settings: &BlendSettings) -> Option<Earlier> {
    let space = settings.color_transfer.space()?;
    let scale = if space == standin::blend::space::Space::Lab { 100.0 } else { 1.0 };
    let of =
        |mean: f32| ColourStatistics { mean: [mean, 0.9 * mean, 0.2].map(|v| scale * v), deviation: [0.1 * scale; 3] };
    Some(Earlier { colours: Colours { space, driver: of(0.3), face: of(0.2) }, share: 0.6 })
}

#[test]
fn place_statistics_and_transfer_agree() {
    let Some(device) = device() else { return };
    let mut gpu = GpuBlender::new(&device).unwrap();
    let mut face = soft_face();
    face.face[3 * (30 * SIDE + 31) + 1] = f32::NAN;
    let (mut most, mut counted) = ([0f32; 3], f32::INFINITY);
    for settings in settings() {
        for earlier in [None, earlier(&settings)] {
            let told = blended(&mut gpu, &face, &settings, earlier.as_ref());
            let (placed, weights) = split(&gpu.intermediate(Intermediate::Placed).unwrap());
            let layer = gpu.intermediate(Intermediate::Layer).unwrap();

            let mut expected = vec![0.0; SIDE * SIDE * 3];
            let mut expected_mask = gpu.intermediate(Intermediate::Feathered).unwrap();
            place(&face.generated(), &settings, &mut expected, &mut expected_mask);
            most[0] = most[0].max(worst(&placed, &expected)).max(worst(&weights, &expected_mask));

            let (mut driver_planes, mut face_planes) = (Planes::default(), Planes::default());
            let matched = settings.color_transfer.space().map(|space| {
                driver_planes.fill(space, &face.driver, SIDE, &whole());
                face_planes.fill(space, &placed, SIDE, &whole());
                let mut counts = Vec::new();
                skin(&driver_planes, &face_planes, &weights, SIDE, &whole(), &mut counts);
                counted = counted.min(counts.iter().sum::<f32>() / weights.iter().sum::<f32>());
                let of = |planes: &Planes| statistics(planes, &counts, SIDE, &whole()).unwrap();
                let colours = Colours { space, driver: of(&driver_planes), face: of(&face_planes) };
                let scale = if space == standin::blend::space::Space::Lab { 1.0 } else { 100.0 };
                let values = |c: &Colours| [c.driver.mean, c.driver.deviation, c.face.mean, c.face.deviation].concat();
                most[1] = most[1].max(scale * worst(&values(&told.unwrap()), &values(&colours)));
                let steadied = Colours::steadied(Some(colours), earlier.as_ref(), space).unwrap();
                Transfer::new(settings.color_transfer, &steadied).unwrap()
            });
            assert_eq!(matched.is_some(), told.is_some(), "{settings:?}");

            let mut sharp = placed;
            if settings.sharpen > 0.0 {
                sharpen(&mut sharp, SIDE, settings.sharpen, &mut Vec::new());
                face_planes.fill(face_planes.space, &sharp, SIDE, &whole());
            }
            let mut expected = vec![[0.0; 4]; SIDE * SIDE];
            let matched = matched.map(|transfer| (&face_planes, transfer));
            transfer(&sharp, matched, &weights, settings.gamma, &whole(), SIDE, &mut expected);
            most[2] = most[2].max(worst(&layer, expected.as_flattened()));
        }
    }
    println!(
        "place {:e}, statistics {:e} of 100, transfer {:.4} of 255; {counted} of the mask counts",
        most[0],
        most[1],
        255.0 * most[2]
    );
    assert!(most[0] <= 1e-5 && most[1] <= 0.02 && most[2] <= 0.5 / 255.0, "{most:?}");
    assert!((0.1..0.95).contains(&counted), "what counts is tested: {counted}");
}

#[test]
fn a_face_that_tells_no_colours_takes_the_earlier_ones() {
    let Some(device) = device() else { return };
    let (mut gpu, mut cpu) = (GpuBlender::new(&device).unwrap(), CpuBlender::default());
    let mut face = soft_face();
    // Bright where the driver is dark: nothing counts.
    for n in 0..SIDE * SIDE * 3 {
        let left = n / 3 % SIDE < SIDE / 2;
        (face.driver[n], face.face[n]) = if left { (0.9, 0.1) } else { (0.1, 0.9) };
    }
    let (centre, side, angle) = FACES[1];
    let to_crop = to_crop(centre, side, angle);
    for settings in settings() {
        let Some(earlier) = earlier(&settings) else { continue };
        let mut pictures = Vec::new();
        for earlier in [None, Some(&earlier)] {
            let [mut on_gpu, mut on_cpu] = [noise(layouts()[0], 7), noise(layouts()[0], 7)];
            let request = BlendRequest { hull: &HULL, earlier, ..BlendRequest::new(&to_crop, &settings) };
            let told = [
                gpu.composite(&mut on_gpu.frame_mut().unwrap(), &face.generated(), &request),
                cpu.composite(&mut on_cpu.frame_mut().unwrap(), &face.generated(), &request),
            ];
            assert!(told.into_iter().all(|told| told.unwrap().measured.is_none()), "{settings:?}");
            assert!(apart(&on_gpu, &on_cpu).0 <= 2, "{settings:?}");
            pictures.push(on_gpu);
        }
        assert!(apart(&pictures[0], &pictures[1]).0 > 5, "the earlier colours are seen: {settings:?}");
    }
}

/// The largest and the mean distance of two frames' codes, in codes of eight bits, rounded up.
fn apart(a: &OwnedFrame, b: &OwnedFrame) -> (u16, f64) {
    let (mut most, mut sum, mut count) = (0, 0.0, 0.0);
    for (c, x, y) in blend_support::places(a) {
        let apart = blend_support::code(a, c, x, y).abs_diff(blend_support::code(b, c, x, y));
        let unit = blend_support::unit(a.layout().format);
        most = most.max(apart.div_ceil(unit));
        sum += f64::from(apart) / f64::from(unit);
        count += 1.0;
    }
    (most, sum / count)
}

#[test]
fn composite_and_the_whole_blend_agree() {
    let Some(device) = device() else { return };
    let (mut gpu, mut cpu) = (GpuBlender::new(&device).unwrap(), CpuBlender::default());
    let face = soft_face();
    let (mut pass, mut whole_blend, mut mean) = (0, 0, 0f64);
    for (n, layout) in layouts().into_iter().enumerate() {
        let before = noise(layout, 7);
        for (m, (centre, side, angle)) in FACES.into_iter().enumerate() {
            let settings = settings()[(n + m) % settings().len()];
            let to_crop = to_crop(centre, side, angle);
            let [mut on_gpu, mut on_cpu, mut alone] = [before.clone(), before.clone(), before.clone()];
            let generated = face.generated();
            let request = BlendRequest { hull: &HULL, ..BlendRequest::new(&to_crop, &settings) };
            let covered = [
                gpu.composite(&mut on_gpu.frame_mut().unwrap(), &generated, &request).unwrap().covered,
                cpu.composite(&mut on_cpu.frame_mut().unwrap(), &generated, &request).unwrap().covered,
            ];
            assert!((covered[0] - covered[1]).abs() < 1e-4 && covered[1] > 0.01, "{covered:?}");

            let layer = gpu.intermediate(Intermediate::Layer).unwrap();
            let layer: Vec<[f32; 4]> = layer.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect();
            let covered = bounds(&layer.iter().map(|p| p[3]).collect::<Vec<_>>(), SIDE);
            let places = (&to_crop, &to_crop.inverse().unwrap());
            let (mut view, mut codes) = (alone.frame_mut().unwrap(), Codes::default());
            composite(&mut view, places, &layer, SIDE, &covered, settings.opacity, &mut codes);

            pass = pass.max(apart(&on_gpu, &alone).0);
            let (most, average) = apart(&on_gpu, &on_cpu);
            (whole_blend, mean) = (whole_blend.max(most), mean.max(average));
            assert!(apart(&on_gpu, &before).0 > 0, "nothing was blended: {layout:?} {centre:?}");
        }
    }
    println!("composite {pass} codes; the whole blend {whole_blend} codes, on average {mean:.5}");
    assert!(pass <= 1 && whole_blend <= 2 && mean <= 0.01, "{pass} {whole_blend} {mean}");
}

#[test]
fn nothing_outside_the_region_changes() {
    let Some(device) = device() else { return };
    let mut gpu = GpuBlender::new(&device).unwrap();
    let face = soft_face();
    let settings = BlendSettings { driver_mask: false, generated_mask: false, erode: 0.0, blur: 0.0, ..settings()[0] };
    for layout in layouts() {
        let before = noise(layout, 9);
        for (centre, side, angle) in FACES {
            let to_crop = to_crop(centre, side, angle);
            let mut after = before.clone();
            let request = BlendRequest::new(&to_crop, &settings);
            gpu.composite(&mut after.frame_mut().unwrap(), &face.generated(), &request).unwrap();
            // Without a face nothing but a pixel that shares chroma with a covered one may change.
            let corner = |x: f32, y: f32| standin::geometry::Point::new(x, y);
            let to_frame = to_crop.inverse().unwrap();
            let region = Region::covered(&layout, &to_frame, corner(0.0, 0.0), corner(1.0, 1.0));
            for y in 0..layout.height {
                for x in 0..layout.width {
                    let inside = (region.x0..region.x1).contains(&x) && (region.y0..region.y1).contains(&y);
                    for (plane, at) in blend_support::bytes_of(&before, x, y) {
                        let same = before.bytes(plane)[at.clone()] == after.bytes(plane)[at];
                        assert!(inside || same, "{layout:?}: pixel ({x}, {y}) outside {region:?} changed");
                    }
                }
            }
            for plane in 0..layout.format.planes() {
                let (row, _) = layout.format.plane_size(plane, layout.width, layout.height);
                let rows = before.bytes(plane).chunks_exact(row + 9).zip(after.bytes(plane).chunks_exact(row + 9));
                for (before, after) in rows {
                    assert_eq!(before[row..], after[row..], "{layout:?}: padding of plane {plane} changed");
                }
            }
        }
    }
}

#[test]
fn faces_over_each_other_are_blended_in_turn() {
    let Some(device) = device() else { return };
    let (mut gpu, mut cpu) = (GpuBlender::new(&device).unwrap(), CpuBlender::default());
    let (face, settings) = (soft_face(), BlendSettings::default());
    let mut crop = vec![0.0; SIDE * SIDE * 3];
    for layout in layouts() {
        let [mut on_gpu, mut on_cpu] = [noise(layout, 1), noise(layout, 1)];
        let faces = [FACES[0], FACES[1]].map(|(centre, side, angle)| to_crop(centre, side, angle));
        for to_crop in &faces {
            gpu.crop(&view(&on_gpu), to_crop, SIDE, &mut crop).unwrap();
        }
        let sent = gpu.transfers().uploaded;
        // The second crop's planes are on the GPU, but the first composite changes what lies under them.
        for to_crop in [&faces[0], &faces[1]] {
            let request = BlendRequest::new(to_crop, &settings);
            gpu.composite(&mut on_gpu.frame_mut().unwrap(), &face.generated(), &request).unwrap();
            cpu.composite(&mut on_cpu.frame_mut().unwrap(), &face.generated(), &request).unwrap();
        }
        assert!(gpu.transfers().uploaded > sent);
        assert!(apart(&on_gpu, &on_cpu).0 <= 2, "{layout:?}");
    }
}

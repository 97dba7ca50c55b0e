//! After the first frames a blender allocates nothing, whatever the face's place.
#![allow(missing_docs, clippy::unwrap_used)]

mod blend_support;
mod counting_allocator;

use blend_support::*;
use counting_allocator::allocations;
use standin::blend::{BlendRequest, BlendSettings, Blender, CpuBlender, conceal};
use standin::frame::{PixelFormat, VideoBuffer};
use standin::geometry::{Point, Rect};

#[test]
fn nothing_is_allocated_after_the_first_frames() {
    let side = 64;
    let face = Face::new(side, 1);
    let settings = BlendSettings {
        sharpen: 0.5,
        face_scale: 1.1,
        gamma: [1.1, 1.0, 0.9],
        hull_mask: true,
        ..BlendSettings::default()
    };
    let hull = [Point::new(0.1, 0.1), Point::new(0.9, 0.1), Point::new(0.5, 0.9)];
    for format in PixelFormat::ALL {
        let mut frame = noise(layout(format, 320, 240), 0);
        let mut crop = vec![0.0; side * side * 3];
        let mut blender = CpuBlender::default();
        let mut round = |n: usize| {
            let place = to_crop(Point::new(160.0 + n as f32, 120.0), 20.0 + 7.0 * (n % 40) as f32, 0.05 * n as f32);
            blender.crop(&view(&frame), &place, side, &mut crop).unwrap();
            let mut target = frame.frame_mut().unwrap();
            let request = BlendRequest { hull: &hull, ..BlendRequest::new(&place, &settings) };
            blender.composite(&mut target, &face.generated(), &request).unwrap();
            conceal(&mut target, Rect { x: 3.0, y: 5.0, w: 50.0, h: 60.0 }, 1.0);
        };
        assert!(allocations(|| (0..10).for_each(&mut round)) > 0, "the counter counts");
        assert_eq!(allocations(|| (10..110).for_each(&mut round)), 0, "{format:?}");
    }
}

#[test]
fn a_label_that_was_made_is_drawn_without_allocations() {
    for format in PixelFormat::ALL {
        let mut frame = noise(layout(format, 320, 240), 0);
        let label = standin::blend::Label::new(["Ben"], frame.layout());
        let mut target = frame.frame_mut().unwrap();
        assert_eq!(allocations(|| label.draw(&mut target)), 0, "{format:?}");
    }
}

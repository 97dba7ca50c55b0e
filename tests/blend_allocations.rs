//! After the first frames a blender allocates nothing, whatever the face's place.
#![allow(missing_docs, clippy::unwrap_used)]

mod blend_support;

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::cell::Cell;

use blend_support::*;
use standin::blend::{BlendSettings, Blender, CpuBlender, conceal};
use standin::frame::{PixelFormat, VideoBuffer};
use standin::geometry::{Point, Rect};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.alloc(memory) }
    }

    unsafe fn dealloc(&self, at: *mut u8, memory: Memory) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(at, memory) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

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
            blender.composite(&mut target, &place, &face.generated(), &hull, &settings, None).unwrap();
            conceal(&mut target, Rect { x: 3.0, y: 5.0, w: 50.0, h: 60.0 }, 1.0);
        };
        (0..10).for_each(&mut round);
        let before = ALLOCATIONS.with(Cell::get);
        assert!(before > 0, "the counter counts");
        (10..110).for_each(&mut round);
        assert_eq!(ALLOCATIONS.with(Cell::get) - before, 0, "{format:?}");
    }
}

//! Faces that are hard: at the edge, larger than the frame, tiny, upside down, many, none. Nothing fails, nothing is
//! lost, and where a face is reported it is swapped.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::{Frame, Lent, changed, clip, play};

const FRAMES: u32 = 15;

/// Plays a scene with and without the element.
fn scene(text: &str, properties: &str) -> (Vec<Frame>, Vec<Frame>) {
    let lent = Lent::green();
    let bare = play(text);
    let swapped = play(&format!("{text} ! faceswap model={lent} device=cpu color-transfer=false {properties}"));
    assert_eq!(bare.len(), FRAMES as usize, "{text}");
    let kinds = |frames: &[Frame]| frames.iter().map(|frame| (frame.pts, frame.size)).collect::<Vec<_>>();
    assert_eq!(kinds(&bare), kinds(&swapped), "{text}");
    for (i, (bare, swapped)) in bare.iter().zip(&swapped).enumerate() {
        for face in swapped.faces.iter().filter(|face| face.swapped.is_some_and(|(_, swapped)| swapped)) {
            let part = changed(bare, swapped, inner(face.rect));
            assert!(part > 0.5, "{text}: frame {i} says that {:?} is swapped and shows the driver", face.rect);
        }
    }
    (bare, swapped)
}

/// The inner half of a rectangle.
fn inner((x, y, w, h): (u32, u32, u32, u32)) -> (u32, u32, u32, u32) {
    (x + w / 4, y + h / 4, (w / 2).max(1), (h / 2).max(1))
}

/// In how many of the frames some face is reported and swapped.
fn with_face(frames: &[Frame]) -> usize {
    let swapped = |frame: &&Frame| frame.faces.iter().any(|face| face.swapped.is_some_and(|(_, swapped)| swapped));
    frames.iter().filter(swapped).count()
}

/// Where the face is in the clip's first frame.
fn place() -> (u32, u32, u32, u32) {
    let lent = Lent::identity();
    play(&format!("{} ! faceswap model={lent} device=cpu", clip(1)))[0].faces[0].rect
}

/// The clip with so many pixels cut off (or, where negative, added) on the left, right, top and bottom.
fn cut([left, right, top, bottom]: [i64; 4]) -> String {
    format!("{} ! videobox left={left} right={right} top={top} bottom={bottom}", clip(FRAMES))
}

/// `rect`, cut out of the clip and made a frame of that size.
fn zoomed((x, y, w, h): (u32, u32, u32, u32), (width, height): (u32, u32)) -> String {
    let even = |value: u32| i64::from(value & !1);
    let (x, y, w, h) = (even(x), even(y), even(w), even(h));
    let cut = cut([x, 1280 - x - w, y, 720 - y - h]);
    format!("{cut} ! videoscale add-borders=false ! video/x-raw,width={width},height={height},pixel-aspect-ratio=1/1")
}

#[test]
fn a_face_at_each_edge_of_the_frame() {
    let (x, y, w, h) = place();
    let even = |value: u32| i64::from(value & !1);
    let edges = [
        [even(x + w / 3), 0, 0, 0],
        [0, even(1280 - x - w + w / 3), 0, 0],
        [0, 0, even(y + h / 4), 0],
        [0, 0, 0, even(720 - y - h + h / 4)],
    ];
    let seen: Vec<usize> = edges.into_iter().map(|edge| with_face(&scene(&cut(edge), "").1)).collect();
    assert!(seen.iter().sum::<usize>() > 0, "no face at any edge is found: {seen:?}");
}

#[test]
fn a_face_larger_than_the_frame() {
    let (x, y, w, h) = place();
    scene(&zoomed((x + w / 4, y + h / 4, w / 2, h / 2), (640, 360)), "");
    let filling = scene(&zoomed((x, y, w, h), (640, 640)), "").1;
    assert!(with_face(&filling) > 10, "a face that fills the frame is found in {} frames", with_face(&filling));
}

#[test]
fn a_face_of_twenty_pixels() {
    let (_, _, _, h) = place();
    let (width, height) = ((1280 * 20 / h) & !1, (720 * 20 / h) & !1);
    let small =
        format!("{} ! videoscale ! video/x-raw,width={width},height={height},pixel-aspect-ratio=1/1", clip(FRAMES));
    let alone = scene(&small, "").1;
    assert!(with_face(&alone) > 10, "a face of 20 px in a small frame is found in {} frames", with_face(&alone));
    let (side, below) = (1280 - i64::from(width), 720 - i64::from(height));
    scene(&format!("{small} ! videobox left=-100 top=-300 right={} bottom={}", 100 - side, 300 - below), "");
}

#[test]
fn a_face_upside_down_and_on_its_side() {
    for method in ["rotate-180", "clockwise", "counterclockwise"] {
        let frames = scene(&format!("{} ! videoflip method={method}", clip(FRAMES)), "").1;
        assert!(with_face(&frames) > 10, "{method}: found in {} frames", with_face(&frames));
    }
}

#[test]
fn fifty_faces() {
    let (x, y, w, h) = place();
    let (left, top) = (x.saturating_sub(w / 2), y.saturating_sub(h / 2));
    let tile = zoomed((left, top, (2 * w).min(1280 - left), (2 * h).min(720 - top)), (128, 144));
    let places = (0..50).map(|i| format!("sink_{i}::xpos={} sink_{i}::ypos={}", i % 10 * 128, i / 10 * 144));
    let branches = (0..50).map(|i| format!("tile. ! queue ! grid.sink_{i}")).collect::<Vec<_>>().join(" ");
    let grid = format!(
        "{tile} ! tee name=tile {branches} compositor name=grid {} ! videoconvert ! \
         video/x-raw,format=I420,width=1280,height=720",
        places.collect::<Vec<_>>().join(" ")
    );
    let (_, swapped) = scene(&grid, "select=all");
    for (i, frame) in swapped.iter().enumerate() {
        assert!(frame.faces.len() >= 40, "frame {i}: only {} of 50 faces are found", frame.faces.len());
        let all = frame.faces.iter().all(|face| face.swapped.is_some_and(|(_, swapped)| swapped));
        assert!(all, "frame {i}: a face that is reported is not swapped");
    }
}

#[test]
fn nobody() {
    let (bare, passed) = scene(&cut([0, 1280 - 160, 0, 720 - 160]), "select=all");
    assert_eq!(with_face(&passed), 0);
    assert!(bare.iter().zip(&passed).all(|(a, b)| a.bytes == b.bytes), "a frame without a face was changed");
}

//! The priority map: eyes and mouth, which people look at and which a plain loss hardly sees.

/// The mesh's points around the subject's right eye, in order.
const RIGHT_EYE: [usize; 16] = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246];
/// Around the left eye.
const LEFT_EYE: [usize; 16] = [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466];
/// Around the lips.
const LIPS: [usize; 20] = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];

/// How far beyond its outline a part counts wholly, over the outline's width: lids and lashes, the lips' edges.
const GROWTH: f32 = 0.15;
/// From there to nothing, over the outline's width.
const FEATHER: f32 = 0.25;

/// The map of a crop of `side` pixels: 255 within eyes and mouth and a little around them, falling smoothly to 0.
/// `landmarks` are the 468 points of the mesh in the crop's unit square; a map of zeros where points are missing.
pub fn priority(landmarks: &[[f32; 2]], side: usize) -> Vec<u8> {
    let mut map = vec![0; side * side];
    for part in [RIGHT_EYE.as_slice(), &LEFT_EYE, &LIPS] {
        let outline: Option<Vec<_>> = part.iter().map(|&row| landmarks.get(row).copied()).collect();
        if let Some(outline) = outline {
            draw(&outline, side, &mut map);
        }
    }
    map
}

/// Draws one part over what is there.
fn draw(outline: &[[f32; 2]], side: usize, map: &mut [u8]) {
    let bound =
        |axis: usize| outline.iter().fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])));
    let (x, y) = (bound(0), bound(1));
    let width = (x.1 - x.0).max(y.1 - y.0);
    let (growth, reach) = (GROWTH * width, (GROWTH + FEATHER) * width);
    let pixels = |(low, high): (f32, f32)| {
        let pixel = |v: f32| (v * side as f32).clamp(0.0, side as f32);
        pixel(low - reach) as usize..pixel(high + reach).ceil() as usize
    };
    for j in pixels(y) {
        for i in pixels(x) {
            let centre = |n: usize| (n as f32 + 0.5) / side as f32;
            let outside = distance(outline, [centre(i), centre(j)]) - growth;
            let t = (1.0 - outside / (reach - growth)).clamp(0.0, 1.0);
            let value = (t * t * (3.0 - 2.0 * t) * 255.0).round() as u8;
            let pixel = &mut map[j * side + i];
            *pixel = value.max(*pixel);
        }
    }
}

/// Distance from `p` to a closed outline; 0 inside (M. Shimrat, "Algorithm 112: position of point relative to polygon",
/// 1962).
fn distance(outline: &[[f32; 2]], [x, y]: [f32; 2]) -> f32 {
    let (mut inside, mut least) = (false, f32::MAX);
    for (n, &[x0, y0]) in outline.iter().enumerate() {
        let [x1, y1] = outline[(n + 1) % outline.len()];
        let (dx, dy) = (x1 - x0, y1 - y0);
        if (y0 > y) != (y1 > y) && x < x0 + (y - y0) / dy * dx {
            inside = !inside;
        }
        let length = dx * dx + dy * dy;
        let t = if length > 0.0 { (((x - x0) * dx + (y - y0) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        least = least.min((x - x0 - t * dx).hypot(y - y0 - t * dy));
    }
    if inside { 0.0 } else { least }
}

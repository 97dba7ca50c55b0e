//! Make-up: lips, lids, lashes, cheeks.

use rand::{Rng, RngExt};

use super::super::anchors::{Almond, Anchors};
use super::super::bounds::Bounds;
use super::super::colour::HsvChange;
use super::super::draw::between;
use super::{Canvas, along, luma, seen_from, step};

/// Draws some, which hides as much as `most` (0..1) at most.
pub(super) fn make_up(most: f32, anchors: &Anchors, canvas: &mut Canvas<'_>, rng: &mut impl Rng) {
    let height = anchors.height();
    if rng.random::<f32>() < 0.8 {
        let (colour, cover) = (paint(rng), most * between(rng, 0.3, 1.0));
        lips(anchors, colour, cover, height, canvas);
    }
    if rng.random::<f32>() < 0.6 {
        let (colour, cover) = (paint(rng), most * between(rng, 0.15, 0.7));
        shadow(anchors, colour, cover, canvas);
    }
    if rng.random::<f32>() < 0.6 {
        let (width, cover) = (between(rng, 0.02, 0.07) * height, most * between(rng, 0.5, 1.0));
        liner(anchors, width, cover, canvas);
    }
    if rng.random::<f32>() < 0.4 {
        let (colour, cover) = (hsv(between(rng, -15.0, 15.0), 0.55, 0.85), most * between(rng, 0.1, 0.45));
        blush(anchors, colour, cover, height, canvas);
    }
}

fn lips(anchors: &Anchors, colour: [f32; 3], cover: f32, height: f32, canvas: &mut Canvas<'_>) {
    let Anchors { lips, mouth, .. } = anchors;
    let soft = (0.04 * height).max(canvas.pixel);
    let within = Bounds::around(&lips.points(), 0.1 * height);
    canvas.paint_face(&within, |p, there| {
        let on = lips.cover(p, soft) * (1.0 - mouth.cover(p, soft));
        (lit(colour, there), cover * on)
    });
}

/// From the upper lid towards the brow.
fn shadow(anchors: &Anchors, colour: [f32; 3], cover: f32, canvas: &mut Canvas<'_>) {
    for (eye, brow) in anchors.eyes.iter().zip(anchors.brows) {
        let reach = -0.75 * eye.place(brow).1;
        let within = around(eye, reach.abs() + 0.3 * eye.width());
        canvas.paint_face(&within, |p, there| {
            let (u, below) = eye.place(p);
            let [upper, _] = eye.edges(u);
            let above = upper - below;
            let beside = step(1.35, 0.6, u.abs());
            (lit(colour, there), cover * beside * step(-softness(reach), 0.0, above) * step(reach, 0.2 * reach, above))
        });
    }
}

/// A dark line along the upper lid.
fn liner(anchors: &Anchors, width: f32, cover: f32, canvas: &mut Canvas<'_>) {
    let soft = canvas.pixel;
    for eye in &anchors.eyes {
        canvas.paint_face(&around(eye, 3.0 * width + 0.2 * eye.width()), |p, there| {
            let (u, below) = eye.place(p);
            let [upper, _] = eye.edges(u);
            let off = (upper - 0.5 * width - below).abs() - 0.5 * width;
            let line = (0.5 - off / (1.5 * soft)).clamp(0.0, 1.0) * step(1.2, 1.0, u.abs());
            (there.map(|v| 0.15 * v), cover * line)
        });
    }
}

fn blush(anchors: &Anchors, colour: [f32; 3], cover: f32, height: f32, canvas: &mut Canvas<'_>) {
    let axes = anchors.axes();
    for cheek in anchors.cheeks {
        let centre = along(cheek, axes, 0.0, 0.15 * height);
        canvas.paint_face(&Bounds::around(&[centre], 0.6 * height), |p, there| {
            let (right, down) = seen_from(centre, axes, p);
            let far = right.hypot(1.3 * down) / (0.55 * height);
            (lit(colour, there), cover * step(1.0, 0.1, far))
        });
    }
}

fn around(eye: &Almond, margin: f32) -> Bounds {
    Bounds::around(&eye.points(), margin)
}

/// Softness of a shadow's lower edge.
fn softness(reach: f32) -> f32 {
    0.08 * reach.abs().max(0.01)
}

/// A colour as bright as what it lies on allows.
fn lit(colour: [f32; 3], there: [f32; 3]) -> [f32; 3] {
    let light = (1.7 * luma(there)).clamp(0.1, 1.3);
    colour.map(|c| c * light)
}

/// Reds and pinks mostly, sometimes any colour, sometimes nearly black.
fn paint(rng: &mut impl Rng) -> [f32; 3] {
    let kind = rng.random::<f32>();
    let (saturation, value) = (between(rng, 0.25, 0.9), between(rng, 0.25, 0.95));
    if kind < 0.75 {
        hsv(between(rng, -40.0, 20.0), saturation, value)
    } else if kind < 0.92 {
        hsv(between(rng, 0.0, 360.0), saturation, value)
    } else {
        hsv(between(rng, -60.0, 20.0), 0.4 * saturation, 0.3 * value)
    }
}

/// Blue, green, red.
fn hsv(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    let [r, g, b] = HsvChange { hue, saturation, value }.apply([1.0, 0.0, 0.0]);
    [b, g, r]
}

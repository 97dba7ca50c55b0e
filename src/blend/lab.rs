//! sRGB (IEC 61966-2-1) to CIE 1976 L*a*b* with white D65 and back, fast enough for every pixel of a crop: no calls, no
//! branches, so that loops over it become vector code. Within 0.05 of the exact L, a, b; there and back within 0.5/255.

use super::linear::{cube_root, encoded, linear};
use super::place::unit;

/// White D65 in XYZ; white's Y is 1.
const WHITE: [f32; 3] = [0.950_47, 1.0, 1.088_83];
/// Linear red, green, blue to X, Y, Z.
const TO_XYZ: [[f32; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175],
    [0.019_333_9, 0.119_192, 0.950_304_1],
];
/// X, Y, Z to linear red, green, blue.
const FROM_XYZ: [[f32; 3]; 3] = [
    [3.240_454_2, -1.537_138_5, -0.498_531_4],
    [-0.969_266, 1.876_010_8, 0.041_556],
    [0.055_643_4, -0.204_025_9, 1.057_225_2],
];
/// Where the cube root of L*a*b* gives way to a line: (6/29)³.
const KNEE: f32 = 216.0 / 24389.0;
const SLOPE: f32 = 841.0 / 108.0;
const SHIFT: f32 = 4.0 / 29.0;

/// L (0..100), a, b of red, green, blue (0..1).
#[inline(always)]
pub fn to_lab([r, g, b]: [f32; 3]) -> [f32; 3] {
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let (x, y, z) = (root(0, r, g, b), root(1, r, g, b), root(2, r, g, b));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Red, green, blue (clamped to 0..1) of L (0..100), a, b.
#[inline(always)]
pub fn to_rgb([l, a, b]: [f32; 3]) -> [f32; 3] {
    let y = (l + 16.0) * (1.0 / 116.0);
    let (x, y, z) = (cube(0, y + a * (1.0 / 500.0)), cube(1, y), cube(2, y - b * (1.0 / 200.0)));
    [shown(0, x, y, z), shown(1, x, y, z), shown(2, x, y, z)]
}

/// The root of X, Y or Z over white's, as L*a*b* takes it.
#[inline(always)]
fn root(i: usize, r: f32, g: f32, b: f32) -> f32 {
    let [mr, mg, mb] = TO_XYZ[i];
    let t = (mr * r + mg * g + mb * b) * (1.0 / WHITE[i]);
    let curve = cube_root(t);
    if t > KNEE { curve } else { SLOPE * t + SHIFT }
}

/// X, Y or Z of such a root.
#[inline(always)]
fn cube(i: usize, root: f32) -> f32 {
    let t = if root > 6.0 / 29.0 { root * root * root } else { (root - SHIFT) * (1.0 / SLOPE) };
    t * WHITE[i]
}

/// Encoded red, green or blue.
#[inline(always)]
fn shown(i: usize, x: f32, y: f32, z: f32) -> f32 {
    let [mx, my, mz] = FROM_XYZ[i];
    encoded(unit(mx * x + my * y + mz * z))
}

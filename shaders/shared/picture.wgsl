// Places between the pixels of a square picture of the model's resolution.

// The four pixels about a point, and how far it lies to the right of and below the first.
struct Corners {
    at: vec4<u32>,
    fraction: vec2<f32>,
}

// About `p` of the unit square, edge pixels repeated. At: top left, top right, bottom left, bottom right.
fn corners_about(p: vec2<f32>) -> Corners {
    let side = params.resolution;
    let last = side - 1u;
    let v = clamp(p * f32(side) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(last)));
    let first = vec2<u32>(v);
    let next = min(first + 1u, vec2<u32>(last));
    let at = vec4<u32>(
        first.y * side + first.x, first.y * side + next.x, next.y * side + first.x, next.y * side + next.x);
    return Corners(at, v - vec2<f32>(first));
}

// Whether the generated face was asked to be shown elsewhere than where it was made.
fn face_moves() -> bool {
    return any(params.to_generated != vec4<f32>(1.0, 0.0, 0.0, 0.0));
}

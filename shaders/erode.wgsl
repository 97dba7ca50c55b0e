// Minimum over a square (maximum where the radius is negative), rows then columns, and a ring of zeros at the edge.
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> eroded: array<f32>;

// The least, or greatest, of the values up to the radius before and after `at`, `step` apart; `place` is the place
// along that axis. What lies outside the crop does not count.
fn pick(at: u32, place: u32, step: u32) -> f32 {
    let radius = u32(abs(params.erode));
    let before = min(radius, place);
    let after = min(radius, params.resolution - 1u - place);
    var picked = values[at];
    for (var i = at - before * step; i <= at + after * step; i += step) {
        picked = select(max(picked, values[i]), min(picked, values[i]), params.erode > 0);
    }
    return picked;
}

@compute @workgroup_size(8, 8)
fn rows(@builtin(global_invocation_id) id: vec3<u32>) {
    if !in_crop(id.xy) {
        return;
    }
    let at = id.y * params.resolution + id.x;
    eroded[at] = pick(at, id.x, 1u);
}

@compute @workgroup_size(8, 8)
fn columns(@builtin(global_invocation_id) id: vec3<u32>) {
    if !in_crop(id.xy) {
        return;
    }
    let at = id.y * params.resolution + id.x;
    let to_edge = min(id.xy, params.resolution - 1u - id.xy);
    var value = 0.0;
    if min(to_edge.x, to_edge.y) >= params.border {
        value = pick(at, id.y, params.resolution);
    }
    eroded[at] = value;
}

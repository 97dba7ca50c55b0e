// The mask's Gaussian, rows then columns; 0 outside the crop.
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read_write> feathered: array<f32>;

// As `MASK_FLOOR` in src/blend/plan.rs.
const FLOOR: f32 = 1.0 / 255.0;

// The weighted sum about `at`, neighbours `step` apart; `place` is the place along that axis.
fn weigh(at: u32, place: u32, step: u32) -> f32 {
    let before = min(params.radius, place);
    let after = min(params.radius, params.resolution - 1u - place);
    var sum = weights[0] * values[at];
    for (var i = 1u; i <= before; i++) {
        sum += weights[i] * values[at - i * step];
    }
    for (var i = 1u; i <= after; i++) {
        sum += weights[i] * values[at + i * step];
    }
    return sum;
}

@compute @workgroup_size(8, 8)
fn rows(@builtin(global_invocation_id) id: vec3<u32>) {
    if in_crop(id.xy) {
        let at = id.y * params.resolution + id.x;
        feathered[at] = weigh(at, id.x, 1u);
    }
}

@compute @workgroup_size(8, 8)
fn columns(@builtin(global_invocation_id) id: vec3<u32>) {
    if in_crop(id.xy) {
        let at = id.y * params.resolution + id.x;
        let value = weigh(at, id.y, params.resolution);
        feathered[at] = select(value, 0.0, value < FLOOR);
    }
}

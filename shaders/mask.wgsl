// Where the face shows: driver mask x generated mask x inside of the hull x what nothing hides, as far as it is asked for.
@group(0) @binding(1) var<storage, read> driver_mask: array<f32>;
@group(0) @binding(2) var<storage, read> face_mask: array<f32>;
// The corners, then the map of visibility, two values at once.
@group(0) @binding(3) var<storage, read> hull: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> mask_out: array<f32>;

// Side of the map of visibility: OCCLUSION_SIDE in src/face/occlusion.rs.
const MAP_SIDE: u32 = 128u;

// Bounds are 0 and 1; a value that is not a number is 0.
fn unit(v: f32) -> f32 {
    return select(0.0, min(v, 1.0), v > 0.0);
}

// The generated mask where the generated face was moved to; 0 beyond its edge.
fn moved(pixel: vec2<u32>) -> f32 {
    let p = face_position(centre(pixel));
    if any(p < vec2<f32>(0.0)) || any(p > vec2<f32>(1.0)) {
        return 0.0;
    }
    let c = corners_about(p);
    let top = mix(unit(face_mask[c.at.x]), unit(face_mask[c.at.y]), c.fraction.x);
    let bottom = mix(unit(face_mask[c.at.z]), unit(face_mask[c.at.w]), c.fraction.x);
    return mix(top, bottom, c.fraction.y);
}

// Corners run clockwise on screen, so that inside is to the right of every edge.
fn in_hull(p: vec2<f32>) -> bool {
    for (var i = 0u; i < params.hull_corners; i++) {
        let corner = hull[i];
        let edge = hull[select(i + 1u, 0u, i + 1u == params.hull_corners)] - corner;
        let away = p - corner;
        if edge.x * away.y - edge.y * away.x < 0.0 {
            return false;
        }
    }
    return true;
}

fn map_value(x: u32, y: u32) -> f32 {
    let n = y * MAP_SIDE + x;
    let both = hull[params.hull_corners + n / 2u];
    return select(both.x, both.y, (n & 1u) == 1u);
}

// How visible the driver's face is at `p` of the crop, edge values repeated.
fn visible(p: vec2<f32>) -> f32 {
    let last = MAP_SIDE - 1u;
    let v = clamp(p * f32(MAP_SIDE) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(last)));
    let first = vec2<u32>(v);
    let next = min(first + 1u, vec2<u32>(last));
    let f = v - vec2<f32>(first);
    let top = mix(map_value(first.x, first.y), map_value(next.x, first.y), f.x);
    let bottom = mix(map_value(first.x, next.y), map_value(next.x, next.y), f.x);
    return mix(top, bottom, f.y);
}

@compute @workgroup_size(8, 8)
fn mask(@builtin(global_invocation_id) id: vec3<u32>) {
    if !in_crop(id.xy) {
        return;
    }
    let i = id.y * params.resolution + id.x;
    var m = 1.0;
    if (params.masks & DRIVER_MASK) != 0u {
        m *= unit(driver_mask[i]);
    }
    if (params.masks & GENERATED_MASK) != 0u {
        if face_moves() {
            m *= moved(id.xy);
        } else {
            m *= unit(face_mask[i]);
        }
    }
    // Fewer corners have no inside to keep to.
    if (params.masks & HULL_MASK) != 0u && params.hull_corners >= 3u && !in_hull(centre(id.xy)) {
        m = 0.0;
    }
    if (params.masks & VISIBLE_MASK) != 0u {
        m *= visible(centre(id.xy));
    }
    mask_out[i] = m;
}

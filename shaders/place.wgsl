// The generated face where the settings want it, red, green, blue, with the feathered mask.
@group(0) @binding(1) var<storage, read> driver: array<f32>;
@group(0) @binding(2) var<storage, read> face: array<f32>;
@group(0) @binding(3) var<storage, read> feathered: array<f32>;
@group(0) @binding(4) var<storage, read_write> placed: array<vec4<f32>>;

fn face_pixel(i: u32) -> vec3<f32> {
    return vec3<f32>(face[3u * i + 2u], face[3u * i + 1u], face[3u * i]);
}

// By the bits: a compiler may take it that floats are numbers.
fn is_nan(v: vec3<f32>) -> bool {
    return any((bitcast<vec3<u32>>(v) & vec3<u32>(0x7fffffffu)) > vec3<u32>(0x7f800000u));
}

@compute @workgroup_size(8, 8)
fn place(@builtin(global_invocation_id) id: vec3<u32>) {
    if !in_crop(id.xy) {
        return;
    }
    let i = id.y * params.resolution + id.x;
    var colour: vec3<f32>;
    if face_moves() {
        let c = corners_about(face_position(centre(id.xy)));
        let top = mix(face_pixel(c.at.x), face_pixel(c.at.y), c.fraction.x);
        let bottom = mix(face_pixel(c.at.z), face_pixel(c.at.w), c.fraction.x);
        colour = mix(top, bottom, c.fraction.y);
    } else {
        colour = face_pixel(i);
    }
    var m = feathered[i];
    if is_nan(colour) {
        colour = vec3<f32>(driver[3u * i + 2u], driver[3u * i + 1u], driver[3u * i]);
        m = 0.0;
    }
    placed[i] = vec4<f32>(clamp(colour, vec3<f32>(0.0), vec3<f32>(1.0)), m);
}

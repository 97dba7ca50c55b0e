// Mean and deviation of the colours, in the transfer's space, of the driver's crop and of the placed face, where both are
// skin (src/blend/skin.rs). Every workgroup sums its share in a tree: first luminance under the mask, whose means say what
// is skin, then the colours; in the end one workgroup sums their sums. Values count from the crop's middle pixel, so that
// little cancels in the variance.
@group(0) @binding(1) var<storage, read> driver: array<f32>;
@group(0) @binding(2) var<storage, read> placed: array<vec4<f32>>;
// 13 values in 16: driver mean, deviation, face mean, deviation, weight; then each workgroup's sums in the same room, with
// driver and face luminance and the mask in the last three.
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;

// As `GROUPS` in src/blend/gpu/measured.rs.
const GROUPS: u32 = 8u;
const LANES: u32 = 64u;
const ROOM: u32 = 16u;
const LUMINANCE: u32 = 13u;

// As in src/blend/skin.rs.
const LIT = vec2<f32>(0.25, 0.4);
const CLIPPED = vec2<f32>(2.0, 2.5);
const ALIKE = vec2<f32>(0.5, 0.7);
const FLOOR: f32 = 0.02;
const LEAST_MEAN: f32 = 1e-4;

struct Sums {
    driver: vec3<f32>,
    driver_squares: vec3<f32>,
    face: vec3<f32>,
    face_squares: vec3<f32>,
    weight: f32,
}

var<workgroup> lanes: array<Sums, LANES>;

var<workgroup> luminances: array<vec3<f32>, LANES>;

// Of red, green, blue, in the transfer's space.
fn colour(rgb: vec3<f32>) -> vec3<f32> {
    if params.color_transfer == LAB {
        return to_lab(rgb);
    }
    return linear(rgb);
}

fn driver_colour(i: u32) -> vec3<f32> {
    return colour(vec3<f32>(driver[3u * i + 2u], driver[3u * i + 1u], driver[3u * i]));
}

fn luminance(colour: vec3<f32>) -> f32 {
    if params.color_transfer == LAB {
        let root = (colour.x + 16.0) / 116.0;
        return root * root * root;
    }
    return dot(colour, vec3<f32>(0.2126, 0.7152, 0.0722));
}

// How far `v` has come from the first to the second.
fn come(v: f32, way: vec2<f32>) -> f32 {
    return clamp((v - way.x) / (way.y - way.x), 0.0, 1.0);
}

// How far a pixel counts that has so many times the mean luminance of its picture.
fn counts(driver: f32, face: f32) -> f32 {
    let dark = min(driver, face);
    let bright = max(driver, face);
    return come(dark, LIT) * (1.0 - come(bright, CLIPPED)) * come((dark + FLOOR) / (bright + FLOOR), ALIKE);
}

fn middle() -> u32 {
    return (params.resolution / 2u) * (params.resolution + 1u);
}

fn added(a: Sums, b: Sums) -> Sums {
    return Sums(
        a.driver + b.driver, a.driver_squares + b.driver_squares, a.face + b.face, a.face_squares + b.face_squares,
        a.weight + b.weight);
}

// Leaves the sum of all lanes in the first.
fn tree(lane: u32) {
    workgroupBarrier();
    for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
        if lane < reach {
            lanes[lane] = added(lanes[lane], lanes[lane + reach]);
        }
        workgroupBarrier();
    }
}

fn store(at: u32, a: vec3<f32>, b: vec3<f32>, c: vec3<f32>, d: vec3<f32>, weight: f32) {
    for (var i = 0u; i < 3u; i++) {
        statistics[at + i] = a[i];
        statistics[at + 3u + i] = b[i];
        statistics[at + 6u + i] = c[i];
        statistics[at + 9u + i] = d[i];
    }
    statistics[at + 12u] = weight;
}

fn load(at: u32) -> vec3<f32> {
    return vec3<f32>(statistics[at], statistics[at + 1u], statistics[at + 2u]);
}

// Leaves the sum of all lanes' luminances in the first.
fn luminance_tree(lane: u32) {
    workgroupBarrier();
    for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
        if lane < reach {
            luminances[lane] += luminances[lane + reach];
        }
        workgroupBarrier();
    }
}

@compute @workgroup_size(8, 8)
fn luminance_sums(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * GROUPS + group.x;
    let pixels = params.resolution * params.resolution;
    var sum = vec3<f32>(0.0);
    for (var i = index * LANES + lane; i < pixels; i += GROUPS * GROUPS * LANES) {
        let pixel = placed[i];
        if pixel.a > 0.0 {
            sum += pixel.a * vec3<f32>(luminance(driver_colour(i)), luminance(colour(pixel.rgb)), 1.0);
        }
    }
    luminances[lane] = sum;
    luminance_tree(lane);
    if lane == 0u {
        let at = ROOM * (1u + index) + LUMINANCE;
        for (var i = 0u; i < 3u; i++) {
            statistics[at + i] = luminances[0][i];
        }
    }
}

@compute @workgroup_size(8, 8)
fn partial_sums(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * GROUPS + group.x;
    let pixels = params.resolution * params.resolution;
    luminances[lane] = load(ROOM * (1u + lane) + LUMINANCE);
    luminance_tree(lane);
    let mean = max(luminances[0].xy / max(luminances[0].z, 1e-6), vec2<f32>(LEAST_MEAN));
    let driver_middle = driver_colour(middle());
    let face_middle = colour(placed[middle()].rgb);
    var sums = Sums();
    for (var i = index * LANES + lane; i < pixels; i += GROUPS * GROUPS * LANES) {
        let pixel = placed[i];
        if pixel.a > 0.0 {
            let driver = driver_colour(i);
            let face = colour(pixel.rgb);
            let weight = pixel.a * counts(luminance(driver) / mean.x, luminance(face) / mean.y);
            let d = driver - driver_middle;
            let f = face - face_middle;
            sums = added(sums, Sums(weight * d, weight * d * d, weight * f, weight * f * f, weight));
        }
    }
    lanes[lane] = sums;
    tree(lane);
    if lane == 0u {
        let all = lanes[0];
        store(ROOM * (1u + index), all.driver, all.driver_squares, all.face, all.face_squares, all.weight);
    }
}

@compute @workgroup_size(8, 8)
fn total(@builtin(local_invocation_index) lane: u32) {
    let at = ROOM * (1u + lane);
    lanes[lane] = Sums(load(at), load(at + 3u), load(at + 6u), load(at + 9u), statistics[at + 12u]);
    tree(lane);
    if lane == 0u {
        let all = lanes[0];
        let weight = max(all.weight, 1e-6);
        let d = all.driver / weight;
        let f = all.face / weight;
        let d_variance = max(all.driver_squares / weight - d * d, vec3<f32>(0.0));
        let f_variance = max(all.face_squares / weight - f * f, vec3<f32>(0.0));
        store(
            0u, driver_colour(middle()) + d, sqrt(d_variance), colour(placed[middle()].rgb) + f, sqrt(f_variance),
            all.weight);
    }
}

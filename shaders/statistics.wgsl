// Mean and deviation of L, a, b under the mask, of the driver's crop and of the placed face. Every workgroup sums its
// share in a tree; then one workgroup sums their sums. Values count from the crop's middle pixel, so that little
// cancels in the variance.
@group(0) @binding(1) var<storage, read> driver: array<f32>;
@group(0) @binding(2) var<storage, read> placed: array<vec4<f32>>;
// 13 values in 16: driver mean, deviation, face mean, deviation, weight; then each workgroup's sums in the same room.
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;

// As `GROUPS` in src/blend/gpu/passes/statistics.rs.
const GROUPS: u32 = 8u;
const LANES: u32 = 64u;
const ROOM: u32 = 16u;

struct Sums {
    driver: vec3<f32>,
    driver_squares: vec3<f32>,
    face: vec3<f32>,
    face_squares: vec3<f32>,
    weight: f32,
}

var<workgroup> lanes: array<Sums, LANES>;

fn driver_lab(i: u32) -> vec3<f32> {
    return to_lab(vec3<f32>(driver[3u * i + 2u], driver[3u * i + 1u], driver[3u * i]));
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

@compute @workgroup_size(8, 8)
fn partial_sums(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * GROUPS + group.x;
    let pixels = params.resolution * params.resolution;
    let driver_middle = driver_lab(middle());
    let face_middle = to_lab(placed[middle()].rgb);
    var sums = Sums();
    for (var i = index * LANES + lane; i < pixels; i += GROUPS * GROUPS * LANES) {
        let pixel = placed[i];
        if pixel.a > 0.0 {
            let d = driver_lab(i) - driver_middle;
            let f = to_lab(pixel.rgb) - face_middle;
            sums = added(sums, Sums(pixel.a * d, pixel.a * d * d, pixel.a * f, pixel.a * f * f, pixel.a));
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
            0u, driver_lab(middle()) + d, sqrt(d_variance), to_lab(placed[middle()].rgb) + f, sqrt(f_variance),
            all.weight);
    }
}

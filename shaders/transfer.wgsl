// Sharpen, colour transfer, gamma: the placed face becomes the layer.
@group(0) @binding(1) var<storage, read> placed: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> statistics: array<f32>;
@group(0) @binding(3) var<storage, read_write> layer: array<vec4<f32>>;

// As in src/blend/plan.rs.
const LEAST_WEIGHT: f32 = 16.0;
// Where in the statistics, three values each, and in the earlier ones.
const DRIVER_MEAN: u32 = 0u;
const DRIVER_DEVIATION: u32 = 1u;
const FACE_MEAN: u32 = 2u;
const FACE_DEVIATION: u32 = 3u;
const KERNEL = array<f32, 5>(0.0625, 0.25, 0.375, 0.25, 0.0625);

// The face under the binomial kernel, edge pixels repeated.
fn blurred(pixel: vec2<u32>) -> vec3<f32> {
    var kernel = KERNEL;
    let last = i32(params.resolution) - 1;
    var sum = vec3<f32>(0.0);
    for (var j = 0; j < 5; j++) {
        let y = clamp(i32(pixel.y) + j - 2, 0, last);
        var row = vec3<f32>(0.0);
        for (var i = 0; i < 5; i++) {
            let x = clamp(i32(pixel.x) + i - 2, 0, last);
            row += kernel[i] * placed[y * (last + 1) + x].rgb;
        }
        sum += kernel[j] * row;
    }
    return sum;
}

fn measured(at: u32) -> vec3<f32> {
    return vec3<f32>(statistics[3u * at], statistics[3u * at + 1u], statistics[3u * at + 2u]);
}

fn was_measured() -> bool {
    return statistics[12] >= LEAST_WEIGHT;
}

// One of the colours that this frame is given: its own mixed with the earlier one, or that alone.
fn steadied(at: u32) -> vec3<f32> {
    let earlier = params.earlier[at].xyz;
    if !was_measured() {
        return earlier;
    }
    let own = measured(at);
    return own + params.earlier_share * (earlier - own);
}

// Linear light of each channel times the ratio of the means, or its root.
fn gained(rgb: vec3<f32>) -> vec3<f32> {
    var gain = clamp(steadied(DRIVER_MEAN) / max(steadied(FACE_MEAN), vec3<f32>(3e-4)), vec3<f32>(0.25), vec3<f32>(4.0));
    if params.color_transfer == SOFT_GAIN {
        gain = sqrt(gain);
    }
    return encoded(clamp(linear(rgb) * gain, vec3<f32>(0.0), vec3<f32>(1.0)));
}

// The driver's mean and contrast, channel by channel, less of the shift towards black.
fn lined(rgb: vec3<f32>) -> vec3<f32> {
    let mean = steadied(FACE_MEAN);
    let contrast = steadied(DRIVER_DEVIATION) / max(steadied(FACE_DEVIATION), vec3<f32>(0.01));
    let ratio = clamp(contrast, vec3<f32>(0.0), vec3<f32>(4.0));
    let shift = steadied(DRIVER_MEAN) - mean * ratio;
    let lab = to_lab(rgb);
    return to_rgb(lab * ratio + shift * clamp(lab.x / max(mean.x, 1.0), 0.0, 1.0));
}

@compute @workgroup_size(8, 8)
fn transfer(@builtin(global_invocation_id) id: vec3<u32>) {
    if !in_crop(id.xy) {
        return;
    }
    let i = id.y * params.resolution + id.x;
    let pixel = placed[i];
    var rgb = pixel.rgb;
    if params.sharpen > 0.0 {
        rgb = clamp(rgb + params.sharpen * (rgb - blurred(id.xy)), vec3<f32>(0.0), vec3<f32>(1.0));
    }
    if params.color_transfer != 0u && (was_measured() || params.earlier_share > 0.0) {
        if params.color_transfer == LAB {
            rgb = lined(rgb);
        } else {
            rgb = gained(rgb);
        }
    }
    if any(params.exponent.xyz != vec3<f32>(1.0)) {
        rgb = select(vec3<f32>(0.0), pow(rgb, params.exponent.xyz), rgb > vec3<f32>(0.0));
    }
    layer[i] = vec4<f32>(rgb, pixel.a);
}

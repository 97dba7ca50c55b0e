// Sharpen, colour transfer, gamma: the placed face becomes the layer.
@group(0) @binding(1) var<storage, read> placed: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> statistics: array<f32>;
@group(0) @binding(3) var<storage, read_write> layer: array<vec4<f32>>;

// As in src/blend/plan.rs.
const LEAST_WEIGHT: f32 = 16.0;
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
    return vec3<f32>(statistics[at], statistics[at + 1u], statistics[at + 2u]);
}

// The driver's mean and contrast, channel by channel.
fn matched(rgb: vec3<f32>) -> vec3<f32> {
    let ratio = clamp(measured(3u) / max(measured(9u), vec3<f32>(0.01)), vec3<f32>(0.0), vec3<f32>(4.0));
    return to_rgb((to_lab(rgb) - measured(6u)) * ratio + measured(0u));
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
    if params.color_transfer != 0u && statistics[12] >= LEAST_WEIGHT {
        rgb = matched(rgb);
    }
    if any(params.exponent.xyz != vec3<f32>(1.0)) {
        rgb = select(vec3<f32>(0.0), pow(rgb, params.exponent.xyz), rgb > vec3<f32>(0.0));
    }
    layer[i] = vec4<f32>(rgb, pixel.a);
}

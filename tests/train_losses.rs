//! The losses: known values, and gradients against finite differences.
#![cfg(feature = "train")]
#![allow(clippy::expect_used, reason = "a test that fails may stop")]

use burn::tensor::{Device, Tensor, TensorData};
use standin::train::losses::{
    Judges, LossWeights, LossWeightsError, dssim, emphasised, emphasised_dssim, emphasised_each, feather, l1, l2,
    masked, total,
};
use standin::train::samples::Batch;
use standin::train::zoo::{Output, Side};

/// Smooth, in 0.1..0.9, and different for each `seed`.
fn picture(shape: [usize; 4], seed: usize) -> Vec<f32> {
    let count: usize = shape.iter().product();
    (0..count).map(|i| 0.5 + 0.4 * ((i * (seed + 3)) as f32 * 0.37 + seed as f32).sin()).collect()
}

fn tensor(values: Vec<f32>, shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A code that no term looks at.
fn code() -> Tensor<2> {
    Tensor::zeros([1, 4], &Device::flex())
}

fn scalar(value: Tensor<1>) -> f32 {
    value.into_scalar::<f32>()
}

/// Holds the gradient of `loss` in its picture against central differences, at places spread over the picture.
fn check_gradient(name: &str, shape: [usize; 4], loss: impl Fn(Tensor<4>) -> Tensor<1>) {
    let device = Device::flex();
    let values = picture(shape, 1);
    let x = tensor(values.clone(), shape, &device.clone().autodiff()).require_grad();
    let grads = loss(x.clone()).backward();
    let found = x.grad(&grads).expect("a gradient").into_data().try_into_vec::<f32>().expect("floats");
    let largest = found.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    assert!(largest > 0.0, "{name}: the gradient is zero everywhere");

    let step = 4e-3;
    let at = |place: usize, by: f32| {
        let mut values = values.clone();
        values[place] += by;
        f64::from(scalar(loss(tensor(values, shape, &device))))
    };
    for place in (0..values.len()).step_by(values.len() / 23) {
        let expected = ((at(place, step) - at(place, -step)) / (2.0 * f64::from(step))) as f32;
        let error = (found[place] - expected).abs();
        assert!(
            error < 0.03 * largest,
            "{name}, value {place}: gradient {} but differences give {expected} (largest {largest})",
            found[place]
        );
    }
}

#[test]
fn gradients_are_the_differences() {
    let shape = [2, 3, 14, 14];
    let target = || tensor(picture(shape, 2), shape, &Device::flex());
    let map = || tensor(picture([2, 1, 14, 14], 5), [2, 1, 14, 14], &Device::flex());
    check_gradient("l1", shape, |x| l1(x, target()));
    check_gradient("l2", shape, |x| l2(x, target()));
    check_gradient("priority", shape, |x| emphasised(x, target(), map()));
    check_gradient("dssim", shape, |x| dssim(x, target(), 1));
    check_gradient("priority_dssim", shape, |x| emphasised_dssim(x, target(), map()));
    check_gradient("masked l2", shape, |x| l2(masked(x, map(), 0.2), masked(target(), map(), 0.2)));
    let two = [1, 1, 24, 24];
    check_gradient("dssim at two scales", two, |x| dssim(x, tensor(picture(two, 2), two, &Device::flex()), 2));
}

#[test]
fn the_total_is_differentiated_through_every_part() {
    let (wide, narrow) = ([1, 3, 24, 24], [1, 1, 24, 24]);
    let weights = LossWeights { l2: 0.7, priority_dssim: 0.2, ..LossWeights::default() };
    let device = Device::flex();
    let batch = || Batch {
        input: tensor(picture(wide, 4), wide, &device),
        target: tensor(picture(wide, 2), wide, &device),
        mask: tensor(picture(narrow, 6), narrow, &device),
        priority: tensor(picture(narrow, 7), narrow, &device),
        driver_mask: tensor(picture(narrow, 5), narrow, &device),
        whose: Side::B.into(),
        answered: true,
        subject: Vec::new(),
    };
    let masks =
        |device: &Device| (tensor(picture(narrow, 8), narrow, device), tensor(picture(narrow, 9), narrow, device));
    check_gradient("total in the face", wide, |face| {
        let (mask, driver) = masks(&device);
        total(&Output { face, mask, driver_mask: Some(driver), code: code() }, &batch(), &weights, &Judges::default()).0
    });
    let face = || tensor(picture(wide, 3), wide, &device);
    check_gradient("total in the mask", narrow, |mask| {
        total(&Output { face: face(), mask, driver_mask: None, code: code() }, &batch(), &weights, &Judges::default()).0
    });
    check_gradient("total in the driver's mask", narrow, |driver| {
        let (mask, _) = masks(&device);
        total(
            &Output { face: face(), mask, driver_mask: Some(driver), code: code() },
            &batch(),
            &weights,
            &Judges::default(),
        )
        .0
    });
}

#[test]
fn dssim_of_equal_pictures_is_zero_and_of_a_negative_is_large() {
    let shape = [1, 1, 32, 32];
    let x = || tensor(picture(shape, 1), shape, &Device::flex());
    assert!(scalar(dssim(x(), x(), 2)).abs() < 1e-6);
    let negative = scalar(dssim(x(), x().neg() + 1.0, 1));
    assert!(negative > 0.9, "a negative has SSIM near -1, so a loss near 1, but got {negative}");
}

/// Two flat pictures: only the first factor of SSIM is left.
#[test]
fn dssim_of_flat_pictures_is_the_luminance_term() {
    let shape = [1, 3, 16, 16];
    let flat = |value: f32| tensor(vec![value; 3 * 256], shape, &Device::flex());
    let (a, b, c1) = (0.3_f32, 0.6_f32, 1e-4_f32);
    let ssim = (2.0 * a * b + c1) / (a * a + b * b + c1);
    let found = scalar(dssim(flat(a), flat(b), 1));
    assert!((found - (1.0 - ssim) / 2.0).abs() < 1e-4, "{found} against {}", (1.0 - ssim) / 2.0);
}

/// The definition, with loops and 64-bit floats.
#[test]
fn dssim_is_the_definition() {
    let (side, window) = (15, 11);
    let shape = [1, 1, side, side];
    let (x, y) = (picture(shape, 1), picture(shape, 2));
    let kernel: Vec<f64> = (0..window).map(|i| (-(i as f64 - 5.0).powi(2) / 4.5).exp()).collect();
    let sum: f64 = kernel.iter().sum();
    let mut ssims = Vec::new();
    for top in 0..=side - window {
        for left in 0..=side - window {
            let mut moments = [0.0; 5];
            for row in 0..window {
                for column in 0..window {
                    let weight = kernel[row] * kernel[column] / (sum * sum);
                    let at = (top + row) * side + left + column;
                    let (x, y) = (f64::from(x[at]), f64::from(y[at]));
                    for (moment, value) in moments.iter_mut().zip([x, y, x * x, y * y, x * y]) {
                        *moment += weight * value;
                    }
                }
            }
            let [mx, my, xx, yy, xy] = moments;
            let (vx, vy, covariance) = (xx - mx * mx, yy - my * my, xy - mx * my);
            let above = (2.0 * mx * my + 1e-4) * (2.0 * covariance + 9e-4);
            ssims.push(above / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4)));
        }
    }
    let expected = (1.0 - ssims.iter().sum::<f64>() / ssims.len() as f64) / 2.0;
    let device = Device::flex();
    let found = f64::from(scalar(dssim(tensor(x, shape, &device), tensor(y, shape, &device), 1)));
    assert!((found - expected).abs() < 1e-5, "{found} against {expected}");
}

#[test]
fn scales_smaller_than_the_window_are_left_out() {
    let shape = [1, 1, 24, 24];
    let x = || tensor(picture(shape, 1), shape, &Device::flex());
    let y = || tensor(picture(shape, 2), shape, &Device::flex());
    let two = scalar(dssim(x(), y(), 2));
    assert_eq!(scalar(dssim(x(), y(), 9)), two);
    assert_ne!(scalar(dssim(x(), y(), 1)), two);
}

#[test]
fn outside_the_mask_only_the_background_counts() {
    let shape = [1, 1, 2, 2];
    let device = Device::flex();
    let mask = tensor(vec![1.0, 0.0, 0.0, 0.0], shape, &device);
    let seen =
        masked(tensor(vec![0.8; 4], shape, &device), mask, 0.25).into_data().try_into_vec::<f32>().expect("floats");
    assert_eq!(seen, [0.8, 0.2, 0.2, 0.2]);
}

#[test]
fn a_feather_softens_inside_and_adds_nothing_outside() {
    let side = 64;
    let inside = |at: usize| (at % side).abs_diff(32) < 10 && (at / side).abs_diff(32) < 10;
    let values: Vec<f32> = (0..side * side).map(|at| f32::from(u8::from(inside(at)))).collect();
    let soft =
        feather(tensor(values, [1, 1, side, side], &Device::flex())).into_data().try_into_vec::<f32>().expect("floats");
    assert!((0..side * side).filter(|at| !inside(*at)).all(|at| soft[at] == 0.0));
    let row = &soft[32 * side..33 * side];
    assert!(row[39] == 1.0 && row[40] < 1.0 && row[41] < row[40] && row[41] < 0.3, "{:?}", &row[38..44]);
}

#[test]
fn each_picture_of_a_batch_is_judged_as_alone() {
    let device = Device::flex();
    let (shape, narrow) = ([3, 3, 14, 14], [3, 1, 14, 14]);
    let (x, y) = (tensor(picture(shape, 1), shape, &device), tensor(picture(shape, 2), shape, &device));
    let map = tensor(picture(narrow, 5), narrow, &device);
    let each = emphasised_each(x.clone(), y.clone(), map.clone());
    assert_eq!(each.dims(), [3]);
    for n in 0..3 {
        let found = scalar(each.clone().narrow(0, n, 1));
        let one = |pictures: &Tensor<4>| pictures.clone().narrow(0, n, 1);
        let expected = scalar(emphasised(one(&x), one(&y), one(&map)));
        assert!((found - expected).abs() < 1e-5, "picture {n}: {found} for {expected}");
    }
}

#[test]
fn an_empty_priority_costs_nothing() {
    let shape = [1, 3, 4, 4];
    let device = Device::flex();
    let value = emphasised(
        tensor(picture(shape, 1), shape, &device),
        tensor(picture(shape, 2), shape, &device),
        Tensor::zeros([1, 1, 4, 4], &device),
    );
    assert_eq!(scalar(value), 0.0);

    let shape = [1, 3, 16, 16];
    let (x, y) = (|| tensor(picture(shape, 1), shape, &device), || tensor(picture(shape, 2), shape, &device));
    assert!(scalar(emphasised_dssim(x(), y(), Tensor::zeros([1, 1, 16, 16], &device))).abs() < 1e-4);
    // A map of ones is the whole picture, over one pixel more.
    let (whole, all) = (dssim(x(), y(), 1), emphasised_dssim(x(), y(), Tensor::ones([1, 1, 16, 16], &device)));
    assert!((scalar(whole) - scalar(all) * (257.0 / 256.0)).abs() < 1e-5);
}

/// Weighted parts add up, and what has no weight is not there.
#[test]
fn parts_add_up_to_the_total() {
    let (wide, narrow) = ([1, 3, 16, 16], [1, 1, 16, 16]);
    let device = Device::flex();
    let batch = Batch {
        input: tensor(picture(wide, 4), wide, &device),
        target: tensor(picture(wide, 2), wide, &device),
        mask: tensor(picture(narrow, 6), narrow, &device),
        priority: tensor(picture(narrow, 7), narrow, &device),
        driver_mask: tensor(picture(narrow, 5), narrow, &device),
        whose: Side::B.into(),
        answered: true,
        subject: Vec::new(),
    };
    let output = Output {
        face: tensor(picture(wide, 1), wide, &device),
        mask: tensor(picture(narrow, 8), narrow, &device),
        driver_mask: Some(tensor(picture(narrow, 9), narrow, &device)),
        code: code(),
    };
    let weights = LossWeights { l1: 0.0, l2: 3.0, priority_dssim: 0.2, ..LossWeights::default() };
    let (sum, parts) = total(&output, &batch, &weights, &Judges::default());
    let names: Vec<_> = parts.read().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["dssim", "l2", "priority", "priority_dssim", "mask", "driver_mask"]);
    let added: f32 = parts.0.iter().zip(parts.read()).map(|(part, (_, value))| part.weight * value).sum();
    assert!((added - scalar(sum)).abs() < 1e-6);
    let mask = l1(output.mask, batch.mask);
    assert_eq!(parts.read()[4].1, scalar(mask));
}

#[test]
fn weights_out_of_range_are_named() {
    let refused = |weights: LossWeights| weights.check().expect_err("an error").to_string();
    assert_eq!(LossWeights::default().check(), Ok(()));
    assert!(refused(LossWeights { l1: f32::NAN, ..LossWeights::default() }).contains("l1"));
    assert!(refused(LossWeights { background: 1.5, ..LossWeights::default() }).contains("background"));
    assert!(refused(LossWeights { scales: 0, ..LossWeights::default() }).contains("scales"));
    let nothing = LossWeights { dssim: 0.0, l1: 0.0, l2: 0.0, ..LossWeights::default() };
    assert_eq!(nothing.check(), Err(LossWeightsError::Nothing));
}

#[test]
fn weights_are_read_with_defaults_and_without_strangers() {
    let read: LossWeights = toml::from_str("l2 = 2.0").expect("weights");
    assert_eq!(read, LossWeights { l2: 2.0, ..LossWeights::default() });
    assert!(toml::from_str::<LossWeights>("l3 = 1.0").is_err());
}

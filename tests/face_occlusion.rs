//! The occlusion network of the live path: what it is given, what it gives, and what that hides.
#![allow(missing_docs, clippy::unwrap_used)]

mod counting_allocator;
mod live_support;

use std::sync::Arc;

use counting_allocator::allocations;
use live_support::*;
use prost::Message;
use standin::blend::mask::hide;
use standin::blend::{BlendRequest, BlendSettings, Blender, ColorTransfer, CpuBlender};
use standin::face::{FaceType, OCCLUSION_CLASSES, OCCLUSION_SIDE, OcclusionNetwork};
use standin::frame::VideoBuffer;
use standin::geometry::Similarity;
use standin::live::{CropChoice, Look, Occlusion, OnFailure, Outcome, Settings, Visibility};
use standin::onnx::{DataType, Dimension, Graph, Model, Node, OperatorSet, Shape, Tensor, TensorType, Type, ValueInfo};
use standin::runtime::{Network, NetworkOptions, Runtime};
use standin::swap::Generated;

/// Calls a pixel a thing as far as its red is above a half, face otherwise: scores 0, -9, 40 · (red - 0.5), -9, -9.
fn red_hides(side: usize, classes: usize) -> Vec<u8> {
    let value = |name: &str, channels: usize| {
        let dims = [1, channels, side, side].map(|n| Dimension { dim_value: Some(n as i64), dim_param: None });
        let shape = Some(Shape { dim: dims.to_vec() });
        let tensor_type = Some(TensorType { elem_type: DataType::Float as i32, shape });
        ValueInfo { name: name.to_owned(), r#type: Some(Type { tensor_type }) }
    };
    let tensor = |name: &str, dims: &[i64], values: &[f32]| Tensor::of_floats(name, dims.to_vec(), values);
    let mut weight = vec![0.0; classes * 3];
    weight[2 * 3 + 2] = 40.0;
    let bias: Vec<f32> = (0..classes).map(|class| [0.0, -9.0, -20.0, -9.0, -9.0][class.min(4)]).collect();
    let node = Node::new("Conv", &["crop", "weight", "bias"], "scores", vec![]);
    let graph = Graph {
        node: vec![node],
        name: "red hides".to_owned(),
        initializer: vec![
            tensor("weight", &[classes as i64, 3, 1, 1], &weight),
            tensor("bias", &[classes as i64], &bias),
        ],
        input: vec![value("crop", 3)],
        output: vec![value("scores", classes)],
        ..Graph::default()
    };
    let opset_import = vec![OperatorSet { domain: String::new(), version: 13 }];
    Model { ir_version: 7, graph: Some(graph), opset_import, ..Model::default() }.encode_to_vec()
}

fn network() -> OcclusionNetwork {
    OcclusionNetwork::of(&Runtime::load(None).unwrap(), &red_hides(OCCLUSION_SIDE, OCCLUSION_CLASSES)).unwrap()
}

/// A grey crop whose right part, from `from` (0..1) on, is red.
fn half_red(resolution: usize, from: f32) -> Vec<f32> {
    let column = |n: usize| (n % resolution) as f32 + 0.5;
    let red = |n: usize| column(n) > from * resolution as f32;
    (0..resolution * resolution).flat_map(|n| if red(n) { [0.1, 0.1, 0.9] } else { [0.4; 3] }).collect()
}

#[test]
fn what_is_called_a_thing_is_not_visible_at_any_resolution() {
    let mut network = network();
    for resolution in [64, 128, 160, 224, 333] {
        let visible = network.look(&half_red(resolution, 0.5), resolution).unwrap();
        for row in visible.chunks_exact(OCCLUSION_SIDE) {
            assert!(row[..62].iter().all(|v| *v == 1.0), "{resolution}: {row:?}");
            assert!(row[66..].iter().all(|v| *v == 0.0), "{resolution}: {row:?}");
        }
    }
}

#[test]
fn a_network_of_another_shape_is_refused() {
    let runtime = Runtime::load(None).unwrap();
    for (side, classes) in [(64, OCCLUSION_CLASSES), (OCCLUSION_SIDE, 4)] {
        let error = OcclusionNetwork::of(&runtime, &red_hides(side, classes)).unwrap_err().to_string();
        assert!(error.contains("no occlusion network"), "{error}");
    }
    assert!(OcclusionNetwork::of(&runtime, b"not a network").is_err());
}

#[test]
fn the_network_that_is_compiled_in_has_its_shape_and_gives_a_map() {
    let mut network = OcclusionNetwork::new(&Runtime::load(None).unwrap()).unwrap();
    let visible = network.look(&half_red(96, 0.5), 96).unwrap();
    assert_eq!(visible.len(), OCCLUSION_SIDE * OCCLUSION_SIDE);
    assert!(visible.iter().all(|v| (0.0..=1.0).contains(v)));
    let (face, others) = network.scores().split_at(OCCLUSION_SIDE * OCCLUSION_SIDE);
    let others: Vec<&[f32]> = others.chunks_exact(face.len()).collect();
    let most = (0..face.len()).filter(|&i| others.iter().all(|other| face[i] > other[i])).count();
    assert!(most * 5 < face.len(), "{most} pixels of two colours are taken for a face");
}

#[test]
fn a_frame_is_looked_at_where_the_crop_is() {
    let (outlet, inbox) = crossbeam_channel::bounded(1);
    let mut visibility = Visibility::new(inbox);
    let picture = red_right();
    let to_frame = Similarity { a: 60.0, b: 0.0, tx: 50.0, ty: 30.0 };
    let look = |visibility: &mut Visibility| visibility.look(&picture.frame().unwrap(), &to_frame).unwrap();
    look(&mut visibility);
    assert!(visibility.visible().is_none() && !visibility.hides_all(), "nothing hides where there is no network");
    outlet.send(network()).unwrap();
    visibility.receive();
    look(&mut visibility);
    // Column 80 of the frame, from which on it is red, is in the middle of the crop.
    for row in visibility.visible().unwrap().chunks_exact(OCCLUSION_SIDE) {
        assert!(row[..60].iter().all(|v| *v == 1.0) && row[68..].iter().all(|v| *v == 0.0), "{row:?}");
    }
}

#[test]
fn the_driver_s_mask_is_hidden_whether_or_not_the_settings_use_it() {
    let side = 64;
    let (driver, face, mask) = (vec![0.4; side * side * 3], vec![1.0; side * side * 3], vec![0.8; side * side]);
    let generated = Generated { resolution: side, driver: &driver, face: &face, driver_mask: &mask, face_mask: &mask };
    // Its right half is hidden.
    let visible: Vec<f32> =
        (0..OCCLUSION_SIDE * OCCLUSION_SIDE).map(|n| if n % OCCLUSION_SIDE < 64 { 1.0 } else { 0.0 }).collect();
    let to_crop = Similarity { a: 60.0, b: 0.0, tx: 50.0, ty: 30.0 }.inverse().unwrap();
    for driver_mask in [false, true] {
        let plain = BlendSettings { erode: 0.0, blur: 0.0, generated_mask: false, ..BlendSettings::default() };
        let settings = BlendSettings { driver_mask, color_transfer: ColorTransfer::None, ..plain };
        let blend = |visible: Option<&[f32]>| {
            let mut frame = picture();
            let request = BlendRequest { visible, ..BlendRequest::new(&to_crop, &settings) };
            let mut target = frame.frame_mut().unwrap();
            let covered = CpuBlender::default().composite(&mut target, &generated, &request).unwrap().covered;
            (covered, [60, 100].map(|x| frame.bytes(0)[60 * 160 + x].abs_diff(picture().bytes(0)[60 * 160 + x]) > 10))
        };
        let whole = if driver_mask { 0.8 } else { 1.0 };
        let (covered, changed) = blend(None);
        assert!((covered - whole).abs() < 1e-4 && changed == [true, true], "{covered} {changed:?}");
        let (covered, changed) = blend(Some(&visible));
        assert!((covered - 0.5 * whole).abs() < 0.01 && changed == [true, false], "{covered} {changed:?}");
    }
}

#[test]
fn a_map_hides_where_it_says_at_any_resolution() {
    let visible: Vec<f32> =
        (0..OCCLUSION_SIDE * OCCLUSION_SIDE).map(|n| if n % OCCLUSION_SIDE < 64 { 1.0 } else { 0.0 }).collect();
    for resolution in [61, 96, 128, 160, 224] {
        let mut mask = vec![0.5; resolution * resolution];
        hide(&mut mask, resolution, &visible);
        for row in mask.chunks_exact(resolution) {
            assert!(row[..resolution / 2 - 2].iter().all(|m| *m == 0.5), "{resolution}");
            assert!(row[resolution / 2 + 2..].iter().all(|m| *m == 0.0), "{resolution}");
        }
    }
}

/// Settings with a crop that lies in the picture as a whole.
fn within(occlusion: Occlusion) -> Arc<Settings> {
    let crop = CropChoice { face_type: Some(FaceType::Half), ..CropChoice::default() };
    let settings = (*settings(OnFailure::Hold)).clone();
    Arc::new(Settings { occlusion, look: Look { crop, ..settings.look }, ..settings })
}

#[test]
fn the_stage_leaves_what_hides_the_face_unless_told_not_to_look() {
    // The right half of the picture is red, which the network calls a thing.
    for occlusion in [Occlusion::Auto, Occlusion::Off] {
        let (queue, model) = queue_seeing(Script::GOOD, 0, network());
        let settings = within(occlusion);
        submit_picture(&queue, &model, &settings, 0.0, red_right()).unwrap();
        let job = take(&queue);
        let bare = red_right();
        let frame = job.frame.as_ref().unwrap();
        let changed = |columns: std::ops::Range<usize>| {
            let places = (50..70).flat_map(|y| columns.clone().map(move |x| y * 160 + x));
            places.clone().filter(|&i| frame.bytes(0)[i].abs_diff(bare.bytes(0)[i]) > 10).count() as f64
                / places.count() as f64
        };
        let seen = changed(48..62);
        assert!(seen > 0.9, "{occlusion:?}: {seen} of the visible half");
        let hidden = changed(90..97);
        let expected = occlusion == Occlusion::Off;
        assert!(if expected { hidden > 0.9 } else { hidden == 0.0 }, "{occlusion:?}: {hidden} of the hidden half");
    }
}

#[test]
fn a_face_of_which_hardly_anything_is_visible_is_concealed() {
    let (queue, model) = queue_seeing(Script::GOOD, 0, network());
    submit_picture(&queue, &model, &within(Occlusion::Auto), 0.0, red_from(0)).unwrap();
    let job = take(&queue);
    assert_eq!(job.outcome, Outcome::Concealed);
    assert!(job.failure.is_none(), "{:?}", job.failure);
}

#[test]
fn looking_allocates_no_more_than_a_bare_run_of_the_network() {
    let runtime = Runtime::load(None).unwrap();
    let bytes = red_hides(OCCLUSION_SIDE, OCCLUSION_CLASSES);
    let mut bare = Network::new(&runtime, &bytes, NetworkOptions::default()).unwrap();
    let (outlet, inbox) = crossbeam_channel::bounded(1);
    outlet.send(network()).unwrap();
    let mut visibility = Visibility::new(inbox);
    visibility.receive();
    let picture = red_right();
    let to_frame = Similarity { a: 60.0, b: 0.0, tx: 50.0, ty: 30.0 };
    let mut round = || visibility.look(&picture.frame().unwrap(), &to_frame).unwrap();
    (0..3).for_each(|_| round());
    (0..3).for_each(|_| bare.run().unwrap());
    let own = allocations(|| (0..10).for_each(|_| round()));
    let of_run = allocations(|| (0..10).for_each(|_| bare.run().unwrap()));
    assert!(own <= of_run, "{own} allocations, of which {of_run} are those of ONNX Runtime's own bindings");
}

//! A file's network as a typed graph: what is fused, what is known before the first frame, what is refused.
#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::onnx::{SwapModel, float, int, ints, node};
use prost::Message;
use standin::onnx::Model;
use standin::swap::ModelFile;
use standin::swap::contract::Contract;
use standin::swap::graph::{GraphError, Operand, Operator, Order, Step, SwapGraph};

fn read(model: &Model) -> Result<SwapGraph, GraphError> {
    let contract = Contract::of(model.graph.as_ref().unwrap()).unwrap();
    SwapGraph::read(model, &contract)
}

fn count(graph: &SwapGraph, is: impl Fn(&Operator) -> bool) -> usize {
    graph.steps.iter().filter(|step| is(&step.operator)).count()
}

#[test]
fn a_real_model_becomes_convolutions_and_dense_layers() {
    let file = ModelFile::open("models/ben.dfm").unwrap();
    let graph = read(&Model::decode(file.bytes()).unwrap()).unwrap();
    assert_eq!(graph.shapes[graph.input], [1, file.resolution(), file.resolution(), 3]);
    let convolutions = count(&graph, |operator| matches!(operator, Operator::Convolution { .. }));
    assert!(convolutions > 8, "{convolutions}");
    assert_eq!(count(&graph, |operator| *operator == Operator::Dense), 2);
    // Every layer has its bias in it, and nothing is left of padding.
    assert_eq!(count(&graph, |operator| matches!(operator, Operator::Pad { .. })), 0);
    let by_constant = |input: &Operand| matches!(input, Operand::Constant(_));
    let added = |step: &&Step| matches!(step.operator, Operator::Binary(_)) && step.inputs.iter().any(by_constant);
    assert_eq!(graph.steps.iter().filter(added).count(), 0);
    let layers =
        graph.steps.iter().filter(|step| matches!(step.operator, Operator::Convolution { .. } | Operator::Dense));
    assert!(layers.clone().all(|step| step.inputs.len() == 3));
    assert!(graph.parameters() > 1_000_000);
    // Each value is given before it is read.
    let mut given = vec![false; graph.shapes.len()];
    given[graph.input] = true;
    for step in &graph.steps {
        for input in &step.inputs {
            assert!(!matches!(input, Operand::Value(value) if !given[*value]), "{step:?}");
        }
        given[step.output] = true;
    }
}

#[test]
fn what_a_converter_wrote_in_pieces_is_one_step() {
    let graph = read(&SwapModel::spliced().0).unwrap();
    let operators: Vec<_> = graph.steps.iter().map(|step| &step.operator).collect();
    let first = Operator::Convolution { stride: [2, 2], pads: [1, 1, 2, 2], groups: 1, slope: Some(0.1) };
    assert_eq!(operators[1], &first, "{operators:?}");
    assert_eq!(graph.steps[1].inputs.len(), 3);
    let grown = Operator::DepthToSpace { block: 2, order: Order::Dcr };
    assert!(operators.contains(&&grown), "{operators:?}");
    assert!(!operators.iter().any(|operator| matches!(operator, Operator::Reshape | Operator::Pad { .. })));
}

#[test]
fn a_depth_to_space_by_columns_first_is_one_step_too() {
    let graph = read(&SwapModel::varied().0).unwrap();
    let order = |step: &Step| match step.operator {
        Operator::DepthToSpace { block: 2, order } => Some(order),
        _ => None,
    };
    assert_eq!(graph.steps.iter().find_map(order), Some(Order::Crd));
}

#[test]
fn a_picture_behind_itself_is_convolved_once() {
    let graph = read(&SwapModel::joined().0).unwrap();
    let joined: Vec<_> = graph
        .steps
        .iter()
        .filter(|step| matches!(step.operator, Operator::Concat { .. }))
        .map(|step| step.inputs.len())
        .collect();
    assert_eq!(joined, [4, 3], "of four blocks, and of three of which one is another");
    let shapes: Vec<_> = graph.constants.iter().map(|constant| constant.shape.as_slice()).collect();
    assert!(shapes.contains(&&[8, 8, 3, 3][..]) && !shapes.contains(&&[8, 16, 3, 3][..]), "{shapes:?}");
}

#[test]
fn parts_that_morph_decides_are_joined() {
    let graph = read(&SwapModel::spliced().0).unwrap();
    let splice = graph.steps.iter().find_map(|step| match &step.operator {
        Operator::Splice { axis, at } => Some((*axis, at.clone())),
        _ => None,
    });
    let (axis, at) = splice.unwrap();
    assert_eq!((axis, at.at(0.0), at.at(0.5), at.at(1.0)), (1, 0.0, 5.0, 10.0));
    // The end of the second part is not where the first ends.
    let mut other = SwapModel::spliced();
    other.graph().node.iter_mut().find(|node| node.op_type == "Slice").unwrap().input[2] = "rest".to_owned();
    let error = read(&other.0).unwrap_err().to_string();
    assert!(error.contains("make mixed") && error.contains("do not complete each other"), "{error}");
}

#[test]
fn what_is_not_known_is_named_with_another_engine() {
    let mut model = SwapModel::identity();
    model.graph().node[0] = node("Erf", &["in_face:0"], "out_celeb_face:0", vec![]);
    let error = read(&model.0).unwrap_err();
    assert!(matches!(error, GraphError::Operator { opset: 13, .. }), "{error:?}");
    for said in ["make out_celeb_face:0", "Erf", "operator set 13", "device=cpu"] {
        assert!(error.to_string().contains(said), "{error}");
    }
    for (wrong, said) in [
        (node("LeakyRelu", &["in_face:0"], "out_celeb_face:0", vec![float("alpha", 3.0)]), "alpha 3"),
        (node("Concat", &["in_face:0"], "out_celeb_face:0", vec![int("axis", 7)]), "axis 7"),
        (node("MatMul", &["in_face:0", "in_face:0"], "out_celeb_face:0", vec![]), "no weight"),
        (node("DepthToSpace", &["in_face:0"], "out_celeb_face:0", vec![int("blocksize", 1 << 32)]), "do not fit"),
        (node("Pad", &["in_face:0"], "out_celeb_face:0", vec![ints("pads", &[1 << 62; 8])]), "pads"),
        (node("Pad", &["in_face:0"], "out_celeb_face:0", vec![ints("pads", &[1 << 20; 8])]), "2^28 numbers"),
        (node("Reshape", &["in_face:0"], "out_celeb_face:0", vec![ints("shape", &[1 << 40, 1 << 40, -1])]), "shape"),
        (node("Unsqueeze", &["in_face:0"], "out_celeb_face:0", vec![ints("axes", &[0; 9])]), "too many axes"),
        (node("Identity", &["nowhere"], "out_celeb_face:0", vec![]), "'nowhere'"),
        (node("DepthToSpace", &["in_face:0"], "out_celeb_face:0", vec![int("blocksize", 3)]), "do not fit"),
    ] {
        let mut model = SwapModel::identity();
        model.graph().node[0] = wrong;
        let error = read(&model.0).unwrap_err().to_string();
        assert!(error.contains(said), "should say '{said}': {error}");
    }
}

#[test]
fn the_model_for_timing_is_read() {
    let Some(path) = common::swap_model("speed_128.dfm") else { return };
    let file = ModelFile::open(path).unwrap();
    let graph = read(&Model::decode(file.bytes()).unwrap()).unwrap();
    assert!(count(&graph, |operator| matches!(operator, Operator::DepthToSpace { .. })) >= 4);
}

//! The graph reader and the plan of passes behind it, by mistakes in a graph's structure: what the loader takes may
//! still be no network.

use prost::Message;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use standin::onnx::{Graph, Model};
use standin::swap::ModelFile;
use standin::swap::graph::SwapGraph;
use standin::swap::passes::{Plan, Tier};

use super::common::onnx::SwapModel;
use super::fuzz;

const OPERATORS: [&str; 20] = [
    "Conv",
    "MatMul",
    "Gemm",
    "Add",
    "Mul",
    "Sub",
    "Div",
    "Reshape",
    "Transpose",
    "Concat",
    "Slice",
    "Split",
    "Resize",
    "DepthToSpace",
    "LeakyRelu",
    "Sigmoid",
    "Pad",
    "Flatten",
    "Cast",
    "Constant",
];
const NUMBERS: [i64; 12] = [0, 1, 2, 3, 4, 7, 64, -1, -2, 1 << 20, i64::MAX, i64::MIN];

/// One mistake.
fn change(graph: &mut Graph, random: &mut ChaCha8Rng) {
    let names: Vec<String> = graph
        .node
        .iter()
        .flat_map(|node| node.output.iter())
        .chain(graph.initializer.iter().map(|tensor| &tensor.name))
        .cloned()
        .collect();
    let number = NUMBERS[random.random_range(0..NUMBERS.len())];
    let at = random.random_range(0..graph.node.len().max(1));
    let Some(node) = graph.node.get_mut(at) else { return };
    match random.random_range(0..10) {
        0 => node.op_type = OPERATORS[random.random_range(0..OPERATORS.len())].to_owned(),
        1 if !node.input.is_empty() => {
            let input = random.random_range(0..node.input.len());
            node.input[input] = names[random.random_range(0..names.len())].clone();
        }
        2 => drop(node.input.pop()),
        3 => node.input.push(names[random.random_range(0..names.len())].clone()),
        4 | 5 if !node.attribute.is_empty() => {
            let attribute = random.random_range(0..node.attribute.len());
            let attribute = &mut node.attribute[attribute];
            attribute.i = Some(number);
            attribute.f = Some([0.0, f32::NAN, f32::INFINITY, -1.0][random.random_range(0..4)]);
            match attribute.ints.len() {
                0 => attribute.ints.push(number),
                len => attribute.ints[random.random_range(0..len)] = number,
            }
        }
        6 => drop(node.attribute.pop()),
        7 => drop(graph.node.remove(at)),
        8 if !graph.initializer.is_empty() => {
            let tensor = random.random_range(0..graph.initializer.len());
            let tensor = &mut graph.initializer[tensor];
            // As many values in another shape, or all of them the same.
            if random.random_bool(0.5) {
                tensor.dims.reverse();
                tensor.dims.push(1);
            } else if let Some(raw) = &tensor.raw_data {
                let word = (number as u64).to_le_bytes();
                tensor.raw_data = Some(raw.iter().enumerate().map(|(i, _)| word[i % 8]).collect());
            }
        }
        _ => {
            let twice = node.clone();
            graph.node.insert(at, twice);
        }
    }
}

fn reader(bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.dfm");
    std::fs::write(&path, bytes).unwrap();
    let Ok(file) = ModelFile::open(&path) else { return false };
    let model = Model::decode(bytes).unwrap();
    let Ok(graph) = SwapGraph::read(&model, &file.contract()) else { return false };
    for tier in [Tier::Single, Tier::Half, Tier::Matrices] {
        let _ = Plan::new(&graph, tier);
    }
    true
}

#[test]
fn the_graph_reader() {
    let corpus: Vec<SwapModel> = vec![
        SwapModel::plain(),
        SwapModel::morph(),
        SwapModel::half_precision(),
        SwapModel::dense(8),
        SwapModel::large_between(),
        SwapModel::spliced(),
        SwapModel::varied(),
        SwapModel::joined(),
        SwapModel::tiled(),
    ];
    let make = |random: &mut ChaCha8Rng| {
        let mut model = corpus[random.random_range(0..corpus.len())].clone();
        for _ in 0..random.random_range(0..4) {
            change(model.graph(), random);
        }
        model.bytes()
    };
    fuzz("graph-reader", make, reader);
}

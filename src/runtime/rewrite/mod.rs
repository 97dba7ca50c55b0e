//! Nodes that ONNX Runtime computes faster on a processor when they are written otherwise. What a network gives of
//! finite numbers stays the same, but for the rounding of [`prelu`].

mod shapes;

use std::collections::HashSet;

use prost::Message;

use crate::onnx::{Attribute, Graph, Model, Node, Tensor};
use shapes::{Shapes, block, is_onnx};

/// Channels of a PRelu, and nodes of a file, that are written otherwise at most: what is made stays small, whoever
/// made the file.
const MOST_CHANNELS: i64 = 4096;
const MOST_NODES: usize = 1000;
/// The largest slope: what a larger one takes away again would cost digits.
const MOST_SLOPE: f32 = 8.0;

/// The file with these nodes written otherwise; `None` where it has none of them, or is no network.
pub(super) fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    // Most files have neither name in them, and need not be read.
    if !["PRelu", "DepthToSpace"].iter().any(|name| memchr::memmem::find(bytes, name.as_bytes()).is_some()) {
        return None;
    }
    let mut model = Model::decode(bytes).ok()?;
    let graph = model.graph.as_mut()?;
    let nodes = std::mem::take(&mut graph.node);
    let taken = names(graph, &nodes);
    let mut shapes = Shapes::of(graph);
    let (mut made, mut constants, mut count) = (Vec::with_capacity(nodes.len()), Vec::new(), 0);
    for node in nodes {
        let faster = match node.op_type.as_str() {
            _ if count == MOST_NODES || !is_onnx(&node) => None,
            "PRelu" => prelu(&node, &shapes),
            "DepthToSpace" => depth_to_space(&node, &shapes),
            _ => None,
        };
        shapes.pass(&node);
        match faster.filter(|faster| faster.is_new(&taken)) {
            Some(faster) => {
                made.extend(faster.nodes);
                constants.extend(faster.constants);
                count += 1;
            }
            None => made.push(node),
        }
    }
    if count == 0 {
        return None;
    }
    graph.node = made;
    graph.initializer.extend(constants);
    Some(model.encode_to_vec())
}

/// What stands in the place of a node.
struct Faster {
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
}

impl Faster {
    /// Whether none of its values but the last, which is the node's own, has a name that is taken.
    fn is_new(&self, taken: &HashSet<String>) -> bool {
        let values = self.nodes.iter().rev().skip(1).flat_map(|node| &node.output);
        !values.chain(self.constants.iter().map(|constant| &constant.name)).any(|name| taken.contains(name))
    }
}

/// Every name of a value in a graph.
fn names(graph: &Graph, nodes: &[Node]) -> HashSet<String> {
    let values = nodes.iter().flat_map(|node| node.output.iter().chain(&node.input));
    let constants = graph.initializer.iter().map(|tensor| &tensor.name);
    values.chain(constants).chain(graph.input.iter().map(|input| &input.name)).cloned().collect()
}

/// `max(x, 0) + s · min(x, 0)` with a slope `s` a channel, as `s · x + (1 - s) · max(x, 0)`: two convolutions of one
/// pixel and one channel, which ONNX Runtime computes in the layout of the convolutions around them, where it
/// branches at each value for PRelu.
fn prelu(node: &Node, shapes: &Shapes<'_>) -> Option<Faster> {
    let [x, slope] = node.input.as_slice() else { return None };
    let [y] = node.output.as_slice() else { return None };
    let slopes = shapes.constant(slope)?;
    let channels = match *slopes.dims.as_slice() {
        [channels, 1, 1] | [1, channels, 1, 1] if (2..=MOST_CHANNELS).contains(&channels) => channels,
        // A single slope may be that of many channels.
        _ => return None,
    };
    if shapes.picture(x).is_some_and(|[of_x, ..]| of_x != channels) {
        return None;
    }
    let slopes = slopes.floats().filter(|slopes| slopes.iter().all(|slope| slope.abs() <= MOST_SLOPE))?;
    let [of_all, of_positive, positive, all, bent] = ["of_all", "of_positive", "positive", "all", "bent"].map(part(y));
    let dims = || vec![channels, 1, 1, 1];
    let rest: Vec<f32> = slopes.iter().map(|slope| 1.0 - slope).collect();
    let each = || vec![Attribute::int("group", channels), Attribute::ints("kernel_shape", &[1, 1])];
    let nodes = vec![
        Node::new("Relu", &[x], &positive, vec![]),
        Node::new("Conv", &[x, &of_all], &all, each()),
        Node::new("Conv", &[&positive, &of_positive], &bent, each()),
        Node::new("Add", &[&all, &bent], y, vec![]),
    ];
    let constants = vec![Tensor::of_floats(&of_all, dims(), &slopes), Tensor::of_floats(&of_positive, dims(), &rest)];
    Some(Faster { nodes, constants })
}

/// Columns beside each other first, then rows: two transpositions of four axes, each of which ONNX Runtime copies
/// faster than the one of six.
fn depth_to_space(node: &Node, shapes: &Shapes<'_>) -> Option<Faster> {
    let ([x], [y]) = (node.input.as_slice(), node.output.as_slice()) else { return None };
    let block = block(node)?;
    if node.attribute("mode")?.s.as_deref() != Some(b"CRD") {
        return None;
    }
    let [channels, height, width] = shapes.picture(x).filter(|[channels, ..]| channels % (block * block) == 0)?;
    let out = channels / (block * block);
    let [split, columns, wide, rows] = ["split", "columns", "wide", "rows"].map(part(y));
    let [to_split, to_wide, to_whole] = ["split.shape", "wide.shape", "whole.shape"].map(part(y));
    let transpose = |from: &str, to: &str, order: [i64; 4]| {
        Node::new("Transpose", &[from], to, vec![Attribute::ints("perm", &order)])
    };
    let nodes = vec![
        Node::new("Reshape", &[x, &to_split], &split, vec![]),
        transpose(&split, &columns, [0, 1, 3, 2]),
        Node::new("Reshape", &[&columns, &to_wide], &wide, vec![]),
        transpose(&wide, &rows, [0, 2, 1, 3]),
        Node::new("Reshape", &[&rows, &to_whole], y, vec![]),
    ];
    let constants = vec![
        Tensor::of_integers(&to_split, &[0, out * block, block, height * width]),
        Tensor::of_integers(&to_wide, &[-1, block, height, width * block]),
        Tensor::of_integers(&to_whole, &[-1, out, height * block, width * block]),
    ];
    Some(Faster { nodes, constants })
}

/// Names of what a value is made of.
fn part(of: &str) -> impl Fn(&str) -> String {
    move |part| format!("{of}/{part}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
mod tests {
    use super::*;
    use crate::face::Mesh;
    use crate::onnx::{DataType, Dimension, Shape, TensorType, Type, ValueInfo};
    use crate::runtime::{Network, NetworkOptions, Runtime, SharedWeights};

    /// How often the nodes of a file are of this operator.
    fn count(bytes: &[u8], operator: &str) -> usize {
        let graph: Graph = Model::decode(bytes).unwrap().graph.unwrap();
        graph.node.iter().filter(|node| node.op_type == operator).count()
    }

    /// The largest difference of outputs from those of the file as it is, over the largest value; on a
    /// picture of waves.
    fn apart(runtime: &Runtime, bytes: &[u8], faster: &[u8]) -> f32 {
        let run = |bytes: &[u8]| {
            let mut network =
                Network::as_written(runtime, bytes, NetworkOptions::default(), &SharedWeights::default()).unwrap();
            let wave = |n: usize| 0.5 + 0.5 * (n as f32 * 0.37).sin() * (n as f32 * 0.0011).cos();
            network.input_mut(0).iter_mut().enumerate().for_each(|(n, value)| *value = wave(n));
            network.run().unwrap();
            (0..network.outputs()).map(|n| network.output(n).to_vec()).collect::<Vec<_>>()
        };
        let (as_it_is, otherwise) = (run(bytes), run(faster));
        assert_eq!(as_it_is.len(), otherwise.len());
        let output = |(a, b): (&Vec<f32>, &Vec<f32>)| {
            let most = a.iter().fold(1e-3_f32, |most, value| most.max(value.abs()));
            a.iter().zip(b).fold(0.0_f32, |apart, (a, b)| apart.max((a - b).abs())) / most
        };
        as_it_is.iter().zip(&otherwise).map(output).fold(0.0, f32::max)
    }

    #[test]
    fn a_mesh_without_prelu_finds_the_same_points() {
        let runtime = Runtime::load(None).unwrap();
        for (mesh, nodes) in [(Mesh::Points468, 23), (Mesh::Points478, 73)] {
            let faster = rewritten(mesh.bytes()).unwrap();
            assert_eq!((count(mesh.bytes(), "PRelu"), count(&faster, "PRelu")), (nodes, 0), "{mesh:?}");
            let apart = apart(&runtime, mesh.bytes(), &faster);
            assert!(apart < 1e-5, "{mesh:?}: {apart}");
        }
    }

    #[test]
    fn pictures_that_are_shuffled_in_two_steps_are_the_same() {
        let runtime = Runtime::load(None).unwrap();
        let ours: [(&str, &[u8], usize); 2] = [
            ("ben.dfm", include_bytes!("../../../models/ben.dfm"), 11),
            ("occlusion", include_bytes!("../../../models/face_occlusion_128.onnx"), 4),
        ];
        for (name, bytes, nodes) in ours {
            let faster = rewritten(bytes).unwrap();
            assert_eq!((count(bytes, "DepthToSpace"), count(&faster, "DepthToSpace")), (nodes, 0), "{name}");
            assert_eq!(apart(&runtime, bytes, &faster), 0.0, "{name}");
        }
    }

    /// A file of one node on a picture `x` of 8 channels, 4 x 6 px.
    fn file(node: Node, constants: Vec<Tensor>) -> Vec<u8> {
        let dim = [1, 8, 4, 6].map(|side| Dimension { dim_value: Some(side), dim_param: None }).to_vec();
        let value = |name: &str| ValueInfo {
            name: name.to_owned(),
            r#type: Some(Type {
                tensor_type: Some(TensorType {
                    elem_type: DataType::Float as i32,
                    shape: (name == "x").then(|| Shape { dim: dim.clone() }),
                }),
            }),
        };
        let (input, output) = (vec![value("x")], vec![value("y")]);
        let graph = Graph { node: vec![node], initializer: constants, input, output, ..Graph::default() };
        Model { graph: Some(graph), ..Model::default() }.encode_to_vec()
    }

    fn shuffle(block: i64, mode: &str) -> Node {
        Node::new("DepthToSpace", &["x"], "y", vec![Attribute::int("blocksize", block), Attribute::text("mode", mode)])
    }

    fn bend(dims: &[i64], slopes: &[f32]) -> Vec<u8> {
        file(Node::new("PRelu", &["x", "s"], "y", vec![]), vec![Tensor::of_floats("s", dims.to_vec(), slopes)])
    }

    #[test]
    fn what_cannot_be_written_otherwise_stays() {
        assert!(rewritten(&file(shuffle(2, "CRD"), vec![])).is_some());
        assert!(rewritten(&bend(&[8, 1, 1], &[0.1; 8])).is_some());
        let elsewhere = Node { domain: "other".to_owned(), ..shuffle(2, "CRD") };
        let taken = vec![Tensor::of_integers("y/split.shape", &[1])];
        let stay = [
            b"no network".to_vec(),
            b"PRelu".to_vec(),
            file(shuffle(2, "DCR"), vec![]),
            file(shuffle(3, "CRD"), vec![]),
            file(shuffle(0, "CRD"), vec![]),
            file(shuffle(i64::MIN, "CRD"), vec![]),
            file(elsewhere, vec![]),
            file(shuffle(2, "CRD"), taken),
            // One slope of all channels, of each place, of another number of channels, none that is a number, too
            // steep.
            bend(&[1, 1, 1], &[0.1]),
            bend(&[8, 4, 6], &[0.1; 192]),
            bend(&[4, 1, 1], &[0.1; 4]),
            bend(&[8, 1, 1], &[f32::NAN; 8]),
            bend(&[8, 1, 1], &[100.0; 8]),
            bend(&[8, 1, 1], &[0.1; 7]),
        ];
        for (n, bytes) in stay.iter().enumerate() {
            assert_eq!(rewritten(bytes), None, "file {n}");
        }
    }

    #[test]
    fn pictures_are_followed_no_further_than_they_are_known() {
        // Without its weights' shapes no picture of the network can be followed to where it is shuffled.
        let mut model = Model::decode(&include_bytes!("../../../models/face_occlusion_128.onnx")[..]).unwrap();
        model.graph.as_mut().unwrap().initializer.clear();
        assert_eq!(rewritten(&model.encode_to_vec()), None);
        let odd = |node: Node| {
            let shuffle = Node { input: vec!["z".to_owned()], ..shuffle(2, "CRD") };
            let mut model = Model::decode(file(shuffle, vec![]).as_slice()).unwrap();
            let graph = model.graph.as_mut().unwrap();
            graph.node.insert(0, node);
            graph.initializer.push(Tensor::of_floats("w", vec![8, 8, 3, 3], &[0.0; 576]));
            rewritten(&model.encode_to_vec())
        };
        assert!(odd(Node::new("Relu", &["x"], "z", vec![])).is_some());
        assert!(odd(Node::new("Conv", &["x", "w"], "z", vec![Attribute::ints("pads", &[1; 4])])).is_some());
        for attribute in [
            Attribute::ints("pads", &[i64::MAX; 4]),
            Attribute::ints("pads", &[i64::MIN; 4]),
            Attribute::ints("strides", &[0, 0]),
            Attribute::ints("dilations", &[2, 2]),
            Attribute::text("auto_pad", "SAME_UPPER"),
        ] {
            assert_eq!(odd(Node::new("Conv", &["x", "w"], "z", vec![attribute.clone()])), None, "{attribute:?}");
        }
        for order in [[0, i64::MIN, 1, 2], [0, 1, 2, 9], [1, 0, 2, 3]] {
            assert_eq!(odd(Node::new("Transpose", &["x"], "z", vec![Attribute::ints("perm", &order)])), None);
        }
    }
}

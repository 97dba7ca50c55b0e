//! Nodes that ONNX Runtime computes faster on a processor when they are written otherwise. What a network gives stays
//! the same, but for the rounding of [`prelu`].

mod shapes;

use prost::Message;

use crate::onnx::{Attribute, DataType, Model, Node, Tensor};
use shapes::Shapes;

/// The file with these nodes written otherwise; `None` where it has none of them, or is no network.
pub(super) fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut model = Model::decode(bytes).ok()?;
    let graph = model.graph.as_mut()?;
    let nodes = std::mem::take(&mut graph.node);
    let mut shapes = Shapes::of(graph);
    let (mut made, mut constants) = (Vec::with_capacity(nodes.len()), Vec::new());
    for node in nodes {
        let faster = match node.op_type.as_str() {
            "PRelu" => prelu(&node, &shapes, &mut constants),
            "DepthToSpace" => depth_to_space(&node, &shapes, &mut constants),
            _ => None,
        };
        shapes.pass(&node);
        match faster {
            Some(faster) => made.extend(faster),
            None => made.push(node),
        }
    }
    if constants.is_empty() {
        return None;
    }
    graph.node = made;
    graph.initializer.extend(constants);
    Some(model.encode_to_vec())
}

/// `max(x, 0) + s · min(x, 0)` with a slope `s` a channel, as `s · x + (1 - s) · max(x, 0)`: two convolutions of one
/// pixel and one channel, which ONNX Runtime computes in the layout of the convolutions around them, where it
/// branches at each value for PRelu.
fn prelu(node: &Node, shapes: &Shapes<'_>, constants: &mut Vec<Tensor>) -> Option<Vec<Node>> {
    let [x, slope] = node.input.as_slice() else { return None };
    let [y] = node.output.as_slice() else { return None };
    let slopes = shapes.constant(slope)?;
    let channels = match *slopes.dims.as_slice() {
        [channels, 1, 1] | [1, channels, 1, 1] => channels,
        _ => return None,
    };
    let slopes = slopes.floats().filter(|slopes| slopes.len() as i64 == channels)?;
    let [of_all, of_positive, positive, all, bent] = ["of_all", "of_positive", "positive", "all", "bent"].map(part(y));
    let mut weights = |name: &str, values: Vec<f32>| {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        constants.push(Tensor::raw(name, vec![channels, 1, 1, 1], DataType::Float, bytes));
    };
    weights(&of_positive, slopes.iter().map(|slope| 1.0 - slope).collect());
    weights(&of_all, slopes);
    let each = || vec![Attribute::int("group", channels), Attribute::ints("kernel_shape", &[1, 1])];
    Some(vec![
        Node::new("Relu", &[x], &positive, vec![]),
        Node::new("Conv", &[x, &of_all], &all, each()),
        Node::new("Conv", &[&positive, &of_positive], &bent, each()),
        Node::new("Add", &[&all, &bent], y, vec![]),
    ])
}

/// Columns beside each other first, then rows: two transpositions of four axes, each of which ONNX Runtime copies
/// faster than the one of six.
fn depth_to_space(node: &Node, shapes: &Shapes<'_>, constants: &mut Vec<Tensor>) -> Option<Vec<Node>> {
    let ([x], [y]) = (node.input.as_slice(), node.output.as_slice()) else { return None };
    let block = node.attribute("blocksize")?.i.filter(|&block| block > 0)?;
    let is_crd = node.attribute("mode")?.s.as_deref() == Some(b"CRD");
    let [channels, height, width] =
        shapes.picture(x).filter(|[channels, ..]| is_crd && channels % (block * block) == 0)?;
    let out = channels / (block * block);
    let mut shape = |name: &str, dims: [i64; 4]| {
        let bytes = dims.iter().flat_map(|dim| dim.to_le_bytes()).collect();
        constants.push(Tensor::raw(name, vec![4], DataType::Int64, bytes));
    };
    let [apart, columns, wide, rows, whole] = ["apart", "columns", "wide", "rows", "whole"].map(part(y));
    let shape_of = |value: &str| format!("{value}.shape");
    shape(&shape_of(&apart), [0, out * block, block, height * width]);
    shape(&shape_of(&wide), [-1, block, height, width * block]);
    shape(&shape_of(&whole), [-1, out, height * block, width * block]);
    let reshape = |from: &str, to: &str, by: &str| Node::new("Reshape", &[from, &shape_of(by)], to, vec![]);
    let transpose = |from: &str, to: &str, order: [i64; 4]| {
        Node::new("Transpose", &[from], to, vec![Attribute::ints("perm", &order)])
    };
    Some(vec![
        reshape(x, &apart, &apart),
        transpose(&apart, &columns, [0, 1, 3, 2]),
        reshape(&columns, &wide, &wide),
        transpose(&wide, &rows, [0, 2, 1, 3]),
        reshape(&rows, y, &whole),
    ])
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
    use crate::onnx::Graph;
    use crate::runtime::{Network, NetworkOptions, Runtime, SharedWeights};

    /// How often the nodes of a file are of this operator.
    fn count(bytes: &[u8], operator: &str) -> usize {
        let graph: Graph = Model::decode(bytes).unwrap().graph.unwrap();
        graph.node.iter().filter(|node| node.op_type == operator).count()
    }

    /// The largest difference of a network's outputs from those of the file as it is, over the largest value; on a
    /// picture of waves.
    fn apart(runtime: &Runtime, bytes: &[u8], faster: &[u8]) -> f32 {
        let run = |bytes: &[u8]| {
            let mut network =
                Network::as_written(runtime, bytes, NetworkOptions::default(), &SharedWeights::default()).unwrap();
            let wave = |n: usize| 0.5 + 0.5 * (n as f32 * 0.37).sin() * (n as f32 * 0.0011).cos();
            network.input_mut(0).iter_mut().enumerate().for_each(|(n, value)| *value = wave(n));
            network.run().unwrap();
            (0..).map_while(|n| (n < network.outputs()).then(|| network.output(n).to_vec())).collect::<Vec<_>>()
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
            assert!(apart > 0.0 && apart < 1e-5, "{mesh:?}: {apart}");
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

    #[test]
    fn what_is_not_followed_stays() {
        assert_eq!(rewritten(b"no network"), None);
        assert_eq!(rewritten(include_bytes!("../../../models/face_identity_128.onnx")), None);
        // Without its weights' shapes no picture of the network can be followed to where it is shuffled.
        let mut model = Model::decode(&include_bytes!("../../../models/face_occlusion_128.onnx")[..]).unwrap();
        model.graph.as_mut().unwrap().initializer.clear();
        assert_eq!(rewritten(&model.encode_to_vec()), None);
    }
}

//! Small, valid swap models, written with the library's own ONNX messages.
//!
//! [`SwapModel::plain`] and its relatives give a model to change field by field; [`SwapModel::bytes`] encodes it and
//! [`SwapModel::save`] writes it. All are [`SIDE`] pixels wide. What they answer is simple enough to state in a test:
//! see each.

use std::path::{Path, PathBuf};

use prost::Message;
use standin::onnx::{
    Attribute, DataType, Dimension, Entry, Graph, Model, Node, OperatorSet, Shape, Tensor, TensorType, Type, ValueInfo,
    attribute_type,
};

/// Side of the crops, in pixels.
pub(crate) const SIDE: i64 = 64;

/// A swap model under construction.
#[derive(Debug, Clone)]
pub(crate) struct SwapModel(pub(crate) Model);

impl SwapModel {
    /// Face: a 3x3 convolution (channel `c` of the crop, blurred) through a sigmoid, so always within 0..1. Driver
    /// mask: the sigmoid of the crop's first channel. Face mask: that halved.
    pub(crate) fn plain() -> Self {
        let blur: Vec<f32> = (0..81).map(|i| if i / 27 == i / 9 % 3 { 1.0 / 9.0 } else { 0.0 }).collect();
        let nodes = vec![
            node("Transpose", &["in_face:0"], "nchw", vec![ints("perm", &[0, 3, 1, 2])]),
            node("Conv", &["nchw", "blur"], "blurred", vec![ints("pads", &[1; 4]), ints("kernel_shape", &[3, 3])]),
            node("Transpose", &["blurred"], "nhwc", vec![ints("perm", &[0, 2, 3, 1])]),
            node("Sigmoid", &["nhwc"], "out_celeb_face:0", vec![]),
            first_channel("in_face:0", "blue"),
            node("Sigmoid", &["blue"], "out_face_mask:0", vec![]),
            node("Mul", &["out_face_mask:0", "half"], "out_celeb_face_mask:0", vec![]),
        ];
        let mut weights = slice_weights();
        weights.push(floats("blur", &[3, 3, 3, 3], &blur));
        weights.push(floats("half", &[], &[0.5]));
        Self::of(nodes, weights)
    }

    /// The driver's crop comes back as it is, both masks are 1.
    pub(crate) fn identity() -> Self {
        Self::of(
            vec![
                node("Identity", &["in_face:0"], "out_celeb_face:0", vec![]),
                first_channel("in_face:0", "blue"),
                node("Mul", &["blue", "zero"], "nothing", vec![]),
                node("Add", &["nothing", "one"], "out_face_mask:0", vec![]),
                node("Identity", &["out_face_mask:0"], "out_celeb_face_mask:0", vec![]),
            ],
            [slice_weights(), vec![floats("zero", &[], &[0.0]), floats("one", &[], &[1.0])]].concat(),
        )
    }

    /// As [`Self::identity`], but the face is white.
    pub(crate) fn white() -> Self {
        let mut model = Self::identity();
        model.graph().node[0] = node("Add", &["dark", "one"], "out_celeb_face:0", vec![]);
        model.graph().node.insert(0, node("Mul", &["in_face:0", "zero"], "dark", vec![]));
        model
    }

    /// As [`Self::identity`], but the face is the crop times the morph value.
    pub(crate) fn morph() -> Self {
        let mut model = Self::identity();
        model.graph().input.push(value("morph_value:0", &[1]));
        model.graph().node[0] = node("Mul", &["in_face:0", "morph_value:0"], "out_celeb_face:0", vec![]);
        model.graph().name = "AMP".to_owned();
        model
    }

    /// As [`Self::plain`], with the convolution's weights as 16-bit floats behind a Cast.
    pub(crate) fn half_precision() -> Self {
        let mut model = Self::plain();
        let weights = &mut model.graph().initializer;
        let blur = weights.iter_mut().find(|tensor| tensor.name == "blur").expect("it is there");
        // 1/9 is not a half; 0x2f1c is the nearest, 0.11108.
        let bits = |value: &[u8]| if value == 0.0_f32.to_le_bytes() { 0_u16 } else { 0x2f1c };
        let raw = blur.raw_data.take().expect("raw");
        blur.raw_data = Some(raw.chunks(4).flat_map(|value| bits(value).to_le_bytes()).collect());
        blur.data_type = DataType::Float16 as i32;
        blur.name = "blur_half".to_owned();
        model.graph().node.insert(0, node("Cast", &["blur_half"], "blur", vec![int("to", 1)]));
        model
    }

    /// As [`Self::identity`], but the face is `log(0.9 − crop)`, clipped from below: finite on dark crops (the warm-up
    /// is grey), not a number where any value of the crop is above 0.9.
    pub(crate) fn not_finite_when_bright() -> Self {
        let mut model = Self::identity();
        model.graph().initializer.push(floats("limit", &[], &[0.9]));
        model.graph().node.splice(
            0..1,
            [node("Sub", &["limit", "in_face:0"], "left", vec![]), node("Log", &["left"], "out_celeb_face:0", vec![])],
        );
        model
    }

    /// As [`Self::identity`], but the face is `√(0.9 − crop)`: not a number where any value of the crop is above 0.9.
    pub(crate) fn root_of_what_is_dark() -> Self {
        let mut model = Self::identity();
        model.graph().initializer.push(floats("limit", &[], &[0.9]));
        model.graph().node.splice(
            0..1,
            [node("Sub", &["limit", "in_face:0"], "left", vec![]), node("Sqrt", &["left"], "out_celeb_face:0", vec![])],
        );
        model
    }

    /// As [`Self::identity`], but the face is 0/0 whatever goes in: refused at the first run.
    pub(crate) fn never_finite() -> Self {
        let mut model = Self::identity();
        model.graph().node.splice(
            0..1,
            [
                node("Sub", &["in_face:0", "in_face:0"], "none", vec![]),
                node("Div", &["none", "none"], "out_celeb_face:0", vec![]),
            ],
        );
        model
    }

    /// As [`Self::identity`], but the face is half the crop, by two dense layers of `width` through which its first
    /// `width` values pass; the others are 0.
    pub(crate) fn dense(width: usize) -> Self {
        let mut model = Self::identity();
        let values = (SIDE * SIDE * 3) as usize;
        let (mut inward, mut outward) = (vec![0.0; values * width], vec![0.0; values * width]);
        for i in 0..width {
            inward[i * width + i] = 1.0;
            outward[i * values + i] = 0.5;
        }
        let graph = model.graph();
        graph.initializer.push(floats("inward", &[values as i64, width as i64], &inward));
        graph.initializer.push(floats("outward", &[width as i64, values as i64], &outward));
        graph.initializer.push(int64s("shape", &[1, SIDE, SIDE, 3]));
        let dense = [
            node("Flatten", &["in_face:0"], "flat", vec![]),
            node("MatMul", &["flat", "inward"], "code", vec![]),
            node("MatMul", &["code", "outward"], "flat_face", vec![]),
            node("Reshape", &["flat_face", "shape"], "out_celeb_face:0", vec![]),
        ];
        graph.node.splice(0..1, dense);
        model
    }

    /// As [`SwapModel::identity`], with numbers of up to a million in between, which 16-bit floats do not hold.
    pub(crate) fn large_between() -> Self {
        let mut model = Self::identity();
        let graph = model.graph();
        graph.initializer.extend([floats("million", &[], &[1e6]), floats("millionth", &[], &[1e-6])]);
        let nodes = [
            node("Mul", &["in_face:0", "million"], "large", vec![]),
            node("Mul", &["large", "millionth"], "out_celeb_face:0", vec![]),
        ];
        graph.node.splice(0..1, nodes);
        model
    }

    /// As [`SwapModel::identity`] over the root of the mean of squares of numbers of up to 300: each fits 16 bits, as the
    /// mean does, but the squares of the larger ones do not.
    pub(crate) fn norm_of_large() -> Self {
        let mut model = Self::identity();
        let graph = model.graph();
        graph.initializer.extend([floats("large", &[], &[300.0]), floats("third", &[], &[1.0 / 3.0])]);
        let nodes = [
            node("Mul", &["in_face:0", "large"], "code", vec![]),
            node("Mul", &["code", "code"], "squared", vec![]),
            node("ReduceMean", &["squared"], "mean", vec![ints("axes", &[1, 2, 3]), int("keepdims", 1)]),
            node("Sqrt", &["mean"], "length", vec![]),
            node("Div", &["code", "length"], "unit", vec![]),
            node("Mul", &["unit", "third"], "out_celeb_face:0", vec![]),
        ];
        graph.node.splice(0..1, nodes);
        model
    }

    /// As other tools write a model that morphs: two codes, of which the first gives as many channels as
    /// `morph_value` says and the second the others; padding apart from its convolution, biases by Add, a
    /// depth-to-space in three pieces.
    pub(crate) fn spliced() -> Self {
        let mut model = Self::plain();
        let (half, whole) = (SIDE / 2, SIDE);
        let weights = [
            floats("down", &[10, 3, 5, 5], &chance(10 * 75, 1, 0.2)),
            floats("down_bias", &[1, 10, 1, 1], &chance(10, 2, 0.5)),
            floats("first", &[10, 10, 1, 1], &chance(100, 3, 0.6)),
            floats("second", &[10, 10, 1, 1], &chance(100, 4, 0.6)),
            floats("up", &[12, 10, 3, 3], &chance(12 * 90, 5, 0.2)),
            floats("length", &[], &[10.0]),
            int64s("none", &[0]),
            int64s("all", &[10]),
            int64s("open", &[-1]),
            int64s("largest", &[i64::from(i32::MAX)]),
            int64s("channels", &[1]),
            int64s("pads", &[0, 0, 1, 1, 0, 0, 2, 2]),
            int64s("blocks", &[1, 2, 2, 3, half, half]),
            int64s("large", &[1, 3, whole, whole]),
        ];
        let graph = model.graph();
        graph.name = "AMP".to_owned();
        graph.input.push(value("morph_value:0", &[1]));
        graph.initializer.extend(weights);
        let nodes = [
            node("Transpose", &["in_face:0"], "nchw", vec![ints("perm", &[0, 3, 1, 2])]),
            node("Pad", &["nchw", "pads"], "padded", vec![]),
            node("Conv", &["padded", "down"], "halved", vec![ints("strides", &[2, 2])]),
            node("Add", &["halved", "down_bias"], "biased", vec![]),
            node("LeakyRelu", &["biased"], "code", vec![float("alpha", 0.1)]),
            node("Conv", &["code", "first"], "code_a", vec![]),
            node("Conv", &["code", "second"], "code_b", vec![]),
            node("Mul", &["morph_value:0", "length"], "share", vec![]),
            node("Cast", &["share"], "at", vec![int("to", DataType::Int64 as i64)]),
            node("Sub", &["all", "at"], "rest", vec![]),
            // A size of −1 would mean all the rest: converters ask, whatever it is.
            node("Equal", &["open", "rest"], "is_open", vec![]),
            node("Cast", &["is_open"], "opened", vec![int("to", DataType::Int64 as i64)]),
            node("Mul", &["largest", "opened"], "very", vec![]),
            node("Add", &["rest", "very"], "size", vec![]),
            node("Add", &["at", "size"], "end", vec![]),
            node("Slice", &["code_a", "none", "at", "channels"], "begin_a", vec![]),
            node("Slice", &["code_b", "at", "end", "channels"], "end_b", vec![]),
            node("Concat", &["begin_a", "end_b"], "mixed", vec![int("axis", 1)]),
            node("Conv", &["mixed", "up"], "deep", vec![ints("pads", &[1; 4])]),
            node("Reshape", &["deep", "blocks"], "blocked", vec![]),
            node("Transpose", &["blocked"], "turned", vec![ints("perm", &[0, 3, 4, 1, 5, 2])]),
            node("Reshape", &["turned", "large"], "grown", vec![]),
            node("Sigmoid", &["grown"], "bright", vec![]),
            node("Transpose", &["bright"], "out_celeb_face:0", vec![ints("perm", &[0, 2, 3, 1])]),
        ];
        graph.node.splice(0..4, nodes);
        model
    }

    /// What no other of these has: shapes that are computed, a normalised code, dense layers with factors, `x cos x`,
    /// padding that the convolution is to find out, a depth-to-space by columns first in three pieces.
    pub(crate) fn varied() -> Self {
        let mut model = Self::plain();
        let half = SIDE / 2;
        let count = 4 * half * half;
        let graph = model.graph();
        graph.initializer.extend([
            floats("down", &[4, 3, 5, 5], &chance(4 * 75, 1, 0.2)),
            floats("in", &[6, count], &chance(6 * count as usize, 2, 0.05)),
            floats("in_bias", &[6], &chance(6, 3, 0.3)),
            floats("out", &[6, count * 3], &chance(18 * count as usize, 4, 0.3)),
            floats("two", &[], &[2.0]),
            floats("little", &[], &[1e-6]),
            floats("up", &[12, 12, 3, 3], &chance(12 * 108, 5, 0.1)),
            int64s("first", &[0]),
            int64s("rest", &[12, half, half]),
            int64s("blocks", &[1, 3, 2, 2, half, half]),
            int64s("large", &[0, 3, SIDE, -1]),
        ]);
        let same = || vec![Attribute::text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])];
        let nodes = [
            node("Transpose", &["in_face:0"], "nchw", vec![ints("perm", &[0, 3, 1, 2])]),
            node("Conv", &["nchw", "down"], "halved", same()),
            node("Cos", &["halved"], "wave", vec![]),
            node("Mul", &["halved", "wave"], "bent", vec![]),
            node("Flatten", &["bent"], "flat", vec![int("axis", 1)]),
            node(
                "Gemm",
                &["flat", "in", "in_bias"],
                "code",
                vec![int("transB", 1), float("alpha", 0.5), float("beta", 2.0)],
            ),
            node("Pow", &["code", "two"], "squared", vec![]),
            node("ReduceMean", &["squared"], "mean", vec![ints("axes", &[-1]), int("keepdims", 1)]),
            node("Add", &["mean", "little"], "safe", vec![]),
            node("Sqrt", &["safe"], "length", vec![]),
            node("Reciprocal", &["length"], "inverse", vec![]),
            node("Mul", &["code", "inverse"], "unit", vec![]),
            node("Tanh", &["unit"], "soft", vec![]),
            node("MatMul", &["soft", "out"], "wide", vec![]),
            node("Shape", &["wide"], "sides", vec![]),
            node("Gather", &["sides", "first"], "batch", vec![]),
            node("Concat", &["batch", "rest"], "picture", vec![int("axis", 0)]),
            node("Reshape", &["wide", "picture"], "deep", vec![]),
            node("Relu", &["deep"], "cut", vec![]),
            node("Conv", &["cut", "up"], "drawn", vec![Attribute::text("auto_pad", "SAME_LOWER")]),
            node("Reshape", &["drawn", "blocks"], "blocked", vec![]),
            node("Transpose", &["blocked"], "turned", vec![ints("perm", &[0, 1, 4, 2, 5, 3])]),
            node("Reshape", &["turned", "large"], "grown", vec![]),
            node("Neg", &["grown"], "negative", vec![]),
            node("Sigmoid", &["negative"], "bright", vec![]),
            node("Transpose", &["bright"], "out_celeb_face:0", vec![ints("perm", &[0, 2, 3, 1])]),
        ];
        graph.node.splice(0..4, nodes);
        model
    }

    /// Pairs and concatenations of what convolutions give: a residual block, a difference whose left side is another
    /// value, four pictures joined into the blocks of a larger one, three of which one is there twice, and one behind
    /// itself.
    pub(crate) fn joined() -> Self {
        let mut model = Self::plain();
        let graph = model.graph();
        let picture = |name: &str, seed: u32| floats(name, &[3, 8, 3, 3], &chance(216, seed, 0.2));
        graph.initializer.extend([
            floats("down", &[8, 3, 3, 3], &chance(216, 1, 0.3)),
            floats("first", &[8, 8, 3, 3], &chance(576, 2, 0.2)),
            floats("second", &[8, 8, 3, 3], &chance(576, 3, 0.2)),
            floats("third", &[8, 8, 1, 1], &chance(64, 4, 0.4)),
            floats("factors", &[1, 8, 1, 1], &chance(8, 5, 2.0)),
            picture("up0", 6),
            picture("up1", 7),
            picture("up2", 8),
            picture("up3", 9),
            floats("left", &[1, 8, 1, 1], &chance(8, 10, 0.5)),
            floats("middle", &[1, 8, 1, 1], &chance(8, 11, 0.5)),
            floats("wide", &[12, 3, 1, 1], &chance(36, 12, 0.5)),
            floats("doubled", &[8, 16, 3, 3], &chance(1152, 13, 0.1)),
        ]);
        let padded = || vec![ints("pads", &[1; 4])];
        let bent = |input: &str, output: &str| node("LeakyRelu", &[input], output, vec![float("alpha", 0.2)]);
        let joined = |inputs: &[&str], output: &str| node("Concat", inputs, output, vec![int("axis", 1)]);
        let large = |input: &str, output: &str| node("DepthToSpace", &[input], output, vec![int("blocksize", 2)]);
        let nodes = [
            node("Transpose", &["in_face:0"], "nchw", vec![ints("perm", &[0, 3, 1, 2])]),
            node("Conv", &["nchw", "down"], "halved", vec![ints("pads", &[1; 4]), ints("strides", &[2, 2])]),
            bent("halved", "code"),
            node("Conv", &["code", "first"], "inner", padded()),
            bent("inner", "inner_bent"),
            node("Conv", &["inner_bent", "second"], "rest", padded()),
            node("Add", &["rest", "code"], "sum", vec![]),
            bent("sum", "block"),
            node("Conv", &["block", "third"], "other", vec![]),
            node("Sub", &["block", "other"], "difference", vec![]),
            node("Mul", &["difference", "factors"], "scaled", vec![]),
            joined(&["scaled", "scaled"], "behind_itself"),
            node("Conv", &["behind_itself", "doubled"], "deep", padded()),
            node("Conv", &["deep", "up0"], "p0", padded()),
            node("Conv", &["deep", "up1"], "p1", padded()),
            node("Conv", &["deep", "up2"], "p2", padded()),
            node("Conv", &["deep", "up3"], "p3", padded()),
            joined(&["p0", "p1", "p2", "p3"], "four"),
            large("four", "drawn"),
            node("Conv", &["deep", "left"], "twice", vec![]),
            node("Conv", &["deep", "middle"], "once", vec![]),
            joined(&["twice", "once", "twice"], "three"),
            node("Conv", &["three", "wide"], "twelve", vec![]),
            large("twelve", "more"),
            node("Add", &["drawn", "more"], "all", vec![]),
            node("Sigmoid", &["all"], "bright", vec![]),
            node("Transpose", &["bright"], "out_celeb_face:0", vec![ints("perm", &[0, 2, 3, 1])]),
        ];
        graph.node.splice(0..4, nodes);
        model
    }

    /// As the exporter of July 2021 writes a decoder with `-d`: a picture at half the size, made larger by a Tile
    /// between two Reshapes, of which a mask of 0 and 1 takes every other pixel; and another for the rest.
    pub(crate) fn tiled() -> Self {
        let mut model = Self::plain();
        let half = SIDE / 2;
        let chequered =
            |odd: i64| (0..SIDE * SIDE).map(|i| ((i % SIDE + i / SIDE + odd) % 2) as f32).collect::<Vec<_>>();
        let graph = model.graph();
        graph.initializer.extend([
            floats("first", &[3, 3, 3, 3], &chance(81, 1, 0.4)),
            floats("second", &[3, 3, 3, 3], &chance(81, 2, 0.4)),
            floats("even", &[1, 1, SIDE, SIDE], &chequered(0)),
            floats("odd", &[1, 1, SIDE, SIDE], &chequered(1)),
            int64s("apart", &[-1, 3, half, 1, half, 1]),
            int64s("twice", &[1, 1, 1, 2, 1, 2]),
            int64s("whole", &[-1, 3, SIDE, SIDE]),
        ]);
        let half_of = |weight: &str, sum: &str| {
            node("Conv", &["nchw", weight], sum, vec![ints("pads", &[1; 4]), ints("strides", &[2, 2])])
        };
        let mut nodes = vec![node("Transpose", &["in_face:0"], "nchw", vec![ints("perm", &[0, 3, 1, 2])])];
        for (weight, mask) in [("first", "even"), ("second", "odd")] {
            let name = |what: &str| format!("{weight}_{what}");
            nodes.extend([
                half_of(weight, &name("sum")),
                node("Sigmoid", &[&name("sum")], &name("small"), vec![]),
                node("Reshape", &[&name("small"), "apart"], &name("apart"), vec![]),
                node("Tile", &[&name("apart"), "twice"], &name("twice"), vec![]),
                node("Reshape", &[&name("twice"), "whole"], &name("large"), vec![]),
                node("Mul", &[&name("large"), mask], &name("masked"), vec![]),
            ]);
        }
        nodes.extend([
            node("Add", &["first_masked", "second_masked"], "both", vec![]),
            node("Transpose", &["both"], "out_celeb_face:0", vec![ints("perm", &[0, 2, 3, 1])]),
        ]);
        graph.node.splice(0..4, nodes);
        model
    }

    /// As ONNX Runtime saves a graph that it has optimised: convolutions with what followed them, each kind once.
    pub(crate) fn saved_by_onnx_runtime() -> Self {
        let mut model = Self::plain();
        let graph = model.graph();
        graph.initializer.extend([
            floats("first", &[4, 3, 3, 3], &chance(108, 1, 0.4)),
            floats("first_bias", &[4], &chance(4, 2, 0.3)),
            floats("second", &[4, 4, 3, 3], &chance(144, 3, 0.3)),
            floats("third", &[4, 4, 1, 1], &chance(16, 4, 0.5)),
            floats("fourth", &[3, 4, 3, 3], &chance(108, 5, 0.3)),
        ]);
        let fused = |input: &[&str], output: &str, activation: &'static str, params: &[f32]| {
            let mut attributes = vec![Attribute::text("activation", activation)];
            if !params.is_empty() {
                attributes.push(Attribute {
                    name: "activation_params".to_owned(),
                    floats: params.to_vec(),
                    kind: attribute_type::FLOATS,
                    ..Attribute::default()
                });
            }
            if input[1] != "third" {
                attributes.push(ints("pads", &[1; 4]));
            }
            Node { domain: "com.microsoft".to_owned(), ..node("FusedConv", input, output, attributes) }
        };
        let nodes = [
            node("Transpose", &["in_face:0"], "nchw", vec![ints("perm", &[0, 3, 1, 2])]),
            fused(&["nchw", "first", "first_bias"], "a", "LeakyRelu", &[0.1]),
            fused(&["a", "second"], "b", "Relu", &[]),
            fused(&["b", "third", "", "a"], "c", "Tanh", &[]),
            fused(&["c", "fourth"], "bright", "Sigmoid", &[]),
            node("Transpose", &["bright"], "out_celeb_face:0", vec![ints("perm", &[0, 2, 3, 1])]),
        ];
        graph.node.splice(0..4, nodes);
        model.0.opset_import.push(OperatorSet { domain: "com.microsoft".to_owned(), version: 1 });
        model
    }

    fn of(node: Vec<Node>, initializer: Vec<Tensor>) -> Self {
        let outputs = [("out_face_mask:0", 1), ("out_celeb_face:0", 3), ("out_celeb_face_mask:0", 1)];
        let graph = Graph {
            node,
            name: "SAEHD".to_owned(),
            initializer,
            input: vec![value("in_face:0", &[1, SIDE, SIDE, 3])],
            output: outputs.map(|(name, channels)| value(name, &[1, SIDE, SIDE, channels])).into(),
            ..Graph::default()
        };
        Self(Model {
            ir_version: 8,
            producer_name: "standin tests".to_owned(),
            graph: Some(graph),
            opset_import: vec![OperatorSet { domain: String::new(), version: 13 }],
            ..Model::default()
        })
    }

    /// The graph, to change.
    pub(crate) fn graph(&mut self) -> &mut Graph {
        self.0.graph.get_or_insert_default()
    }

    /// The weights of that name, to change.
    pub(crate) fn weights(&mut self, name: &str) -> &mut Tensor {
        self.graph().initializer.iter_mut().find(|tensor| tensor.name == name).expect("a weight of that name")
    }

    /// Adds metadata.
    pub(crate) fn with_metadata(mut self, key: &str, value: &str) -> Self {
        self.0.metadata_props.push(Entry { key: key.to_owned(), value: value.to_owned() });
        self
    }

    /// The batch dimension of all inputs and outputs as `N`, as other tools write it.
    pub(crate) fn with_open_batch(mut self) -> Self {
        let graph = self.graph();
        for value in graph.input.iter_mut().chain(&mut graph.output).filter(|value| !value.name.contains("morph")) {
            dimensions(value)[0] = Dimension { dim_value: None, dim_param: Some("N".to_owned()) };
        }
        self
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.encode_to_vec()
    }

    /// Writes the file into a folder and gives its path.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, self.bytes()).expect("the folder can be written to");
        path
    }
}

/// A float32 input or output.
pub(crate) fn value(name: &str, dims: &[i64]) -> ValueInfo {
    let dim = dims.iter().map(|&dim| Dimension { dim_value: Some(dim), dim_param: None }).collect();
    let tensor_type = Some(TensorType { elem_type: DataType::Float as i32, shape: Some(Shape { dim }) });
    ValueInfo { name: name.to_owned(), r#type: Some(Type { tensor_type }) }
}

/// The dimensions of an input or output, to change.
pub(crate) fn dimensions(value: &mut ValueInfo) -> &mut Vec<Dimension> {
    let tensor = value.r#type.get_or_insert_default().tensor_type.get_or_insert_default();
    &mut tensor.shape.get_or_insert_default().dim
}

/// A node with one output, and its name.
pub(crate) fn node(op_type: &str, input: &[&str], output: &str, attribute: Vec<Attribute>) -> Node {
    Node { name: format!("make {output}"), ..Node::new(op_type, input, output, attribute) }
}

/// An integer attribute.
pub(crate) fn int(name: &str, i: i64) -> Attribute {
    Attribute::int(name, i)
}

/// A float attribute.
pub(crate) fn float(name: &str, f: f32) -> Attribute {
    Attribute::float(name, f)
}

/// Numbers of both signs up to `most` that look like chance.
fn chance(count: usize, seed: u32, most: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * most
    };
    (0..count).map(|_| next()).collect()
}

/// An attribute of integers.
pub(crate) fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute::ints(name, values)
}

/// Float32 weights.
pub(crate) fn floats(name: &str, dims: &[i64], values: &[f32]) -> Tensor {
    Tensor::of_floats(name, dims.to_vec(), values)
}

fn int64s(name: &str, values: &[i64]) -> Tensor {
    Tensor::of_integers(name, values)
}

fn first_channel(input: &str, output: &str) -> Node {
    node("Slice", &[input, "starts", "ends", "axes"], output, vec![])
}

fn slice_weights() -> Vec<Tensor> {
    vec![int64s("starts", &[0]), int64s("ends", &[1]), int64s("axes", &[3])]
}

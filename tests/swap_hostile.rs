//! Files made to mislead: each is refused with a sentence that names what is wrong, and none makes the loader panic.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may stop")]

mod common;

use common::onnx::{SwapModel, floats, node};
use proptest::prelude::*;
use standin::onnx::{Attribute, Entry, Graph, Tensor, attribute_type};
use standin::swap::ModelFile;

/// Refused, with the file and all of `words` in the sentence.
fn assert_refused(bytes: &[u8], words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.dfm");
    std::fs::write(&path, bytes).unwrap();
    let sentence = ModelFile::open(&path).unwrap_err().to_string();
    for word in words.iter().chain(&["hostile.dfm"]) {
        assert!(sentence.contains(word), "no {word} in: {sentence}");
    }
}

fn changed(change: impl FnOnce(&mut SwapModel)) -> Vec<u8> {
    let mut model = SwapModel::plain();
    change(&mut model);
    model.bytes()
}

fn constant(value: Tensor) -> Attribute {
    Attribute { name: "value".to_owned(), t: Some(value), kind: attribute_type::TENSOR, ..Attribute::default() }
}

fn branch(graph: Graph) -> Attribute {
    Attribute { name: "then_branch".to_owned(), g: Some(graph), kind: attribute_type::GRAPH, ..Attribute::default() }
}

#[test]
fn other_files_are_named() {
    assert_refused(b"", &["empty"]);
    assert_refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &["PNG"]);
    assert_refused(b"PK\x03\x04 anything", &["zip"]);
    assert_refused(b"\n<!DOCTYPE html><html>", &["web page"]);
    assert_refused(b"version https://git-lfs.github.com/spec/v1\noid sha256:0", &["Git LFS"]);
    assert_refused(b"\x80\x04\x95 pickle", &["pickle"]);
    assert_refused(b"just some text that is no model", &["not an ONNX model"]);
    assert_refused(&[0xff; 4096], &["not an ONNX model"]);
    assert_refused(&[0; 4096], &["not an ONNX model"]);
}

#[test]
fn a_file_of_more_than_two_gib_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.dfm");
    // Sparse: takes no room on the disk.
    std::fs::File::create(&path).unwrap().set_len((2 << 30) + 1).unwrap();
    let sentence = ModelFile::open(&path).unwrap_err().to_string();
    assert!(sentence.contains("huge.dfm") && sentence.contains("2 GiB"), "{sentence}");
}

#[test]
fn a_file_that_is_cut_short_says_so() {
    let bytes = SwapModel::plain().bytes();
    assert_refused(&bytes[..bytes.len() / 2], &["cut short", "field 7"]);
    let ben = std::fs::read("models/ben.dfm").unwrap();
    assert_refused(&ben[..1_000_000], &["cut short", "1000000"]);
    assert_refused(&changed(|model| model.0.graph = None), &["`graph`"]);
    assert_refused(&changed(|model| model.0.opset_import.clear()), &["`opset_import`"]);
}

#[test]
fn two_graphs_are_not_merged() {
    let bytes = SwapModel::plain().bytes();
    assert_refused(&[bytes.clone(), bytes].concat(), &["`graph`", "more than once"]);
}

#[test]
fn weights_in_other_files_are_refused_wherever_they_are() {
    let external = || {
        let mut tensor = floats("outside", &[1], &[]);
        tensor.raw_data = None;
        tensor.data_location = 1;
        tensor
    };
    let words = ["'outside'", "another file"];
    assert_refused(&changed(|model| model.graph().initializer.push(external())), &words);
    let path_only = |model: &mut SwapModel| {
        let mut tensor = floats("outside", &[1], &[0.0]);
        tensor.external_data.push(Entry { key: "location".to_owned(), value: "/etc/passwd".to_owned() });
        model.graph().initializer.push(tensor);
    };
    assert_refused(&changed(path_only), &words);
    let in_attribute = |model: &mut SwapModel| {
        model.graph().node.push(node("Constant", &[], "constant", vec![constant(external())]));
    };
    assert_refused(&changed(in_attribute), &words);
    let in_subgraph = |model: &mut SwapModel| {
        let graph = Graph { initializer: vec![external()], ..Graph::default() };
        model.graph().node.push(node("If", &["in_face:0"], "either", vec![branch(graph)]));
    };
    assert_refused(&changed(in_subgraph), &words);
    let among_tensors = |model: &mut SwapModel| {
        let attribute = Attribute { tensors: vec![external()], ..Attribute::default() };
        model.graph().node[0].attribute.push(attribute);
    };
    assert_refused(&changed(among_tensors), &words);
}

#[test]
fn names_that_climb_or_write_to_the_terminal_are_refused() {
    assert_refused(
        &changed(|model| model.weights("half").name = "../../etc/passwd".to_owned()),
        &["'../../etc/passwd'"],
    );
    assert_refused(&changed(|model| model.weights("half").name = "..\\x".to_owned()), &["path part"]);
    assert_refused(&changed(|model| model.graph().name = "\u{1b}[2J".to_owned()), &["\\u{1b}[2J"]);
    assert_refused(&changed(|model| model.graph().node[0].name = "n".repeat(2000)), &["1024 bytes"]);
    // Slashes are usual in names from other tools.
    let mut model = SwapModel::plain();
    model.graph().node[0].name = "/encoder/Conv..1".to_owned();
    let folder = tempfile::tempdir().unwrap();
    assert!(ModelFile::open(model.save(folder.path(), "slashes.dfm")).is_ok());
}

#[test]
fn tensors_must_be_as_large_as_they_say() {
    let with = |change: fn(&mut Tensor)| changed(|model| change(model.weights("blur")));
    assert_refused(&with(|blur| blur.dims[0] = -1), &["'blur'", "impossible dimensions", "-1"]);
    assert_refused(&with(|blur| blur.dims = vec![i64::MAX, i64::MAX]), &["'blur'", "impossible dimensions"]);
    assert_refused(&with(|blur| blur.dims = vec![1 << 62]), &["'blur'", "impossible dimensions"]);
    assert_refused(&with(|blur| blur.dims[0] = 1 << 40), &["'blur'", "holds 324"]);
    assert_refused(&with(|blur| blur.dims[0] = 2), &["'blur'", "216 bytes", "holds 324"]);
    assert_refused(&with(|blur| blur.dims.clear()), &["'blur'", "4 bytes", "holds 324"]);
    assert_refused(&with(|blur| blur.raw_data = None), &["'blur'", "holds 0"]);
    assert_refused(&with(|blur| blur.float_data = vec![0.0; 81]), &["'blur'", "holds 0"]);
    let in_two_halves = |blur: &mut Tensor| {
        blur.float_data = vec![0.0; 41];
        blur.raw_data = blur.raw_data.as_ref().map(|raw| raw.slice(..160));
    };
    assert_refused(&with(in_two_halves), &["'blur'", "holds 0"]);
    let of_another_type = |blur: &mut Tensor| {
        blur.raw_data = None;
        blur.int32_data = vec![0; 81];
    };
    assert_refused(&with(of_another_type), &["'blur'", "holds 0"]);
    assert_refused(&with(|blur| blur.data_type = 8), &["'blur'", "element type 8"]);
    assert_refused(&with(|blur| blur.data_type = 0), &["'blur'", "element type 0"]);
}

#[test]
fn typed_values_are_as_good_as_raw_ones() {
    let mut model = SwapModel::plain();
    let half = model.weights("half");
    half.raw_data = None;
    half.float_data = vec![0.5];
    let folder = tempfile::tempdir().unwrap();
    assert!(ModelFile::open(model.save(folder.path(), "typed.dfm")).is_ok());
}

#[test]
fn sparse_tensors_are_refused() {
    let sparse = bytes::Bytes::from_static(b"\x1a\0");
    assert_refused(&changed(|model| model.graph().sparse_initializer.push(sparse.clone())), &["sparse", "'SAEHD'"]);
    let in_attribute = |model: &mut SwapModel| {
        let attribute = Attribute { sparse_tensor: Some(sparse.clone()), ..Attribute::default() };
        model.graph().node[0].attribute.push(attribute);
    };
    assert_refused(&changed(in_attribute), &["sparse", "'make nchw'"]);
}

#[test]
fn operators_from_elsewhere_are_refused() {
    assert_refused(
        &changed(|model| model.graph().node[1].domain = "evil.ops".to_owned()),
        &["'make blurred'", "'evil.ops'"],
    );
    for operator in ["Loop", "Scan", "EPContext", "PythonOp"] {
        let bytes = changed(|model| model.graph().node[1].op_type = operator.to_owned());
        assert_refused(&bytes, &["'make blurred'", operator]);
    }
    let unnamed = |model: &mut SwapModel| {
        model.graph().node[1].name.clear();
        model.graph().node[1].domain = "evil.ops".to_owned();
    };
    assert_refused(&changed(unnamed), &["node 'blurred'"]);
    let in_subgraph = |model: &mut SwapModel| {
        let mut custom = node("Custom", &[], "inner", vec![]);
        custom.domain = "evil.ops".to_owned();
        let graph = Graph { node: vec![custom], ..Graph::default() };
        model.graph().node.push(node("If", &["in_face:0"], "either", vec![branch(graph)]));
    };
    assert_refused(&changed(in_subgraph), &["'make inner'", "'evil.ops'"]);
    assert_refused(&changed(|model| model.0.functions.push(bytes::Bytes::new())), &["`functions`"]);
    assert_refused(&changed(|model| model.0.training_info.push(bytes::Bytes::new())), &["`training_info`"]);
}

#[test]
fn graphs_within_graphs_end() {
    let nested = |depth: usize| {
        let nest = |inner, i| Graph {
            node: vec![node("If", &["in_face:0"], &format!("level {i}"), vec![branch(inner)])],
            ..Graph::default()
        };
        let graph = (0..depth).fold(Graph::default(), nest);
        changed(|model| model.graph().node.extend(graph.node))
    };
    assert_refused(&nested(6), &["nests graphs", "'make level 1'"]);
    // Deeper than the decoder goes.
    assert_refused(&nested(200), &["damaged", "recursion"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nested.dfm");
    std::fs::write(&path, nested(4)).unwrap();
    assert!(ModelFile::open(&path).is_ok());
}

/// What a file that was taken must be, whatever was done to it.
fn assert_consistent(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changed.dfm");
    std::fs::write(&path, bytes).expect("written");
    if let Ok(file) = ModelFile::open(&path) {
        let contract = file.contract();
        assert!((16..=1024).contains(&contract.resolution));
        let mut outputs = [contract.driver_mask, contract.face, contract.face_mask];
        outputs.sort_unstable();
        assert_eq!(outputs, [0, 1, 2]);
        assert_eq!(file.bytes(), bytes);
        let held = bytes.len() as u64;
        assert!(file.summary().parameters <= held);
        {
            let model = prost::Message::decode(bytes).expect("decoded before");
            let _ = standin::swap::graph::SwapGraph::read(&model, &contract);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn truncated_files_never_load(cut in any::<prop::sample::Index>()) {
        let bytes = SwapModel::plain().bytes();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.dfm");
        std::fs::write(&path, &bytes[..cut.index(bytes.len())]).unwrap();
        prop_assert!(ModelFile::open(&path).is_err());
    }

    #[test]
    fn flipped_bits_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..6)) {
        for model in [SwapModel::morph().with_open_batch(), SwapModel::spliced()] {
            let mut bytes = model.bytes();
            for (place, bit) in &flips {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            assert_consistent(&bytes);
        }
    }

    #[test]
    fn bytes_at_random_never_load(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("random.dfm");
        std::fs::write(&path, &bytes).unwrap();
        prop_assert!(ModelFile::open(&path).is_err());
    }
}

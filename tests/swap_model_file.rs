//! What a good model file says of itself, and which files break the contract.

#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

mod common;

use common::onnx::{SwapModel, dimensions, value};
use standin::face::{Alignment, FaceType};
use standin::geometry::Point;
use standin::swap::{ModelError, ModelFile, ModelProblem};

fn open(model: &SwapModel) -> Result<ModelFile, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    ModelFile::open(model.save(folder.path(), "small.dfm"))
}

/// Refused, with the file and all of `words` in the sentence.
fn assert_refused(model: &SwapModel, words: &[&str]) {
    let sentence = open(model).unwrap_err().to_string();
    for word in words.iter().chain(&["small.dfm"]) {
        assert!(sentence.contains(word), "no {word} in: {sentence}");
    }
}

#[test]
fn ben_is_described() {
    let ben = ModelFile::open("models/ben.dfm").unwrap();
    assert_eq!((ben.resolution(), ben.has_morph(), ben.name().as_str()), (160, false, "Ben"));
    assert!(ben.bytes().len() < 12_500_000 && ben.summary().half_precision);
    assert_eq!((ben.face_type(), ben.coverage()), (Some(FaceType::Full), Some(1.5966)));
    assert_eq!(ben.sha256(), standin::consent::sha256_hex(ben.bytes()));
    assert!(ben.summary().opset >= 12 && ben.summary().operators.contains_key("Conv"));
}

#[test]
fn hashes_are_of_the_file_and_of_its_graph() {
    let (plain, named) = (SwapModel::plain(), SwapModel::plain().with_metadata("standin.name", "Ben"));
    let (plain_file, named_file) = (open(&plain).unwrap(), open(&named).unwrap());
    let graph = prost::Message::encode_to_vec(plain.0.graph.as_ref().unwrap());
    assert_eq!(plain_file.graph_sha256(), standin::consent::sha256_hex(&graph));
    assert_eq!(plain_file.graph_sha256(), named_file.graph_sha256());
    assert_ne!(plain_file.sha256(), named_file.sha256());
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(standin::consent::sha256_hex(b"abc"), abc);
}

#[test]
fn metadata_is_read() {
    let model = SwapModel::plain()
        .with_metadata("standin.name", "Ben at 64")
        .with_metadata("standin.face_type", "whole_face")
        .with_metadata("standin.coverage", "2.2")
        .with_metadata("someone.else", "anything");
    let file = open(&model).unwrap();
    assert_eq!(file.name(), "Ben at 64");
    assert_eq!(file.face_type(), Some(FaceType::WholeFace));
    assert_eq!(file.coverage(), Some(2.2));
    let file = open(&SwapModel::plain()).unwrap();
    assert_eq!((file.name().as_str(), file.face_type(), file.coverage()), ("small", None, None));
}

/// Files of other tools and of an older trainer say neither; both are read.
#[test]
fn alignment_and_registration_are_read_where_the_file_has_them() {
    let file = open(&SwapModel::plain()).unwrap();
    assert_eq!((file.alignment(), file.registration(), file.skull_centre()), (Alignment::Template, None, None));
    let shifted = "0 0 0 0 0.03 0 0 0 0 0 0 0 0 0 0 0";
    let model =
        SwapModel::plain().with_metadata("standin.alignment", "rigid").with_metadata("standin.registration", shifted);
    let file =
        open(&model.with_metadata("standin.skull_centre", "0.0005 -0.007").with_metadata("standin.sharpen", "0.7"))
            .unwrap();
    assert_eq!(file.alignment(), Alignment::Rigid);
    assert_eq!(file.skull_centre(), Some(Point::new(0.0005, -0.007)));
    assert_eq!(file.sharpen(), Some(0.7));
    let to_drawn = file.registration().unwrap().at(0.4, -0.1);
    assert!(to_drawn.apply(Point::new(0.5, 0.5)).distance(Point::new(0.5, 0.53)) < 1e-6, "{to_drawn:?}");
}

#[test]
fn where_a_model_comes_from_is_told_without_control_characters() {
    let model = SwapModel::plain()
        .with_metadata("standin.steps", "12")
        .with_metadata("standin.who", "\u{1b}[2JBen")
        .with_metadata("standin.licence", &"x".repeat(1000));
    let file = open(&model).unwrap();
    let told: Vec<_> = file.origin().iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_eq!(told, [("standin.steps", "12"), ("standin.who", "[2JBen"), ("standin.licence", &*"x".repeat(200))]);
    assert_refused(&model.with_metadata("standin.steps", "13"), &["standin.steps", "once"]);
}

#[test]
fn impossible_metadata_is_refused() {
    let with = |key, value| SwapModel::plain().with_metadata(key, value);
    assert_refused(&with("standin.face_type", "nose"), &["standin.face_type", "'nose'", "whole-face"]);
    assert_refused(&with("standin.coverage", "NaN"), &["standin.coverage", "'NaN'"]);
    assert_refused(&with("standin.coverage", "-1"), &["standin.coverage", "'-1'"]);
    assert_refused(&with("standin.alignment", "nose"), &["standin.alignment", "'nose'", "template or rigid"]);
    assert_refused(&with("standin.registration", "1 2 3"), &["standin.registration", "sixteen numbers"]);
    for wrong in ["0.01", "1 0", "NaN 0", "0 0 0", "a b"] {
        assert_refused(&with("standin.skull_centre", wrong), &["standin.skull_centre", "two numbers"]);
    }
    for wrong in ["-1", "3.1", "NaN", "much"] {
        assert_refused(&with("standin.sharpen", wrong), &["standin.sharpen", "from 0 to 3"]);
    }
    assert_refused(&with("standin.name", "\u{1b}[2J"), &["standin.name", "plain text"]);
    let twice = with("standin.name", "a").with_metadata("standin.name", "b");
    assert_refused(&twice, &["standin.name", "once"]);
}

#[test]
fn morph_is_seen() {
    assert!(open(&SwapModel::morph()).unwrap().has_morph());
    assert!(!open(&SwapModel::identity()).unwrap().has_morph());
}

#[test]
fn weights_listed_as_inputs_are_no_inputs() {
    let mut model = SwapModel::plain();
    model.graph().input.push(value("blur", &[3, 3, 3, 3]));
    assert_eq!(open(&model).unwrap().resolution(), 64);
}

#[test]
fn inputs_that_are_not_a_swap_models_are_refused() {
    let mut model = SwapModel::plain();
    model.graph().input.clear();
    assert_refused(&model, &["0 inputs", "in_face"]);

    let mut model = SwapModel::plain();
    model.graph().input[0].name = "image".to_owned();
    assert_refused(&model, &["'image'", "'in_face"]);

    let mut model = SwapModel::morph();
    model.graph().input[1].name = "strength".to_owned();
    assert_refused(&model, &["input 2", "'strength'", "morph_value"]);

    let mut model = SwapModel::morph();
    dimensions(&mut model.graph().input[1])[0].dim_value = Some(2);
    assert_refused(&model, &["'morph_value:0'", "[2]", "[1]"]);

    let mut model = SwapModel::morph();
    model.graph().input.push(value("third", &[1]));
    assert_refused(&model, &["3 inputs"]);
}

#[test]
fn crops_of_another_shape_are_refused() {
    let with = |dims: &[i64]| {
        let mut model = SwapModel::plain();
        model.graph().input[0] = value("in_face:0", dims);
        model
    };
    assert_refused(&with(&[1, 64, 48, 3]), &["'in_face:0'", "[1, 64, 48, 3]"]);
    assert_refused(&with(&[1, 3, 64, 64]), &["'in_face:0'", "[1, 3, 64, 64]"]);
    assert_refused(&with(&[1, 64, 64, 4]), &["'in_face:0'", "[1, 64, 64, 4]", "[N, 64, 64, 3]"]);
    assert_refused(&with(&[4, 64, 64, 3]), &["'in_face:0'", "[4, 64, 64, 3]"]);
    assert_refused(&with(&[1, 64, 64]), &["'in_face:0'", "[1, 64, 64]"]);
    assert_refused(&with(&[1, 8, 8, 3]), &["'in_face:0'", "8 pixels", "16 to 1024"]);
    assert_refused(&with(&[1, 2048, 2048, 3]), &["'in_face:0'", "2048 pixels"]);

    let mut model = SwapModel::plain();
    dimensions(&mut model.graph().input[0])[1].dim_value = None;
    assert_refused(&model, &["'in_face:0'", "[1, ?, 64, 3]", "fixed side"]);

    let mut model = SwapModel::plain();
    model.graph().input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape = None;
    assert_refused(&model, &["'in_face:0'", "does not say"]);

    let mut model = SwapModel::plain();
    model.graph().input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().elem_type = 10;
    assert_refused(&model, &["'in_face:0'", "float32"]);
}

#[test]
fn outputs_that_are_not_a_swap_models_are_refused() {
    let mut model = SwapModel::plain();
    model.graph().output.pop();
    assert_refused(&model, &["2 outputs", "three"]);

    for (i, name) in ["'out_face_mask:0'", "'out_celeb_face:0'", "'out_celeb_face_mask:0'"].into_iter().enumerate() {
        let mut model = SwapModel::plain();
        dimensions(&mut model.graph().output[i])[3].dim_value = Some(2);
        assert_refused(&model, &[name, "[1, 64, 64, 2]"]);
        let mut model = SwapModel::plain();
        model.graph().output[i].r#type = None;
        assert_refused(&model, &[name, "float32"]);
    }
    // Without the names, the order counts: here the face is first.
    let mut model = SwapModel::plain();
    model.graph().output.swap(0, 1);
    model.graph().output[0].name = "nhwc".to_owned();
    assert_refused(&model, &["'nhwc'", "[N, 64, 64, 1]"]);
}

#[test]
fn what_is_not_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = ModelFile::open(folder.path().join("missing.dfm")).unwrap_err();
    assert_eq!(missing.problem, ModelProblem::Missing);
    assert!(missing.to_string().contains("missing.dfm"));
    assert_eq!(ModelFile::open(folder.path()).unwrap_err().problem, ModelProblem::NotAFile);
}

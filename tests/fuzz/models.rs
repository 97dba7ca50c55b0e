//! The model loader, by mistakes in a file's bytes.

use super::common::onnx::SwapModel;
use super::fuzz;
use super::mutate::mutate;
use standin::swap::ModelFile;

/// What a file that was taken must be.
fn reader(bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.dfm");
    std::fs::write(&path, bytes).unwrap();
    let Ok(file) = ModelFile::open(&path) else { return false };
    let contract = file.contract();
    assert!((16..=1024).contains(&contract.resolution));
    let mut outputs = [contract.driver_mask, contract.face, contract.face_mask];
    outputs.sort_unstable();
    assert_eq!(outputs, [0, 1, 2]);
    assert_eq!(file.bytes(), bytes);
    assert!(file.coverage().is_none_or(|coverage| coverage.is_finite() && coverage > 0.0));
    assert!(file.skull_centre().is_none_or(|point| point.x.is_finite() && point.y.is_finite()));
    assert!(file.consented(standin::consent::today()).is_err(), "a model without a record of its own may run");
    true
}

#[test]
fn the_model_loader() {
    let told = [
        ("standin.face_type", "whole-face"),
        ("standin.coverage", "2.1"),
        ("standin.alignment", "rigid"),
        ("standin.skull_centre", "0.001 0.002"),
        ("standin.consent", "subject = \"x\""),
    ];
    let with_all = told.iter().fold(SwapModel::plain(), |model, (key, value)| model.with_metadata(key, value));
    let corpus: Vec<Vec<u8>> =
        [SwapModel::plain(), SwapModel::morph().with_open_batch(), SwapModel::spliced(), with_all]
            .iter()
            .map(SwapModel::bytes)
            .collect();
    let words = ["in_face:0", "out_celeb_face:0", "standin.coverage", "NaN", "inf", "-1", "If", "Loop", "../x"];
    fuzz("model-loader", |random| mutate(&corpus, &words, random), reader);
}

//! What cannot work is refused with the domain that users filter on, and with a sentence that says what to do.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;

use common::onnx::{SwapModel, node, value};
use common::{Failure, Lent, Watched, ben};
use gst::prelude::*;
use standin::consent::sha256_hex;

/// Plays three frames, and gives the error that this must end with.
fn failure(properties: &str) -> Failure {
    let mut watched = Watched::new(&format!("videotestsrc num-buffers=3 ! faceswap name=swap {properties}"));
    watched.start();
    let failure = watched.end().expect_err("it is refused");
    assert!(watched.frames().is_empty(), "frames came out in spite of: {}", failure.text());
    failure
}

fn refused_settings(properties: &str, words: &[&str]) {
    let failure = failure(properties);
    assert!(failure.is(gst::ResourceError::Settings), "{failure:?}");
    for word in words {
        assert!(failure.text().contains(word), "no '{word}' in: {}", failure.text());
    }
    assert_eq!(failure.source, "swap");
}

#[test]
fn no_model_is_set() {
    refused_settings("", &["model="]);
}

#[test]
fn a_missing_model_is_not_found() {
    let failure = failure("model=/nowhere/ben.dfm");
    assert!(failure.is(gst::ResourceError::NotFound), "{failure:?}");
    assert!(failure.text().contains("/nowhere/ben.dfm"), "{}", failure.text());
}

#[test]
fn a_truncated_model() {
    let mut bytes = SwapModel::plain().bytes();
    bytes.truncate(bytes.len() / 2);
    let lent = Lent::file(&bytes);
    lent.write_consent(&sha256_hex(&bytes), ("2020-01-01", "2100-01-01"));
    refused_settings(&format!("model={lent}"), &["model.dfm"]);
}

#[test]
fn a_picture_instead_of_a_model() {
    let lent = Lent::file(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0");
    lent.write_consent(&lent.sha256(), ("2020-01-01", "2100-01-01"));
    refused_settings(&format!("model={lent}"), &["model.dfm"]);
}

#[test]
fn an_onnx_model_that_swaps_no_faces() {
    let mut model = SwapModel::identity();
    let graph = model.graph();
    graph.input = vec![value("pixels", &[1, 8])];
    graph.output = vec![value("classes", &[1, 8])];
    graph.node = vec![node("Sigmoid", &["pixels"], "classes", vec![])];
    graph.initializer.clear();
    let lent = Lent::new(&model);
    refused_settings(&format!("model={lent}"), &["in_face"]);
}

#[test]
fn a_network_that_never_gives_a_picture() {
    let lent = Lent::new(&SwapModel::never_finite());
    let failure = failure(&format!("model={lent}"));
    assert!(failure.text().contains("not a number"), "{}", failure.text());
}

#[test]
fn a_model_without_consent() {
    let lent = Lent::without_consent(&SwapModel::identity());
    refused_settings(&format!("model={lent}"), &["consent", "standin consent new"]);
}

#[test]
fn consent_that_expired() {
    let lent = Lent::without_consent(&SwapModel::identity());
    lent.write_consent(&lent.sha256(), ("2020-01-01", "2020-12-31"));
    refused_settings(&format!("model={lent}"), &["expired", "2020-12-31", "standin consent new"]);
}

#[test]
fn consent_for_another_file() {
    let lent = Lent::without_consent(&SwapModel::identity());
    lent.write_consent(&sha256_hex(b"another"), ("2020-01-01", "2100-01-01"));
    refused_settings(&format!("model={lent}"), &["another file", "standin consent new"]);
}

#[test]
fn an_execution_provider_that_the_library_lacks() {
    let cuda = standin::runtime::Runtime::load(None).is_ok() && standin::runtime::Provider::Cuda.offered();
    if cuda {
        eprintln!("skipped: this ONNX Runtime has CUDA");
        return;
    }
    let failure = failure(&format!("device=cuda model={}", ben()));
    assert!(failure.is(gst::LibraryError::Init), "{failure:?}");
    assert!(failure.text().contains("cuda") && failure.text().contains("cpu"), "{}", failure.text());
}

#[test]
fn a_gpu_that_is_not_there() {
    let failure = failure(&format!("device=gpu:no-such-adapter model={}", ben()));
    assert!(failure.is(gst::LibraryError::Init), "{failure:?}");
    assert!(failure.text().contains("no-such-adapter"), "{}", failure.text());
}

#[test]
fn a_device_that_does_not_exist() {
    refused_settings(&format!("device=nonsense model={}", ben()), &["nonsense", "auto", "cpu", "gpu"]);
}

#[test]
fn a_format_that_is_not_worked_on() {
    let mut watched = Watched::new(&format!("appsrc name=source format=time ! faceswap model={}", ben()));
    let caps = gst_video::VideoInfo::builder(gst_video::VideoFormat::Gray8, 32, 32).build().unwrap().to_caps().unwrap();
    let source = watched.source();
    source.set_caps(Some(&caps));
    watched.start();
    let mut buffer = gst::Buffer::with_size(32 * 32).unwrap();
    buffer.get_mut().unwrap().set_pts(gst::ClockTime::ZERO);
    let _ = source.push_buffer(buffer);
    let _ = source.end_of_stream();
    let failure = watched.end().expect_err("it is refused");
    assert!(failure.is(gst::StreamError::Format), "{failure:?}");
    let text = failure.text();
    assert!(text.contains("GRAY8") && text.contains("grey") && text.contains("videoconvert"), "{text}");
    assert!(watched.frames().is_empty());
}

#[test]
fn frames_that_are_not_in_the_processor_s_memory() {
    for (memory, element) in [
        ("memory:GLMemory", "gldownload"),
        ("memory:CUDAMemory", "cudadownload"),
        ("memory:DMABuf", "vapostproc"),
        ("memory:Unheard", "downloads"),
    ] {
        let mut watched = Watched::new(&format!("appsrc name=source format=time ! faceswap model={}", ben()));
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::Nv12, 32, 32).build().unwrap();
        let mut caps = info.to_caps().unwrap();
        caps.make_mut().set_features(0, Some(gst::CapsFeatures::new([memory])));
        let source = watched.source();
        source.set_caps(Some(&caps));
        watched.start();
        let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::ZERO);
        let _ = source.push_buffer(buffer);
        let _ = source.end_of_stream();
        let failure = watched.end().expect_err("it is refused");
        assert!(failure.is(gst::StreamError::Format), "{failure:?}");
        let text = failure.text();
        assert!(text.contains(memory) && text.contains(element), "{text}");
        assert!(watched.frames().is_empty());
    }
}

#[test]
fn a_grey_camera_behind_a_converter_is_converted_and_nobody_complains() {
    let text =
        format!("videotestsrc num-buffers=2 ! video/x-raw,format=GRAY8 ! videoconvert ! faceswap model={}", ben());
    let mut watched = Watched::new(&text);
    watched.start();
    assert!(watched.end().is_ok());
    assert_eq!(watched.frames().len(), 2);
}

#[test]
fn a_word_that_selects_nobody_is_a_warning_and_changes_nothing() {
    let mut watched = Watched::new(&format!("videotestsrc num-buffers=1 ! faceswap name=swap model={}", ben()));
    watched.element("swap").set_property("select", "everybody");
    assert_eq!(watched.element("swap").property::<String>("select"), "largest");
    watched.start();
    assert!(watched.end().is_ok());
    assert!(watched.warnings().iter().any(|text| text.contains("everybody") && text.contains("left-most")));
}

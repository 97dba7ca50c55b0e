//! What the element says on the bus: errors in the domains that users filter on, and the statistics of a second.

use standin::face::ReferenceError;
use standin::live::{Degradation, LoadError, PrepareError, Stage, Summary};
use standin::swap::ModelProblem;

/// Posts why a model could not be loaded: as an error where there is none to go on with, else as a warning.
pub(super) fn post_load_error(element: &super::FaceSwap, error: &LoadError, fatal: bool) {
    let text = error.to_string();
    match error {
        LoadError::Model(model) if model.problem == ModelProblem::Missing => {
            post(element, gst::ResourceError::NotFound, &text, fatal);
        }
        LoadError::Model(_) | LoadError::Consent(_) => post(element, gst::ResourceError::Settings, &text, fatal),
        LoadError::Runtime(_) | LoadError::Engine(_) | LoadError::Gpu(_) | LoadError::GpuEngine(_) => {
            post(element, gst::LibraryError::Init, &text, fatal);
        }
        LoadError::Undone { .. } => post(element, gst::LibraryError::Failed, &text, fatal),
    }
}

/// Posts why faces cannot be looked for.
pub(super) fn post_prepare_error(element: &super::FaceSwap, error: &PrepareError, fatal: bool) {
    let text = error.to_string();
    match error {
        PrepareError::Reference(ReferenceError::Missing { .. }) => {
            post(element, gst::ResourceError::NotFound, &text, fatal);
        }
        PrepareError::Reference(ReferenceError::Picture { .. } | ReferenceError::NoFace { .. }) => {
            post(element, gst::ResourceError::Settings, &text, fatal);
        }
        _ => post(element, gst::LibraryError::Init, &text, fatal),
    }
}

/// Posts what was chosen.
pub(super) fn post_info(element: &super::FaceSwap, text: &str) {
    gst::element_info!(element, gst::LibraryError::Settings, ("{}", text));
}

/// Posts an error or a warning.
pub(super) fn post(element: &super::FaceSwap, kind: impl gst::MessageErrorDomain, text: &str, fatal: bool) {
    if fatal {
        gst::element_error!(element, kind, ("{}", text));
    } else {
        gst::element_warning!(element, kind, ("{}", text));
    }
}

/// What is given up now, as the structure `faceswap-degradation`.
pub(super) fn degradation(step: Degradation, busiest: f32) -> gst::Structure {
    gst::Structure::builder("faceswap-degradation")
        .field("step", step as u32)
        .field("given-up", step.name())
        .field("busiest", f64::from(busiest))
        .build()
}

/// The statistics of a window as the structure `faceswap-stats`.
pub(super) fn statistics(summary: &Summary, latency: f64) -> gst::Structure {
    let mut structure = gst::Structure::builder("faceswap-stats")
        .field("fps", summary.fps)
        .field("frames", summary.frames)
        .field("faces", summary.faces)
        .field("concealed", summary.concealed)
        .field("drops", summary.dropped)
        .field("latency-ms", latency)
        .build();
    for stage in Stage::ALL {
        let (median, p99) = summary.stages[stage as usize];
        structure.set(format!("{}-ms", stage.name()), f64::from(median));
        structure.set(format!("{}-p99-ms", stage.name()), f64::from(p99));
    }
    structure
}

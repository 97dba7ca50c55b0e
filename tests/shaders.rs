//! Every shader in `shaders/` is valid WGSL as it is assembled, and has a Rust twin.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use naga::valid::{Capabilities, ValidationFlags, Validator};
use standin::blend::gpu::shaders::ALL;

fn names(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let shaders = files.filter(|path| path.extension().is_some_and(|ext| ext == "wgsl"));
    shaders.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn validate(name: &str, source: &str, capabilities: Capabilities) -> naga::Module {
    let module =
        naga::front::wgsl::parse_str(source).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(source)));
    let checked = Validator::new(ValidationFlags::all(), capabilities).validate(&module);
    checked.unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(source)));
    module
}

#[test]
fn every_file_is_a_pass_and_every_pass_is_valid() {
    let listed: BTreeSet<_> = ALL.iter().map(|shader| shader.name.to_owned()).collect();
    assert_eq!(names("shaders"), listed, "files in shaders/ and passes in gpu/shaders.rs differ");
    for shader in &ALL {
        let module = validate(shader.name, &shader.source(), Capabilities::empty());
        for entry in &module.entry_points {
            assert_eq!(entry.workgroup_size, [8, 8, 1], "{}: {}", shader.name, entry.name);
        }
    }
}

#[test]
fn every_shared_file_is_imported() {
    for name in names("shaders/shared") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders/shared").join(format!("{name}.wgsl"));
        let text = fs::read_to_string(path).unwrap();
        let imported = ALL.iter().any(|shader| shader.parts.contains(&text.as_str()));
        assert!(imported, "no pass imports shaders/shared/{name}.wgsl");
    }
}

#[test]
fn every_shader_has_a_twin() {
    let blend = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/blend");
    for shader in &ALL {
        assert!(blend.join(format!("{}.rs", shader.name)).is_file(), "no src/blend/{}.rs", shader.name);
        assert!(blend.join(format!("gpu/passes/{}.rs", shader.name)).is_file(), "no gpu/passes/{}.rs", shader.name);
    }
}

#[test]
fn the_network_s_shaders_are_valid_and_have_twins() {
    use standin::swap::convolution::Convolution;
    use standin::swap::passes::NotFinitePass;

    let found = names("shaders/network");
    assert_eq!(found, BTreeSet::from(["convolution", "matrices", "not_finite"].map(str::to_owned)));
    // Matrix units compute what `convolution` computes.
    for name in found.into_iter().filter(|name| name != "matrices") {
        let twin = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/swap/{name}.rs"));
        assert!(twin.is_file(), "no src/swap/{name}.rs");
    }
    validate("not_finite", &NotFinitePass::source(128), Capabilities::empty());
    for (kernel, stride, slope) in
        [([3, 3], [1, 1], 0.1_f32), ([5, 5], [2, 2], 1.0), ([1, 1], [1, 1], 0.0), ([2, 3], [1, 2], 1e-9)]
    {
        let (input, output, pads) = ([5, 14, 10], [12, 7, 5], [1, 0]);
        let shape = Convolution { input, output, kernel, stride, pads, slope_bits: slope.to_bits() };
        for (half, capabilities) in [(false, Capabilities::empty()), (true, Capabilities::SHADER_FLOAT16)] {
            validate("convolution", &standin::swap::passes::convolution::source(&shape, half), capabilities);
        }
    }
}

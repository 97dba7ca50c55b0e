//! Writes the version, commit and date that the plugin reports of itself.

/// Changes with every commit, which need not change a file of this package. Absent where the source is no clone.
const COMMITS: &str = "../../.git/logs/HEAD";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::path::Path::new(COMMITS).exists() {
        println!("cargo:rerun-if-changed={COMMITS}");
    }
    gst_plugin_version_helper::info();
}

//! Writes the version, commit and date that the plugin reports of itself.

fn main() {
    gst_plugin_version_helper::info();
}

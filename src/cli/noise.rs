//! Keeps libraries from writing to a program's standard error.

use std::path::Path;

/// Switches off Mesa's Vulkan layer `VK_LAYER_MESA_device_select` where there is no session: it asks the desktop,
/// through Wayland's library, which GPU it likes best, and that library writes a line where `XDG_RUNTIME_DIR` names
/// no folder. With no desktop to ask, the layer has nothing to say.
///
/// Call it first in `main`: the environment may be changed only while there is one thread.
pub fn silence() {
    const LAYER: &str = "NODEVICE_SELECT";
    let session = std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).is_absolute());
    if !session && std::env::var_os(LAYER).is_none() {
        // SAFETY: `main` calls this before anything starts a thread.
        unsafe { std::env::set_var(LAYER, "1") };
    }
}

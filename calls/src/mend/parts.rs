//! What a machine may lack, and the packages that hold it.

/// Fetches ONNX Runtime: the same everywhere, since few distributions have a package of it that fits.
pub(super) const RUNTIME: &str = "standin doctor --mend";

/// Something that a package brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// GStreamer itself with `gst-launch-1.0` and `gst-inspect-1.0`.
    GStreamer,
    /// GStreamer's base plugins.
    Base,
    /// GStreamer's good plugins.
    Good,
    /// GStreamer's bad plugins.
    Bad,
    /// GStreamer's ugly plugins.
    Ugly,
    /// GStreamer's plugin on FFmpeg.
    Libav,
    /// GStreamer's plugin for PipeWire.
    PipeWirePlugin,
    /// PipeWire with its session manager.
    PipeWire,
    /// The session bus of D-Bus.
    SessionBus,
    /// The portal through which browsers and sandboxed applications reach a camera.
    Portal,
    /// The part of it that shares GNOME's screen.
    PortalGnome,
    /// The part of it that shares KDE's screen.
    PortalKde,
    /// The part of it that shares the screens of sway, Wayfire, river and others on wlroots.
    PortalWlr,
    /// The kernel's v4l2loopback, loaded.
    Loopback,
    /// Vulkan with a driver that always works, on the processor where no other fits.
    Vulkan,
    /// Vulkan on AMD's GPUs.
    VulkanAmd,
    /// Vulkan on Intel's GPUs.
    VulkanIntel,
    /// NVIDIA's own driver.
    NvidiaDriver,
    /// Python's installer of packages, which fetches ONNX Runtime.
    Pip,
    /// ONNX Runtime's library.
    OnnxRuntime,
}

/// Names of packages, several with a space between them.
pub(super) struct Packages {
    /// On Debian and Ubuntu.
    pub(super) debian: &'static str,
    /// On Fedora.
    pub(super) fedora: &'static str,
    /// Which half of RPM Fusion has it, where Fedora has not.
    pub(super) fusion: Option<&'static str>,
    /// On Arch Linux.
    pub(super) arch: &'static str,
}

/// Packages that have the same names on all distributions.
const fn everywhere(names: &'static str) -> (&'static str, &'static str, Option<&'static str>, &'static str) {
    (names, names, None, names)
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 20] = [
        Self::GStreamer,
        Self::Base,
        Self::Good,
        Self::Bad,
        Self::Ugly,
        Self::Libav,
        Self::PipeWirePlugin,
        Self::PipeWire,
        Self::SessionBus,
        Self::Portal,
        Self::PortalGnome,
        Self::PortalKde,
        Self::PortalWlr,
        Self::Loopback,
        Self::Vulkan,
        Self::VulkanAmd,
        Self::VulkanIntel,
        Self::NvidiaDriver,
        Self::Pip,
        Self::OnnxRuntime,
    ];

    pub(super) const fn packages(self) -> Packages {
        let (debian, fedora, fusion, arch) = match self {
            Self::GStreamer => ("gstreamer1.0-tools", "gstreamer1", None, "gstreamer"),
            Self::Base => ("gstreamer1.0-plugins-base", "gstreamer1-plugins-base", None, "gst-plugins-base"),
            Self::Good => ("gstreamer1.0-plugins-good", "gstreamer1-plugins-good", None, "gst-plugins-good"),
            Self::Bad => ("gstreamer1.0-plugins-bad", "gstreamer1-plugins-bad-free", None, "gst-plugins-bad"),
            Self::Ugly => ("gstreamer1.0-plugins-ugly", "gstreamer1-plugins-ugly", Some("free"), "gst-plugins-ugly"),
            Self::Libav => ("gstreamer1.0-libav", "gstreamer1-plugin-libav", None, "gst-libav"),
            Self::PipeWirePlugin => ("gstreamer1.0-pipewire", "pipewire-gstreamer", None, "gst-plugin-pipewire"),
            Self::PipeWire => everywhere("pipewire wireplumber"),
            Self::SessionBus => ("dbus-user-session", "dbus-daemon", None, "dbus"),
            Self::Portal => everywhere("xdg-desktop-portal xdg-desktop-portal-gtk"),
            Self::PortalGnome => everywhere("xdg-desktop-portal-gnome"),
            Self::PortalKde => everywhere("xdg-desktop-portal-kde"),
            Self::PortalWlr => everywhere("xdg-desktop-portal-wlr"),
            Self::Loopback => (
                "v4l2loopback-dkms linux-headers-$(uname -r)",
                "akmod-v4l2loopback",
                Some("free"),
                "v4l2loopback-dkms linux-headers",
            ),
            Self::Vulkan => (
                "libvulkan1 mesa-vulkan-drivers",
                "vulkan-loader mesa-vulkan-drivers",
                None,
                "vulkan-icd-loader vulkan-swrast",
            ),
            Self::VulkanAmd => (
                "libvulkan1 mesa-vulkan-drivers",
                "vulkan-loader mesa-vulkan-drivers",
                None,
                "vulkan-icd-loader vulkan-radeon",
            ),
            Self::VulkanIntel => (
                "libvulkan1 mesa-vulkan-drivers",
                "vulkan-loader mesa-vulkan-drivers",
                None,
                "vulkan-icd-loader vulkan-intel",
            ),
            Self::NvidiaDriver => ("nvidia-driver", "akmod-nvidia", Some("nonfree"), "nvidia-open nvidia-utils"),
            Self::Pip => ("python3-pip", "python3-pip", None, "python-pip"),
            Self::OnnxRuntime => ("libonnxruntime-dev", "onnxruntime-devel", None, "onnxruntime-cpu"),
        };
        Packages { debian, fedora, fusion, arch }
    }
}

/// Plugins of GStreamer: where each is, and the elements of it that commands use.
const PLUGINS: [(&str, Part, &[&str]); 38] = [
    (
        "coreelements",
        Part::GStreamer,
        &["queue", "tee", "filesrc", "filesink", "identity", "valve", "capsfilter", "clocksync"],
    ),
    ("app", Part::Base, &["appsrc", "appsink"]),
    ("playback", Part::Base, &["decodebin", "uridecodebin", "decodebin3", "uridecodebin3"]),
    ("typefindfunctions", Part::Base, &[]),
    ("videoconvertscale", Part::Base, &["videoconvert", "videoscale", "videoconvertscale"]),
    ("videorate", Part::Base, &["videorate"]),
    ("videotestsrc", Part::Base, &["videotestsrc"]),
    ("compositor", Part::Base, &["compositor"]),
    ("audioconvert", Part::Base, &["audioconvert"]),
    ("audioresample", Part::Base, &["audioresample"]),
    ("audiotestsrc", Part::Base, &["audiotestsrc"]),
    ("audiomixer", Part::Base, &["audiomixer"]),
    ("opus", Part::Base, &["opusenc", "opusdec"]),
    ("rawparse", Part::Base, &["rawvideoparse"]),
    ("video4linux2", Part::Good, &["v4l2src", "v4l2sink"]),
    ("jpeg", Part::Good, &["jpegdec", "jpegenc"]),
    ("isomp4", Part::Good, &["qtdemux", "mp4mux"]),
    ("matroska", Part::Good, &["matroskamux", "matroskademux"]),
    ("deinterlace", Part::Good, &["deinterlace"]),
    ("videobox", Part::Good, &["videobox"]),
    ("videofilter", Part::Good, &["videoflip", "videobalance"]),
    ("autodetect", Part::Good, &["autovideosink", "autoaudiosink", "autovideosrc", "autoaudiosrc"]),
    ("pulseaudio", Part::Good, &["pulsesrc", "pulsesink"]),
    ("ximagesrc", Part::Good, &["ximagesrc"]),
    ("rtsp", Part::Good, &["rtspsrc"]),
    ("rtpmanager", Part::Good, &["rtpbin"]),
    ("udp", Part::Good, &["udpsrc", "udpsink"]),
    ("soup", Part::Good, &["souphttpsrc"]),
    ("vpx", Part::Good, &["vp8enc", "vp8dec", "vp9enc", "vp9dec"]),
    ("debug", Part::Good, &["progressreport"]),
    ("videoparsersbad", Part::Bad, &["h264parse", "h265parse"]),
    ("audiobuffersplit", Part::Bad, &["audiobuffersplit"]),
    ("srt", Part::Bad, &["srtsrc", "srtsink"]),
    ("openh264", Part::Bad, &["openh264enc", "openh264dec"]),
    ("mpegtsdemux", Part::Bad, &["tsdemux"]),
    ("x264", Part::Ugly, &["x264enc"]),
    ("libav", Part::Libav, &["avdec_h264", "avdec_mjpeg", "avenc_aac"]),
    ("pipewire", Part::PipeWirePlugin, &["pipewiresrc", "pipewiresink"]),
];

/// The part that holds a plugin.
pub(super) fn of_plugin(name: &str) -> Option<Part> {
    PLUGINS.iter().find(|(plugin, ..)| *plugin == name).map(|&(_, part, _)| part)
}

/// The part that holds an element.
pub(super) fn of_element(name: &str) -> Option<Part> {
    PLUGINS.iter().find(|(.., elements)| elements.contains(&name)).map(|&(_, part, _)| part)
}

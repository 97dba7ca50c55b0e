//! Which distribution this is, and how it installs a part.

use std::sync::OnceLock;

use super::parts::{Packages, Part, RUNTIME};
use super::steps::LOAD;

/// A distribution whose package names are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Debian, and what calls itself like it.
    Debian,
    /// Ubuntu, and what calls itself like it.
    Ubuntu,
    /// Fedora, and what calls itself like it.
    Fedora,
    /// Arch Linux, and what calls itself like it.
    Arch,
    /// Any other system.
    Other,
}

/// RPM Fusion's own line to add its free packages (`free`) or the others (`nonfree`).
fn rpm_fusion(which: &str) -> String {
    format!(
        "sudo dnf install https://mirrors.rpmfusion.org/{which}/fedora/rpmfusion-{which}-release-$(rpm -E %fedora).noarch.rpm"
    )
}

impl Distribution {
    /// This machine's, by `/etc/os-release`.
    pub fn here() -> Self {
        static HERE: OnceLock<Distribution> = OnceLock::new();
        let read =
            || ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(|path| std::fs::read_to_string(path).ok());
        *HERE.get_or_init(|| Self::of(&read().unwrap_or_default()))
    }

    /// The one that a text of the form of `/etc/os-release` describes: `ID` first, then `ID_LIKE` from left to right.
    pub fn of(os_release: &str) -> Self {
        let value = |key: &str| {
            let line = os_release.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches(['"', '\'']).to_ascii_lowercase()
        };
        let known = |word: &str| match word {
            "debian" => Some(Self::Debian),
            "ubuntu" => Some(Self::Ubuntu),
            "fedora" => Some(Self::Fedora),
            "arch" | "archlinux" => Some(Self::Arch),
            _ => None,
        };
        let like = value("ID_LIKE");
        known(&value("ID")).or_else(|| like.split_whitespace().find_map(known)).unwrap_or(Self::Other)
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debian => "Debian",
            Self::Ubuntu => "Ubuntu",
            Self::Fedora => "Fedora",
            Self::Arch => "Arch Linux",
            Self::Other => "not known",
        }
    }

    /// The line that brings `part` here.
    pub fn bring(self, part: Part) -> String {
        match part {
            Part::OnnxRuntime => RUNTIME.to_owned(),
            // An akmod is built when the machine starts, or by this.
            Part::Loopback if self == Self::Fedora => format!("{} && sudo akmods && {LOAD}", self.install(part)),
            Part::Loopback => format!("{} && {LOAD}", self.install(part)),
            Part::NvidiaDriver if self == Self::Ubuntu => "sudo ubuntu-drivers install".to_owned(),
            Part::NvidiaDriver if self == Self::Debian => {
                "sudo apt install nvidia-driver (with contrib, non-free and non-free-firmware in /etc/apt/sources.list)"
                    .to_owned()
            }
            _ => self.install(part),
        }
    }

    fn install(self, part: Part) -> String {
        let Packages { debian, fedora, fusion, arch } = part.packages();
        match (self, fusion) {
            (Self::Debian | Self::Ubuntu, _) => format!("sudo apt install {debian}"),
            (Self::Fedora, None) => format!("sudo dnf install {fedora}"),
            (Self::Fedora, Some(which)) => format!("{} && sudo dnf install {fedora}", rpm_fusion(which)),
            (Self::Arch, _) => format!("sudo pacman -S --needed {arch}"),
            (Self::Other, _) => format!("install what Debian calls {debian}, Fedora {fedora} and Arch {arch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_comes_before_id_like() {
        let of = Distribution::of;
        assert_eq!(of("NAME=x\nID=debian\n"), Distribution::Debian);
        assert_eq!(of("ID=ubuntu\nID_LIKE=debian\n"), Distribution::Ubuntu);
        assert_eq!(of("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Distribution::Ubuntu);
        assert_eq!(of("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), Distribution::Fedora);
        assert_eq!(of("ID=manjaro\nID_LIKE=arch\n"), Distribution::Arch);
        assert_eq!(of("ID=alpine\n"), Distribution::Other);
        assert_eq!(of(""), Distribution::Other);
    }

    #[test]
    fn every_part_has_a_line_everywhere() {
        use Distribution::{Arch, Debian, Fedora, Other, Ubuntu};
        for part in Part::ALL {
            for (here, word) in [(Debian, "apt"), (Ubuntu, ""), (Fedora, "dnf"), (Arch, "pacman"), (Other, "")] {
                let line = here.bring(part);
                assert!(!line.is_empty() && line.lines().count() == 1, "{part:?} on {here:?}: {line}");
                assert!(part == Part::OnnxRuntime || line.contains(word), "{part:?} on {here:?}: {line}");
            }
        }
    }

    #[test]
    fn lines_of_four_distributions() {
        let lines = [Distribution::Debian, Distribution::Ubuntu, Distribution::Fedora, Distribution::Arch]
            .map(|here| here.bring(Part::PipeWirePlugin));
        assert_eq!(
            lines,
            [
                "sudo apt install gstreamer1.0-pipewire",
                "sudo apt install gstreamer1.0-pipewire",
                "sudo dnf install pipewire-gstreamer",
                "sudo pacman -S --needed gst-plugin-pipewire"
            ]
        );
        let ugly = Distribution::Fedora.bring(Part::Ugly);
        assert!(ugly.contains("rpmfusion-free-release") && ugly.ends_with("gstreamer1-plugins-ugly"), "{ugly}");
    }
}

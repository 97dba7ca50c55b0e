//! GPUs that the passes can run on, the cards that the kernel knows, and their drivers.

use std::path::Path;

use standin::gpu::{AdapterInfo, AdapterKind, adapters};

use super::Finding;
use crate::mend::{Distribution, Part};

const AREA: &str = "GPU";

/// A graphics card as the kernel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    /// PCI's number of the maker.
    vendor: u32,
    /// The kernel's driver of it; empty where none has taken it.
    driver: String,
}

/// What was found of GPUs.
#[derive(Debug, Default)]
pub(super) struct Facts {
    adapters: Vec<AdapterInfo>,
    cards: Vec<Card>,
    /// NVIDIA's kernel driver, in its own words.
    nvidia: Option<String>,
}

impl Facts {
    pub(super) fn gather() -> Self {
        let nvidia = std::fs::read_to_string("/proc/driver/nvidia/version").ok();
        let nvidia = nvidia.and_then(|text| Some(text.lines().next()?.trim().to_owned()));
        Self { adapters: adapters(), cards: cards(Path::new("/sys/bus/pci/devices")), nvidia }
    }
}

/// The display controllers among the PCI devices: class 03.
fn cards(devices: &Path) -> Vec<Card> {
    let number = |path: &Path| {
        let text = std::fs::read_to_string(path).ok()?;
        u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
    };
    let entries = std::fs::read_dir(devices).into_iter().flatten().flatten();
    let mut cards: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| number(&path.join("class")).is_some_and(|class| class >> 16 == 3))
        .filter_map(|path| {
            let link = std::fs::read_link(path.join("driver")).ok();
            let driver = link.and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()));
            Some(Card { vendor: number(&path.join("vendor"))?, driver: driver.unwrap_or_default() })
        })
        .collect();
    cards.sort_by_key(|card| card.vendor);
    cards
}

pub(super) fn findings(facts: &Facts, here: Distribution) -> Vec<Finding> {
    let mut findings: Vec<_> = facts
        .adapters
        .iter()
        .enumerate()
        .map(|(i, adapter)| Finding::good(AREA, format!("gpu:{i}"), adapter.to_string()))
        .collect();
    if facts.adapters.is_empty() {
        let detail = "none that Vulkan knows; the processor does all of the work";
        findings.push(Finding::note(AREA, "Vulkan", detail, here.bring(Part::Vulkan)));
    }
    if facts.adapters.iter().all(|adapter| adapter.kind == AdapterKind::Software) {
        findings.extend(facts.cards.iter().filter_map(|card| unused(card, here)));
    }
    findings.extend(facts.nvidia.iter().map(|version| Finding::good(AREA, "NVIDIA's driver", version.clone())));
    findings
}

/// A card that Vulkan could use, and does not.
fn unused(card: &Card, here: Distribution) -> Option<Finding> {
    let (maker, part) = match card.vendor {
        0x10de => ("NVIDIA", Part::NvidiaDriver),
        0x1002 => ("AMD", Part::VulkanAmd),
        0x8086 => ("Intel", Part::VulkanIntel),
        _ => return None,
    };
    let driver = if card.driver.is_empty() { "no driver" } else { &card.driver };
    Some(Finding::note(AREA, format!("{maker} card"), format!("Vulkan does not use it ({driver})"), here.bring(part)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use standin::gpu::Abilities;

    use super::*;
    use crate::doctor::State;

    fn adapter(kind: AdapterKind) -> AdapterInfo {
        AdapterInfo { name: "thing".to_owned(), kind, backend: "vulkan".to_owned(), abilities: Abilities::default() }
    }

    fn card() -> Card {
        Card { vendor: 0x1002, driver: "amdgpu".to_owned() }
    }

    #[test]
    fn a_card_without_its_driver_is_a_note() {
        let facts = Facts { adapters: vec![adapter(AdapterKind::Software)], cards: vec![card()], nvidia: None };
        let found = findings(&facts, Distribution::Arch);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].state, State::Note);
        assert_eq!(found[1].mend.as_deref(), Some("sudo pacman -S --needed vulkan-icd-loader vulkan-radeon"));
    }

    #[test]
    fn a_card_that_is_used_is_good() {
        let facts = Facts { adapters: vec![adapter(AdapterKind::Discrete)], cards: vec![card()], nvidia: None };
        assert!(findings(&facts, Distribution::Debian).iter().all(|finding| finding.state == State::Good));
    }

    #[test]
    fn a_machine_without_vulkan_is_no_fault() {
        let found = findings(&Facts::default(), Distribution::Ubuntu);
        assert_eq!((found.len(), found[0].state), (1, State::Note));
        assert_eq!(found[0].mend.as_deref(), Some("sudo apt install libvulkan1 mesa-vulkan-drivers"));
    }

    #[test]
    fn display_controllers_are_found_among_devices() {
        let folder = tempfile::tempdir().unwrap();
        for (name, class, vendor) in [("a", "0x030000\n", "0x10de\n"), ("b", "0x020000\n", "0x8086\n")] {
            let device = folder.path().join(name);
            std::fs::create_dir(&device).unwrap();
            std::fs::write(device.join("class"), class).unwrap();
            std::fs::write(device.join("vendor"), vendor).unwrap();
        }
        assert_eq!(cards(folder.path()), [Card { vendor: 0x10de, driver: String::new() }]);
    }
}

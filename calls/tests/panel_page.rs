//! The page of `standin panel` in a browser, with a clip as the camera.
//!
//! The model paints faces green, so that a swapped face is told by its pixels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod panel_support;

use panel_support::browser::Browser;
use panel_support::models::Lent;
use panel_support::program::Panel;
use serde_json::json;

/// Page weight of every file that the page loads.
const WEIGHT: usize = 150_000;

#[test]
fn the_page_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let lent = Lent::green();
    let folder = tempfile::tempdir().unwrap();
    let panel = Panel::start(folder.path(), &lent.to_string(), &["--port", "0", "--set", "color-transfer=none"]);
    let weight: usize = ["", "style.css", "panel.js", "icon.svg"].iter().map(|file| panel.get(file).body.len()).sum();
    assert!(weight < WEIGHT, "{weight} bytes");
    let (one, other) = (browser.open(&panel.address()), browser.open(&panel.address()));
    let green = "(() => { const c = document.getElementById('after'); \
                 const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; \
                 for (let i = 0; i < d.length; i += 4) n += d[i] < 100 && d[i + 1] > 150 && d[i + 2] < 100; return n; })()";
    for tab in [&one, &other] {
        browser.until(tab, "document.querySelectorAll('.property').length > 30");
        browser.until(tab, "document.getElementById('state').dataset.state === 'swapping'");
        browser.until(tab, &format!("{green} > 1000"));
    }
    // By keyboard alone: the slider of one page moves, the picture and the other page follow.
    browser.value(&one, "document.getElementById('property-opacity').focus()");
    browser.press(&one, "Home", 36);
    browser.until(&other, "document.getElementById('property-opacity').value === '0'");
    browser.until(&other, &format!("{green} < 50"));
    browser.press(&one, "End", 35);
    browser.until(&other, &format!("{green} > 1000"));
    // What is refused is said.
    browser
        .value(&one, "document.getElementById('preset-name').value = 'a b'; document.getElementById('save').click()");
    browser.until(&one, "document.getElementById('alert').textContent.includes('no name for a preset')");
    browser.value(&one, "document.querySelector('#alert button').click()");
    // Performers come and go; each has its fields.
    browser.value(&one, "document.getElementById('add-performer').click()");
    browser.until(&other, "document.querySelectorAll('#performers select').length === 2");
    let kept = std::env::var_os("PANEL_PICTURES").map(std::path::PathBuf::from);
    if let Some(folder) = &kept {
        std::fs::write(folder.join("performer.png.base64"), browser.picture(&one, (1280, 800), "light")).unwrap();
    }
    let nameless = "[...document.querySelectorAll('#performers select')].filter(f => !f.labels.length).length";
    assert_eq!(browser.value(&other, nameless), json!(0));
    browser.value(&other, "document.getElementById('remove-performer').click()");
    browser.until(&one, "document.querySelectorAll('#performers select').length === 0");
    browser.until(&one, "document.getElementById('remove-performer').hidden");
    // Every field has a name, everything that is pressed can be reached, nothing is wider than a phone.
    let nameless = "[...document.querySelectorAll('input, select')].filter(f => !f.labels.length && \
                    !f.getAttribute('aria-label')).length";
    assert_eq!(browser.value(&one, nameless), json!(0));
    assert_eq!(
        browser.value(&one, "document.querySelectorAll('[tabindex]:not([tabindex=\"0\"],[tabindex=\"-1\"])').length"),
        json!(0)
    );
    browser.value(&one, "document.getElementById('examine').click()");
    browser.until(&one, "document.querySelectorAll('#findings p').length > 5");
    browser.value(
        &one,
        "document.activeElement.blur(); scrollTo(0, 0); document.querySelector('.controls').scrollTo(0, 0)",
    );
    for (name, size, scheme) in [
        ("desktop-light", (1280, 800), "light"),
        ("desktop-dark", (1280, 800), "dark"),
        ("phone-light", (360, 1600), "light"),
        ("phone-dark", (360, 1600), "dark"),
    ] {
        let picture = browser.picture(&one, size, scheme);
        assert_eq!(browser.value(&one, "document.documentElement.scrollWidth <= innerWidth"), json!(true), "{name}");
        let dark = browser.value(&one, "getComputedStyle(document.body).backgroundColor === 'rgb(17, 20, 24)'");
        assert_eq!(dark, json!(scheme == "dark"));
        if let Some(folder) = &kept {
            std::fs::write(folder.join(format!("{name}.png.base64")), picture).unwrap();
        }
    }
    assert_eq!(browser.complaints, Vec::<String>::new(), "a page complains");
    // The server goes and comes back at the same place: the pages find it.
    let port = panel.port.to_string();
    panel.interrupt();
    assert_eq!(panel.end(), Some(0), "open pages keep it from ending");
    browser.until(&one, "document.getElementById('state').dataset.state === 'lost'");
    let words = ["--port", &port, "--set", "color-transfer=none", "--set", "opacity=0.5"];
    let _panel = Panel::start(folder.path(), &lent.to_string(), &words);
    for tab in [&one, &other] {
        browser.until(tab, "document.getElementById('property-opacity').value === '0.5'");
        browser.until(tab, "document.getElementById('state').dataset.state === 'swapping'");
    }
}

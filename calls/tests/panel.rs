//! `standin panel`: the server against the element with a clip as its camera. `panel_page` has the page in a browser.
//!
//! The model paints faces green, so that a swapped face is told by its pixels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod panel_support;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use gst::prelude::*;
use panel_support::browser::Browser;
use panel_support::http::ask;
use panel_support::models::Lent;
use panel_support::picture::green;
use panel_support::program::{CLIP, Panel};
use serde_json::{Value, json};

/// A panel on a free port, with a model that paints green and a folder of its own.
fn panel(lent: &Lent) -> (Panel, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let words = ["--port", "0", "--set", "color-transfer=none"];
    (Panel::start(folder.path(), &lent.to_string(), &words), folder)
}

fn element() -> gst::Element {
    standin_calls::element::load().unwrap().create().build().unwrap()
}

/// Asks for pictures until one is as wanted.
fn picture_until(panel: &Panel, side: &str, wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (begun, mut than) = (Instant::now(), "0".to_owned());
    while begun.elapsed() < Duration::from_secs(60) {
        let answer = panel.get(&format!("preview/{side}?than={than}"));
        if answer.status == 200 {
            assert_eq!(answer.header("content-type"), Some("image/jpeg"));
            answer.header("picture").unwrap().clone_into(&mut than);
            if wanted(&answer.body) {
                return answer.body;
            }
        }
    }
    panic!("no such picture {side} the swap");
}

#[test]
fn only_the_own_page_with_the_key_is_answered() {
    let lent = Lent::green();
    let (panel, _folder) = panel(&lent);
    let (host, page) = (panel.host(), format!("GET {} HTTP/1.1", panel.path));
    let answer = ask(panel.port, &[&page, &host], "");
    assert_eq!(answer.status, 200);
    for (name, word) in [
        ("content-security-policy", "default-src 'none'; script-src 'self'"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert!(answer.header(name).is_some_and(|value| value.starts_with(word)), "{name}: {:?}", answer.header(name));
    }
    // The key is checked before the path: nothing is told of what there is.
    let wrong = "/0123456789abcdef0123456789abcdef/";
    for path in ["", "style.css", "api/events", "api/controls", "api/doctor", "preview/before", "nothing"] {
        let answer = ask(panel.port, &[&format!("GET {wrong}{path} HTTP/1.1"), &host], "");
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("open the address that `standin panel` printed"), "{}", answer.text());
        assert_eq!(ask(panel.port, &[&format!("GET /{path} HTTP/1.1"), &host], "").status, 403);
    }
    let post = format!("POST {}api/command HTTP/1.1", panel.path);
    let (kind, stop) = ("Content-Type: application/json", r#"{"do":"stop"}"#);
    let foreign: [&[&str]; 5] = [
        &[&post, &host, kind, "Origin: http://evil.invalid"],
        &[&post, &host, kind, "Origin: null"],
        &[&post, &host, kind, "Sec-Fetch-Site: cross-site"],
        &[&post, &host, kind, "Sec-Fetch-Site: same-site"],
        &[&post, "Host: evil.invalid", kind],
    ];
    for head in foreign {
        assert_eq!(ask(panel.port, head, stop).status, 403, "{head:?}");
    }
    assert_eq!(ask(panel.port, &[&page, &format!("Host: evil.invalid:{}", panel.port)], "").status, 403);
    // A form of another page cannot send JSON without asking first.
    assert_eq!(ask(panel.port, &[&post, &host, "Content-Type: text/plain"], stop).status, 415);
    assert_eq!(ask(panel.port, &[&post, &host, kind], &" ".repeat(20_000)).status, 413);
    let mut page = panel.page();
    // A foreign command that was obeyed would keep it stopped.
    page.until("begun", |state| state["state"].as_str().is_some_and(|word| word != "stopped"));
    let own = format!("Origin: http://127.0.0.1:{}", panel.port);
    assert_eq!(ask(panel.port, &[&post, &host, kind, &own], stop).status, 200);
    page.until("stopped", |state| state["state"] == "stopped");
}

#[test]
fn the_browser_is_given_a_way_that_works_once() {
    let (lent, folder) = (Lent::green(), tempfile::tempdir().unwrap());
    let (panel, opened) = Panel::start_on_desktop(folder.path(), &lent.to_string());
    // Every user of the machine can read it.
    assert!(!opened.contains(panel.path.trim_matches('/')), "{opened} has the key");
    let path = opened.strip_prefix(&format!("http://127.0.0.1:{}", panel.port)).unwrap();
    let head = [format!("GET {path} HTTP/1.1"), panel.host()];
    assert_eq!(ask(panel.port, &[&head[0], "Host: evil.invalid"], "").status, 403);
    let first = ask(panel.port, &[&head[0], &head[1]], "");
    assert_eq!((first.status, first.header("location")), (307, Some(panel.path.as_str())));
    assert_eq!(ask(panel.port, &[&head[0], &head[1]], "").status, 403, "it works twice");
}

#[test]
fn every_property_is_a_control_in_the_elements_own_words() {
    let lent = Lent::green();
    let (panel, _folder) = panel(&lent);
    let listed = panel.get("api/controls").json();
    let listed: BTreeMap<_, _> = listed.as_array().unwrap().iter().map(|c| (c["name"].as_str().unwrap(), c)).collect();
    let settable = gst::glib::ParamFlags::READABLE | gst::glib::ParamFlags::WRITABLE;
    let mut playing = 0;
    for spec in element().list_properties().iter().filter(|spec| spec.flags().contains(settable)) {
        // The object's own; the model has a picker.
        if ["name", "parent", "model"].contains(&spec.name()) {
            continue;
        }
        let control = listed.get(spec.name()).unwrap_or_else(|| panic!("no control for {}", spec.name()));
        assert_eq!((control["nick"].as_str(), control["blurb"].as_str()), (Some(spec.nick()), spec.blurb()));
        assert_eq!(control["playing"], json!(spec.flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING)));
        playing += i32::from(control["playing"] == json!(true));
        if let Some(spec) = spec.downcast_ref::<gst::glib::ParamSpecFloat>() {
            let minimum = control["minimum"].as_f64().map(|minimum| minimum as f32);
            assert_eq!((minimum, control["kind"].as_str()), (Some(spec.minimum()), Some("number")));
        }
    }
    assert!(playing > 25, "{playing} controls");
}

#[test]
fn what_one_page_sets_another_sees_and_wrong_values_are_refused() {
    let lent = Lent::green();
    let (panel, folder) = panel(&lent);
    let (_look, mut one, mut other) = (panel.look(), panel.page(), panel.page());
    one.until("swapping", |state| state["state"] == "swapping");
    assert_eq!((one.state["subject"].as_str(), one.state["until"].as_str()), (Some("Nobody"), Some("2100-01-01")));
    panel.set("opacity", "0.25").unwrap();
    other.until("0.25", |state| state["values"]["opacity"] == "0.25");
    assert!(other.state["line"].as_str().unwrap().contains(" opacity=0.25"), "{}", other.state["line"]);

    let refused = |command: Value| panel.command(command).unwrap_err();
    let set = |property: &str, value: &str| json!({ "do": "set", "property": property, "value": value });
    assert!(refused(set("opacity", "2")).contains("'opacity', which takes a number from 0 to 1"));
    assert!(refused(set("opacity", "nan")).contains("'opacity'"));
    assert!(refused(set("color-transfer", "blue")).contains("soft-gain"));
    assert!(refused(set("select", "somebody")).contains("'select'"));
    assert!(refused(set("model", "/etc/passwd")).contains("no property 'model'"));
    assert!(refused(set("threads", "2")).contains("only while the camera is stopped"));
    assert!(refused(json!({ "do": "model", "path": "/etc/passwd" })).contains("none of the models"));
    assert!(refused(json!({ "do": "input", "id": "file:/etc/passwd" })).contains("none of the inputs"));
    assert!(refused(json!({ "do": "fly" })).contains("no command"));
    assert!(refused(json!({ "do": "load-preset", "name": "none" })).contains("no preset 'none'"));

    // A preset has what is set, and brings it back.
    panel.command(json!({ "do": "save-preset", "name": "pale" })).unwrap();
    assert!(refused(json!({ "do": "save-preset", "name": "pale" })).contains("already"));
    assert!(refused(json!({ "do": "save-preset", "name": "a b" })).contains("no name"));
    let file = std::fs::read_to_string(folder.path().join("config/standin/config.toml")).unwrap();
    assert!(file.contains("[preset.pale]") && !file.contains("label") && file.contains("\nopacity = 0.25\n"), "{file}");
    panel.command(json!({ "do": "reset", "property": "opacity" })).unwrap();
    other.until("the default", |state| state["values"]["opacity"] == "1" && state["presets"] == json!(["pale"]));
    panel.command(json!({ "do": "load-preset", "name": "pale" })).unwrap();
    other.until("the preset", |state| state["values"]["opacity"] == "0.25");
    panel.command(json!({ "do": "reset-all" })).unwrap();
    other.until("all defaults", |state| state["values"]["opacity"] == "1" && state["values"]["label"] == "corner");

    // What changes only while nothing flows.
    panel.command(json!({ "do": "stop" })).unwrap();
    panel.set("threads", "2").unwrap();
    one.until("2 threads", |state| state["values"]["threads"] == "2" && state["state"] == "stopped");
    panel.command(json!({ "do": "start" })).unwrap();
    one.until("started", |state| state["state"] != "stopped");
}

#[test]
fn a_call_begins_with_everybody_swapped_a_label_and_a_preset() {
    let (lent, folder) = (Lent::green(), tempfile::tempdir().unwrap());
    std::fs::create_dir_all(folder.path().join("config/standin")).unwrap();
    let presets = "[preset.pale]\nopacity = 0.25\nmorph = 0.5\n[preset.bare]\non-failure = 'pass'\n";
    std::fs::write(folder.path().join("config/standin/config.toml"), presets).unwrap();
    let values = |words: &[&str]| {
        let panel = Panel::start(folder.path(), &lent.to_string(), &[&["--port", "0"], words].concat());
        let mut page = panel.page();
        page.until("values", |state| state["values"].is_object());
        (page.state["values"].clone(), panel)
    };
    let (began, panel) = values(&[]);
    for (name, value) in [("select", "all"), ("label", "corner"), ("strangers", "conceal")] {
        assert_eq!(began[name], value);
        // That is what a reset brings back.
        panel
            .set(
                name,
                if name == "label" {
                    "off"
                } else if name == "select" {
                    "largest"
                } else {
                    "pass"
                },
            )
            .unwrap();
        panel.command(json!({ "do": "reset", "property": name })).unwrap();
        panel.page().until(name, |state| state["values"][name] == value);
    }
    assert!(panel.set("on-failure", "pass").unwrap_err().contains("taken from --set on the command line alone"));
    assert!(panel.set("on-failure", "3").is_err(), "its number");
    panel.set("on-failure", "blur").unwrap();
    drop(panel);
    let words = ["--preset", "pale", "--no-label", "--select", "largest", "--set", "morph=1"];
    let (began, _panel) = values(&words);
    let set = [("opacity", "0.25"), ("morph", "1"), ("label", "off"), ("select", "largest")];
    for (name, value) in set {
        assert_eq!(began[name], value, "{name}");
    }
    let refused = |preset: &str| {
        let words = [CLIP, "--model", &lent.to_string(), "--port", "0", "--preset", preset];
        Panel::refused(folder.path(), &words).1
    };
    assert!(refused("bare").contains("config.toml:5: on-failure=pass lets a bare face out"), "{}", refused("bare"));
    assert!(refused("none").contains("there are bare, pale"), "{}", refused("none"));
}

#[test]
fn the_preview_shows_both_faces_and_a_recording_only_the_swapped_one() {
    let lent = Lent::green();
    let (panel, folder) = panel(&lent);
    let after = picture_until(&panel, "after", |jpeg| green(jpeg).2 > 1000);
    let (width, height, _) = green(&after);
    assert_eq!((width, height), (640, 360));
    let before = picture_until(&panel, "before", |_| true);
    assert!(green(&before).2 < 50, "the bare picture is green");
    // The slider changes the picture.
    panel.set("opacity", "0").unwrap();
    picture_until(&panel, "after", |jpeg| green(jpeg).2 < 50);
    panel.set("opacity", "1").unwrap();
    picture_until(&panel, "after", |jpeg| green(jpeg).2 > 1000);

    let mut page = panel.page();
    panel.command(json!({ "do": "record" })).unwrap();
    page.until("recording", |state| state["doors"]["recording"]["open"] == json!(true));
    std::thread::sleep(Duration::from_secs(1));
    panel.command(json!({ "do": "end-record" })).unwrap();
    page.until("recorded", |state| state["doors"]["recording"].is_null());
    let files: Vec<_> = std::fs::read_dir(folder.path().join("recordings")).unwrap().flatten().collect();
    assert_eq!(files.len(), 1);
    assert!(files[0].metadata().unwrap().len() > 1000);

    // Nobody asks any more: the camera goes off, and no face is kept.
    page.until("idle", |state| state["state"] == "idle");
    panel.interrupt();
    assert_eq!(panel.end(), Some(0));
}

#[test]
fn models_of_the_folder_are_offered_with_their_consent() {
    let lent = Lent::green();
    let blue = Lent::paint([1.0, 0.0, 0.0]);
    let folder = lent.path.parent().unwrap();
    let second = folder.join("second.dfm");
    std::fs::copy(&blue.path, &second).unwrap();
    let record = blue.path.with_added_extension("consent.toml");
    let text = std::fs::read_to_string(record).unwrap().replace("Nobody", "Somebody");
    std::fs::write(second.with_added_extension("consent.toml"), text).unwrap();
    std::fs::copy(&blue.path, folder.join("third.dfm")).unwrap();
    let (panel, _folder) = panel(&lent);
    let mut page = panel.page();
    page.until("three models", |state| state["models"].as_array().is_some_and(|models| models.len() == 3));
    let models = page.state["models"].clone();
    assert_eq!((models[1]["subject"].as_str(), models[1]["fault"].as_str()), (Some("Somebody"), None));
    assert!(models[2]["fault"].as_str().unwrap().contains("consent"), "{models}");
    let refused = panel.command(json!({ "do": "model", "path": models[2]["path"] })).unwrap_err();
    assert!(refused.contains("consent"), "{refused}");
    picture_until(&panel, "after", |jpeg| green(jpeg).2 > 1000);
    panel.command(json!({ "do": "model", "path": models[1]["path"] })).unwrap();
    page.until("Somebody", |state| state["subject"] == "Somebody");
    picture_until(&panel, "after", |jpeg| green(jpeg).2 < 50);
}

#[test]
fn performers_have_pictures_and_a_model_each() {
    let (lent, blue, folder) = (Lent::green(), Lent::paint([1.0, 0.0, 0.0]), tempfile::tempdir().unwrap());
    let pictures = folder.path().join("pictures");
    std::fs::create_dir_all(pictures.join("ada")).unwrap();
    std::fs::write(pictures.join("ben.png"), "").unwrap();
    let model = lent.path.parent().unwrap().join("blue.dfm");
    std::fs::copy(&blue.path, &model).unwrap();
    std::fs::copy(blue.path.with_added_extension("consent.toml"), model.with_added_extension("consent.toml")).unwrap();
    let (given, pictures) = (pictures.join("ada").display().to_string(), pictures.display().to_string());
    let words = ["--port", "0", "--references", &pictures, "--set", &format!("performer-0::reference={given}")];
    let panel = Panel::start(folder.path(), &lent.to_string(), &words);
    let mut page = panel.page();
    page.until("two pictures and two models", |state| {
        let count = |what: &str| state[what].as_array().map_or(0, Vec::len);
        (count("references"), count("models"), count("performers")) == (2, 2, 1)
    });
    assert_eq!(page.state["performers"][0], json!({ "reference": given, "model": null }));
    assert_eq!(page.state["values"]["strangers"], "conceal");
    let paths: Vec<_> = (0..2).map(|place| page.state["references"][place]["path"].clone()).collect();
    assert_eq!(paths[0], json!(given));

    panel.set("performers", "2").unwrap();
    panel.command(json!({ "do": "performer-reference", "performer": 1, "path": paths[1] })).unwrap();
    let model = model.canonicalize().unwrap().display().to_string();
    panel.command(json!({ "do": "performer-model", "performer": 1, "path": model })).unwrap();
    page.until("a second performer", |state| {
        state["performers"][1] == json!({ "reference": paths[1], "model": model })
    });
    let line = page.state["line"].as_str().unwrap();
    let words = [&format!("performer-0::reference={given}"), &format!("performer-1::model={model}")];
    assert!(words.iter().all(|words| line.contains(*words)) && !line.contains("performer-1::opacity"), "{line}");
    panel.command(json!({ "do": "performer-model", "performer": 1, "path": null })).unwrap();
    page.until("the call's model", |state| state["performers"][1]["model"].is_null());

    let refused = |command: Value| panel.command(command).unwrap_err();
    let reference =
        |performer: u32, path: &str| json!({ "do": "performer-reference", "performer": performer, "path": path });
    assert!(refused(reference(0, "/etc")).contains("none of the pictures of performers"));
    assert!(refused(reference(7, &given)).contains("no performer 7"));
    assert!(
        refused(json!({ "do": "performer-model", "performer": 0, "path": "/etc/passwd" }))
            .contains("none of the models")
    );
    assert!(refused(json!({ "do": "performer-model", "performer": 7, "path": null })).contains("no performer 7"));
}

#[test]
fn the_line_is_one_that_gstreamer_takes() {
    let lent = Lent::green();
    let (panel, _folder) = panel(&lent);
    panel.set("select", "left-most").unwrap();
    let mut page = panel.page();
    page.until("the line", |state| state["line"].as_str().is_some_and(|line| line.contains("select=left-most")));
    let line = page.state["line"].as_str().unwrap();
    let shell = format!("set -- {line}; shift; for word; do printf '%s\\n' \"$word\"; done");
    let output = std::process::Command::new("sh").args(["-c", &shell]).output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    let words: Vec<_> = words.lines().filter(|word| *word != "-e").collect();
    element();
    let pipeline = gst::parse::launchv(&words).unwrap_or_else(|error| panic!("{error}: {line}"));
    let swap = pipeline.downcast::<gst::Pipeline>().unwrap().iterate_all_by_element_factory_name("faceswap");
    let swap = swap.into_iter().flatten().next().unwrap();
    assert_eq!(swap.property::<String>("select"), "left-most");
    assert_eq!(swap.property::<Option<String>>("model"), Some(lent.path.canonicalize().unwrap().display().to_string()));
}

#[test]
fn a_taken_port_and_a_second_panel_are_said() {
    let lent = Lent::green();
    let model = lent.to_string();
    let (first, folder) = panel(&lent);
    let port = first.port.to_string();
    let (code, said) = Panel::refused(folder.path(), &[CLIP, "--model", &model, "--port", &port]);
    assert_eq!(code, 1);
    assert!(said.contains("a panel runs already: open http://127.0.0.1:") && said.contains("--port 0"), "{said}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said) = Panel::refused(folder.path(), &[CLIP, "--model", &model, "--port", &port]);
    assert!(code == 1 && said.contains(&format!("port {port} is taken by another program; --port 0")), "{said}");
    let (_, said) = Panel::refused(folder.path(), &[CLIP, "--model", "/nowhere/a.dfm", "--port", "0"]);
    assert!(said.contains("/nowhere/a.dfm"), "{said}");
}

/// Figures for the results, with the demonstration's model. They are printed, not judged:
/// `cargo nextest run … --run-ignored only --no-capture -E 'binary(panel)'`.
#[test]
#[ignore = "it measures for a minute, and wants the machine to itself"]
#[allow(clippy::print_stdout, reason = "figures are printed")]
fn figures() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/ben.dfm");
    let folder = tempfile::tempdir().unwrap();
    for turn in ["first", "second", "third"] {
        let begun = Instant::now();
        let panel = Panel::start(folder.path(), model, &["--port", "0"]);
        let page = begun.elapsed();
        picture_until(&panel, "before", |_| true);
        let before = begun.elapsed();
        picture_until(&panel, "after", |_| true);
        println!(
            "{turn} start: page after {page:?}, preview before after {before:?}, after after {:?}",
            begun.elapsed()
        );
    }
    // A recording keeps it at work where no page is open.
    let panel = Panel::start(folder.path(), model, &["--port", "0"]);
    let weight: usize = ["", "style.css", "panel.js", "icon.svg"].iter().map(|file| panel.get(file).body.len()).sum();
    println!("page: {weight} bytes");
    panel.command(json!({ "do": "record" })).unwrap();
    let mut page = panel.page();
    page.until("swapping", |state| state["state"] == "swapping");
    drop(page);
    let seconds = 8;
    let spent = |what: &str| {
        std::thread::sleep(Duration::from_secs(3));
        let before = panel.ticks();
        std::thread::sleep(Duration::from_secs(seconds));
        println!("{what}: {:.1} % of a processor", (panel.ticks() - before) as f64 / seconds as f64);
    };
    for _ in 0..2 {
        spent("no page open");
        let Some(mut browser) = Browser::start() else { return };
        let tab = browser.open(&panel.address());
        browser.until(&tab, "document.documentElement?.dataset.after > 0");
        spent("one page open");
    }
    let panel = Panel::start(folder.path(), model, &["--port", "0"]);
    std::thread::sleep(Duration::from_secs(10));
    let before = panel.ticks();
    std::thread::sleep(Duration::from_secs(10));
    println!("idle: {} ticks of 10 ms in 10 s", panel.ticks() - before);
}

//! `standin webcam` from a camera in PipeWire to somebody who looks, with the daemons of a desktop but without one.
//!
//! The model paints faces green, so that a picture is told by its pixels: the card, a swapped face, a concealed one,
//! or a bare one, which must never be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;

use std::path::Path;
use std::time::Duration;

use call_support::camera::{self, Camera};
use call_support::desktop::Desktop;
use call_support::looker::{Looker, Picture, Seen};
use call_support::models::Lent;
use call_support::onnx;
use call_support::webcam::Webcam;
use standin_calls::call::{Call, Doors, Event, LoopbackChoice, Plan, Size, State};
use standin_calls::camera::Source;

const PATIENCE: Duration = Duration::from_secs(30);
const MOMENT: Duration = Duration::from_secs(2);

/// The program on the camera, with a model that paints green.
fn webcam(lent: &Lent, more: &[&str]) -> Webcam {
    let model = lent.path.display().to_string();
    let words = ["--camera", camera::NAME, "--model", &model, "--size", "640x360", "--set", "color-transfer=none"];
    Webcam::start(&[&words, more].concat())
}

fn swapped(seen: Seen) -> bool {
    matches!(seen, Seen::Swapped(_))
}

fn card(seen: Seen) -> bool {
    seen == Seen::Card
}

fn never_bare(picture: Picture) {
    assert!(!matches!(picture.seen, Seen::Bare(_)), "a bare face: {:?}", picture.seen);
}

/// Looks at so many swapped pictures, each of which the camera has shown, and later than the one before.
fn swapped_in_order(looker: &Looker, camera: &Camera, count: usize) {
    let (mut last, mut seen) = (None, 0);
    while seen < count {
        let picture = looker.next(PATIENCE).expect("pictures go on");
        never_bare(picture);
        if let Seen::Swapped(number) = picture.seen {
            let step = last.map_or(1, |last: u64| (number + call_support::NUMBERS - last) % call_support::NUMBERS);
            assert!((1..100).contains(&step), "{number} comes after {last:?}");
            assert!(camera.sent(number).is_some_and(|sent| sent < picture.at), "{number} was seen before it was shown");
            (last, seen) = (Some(number), seen + 1);
        }
    }
}

#[test]
fn the_camera_is_swapped_in_order_and_never_bare() {
    let Some(_desktop) = Desktop::start() else { return };
    let (lent, camera) = (Lent::green(), Camera::start());
    // What tells a bare face does tell one.
    let bare = Looker::at("workbench").until(PATIENCE, |seen| matches!(seen, Seen::Bare(_)), |_| {});
    assert!(bare.is_some(), "the camera's own picture is not taken for a bare face");

    let webcam = webcam(&lent, &[]);
    let looker = Looker::at(&webcam.node());
    let first = looker.until(PATIENCE, swapped, never_bare);
    assert!(first.is_some(), "no face is swapped:\n{}", webcam.text());
    swapped_in_order(&looker, &camera, 60);
    assert!(camera.last() > 60);
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
}

#[test]
fn a_mirrored_picture_is_right_in_a_mirror() {
    let Some(_desktop) = Desktop::start() else { return };
    let (lent, camera) = (Lent::green(), Camera::start());
    // The counter comes where the label would be.
    let webcam = webcam(&lent, &["--mirror", "--no-label"]);
    let looker = Looker::at(&webcam.node()).in_a_mirror();
    assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "no face is swapped:\n{}", webcam.text());
    swapped_in_order(&looker, &camera, 20);
}

#[test]
fn a_call_outlives_its_model_file_and_waits_for_it_when_it_needs_it_again() {
    let Some(desktop) = Desktop::start() else { return };
    let (lent, camera) = (Lent::green(), Camera::start());
    let webcam = webcam(&lent, &[]);
    let looker = Looker::at(&webcam.node());
    assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "no face is swapped:\n{}", webcam.text());
    let line = webcam.wait_for("swapping", 0);
    let aside = |file: &Path| desktop.path().join(file.file_name().unwrap());
    let (model, record) = (lent.path.clone(), lent.path.with_added_extension("consent.toml"));
    for file in [&model, &record] {
        std::fs::copy(file, aside(file)).unwrap();
        std::fs::remove_file(file).unwrap();
    }
    swapped_in_order(&looker, &camera, 30);

    // The input fails, and is opened again.
    drop(camera);
    assert!(looker.until(PATIENCE, card, never_bare).is_some(), "{}", webcam.text());
    let line = webcam.wait_for("waiting   no camera is called", line);
    let _camera = Camera::start();
    let missing = format!("{}: there is no such file; give the path of a .dfm model, or put it there", model.display());
    let line = webcam.wait_for(&format!("waiting   {missing}"), line);
    assert!(looker.until(PATIENCE, card, never_bare).is_some(), "{}", webcam.text());
    std::fs::copy(aside(&model), &model).unwrap();
    let line = webcam.wait_for(&format!("waiting   {} has no consent record", model.display()), line);
    assert!(webcam.text().contains("; write one with `standin consent new "), "{}", webcam.text());
    assert!(looker.until(PATIENCE, card, never_bare).is_some(), "{}", webcam.text());
    std::fs::copy(aside(&record), &record).unwrap();
    assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "it does not go on:\n{}", webcam.text());
    webcam.wait_for("swapping", line);
}

#[test]
fn a_call_tells_its_camera_in_words_that_read_it() {
    let Some(_desktop) = Desktop::start() else { return };
    let lent = Lent::green();
    let plan = Plan {
        source: Source::Camera("workbench cam".to_owned()),
        model: lent.path.clone(),
        properties: Vec::new(),
        size: Size { width: 640, height: 360, rate: 15 },
        mirror: false,
        name: String::new(),
        doors: Doors { pipewire: false, loopback: LoopbackChoice::Off, preview: false, record: None, audio: false },
    };
    let mut call = Call::new(plan).unwrap();
    assert!(call.camera().is_none(), "there is none yet");
    let (_camera, _look, events) = (Camera::start(), call.look(), call.events());
    call.start().unwrap();
    while !matches!(events.recv_timeout(PATIENCE).expect("it goes on"), Event::State(State::Swapping)) {}
    let words = call.camera().expect("it was found").words();
    assert_eq!(words[..2], ["pipewiresrc", "target-object=workbench"]);
    let looker = Looker::through(&words.join(" "));
    assert!(looker.until(PATIENCE, |seen| matches!(seen, Seen::Bare(_)), |_| {}).is_some(), "{words:?} reads nothing");
    call.stop().unwrap();
}

#[test]
fn the_card_stands_in_for_a_camera_that_is_pulled_and_goes_when_it_is_back() {
    let Some(_desktop) = Desktop::start() else { return };
    let lent = Lent::green();
    let webcam = webcam(&lent, &[]);
    let looker = Looker::at(&webcam.node());
    // There is none yet.
    assert!(looker.until(PATIENCE, card, never_bare).is_some(), "no card:\n{}", webcam.text());
    let line = webcam.wait_for("waiting", 0);

    let camera = Camera::start();
    assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "it does not connect:\n{}", webcam.text());
    let line = webcam.wait_for("swapping", line);

    drop(camera);
    assert!(
        looker.until(PATIENCE, card, never_bare).is_some(),
        "no card for a camera that is gone:\n{}",
        webcam.text()
    );
    let line = webcam.wait_for("waiting", line);

    let _camera = Camera::start();
    assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "it does not reconnect:\n{}", webcam.text());
    webcam.wait_for("swapping", line);
}

#[test]
fn it_idles_while_nobody_looks_and_wakes_for_who_comes() {
    let Some(_desktop) = Desktop::start() else { return };
    let (lent, _camera) = (Lent::green(), Camera::start());
    let webcam = webcam(&lent, &[]);
    let node = webcam.node();
    let mut line = webcam.wait_for("idle", 0);
    for _ in 0..2 {
        let looker = Looker::at(&node);
        let first = looker.next(PATIENCE).expect("something is shown at once");
        assert_eq!(first.seen, Seen::Card);
        assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "it does not wake:\n{}", webcam.text());
        drop(looker);
        line = webcam.wait_for("idle", line);
    }
    let spent = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", webcam.id())).unwrap();
        let fields: Vec<u64> =
            stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2).map(|n| n.parse().unwrap()).collect();
        fields.iter().sum::<u64>()
    };
    std::thread::sleep(Duration::from_secs(1));
    let before = spent();
    std::thread::sleep(Duration::from_secs(3));
    // Ticks of 10 ms: a call that works spends hundreds.
    assert!(spent() - before <= 3, "{} ticks in three idle seconds", spent() - before);
}

#[test]
fn one_that_keeps_all_buffers_gives_the_camera_back_when_it_goes() {
    let Some(_desktop) = Desktop::start() else { return };
    let (lent, _camera) = (Lent::green(), Camera::start());
    let webcam = webcam(&lent, &[]);
    let node = webcam.node();
    let keeper = Looker::keeping_all(&node);
    webcam.wait_for("swapping", webcam.wait_for("starting", 0));
    // Longer than the node's buffers last.
    std::thread::sleep(2 * MOMENT);
    drop(keeper);
    let looker = Looker::at(&node);
    assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "{}", webcam.text());
    for _ in 0..30 {
        looker.next(PATIENCE).expect("pictures go on");
    }
}

#[test]
fn two_calls_have_one_camera_and_a_node_each() {
    let Some(_desktop) = Desktop::start() else { return };
    let (lent, _camera) = (Lent::green(), Camera::start());
    let first = webcam(&lent, &[]);
    let first_node = first.node();
    let second = webcam(&lent, &["--name", "Another"]);
    let second_node = second.node();
    assert_ne!(first_node, second_node);
    let (a, b) = (Looker::at(&first_node), Looker::at(&second_node));
    assert!(a.until(PATIENCE, swapped, never_bare).is_some(), "{}", first.text());
    assert!(b.until(PATIENCE, swapped, never_bare).is_some(), "{}", second.text());
}

#[test]
fn pipewire_that_ends_is_said_and_its_camera_comes_back_with_it() {
    let Some(mut desktop) = Desktop::start() else { return };
    let lent = Lent::green();
    let model = lent.path.display().to_string();
    let webcam = Webcam::start(&["test", "--model", &model, "--size", "640x360"]);
    webcam.node();
    desktop.stop_pipewire();
    let line = webcam.wait_for("pipewire  PipeWire does not answer", 0);
    assert!(webcam.text().contains("; mend: "), "{}", webcam.text());
    desktop.start_pipewire();
    webcam.wait_for("pipewire  node", line);
    let looker = Looker::at("standin");
    assert!(looker.next(PATIENCE).is_some(), "nothing is shown:\n{}", webcam.text());
}

#[test]
fn an_input_that_ends_or_is_not_there_is_waited_for() {
    let Some(desktop) = Desktop::start() else { return };
    let lent = Lent::green();
    let model = lent.path.display().to_string();
    let clip = desktop.path().join("clip.mp4");
    let words = [clip.to_str().unwrap(), "--model", &model, "--size", "640x360", "--set", "color-transfer=none"];
    let webcam = Webcam::start(&words);
    let looker = Looker::at(&webcam.node());
    assert!(looker.until(PATIENCE, card, never_bare).is_some());
    let line = webcam.wait_for("waiting   there is no file", 0);
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/media/ada.mp4"), &clip).unwrap();
    assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "{}", webcam.text());
    webcam.wait_for("swapping", line);
    webcam.interrupt();
    webcam.interrupt();
    let code = webcam.end();
    assert!(matches!(code, Some(0 | 130)), "{code:?}");

    let ends = format!("gst:filesrc location={} ! decodebin ! clocksync ! identity eos-after=45", clip.display());
    let webcam = Webcam::start(&[&[ends.as_str()], &words[1..]].concat());
    let looker = Looker::at(&webcam.node());
    let mut line = 0;
    for _ in 0..2 {
        assert!(looker.until(PATIENCE, swapped, never_bare).is_some(), "{}", webcam.text());
        line = webcam.wait_for("waiting", webcam.wait_for("swapping", line));
        assert!(looker.until(PATIENCE, card, never_bare).is_some(), "{}", webcam.text());
    }
    assert!(looker.next(MOMENT).is_some());
}

#[test]
fn a_sound_server_that_is_deaf_holds_up_nothing() {
    let Some(desktop) = Desktop::start() else { return };
    let (lent, _camera) = (Lent::green(), Camera::start());
    // It takes connections and says nothing.
    let socket = desktop.path().join("deaf");
    let _deaf = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let server = format!("unix:{}", socket.display());
    let (model, file) = (lent.path.display().to_string(), desktop.path().join("call.mkv"));
    let words = ["--camera", camera::NAME, "--model", &model, "--size", "640x360", "--audio", "--preview", "--mirror"];
    let more = ["--loopback", "/dev/video9", "--record", file.to_str().unwrap()];
    let environment = [("PULSE_SERVER", server.as_str()), ("DISPLAY", ""), ("WAYLAND_DISPLAY", "")];
    let webcam = Webcam::start_in(&environment, &[&words[..], &more].concat());
    webcam.wait_for("pipewire  node", 0);
    webcam.wait_for("loopback  /dev/video9 is no v4l2loopback device: there is no such file; ", 0);
    webcam.wait_for("preview   the preview cannot be shown", 0);
    webcam.wait_for("sound     the microphone: it does not answer", webcam.wait_for("swapping", 0));
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
    assert!(std::fs::metadata(file).unwrap().len() > 10_000, "nothing is recorded");
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let lent = Lent::green();
    // Stopping waits for an input that does not let go.
    let input = "gst:videotestsrc is-live=true ! identity sleep-time=60000000";
    let words = [input, "--model", lent.path.to_str().unwrap(), "--size", "640x360", "--no-pipewire"];
    let webcam = Webcam::start(&words);
    webcam.wait_for("starting", 0);
    std::thread::sleep(MOMENT);
    webcam.interrupt();
    std::thread::sleep(MOMENT);
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(130));
}

#[test]
fn what_is_wrong_with_the_words_is_said_with_its_mend() {
    let lent = Lent::green();
    let (model, bare) = (lent.path.display().to_string(), Lent::without_consent(&onnx::SwapModel::plain()));
    let bare = bare.path.display().to_string();
    let table: [(&[&str], &str); 4] = [
        (&["--model", "/nowhere/ben.dfm"], "/nowhere/ben.dfm"),
        (&["--model", &bare], "standin consent new"),
        (&["--model", &model, "--set", "opacity=2"], "'opacity', which takes a number from 0 to 1"),
        (&["--model", &model, "--set", "opaque=1"], "no property 'opaque'; it has "),
    ];
    for (words, expected) in table {
        let webcam = Webcam::start(words);
        webcam.wait_for("standin: ", 0);
        let text = webcam.text();
        assert!(text.contains(expected), "no {expected} in {text}");
        assert_eq!(webcam.end(), Some(1));
    }
}

/// Figures for the results, with the demonstration's model. They are printed, not judged:
/// `cargo nextest run … --run-ignored only --no-capture -E 'test(figures)'`.
#[test]
#[ignore = "it measures for minutes, and wants the machine to itself"]
#[allow(clippy::print_stdout, reason = "figures are printed")]
fn figures() {
    let Some(_desktop) = Desktop::start() else { return };
    let camera = Camera::start();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/ben.dfm");
    let words = ["--camera", camera::NAME, "--model", model, "--size", "640x360"];
    let shown = |seen: Seen| !card(seen);
    for turn in ["first", "second", "third"] {
        let begun = std::time::Instant::now();
        let webcam = Webcam::start(&words);
        let looker = Looker::at(&webcam.node());
        let there = begun.elapsed();
        let first = looker.until(PATIENCE, shown, |_| {}).expect("a picture");
        println!("{turn} start: node after {there:?}, swapped picture seen after {:?}", first.at - begun);
    }
    let age = |looker: &Looker, length: f64| {
        let (begun, mut ages) = (std::time::Instant::now(), Vec::new());
        while begun.elapsed().as_secs_f64() < length {
            let picture = looker.next(PATIENCE).expect("pictures go on");
            if let Seen::Swapped(number) | Seen::Concealed(number) | Seen::Bare(number) = picture.seen {
                ages.push((picture.at - camera.sent(number).expect("a picture that was shown")).as_secs_f64() * 1e3);
            }
        }
        ages.sort_by(f64::total_cmp);
        (ages[ages.len() / 2], ages[ages.len() * 99 / 100])
    };
    println!("the camera's own picture at a consumer: median and p99 {:.1?} ms", age(&Looker::at("workbench"), 10.0));
    let webcam = Webcam::start(&[&["-v"], &words[..]].concat());
    let node = webcam.node();
    let line = webcam.wait_for("idle", 0);
    let process = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", webcam.id())).unwrap();
    let ticks = || {
        let stat = process("stat");
        stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum::<u64>()
    };
    let resident = || {
        let status = process("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    };
    let before = ticks();
    std::thread::sleep(Duration::from_secs(10));
    println!("idle: {} ticks of 10 ms in 10 s, {:.0} MiB resident", ticks() - before, resident());

    let begun = std::time::Instant::now();
    let looker = Looker::at(&node);
    let first = looker.until(PATIENCE, shown, |_| {}).expect("a picture");
    println!("from idle: swapped picture seen after {:?}", first.at - begun);
    webcam.wait_for("swapping", line);
    let (mut ages, mut sizes, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    let (begun, before) = (std::time::Instant::now(), ticks());
    let length = std::env::var("SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120.0);
    while begun.elapsed().as_secs_f64() < length {
        let picture = looker.next(PATIENCE).expect("pictures go on");
        if let Seen::Swapped(number) | Seen::Concealed(number) | Seen::Bare(number) = picture.seen {
            let sent = camera.sent(number).expect("a picture that was shown");
            ages.push((picture.at - sent).as_secs_f64() * 1e3);
            numbers.push(number);
        }
        if sizes.len() < (begun.elapsed().as_secs_f64() / 5.0) as usize {
            sizes.push((begun.elapsed().as_secs_f64() / 60.0, resident()));
        }
    }
    let spent = (ticks() - before) as f64 / length;
    ages.sort_by(f64::total_cmp);
    let lost: u64 =
        numbers.windows(2).map(|pair| (pair[1] + call_support::NUMBERS - pair[0]) % call_support::NUMBERS - 1).sum();
    println!(
        "{} pictures, {lost} of the camera's left out; latency median {:.1} ms, p99 {:.1} ms; {spent:.0} % of a processor",
        ages.len(),
        ages[ages.len() / 2],
        ages[ages.len() * 99 / 100],
    );
    let half = &sizes[sizes.len() / 4..];
    let (x, y) = (half.iter().map(|s| s.0).sum::<f64>(), half.iter().map(|s| s.1).sum::<f64>());
    let n = half.len() as f64;
    let (sxy, sxx) = half.iter().fold((0.0, 0.0), |(a, b), s| (a + s.0 * s.1, b + s.0 * s.0));
    let said = webcam.text().lines().filter(|line| line.contains("ms late")).map(str::to_owned).collect::<Vec<_>>();
    println!("what it says of its latency: {said:#?}");
    println!("resident: {:.1} MiB, slope {:.2} MiB a minute", y / n, (n * sxy - x * y) / (n * sxx - x * x));
}

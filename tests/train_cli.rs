//! The command `standin-train train` on small face sets, and what it says to bad ones.
#![cfg(feature = "train")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that fails may stop"
)]

mod common;
mod face_sets;

use std::path::Path;
use std::process::{Command, Output};

use face_sets::{header, picture, record, round, write_set};
use standin::train::faceset::{FaceSetHeader, Performance, Writer};

/// Runs `standin-train train` with these words behind it.
fn train(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin-train"));
    command.current_dir(folder).arg("train").args(words).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// A folder with two small face sets, `a` and `b`.
fn facesets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_set(&folder.path().join("a"), &header(), 12, 40, 0.6);
    write_set(&folder.path().join("b"), &header(), 12, 200, 0.6);
    folder
}

const SMALL: [&str; 16] = [
    "--a",
    "a",
    "--b",
    "b",
    "--resolution",
    "32",
    "--ae-dims",
    "16",
    "--e-dims",
    "4",
    "--d-dims",
    "4",
    "--batch",
    "2",
    "--device",
    "cpu",
];

#[test]
fn a_run_begins_stops_and_goes_on() {
    let folder = facesets();
    let begun = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "6"]].concat());
    assert!(begun.status.success(), "{}", text(&begun));
    assert!(text(&begun).contains("memory: about"), "{}", text(&begun));
    let run = folder.path().join("run");
    for file in ["run.toml", "checkpoints/step-00000006.safetensors", "previews/step-00000006.png"] {
        assert!(run.join(file).exists(), "{file} is missing");
    }
    let further = train(folder.path(), &["-o", "run", "--steps", "12", "--device", "cpu"]);
    assert!(further.status.success(), "{}", text(&further));
    assert!(text(&further).contains("going on after step 6"), "{}", text(&further));
    assert!(run.join("checkpoints/step-00000012.safetensors").exists());
    let done = train(folder.path(), &["-o", "run", "--steps", "12", "--device", "cpu"]);
    assert!(done.status.success() && text(&done).contains("the goal is reached, with 12 steps"), "{}", text(&done));

    let mut export = Command::new(env!("CARGO_BIN_EXE_standin-train"));
    let exported = export.current_dir(folder.path()).args(["export", "run", "-o", "m.dfm"]).output().unwrap();
    assert!(exported.status.success(), "{}", text(&exported));
    let model = standin::swap::ModelFile::open(folder.path().join("m.dfm")).unwrap();
    assert_eq!(model.resolution(), 32);
    let recipe = std::fs::read_to_string(run.join("run.toml")).unwrap();
    let hash = standin::train::faceset::FaceSet::open(&folder.path().join("a")).unwrap().content_hash();
    assert!(recipe.contains(&hash), "{recipe}");
    let bytes = String::from_utf8_lossy(model.bytes()).into_owned();
    assert!(bytes.contains(&hash) && bytes.contains("whole-face"), "the file does not say what it comes from");
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_ends_and_minutes_end_too() {
    let folder = facesets();
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin-train"));
    command.current_dir(folder.path()).arg("train").args(SMALL).args(["-o", "run", "--steps", "1000000"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let run = folder.path().join("run");
    // However long that takes here: a step is done.
    while std::fs::read(run.join("metrics.jsonl")).map_or(true, |lines| lines.is_empty()) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before its first step");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && text(&output).contains("saved in run"), "{}", text(&output));
    let newest = standin::train::session::Checkpoint::list(&run.join("checkpoints")).remove(0);
    assert!(!newest.ends_with("step-00000000.safetensors"), "{}", newest.display());

    let timed = train(folder.path(), &[&SMALL[..], &["-o", "timed", "--minutes", "0.01"]].concat());
    assert!(timed.status.success() && text(&timed).contains("saved in timed"), "{}", text(&timed));
}

/// The last steps, in which nothing is warped any more, included.
#[test]
fn a_run_that_is_gone_on_with_makes_the_same_model() {
    let folder = facesets();
    let words = [&SMALL[..], &["-o", "run", "--save-every", "4", "--keep", "9", "--steps", "12"]].concat();
    let weights = || {
        let run = standin::train::session::Run::open(&folder.path().join("run")).unwrap();
        let (weights, step, _) = run.trained(&burn::tensor::Device::flex()).unwrap();
        assert_eq!(step, 12);
        weights.0.iter().flat_map(standin::train::weights::Parameter::to_vec).collect::<Vec<f32>>()
    };
    assert!(train(folder.path(), &words).status.success());
    let at_once = weights();
    for step in [8, 12] {
        std::fs::remove_file(folder.path().join(format!("run/checkpoints/step-{step:08}.safetensors"))).unwrap();
    }
    let further = train(folder.path(), &["-o", "run", "--device", "cpu"]);
    assert!(further.status.success() && text(&further).contains("going on after step 4"), "{}", text(&further));
    assert!(at_once == weights(), "the weights differ");
}

#[test]
fn checkpoints_without_their_run_are_left_alone() {
    let folder = facesets();
    let begun = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "1"]].concat());
    assert!(begun.status.success(), "{}", text(&begun));
    let run = folder.path().join("run");
    std::fs::remove_file(run.join("run.toml")).unwrap();
    let again = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "2"]].concat());
    assert!(again.status.code() == Some(1) && text(&again).contains("without its run.toml"), "{}", text(&again));
    assert!(run.join("checkpoints/step-00000001.safetensors").exists());
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_set_aside_and_does_not_count() {
    let folder = facesets();
    let words = [&SMALL[..], &["-o", "run", "--save-every", "2", "--keep", "2", "--steps", "4"]].concat();
    let begun = train(folder.path(), &words);
    assert!(begun.status.success(), "{}", text(&begun));
    let checkpoints = folder.path().join("run/checkpoints");
    std::fs::write(checkpoints.join("step-00000004.safetensors"), "torn").unwrap();
    let further = train(folder.path(), &["-o", "run", "--keep", "1", "--steps", "6", "--device", "cpu"]);
    assert!(further.status.success() && text(&further).contains("going on after step 2"), "{}", text(&further));
    let mut left: Vec<_> = std::fs::read_dir(&checkpoints).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["step-00000004.safetensors.unreadable", "step-00000006.safetensors"]);
}

#[test]
fn what_cannot_be_trained_is_said() {
    let folder = facesets();
    write_set(&folder.path().join("few"), &header(), 3, 90, 0.6);
    let other = FaceSetHeader { face_type: "head".to_owned(), coverage: 2.98, ..header() };
    write_set(&folder.path().join("head"), &other, 12, 90, 0.6);
    for (words, said) in [
        (&["-o", "x"][..], "give --b FACESET"),
        (&["-o", "x", "--a", "a", "--b", "nowhere"], "nowhere"),
        (&["-o", "x", "--a", "few", "--b", "b"], "8 or more"),
        (&["-o", "x", "--b", "b", "--from", "none"], "name one with --a"),
        (&["-o", "x", "--b", "b", "--from", "base"], "extract with --face-type full"),
        (&["-o", "x", "--b", "b", "--from", "nowhere.safetensors"], "nowhere.safetensors"),
        (&["-o", "x", "--troupe", "b"], "--performances N"),
        (&["-o", "x", "--a", "a", "--b", "head"], "head"),
        (&["-o", "x", "--a", "a", "--b", "b", "--model", "saehd"], "liae-ud"),
        (&["-o", "x", "--a", "a", "--b", "b", "--resolution", "100"], "take 96 or 128"),
        (&["-o", "x", "--a", "a", "--b", "b", "--rate=-1"], "schedule.rate must be above 0"),
        (&["-o", "x", "--a", "a", "--b", "b", "--minutes=nan"], "goal.minutes must be above 0"),
        (
            &["-o", "x", "--a", "a", "--b", "b", "--model", "df", "--d-mask-dims", "0"],
            "--d-mask-dims 0: take 2 to 4096",
        ),
        (&["-o", "x", "--a", "a", "--b", "b", "--resolution", "2048"], "live takes 32 to 1024"),
    ] {
        let output = train(folder.path(), words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {}", text(&output));
        assert!(text(&output).contains(said), "{words:?} should say '{said}': {}", text(&output));
        assert!(!folder.path().join("x").exists(), "{words:?} left a run behind");
    }
}

#[test]
fn a_run_of_something_else_is_not_gone_on_with() {
    let folder = facesets();
    let begun = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "1"]].concat());
    assert!(begun.status.success(), "{}", text(&begun));
    for (words, said) in [
        (&["-o", "run", "--model", "df"][..], "model = live, but df"),
        (&["-o", "run", "--resolution", "64"], "resolution = 32, but 64"),
        (&["-o", "run", "--seed", "5"], "seed = 1, but 5"),
        (&["-o", "run", "--batch", "4"], "batch = 2, but 4"),
        (&["-o", "run", "--replay", "0.5"], "replay = 0, but 0.5"),
        (&["-o", "run", "--adabelief"], "begun without --adabelief"),
        (&["-o", "run", "--from", "base"], "base = none, but base (SHA-256"),
    ] {
        let output = train(folder.path(), words);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(text(&output).contains(said), "{words:?}: {}", text(&output));
    }
    // Moved, they are the same.
    std::fs::rename(folder.path().join("a"), folder.path().join("elsewhere")).unwrap();
    let lost = train(folder.path(), &["-o", "run", "--steps", "2", "--device", "cpu"]);
    assert!(text(&lost).contains("give --a, --b and --troupe again"), "{}", text(&lost));
    let found = train(folder.path(), &["-o", "run", "--a", "elsewhere", "--steps", "2", "--device", "cpu"]);
    assert!(found.status.success(), "{}", text(&found));
    let swapped = train(folder.path(), &["-o", "run", "--a", "b", "--steps", "3"]);
    assert!(text(&swapped).contains("or is another one"), "{}", text(&swapped));

    write_set(&folder.path().join("c"), &header(), 12, 90, 0.6);
    std::fs::remove_dir_all(folder.path().join("b")).unwrap();
    std::fs::rename(folder.path().join("c"), folder.path().join("b")).unwrap();
    let output = train(folder.path(), &["-o", "run"]);
    assert!(text(&output).contains("a face set has changed"), "{}", text(&output));
}

/// A face set of three people who perform the same eight frames.
fn troupe(folder: &Path) {
    let mut writer = Writer::create(folder, &header()).unwrap();
    for n in 0..24 {
        let mut face = record(n, 0.0, 0.6);
        let (person, frame) = (n as u32 / 8, n as u32 % 8);
        face.performance = Some(Performance { person, frame: Some(frame), sex: None });
        writer.append(&mut face, &picture(48, 80 * person as u8, 30 * frame as u8), &round(48)).unwrap();
    }
}

/// Runs `standin-train export` with these words behind it.
fn export(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin-train"));
    command.current_dir(folder).arg("export").args(words).output().unwrap()
}

#[test]
fn a_troupe_makes_a_base_and_a_model_starts_from_it() {
    let folder = facesets();
    let folder = folder.path();
    troupe(&folder.join("troupe"));
    let small = |words: &[&str]| train(folder, &[words, &SMALL[4..]].concat());
    let made = small(&["--troupe", "troupe", "-o", "base", "--steps", "2"]);
    assert!(made.status.success(), "{}", text(&made));
    assert!(text(&made).contains("next: standin-train export base -o BASE.safetensors"), "{}", text(&made));
    assert!(!text(&made).contains("side A"), "nothing is said of a side that is not there: {}", text(&made));
    for (words, said) in [
        (&["base", "-o", "base.dfm"][..], "give -o BASE.safetensors instead of base.dfm"),
        (&["base", "-o", "base.safetensors", "--name", "x"], "leave out --name"),
        (&["base", "-o", "base.safetensors", "--precision", "fp16"], "leave out --precision"),
        (&["base", "-o", "base.safetensors", "--subject", "Ada"], "leave out --subject"),
    ] {
        let refused = export(folder, words);
        assert_eq!(refused.status.code(), Some(1), "{words:?}: {}", text(&refused));
        assert!(text(&refused).contains(said), "{words:?}: {}", text(&refused));
    }
    let exported = export(folder, &["base", "-o", "base.safetensors"]);
    assert!(exported.status.success(), "{}", text(&exported));
    assert!(text(&exported).contains("a base of 3 people after 2 steps"), "{}", text(&exported));

    let from = ["--from", "base.safetensors", "--b", "b"];
    let other = small(&[&from[..], &["-o", "other", "--d-mask-dims", "4"]].concat());
    assert!(other.status.code() == Some(1) && text(&other).contains("give --d-mask-dims 0"), "{}", text(&other));
    let begun = small(&[&from[..], &["-o", "model", "--steps", "2"]].concat());
    assert!(begun.status.success() && text(&begun).contains("step 2 saved"), "{}", text(&begun));
    assert!(!text(&begun).contains("side A"), "{}", text(&begun));
    let same = train(folder, &["-o", "model", "--from", "base.safetensors", "--device", "cpu"]);
    assert!(same.status.success() && text(&same).contains("the goal is reached"), "{}", text(&same));
    let none = train(folder, &["-o", "model", "--from", "none"]);
    let expected = "base.safetensors (SHA-256";
    assert!(none.status.code() == Some(1) && text(&none).contains(expected), "{}", text(&none));
    assert!(text(&none).contains("but none was asked for"), "{}", text(&none));

    let beside = ["--from", "base.safetensors", "--b", "b", "--troupe", "troupe"];
    let begun = small(&[&beside[..], &["-o", "beside", "--steps", "1"]].concat());
    assert!(begun.status.success() && text(&begun).contains("-o MODEL.dfm"), "{}", text(&begun));
    assert!(text(&begun).contains("3 people begin as the base knows them"), "{}", text(&begun));
    std::fs::rename(folder.join("troupe"), folder.join("moved")).unwrap();
    let further = train(folder, &["-o", "beside", "--troupe", "moved", "--steps", "2", "--device", "cpu"]);
    assert!(further.status.success() && text(&further).contains("step 2 saved"), "{}", text(&further));
    for (words, said) in [
        (&["-o", "beside", "--a", "a"][..], "begun without --a"),
        (&["-o", "model", "--troupe", "moved"], "begun without --troupe"),
        (&["-o", "base", "--troupe", "moved", "--b", "b"], "begun without --b"),
        (&["-o", "new", "--troupe", "moved", "--b", "b", "--model", "df", "--from", "none"], "takes live"),
        (&["-o", "new", "--troupe", "moved", "--b", "b", "--code", "0.2", "--from", "none"], "losses.code"),
        (&["-o", "new", "--troupe", "a", "--b", "b", "--from", "none"], "--performances N"),
    ] {
        let refused = train(folder, words);
        assert_eq!(refused.status.code(), Some(1), "{words:?}: {}", text(&refused));
        assert!(text(&refused).contains(said), "{words:?} should say '{said}': {}", text(&refused));
    }
    let exported = export(folder, &["beside", "-o", "beside.dfm"]);
    assert!(exported.status.success() && text(&exported).contains("wrote beside.dfm"), "{}", text(&exported));

    // Nothing but the base says how the run began.
    std::fs::remove_dir_all(folder.join("model/checkpoints")).unwrap();
    let mut bytes = std::fs::read(folder.join("base.safetensors")).unwrap();
    let lowest = bytes.len() - 2;
    bytes[lowest] ^= 1;
    std::fs::write(folder.join("base.safetensors"), bytes).unwrap();
    let changed = train(folder, &["-o", "model", "--steps", "4", "--device", "cpu"]);
    assert!(changed.status.code() == Some(1) && text(&changed).contains("it has SHA-256"), "{}", text(&changed));
    assert!(text(&changed).contains("but the run began with"), "{}", text(&changed));
}

#[test]
fn without_a_base_that_fits_a_driver_is_trained_on_and_that_is_said() {
    let folder = facesets();
    let output = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "1"]].concat());
    assert!(output.status.success(), "{}", text(&output));
    let said =
        "without a base, which takes far longer: the base is for face type full, but this training has whole-face";
    assert!(text(&output).contains(said), "{}", text(&output));
    let chosen = train(folder.path(), &[&SMALL[..], &["-o", "other", "--steps", "1", "--from", "none"]].concat());
    assert!(chosen.status.success() && !text(&chosen).contains("without a base"), "{}", text(&chosen));
}

#[test]
fn two_sides_of_one_person_are_warned_of() {
    let folder = facesets();
    let words = [&["--a", "a", "--b", "a"], &SMALL[4..], &["-o", "run", "--steps", "1"]].concat();
    let output = train(folder.path(), &words);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("is it the same person twice?"), "{}", text(&output));
}

#[test]
fn one_person_in_two_clips_is_warned_of_and_two_people_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let set = |clip: &str, name: &str| face_sets::extract(clip, &folder.path().join(name), 10, 9);
    let sets = [("ada_train.mp4", "a"), ("ada_eval.mp4", "again"), ("ben_eval.mp4", "b")];
    if !sets.into_iter().all(|(clip, name)| set(clip, name).is_some()) {
        return;
    }
    for (b, warned, run) in [("again", true, "one"), ("b", false, "two")] {
        let words = [&["--a", "a", "--b", b], &SMALL[4..], &["-o", run, "--steps", "1"]].concat();
        let output = train(folder.path(), &words);
        assert!(output.status.success(), "{}", text(&output));
        assert_eq!(text(&output).contains("look like side B's person"), warned, "{b}: {}", text(&output));
    }
}

#[test]
fn a_runs_reconstruction_is_measured() {
    let folder = facesets();
    let begun = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "2"]].concat());
    assert!(begun.status.success(), "{}", text(&begun));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin-train"));
    command.current_dir(folder.path()).arg("eval").arg(root.join("models/ben.dfm"));
    command.arg("--driver").arg(root.join("examples/media/ada.mp4")).args(["--frames", "2", "--run", "run"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let report = std::fs::read(folder.path().join("eval/eval.json")).unwrap();
    let found = &serde_json::from_slice::<serde_json::Value>(&report).unwrap()["reconstruction"];
    assert_eq!(found["step"], 2);
    for side in ["a", "b"] {
        assert!((1e-3..1.0).contains(&found[side].as_f64().unwrap()), "{found}");
    }
}

#[test]
fn a_corrupt_picture_is_named() {
    let folder = facesets();
    let picture = std::fs::read_dir(folder.path().join("b/faces")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&picture, b"not a picture").unwrap();
    let output = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "1"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains(picture.file_name().unwrap().to_str().unwrap()), "{}", text(&output));
    assert!(!folder.path().join("run/run.toml").exists(), "a run is left that cannot be gone on with");
}

/// The file size limit stands in for a full disk: writing fails in the middle, as there.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_costs_no_checkpoint() {
    let folder = facesets();
    let begun = train(folder.path(), &[&SMALL[..], &["-o", "run", "--steps", "2"]].concat());
    assert!(begun.status.success(), "{}", text(&begun));
    let run = folder.path().join("run");
    let whole = std::fs::read(run.join("checkpoints/step-00000002.safetensors")).unwrap();
    let blocks = whole.len() / 2 / 1024;
    let line = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec '{}' train -o run --steps 4 --device cpu",
        env!("CARGO_BIN_EXE_standin-train")
    );
    let output = Command::new("bash").current_dir(folder.path()).args(["-c", &line]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("step-00000004"), "{}", text(&output));
    assert_eq!(std::fs::read(run.join("checkpoints/step-00000002.safetensors")).unwrap(), whole);
    let further = train(folder.path(), &["-o", "run", "--steps", "4", "--device", "cpu"]);
    assert!(text(&further).contains("going on after step 2"), "{}", text(&further));
}

#[test]
fn a_gpu_trains_too() {
    if standin::gpu::adapters().is_empty() {
        println!("skipped: no adapter, not even a software one");
        return;
    }
    let folder = facesets();
    let words = [&SMALL[..14], &["--device", "wgpu", "-o", "run", "--steps", "2"]].concat();
    let output = train(folder.path(), &words);
    assert!(output.status.success(), "{}", text(&output));
    assert!(folder.path().join("run/checkpoints/step-00000002.safetensors").exists());
}

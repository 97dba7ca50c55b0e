//! The settings: file, environment and flags, as a user meets them.

#![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

use std::path::Path;
use std::process::Stdio;

use clap::CommandFactory;
use standin_calls::command::{Cli, Command, definition};
use standin_calls::settings::{SettingsFile, example};

/// Exit code, standard output, standard error of `standin`, with a home of its own.
fn standin(home: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_standin"));
    command.env("XDG_CONFIG_HOME", home).env_remove("STANDIN_LOG").env_remove("STANDIN_CONFIG");
    let output = command.envs(environment.iter().copied()).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A home with this file of settings.
fn home(text: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("standin")).unwrap();
    std::fs::write(home.path().join("standin/config.toml"), text).unwrap();
    home
}

fn parse(text: &str) -> anyhow::Result<SettingsFile> {
    SettingsFile::parse(Path::new("config.toml"), text, &Cli::command())
}

fn refusal(text: &str) -> String {
    format!("{:#}", parse(text).unwrap_err())
}

#[test]
fn flag_before_environment_before_file() {
    let settings = parse("[bench]\nframes = 7\nmodel = 'm.dfm'\nclip = 'c.mp4'\n").unwrap();
    let frames = |command: clap::Command, words: &[&str]| {
        let matches = command.try_get_matches_from(words).unwrap();
        *matches.subcommand().unwrap().1.get_one::<usize>("frames").unwrap()
    };
    let command = || settings.apply(definition());
    assert_eq!(frames(command(), &["standin", "bench"]), 7);
    assert_eq!(frames(command(), &["standin", "bench", "--frames", "9"]), 9);
    // With the environment, in a process of its own: clap takes the environment's value and refuses it.
    let home = home("[bench]\nframes = 7\nmodel = 'm.dfm'\nclip = 'c.mp4'\n");
    let bad = [("STANDIN_BENCH_FRAMES", "many")];
    let (code, _, error) = standin(home.path(), &bad, &["bench"]);
    assert!(code == 2 && error.contains("invalid value 'many' for '--frames"), "{error}");
    let (code, _, error) = standin(home.path(), &bad, &["bench", "--frames", "9"]);
    assert!(code == 1 && error.contains("c.mp4"), "{error}");
}

#[test]
fn a_switch_of_the_file_can_be_set_back() {
    let settings = parse("[bench]\njson = true\nmodel = 'm'\nclip = 'c'\n").unwrap();
    let json = |words: &[&str]| {
        let matches = settings.apply(definition()).try_get_matches_from(words).unwrap();
        matches.subcommand().unwrap().1.get_flag("json")
    };
    assert!(json(&["standin", "bench"]));
    assert!(json(&["standin", "bench", "--json"]));
    assert!(!json(&["standin", "bench", "--json=false"]));
}

#[test]
fn an_input_is_a_setting_that_a_camera_on_the_command_line_outranks() {
    let source = |text: &str, words: &[&str]| {
        let command = parse(text).unwrap().apply(definition());
        let words = [&["standin", "webcam", "--model", "m.dfm"], words].concat();
        match Cli::of(&command.try_get_matches_from(words).unwrap()).unwrap().command {
            Command::Webcam(arguments) => (arguments.call.input, arguments.call.camera),
            _ => unreachable!(),
        }
    };
    let pair = |input: Option<&str>, camera: &str| (input.map(str::to_owned), camera.to_owned());
    let file = "[webcam]\ninput = 'clip.mp4'\ncamera = 'C920'\n";
    assert_eq!(source(file, &[]), pair(Some("clip.mp4"), "C920"));
    assert_eq!(source(file, &["test"]), pair(Some("test"), "C920"));
    assert_eq!(source(file, &["--camera", "other"]), pair(None, "other"));
    assert_eq!(source(file, &["test", "--camera", "other"]), pair(Some("test"), "other"));
    assert!(refusal("[webcam]\ninput = ['a', 'b']\n").contains("`webcam.input` takes one value, and has a list"));
    assert!(refusal("[webcam]\ninputs = 'a'\n").contains("did you mean `input`?"));
    // The environment comes before the file.
    let home = home("[webcam]\ninput = 'file'\n");
    let (_, out, _) = standin(home.path(), &[("STANDIN_WEBCAM_INPUT", "/nowhere/clip")], &["config"]);
    assert!(out.contains("input = \"/nowhere/clip\"  # STANDIN_WEBCAM_INPUT"), "{out}");
    // What has to be there has no variable.
    assert!(!example(&definition()).contains("STANDIN_CONSENT_SHOW_MODEL"));
}

#[test]
fn what_is_not_known_is_named_with_its_line_and_the_nearest() {
    let unknown = refusal("[bench]\nframes = 7\ndept = 3\n");
    assert_eq!(unknown, "config.toml:3: there is no key `bench.dept`; did you mean `depth`?");
    let unknown = refusal("\n[bensh]\n");
    assert_eq!(unknown, "config.toml:2: there is no command `bensh` for the table [bensh]; did you mean `bench`?");
    let unknown = refusal("colour = 'red'\n");
    assert_eq!(unknown, "config.toml:1: there is no key `colour`; `standin config --example` shows every key");
    assert!(refusal("[consent.new]\nsubjekt = 'Ben'\n").contains("`consent.new.subjekt`; did you mean `subject`?"));
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_its_line() {
    assert_eq!(
        refusal("[bench]\njson = 'yes'\n"),
        "config.toml:2: `bench.json` is a string, and should be true or false"
    );
    let refused = refusal("[bench]\n\nframes = 'many'\n");
    assert!(refused.starts_with("config.toml:3: `bench.frames` is refused: invalid value 'many'"), "{refused}");
    assert_eq!(refusal("verbose = true\n"), "config.toml:1: `verbose` is a boolean, and should be a number");
    assert!(refusal("[bench]\npad = '1280'\n").contains("'1280' is not WIDTHxHEIGHT"));
    assert!(refusal("[bench]\nframes = [1, 2]\n").contains("takes one value, and has a list"));
    assert!(refusal("[bench]\nframes = \n").starts_with("config.toml:2: "));
    assert!(refusal("[preset]\nsoft = 3\n").contains("`preset.soft` is an integer, and should be a table"));
}

#[test]
fn presets_are_named() {
    let settings = parse("[preset.soft]\nfeather = 0.3\nmirror = true\n[preset.hard]\n").unwrap();
    let soft = settings.preset("soft").unwrap();
    let pairs: Vec<_> = soft.properties.iter().map(|p| (p.name.as_str(), p.value.as_str(), p.at.as_str())).collect();
    assert_eq!(pairs, [("feather", "0.3", "config.toml:2"), ("mirror", "true", "config.toml:3")]);
    let error = settings.preset("sof").unwrap_err().to_string();
    assert_eq!(error, "there is no preset 'sof' in config.toml; there are hard, soft");
}

#[test]
fn a_preset_is_set_on_an_element_or_refused_with_its_line() {
    gst::init().unwrap();
    use gst::prelude::*;
    let element = gst::ElementFactory::make("identity").build().unwrap();
    let set =
        |text: &str| parse(text).unwrap().preset("p").unwrap().set_on(&element).map_err(|error| format!("{error:#}"));
    set("[preset.p]\nsilent = false\ndrop-probability = 0.25\n").unwrap();
    assert!(!element.property::<bool>("silent") && element.property::<f32>("drop-probability") == 0.25);
    let near = set("[preset.p]\ndrop-probabilty = 0.5\n").unwrap_err();
    assert!(near.starts_with("config.toml:2: ") && near.ends_with("did you mean `drop-probability`?"), "{near}");
    let outside = set("[preset.p]\nsilent = true\ndrop-probability = 7\n").unwrap_err();
    assert!(outside.starts_with("config.toml:3: ") && outside.contains("takes a number from 0 to 1"), "{outside}");
    assert!(!element.property::<bool>("silent"), "all or none");
    assert!(set("[preset.p]\non-failure = 'pass'\n").unwrap_err().contains("lets a bare face out"));
    assert!(set("[preset.p]\nsilent = 'perhaps'\n").unwrap_err().contains("'perhaps' is no value of"));
}

#[test]
fn every_key_of_the_example_is_a_key() {
    let text = example(&definition());
    assert_eq!(parse(&text).unwrap().path.as_deref(), Some(Path::new("config.toml")));
    // Values that only a user knows are refused as values; a key that is not one is refused as a key.
    let mut keys = 0;
    let mut table = "";
    for line in text.lines() {
        let bare = line.trim_start_matches('#');
        if bare.starts_with('[') {
            table = bare;
        }
        let Some(key) = line.strip_prefix('#').filter(|line| line.contains(" = ") && !line.starts_with(' ')) else {
            continue;
        };
        keys += 1;
        if let Err(error) = parse(&format!("{table}\n{key}\n")) {
            assert!(format!("{error:#}").contains("is refused: invalid value"), "{key}: {error:#}");
        }
    }
    assert!(keys > 20, "{keys} keys");
}

#[test]
fn config_shows_what_is_set_and_by_what() {
    let home = home("verbose = 1\n[bench]\nframes = 7\n[preset.soft]\nfeather = 0.3\n");
    let (code, out, error) = standin(home.path(), &[("STANDIN_BENCH_DEPTH", "2")], &["config"]);
    assert_eq!((code, error.as_str()), (0, ""));
    for line in
        ["verbose = 1  # line 1", "frames = 7  # line 3", "depth = 2  # STANDIN_BENCH_DEPTH", "feather = 0.3  #"]
    {
        assert!(out.contains(line), "no {line} in {out}");
    }
    assert!(out.starts_with(&format!("# {}", home.path().join("standin/config.toml").display())), "{out}");
}

#[test]
fn wrong_settings_stop_what_would_use_them_and_nothing_else() {
    let home = home("[bench]\nframe = 7\n");
    let (code, out, error) = standin(home.path(), &[], &["devices"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("config.toml:2: there is no key `bench.frame`; did you mean `frames`?"), "{error}");
    assert_eq!(standin(home.path(), &[], &["--help"]).0, 0);
    assert_eq!(standin(home.path(), &[], &["config", "--example"]).0, 0);
    let other = tempfile::NamedTempFile::new().unwrap();
    let (code, ..) = standin(home.path(), &[], &["config", "--config", &other.path().display().to_string()]);
    assert_eq!(code, 0);
    let (code, _, error) = standin(home.path(), &[], &["--config", "/no/such/file", "config"]);
    assert!(code == 2 && error.contains("/no/such/file"), "{error}");
}

#[test]
fn a_bare_face_is_let_out_by_the_command_line_alone() {
    let pass = "--set=on-failure=pass";
    let said = "on-failure=pass lets a bare face out";
    let nobody = home("");
    let webcam = |home: &Path, environment: &[(&str, &str)], words: &[&str]| {
        let words = [&["webcam", "--model", "/no/such.dfm"], words].concat();
        let (code, _, error) = standin(home, environment, &words);
        assert_eq!(code, 1, "{error}");
        error
    };
    for value in ["on-failure=pass", "on-failure=3", "morph=1,on-failure=\"pass\""] {
        assert!(webcam(nobody.path(), &[("STANDIN_WEBCAM_SET", value)], &[]).contains(said), "{value}");
    }
    let file = home("[webcam]\nset = ['on-failure=pass']\n");
    assert!(webcam(file.path(), &[], &[]).contains(said));
    assert!(webcam(file.path(), &[], &[pass]).contains("/no/such.dfm"), "the command line may");
    let ben = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/ben.dfm");
    let (code, _, error) = standin(
        nobody.path(),
        &[("STANDIN_PANEL_SET", "on-failure=pass")],
        &["panel", "--model", ben, "--port", "0", "--no-pipewire", "--loopback", "off", "--no-browser"],
    );
    assert!(code == 1 && error.contains(said), "the panel: {error}");
}

#[test]
fn quiet_and_verbose_of_two_places_do_not_meet() {
    let logs = |text: &str, words: &[&str]| {
        let command = parse(text).unwrap().apply(definition());
        let cli = Cli::of(&command.try_get_matches_from([&["standin"], words].concat()).unwrap());
        cli.map(|cli| (cli.logs.quiet, cli.logs.verbose)).map_err(|error| error.to_string())
    };
    assert_eq!(logs("verbose = 2\n", &["devices", "--quiet"]), Ok((true, 0)));
    assert_eq!(logs("quiet = true\n", &["-v", "devices"]), Ok((false, 1)));
    assert_eq!(logs("quiet = true\nverbose = 2\n", &["devices"]), Ok((true, 0)));
    assert!(logs("", &["-v", "devices", "-q"]).unwrap_err().contains("--quiet cannot be used with --verbose"));
    let home = home("");
    let (code, _, error) = standin(home.path(), &[("STANDIN_QUIET", "1")], &["-v", "config"]);
    assert_eq!(code, 0, "{error}");
}

//! `standin webcam` on inputs other than cameras: streams, interlaced pictures, and inputs that fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails may stop")]

#[allow(dead_code, reason = "this file uses its part")]
mod call_support;

use std::net::TcpListener;
use std::path::Path;

use call_support::http_server;
use call_support::models::Lent;
use call_support::webcam::Webcam;
use gst::prelude::*;

/// The program on `input`, which leaves into a recording alone.
fn webcam(lent: &Lent, input: &str, recording: &Path) -> Webcam {
    let (model, recording) = (lent.path.display().to_string(), recording.display().to_string());
    let words = [input, "--model", &model, "--size", "320x240", "--fps", "15", "--record", &recording];
    Webcam::start(&[&words[..], &["--no-pipewire", "--loopback", "off"]].concat())
}

/// Takes `input` until pictures of it leave, and ends with a recording.
fn leaves(input: &str) {
    let (lent, folder) = (Lent::green(), tempfile::tempdir().unwrap());
    let recording = folder.path().join("call.mkv");
    let webcam = webcam(&lent, input, &recording);
    webcam.wait_for("swapping", 0);
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
    assert!(std::fs::metadata(&recording).unwrap().len() > 1000);
}

/// A running pipeline, which ends with its value.
struct Sender(gst::Element);

impl Sender {
    /// `None`, after it was said, where GStreamer lacks an element of it.
    fn start(words: &str) -> Option<Self> {
        gst::init().unwrap();
        match gst::parse::launch(words) {
            Ok(pipeline) => {
                pipeline.set_state(gst::State::Playing).unwrap();
                Some(Self(pipeline))
            }
            Err(error) => {
                #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
                {
                    eprintln!("skipped: {error}");
                }
                None
            }
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// A port that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_stream_by_srt() {
    let port = free_port();
    let sender = Sender::start(&format!(
        "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 \
         ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse config-interval=-1 \
         ! mpegtsmux alignment=7 ! srtsink uri=srt://:{port}?mode=listener wait-for-connection=false"
    ));
    let Some(_sender) = sender else { return };
    leaves(&format!("srt://127.0.0.1:{port}"));
}

/// Serves a file, whole or from a byte on.
fn serve(file: &'static [u8]) -> u16 {
    http_server::serve(move |request| {
        let from =
            request.header("Range").and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok());
        let (from, last) = (from.unwrap_or(0).min(file.len()), file.len() - 1);
        let range = format!("Accept-Ranges: bytes\r\nContent-Range: bytes {from}-{last}/{}", file.len());
        (format!("206 Partial Content\r\nContent-Type: video/mp4\r\n{range}"), &file[from..])
    })
}

#[test]
fn a_clip_by_http() {
    let port = serve(include_bytes!("../../examples/media/ada.mp4"));
    leaves(&format!("http://127.0.0.1:{port}/ada.mp4"));
}

#[test]
fn pictures_of_two_fields() {
    let words =
        "gst:videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! interlace";
    gst::init().unwrap();
    if Sender::start("fakesrc num-buffers=1 ! identity ! interlace ! fakesink").is_some() {
        leaves(words);
    }
}

#[test]
fn an_input_that_fails_is_opened_again() {
    let (lent, folder) = (Lent::green(), tempfile::tempdir().unwrap());
    let words = "gst:videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 \
                 ! identity error-after=90";
    let webcam = webcam(&lent, words, &folder.path().join("call.mkv"));
    let line = webcam.wait_for("waiting", webcam.wait_for("swapping", 0));
    assert!(webcam.text().contains("it is tried again: if it stays so, try another --size"), "{}", webcam.text());
    webcam.wait_for("swapping", line);
    webcam.interrupt();
    assert_eq!(webcam.end(), Some(0));
}

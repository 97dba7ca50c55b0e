//! Plain HTTP, as a browser or somebody else speaks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name);
        found.map(|(_, value)| value)
    }
}

/// Sends a request whose head is `head`, one line each.
pub(crate) fn ask(port: u16, head: &[&str], body: &str) -> Answer {
    let mut stream = send(port, &[head, &["Connection: close"]].concat(), body);
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let headers = head.lines().skip(1).map(str::to_owned).collect();
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}

fn send(port: u16, head: &[&str], body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let text = format!("{}\r\nContent-Length: {}\r\n\r\n{body}", head.join("\r\n"), body.len());
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// A page that follows the events.
pub(crate) struct Page {
    lines: BufReader<TcpStream>,
    /// The last state.
    pub(crate) state: Value,
    /// Seconds of statistics.
    pub(crate) seconds: Vec<Value>,
}

impl Page {
    pub(crate) fn open(port: u16, path: &str) -> Self {
        let (get, host) = (format!("GET {path}api/events HTTP/1.1"), format!("Host: 127.0.0.1:{port}"));
        let head = [get.as_str(), &host];
        Self { lines: BufReader::new(send(port, &head, "")), state: Value::Null, seconds: Vec::new() }
    }

    /// Follows until the state is as wanted.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) {
        let (begun, mut name) = (Instant::now(), String::new());
        while !wanted(&self.state) {
            assert!(begun.elapsed() < Duration::from_secs(60), "never {what}: {}", self.state);
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the events end");
            if let Some(event) = line.strip_prefix("event: ") {
                event.trim().clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                let value: Value = serde_json::from_str(data).unwrap();
                if name == "state" {
                    self.state = value;
                } else {
                    self.seconds.extend(value.as_array().unwrap().iter().cloned());
                }
            }
        }
    }
}

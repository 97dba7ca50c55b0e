//! What PipeWire's registry tells: which nodes there are, and which of them somebody is linked to.
//!
//! Spoken over the daemon's socket in PipeWire's native protocol
//! (<https://docs.pipewire.org/page_native_protocol.html>), of which three requests and four events are needed.
//! Messages are a header of four words and a body of padded values, all in the machine's byte order.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use super::watch::Watch;

/// The largest message that is believed.
const LARGEST: usize = 1 << 24;
/// How long the daemon may take to list what it has.
const PATIENCE: Duration = Duration::from_secs(2);

const CORE: u32 = 0;
const REGISTRY: u32 = 2;
const INT: u32 = 4;
const STRING: u32 = 8;
const STRUCT: u32 = 14;

/// A node, as the registry announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name for programs.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// The device file behind it, where it tells one.
    pub device: Option<String>,
    /// Such as `Video/Source`.
    pub class: String,
    /// The number that no other object of this daemon ever has.
    pub serial: String,
}

/// What is in the registry now.
#[derive(Debug, Default)]
pub struct Registry {
    nodes: HashMap<u32, Node>,
    links: HashMap<u32, u32>,
}

impl Registry {
    /// Names of all nodes.
    pub fn names(&self) -> Vec<String> {
        self.nodes.values().map(|node| node.name.clone()).collect()
    }

    /// The cameras, the oldest first.
    pub fn cameras(&self) -> Vec<Node> {
        let mut cameras: Vec<_> = self.nodes.iter().filter(|(_, node)| node.class == "Video/Source").collect();
        cameras.sort_by_key(|(id, _)| **id);
        cameras.into_iter().map(|(_, node)| node.clone()).collect()
    }

    /// How many links leave the node of that name: how many look at it.
    pub fn lookers(&self, node: &str) -> usize {
        let ids: HashSet<_> = self.nodes.iter().filter(|(_, found)| found.name == node).map(|(id, _)| *id).collect();
        self.links.values().filter(|from| ids.contains(from)).count()
    }

    fn add(&mut self, id: u32, kind: &str, properties: &HashMap<String, String>) {
        let text = |key: &str| properties.get(key).cloned();
        match kind {
            "PipeWire:Interface:Node" => {
                let name = text("node.name").unwrap_or_default();
                let node = Node {
                    title: text("node.description").unwrap_or_else(|| name.clone()),
                    device: text("object.path").and_then(|path| Some(path.strip_prefix("v4l2:")?.to_owned())),
                    class: text("media.class").unwrap_or_default(),
                    serial: text("object.serial").unwrap_or_else(|| id.to_string()),
                    name,
                };
                self.nodes.insert(id, node);
            }
            "PipeWire:Interface:Link" => {
                if let Some(from) = text("link.output.node").and_then(|from| from.parse().ok()) {
                    self.links.insert(id, from);
                }
            }
            _ => {}
        }
    }

    fn remove(&mut self, id: u32) {
        self.nodes.remove(&id);
        self.links.remove(&id);
    }
}

/// A connection to the daemon.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    sequence: u32,
    /// What it has told so far.
    pub registry: Registry,
}

/// Where the daemon listens.
fn socket() -> Option<PathBuf> {
    let remote = std::env::var("PIPEWIRE_REMOTE").unwrap_or_else(|_| "pipewire-0".to_owned());
    let folder = std::env::var_os("PIPEWIRE_RUNTIME_DIR").or_else(|| std::env::var_os("XDG_RUNTIME_DIR"));
    match folder {
        _ if remote.starts_with('/') => Some(PathBuf::from(remote)),
        folder => Some(PathBuf::from(folder?).join(remote)),
    }
}

impl Connection {
    /// Connects and reads what there is now.
    ///
    /// # Errors
    /// Why the daemon does not answer.
    pub fn open() -> io::Result<Self> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "XDG_RUNTIME_DIR is not set");
        let stream = UnixStream::connect(socket().ok_or_else(missing)?)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut connection = Self { stream, sequence: 0, registry: Registry::default() };
        connection.send(CORE, 1, &[Pod::Int(3)])?;
        let told = [("application.name", "standin"), ("client.api", "native")];
        connection.send(1, 2, &[Pod::Dictionary(&told)])?;
        connection.send(CORE, 5, &[Pod::Int(3), Pod::Int(REGISTRY)])?;
        // What is permitted is settled after the client is seen; the second answer comes after that.
        connection.send(CORE, 2, &[Pod::Int(0), Pod::Int(1)])?;
        let begun = std::time::Instant::now();
        let mut settled = false;
        while !settled && begun.elapsed() < PATIENCE {
            settled = connection.read()? == Told::Done && !connection.registry.nodes.is_empty();
            if !settled && begun.elapsed() < PATIENCE && connection.registry.nodes.is_empty() {
                connection.send(CORE, 2, &[Pod::Int(0), Pod::Int(1)])?;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        connection.stream.set_read_timeout(None)?;
        Ok(connection)
    }

    /// Tells, in a thread of its own, how many look at `node` once it is there and whenever that changes, and `None`
    /// when the daemon goes away.
    ///
    /// # Errors
    /// No thread can be made.
    pub fn watch(mut self, node: String, told: impl Fn(Option<usize>) + Send + 'static) -> io::Result<Watch> {
        let stream = self.stream.try_clone()?;
        Watch::begin("registry", stream, move || {
            let mut lookers = None;
            while self.read().is_ok() {
                let is_there = self.registry.nodes.values().any(|found| found.name == node);
                let now = is_there.then(|| self.registry.lookers(&node));
                if now != lookers {
                    lookers = now;
                    if now.is_some() {
                        told(now);
                    }
                }
            }
            told(None);
        })
    }

    fn send(&mut self, object: u32, opcode: u32, arguments: &[Pod<'_>]) -> io::Result<()> {
        let mut body = Vec::new();
        write_struct(&mut body, arguments);
        let header = [object, opcode << 24 | body.len() as u32, self.sequence, 0];
        self.sequence += 1;
        let mut message: Vec<u8> = header.iter().flat_map(|word| word.to_ne_bytes()).collect();
        message.extend(body);
        self.stream.write_all(&message)
    }

    /// Reads one message.
    fn read(&mut self) -> io::Result<Told> {
        let mut header = [0; 16];
        self.stream.read_exact(&mut header)?;
        let word =
            |place: usize| u32::from_ne_bytes([header[place], header[place + 1], header[place + 2], header[place + 3]]);
        let (object, opcode, size) = (word(0), word(4) >> 24, (word(4) & 0x00ff_ffff) as usize);
        if size > LARGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; size];
        self.stream.read_exact(&mut body)?;
        let mut values = Values::inside(&body);
        match (object, opcode) {
            (CORE, 1) => return Ok(Told::Done),
            (CORE, 2) => {
                let (id, sequence) = (values.int().unwrap_or(0), values.int().unwrap_or(0));
                self.send(CORE, 3, &[Pod::Int(id), Pod::Int(sequence)])?;
            }
            (REGISTRY, 0) => {
                if let Some((id, kind, properties)) = values.global() {
                    self.registry.add(id, &kind, &properties);
                }
            }
            (REGISTRY, 1) => {
                if let Some(id) = values.int() {
                    self.registry.remove(id);
                }
            }
            _ => {}
        }
        Ok(Told::Other)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Done,
    Other,
}

/// A value that is sent.
enum Pod<'a> {
    Int(u32),
    Text(&'a str),
    Dictionary(&'a [(&'a str, &'a str)]),
}

fn write_struct(out: &mut Vec<u8>, values: &[Pod<'_>]) {
    let begin = out.len();
    write_header(out, 0, STRUCT);
    for value in values {
        match value {
            Pod::Int(value) => {
                write_header(out, 4, INT);
                out.extend(value.to_ne_bytes());
            }
            Pod::Text(text) => {
                write_header(out, text.len() as u32 + 1, STRING);
                out.extend(text.as_bytes());
                out.push(0);
            }
            Pod::Dictionary(entries) => {
                let count = [Pod::Int(entries.len() as u32)].into_iter();
                let texts = entries.iter().flat_map(|(key, value)| [Pod::Text(key), Pod::Text(value)]);
                write_struct(out, &count.chain(texts).collect::<Vec<_>>());
            }
        }
        out.resize(out.len().next_multiple_of(8), 0);
    }
    let size = (out.len() - begin - 8) as u32;
    out[begin..begin + 4].copy_from_slice(&size.to_ne_bytes());
}

fn write_header(out: &mut Vec<u8>, size: u32, kind: u32) {
    out.extend(size.to_ne_bytes());
    out.extend(kind.to_ne_bytes());
}

/// The values of a struct, one after the other.
struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    /// Of the struct that `body` begins with; none where it does not.
    fn inside(body: &'a [u8]) -> Self {
        Self(Self(body).next(STRUCT).unwrap_or_default())
    }

    /// The next value's bytes, where it is of that kind.
    fn next(&mut self, kind: u32) -> Option<&'a [u8]> {
        let (header, rest) = self.0.split_at_checked(8)?;
        let size = u32::from_ne_bytes(header[..4].try_into().ok()?) as usize;
        let found = u32::from_ne_bytes(header[4..].try_into().ok()?);
        let value = rest.get(..size)?;
        self.0 = rest.get(size.next_multiple_of(8)..).unwrap_or_default();
        (found == kind).then_some(value)
    }

    fn int(&mut self) -> Option<u32> {
        Some(u32::from_ne_bytes(self.next(INT)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<String> {
        let bytes = self.next(STRING)?;
        Some(String::from_utf8_lossy(bytes.strip_suffix(&[0]).unwrap_or(bytes)).into_owned())
    }

    /// Identity, type and properties of an object that is announced.
    fn global(&mut self) -> Option<(u32, String, HashMap<String, String>)> {
        let (id, _permissions, kind, _version) = (self.int()?, self.int()?, self.text()?, self.int()?);
        let mut entries = Self(self.next(STRUCT)?);
        let count = entries.int()?;
        let properties = (0..count).map_while(|_| Some((entries.text()?, entries.text()?))).collect();
        Some((id, kind, properties))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    fn global(id: u32, kind: &str, properties: &[(&str, &str)]) -> Vec<u8> {
        let mut body = Vec::new();
        write_struct(
            &mut body,
            &[Pod::Int(id), Pod::Int(7), Pod::Text(kind), Pod::Int(3), Pod::Dictionary(properties)],
        );
        body
    }

    #[test]
    fn links_are_counted_at_the_node_that_they_leave() {
        let mut registry = Registry::default();
        let objects = [
            global(36, "PipeWire:Interface:Node", &[("node.name", "standin"), ("media.class", "Video/Source")]),
            global(40, "PipeWire:Interface:Node", &[("node.name", "other"), ("object.path", "v4l2:/dev/video3")]),
            global(51, "PipeWire:Interface:Link", &[("link.output.node", "36"), ("link.input.node", "40")]),
            global(52, "PipeWire:Interface:Link", &[("link.output.node", "40"), ("link.input.node", "36")]),
        ];
        for object in objects {
            let (id, kind, properties) = Values::inside(&object).global().unwrap();
            registry.add(id, &kind, &properties);
        }
        assert_eq!(registry.cameras().iter().map(|node| node.title.as_str()).collect::<Vec<_>>(), ["standin"]);
        assert_eq!((registry.lookers("standin"), registry.lookers("other"), registry.lookers("none")), (1, 1, 0));
        assert_eq!(registry.nodes[&40].device.as_deref(), Some("/dev/video3"));
        registry.remove(51);
        assert_eq!(registry.lookers("standin"), 0);
    }

    #[test]
    fn broken_messages_hold_nothing() {
        let whole = global(36, "PipeWire:Interface:Node", &[("node.name", "standin")]);
        for length in 0..whole.len() - 1 {
            assert!(Values::inside(&whole[..length]).global().is_none(), "{length} bytes");
        }
    }
}

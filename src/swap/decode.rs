//! Bytes of a file to an ONNX model, with a sentence for each thing that is not one.

use bytes::{Buf, Bytes};
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint, skip_field};

use crate::onnx::Model;

/// Largest file that protobuf can hold.
pub const MAX_FILE: u64 = (1 << 31) - 1;

/// Field of `ModelProto` that holds the graph.
const GRAPH_FIELD: u32 = 7;
/// Highest field number of `ModelProto`.
const LAST_FIELD: u32 = 26;

/// What is wrong with the bytes of a file that should be an ONNX model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No bytes.
    #[error("the file is empty; copy or export the model again")]
    Empty,
    /// More than [`MAX_FILE`].
    #[error("the file has {0} bytes, and a model can have no more than 2 GiB; use a smaller or a quantised model")]
    TooLarge(u64),
    /// Another well-known format.
    #[error("the file is {0}, not an ONNX model; give the .dfm file itself")]
    OtherFormat(&'static str),
    /// Not even the first field is one of an ONNX model.
    #[error("the file is not an ONNX model (its first bytes are no ONNX field); give a .dfm file")]
    NotOnnx,
    /// A field goes on past the end of the file.
    #[error(
        "the file is cut short: field {field} should go on to byte {needed}, but the file ends at byte {length}; copy or download it again"
    )]
    Truncated {
        /// Number of the `ModelProto` field.
        field: u32,
        /// Where the field ends.
        needed: u64,
        /// Where the file ends.
        length: u64,
    },
    /// Protobuf that cannot be read.
    #[error("the file is damaged ({0}); copy or download it again")]
    Damaged(String),
    /// No graph.
    #[error("the file holds no graph (field `graph`): it is cut short, or not an ONNX model; copy or export it again")]
    NoGraph,
    /// Two graphs, which readers would merge in different ways.
    #[error("the file holds the field `graph` more than once; export the model again")]
    TwoGraphs,
}

/// A decoded model.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The messages; weights point into the file's bytes.
    pub model: Model,
    /// The bytes of the field `graph`, without its tag and length.
    pub graph_bytes: Bytes,
}

/// Decodes a whole file.
///
/// # Errors
/// [`DecodeError`].
pub fn decode(file: &Bytes) -> Result<Decoded, DecodeError> {
    if file.is_empty() {
        return Err(DecodeError::Empty);
    }
    if file.len() as u64 > MAX_FILE {
        return Err(DecodeError::TooLarge(file.len() as u64));
    }
    if let Some(format) = other_format(file) {
        return Err(DecodeError::OtherFormat(format));
    }
    let graph_bytes = graph_field(file)?;
    let model = Model::decode(file.clone()).map_err(|error| DecodeError::Damaged(error.to_string()))?;
    Ok(Decoded { model, graph_bytes })
}

/// Files that people give by mistake.
fn other_format(file: &[u8]) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 9] = [
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x80\x02", "a Python pickle"),
        (b"\x80\x04", "a Python pickle"),
        (b"version https://git-lfs", "a Git LFS pointer"),
    ];
    let named = STARTS.iter().find(|(start, _)| file.starts_with(start)).map(|(_, name)| *name);
    named.or_else(|| file.trim_ascii_start().starts_with(b"<").then_some("a web page"))
}

/// Walks the fields of `ModelProto`, none decoded, for the bytes of its one graph.
fn graph_field(file: &Bytes) -> Result<Bytes, DecodeError> {
    let damaged = |error: prost::DecodeError| DecodeError::Damaged(error.to_string());
    let mut rest = file.clone();
    let mut graph = None;
    while rest.has_remaining() {
        let first = rest.len() == file.len();
        let (field, wire) = decode_key(&mut rest).map_err(|e| if first { DecodeError::NotOnnx } else { damaged(e) })?;
        if first && (field > LAST_FIELD || !matches!(wire, WireType::Varint | WireType::LengthDelimited)) {
            return Err(DecodeError::NotOnnx);
        }
        if wire != WireType::LengthDelimited {
            skip_field(wire, field, &mut rest, prost::encoding::DecodeContext::default()).map_err(damaged)?;
            continue;
        }
        let length = decode_varint(&mut rest).map_err(damaged)?;
        if length > rest.len() as u64 {
            let start = (file.len() - rest.len()) as u64;
            return Err(match first {
                true => DecodeError::NotOnnx,
                false => {
                    DecodeError::Truncated { field, needed: start.saturating_add(length), length: file.len() as u64 }
                }
            });
        }
        let contents = rest.split_to(length as usize);
        if field == GRAPH_FIELD && graph.replace(contents).is_some() {
            return Err(DecodeError::TwoGraphs);
        }
    }
    graph.ok_or(DecodeError::NoGraph)
}

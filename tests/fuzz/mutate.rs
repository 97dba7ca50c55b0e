//! Bytes to like bytes with mistakes.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Numbers at which readers go wrong, as little-endian bytes.
const EDGES: [&[u8]; 8] = [
    &[0],
    &[0x7f],
    &[0x80],
    &[0xff],
    &[0xff, 0xff, 0xff, 0x7f],
    &[0, 0, 0x80, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
];

/// A good file with one to four mistakes: bits turned, bytes lost, doubled or taken from another good file, and
/// `words` put in.
pub(crate) fn mutate(corpus: &[Vec<u8>], words: &[&str], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = corpus[random.random_range(0..corpus.len())].clone();
    // One in ten is left as it is: good files are taken.
    let mistakes = if random.random_ratio(1, 10) { 0 } else { random.random_range(1..=4) };
    for _ in 0..mistakes {
        let range = part(bytes.len(), random);
        match random.random_range(0..7) {
            0 if !bytes.is_empty() => {
                let at = random.random_range(0..bytes.len());
                bytes[at] ^= 1 << random.random_range(0..8);
            }
            1 => drop(bytes.drain(range)),
            2 => {
                let twice = bytes[range.clone()].to_vec();
                bytes.splice(range.end..range.end, twice);
            }
            3 => {
                let other = &corpus[random.random_range(0..corpus.len())];
                let from = part(other.len(), random);
                bytes.splice(range, other[from].iter().copied());
            }
            4 => {
                let edge = EDGES[random.random_range(0..EDGES.len())];
                drop(bytes.splice(range.start..range.start, edge.iter().copied()));
            }
            5 if !words.is_empty() => {
                let word = words[random.random_range(0..words.len())].bytes();
                drop(bytes.splice(range, word));
            }
            _ => bytes.truncate(range.end),
        }
    }
    bytes
}

/// A range of at most 64 of `len` bytes, or, once in a while, of any length.
fn part(len: usize, random: &mut ChaCha8Rng) -> std::ops::Range<usize> {
    let start = random.random_range(0..=len);
    let most = if random.random_ratio(1, 8) { len - start } else { (len - start).min(64) };
    start..start + random.random_range(0..=most)
}

//! What `morph_value` decides of a network, as it is uploaded.

use super::{ALIGNMENT, Binding};
use crate::swap::graph::Number;

/// The numbers that `morph_value` decides, and where each lies among those that are uploaded.
#[derive(Debug, Clone, Default)]
pub struct MorphNumbers(Vec<(u64, Vec<Number>)>);

impl MorphNumbers {
    /// As 32-bit floats; empty where there are none.
    pub fn at(&self, morph: f32) -> Vec<u8> {
        let mut bytes = vec![0; self.bytes() as usize];
        for (offset, numbers) in &self.0 {
            for (n, number) in numbers.iter().enumerate() {
                let value = number.at(f64::from(morph)) as f32;
                let at = *offset as usize + 4 * n;
                bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            }
        }
        bytes
    }

    /// How many bytes that are.
    pub fn bytes(&self) -> u64 {
        self.0.last().map_or(0, |(offset, numbers)| offset + (4 * numbers.len() as u64).next_multiple_of(ALIGNMENT))
    }

    /// Adds some, and says what binds them.
    pub(super) fn add(&mut self, numbers: &[Number]) -> Binding {
        let (offset, bytes) = (self.bytes(), 4 * numbers.len() as u64);
        self.0.push((offset, numbers.to_vec()));
        Binding::Numbers { offset, bytes }
    }
}

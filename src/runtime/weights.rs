//! Weights that several networks of one file hold together.

use std::sync::Arc;

use ort::session::builder::SessionBuilder;
use ort::value::{DynValue, Tensor};

use super::NetworkError;
use super::network::failed;

/// Large float32 weights, by name, for [`super::Network::sharing`]: each network then refers to them rather than keep a
/// copy. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct SharedWeights(Vec<(String, Arc<DynValue>)>);

impl SharedWeights {
    /// Adds the weights that the file has under this name; row-major.
    ///
    /// # Errors
    /// [`NetworkError::Runtime`] where `values` are not as many as `shape` says.
    pub fn add(&mut self, name: &str, shape: Vec<i64>, values: Vec<f32>) -> Result<(), NetworkError> {
        let tensor = Tensor::from_array((shape, values)).map_err(failed)?;
        self.0.push((name.to_owned(), Arc::new(tensor.into_dyn())));
        Ok(())
    }

    /// Puts the weights in place of the file's.
    pub(super) fn apply(&self, mut builder: SessionBuilder) -> Result<SessionBuilder, NetworkError> {
        if !self.0.is_empty() {
            // Prepacked weights would be a copy a network. For one crop at a time they are no faster.
            builder = builder.with_prepacking(false).map_err(failed)?;
        }
        for (name, weights) in &self.0 {
            builder = builder.with_initializer(name, Arc::clone(weights)).map_err(failed)?;
        }
        Ok(builder)
    }
}

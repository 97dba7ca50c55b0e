//! The parameters of a network: named, flat, in one order, so that optimisers, checkpoints and exports are loops.

use burn::tensor::{Device, Tensor, TensorData};

/// One parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Where it belongs: `encoder.2.weight`.
    pub name: String,
    /// Its shape: `[out, in / groups, k, k]` of a convolution, `[in, out]` of a dense layer, `[n]` of a bias.
    pub shape: Vec<usize>,
    /// Its values, row-major, on one device.
    pub value: Tensor<1>,
}

impl Parameter {
    /// Its values on the processor.
    pub fn to_vec(&self) -> Vec<f32> {
        self.value.to_data().convert::<f32>().try_into_vec().unwrap_or_default()
    }
}

/// All parameters of a network.
#[derive(Debug, Clone, Default)]
pub struct Weights(pub Vec<Parameter>);

impl Weights {
    /// How many numbers.
    pub fn count(&self) -> usize {
        self.0.iter().map(|parameter| parameter.shape.iter().product::<usize>()).sum()
    }

    /// The parameter of that name.
    pub fn named(&self, name: &str) -> Option<&Parameter> {
        self.0.iter().find(|parameter| parameter.name == name)
    }

    /// The same values as constants: what is computed with them has no gradient in them.
    #[must_use]
    pub fn constants(&self) -> Self {
        // A detached leaf would be a leaf again.
        let constant = |parameter: &Parameter| {
            let value = Tensor::from_inner(parameter.value.clone().inner());
            Parameter { value, ..parameter.clone() }
        };
        Self(self.0.iter().map(constant).collect())
    }

    /// The same values on `device`, as leaves of a new autodiff graph where their names are `trained`, and otherwise as
    /// constants.
    pub fn leaves(&self, device: &Device, trained: impl Fn(&str) -> bool) -> Self {
        let placed = |parameter: &Parameter| {
            let values = parameter.to_vec();
            let shape = [values.len()];
            let value = Tensor::from_data(TensorData::new(values, shape), device);
            let value = if trained(&parameter.name) { value.require_grad() } else { value };
            Parameter { value, ..parameter.clone() }
        };
        Self(self.0.iter().map(placed).collect())
    }
}

//! One network, its inputs filled in place and its outputs read in place: nothing of ours is allocated a run.

use ort::memory::Allocator;
use ort::session::{Session, SessionInputValue, builder::GraphOptimizationLevel};
use ort::value::{Tensor, ValueType};

use super::rewrite::rewritten;
use super::{Provider, Runtime, SharedWeights};

/// How a network is run.
#[derive(Debug, Clone, Copy)]
pub struct NetworkOptions {
    /// Threads inside one run, at least 1.
    pub threads: usize,
    /// Who computes.
    pub provider: Provider,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self { threads: 1, provider: Provider::Cpu }
    }
}

/// A network that cannot be loaded or run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NetworkError {
    /// The library lacks the provider.
    #[error(
        "this ONNX Runtime library has no {wanted} provider; it offers {offered}. Install a build that has it and set ORT_DYLIB_PATH, or choose another device"
    )]
    Provider {
        /// What was asked for.
        wanted: &'static str,
        /// What there is.
        offered: String,
    },
    /// ONNX Runtime refused the file or failed while running it.
    #[error("ONNX Runtime: {0}")]
    Runtime(String),
    /// An input or output is not a float32 tensor.
    #[error("tensor '{0}' is not float32")]
    NotFloat(String),
    /// An output has another size than expected.
    #[error("output '{name}' has {got} values, expected {expected}")]
    OutputSize {
        /// Output.
        name: String,
        /// Values it has.
        got: usize,
        /// Values it should have.
        expected: usize,
    },
}

pub(super) fn failed<E: std::fmt::Display>(error: E) -> NetworkError {
    NetworkError::Runtime(error.to_string())
}

/// A loaded network with room for its inputs and outputs. Dimensions that the file leaves open are 1.
#[derive(Debug)]
pub struct Network {
    session: Session,
    inputs: Vec<Tensor<f32>>,
    outputs: Vec<(String, Vec<f32>)>,
}

impl Network {
    /// Loads `bytes` (an ONNX file). On a processor some of its nodes are written in a form that is computed faster.
    ///
    /// # Errors
    /// [`NetworkError`] where the provider is missing, the file is refused, or a tensor is not float32.
    pub fn new(runtime: &Runtime, bytes: &[u8], options: NetworkOptions) -> Result<Self, NetworkError> {
        Self::sharing(runtime, bytes, options, &SharedWeights::default())
    }

    /// As [`Network::new`], with weights that other networks hold, too. For the processor only.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub fn sharing(
        runtime: &Runtime,
        bytes: &[u8],
        options: NetworkOptions,
        weights: &SharedWeights,
    ) -> Result<Self, NetworkError> {
        let faster = (options.provider == Provider::Cpu).then(|| rewritten(bytes)).flatten();
        // ONNX Runtime may still take the file as it is.
        let loaded = faster.and_then(|faster| Self::as_written(runtime, &faster, options, weights).ok());
        loaded.map_or_else(|| Self::as_written(runtime, bytes, options, weights), Ok)
    }

    /// As [`Network::sharing`], node by node as the file has it: for what judges a file.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub(crate) fn as_written(
        runtime: &Runtime,
        bytes: &[u8],
        options: NetworkOptions,
        weights: &SharedWeights,
    ) -> Result<Self, NetworkError> {
        let mut builder = Session::builder(&runtime.environment)
            .map_err(failed)?
            .with_optimization_level(GraphOptimizationLevel::Level3)
            .map_err(failed)?
            .with_intra_threads(options.threads.max(1))
            .map_err(failed)?
            .with_inter_threads(1)
            .map_err(failed)?
            .with_flush_to_zero()
            .map_err(failed)?;
        // Threads that spin while they wait take the core that another stage needs.
        builder = builder.with_intra_op_spinning(false).map_err(failed)?;
        if let Some(dispatch) = options.provider.dispatch() {
            if !options.provider.offered() {
                return Err(NetworkError::Provider {
                    wanted: options.provider.name(),
                    offered: Provider::offered_names(),
                });
            }
            builder = builder.with_execution_providers([dispatch]).map_err(failed)?;
        }
        let session = weights.apply(builder)?.commit_from_memory(bytes).map_err(failed)?;
        let inputs = session
            .inputs()
            .iter()
            .map(|input| {
                let shape = fixed_shape(input.name(), input.dtype())?;
                let mut tensor = Tensor::<f32>::new(&Allocator::default(), shape).map_err(failed)?;
                tensor.extract_tensor_mut().1.fill(0.0);
                Ok(tensor)
            })
            .collect::<Result<_, NetworkError>>()?;
        let outputs = session
            .outputs()
            .iter()
            .map(|output| {
                let shape = fixed_shape(output.name(), output.dtype())?;
                Ok((output.name().to_owned(), vec![0.0; shape.iter().product::<i64>() as usize]))
            })
            .collect::<Result<_, NetworkError>>()?;
        Ok(Self { session, inputs, outputs })
    }

    /// Input `i`, to fill before [`Network::run`]; row-major.
    pub fn input_mut(&mut self, i: usize) -> &mut [f32] {
        self.inputs[i].extract_tensor_mut().1
    }

    /// Input `i`, as it was last filled.
    pub fn input(&self, i: usize) -> &[f32] {
        self.inputs[i].extract_tensor().1
    }

    /// How many inputs.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// How many outputs.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Output `i` of the last run; row-major.
    pub fn output(&self, i: usize) -> &[f32] {
        &self.outputs[i].1
    }

    /// Which output has this name.
    pub fn output_named(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|(output, _)| output == name)
    }

    /// Makes room for `values` in output `i`, where the file leaves more than the batch open.
    pub fn expect_output(&mut self, i: usize, values: usize) {
        self.outputs[i].1.resize(values, 0.0);
    }

    /// Runs the network on what its inputs hold.
    ///
    /// # Errors
    /// [`NetworkError`] where the run fails or an output has another size than the file says.
    pub fn run(&mut self) -> Result<(), NetworkError> {
        let found = match self.inputs.as_slice() {
            [x] => self.session.run([SessionInputValue::from(x)]),
            [x, y] => self.session.run([SessionInputValue::from(x), SessionInputValue::from(y)]),
            more => return Err(NetworkError::Runtime(format!("{} inputs are not supported", more.len()))),
        }
        .map_err(failed)?;
        for ((name, kept), value) in self.outputs.iter_mut().zip(found.values()) {
            let (_, data) = value.try_extract_tensor::<f32>().map_err(failed)?;
            if data.len() != kept.len() {
                return Err(NetworkError::OutputSize { name: name.clone(), got: data.len(), expected: kept.len() });
            }
            kept.copy_from_slice(data);
        }
        Ok(())
    }
}

fn fixed_shape(name: &str, dtype: &ValueType) -> Result<Vec<i64>, NetworkError> {
    match dtype {
        ValueType::Tensor { ty: ort::value::TensorElementType::Float32, shape, .. } => {
            Ok(shape.iter().map(|&dimension| dimension.max(1)).collect())
        }
        _ => Err(NetworkError::NotFloat(name.to_owned())),
    }
}

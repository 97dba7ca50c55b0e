//! Layers to nodes.

use super::ExportError;
use super::graph::{Axis, Builder};
use crate::onnx::Attribute;
use crate::train::zoo::Layer;

impl Builder<'_> {
    /// The layers of a part, one after the other.
    pub(super) fn layers(&mut self, part: &str, layers: &[Layer], value: String) -> Result<String, ExportError> {
        self.run(part, layers, 0, value)
    }

    /// The layers of a part that ends in a picture of 0..1, whose last convolution is kept from quantisation.
    pub(super) fn head(&mut self, part: &str, layers: &[Layer], value: String) -> Result<String, ExportError> {
        let is_conv = |layer: &Layer| matches!(layer, Layer::Conv { .. } | Layer::Depthwise { .. });
        let fine = layers.iter().rposition(is_conv).unwrap_or(0);
        let value = self.run(part, &layers[..fine], 0, value)?;
        self.quantising(false);
        let value = self.run(part, &layers[fine..], fine, value);
        self.quantising(true);
        value
    }

    /// Two pictures of one size, joined along channels.
    pub(super) fn concat(&mut self, name: &str, values: [&str; 2]) -> Result<String, ExportError> {
        let joined = self.node("Concat", &values, name, vec![Attribute::int("axis", 1)]);
        self.settled(joined)
    }

    /// Layers that begin at place `first` of their part.
    fn run(&mut self, part: &str, layers: &[Layer], first: usize, value: String) -> Result<String, ExportError> {
        let mut layers = layers.iter().enumerate();
        layers.try_fold(value, |value, (i, layer)| self.layer(&format!("{part}.{}", first + i), layer, &value))
    }

    fn layer(&mut self, name: &str, layer: &Layer, x: &str) -> Result<String, ExportError> {
        let value = match layer {
            &Layer::Conv { out, kernel, stride } => {
                let shape = self.shape(&format!("{name}.weight"))?;
                let fits =
                    matches!(*shape, [found, _, height, width] if found == out && height == kernel && width == kernel);
                self.require(fits, name, layer)?;
                self.weighted("Conv", x, name, Axis::First, convolution(kernel, stride, 1))?
            }
            &Layer::Depthwise { kernel, stride } => {
                let shape = self.shape(&format!("{name}.weight"))?;
                let fits = matches!(*shape, [_, 1, height, width] if height == kernel && width == kernel);
                self.require(fits, name, layer)?;
                self.weighted("Conv", x, name, Axis::First, convolution(kernel, stride, shape[0]))?
            }
            &Layer::Dense { out } => {
                let fits = matches!(*self.shape(&format!("{name}.weight"))?, [_, found] if found == out);
                self.require(fits, name, layer)?;
                self.weighted("Gemm", x, name, Axis::Last, vec![])?
            }
            Layer::Flatten => return Ok(self.moved("Flatten", &[x], name, vec![Attribute::int("axis", 1)])),
            &Layer::Unflatten { channels, side } => {
                let shape = self.integers(&format!("{name}.shape"), &[0, channels as i64, side as i64, side as i64]);
                return Ok(self.moved("Reshape", &[x, &shape], name, vec![]));
            }
            Layer::PixelShuffle => {
                return Ok(self.moved(
                    "DepthToSpace",
                    &[x],
                    name,
                    vec![Attribute::int("blocksize", 2), Attribute::text("mode", "CRD")],
                ));
            }
            Layer::Halve => self.node(
                "AveragePool",
                &[x],
                name,
                vec![Attribute::ints("kernel_shape", &[2, 2]), Attribute::ints("strides", &[2, 2])],
            ),
            &Layer::LeakyRelu { slope } => self.node("LeakyRelu", &[x], name, vec![Attribute::float("alpha", slope)]),
            Layer::Cosine => {
                let cosine = self.node("Cos", &[x], &format!("{name}.cos"), vec![]);
                self.node("Mul", &[x, &cosine], name, vec![])
            }
            Layer::Sigmoid => self.node("Sigmoid", &[x], name, vec![]),
            Layer::PixelNorm => self.pixel_norm(name, x),
            Layer::Residual(layers) => {
                let change = self.layers(name, layers, x.to_owned())?;
                self.node("Add", &[x, &change], &format!("{name}.sum"), vec![])
            }
        };
        self.settled(value)
    }

    fn pixel_norm(&mut self, name: &str, x: &str) -> String {
        let epsilon = self.floats("pixel_norm.epsilon", &[], &[1e-6]);
        let part = |what: &str| format!("{name}.{what}");
        let square = self.node("Mul", &[x, x], &part("square"), vec![]);
        let mean = self.node(
            "ReduceMean",
            &[&square],
            &part("mean"),
            vec![Attribute::ints("axes", &[1]), Attribute::int("keepdims", 1)],
        );
        let sum = self.node("Add", &[&mean, &epsilon], &part("mean_epsilon"), vec![]);
        let root = self.node("Sqrt", &[&sum], &part("root"), vec![]);
        self.node("Div", &[x, &root], name, vec![])
    }
}

fn convolution(kernel: usize, stride: usize, group: usize) -> Vec<Attribute> {
    let (kernel, stride) = (kernel as i64, stride as i64);
    vec![
        Attribute::ints("kernel_shape", &[kernel; 2]),
        Attribute::ints("strides", &[stride; 2]),
        Attribute::ints("pads", &[kernel / 2; 4]),
        Attribute::int("group", group as i64),
    ]
}

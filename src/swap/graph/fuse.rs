//! One step where a converter wrote several.

use super::{Array, Binary, Operand, Operator, Order, Step, SwapGraph, Unary};

/// Fuses what can be, and drops the steps that nothing reads any more.
pub(super) fn fuse(graph: &mut SwapGraph) {
    let patterns = [
        pad_into_convolution,
        depth_to_space,
        repeated_channels,
        bias_into_layer,
        slope_into_convolution,
        squares_into_mean,
    ];
    for pattern in patterns {
        for at in 0..graph.steps.len() {
            if let Some(step) = pattern(graph, at) {
                graph.steps[at] = step;
            }
        }
        drop_unread(graph);
    }
    drop_unread_constants(graph);
}

/// Keeps what the outputs need.
fn drop_unread(graph: &mut SwapGraph) {
    let mut read = vec![false; graph.shapes.len()];
    for output in graph.outputs {
        read[output] = true;
    }
    // Steps are in order: by the time one is looked at, all that may read it have been.
    for step in graph.steps.iter().rev() {
        if read[step.output] {
            for input in &step.inputs {
                if let Operand::Value(value) = input {
                    read[*value] = true;
                }
            }
        }
    }
    graph.steps.retain(|step| read[step.output]);
}

/// Keeps the constants that steps read.
fn drop_unread_constants(graph: &mut SwapGraph) {
    let mut places = vec![None; graph.constants.len()];
    let mut kept = Vec::new();
    for input in graph.steps.iter_mut().flat_map(|step| &mut step.inputs) {
        if let Operand::Constant(constant) = input {
            let place = *places[*constant].get_or_insert_with(|| {
                kept.push(std::mem::replace(&mut graph.constants[*constant], Array::scalar(0.0)));
                kept.len() - 1
            });
            *constant = place;
        }
    }
    graph.constants = kept;
}

/// The step that gives an operand.
fn giver(graph: &SwapGraph, operand: Operand) -> Option<&Step> {
    let Operand::Value(value) = operand else { return None };
    graph.steps.iter().find(|step| step.output == value)
}

/// Whether one step alone reads what a step gives.
fn read_once(graph: &SwapGraph, step: &Step) -> bool {
    let operand = Operand::Value(step.output);
    let readers = graph.steps.iter().flat_map(|step| &step.inputs).filter(|&&input| input == operand).count();
    readers == 1 && !graph.outputs.contains(&step.output)
}

/// Zeros around a picture, then a convolution.
fn pad_into_convolution(graph: &mut SwapGraph, at: usize) -> Option<Step> {
    let step = &graph.steps[at];
    let Operator::Convolution { stride, pads, groups, slope } = step.operator else { return None };
    let pad = giver(graph, step.inputs[0])?;
    let Operator::Pad { around, value: 0.0 } = &pad.operator else { return None };
    let &[[0, 0], [0, 0], vertical, horizontal] = around.as_slice() else { return None };
    let more = [vertical[0], horizontal[0], vertical[1], horizontal[1]];
    let pads = std::array::from_fn(|n| pads[n] + more[n]);
    let mut inputs = step.inputs.clone();
    inputs[0] = pad.inputs[0];
    Some(Step { operator: Operator::Convolution { stride, pads, groups, slope }, inputs, output: step.output })
}

/// A value times itself, then a mean, as in a pixel norm: a mean of squares, which the memory of a value between the two
/// need not hold. In 16 bits it does not from 256 on.
fn squares_into_mean(graph: &mut SwapGraph, at: usize) -> Option<Step> {
    let step = &graph.steps[at];
    let Operator::Mean { axes, squares: false } = &step.operator else { return None };
    let square = giver(graph, step.inputs[0])?;
    let &[x, same] = square.inputs.as_slice() else { return None };
    let operator = Operator::Mean { axes: axes.clone(), squares: true };
    let is_square = square.operator == Operator::Binary(Binary::Multiply) && x == same;
    is_square.then(|| Step { operator, inputs: vec![x], output: step.output })
}

/// Reshape, Transpose, Reshape, as converters write a depth-to-space.
fn depth_to_space(graph: &mut SwapGraph, at: usize) -> Option<Step> {
    let last = &graph.steps[at];
    let transpose = giver(graph, *last.inputs.first()?).filter(|_| last.operator == Operator::Reshape)?;
    let Operator::Transpose { order } = &transpose.operator else { return None };
    let first = giver(graph, transpose.inputs[0]).filter(|step| step.operator == Operator::Reshape)?;
    let Operand::Value(value) = first.inputs[0] else { return None };
    let (&[1, channels, height, width], middle) = (&*graph.shapes[value], &*graph.shapes[first.output]) else {
        return None;
    };
    let (block, order) = match (middle, order.as_slice()) {
        (&[1, b, c, _, h, w], [0, 3, 4, 1, 5, 2]) if (b, h, w) == (c, height, width) => (b, Order::Dcr),
        (&[1, _, b, c, h, w], [0, 1, 4, 2, 5, 3]) if (b, h, w) == (c, height, width) => (b, Order::Crd),
        _ => return None,
    };
    let whole = graph.shapes[last.output] == [1, channels / (block * block), height * block, width * block];
    let operator = Operator::DepthToSpace { block, order };
    whole.then(|| Step { operator, inputs: first.inputs.clone(), output: last.output })
}

/// A picture behind itself, then a convolution: one of the picture, with the weights of each time added up.
fn repeated_channels(graph: &mut SwapGraph, at: usize) -> Option<Step> {
    let step = graph.steps[at].clone();
    let Operator::Convolution { groups: 1, .. } = step.operator else { return None };
    let [picture, Operand::Constant(weights), ..] = *step.inputs else { return None };
    let joined = giver(graph, picture).filter(|joined| joined.operator == Operator::Concat { axis: 1 })?;
    let (picture, times) = (*joined.inputs.first()?, joined.inputs.len());
    if times == 1 || joined.inputs.iter().any(|input| *input != picture) {
        return None;
    }
    let Array { shape, values } = &graph.constants[weights];
    let &[out, depth, rows, columns] = shape.as_slice() else { return None };
    let (filter, part) = (depth * rows * columns, depth / times * rows * columns);
    if filter == 0 {
        return None;
    }
    let summed = |filter: &[f32]| {
        let tap = |n: usize| filter.iter().skip(n).step_by(part).sum::<f32>();
        (0..part).map(tap).collect::<Vec<_>>()
    };
    let values = values.chunks_exact(filter).flat_map(summed).collect();
    let mut inputs = step.inputs;
    graph.constants.push(Array { shape: vec![out, depth / times, rows, columns], values });
    inputs[..2].copy_from_slice(&[picture, Operand::Constant(graph.constants.len() - 1)]);
    Some(Step { operator: step.operator, inputs, output: step.output })
}

/// A convolution or dense layer without bias, then a number added to each channel.
fn bias_into_layer(graph: &mut SwapGraph, at: usize) -> Option<Step> {
    let step = graph.steps[at].clone();
    let (layer, bias) = match (&step.operator, step.inputs.as_slice()) {
        (Operator::Binary(Binary::Add), &[value, Operand::Constant(bias)]) => (giver(graph, value)?, bias),
        (Operator::Binary(Binary::Add), &[Operand::Constant(bias), value]) => (giver(graph, value)?, bias),
        _ => return None,
    };
    let bare = match layer.operator {
        Operator::Convolution { slope, .. } => slope.is_none(),
        Operator::Dense => true,
        _ => false,
    };
    let shape = &graph.shapes[layer.output];
    let channels = *shape.get(1)?;
    let by_channel = match (&*graph.constants[bias].shape, shape.len()) {
        ([1, c, 1, 1] | [c, 1, 1], 4) | ([1, c] | [c], 2) => *c == channels,
        _ => false,
    };
    if !bare || layer.inputs.len() != 2 || !by_channel || !read_once(graph, layer) {
        return None;
    }
    let (operator, mut inputs) = (layer.operator.clone(), layer.inputs.clone());
    let values = graph.constants[bias].values.clone();
    graph.constants.push(Array { shape: vec![channels], values });
    inputs.push(Operand::Constant(graph.constants.len() - 1));
    Some(Step { operator, inputs, output: step.output })
}

/// A convolution, then a leaky ReLU.
fn slope_into_convolution(graph: &mut SwapGraph, at: usize) -> Option<Step> {
    let step = &graph.steps[at];
    let Operator::Unary(Unary::LeakyRelu(bent)) = step.operator else { return None };
    let layer = giver(graph, step.inputs[0])?;
    let Operator::Convolution { stride, pads, groups, slope: None } = layer.operator else { return None };
    let operator = Operator::Convolution { stride, pads, groups, slope: Some(bent) };
    read_once(graph, layer).then(|| Step { operator, inputs: layer.inputs.clone(), output: step.output })
}

//! A step in host memory: one pass over weights, gradients and state, on every core.

use rayon::prelude::*;

use super::settings::{Kind, Numbers};

/// Numbers that a task takes at once: what it touches of five arrays stays in a core's cache, and sums are in the same
/// order on any number of threads.
const CHUNK: usize = 16 * 1024;

/// The state of one parameter.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
    pub(super) average: Option<Vec<f32>>,
}

/// What is to be done to one parameter: its moments move where there is a gradient, its average follows by `follow`.
pub(super) struct Update<'a> {
    pub(super) weights: &'a mut [f32],
    pub(super) moments: &'a mut Moments,
    pub(super) gradient: Option<(&'a [f32], Numbers)>,
    pub(super) follow: Option<f32>,
}

/// Sum of squares.
pub(super) fn squares(values: &[f32]) -> f64 {
    let sums: Vec<f64> = values.par_chunks(CHUNK).map(squares_of_chunk).collect();
    sums.iter().sum()
}

/// In sixteen lanes, which is what vectorises.
fn squares_of_chunk(values: &[f32]) -> f64 {
    let mut lanes = [0.0_f64; 16];
    let (whole, rest) = values.as_chunks::<16>();
    for sixteen in whole {
        for (lane, value) in lanes.iter_mut().zip(sixteen) {
            *lane += f64::from(*value) * f64::from(*value);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>()
}

/// Does all updates.
pub(super) fn apply(updates: Vec<Update<'_>>) {
    let pieces: Vec<Piece<'_>> = updates.into_iter().flat_map(pieces).collect();
    pieces.into_par_iter().for_each(|piece| {
        if let Some((gradient, numbers)) = piece.gradient {
            advance(piece.weights, gradient, piece.first, piece.second, &numbers);
        }
        if let Some((average, by)) = piece.average {
            for (average, weight) in average.iter_mut().zip(&*piece.weights) {
                *average += by * (*weight - *average);
            }
        }
    });
}

/// A chunk of an update.
struct Piece<'a> {
    weights: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    gradient: Option<(&'a [f32], Numbers)>,
    average: Option<(&'a mut [f32], f32)>,
}

fn pieces(update: Update<'_>) -> Vec<Piece<'_>> {
    let Moments { first, second, average } = update.moments;
    let mut gradients = update.gradient.map(|(gradient, numbers)| (gradient.chunks(CHUNK), numbers));
    let mut averages = average.as_mut().zip(update.follow).map(|(average, by)| (average.chunks_mut(CHUNK), by));
    let state = first.chunks_mut(CHUNK).zip(second.chunks_mut(CHUNK));
    let pieces = update.weights.chunks_mut(CHUNK).zip(state).map(|(weights, (first, second))| Piece {
        weights,
        first,
        second,
        gradient: gradients.as_mut().and_then(|(chunks, numbers)| Some((chunks.next()?, *numbers))),
        average: averages.as_mut().and_then(|(chunks, by)| Some((chunks.next()?, *by))),
    });
    pieces.collect()
}

fn advance(weights: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], numbers: &Numbers) {
    let Numbers { kind, beta1, beta2, clip, step, correction, epsilon } = *numbers;
    let moments = first.iter_mut().zip(second.iter_mut());
    let values = weights.iter_mut().zip(gradient).zip(moments);
    match kind {
        Kind::Adam => values.for_each(|((weight, gradient), (first, second))| {
            let gradient = gradient * clip;
            *first = beta1 * *first + (1.0 - beta1) * gradient;
            *second = beta2 * *second + (1.0 - beta2) * (gradient * gradient);
            *weight -= step * *first / (second.sqrt() * correction + epsilon);
        }),
        Kind::AdaBelief => values.for_each(|((weight, gradient), (first, second))| {
            let gradient = gradient * clip;
            *first = beta1 * *first + (1.0 - beta1) * gradient;
            let surprise = gradient - *first;
            *second = beta2 * *second + (1.0 - beta2) * (surprise * surprise) + epsilon;
            *weight -= step * *first / (second.sqrt() * correction + epsilon);
        }),
    }
}

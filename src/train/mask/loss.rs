//! How wrong scores are: cross entropy, in which edges count more, and a soft Dice of the face and of what hides it.
//!
//! F. Milletari et al., "V-Net: fully convolutional neural networks for volumetric medical image segmentation", 3DV
//! 2016, for the Dice. Value and gradient are computed together in host memory, in two passes over all scores;
//! through tensors of burn each term would be several.

use rayon::prelude::*;

use super::Class;

/// Weight of a pixel beside another class; 1 elsewhere.
const EDGE: f32 = 3.0;
/// Pixels up to which it is beside it.
const REACH: isize = 2;
/// Classes whose Dice counts.
const DICE: [Class; 2] = [Class::Face, Class::Occluder];
/// What each Dice counts beside the cross entropy.
const DICE_WEIGHT: f32 = 0.5;

/// The loss of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// Mean cross entropy in nats, weighted.
    pub entropy: f32,
    /// 1 − Dice, of the face and of occluders, 0..1.
    pub dice: [f32; 2],
    /// Derivative of [`Loss::total`] by each score.
    pub gradient: Vec<f32>,
}

impl Loss {
    /// What is made small.
    pub fn total(&self) -> f32 {
        self.entropy + DICE_WEIGHT * self.dice.iter().sum::<f32>()
    }

    /// Of `scores`, `[N, classes, side, side]`, where each pixel is one of `classes`, `[N, side, side]`.
    pub fn of(scores: &[f32], classes: &[Class], side: usize) -> Self {
        let pixels = side * side;
        let pictures = scores.par_chunks_exact(Class::COUNT * pixels).zip(classes.par_chunks_exact(pixels));
        let likely: Vec<Likely> = pictures.clone().map(|(scores, classes)| Likely::of(scores, classes, side)).collect();
        let sum = |of: &dyn Fn(&Likely) -> f64| likely.iter().map(of).sum::<f64>();
        let weight = sum(&|picture| picture.weight).max(1.0);
        let both = [0, 1].map(|n| sum(&|picture| picture.both[n]) as f32);
        let either = [0, 1].map(|n| sum(&|picture| picture.either[n]) as f32);
        let mut gradient = vec![0.0; scores.len()];
        let pulls = [0, 1].map(|n| Pull::of(both[n], either[n]));
        let pieces = gradient.par_chunks_exact_mut(Class::COUNT * pixels).zip(&likely);
        pieces.zip(classes.par_chunks_exact(pixels)).for_each(|((gradient, picture), classes)| {
            picture.pull(classes, (1.0 / weight) as f32, pulls, gradient);
        });
        let dice = [0, 1].map(|n| 1.0 - (2.0 * both[n] + 1.0) / (either[n] + 1.0));
        Self { entropy: (sum(&|picture| picture.entropy) / weight) as f32, dice, gradient }
    }
}

/// Derivatives of 1 − (2 both + 1) / (either + 1) by a probability within the class and outside.
#[derive(Debug, Clone, Copy)]
struct Pull {
    inside: f32,
    outside: f32,
}

impl Pull {
    fn of(both: f32, either: f32) -> Self {
        let outside = (2.0 * both + 1.0) / (either + 1.0).powi(2);
        Self { inside: outside - 2.0 / (either + 1.0), outside }
    }
}

/// Probabilities of one picture and what is summed of them.
struct Likely {
    /// Class by class.
    probabilities: Vec<f32>,
    weights: Vec<f32>,
    weight: f64,
    entropy: f64,
    /// Of each class of [`DICE`]: the sum of probabilities within it, and of all of them and its pixels.
    both: [f64; 2],
    either: [f64; 2],
}

impl Likely {
    fn of(scores: &[f32], classes: &[Class], side: usize) -> Self {
        let pixels = side * side;
        let weights = edges(classes, side);
        let mut found = Self {
            probabilities: vec![0.0; scores.len()],
            weight: weights.iter().map(|&w| f64::from(w)).sum(),
            weights,
            entropy: 0.0,
            both: [0.0; 2],
            either: [0.0; 2],
        };
        for (n, &class) in classes.iter().enumerate() {
            let own: [f32; Class::COUNT] = std::array::from_fn(|c| scores[c * pixels + n]);
            let most = own.iter().copied().fold(f32::MIN, f32::max);
            let shares = own.map(|score| (score - most).exp());
            let sum: f32 = shares.iter().sum();
            for (c, share) in shares.iter().enumerate() {
                found.probabilities[c * pixels + n] = share / sum;
            }
            found.entropy += f64::from(found.weights[n] * (sum.ln() - (own[class as usize] - most)));
            for (k, counted) in DICE.into_iter().enumerate() {
                let likely = f64::from(shares[counted as usize] / sum);
                let is = f64::from(u8::from(class == counted));
                found.both[k] += likely * is;
                found.either[k] += likely + is;
            }
        }
        found
    }

    fn pull(&self, classes: &[Class], scale: f32, pulls: [Pull; 2], gradient: &mut [f32]) {
        let pixels = classes.len();
        for (n, &class) in classes.iter().enumerate() {
            let own: [f32; Class::COUNT] = std::array::from_fn(|c| self.probabilities[c * pixels + n]);
            let mut of_probability = [0.0; Class::COUNT];
            for (counted, pull) in DICE.into_iter().zip(pulls) {
                let pull = if class == counted { pull.inside } else { pull.outside };
                of_probability[counted as usize] = DICE_WEIGHT * pull;
            }
            let mean: f32 = own.iter().zip(of_probability).map(|(p, pull)| p * pull).sum();
            for c in 0..Class::COUNT {
                let is = f32::from(u8::from(c == class as usize));
                gradient[c * pixels + n] =
                    scale * self.weights[n] * (own[c] - is) + own[c] * (of_probability[c] - mean);
            }
        }
    }
}

/// What each pixel counts.
fn edges(classes: &[Class], side: usize) -> Vec<f32> {
    let beside = |n: usize| {
        let (x, y) = ((n % side) as isize, (n / side) as isize);
        [(-REACH, 0), (REACH, 0), (0, -REACH), (0, REACH), (-1, 0), (1, 0), (0, -1), (0, 1)].iter().any(|(dx, dy)| {
            let (x, y) = (x + dx, y + dy);
            let inside = (0..side as isize).contains(&x) && (0..side as isize).contains(&y);
            inside && classes[y as usize * side + x as usize] != classes[n]
        })
    };
    (0..classes.len()).map(|n| if beside(n) { EDGE } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_value() {
        let side = 4;
        let classes: Vec<Class> = (0..2 * side * side).map(|n| Class::ALL[(n * 7 / 3) % Class::COUNT]).collect();
        let scores: Vec<f32> =
            (0..2 * Class::COUNT * side * side).map(|n| ((n * 37 % 19) as f32 - 9.0) / 6.0).collect();
        let loss = Loss::of(&scores, &classes, side);
        for at in [0, 17, 63, 100, 159] {
            let moved = |by: f32| {
                let mut scores = scores.clone();
                scores[at] += by;
                Loss::of(&scores, &classes, side).total()
            };
            let measured = (moved(0.02) - moved(-0.02)) / 0.04;
            assert!((measured - loss.gradient[at]).abs() < 3e-4, "{at}: {measured} against {}", loss.gradient[at]);
        }
    }

    #[test]
    fn what_is_right_costs_nothing_and_an_edge_costs_more() {
        let side = 8;
        let classes: Vec<Class> =
            (0..side * side).map(|n| if n % side < 4 { Class::Face } else { Class::Occluder }).collect();
        let right = |wrong: Option<usize>| {
            let mut scores = vec![0.0; Class::COUNT * side * side];
            for (n, &class) in classes.iter().enumerate() {
                let shown = if wrong == Some(n) { Class::Hair } else { class };
                scores[shown as usize * side * side + n] = 20.0;
            }
            Loss::of(&scores, &classes, side)
        };
        assert!(right(None).total() < 1e-4);
        let (edge, inside) = (right(Some(3)).entropy, right(Some(0)).entropy);
        assert!(edge > 2.5 * inside, "{edge} against {inside}");
    }
}

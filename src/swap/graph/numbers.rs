//! Few numbers that steer a network rather than flow through it: shapes, axes, bounds; and what is computed of
//! `morph_value`, which is known only when a frame comes.

use super::arithmetic::Binary;
use super::shape::broadcast;

/// A number, perhaps of `morph_value`.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// Known.
    Fixed(f64),
    /// `morph_value` itself.
    Morph,
    /// Two numbers, joined.
    Of(Box<(Binary, Number, Number)>),
    /// Without what is behind the point, as a Cast to integers does.
    Whole(Box<Number>),
}

impl Number {
    /// Its value when `morph_value` is `morph`.
    pub fn at(&self, morph: f64) -> f64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Morph => morph,
            Self::Of(joined) => rounded(joined.0.of_wide(joined.1.at(morph), joined.2.at(morph))),
            Self::Whole(number) => number.at(morph).trunc(),
        }
    }

    /// The number, where it is known.
    pub fn fixed(&self) -> Option<f64> {
        if let Self::Fixed(value) = self { Some(*value) } else { None }
    }

    /// Whether two are the same, however `morph_value` stands: at so many of its values that what is computed of it
    /// otherwise differs at one.
    pub(super) fn same(&self, other: &Self) -> bool {
        (0..=1000).map(|n| f64::from(n) / 1000.0).all(|morph| self.at(morph) == other.at(morph))
    }

    /// `None` where it would become too long.
    pub(super) fn joined(operator: Binary, a: &Self, b: &Self) -> Option<Self> {
        match (a, b) {
            (Self::Fixed(a), Self::Fixed(b)) => Some(Self::Fixed(operator.of_wide(*a, *b))),
            _ if a.size() + b.size() > Self::MOST => None,
            _ => Some(Self::Of(Box::new((operator, a.clone(), b.clone())))),
        }
    }

    pub(super) fn whole(&self) -> Self {
        match self {
            Self::Fixed(value) => Self::Fixed(value.trunc()),
            Self::Whole(_) => self.clone(),
            number => Self::Whole(Box::new(number.clone())),
        }
    }

    /// Operations of the longest number.
    const MOST: usize = 64;

    fn size(&self) -> usize {
        match self {
            Self::Fixed(_) | Self::Morph => 1,
            Self::Of(joined) => 1 + joined.1.size() + joined.2.size(),
            Self::Whole(number) => 1 + number.size(),
        }
    }

    /// Whether two are equal, where that is so, or not so, at every `morph_value`.
    fn equals(&self, other: &Self) -> Option<bool> {
        let mut at = (0..=1000).map(|n| f64::from(n) / 1000.0).map(|morph| self.at(morph) == other.at(morph));
        let first = at.next()?;
        at.all(|equal| equal == first).then_some(first)
    }
}

/// As a 32-bit float has it: what a runtime computes decides where a part ends. Integers beyond their reach stay.
fn rounded(value: f64) -> f64 {
    if value.abs() < f64::from(1 << 24) { f64::from(value as f32) } else { value }
}

/// A small tensor of such numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbers {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<Number>,
    /// Whether they are integers.
    pub(super) whole: bool,
}

impl Numbers {
    /// Integers that are known.
    pub(super) fn integers(shape: Vec<usize>, values: impl IntoIterator<Item = i64>) -> Self {
        Self { shape, values: values.into_iter().map(|value| Number::Fixed(value as f64)).collect(), whole: true }
    }

    /// All of them, where all are known.
    pub(super) fn fixed(&self) -> Option<Vec<f64>> {
        self.values.iter().map(Number::fixed).collect()
    }

    /// Each with each, or one with all; `None` for other shapes, and where a number becomes too long.
    pub(super) fn with(&self, operator: Binary, other: &Self) -> Option<Self> {
        let whole = self.whole && other.whole;
        self.paired(other, |a, b| {
            let number = Number::joined(operator, a, b)?;
            Some(if whole && operator == Binary::Divide { number.whole() } else { number })
        })
    }

    /// 1 where they are equal, 0 elsewhere; `None` where `morph_value` decides.
    pub(super) fn equal(&self, other: &Self) -> Option<Self> {
        let each = |a: &Number, b: &Number| a.equals(b).map(|equal| Number::Fixed(f64::from(u8::from(equal))));
        Some(Self { whole: true, ..self.paired(other, each)? })
    }

    fn paired(&self, other: &Self, joined: impl Fn(&Number, &Number) -> Option<Number>) -> Option<Self> {
        let values: Option<Vec<Number>> = match (&*self.values, &*other.values) {
            (a, [b]) => a.iter().map(|a| joined(a, b)).collect(),
            ([a], b) => b.iter().map(|b| joined(a, b)).collect(),
            (a, b) if self.shape == other.shape => a.iter().zip(b).map(|(a, b)| joined(a, b)).collect(),
            _ => None,
        };
        let shape = broadcast(&self.shape, &other.shape)?;
        Some(Self { shape, values: values?, whole: self.whole && other.whole })
    }

    /// As integers, or not.
    pub(super) fn cast(&self, whole: bool) -> Self {
        let value = |number: &Number| if whole && !self.whole { number.whole() } else { number.clone() };
        Self { shape: self.shape.clone(), values: self.values.iter().map(value).collect(), whole }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may stop")]
mod tests {
    use super::*;

    #[test]
    fn what_is_computed_of_morph_is_followed() {
        let morph = Numbers { shape: vec![1], values: vec![Number::Morph], whole: false };
        let length = Numbers::integers(vec![1], [256]);
        let from = morph.with(Binary::Multiply, &length.cast(false)).unwrap().cast(true);
        assert!(from.whole && from.fixed().is_none());
        assert_eq!((from.values[0].at(0.0), from.values[0].at(0.75), from.values[0].at(0.999)), (0.0, 192.0, 255.0));
        // begin + (length − begin) is the length, though no rule says so.
        let rest = length.with(Binary::Subtract, &from).unwrap();
        let end = from.with(Binary::Add, &rest).unwrap();
        assert!(end.values[0].same(&Number::Fixed(256.0)) && !from.values[0].same(&rest.values[0]));
        // As a 32-bit float has it: 0.7 of 10 is 7.
        let product = Number::joined(Binary::Multiply, &Number::Morph, &Number::Fixed(10.0)).unwrap();
        assert_eq!(product.at(f64::from(0.7_f32)), 7.0);
    }

    #[test]
    fn integers_divide_as_integers() {
        let seven = Numbers::integers(vec![], [7]).with(Binary::Divide, &Numbers::integers(vec![2], [2, 3])).unwrap();
        assert_eq!((seven.fixed(), seven.shape), (Some(vec![3.0, 2.0]), vec![2]));
    }
}

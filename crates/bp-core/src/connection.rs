//! [`Connection`]: what joins two layers. Every kind is bilinear in weights and input, so every kind is a list of
//! [`Term`]s; dense and identity are the fast cases.

use alloc::vec::Vec;

/// How the units of a source feed the units of a layer.
///
/// ```
/// use bp_core::{Connection, Term};
/// // A 1-D convolution of width 2 over 4 units: three units share two weights.
/// let terms = (0..3).flat_map(|to| (0..2).map(move |k| Term::weighted(to, to + k, k))).collect();
/// let conv = Connection::Terms(terms);
/// assert_eq!(conv.n_weights(3, 4), 2);
/// assert_eq!(Connection::Dense.n_weights(3, 4), 12);
/// assert_eq!(Connection::Identity.n_weights(4, 4), 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Connection {
    /// aⱼ += Σᵢ wⱼᵢ zᵢ, one weight for every pair, stored `[to][from]`.
    Dense,
    /// aⱼ += zⱼ, no weights; both sides equally wide.
    Identity,
    /// a_to += w z_from for every term, in order: masked, shared, convolutional or permuting connections as data.
    Terms(Vec<Term>),
}

/// One product of a [`Connection::Terms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Term {
    /// Unit of the layer that is fed.
    pub to: u32,
    /// Unit of the source.
    pub from: u32,
    /// Which weight multiplies it; `None` is the constant 1. Terms that name the same weight share it.
    pub weight: Option<u32>,
}

impl Term {
    /// A term with a weight.
    pub fn weighted(to: u32, from: u32, weight: u32) -> Self {
        Self { to, from, weight: Some(weight) }
    }

    /// A term with the constant 1.
    pub fn fixed(to: u32, from: u32) -> Self {
        Self { to, from, weight: None }
    }

    #[inline(always)]
    pub(crate) fn times<S: crate::Scalar>(&self, w: &[S], x: S) -> S {
        match self.weight {
            Some(weight) => w[weight as usize] * x,
            None => x,
        }
    }
}

impl Connection {
    /// How many weights it has between `from` and `to` units.
    pub fn n_weights(&self, to: usize, from: usize) -> usize {
        match self {
            Self::Dense => to * from,
            Self::Identity => 0,
            Self::Terms(terms) => terms.iter().filter_map(|t| t.weight).max().map_or(0, |w| w as usize + 1),
        }
    }

    /// The mean number of weighted inputs of one unit, for initialisers.
    pub(crate) fn fan_in(&self, to: usize, from: usize) -> f64 {
        match self {
            Self::Dense => from as f64,
            Self::Identity => 0.0,
            Self::Terms(terms) => terms.iter().filter(|t| t.weight.is_some()).count() as f64 / to as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// Two units of four inputs: four terms, three of them weighted, by two weights.
    fn terms() -> Vec<Term> {
        vec![Term::weighted(0, 0, 0), Term::weighted(0, 1, 1), Term::fixed(0, 3), Term::weighted(1, 2, 1)]
    }

    #[test]
    fn weights_and_inputs_are_counted() {
        let fixed = Connection::Terms(vec![Term::fixed(1, 0)]);
        let cases = [
            (Connection::Dense, 8, 4.0_f64),
            (Connection::Identity, 0, 0.0),
            (Connection::Terms(terms()), 2, 1.5),
            (fixed, 0, 0.0),
        ];
        for (connection, n_weights, fan_in) in cases {
            assert_eq!(connection.n_weights(2, 4), n_weights, "{connection:?}");
            assert_eq!(connection.fan_in(2, 4).to_bits(), fan_in.to_bits(), "{connection:?}");
        }
    }

    #[test]
    fn a_term_multiplies_by_its_weight_or_by_1() {
        let products = terms().iter().map(|term| term.times(&[3.0_f64, 5.0], 7.0).to_bits()).collect::<Vec<_>>();
        assert_eq!(products, [21.0_f64, 35.0, 7.0, 35.0].map(f64::to_bits));
    }
}

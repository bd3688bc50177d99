//! [`Draw`]: numbers to certify at, from a seed.

use crate::case::SplitMix;

/// Draws short decimals, so that a report can be typed in again.
///
/// ```
/// use bp_verify::Draw;
/// let numbers = Draw::new(7).numbers(3);
/// assert_eq!(numbers, Draw::new(7).numbers(3));
/// assert!(numbers.iter().all(|x| x.abs() < 1.0 && *x != 0.0));
/// ```
#[derive(Debug)]
pub struct Draw(SplitMix);

impl Draw {
    /// The same seed draws the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(SplitMix(seed))
    }

    /// Odd thousandths in ±1: never 0, where so many functions have a kink or a symmetry.
    pub fn numbers(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.odd(999) / 1000.0).collect()
    }

    /// Odd thousandths of `size`, in ±`size`.
    pub fn within(&mut self, size: f64, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.odd(999) / 1000.0 * size).collect()
    }

    /// A whole number below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    /// Cotangents: multiples of 1/16 in ±1, which every float holds, none of them 0.
    pub(crate) fn cotangents(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.odd(15) / 16.0).collect()
    }

    /// An odd number in ±`largest`, which is odd.
    fn odd(&mut self, largest: usize) -> f64 {
        2.0 * self.0.below(largest + 1) as f64 - largest as f64
    }
}

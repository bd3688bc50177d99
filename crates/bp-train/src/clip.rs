//! [`Clip`]: limits on a gradient before an optimiser sees it.

use bp_core::Float;

use crate::optimizer::power;
use crate::{Group, SettingError};

/// Limits on values and on the norm; values come first.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Clip {
    pub(crate) norm: Option<f64>,
    pub(crate) value: Option<f64>,
}

impl Clip {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let above_0 =
            |what, value: Option<f64>| value.map_or(Ok(()), |value| SettingError::unless_above_0(what, value));
        above_0("the norm to clip at", self.norm)?;
        above_0("the value to clip at", self.value)
    }

    pub(crate) fn is_off(&self) -> bool {
        self.norm.is_none() && self.value.is_none()
    }

    /// Changes the gradient of every group that is not frozen.
    pub(crate) fn apply<S: Float>(&self, grad: &mut [S], groups: &[Group]) {
        let moving = groups.iter().filter(|group| !group.is_frozen()).map(|group| group.range.clone());
        if let Some(limit) = self.value.map(S::from_f64) {
            for range in moving.clone() {
                grad[range].iter_mut().for_each(|g| *g = g.min(limit).max(-limit));
            }
        }
        if let Some(limit) = self.norm {
            let mut square: f64 = moving.clone().map(|range| sum_of_squares(&grad[range], 1.0)).sum();
            let mut scale = 1.0;
            if !square.is_finite() {
                // Squares beyond every f64, unless g is not finite itself, which has to stay visible.
                scale = power(0.5, 600);
                square = moving.clone().map(|range| sum_of_squares(&grad[range], scale)).sum();
            }
            let factor = limit * scale / square.sqrt();
            // Written so that NaN is applied.
            if !(factor >= 1.0) {
                let shorten = |g: &mut S| *g = S::from_f64(g.to_f64() * factor);
                moving.for_each(|range| grad[range].iter_mut().for_each(shorten));
            }
        }
    }
}

/// Σ (scale · g)² in `f64`, in eight sums so that it runs in vectors; the order is fixed.
pub(crate) fn sum_of_squares<S: Float>(grad: &[S], scale: f64) -> f64 {
    let mut sums = [0.0; 8];
    let blocks = grad.chunks_exact(8);
    let rest = blocks.remainder();
    let square = |g: S| (g.to_f64() * scale) * (g.to_f64() * scale);
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, &g)| *sum += square(g));
    }
    sums.iter_mut().zip(rest).for_each(|(sum, &g)| *sum += square(g));
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clipped(norm: Option<f64>, value: Option<f64>, mut grad: Vec<f64>) -> Vec<f64> {
        let n = grad.len();
        let groups = [
            Group { range: 0..n - 1, decay: 0.0, rate: 1.0 },
            Group { range: n - 1..n, decay: 0.0, rate: 0.0 }, // frozen
        ];
        Clip { norm, value }.apply(&mut grad, &groups);
        grad
    }

    fn near(got: &[f64], want: &[f64]) {
        let is_near = |(got, want): (&f64, &f64)| (got - want).abs() <= 1e-14 * want.abs();
        assert!(got.len() == want.len() && got.iter().zip(want).all(is_near), "{got:?} instead of {want:?}");
    }

    #[test]
    fn norms_and_values() {
        near(&clipped(None, Some(2.0), vec![1.0, -3.0, 4.0, 9.0]), &[1.0, -2.0, 2.0, 9.0]);
        near(&clipped(Some(2.5), None, vec![3.0, -4.0, 9.0]), &[1.5, -2.0, 9.0]);
        near(&clipped(Some(5.0), None, vec![3.0, -4.0, 9.0]), &[3.0, -4.0, 9.0]);
        near(&clipped(Some(1.0), Some(1.0), vec![3.0, -4.0, 9.0]), &[0.5_f64.sqrt(), -(0.5_f64.sqrt()), 9.0]);
        near(&clipped(Some(1.0), None, vec![0.0; 3]), &[0.0; 3]);
        // More than a block, and a rest.
        near(&clipped(Some(1.0), None, vec![1.0; 26]), &[vec![0.2; 25], vec![1.0]].concat());
    }

    #[test]
    fn squares_that_overflow() {
        near(&clipped(Some(5.0), None, vec![3e200, -4e200, 0.0]), &[3.0, -4.0, 0.0]);
        near(&clipped(Some(2.0_f64.sqrt()), None, vec![1.7e308, -1.7e308, 0.0]), &[1.0, -1.0, 0.0]);
    }

    /// What is not finite must reach the parameters, where the trainer finds it.
    #[test]
    fn what_is_not_finite_stays_so() {
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(!clipped(Some(1.0), None, vec![bad, 1.0, 0.0])[0].is_finite());
        }
        assert!(clipped(None, Some(1.0), vec![f64::NAN, 1.0, 0.0])[0].is_nan());
        assert!(clipped(Some(1.0), Some(1.0), vec![f64::NAN, 1.0, 0.0])[0].is_nan());
    }
}

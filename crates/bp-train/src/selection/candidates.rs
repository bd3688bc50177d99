//! Candidates for a search: grids and random draws.

use bp_core::Real;

use crate::{Philox, stream};

/// Every combination of one value per axis, the last axis fastest.
///
/// ```
/// let settings = bp_train::selection::grid([&[0.1, 0.01], &[0.0, 1.0, 2.0]]);
/// assert_eq!(settings.len(), 6);
/// assert_eq!(settings[1], [0.1, 1.0]);
/// ```
pub fn grid<const N: usize>(axes: [&[f64]; N]) -> Vec<[f64; N]> {
    let total = axes.iter().map(|axis| axis.len()).product();
    let setting = |at: usize| {
        let mut rest = at;
        let mut setting = [0.0; N];
        for (value, axis) in setting.iter_mut().zip(axes).rev() {
            *value = axis[rest % axis.len()];
            rest /= axis.len();
        }
        setting
    };
    (0..total).map(setting).collect()
}

/// `n` candidates drawn at random. Each has a stream of numbers of its own, so that more of them do not change the
/// first ones, however many numbers one takes.
///
/// ```
/// use bp_train::selection::{draws, log_uniform};
/// let rate_and_width = |rng: &mut bp_train::Philox| (log_uniform(rng, 1e-4, 1e-1), 8 << rng.below(4));
/// let settings = draws(20, 7, rate_and_width);
/// assert!(settings.iter().all(|(rate, width)| (1e-4..1e-1).contains(rate) && (8..=64).contains(width)));
/// assert_eq!(draws(5, 7, rate_and_width), settings[..5]);
/// ```
pub fn draws<C>(n: usize, seed: u64, mut draw: impl FnMut(&mut Philox) -> C) -> Vec<C> {
    (0..n as u64).map(|at| draw(&mut Philox::new(seed, stream::DRAWS | at << 8))).collect()
}

/// A number whose logarithm is uniform: e^(ln low + u (ln high − ln low)), u in [0, 1). For rates and decays.
///
/// ```
/// let mut rng = bp_train::Philox::new(1, bp_train::stream::DRAWS);
/// let below = (0..1000).filter(|_| bp_train::selection::log_uniform(&mut rng, 1e-4, 1e-2) < 1e-3).count();
/// assert!((400..600).contains(&below)); // half of them, to 6 standard deviations
/// ```
///
/// # Panics
/// Unless 0 < low ≤ high < ∞.
pub fn log_uniform(rng: &mut Philox, low: f64, high: f64) -> f64 {
    assert!(low > 0.0 && low <= high && high < f64::INFINITY, "a range from {low} to {high}, expected 0 < low <= high");
    let (from, to) = (Real::ln(low), Real::ln(high));
    Real::exp(from + rng.unit() * (to - from)).clamp(low, high)
}

//! Slopes of a function of one variable at 0: from the left, central, from the right.

use crate::extrapolation::{COLUMNS, Table};

/// A slope and its estimated error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slope {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

/// Steps, from the first to the last that is tried.
const FIRST: f64 = 1.0 / 16.0;
const LAST: f64 = 1.0 / (1_u64 << 32) as f64;
/// The spacing at which noise is measured: far above rounding of the variable, far below the scale of the function.
const NOISE_STEP: f64 = 1.0 / (1_u64 << 26) as f64;
/// Points of the difference table for the noise.
const NOISE_POINTS: usize = 9;

/// Slopes at 0; `None` where no finite difference was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slopes {
    pub(crate) left: Option<Slope>,
    pub(crate) central: Option<Slope>,
    pub(crate) right: Option<Slope>,
    /// The function itself.
    pub(crate) value: f64,
}

pub(crate) fn slopes_at_zero(mut f: impl FnMut(f64) -> f64) -> Slopes {
    let here = f(0.0);
    let [left, right] = [-1.0, 1.0].map(|side| noise(|t| f(side * t)));
    let both = left + right;
    Slopes {
        left: slope(2.0, |h| ((here - f(-h)) / h, 2.0 * left / h)),
        central: slope(4.0, |h| ((f(h) - f(-h)) / (2.0 * h), both / (2.0 * h))),
        right: slope(2.0, |h| ((f(h) - here) / h, 2.0 * right / h)),
        value: here,
    }
}

/// How far rounding moves f, from third differences on one side of 0 (Hamming; Moré and Wild 2011): of independent errors
/// with variance σ² they have 20 σ², while the function itself leaves h³ f‴. Six σ, and the rounding of the result.
pub(super) fn noise(mut f: impl FnMut(f64) -> f64) -> f64 {
    let mut table: Vec<f64> = (1..=NOISE_POINTS).map(|n| f(n as f64 * NOISE_STEP)).collect();
    let size = table.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    for _ in 0..3 {
        table = table.windows(2).map(|pair| pair[1] - pair[0]).collect();
    }
    let variance = table.iter().map(|d| d * d).sum::<f64>() / (20.0 * table.len() as f64);
    6.0 * variance.sqrt() + f64::EPSILON * size
}

/// The extrapolated slope of differences whose error is a series in powers of which the first shrinks by `base` when h
/// is halved.
fn slope(base: f64, mut difference: impl FnMut(f64) -> (f64, f64)) -> Option<Slope> {
    let mut table = Table::new(base, COLUMNS);
    let mut h = FIRST;
    while h >= LAST {
        let (value, noise) = difference(h);
        if value.is_finite() && noise.is_finite() {
            table.add(value, noise);
        } else {
            table.restart();
        }
        if table.is_noisy() {
            break;
        }
        h /= 2.0;
    }
    table.best().map(|best| Slope { value: best.value, error: best.truncation + best.noise })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three slopes are within their errors of what they are, and the errors are below `width`.
    fn check(name: &str, f: fn(f64) -> f64, left: f64, right: f64, width: f64) {
        let slopes = slopes_at_zero(f);
        let check = |slope: Option<Slope>, want: f64| {
            let slope = slope.expect("finite");
            assert!((slope.value - want).abs() <= slope.error, "{name}: {slope:?}, {want}");
            assert!(slope.error <= width, "{name}: {slope:?}");
        };
        check(slopes.left, left);
        check(slopes.right, right);
        if left.to_bits() == right.to_bits() {
            check(slopes.central, left);
        }
    }

    #[test]
    fn slopes_from_both_sides() {
        check("sin", |t| (t + 0.5).sin(), 0.5_f64.cos(), 0.5_f64.cos(), 1e-8);
        check("a line", |t| 3.0 * t + 1.0, 3.0, 3.0, 1e-8);
        check("constant", |_| 2.0, 0.0, 0.0, 1e-8);
        check("|t|", f64::abs, -1.0, 1.0, 1e-8);
        check("eᵗ and 2t", |t| if t > 0.0 { t.exp() } else { 1.0 + 2.0 * t }, 2.0, 1.0, 1e-8);
        check("a kink nearby", |t| (t - 0.001).abs(), -1.0, -1.0, 1e-6);
        check("single precision", |t| f64::from(((t + 0.5) as f32).sin()), 0.5_f64.cos(), 0.5_f64.cos(), 1e-1);
        check("steep", |t| (1000.0 * t).tanh(), 1000.0, 1000.0, 1e-2);
    }

    #[test]
    fn no_number_is_no_slope() {
        for f in [|_| f64::NAN, f64::ln] {
            let Slopes { left, central, right, .. } = slopes_at_zero(f);
            assert_eq!([left, central, right], [None; 3]);
        }
    }
}

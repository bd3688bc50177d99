//! The functions for `f64`.

use crate::{bits, erf as gauss, exp as exponential, log, sqrt as root, tanh as hyperbolic, trig};

/// Natural exponential eˣ. Overflows to ∞ above 709.78.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    exponential::exp(x)
}

/// eˣ − 1, accurate near 0.
#[inline(always)]
pub fn expm1(x: f64) -> f64 {
    exponential::expm1(x)
}

/// Natural logarithm; `ln(0) = −∞`, NaN below 0.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    log::ln(x)
}

/// ln(1 + x), accurate near 0.
#[inline(always)]
pub fn ln1p(x: f64) -> f64 {
    log::ln1p(x)
}

/// Hyperbolic tangent (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ): odd, within [−1, 1].
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    hyperbolic::tanh(x)
}

/// tanh′ from the unit z = tanh a: 1 − z², as (1 − z)(1 + z), which loses nothing of z.
///
/// Where tanh saturates z is 1 and so this is 0; [`sech2`] is not.
#[inline(always)]
pub fn tanh_derivative(z: f64) -> f64 {
    (1.0 - z) * (1.0 + z)
}

/// tanh′ from the pre-activation: sech² a = 1 / cosh² a, with its own relative accuracy for every a.
#[inline(always)]
pub fn sech2(a: f64) -> f64 {
    hyperbolic::sech2(a)
}

/// Logistic sigmoid σ(x) = 1 / (1 + e⁻ˣ), Bishop's equation 4.59.
#[inline(always)]
pub fn logistic(x: f64) -> f64 {
    hyperbolic::logistic(x)
}

/// ln σ(x) = −softplus(−x).
#[inline(always)]
pub fn log_sigmoid(x: f64) -> f64 {
    -log::softplus(-x)
}

/// Softplus ln(1 + eˣ), stable on both sides: max(x, 0) + ln(1 + e^−|x|).
#[inline(always)]
pub fn softplus(x: f64) -> f64 {
    log::softplus(x)
}

/// Error function 2/√π ∫₀ˣ e^(−t²) dt.
#[inline(always)]
pub fn erf(x: f64) -> f64 {
    gauss::erf(x)
}

/// Complementary error function 1 − erf x, with its own relative accuracy where erf saturates.
#[inline(always)]
pub fn erfc(x: f64) -> f64 {
    gauss::erfc(x)
}

/// Correctly rounded square root; NaN below 0.
#[inline(always)]
pub fn sqrt(x: f64) -> f64 {
    root::f64(x)
}

/// Sine of x radians, for every finite x.
#[inline]
pub fn sin(x: f64) -> f64 {
    trig::sin(x)
}

/// Cosine of x radians, for every finite x.
#[inline]
pub fn cos(x: f64) -> f64 {
    trig::cos(x)
}

/// Absolute value, by clearing the sign bit.
#[inline(always)]
pub fn abs(x: f64) -> f64 {
    bits::abs(x)
}

crate::loops::in_place!(f64);

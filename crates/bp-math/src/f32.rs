//! The functions for `f32`. Bodies in double precision, in `single.rs`; erfc, sine and cosine round those of `f64`.

use crate::{erf as gauss, single, sqrt as root, trig};

/// Natural exponential eˣ. Overflows to ∞ above 88.72.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    single::exp(x)
}

/// eˣ − 1, accurate near 0.
#[inline(always)]
pub fn expm1(x: f32) -> f32 {
    single::expm1(x)
}

/// Natural logarithm; `ln(0) = −∞`, NaN below 0.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    single::ln(x)
}

/// ln(1 + x), accurate near 0.
#[inline(always)]
pub fn ln1p(x: f32) -> f32 {
    single::ln1p(x)
}

/// Hyperbolic tangent (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ): odd, never decreasing, within [−1, 1].
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    single::tanh(x)
}

/// tanh′ from the unit z = tanh a: 1 − z², as (1 − z)(1 + z), which loses nothing of z.
///
/// Where tanh saturates z is 1 and so this is 0; [`sech2`] is not.
#[inline(always)]
pub fn tanh_derivative(z: f32) -> f32 {
    single::tanh_derivative(z)
}

/// tanh′ from the pre-activation: sech² a = 1 / cosh² a, with its own relative accuracy for every a.
#[inline(always)]
pub fn sech2(a: f32) -> f32 {
    single::sech2(a)
}

/// Logistic sigmoid σ(x) = 1 / (1 + e⁻ˣ), Bishop's equation 4.59.
#[inline(always)]
pub fn logistic(x: f32) -> f32 {
    single::logistic(x)
}

/// ln σ(x) = −softplus(−x).
#[inline(always)]
pub fn log_sigmoid(x: f32) -> f32 {
    -single::softplus(-x)
}

/// Softplus ln(1 + eˣ), stable on both sides: max(x, 0) + ln(1 + e^−|x|).
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    single::softplus(x)
}

/// Error function 2/√π ∫₀ˣ e^(−t²) dt.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    single::erf(x)
}

/// Complementary error function 1 − erf x, with its own relative accuracy where erf saturates.
#[inline(always)]
pub fn erfc(x: f32) -> f32 {
    gauss::erfc(f64::from(x)) as f32
}

/// Correctly rounded square root; NaN below 0.
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    root::f32(x)
}

/// Sine of x radians, for every finite x.
#[inline]
pub fn sin(x: f32) -> f32 {
    trig::sin(f64::from(x)) as f32
}

/// Cosine of x radians, for every finite x.
#[inline]
pub fn cos(x: f32) -> f32 {
    trig::cos(f64::from(x)) as f32
}

/// Absolute value, by clearing the sign bit.
#[inline(always)]
pub fn abs(x: f32) -> f32 {
    f32::from_bits(x.to_bits() & (u32::MAX >> 1))
}

crate::loops::in_place!(f32);

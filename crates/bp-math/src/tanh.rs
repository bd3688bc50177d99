//! tanh, its derivative sech², and the logistic function in double precision.
//!
//! All three are quotients of sums with e^(−|a|) or e^(2|a|). Numerator and denominator are kept as a rounded
//! value and what the rounding lost; one division and one linear correction leave the rounding of the quotient and
//! that of the last sum: with N = N₀ + N₁, D = D₀ + D₁, q = N₀ / D₀ it is N / D ≈ q + (N₁ − q D₁) / D₀, where a
//! rough 1 / D₀ is enough, because the bracket is of the size of a rounding error.

use crate::bits::{SHIFT, abs, at_least, at_most, pow2, scale, square, sum, with_sign_of};
use crate::exp::Parts;

/// tanh x = (e²ˣ − 1) / (e²ˣ + 1), with both sides divided by 2ⁿ.
#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    // From 19.1 on, tanh rounds to 1.
    let parts = Parts::new(2.0 * at_most(abs(x), 20.0), 0.0);
    let inverse = pow2(SHIFT - parts.n);
    let (one_minus, lost_n) = sum(1.0, -inverse);
    let (one_plus, lost_d) = sum(1.0, inverse);
    let numerator = parts.plus(one_minus, lost_n);
    let denominator = parts.plus(one_plus, lost_d);
    // D between √½ and 1 + √2: within 18 %.
    let near = 0.4826 * (3.122 - denominator.0);
    with_sign_of(abs(quotient(numerator, denominator, near)), x)
}

/// σ(x) = 1 / (1 + e⁻ˣ), below 0 as eˣ / (1 + eˣ).
#[inline(always)]
pub(crate) fn logistic(x: f64) -> f64 {
    let parts = Parts::new(at_least(-abs(x), -746.0), 0.0);
    let e = parts.mantissa();
    let denominator = one_plus(parts, e);
    let (numerator, n) = if x < 0.0 { (e, parts.n) } else { ((1.0, 0.0), 0.0) };
    scale(quotient(numerator, denominator, near_inverse(denominator.0)), n)
}

/// sech² x = 4 e^(−2|x|) / (1 + e^(−2|x|))².
#[inline(always)]
pub(crate) fn sech2(x: f64) -> f64 {
    // From 374 on it rounds to 0.
    let parts = Parts::new(-2.0 * at_most(abs(x), 400.0), 0.0);
    let (e, lost_e) = parts.mantissa();
    let (d, lost) = one_plus(parts, (e, lost_e));
    let (d2, rounding) = square(d);
    let denominator = (d2, rounding + 2.0 * d * lost);
    // D² between 1 and 4: within 22 %, and after one of Newton's steps within 5 %.
    let near = 0.195 * (5.0 - d2);
    let near = near * (2.0 - d2 * near);
    let y = scale(quotient((4.0 * e, 4.0 * lost_e), denominator, near), parts.n);
    // Two roundings upward would make 1 + 2⁻⁵² of a value just below 1.
    at_most(y, 1.0)
}

/// 1 + 2ⁿ e for n ≤ 0 and a mantissa e, as a rounded value and what it lost.
#[inline(always)]
fn one_plus(parts: Parts, e: (f64, f64)) -> (f64, f64) {
    let s = parts.power(200.0);
    let (d, lost) = sum(1.0, s * e.0);
    (d, lost + s * e.1)
}

/// 1 / d for 1 ≤ d ≤ 2, within 6 %.
#[inline(always)]
fn near_inverse(d: f64) -> f64 {
    0.47 * (3.0 - d)
}

/// N / D for N and D in two parts each, given roughly 1 / D.
#[inline(always)]
fn quotient(n: (f64, f64), d: (f64, f64), near_inverse: f64) -> f64 {
    let q = n.0 / d.0;
    q + (n.1 - q * d.1) * near_inverse
}

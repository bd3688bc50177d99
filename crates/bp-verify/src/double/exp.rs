//! eˣ of a [`Double`] and what is made of it: eˣ − 1, tanh, sech², σ, ln(1 + eˣ).

use super::series::{INVERSE_FACTORIAL, inverse_factorial, series};
use super::{Double, log};

/// 2⁻²⁰⁰. For |x| below it eˣ − 1, ln(1 + x), tanh x and sin x are x to within 2⁻²⁰⁰ x, and the squares in their
/// formulas would underflow.
pub(crate) const TINY: f64 = f64::from_bits((1023 - 200) << 52);

/// p and k with eˣ = 2ᵏ (1 + p) and |p| < 0.42, for |x| < 2000.
///
/// x = k ln 2 + r with |r| ≤ ½ ln 2. The three parts of ln 2 are off by 2⁻¹⁶¹, k times that is below 2⁻¹⁵⁰; k times each
/// part is exact as a sum of two `f64`, so r is off by the roundings of a few sums, 2⁻¹⁰³. Then s = r / 8,
/// e^s − 1 = s + s²/2! + … + s¹⁴/14!, of which the first term left out is below 2⁻¹⁰³ s, and three times
/// p ← 2p + p², which multiplies the relative error by at most 1.4 in all. p has a relative error of at most 2⁻⁹⁵,
/// besides the absolute 2⁻¹⁰³ if k ≠ 0.
pub(crate) fn reduced(x: Double) -> (Double, i32) {
    // Adding 1.5 · 2⁵² rounds to a whole number of either sign.
    const TO_WHOLE: f64 = 6_755_399_441_055_744.0;
    const TAIL: [f64; 7] = [
        inverse_factorial(8),
        inverse_factorial(9),
        inverse_factorial(10),
        inverse_factorial(11),
        inverse_factorial(12),
        inverse_factorial(13),
        inverse_factorial(14),
    ];
    let k = (x.hi * core::f64::consts::LOG2_E + TO_WHOLE) - TO_WHOLE;
    let r = if k.abs() < 0.5 { x } else { x.minus_multiple(k, &LN_2) };
    let s = Double::pair(r.hi / 8.0, r.lo / 8.0);
    let mut p = s * series(s, &INVERSE_FACTORIAL[1..8], &TAIL);
    for _ in 0..3 {
        p = p + p + p * p;
    }
    (p, k as i32)
}

/// ln 2 to 160 bits.
pub(super) const LN_2: [f64; 3] = [core::f64::consts::LN_2, 2.319_046_813_846_299_6e-17, 5.707_708_438_416_212e-34];

/// eˣ: relative error at most 2⁻⁹⁵ while the low part is normal (x > −670), then that of a number with fewer bits.
pub(crate) fn exp(x: Double) -> Double {
    match x.hi {
        hi if hi.is_nan() => x,
        hi if hi > 710.0 => Double::from(f64::INFINITY),
        hi if hi < -746.0 => Double::from(0.0),
        _ => {
            let (p, k) = reduced(x);
            (Double::from(1.0) + p).scaled(k)
        }
    }
}

/// eˣ − 1 = 2ᵏ p + (2ᵏ − 1): relative error at most 2⁻⁹⁰, near 0 too.
pub(crate) fn expm1(x: Double) -> Double {
    if x.hi.abs() < TINY {
        return x;
    }
    // 2ᵏ − 1 is exact in 106 bits up to here; beyond, e^−|x| < 2⁻⁵⁷ and nothing cancels.
    if !(x.hi.abs() < 40.0) {
        return exp(x) - Double::from(1.0);
    }
    let (p, k) = reduced(x);
    if k == 0 { p } else { p.scaled(k) + (Double::from(1.0).scaled(k) - Double::from(1.0)) }
}

/// tanh x = t / (t + 2) with t = e^2|x| − 1: relative error at most 2⁻⁸⁹.
pub(crate) fn tanh(x: Double) -> Double {
    let size = x.abs();
    if size.hi < TINY || x.is_nan() {
        return x;
    }
    let value = if size.hi < 20.0 {
        let t = expm1(size + size);
        t / (t + Double::from(2.0))
    } else {
        // 1 − 2e / (1 + e), e = e^−2|x| < 2⁻⁵⁷.
        let e = exp(-(size + size));
        Double::from(1.0) - (e + e) / (Double::from(1.0) + e)
    };
    if x.hi < 0.0 { -value } else { value }
}

/// sech²x = 2ᵏ⁺² m / (1 + e)² with e = e^−2|x| = 2ᵏ m, as m / (1 + e)² and k + 2: relative error at most 2⁻⁹³.
/// For |x| < 1000.
pub(crate) fn sech2_scaled(x: Double) -> (Double, i32) {
    let size = x.abs();
    let (p, k) = reduced(-(size + size));
    let m = Double::from(1.0) + p;
    let sum = Double::from(1.0) + m.scaled(k);
    (m / (sum * sum), k + 2)
}

/// σ(x) = e / (1 + e) with e = eˣ = 2ᵏ m, as m / (1 + e) and k: relative error at most 2⁻⁹³. For −2000 < x ≤ 0.
pub(crate) fn logistic_scaled(x: Double) -> (Double, i32) {
    let (p, k) = reduced(x);
    let m = Double::from(1.0) + p;
    (m / (Double::from(1.0) + m.scaled(k)), k)
}

/// σ(x) = 1 / (1 + e⁻ˣ) for x ≥ 0: relative error at most 2⁻⁹³.
pub(crate) fn logistic_of_positive(x: Double) -> Double {
    Double::from(1.0) / (Double::from(1.0) + exp(-x))
}

/// ln(1 + eˣ) for x < 0 as m and k with the value 2ᵏ m: relative error at most 2⁻⁸⁶. For x > −2000.
///
/// Where e = eˣ < 2⁻⁵⁹ the series e (1 − e/2 + e²/3 − …) ends after two terms with an error below 2⁻¹¹⁸.
pub(crate) fn softplus_scaled(x: Double) -> (Double, i32) {
    let (p, k) = reduced(x);
    let m = Double::from(1.0) + p;
    if k > -60 {
        return (log::ln1p(m.scaled(k)), 0);
    }
    let half = Double::from(m.scaled(k - 1).hi);
    (m - m * half, k)
}

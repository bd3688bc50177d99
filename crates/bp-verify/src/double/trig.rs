//! Sine and cosine of a [`Double`].

use super::Double;
use super::exp::TINY;
use super::series::{INVERSE_FACTORIAL as F, inverse_factorial, series};

/// The largest |x| for which [`sin`] and [`cos`] promise anything.
pub(crate) const LARGEST: f64 = 1e5;

/// sin x for |x| ≤ [`LARGEST`], beyond it NaN. Off by at most 2⁻⁹⁰ relative and, where |x| > π/4, 2⁻¹⁴⁰ absolute,
/// which only near multiples of π is more.
pub(crate) fn sin(x: Double) -> Double {
    quarter_turned(x, 0)
}

/// cos x = sin(x + π/2), with the errors of [`sin`].
pub(crate) fn cos(x: Double) -> Double {
    quarter_turned(x, 1)
}

/// sin(x + turns π/2).
///
/// x = k π/2 + r with |r| ≤ π/4, π/2 in three parts: k < 2¹⁶ times each part is exact as a sum of two `f64`, and what the
/// parts leave of π/2 is 2⁻¹⁶⁰, so k times that is below 2⁻¹⁴³. After the first, exact, difference the sums are below
/// 2⁻³⁶ + |r|, and their roundings below 2⁻¹⁰³ (2⁻³⁶ + |r|).
fn quarter_turned(x: Double, turns: i64) -> Double {
    const TO_WHOLE: f64 = 6_755_399_441_055_744.0;
    if !(x.hi.abs() <= LARGEST) {
        return Double::from(f64::NAN);
    }
    let k = (x.hi * core::f64::consts::FRAC_2_PI + TO_WHOLE) - TO_WHOLE;
    let r = if k.abs() < 0.5 { x } else { x.minus_multiple(k, &HALF_PI) };
    let turns = (k as i64 + turns).rem_euclid(4);
    let value = if turns % 2 == 0 { sine(r) } else { cosine(r) };
    if turns < 2 { value } else { -value }
}

/// π/2 to 160 bits.
const HALF_PI: [f64; 3] = [core::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];

/// r Σ (−r²)ⁿ / (2n + 1)! for |r| ≤ 0.79. The part in 53 bits starts with r¹⁴/15! < 2⁻⁴⁵, the first term left out
/// is r²⁶/27! < 2⁻¹⁰¹.
fn sine(r: Double) -> Double {
    const HEAD: [Double; 7] = [F[1], F[3], F[5], F[7], F[9], F[11], F[13]];
    const TAIL: [f64; 6] = [
        inverse_factorial(15),
        inverse_factorial(17),
        inverse_factorial(19),
        inverse_factorial(21),
        inverse_factorial(23),
        inverse_factorial(25),
    ];
    if r.hi.abs() < TINY { r } else { r * series(-(r * r), &HEAD, &TAIL) }
}

/// Σ (−r²)ⁿ / (2n)! for |r| ≤ 0.79. The part in 53 bits starts with r¹⁶/16! < 2⁻⁴⁹, the first term left out is
/// r²⁸/28! < 2⁻¹⁰⁷.
fn cosine(r: Double) -> Double {
    const HEAD: [Double; 8] = [F[0], F[2], F[4], F[6], F[8], F[10], F[12], F[14]];
    const TAIL: [f64; 6] = [
        inverse_factorial(16),
        inverse_factorial(18),
        inverse_factorial(20),
        inverse_factorial(22),
        inverse_factorial(24),
        inverse_factorial(26),
    ];
    series(-(r * r), &HEAD, &TAIL)
}

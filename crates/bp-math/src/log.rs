//! ln x, ln(1 + x) and softplus in double precision.
//!
//! x = 2ᵏ (1 + f) with √½ ≤ 1 + f < √2. With s = f / (2 + f), ln(1 + f) = 2 artanh s = 2 s + s R, R = s² L(s²).
//! Because 2 s = f − s f this is f − s (f − R): f is exact, and what is subtracted is small, so the error of the
//! quotient hardly counts.

use crate::bits::{abs, at_least, scale, sum};
use crate::exp::{Parts, poly};

/// ln 2 cut after 42 binary places: k · `LN2_HI` is exact.
const LN2_HI: f64 = 0.693_147_180_559_890_3;
/// ln 2 − `LN2_HI`.
const LN2_LO: f64 = 5.497_923_018_708_371e-14;
/// 2⁵⁴, which makes a subnormal number normal.
const UP: f64 = 18_014_398_509_481_984.0;

/// (2 artanh(s)/s − 2) / s² as a polynomial in s², |s| ≤ (√2 − 1)/(√2 + 1): relative error of the logarithm 1.5e-18.
const L: [f64; 7] = [
    0.666_666_666_666_672_6,
    0.399_999_999_994_587_5,
    0.285_714_287_339_867_53,
    0.222_221_993_392_983_4,
    0.181_835_281_199_975_8,
    0.153_149_063_087_099_7,
    0.147_879_481_208_051_7,
];

/// k and f of x = 2ᵏ (1 + f), for a positive normal x.
#[inline(always)]
pub(crate) fn split(x: f64) -> (f64, f64) {
    /// The bits of √½.
    const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    /// Keeps k positive for a logical shift.
    const BIAS: u64 = 1200;
    /// The bits of 2⁵²: an integer below 2⁵² in its low bits is added to it.
    const INTEGER: u64 = 0x4330_0000_0000_0000;
    let bits = x.to_bits();
    let biased = bits.wrapping_sub(ROOT_HALF).wrapping_add(BIAS << 52) >> 52;
    let mantissa = bits.wrapping_sub(biased.wrapping_sub(BIAS) << 52);
    let k = f64::from_bits(INTEGER | biased) - (4_503_599_627_370_496.0 + BIAS as f64);
    (k, f64::from_bits(mantissa) - 1.0)
}

/// k ln 2 + ln(1 + f) + `extra`, where `extra` is of the size of a rounding error or f = 0 = k.
#[inline(always)]
fn add_up(k: f64, f: f64, extra: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    let small = s * (f - z * poly(z, &L));
    let (h, l) = sum(k * LN2_HI, f);
    h + ((l + (k * LN2_LO + extra)) - small)
}

/// Natural logarithm.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let tiny = x < f64::MIN_POSITIVE;
    let (k, f) = split(if tiny { x * UP } else { x });
    edges(x, 0.0, add_up(if tiny { k - 54.0 } else { k }, f, 0.0))
}

/// ln(1 + x).
#[inline(always)]
pub(crate) fn ln1p(x: f64) -> f64 {
    let y = edges(x, -1.0, ln_one_plus(x, 0.0));
    // −0 would become 0.
    if abs(x) < 1e-300 { x } else { y }
}

/// ln(1 + x + lo) for x > −1 and a lo of the size of x's rounding error.
#[inline(always)]
fn ln_one_plus(x: f64, lo: f64) -> f64 {
    let u = 1.0 + x;
    // What 1 + x lost, whichever is the larger (Knuth's two-sum).
    let back = u - 1.0;
    let lost = (1.0 - (u - back)) + (x - back);
    let (k, f) = split(u);
    add_up(k, f, (lost + lo) / u)
}

/// `y`, but −∞ at the pole, NaN below it, and x where x is ∞ or NaN.
#[inline(always)]
pub(crate) fn edges(x: f64, pole: f64, y: f64) -> f64 {
    let low = if x < pole { f64::NAN } else { f64::NEG_INFINITY };
    let y = if x <= pole { low } else { y };
    if x < f64::INFINITY { y } else { x }
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|).
#[inline(always)]
pub(crate) fn softplus(x: f64) -> f64 {
    let parts = Parts::new(at_least(-abs(x), -746.0), 0.0);
    let (e, lost) = parts.mantissa();
    let tail = ln_one_plus(scale(e, parts.n), scale(lost, parts.n));
    // NaN fails the comparison and stays NaN.
    let positive = if x <= 0.0 { 0.0 } else { x };
    positive + tail
}

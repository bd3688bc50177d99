//! Logarithms of a [`Double`].

use super::Double;
use super::exp::{LN_2, TINY};
use super::series::{INVERSE, series};

/// ln x = k ln 2 + ln m with √½ ≤ m < √2: relative error at most 2⁻⁹⁰, near 1 too, where k = 0 and m − 1 is exact.
/// −∞ at 0, NaN below. At subnormal x the value is that of the high part.
pub(crate) fn ln(x: Double) -> Double {
    match x.hi {
        hi if hi.is_nan() || hi < 0.0 => return Double::from(f64::NAN),
        hi if hi <= 0.0 => return Double::from(f64::NEG_INFINITY),
        f64::INFINITY => return x,
        _ => {}
    }
    // Subnormal numbers are made normal first; the exponent is then in the bits.
    let (x, before) = if x.hi < f64::MIN_POSITIVE { (x.scaled(100), -100) } else { (x, 0) };
    let mut k = (x.hi.to_bits() >> 52) as i32 - 1023;
    if x.scaled(-k).hi >= core::f64::consts::SQRT_2 {
        k += 1;
    }
    let m = x.scaled(-k);
    let ln_m = twice_atanh((m - Double::from(1.0)) / (m + Double::from(1.0)));
    match k + before {
        0 => ln_m,
        k => {
            let k = Double::from(f64::from(k));
            k * Double::pair(LN_2[0], LN_2[1]) + ln_m
        }
    }
}

/// ln(1 + x): relative error at most 2⁻⁹⁰, near 0 too, through 2 artanh(x / (2 + x)).
pub(crate) fn ln1p(x: Double) -> Double {
    if x.hi.abs() < TINY {
        return x;
    }
    // The quotient stays below 0.172, as for √½ ≤ 1 + x < √2.
    if x.hi > -0.29 && x.hi < 0.41 {
        return twice_atanh(x / (x + Double::from(2.0)));
    }
    ln(x + Double::from(1.0))
}

/// 2 artanh s = 2s (1 + s²/3 + s⁴/5 + …) for |s| ≤ 0.172, s² < 2⁻⁵·⁰⁷.
///
/// Eight coefficients in 106 bits, eleven in 53, whose error is s¹⁶/17 · 2⁻⁵¹ < 2⁻⁹⁵; the first term left out is
/// s³⁸/39 < 2⁻¹⁰¹.
fn twice_atanh(s: Double) -> Double {
    const HEAD: [Double; 8] =
        [INVERSE[1], INVERSE[3], INVERSE[5], INVERSE[7], INVERSE[9], INVERSE[11], INVERSE[13], INVERSE[15]];
    const TAIL: [f64; 11] = [
        1.0 / 17.0,
        1.0 / 19.0,
        1.0 / 21.0,
        1.0 / 23.0,
        1.0 / 25.0,
        1.0 / 27.0,
        1.0 / 29.0,
        1.0 / 31.0,
        1.0 / 33.0,
        1.0 / 35.0,
        1.0 / 37.0,
    ];
    (s + s) * series(s * s, &HEAD, &TAIL)
}

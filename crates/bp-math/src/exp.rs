//! eˣ and eˣ − 1 in double precision, and the reduction that tanh, logistic, softplus and erfc share.
//!
//! x = n ln 2 + r + c with an integer n, |r| ≤ ½ ln 2 and a correction c; then eˣ = 2ⁿ (1 + r + w), where
//! w = r² q(r) + c and q is a polynomial. The three summands stay apart until the caller has added what it
//! needs, so that only one rounding of the size of the result happens.

use crate::bits::{SHIFT, abs, at_least, at_most, pow2, scale, sum, with_sign_of};

const LOG2_E: f64 = core::f64::consts::LOG2_E;
/// ln 2 cut after 42 binary places, so that n · `LN2_HI` is exact for |n| < 2¹¹.
const LN2_HI: f64 = 0.693_147_180_559_890_3;
/// ln 2 − `LN2_HI`.
const LN2_LO: f64 = 5.497_923_018_708_371e-14;

/// (eʳ − 1 − r) / r² on |r| ≤ ½ ln 2, minimax in the error of eʳ: 8e-19 with these rounded coefficients.
const Q: [f64; 11] = [
    0.5,
    0.166_666_666_666_666_82,
    0.041_666_666_666_666_095,
    0.008_333_333_333_317_088,
    0.001_388_888_888_911_451_2,
    0.000_198_412_698_962_692_63,
    2.480_158_692_795_229_7e-5,
    2.755_723_496_508_272_5e-6,
    2.755_758_115_402_908e-7,
    2.511_200_373_089_431_5e-8,
    2.082_675_452_303_653e-9,
];

/// eˣ = 2ⁿ (1 + r + w), not yet added up.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    /// An integer.
    pub(crate) n: f64,
    /// |r| ≤ ½ ln 2, up to a rounding.
    pub(crate) r: f64,
    /// e^(r + c) − 1 − r.
    pub(crate) w: f64,
}

impl Parts {
    /// e^(x + lo) for |x| < 1400 and |lo| far below |x|.
    #[inline(always)]
    pub(crate) fn new(x: f64, lo: f64) -> Self {
        let n = (x * LOG2_E + SHIFT) - SHIFT;
        // Exact: both are multiples of the last place of the larger, and the difference is small.
        let hi = x - n * LN2_HI;
        let lo = n * LN2_LO - lo;
        let r = hi - lo;
        let c = (hi - r) - lo;
        Self { n, r, w: r * r * poly(r, &Q) + c }
    }

    /// a + b + r + w as a rounded value and what it lost, for |a| ≥ |r| or a = 0.
    #[inline(always)]
    pub(crate) fn plus(self, a: f64, b: f64) -> (f64, f64) {
        let (h, l) = sum(a, self.r);
        sum(h, (l + b) + self.w)
    }

    /// 1 + r + w, between 0.7 and 1.42, as a rounded value and what it lost.
    #[inline(always)]
    pub(crate) fn mantissa(self) -> (f64, f64) {
        self.plus(1.0, 0.0)
    }

    /// 2ⁿ, or 2^−`limit` below.
    #[inline(always)]
    pub(crate) fn power(self, limit: f64) -> f64 {
        pow2(at_least(self.n, -limit) + SHIFT)
    }
}

/// c₀ + c₁ x + c₂ x² + …, by Horner's rule.
#[inline(always)]
pub(crate) fn poly<const N: usize>(x: f64, c: &[f64; N]) -> f64 {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum * x + c[i];
    }
    sum
}

/// eˣ.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    // Beyond these bounds the result is ∞ or rounds to 0, as it does at the bounds.
    let parts = Parts::new(at_most(at_least(x, -746.0), 710.0), 0.0);
    scale(parts.mantissa().0, parts.n)
}

/// eˣ − 1 = 2ⁿ ((1 − 2⁻ⁿ) + r + w).
#[inline(always)]
pub(crate) fn expm1(x: f64) -> f64 {
    // Below −40 the result rounds to −1.
    let parts = Parts::new(at_most(at_least(x, -40.0), 710.0), 0.0);
    // Above 2⁶⁴ the 1 is far below the last place, and 2⁻ⁿ may as well be 2⁻⁶⁴.
    let inverse = pow2(SHIFT - at_most(parts.n, 64.0));
    let v = scale(parts.plus(1.0 - inverse, 0.0).0, parts.n);
    // Same sign as x by itself, except at −0.
    with_sign_of(abs(v), x)
}

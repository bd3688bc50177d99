//! What the functions do with bits instead of arithmetic: signs, powers of two, and a product's rounding error.
//!
//! Everything here compiles to one or two vector instructions in SSE2, AVX2 and AVX-512 alike; integer shifts are
//! logical, because SSE2 and AVX2 have no arithmetic shift of 64 bits, and no float becomes an integer by a cast.

/// 1.5 · 2⁵². Adding it to |x| < 2⁵¹ rounds x to an integer, which then stands in the low bits.
pub(crate) const SHIFT: f64 = 6_755_399_441_055_744.0;

/// |x|: the sign bit cleared.
#[inline(always)]
pub(crate) fn abs(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (u64::MAX >> 1))
}

/// `magnitude`, which is not negative, with the sign of `sign`.
#[inline(always)]
pub(crate) fn with_sign_of(magnitude: f64, sign: f64) -> f64 {
    f64::from_bits(magnitude.to_bits() | (sign.to_bits() & (1 << 63)))
}

/// The smaller of x and `bound`; NaN stays NaN.
#[inline(always)]
pub(crate) fn at_most(x: f64, bound: f64) -> f64 {
    if x > bound { bound } else { x }
}

/// The larger of x and `bound`; NaN stays NaN.
#[inline(always)]
pub(crate) fn at_least(x: f64, bound: f64) -> f64 {
    if x < bound { bound } else { x }
}

/// 2ⁿ for `shifted` = n + [`SHIFT`] with −1022 ≤ n ≤ 1023: n stands in the low bits, and moves to the exponent.
#[inline(always)]
pub(crate) fn pow2(shifted: f64) -> f64 {
    f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// v · 2ⁿ for an integer |n| ≤ 2000, through two factors, so that it overflows and underflows as one operation
/// would. Only the second product rounds.
#[inline(always)]
pub(crate) fn scale(v: f64, n: f64) -> f64 {
    let half = n * 0.5 + SHIFT;
    let rest = (n - (half - SHIFT)) + SHIFT;
    v * pow2(half) * pow2(rest)
}

/// x with its lower 27 bits cleared: the square of what is left is exact (Dekker 1971).
#[inline(always)]
pub(crate) fn head(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (u64::MAX << 27))
}

/// x² as a rounded value and its rounding error, without a fused multiply-add. The error is itself rounded, to
/// 2⁻⁷⁸ of x².
#[inline(always)]
pub(crate) fn square(x: f64) -> (f64, f64) {
    let top = head(x);
    let (large, small) = (top * top, (x - top) * (x + top));
    sum(large, small)
}

/// a + b as a rounded sum and its exact error, for |a| ≥ |b| or a = 0 (Dekker 1971).
#[inline(always)]
pub(crate) fn sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, (a - s) + b)
}

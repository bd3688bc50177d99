//! [`Double`]: an unevaluated sum of two `f64`, about 106 bits, for references that must not share a rounding with
//! what they judge.

pub(crate) mod erf;
pub(crate) mod exp;
pub(crate) mod log;
mod real;
mod series;
pub(crate) mod trig;

use core::ops::{Add, Div, Mul, Neg, Sub};

/// hi + lo with |lo| ≤ ½ ulp(hi).
///
/// Sums and products are those of Dekker (1971) and Knuth, with error at most 2⁻¹⁰² relative per operation for
/// operands of one sign and products (Joldes, Muller, Popescu 2017: 3u² and 5u² with fused multiply–add). Elementary
/// functions keep 85 bits or more; each says how many, in the implementation of [`Real`](bp_core::Real).
///
/// ```
/// use bp_verify::Double;
/// let third = Double::from(1.0) / Double::from(3.0);
/// let one = third + third + third;
/// assert!((one - Double::from(1.0)).to_f64().abs() < 1e-31);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Double {
    hi: f64,
    lo: f64,
}

impl Double {
    /// The nearest `f64`.
    pub fn to_f64(self) -> f64 {
        self.hi
    }

    /// |x|.
    #[must_use]
    pub fn abs(self) -> Self {
        if self.hi.is_sign_negative() { -self } else { self }
    }

    /// eˣ: relative error at most 2⁻⁹⁵ for |x| < 670.
    #[must_use]
    pub fn exp(self) -> Self {
        exp::exp(self)
    }

    /// sech²x = 4e / (1 + e)² with e = e^−2|x|, the derivative of tanh without tanh: relative error at most 2⁻⁹³.
    #[must_use]
    pub fn sech2(self) -> Self {
        if !(self.hi.abs() < 380.0) {
            return if self.is_nan() { self } else { Self::from(0.0) };
        }
        let (m, k) = exp::sech2_scaled(self);
        m.scaled(k)
    }

    /// 2/√π.
    pub(crate) const FRAC_2_SQRT_PI: Self = Self::pair(core::f64::consts::FRAC_2_SQRT_PI, 1.533_545_961_316_588e-17);

    /// hi + lo as they are, for tables: |lo| ≤ ½ ulp(hi).
    pub(crate) const fn pair(hi: f64, lo: f64) -> Self {
        Self { hi, lo }
    }

    pub(crate) fn is_nan(self) -> bool {
        self.hi.is_nan()
    }

    /// hi and lo.
    pub fn parts(self) -> (f64, f64) {
        (self.hi, self.lo)
    }

    /// 2ᵏ x, exact unless it leaves the range of normal numbers.
    pub(crate) fn scaled(self, k: i32) -> Self {
        let (first, second) = (power_of_two(k / 2), power_of_two(k - k / 2));
        let hi = self.hi * first * second;
        Self { hi, lo: if hi.is_finite() { self.lo * first * second } else { 0.0 } }
    }

    /// x − k c, c given in three parts: every product is exact, and so is the first difference where the multiple is
    /// near x.
    fn minus_multiple(self, k: f64, c: &[f64; 3]) -> Self {
        let (hi, lo) = two_product(k, c[0]);
        let (first, rest) = two_sum(self.hi, -hi);
        let (low, lower) = two_product(k, c[1]);
        Self::fast(first, rest)
            + Self::from(-lo)
            + Self::from(self.lo)
            + Self { hi: -low, lo: -lower }
            + Self::from(-k * c[2])
    }

    /// hi + lo renormalised, for |hi| ≥ |lo|.
    fn fast(hi: f64, lo: f64) -> Self {
        let sum = hi + lo;
        Self { hi: sum, lo: lo - (sum - hi) }
    }
}

/// 2ᵏ for |k| ≤ 1022, beyond that 0 or ∞.
fn power_of_two(k: i32) -> f64 {
    match k {
        -1022..=1023 => f64::from_bits(((k + 1023) as u64) << 52),
        _ if k < 0 => 0.0,
        _ => f64::INFINITY,
    }
}

/// The exact sum of two `f64`.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// The exact product of two `f64`.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

impl From<f64> for Double {
    fn from(x: f64) -> Self {
        Self { hi: x, lo: 0.0 }
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        let (hi, carry) = two_sum(self.hi, b.hi);
        if !hi.is_finite() {
            return Self::from(hi);
        }
        let (lo, rest) = two_sum(self.lo, b.lo);
        let sum = Self::fast(hi, carry + lo);
        Self::fast(sum.hi, sum.lo + rest)
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        let (hi, lo) = two_product(self.hi, b.hi);
        if !hi.is_finite() {
            return Self::from(hi);
        }
        Self::fast(hi, lo + (self.hi * b.lo + self.lo * b.hi))
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        // Three digits of long division.
        let first = self.hi / b.hi;
        if !first.is_finite() || b.hi.is_infinite() {
            return Self::from(first);
        }
        let rest = self - b * Self::from(first);
        let second = rest.hi / b.hi;
        let rest = rest - b * Self::from(second);
        Self::fast(first, second) + Self::from(rest.hi / b.hi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// |got − (hi + lo)| ≤ bound · |hi|.
    fn check(got: Double, hi: f64, lo: f64, bound: f64) {
        let off = (got - Double::fast(hi, lo)).abs().to_f64();
        assert!(off <= bound * hi.abs(), "{got:?} is {off:e} from {hi:e} + {lo:e}");
    }

    #[test]
    fn known_digits() {
        let bound = 2.0_f64.powi(-85);
        // e in two doubles.
        check(Double::from(1.0).exp(), core::f64::consts::E, 1.445_646_891_729_250_2e-16, bound);
        check(Double::from(1.0).exp() * Double::from(-1.0).exp(), 1.0, 0.0, 4.0 * bound);
        check(Double::from(0.0).exp(), 1.0, 0.0, bound);
        check(Double::from(0.0).sech2(), 1.0, 0.0, 8.0 * bound);
    }

    #[test]
    fn exponentials_obey_their_law() {
        let bound = 8.0 * 2.0_f64.powi(-85);
        for n in -40..=40 {
            let x = f64::from(n) * 0.5;
            let doubled = Double::from(x).exp() * Double::from(x).exp();
            let off = (doubled / Double::from(2.0 * x).exp() - Double::from(1.0)).abs().to_f64();
            assert!(off <= bound, "e^{x} squared is off by {off:e}");
        }
    }
}

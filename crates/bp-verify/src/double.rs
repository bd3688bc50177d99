//! [`Double`]: an unevaluated sum of two `f64`, about 106 bits, for references that must not share a rounding with
//! what they judge.

use core::ops::{Add, Div, Mul, Neg, Sub};

/// hi + lo with |lo| ≤ ½ ulp(hi).
///
/// Sums and products are those of Dekker (1971) and Knuth, with error at most 2⁻¹⁰² relative per operation for
/// operands of one sign and products (Joldes, Muller, Popescu 2017: 3u² and 5u² with fused multiply–add).
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
        if self.hi < 0.0 { -self } else { self }
    }

    /// eˣ by halving the argument ten times, 18 terms of the series, and ten squarings.
    ///
    /// For |x| ≤ 40 the first term left out is r¹⁸/18! with r < 2⁻⁴, below 2⁻¹²⁴. The series has some 60 operations,
    /// all on terms below 2, and every squaring doubles a relative error: at most 2¹⁰ · 2⁶ · 2⁻¹⁰² ≤ 2⁻⁸⁵.
    #[must_use]
    pub fn exp(self) -> Self {
        let halved = Self { hi: self.hi / 1024.0, lo: self.lo / 1024.0 };
        let mut term = Self::from(1.0);
        let mut sum = term;
        for n in 1..18 {
            term = term * halved / Self::from(f64::from(n));
            sum = sum + term;
        }
        for _ in 0..10 {
            sum = sum * sum;
        }
        sum
    }

    /// sech²x = 4 / (eˣ + e⁻ˣ)², the derivative of tanh without tanh.
    #[must_use]
    pub fn sech2(self) -> Self {
        let sum = self.exp() + (-self).exp();
        Self::from(4.0) / (sum * sum)
    }

    /// hi + lo renormalised, for |hi| ≥ |lo|.
    fn fast(hi: f64, lo: f64) -> Self {
        let sum = hi + lo;
        Self { hi: sum, lo: lo - (sum - hi) }
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
        Self::fast(hi, lo + (self.hi * b.lo + self.lo * b.hi))
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        // Three digits of long division.
        let first = self.hi / b.hi;
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

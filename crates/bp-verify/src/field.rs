//! [`Fp`]: the integers modulo 2⁶¹ − 1, where a sum of products has no rounding and no order.

use core::fmt;
use core::ops::{Add, AddAssign, Mul, Neg, Sub};

use bp_core::Scalar;

/// An element of the prime field GF(2⁶¹ − 1).
///
/// Two polynomials that differ agree at a random point with probability at most degree / 2⁶¹, so an equality that
/// holds here for random parameters is an identity: no tolerance, no rounding, no order of summation. ½ is 2⁶⁰,
/// since 2 · 2⁶⁰ = 2⁶¹ ≡ 1.
///
/// ```
/// use bp_core::Scalar;
/// use bp_verify::Fp;
/// assert_eq!(Fp::HALF + Fp::HALF, Fp::ONE);
/// assert_eq!(Fp::from_i64(7) * Fp::from_i64(7).inverse().unwrap(), Fp::ONE);
/// assert_eq!(Fp::from_i64(-3).to_string(), "-3");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Fp(u64);

impl Fp {
    /// The prime 2⁶¹ − 1.
    pub const MODULUS: u64 = (1 << 61) - 1;

    /// The residue of an integer.
    pub const fn from_i64(n: i64) -> Self {
        Self((n as i128).rem_euclid(Self::MODULUS as i128) as u64)
    }

    /// A short decimal as a fraction of integers, `n / 1000`: 0.25 becomes the field's ¼, exactly.
    ///
    /// ```
    /// use bp_verify::Fp;
    /// assert_eq!(Fp::from_thousandths(250) * Fp::from_i64(4), Fp::from_i64(1));
    /// ```
    pub fn from_thousandths(n: i64) -> Self {
        Self::from_i64(n) * Self::from_i64(1000).inverse().expect("1000 is not a multiple of the prime")
    }

    /// The representative in 0 .. 2⁶¹ − 1.
    pub const fn residue(self) -> u64 {
        self.0
    }

    /// xⁿ by repeated squaring.
    #[must_use]
    pub fn pow(self, mut n: u64) -> Self {
        let (mut power, mut square) = (Self::ONE, self);
        while n > 0 {
            if n & 1 == 1 {
                power = power * square;
            }
            square = square * square;
            n >>= 1;
        }
        power
    }

    /// 1 / x as x^(p−2) (Fermat); `None` for 0.
    pub fn inverse(self) -> Option<Self> {
        (self.0 != 0).then(|| self.pow(Self::MODULUS - 2))
    }
}

impl Scalar for Fp {
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1);
    const HALF: Self = Self(1 << 60);
}

impl Add for Fp {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let sum = self.0 + other.0;
        Self(if sum >= Self::MODULUS { sum - Self::MODULUS } else { sum })
    }
}

impl Sub for Fp {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Fp {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = u128::from(self.0) * u128::from(other.0);
        // 2⁶¹ ≡ 1, so the high half counts like the low one.
        Self((product & u128::from(Self::MODULUS)) as u64) + Self((product >> 61) as u64)
    }
}

impl Neg for Fp {
    type Output = Self;
    fn neg(self) -> Self {
        Self(if self.0 == 0 { 0 } else { Self::MODULUS - self.0 })
    }
}

impl AddAssign for Fp {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Fp {
    /// The representative nearest to 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > Self::MODULUS / 2 { write!(f, "-{}", Self::MODULUS - self.0) } else { write!(f, "{}", self.0) }
    }
}

impl fmt::Debug for Fp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axioms_hold_at_the_edges() {
        let p = Fp::MODULUS as i64;
        let edges = [0, 1, 2, -1, -2, p, p - 1, p / 2, p / 2 + 1, 1 << 60, i64::MAX, i64::MIN].map(Fp::from_i64);
        for a in edges {
            assert!(a.residue() < Fp::MODULUS);
            assert_eq!(a + -a, Fp::ZERO);
            assert_eq!(Fp::HALF * (a + a), a);
            assert_eq!(a.inverse().map(|inverse| a * inverse), (a != Fp::ZERO).then_some(Fp::ONE));
            for b in edges {
                assert_eq!(a + b, b + a);
                assert_eq!(u128::from((a * b).residue()), by_remainder(a, b));
                assert_eq!((a + b) * (a - b), a * a - b * b);
            }
        }
    }

    fn by_remainder(a: Fp, b: Fp) -> u128 {
        u128::from(a.residue()) * u128::from(b.residue()) % u128::from(Fp::MODULUS)
    }
}

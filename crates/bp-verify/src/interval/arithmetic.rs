//! The ring operations and division of [`Interval`].

use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use bp_core::Scalar;

use super::directed::{add_down, add_up, div_down, div_up, mul_down, mul_up};
use super::{Interval, Origin};
use crate::Number;

impl Scalar for Interval {
    const ZERO: Self = Self::plain(0.0, 0.0);
    const ONE: Self = Self::plain(1.0, 1.0);
    const HALF: Self = Self::plain(0.5, 0.5);
}

/// The point of the `f64` nearest to n / 1000: the number that a float program is given.
impl Number for Interval {
    fn from_thousandths(n: i64) -> Self {
        Self::point(f64::from_thousandths(n))
    }
}

impl Origin {
    /// Hints are constants and flat zeros are 0 all around, and so are their sums.
    fn of_sum(self, b: Self) -> Self {
        if self == b { self } else { Self::Value }
    }
}

impl Add for Interval {
    type Output = Self;
    #[inline]
    fn add(self, b: Self) -> Self {
        let origin = self.origin.of_sum(b.origin);
        Self { lo: add_down(self.lo, b.lo), hi: add_up(self.hi, b.hi), kinked: self.either_kinked(&b), origin }
    }
}

impl Sub for Interval {
    type Output = Self;
    #[inline]
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}

impl Neg for Interval {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo, ..self }
    }
}

impl AddAssign for Interval {
    #[inline]
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

impl Mul for Interval {
    type Output = Self;
    /// Which ends give the least and the largest product depends on the signs alone, unless both factors have members of
    /// either sign.
    #[inline]
    fn mul(self, b: Self) -> Self {
        let (a, kinked) = (self, self.either_kinked(&b));
        let (lo, hi) = if a.lo >= 0.0 {
            let (least, largest) = (if b.lo >= 0.0 { a.lo } else { a.hi }, if b.hi >= 0.0 { a.hi } else { a.lo });
            (mul_down(least, b.lo), mul_up(largest, b.hi))
        } else if a.hi <= 0.0 {
            let (least, largest) = (if b.hi >= 0.0 { a.lo } else { a.hi }, if b.lo >= 0.0 { a.hi } else { a.lo });
            (mul_down(least, b.hi), mul_up(largest, b.lo))
        } else if b.lo >= 0.0 {
            (mul_down(a.lo, b.hi), mul_up(a.hi, b.hi))
        } else if b.hi <= 0.0 {
            (mul_down(a.hi, b.lo), mul_up(a.lo, b.lo))
        } else {
            let lo = mul_down(a.lo, b.hi).min(mul_down(a.hi, b.lo));
            (lo, mul_up(a.lo, b.lo).max(mul_up(a.hi, b.hi)))
        };
        // 0 times no information is no information, whichever end it is.
        if (self.is_zero() && !b.is_bounded()) || (b.is_zero() && !self.is_bounded()) {
            return Self { kinked, ..Self::WHOLE };
        }
        // A flat zero stays one under any bounded factor.
        let flat = self.origin == Origin::Flat || b.origin == Origin::Flat;
        Self { lo, hi, kinked, origin: if flat { Origin::Flat } else { Origin::Value } }
    }
}

impl Div for Interval {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let kinked = self.either_kinked(&b);
        if b.contains(0.0) || (self.is_zero() && !b.is_bounded()) {
            return Self { kinked, ..Self::WHOLE };
        }
        // a / b = (−a) / (−b) with b > 0.
        let (a, b) = if b.lo > 0.0 { (self, b) } else { (-self, -b) };
        let lo = div_down(a.lo, if a.lo >= 0.0 { b.hi } else { b.lo });
        let hi = div_up(a.hi, if a.hi >= 0.0 { b.lo } else { b.hi });
        Self::plain(lo, hi).carrying(kinked)
    }
}

impl Interval {
    pub(super) fn either_kinked(&self, b: &Self) -> bool {
        self.kinked || b.kinked
    }

    fn carrying(self, kinked: bool) -> Self {
        Self { kinked, ..self }
    }
}

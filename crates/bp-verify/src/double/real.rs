//! [`Real`] for [`Double`], so that the engine runs over it unchanged.

use core::ops::AddAssign;

use bp_core::{Real, Scalar};

use super::{Double, erf, exp, log, trig, two_product};
use crate::Number;

impl Scalar for Double {
    const ZERO: Self = Self::pair(0.0, 0.0);
    const ONE: Self = Self::pair(1.0, 0.0);
    const HALF: Self = Self::pair(0.5, 0.0);
}

/// The `f64` nearest to n / 1000, with zeros behind it: the number that a float program is given.
impl Number for Double {
    fn from_thousandths(n: i64) -> Self {
        Self::from(f64::from_thousandths(n))
    }
}

impl AddAssign for Double {
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

/// The bound after each function is on the relative error, for arguments that are exact and results between 2⁻⁹⁰⁰ and
/// 2⁹⁰⁰; where the low part of a result would be subnormal there are fewer bits. Infinities and NaN are those of `f64`.
impl Real for Double {
    fn from_f64(x: f64) -> Self {
        Self::from(x)
    }
    /// One step of Newton's method from √hi: 2⁻¹⁰² (Joldes, Muller and Popescu 2017 treat the quotient in the same way).
    fn sqrt(self) -> Self {
        if !(self.hi > 0.0 && self.hi < f64::INFINITY) {
            return Self::from(self.hi.sqrt());
        }
        // Even powers of two keep the square of the root, and its low part, in range.
        let k = if self.hi < 1e-200 { 500 } else { 0 };
        let x = self.scaled(k);
        let root = x.hi.sqrt();
        let (square, rest) = two_product(root, root);
        let left = (x.hi - square) - rest + x.lo;
        Self::fast(root, left / (root + root)).scaled(-k / 2)
    }
    /// 2⁻⁹⁵.
    fn exp(self) -> Self {
        exp::exp(self)
    }
    /// 2⁻⁹⁰.
    fn expm1(self) -> Self {
        exp::expm1(self)
    }
    /// 2⁻⁹⁰. For subnormal arguments too.
    fn ln(self) -> Self {
        log::ln(self)
    }
    /// 2⁻⁹⁰.
    fn ln1p(self) -> Self {
        log::ln1p(self)
    }
    /// 2⁻⁸⁹.
    fn tanh(self) -> Self {
        exp::tanh(self)
    }
    /// 2⁻⁸⁵.
    fn erf(self) -> Self {
        erf::erf(self)
    }
    /// 2⁻⁹⁰, and 2⁻¹⁴⁰ absolute for |x| > π/4. NaN for |x| > 10⁵.
    fn sin(self) -> Self {
        trig::sin(self)
    }
    /// As [`sin`](Real::sin).
    fn cos(self) -> Self {
        trig::cos(self)
    }
    fn abs(self) -> Self {
        Self::abs(self)
    }
    fn relu(self) -> Self {
        // NaN fails the comparison and must stay NaN.
        if self.hi <= 0.0 { Self::ZERO } else { self }
    }
    fn step(self) -> Self {
        match self.hi {
            hi if hi > 0.0 => Self::ONE,
            hi if hi <= 0.0 => Self::ZERO,
            _ => self,
        }
    }
    fn max(self, other: Self) -> Self {
        let larger = self.hi > other.hi || self.hi >= other.hi && self.lo > other.lo;
        if larger || self.is_nan() { self } else { other }
    }
    fn shift_hint(self) -> Self {
        self
    }
    /// 2⁻⁹³.
    fn sech2(self) -> Self {
        Self::sech2(self)
    }
    fn frac_2_sqrt_pi() -> Self {
        Self::FRAC_2_SQRT_PI
    }
    /// 2⁻⁹³.
    fn logistic(self) -> Self {
        match self.hi {
            hi if hi >= 0.0 => exp::logistic_of_positive(self),
            hi if hi > -746.0 => {
                let (m, k) = exp::logistic_scaled(self);
                m.scaled(k)
            }
            hi if hi.is_nan() => self,
            _ => Self::ZERO,
        }
    }
    /// 2⁻⁸⁶.
    fn softplus(self) -> Self {
        match self.hi {
            hi if hi >= 0.0 => self + log::ln1p(exp::exp(-self)),
            hi if hi > -746.0 => {
                let (m, k) = exp::softplus_scaled(self);
                m.scaled(k)
            }
            hi if hi.is_nan() => self,
            _ => Self::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinks_and_nan_follow_the_floats() {
        let (zero, one, nan) = (Double::ZERO, Double::ONE, Double::from(f64::NAN));
        for x in [zero.step(), zero.relu(), (-zero).step(), one.min(zero), Double::from(-3.0).relu()] {
            assert_eq!(x.to_f64().to_bits(), 0);
        }
        let tiny = Double::from(1e-30);
        for x in [tiny.step(), one.max(zero), (one + tiny).max(one) - tiny, one.relu()] {
            assert_eq!(x, one);
        }
        for x in [nan.relu(), nan.step(), nan.abs(), nan.max(zero), zero.max(nan), nan.min(zero), zero.min(nan)] {
            assert!(x.is_nan());
        }
        let functions: [fn(Double) -> Double; 13] = [
            Real::sqrt,
            Real::exp,
            Real::expm1,
            Real::ln,
            Real::ln1p,
            Real::tanh,
            Real::erf,
            Real::sin,
            Real::cos,
            Real::sech2,
            Real::logistic,
            Real::softplus,
            Real::recip,
        ];
        assert!(functions.iter().all(|f| f(nan).is_nan()));
    }

    #[test]
    fn infinities_follow_the_floats() {
        let (infinity, zero) = (Double::from(f64::INFINITY), Double::ZERO);
        let pairs = [
            (infinity + Double::ONE, f64::INFINITY),
            (infinity * Double::from(-2.0), f64::NEG_INFINITY),
            (Double::ONE / infinity, 0.0),
            (Double::from(-1.0) / zero, f64::NEG_INFINITY),
            (infinity.exp(), f64::INFINITY),
            ((-infinity).exp(), 0.0),
            ((-infinity).expm1(), -1.0),
            (infinity.ln(), f64::INFINITY),
            (zero.ln(), f64::NEG_INFINITY),
            ((-Double::ONE).ln1p(), f64::NEG_INFINITY),
            ((-infinity).tanh(), -1.0),
            (infinity.erf(), 1.0),
            (infinity.sqrt(), f64::INFINITY),
            (infinity.sech2(), 0.0),
            ((-infinity).logistic(), 0.0),
            (infinity.logistic(), 1.0),
            (infinity.softplus(), f64::INFINITY),
            ((-infinity).softplus(), 0.0),
        ];
        for (n, (got, want)) in pairs.into_iter().enumerate() {
            assert_eq!(got.to_f64().to_bits(), want.to_bits(), "{n}");
        }
        for lost in [infinity - infinity, zero * infinity, zero / zero, (-Double::ONE).sqrt(), (-Double::ONE).ln()] {
            assert!(lost.is_nan());
        }
    }
}

//! Elementary functions and kinks over [`Rounded`]. Values and slopes come from [`Interval`], so that no function of the
//! subject, and none of any library, decides how wide its own bound is.

use bp_core::{Float, Real, Scalar};
use bp_math::ulp;

use super::{Rounded, mix, product_up, sum_up, underflow};
use crate::Interval;

/// The path of a constant that [`Real::shift_hint`] made: branches between such constants cancel out of the result.
const HINT: u64 = 0x9E37_79B9_7F4A_7C15;

/// The declared error of a function in units of u · |result|: one ulp is at most 2u of it.
fn units<S: Float>(single: f64, double: f64) -> f64 {
    2.0 * if S::UNIT_ROUNDOFF > 1e-10 { single } else { double }
}

impl<S: Float> Rounded<S> {
    /// Everything that a and every â can be.
    fn hull(&self) -> Interval {
        let error = self.error();
        let reach = sum_up(error, error);
        Interval::new((self.value - reach).next_down(), (self.value + reach).next_up())
    }

    /// f(a), evaluated to `units` · u, where |f′| ≤ `slope` between a and â.
    fn map(self, f: impl Fn(Interval) -> Interval, slope: impl Fn(Interval) -> Interval, units: f64) -> Self {
        let at = f(Interval::point(self.value));
        let error = self.error();
        let through = if error <= 0.0 { 0.0 } else { product_up(slope(self.hull()).magnitude(), error) };
        let value = at.mid();
        let largest = sum_up(at.magnitude(), sum_up(through, through));
        let rounding = product_up(units * S::UNIT_ROUNDOFF, largest);
        let own = f64::max(rounding, at.width()) + 0.0 * at.width(); // f64::max swallows NaN
        // An ulp of a subnormal result is a whole gap.
        let subnormal = product_up(f64::max(1.0, units / 2.0), underflow::<S>(value));
        Self::result(value, sum_up(sum_up(through, own), subnormal), self.path)
    }

    /// A branch at a kink, decided by the sign of `at`.
    fn branch(self, at: f64) -> Self {
        let sign = if at > 0.0 { 1 } else { 2 + u64::from(at < 0.0) };
        self.via(mix(self.path, sign))
    }

    /// Whether a and every â lie on one side of 0, or are 0.
    fn is_certain(&self) -> bool {
        let error = self.error();
        error <= 0.0 || self.value.abs() > sum_up(error, error)
    }
}

impl<S: Float> Real for Rounded<S> {
    fn from_f64(x: f64) -> Self {
        // A constant with more digits than a short one stands for a real number and was rounded once more.
        let is_short = f64::from(x as f32).to_bits() == x.to_bits();
        let rounded = if is_short { 0.0 } else { product_up(f64::UNIT_ROUNDOFF, x.abs()) };
        Self::new(x, sum_up((S::from_f64(x).to_f64() - x).abs(), rounded))
    }
    fn sqrt(self) -> Self {
        self.map(Interval::sqrt, |a| Interval::HALF / a.sqrt(), 1.0)
    }
    fn exp(self) -> Self {
        self.map(Interval::exp, Interval::exp, units::<S>(ulp::f32::EXP, ulp::f64::EXP))
    }
    fn expm1(self) -> Self {
        self.map(Interval::expm1, Interval::exp, units::<S>(ulp::f32::EXPM1, ulp::f64::EXPM1))
    }
    fn ln(self) -> Self {
        self.map(Interval::ln, Interval::recip, units::<S>(ulp::f32::LN, ulp::f64::LN))
    }
    fn ln1p(self) -> Self {
        self.map(Interval::ln1p, |a| (Interval::ONE + a).recip(), units::<S>(ulp::f32::LN1P, ulp::f64::LN1P))
    }
    fn tanh(self) -> Self {
        self.map(Interval::tanh, Interval::sech2, units::<S>(ulp::f32::TANH, ulp::f64::TANH))
    }
    fn sech2(self) -> Self {
        // |(sech²)′| = 2 sech² |tanh|.
        let slope = |a: Interval| a.sech2() * (a.tanh() + a.tanh());
        self.map(Interval::sech2, slope, units::<S>(ulp::f32::SECH2, ulp::f64::SECH2))
    }
    fn erf(self) -> Self {
        self.map(
            Interval::erf,
            |a| Interval::frac_2_sqrt_pi() * (-(a * a)).exp(),
            units::<S>(ulp::f32::ERF, ulp::f64::ERF),
        )
    }
    fn frac_2_sqrt_pi() -> Self {
        Self::from_f64(core::f64::consts::FRAC_2_SQRT_PI)
    }
    fn sin(self) -> Self {
        self.map(Interval::sin, Interval::cos, units::<S>(ulp::f32::SIN, ulp::f64::SIN))
    }
    fn cos(self) -> Self {
        self.map(Interval::cos, Interval::sin, units::<S>(ulp::f32::COS, ulp::f64::COS))
    }
    fn abs(self) -> Self {
        Self::result(self.value.abs(), self.error(), self.path).branch(self.value)
    }
    fn relu(self) -> Self {
        // Surely below 0 it is 0 without an error, on whose sign a step may rely.
        let error = if self.is_certain() && self.value < 0.0 { 0.0 } else { self.error() };
        Self::result(Real::relu(self.value), error, self.path).branch(self.value)
    }
    fn step(self) -> Self {
        // On the wrong side of the kink by rounding, the step is wrong by 1.
        let error = if self.is_certain() { 0.0 } else { 1.0 };
        Self::result(Real::step(self.value), error, self.path).branch(self.value)
    }
    fn max(self, other: Self) -> Self {
        let (mine, its) = (self.error(), other.error());
        let error = mine.max(its) + 0.0 * (mine + its); // f64::max swallows NaN
        let larger = Self::result(Real::max(self.value, other.value), error, self.path);
        if self.path == HINT && other.path == HINT {
            return larger;
        }
        larger.via(mix(self.path, other.path)).branch(self.value - other.value)
    }
    fn shift_hint(self) -> Self {
        // Whatever constant the program shifts by, the exact result is the same: relative errors do not see it, and of
        // the differences and logarithms beside it only the size, by its error, which costs u times that in each.
        Self::result(self.value, product_up(4.0 * S::UNIT_ROUNDOFF, self.error()), HINT)
    }
    fn logistic(self) -> Self {
        // σ′ = ¼ sech²(a / 2).
        let slope = |a: Interval| Interval::from_f64(0.25) * (Interval::HALF * a).sech2();
        self.map(Interval::logistic, slope, units::<S>(ulp::f32::LOGISTIC, ulp::f64::LOGISTIC))
    }
    fn softplus(self) -> Self {
        self.map(Interval::softplus, Interval::logistic, units::<S>(ulp::f32::SOFTPLUS, ulp::f64::SOFTPLUS))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    const U: f64 = f32::UNIT_ROUNDOFF;

    fn known(value: f64, error: f64) -> Rounded<f32> {
        Rounded::new(value, error)
    }

    fn is_near(got: f64, by_hand: f64, share: f64) -> bool {
        (got - by_hand).abs() <= share * by_hand.abs()
    }

    /// (name, f over bounds, |f′|, f): the slopes of a table, away from their zeros.
    type Function = (&'static str, fn(Rounded<f32>) -> Rounded<f32>, fn(f64) -> f64, fn(f64) -> f64, f64);

    fn functions() -> [Function; 12] {
        let sigma: fn(f64) -> f64 = |x| 1.0 / (1.0 + (-x).exp());
        [
            ("sqrt", Real::sqrt, |x| 0.5 / x.sqrt(), f64::sqrt, 0.5),
            ("exp", Real::exp, f64::exp, f64::exp, ulp::f32::EXP),
            ("expm1", Real::expm1, f64::exp, f64::exp_m1, ulp::f32::EXPM1),
            ("ln", Real::ln, |x| 1.0 / x, f64::ln, ulp::f32::LN),
            ("ln1p", Real::ln1p, |x| 1.0 / (1.0 + x), f64::ln_1p, ulp::f32::LN1P),
            ("tanh", Real::tanh, |x| 1.0 / x.cosh().powi(2), f64::tanh, ulp::f32::TANH),
            ("sech2", Real::sech2, |x| 2.0 * x.tanh() / x.cosh().powi(2), |x| 1.0 / x.cosh().powi(2), ulp::f32::SECH2),
            ("erf", Real::erf, |x| core::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp(), |x| Real::erf(x), ulp::f32::ERF),
            ("sin", Real::sin, f64::cos, f64::sin, ulp::f32::SIN),
            ("cos", Real::cos, f64::sin, f64::cos, ulp::f32::COS),
            ("logistic", Real::logistic, |x| 0.25 / (0.5 * x).cosh().powi(2), sigma, ulp::f32::LOGISTIC),
            ("softplus", Real::softplus, sigma, |x| x.exp().ln_1p(), ulp::f32::SOFTPLUS),
        ]
    }

    /// Of an exact operand only the function's own rounding is left: twice its ulps in units of u · |f|.
    #[test]
    fn an_exact_operand_costs_the_declared_ulps() {
        for (name, bound, _, f, ulps) in functions() {
            for x in [0.375, 0.5, 1.25, 2.5] {
                let got = bound(known(x, 0.0));
                assert!(is_near(got.value(), f(x), 1e-12), "{name}({x}) = {got:?}");
                let by_hand = 2.0 * ulps * U * f(x).abs();
                assert!(is_near(got.error(), by_hand, 1e-6), "{name}({x}): {:e}, by hand {by_hand:e}", got.error());
            }
        }
    }

    /// An error of 2⁻¹² in the operand goes through with the slope, which is the same to 1 % within twice that; f32's own
    /// rounding of f and of the error is below 10⁻³ of it.
    #[test]
    fn errors_go_through_with_the_slope() {
        let error = 1.0 / 4096.0;
        for (name, bound, slope, f, ulps) in functions() {
            for x in [0.375, 0.5, 1.25, 2.5] {
                let through = slope(x).abs() * error;
                let by_hand = through + 2.0 * ulps * U * (f(x).abs() + 2.0 * through);
                let got = bound(known(x, error)).error();
                assert!(is_near(got, by_hand, 1e-2), "{name}({x} ± 2⁻¹²): {got:e}, by hand {by_hand:e}");
                // And never less than what the ends of the operand's range really differ by.
                let range = f64::max((f(x + error) - f(x)).abs(), (f(x - error) - f(x)).abs());
                assert!(got >= range, "{name}({x} ± 2⁻¹²): {got:e}, but {range:e} apart");
            }
        }
        // Between a and every â the slope is that of the worst place: √ below 1, e^x above it.
        assert!(known(1.0, 0.25).sqrt().error() >= 0.5 / 0.5_f64.sqrt() * 0.25);
        assert!(known(1.0, 0.25).exp().error() >= 1.5_f64.exp() * 0.25);
        // In f64 the declared ulps are others.
        let double = Rounded::<f64>::new(0.5, 0.0).tanh().error();
        assert!(is_near(double, 2.0 * ulp::f64::TANH * f64::UNIT_ROUNDOFF * 0.5_f64.tanh(), 0.1), "{double:e}");
    }

    /// What is subnormal in f32 is off by a gap of 2⁻¹⁴⁹, or by the ulps declared if those are more.
    #[test]
    fn subnormal_results_are_off_by_whole_gaps() {
        let gap = f64::from(f32::from_bits(1));
        assert!(is_near(known(-100.0, 0.0).exp().error(), gap, 1e-3));
        let double = Rounded::<f64>::new(1e-310, 0.0).tanh().error();
        assert!(double >= 2.0 * f64::from_bits(1) && double <= 8.0 * f64::from_bits(1), "{double:e}");
    }

    #[test]
    fn constants_of_many_digits_were_rounded() {
        let error = |x: f64| <Rounded<f32> as Real>::from_f64(x).error();
        // 0.1 in f32, and once more in f64 on the way; ⅛ and 0.1 of f32 itself are exact.
        let tenth = (f64::from(0.1_f32) - 0.1).abs();
        assert!(is_near(error(0.1), tenth + 0.1 * f64::UNIT_ROUNDOFF, 1e-12), "{:e}", error(0.1));
        assert!(error(0.125).abs() <= 0.0 && error(f64::from(0.1_f32)).abs() <= 0.0);
        let double = <Rounded<f64> as Real>::from_f64(0.1).error();
        assert!(is_near(double, 0.1 * f64::UNIT_ROUNDOFF, 1e-12), "{double:e}");
        let slope: Rounded<f64> = Real::frac_2_sqrt_pi();
        assert_eq!(slope.value().to_bits(), core::f64::consts::FRAC_2_SQRT_PI.to_bits());
        assert!(slope.error() > 0.0 && slope.error() < f64::EPSILON);
    }

    #[test]
    fn kinks_keep_errors_and_tell_sides_apart() {
        let error = |a: Rounded<f32>| a.error().to_bits();
        for x in [-1.0, 1.0] {
            assert_eq!(error(known(x, 0.25).abs()), 0.25_f64.to_bits());
            assert_eq!(known(x, 0.25).abs().value().to_bits(), 1.0_f64.to_bits());
        }
        // Surely off, surely on, at 0, perhaps either: 2 · ½ from −1 is 0.
        let relu = [(-1.0, 0.25), (1.0, 0.25), (0.0, 0.25), (-1.0, 0.5), (-1.0, 0.75)].map(|(x, e)| known(x, e).relu());
        assert_eq!(relu.map(error), [0.0, 0.25, 0.25, 0.5, 0.75].map(f64::to_bits));
        assert_eq!(relu.map(|z| z.value().to_bits()), [0.0, 1.0, 0.0, 0.0, 0.0].map(f64::to_bits));
        let step = [(-1.0, 0.25), (1.0, 0.25), (0.0, 0.0), (1.0, 0.5), (-1.0, 0.75)].map(|(x, e)| known(x, e).step());
        assert_eq!(step.map(error), [0.0, 0.0, 0.0, 1.0, 1.0].map(f64::to_bits));
        let paths = [-1.0, 0.0, 1.0].map(|x| known(x, 0.0).relu().path());
        assert!(
            paths[0] != paths[1] && paths[1] != paths[2] && paths[0] != paths[2] && !paths.contains(&0),
            "{paths:?}"
        );
        // One of two kinks on another side is another path.
        let both = |a: f64, b: f64| (known(a, 0.0).relu() + known(b, 0.0).relu()).path();
        assert!(both(1.0, -1.0) != both(-1.0, 1.0) && both(1.0, 1.0) != both(-1.0, -1.0));
    }

    #[test]
    fn the_larger_of_two_has_the_larger_error() {
        let (a, b) = (known(1.0, 0.25), known(3.0, 0.125));
        for max in [a.max(b), b.max(a)] {
            assert_eq!([max.value(), max.error()].map(f64::to_bits), [3.0, 0.25].map(f64::to_bits));
        }
        assert_eq!(known(1.0, 0.0).max(known(2.0, 0.0)).error().to_bits(), 0);
        assert_ne!(a.max(b).path(), b.max(a).path());
        assert_ne!(a.max(known(1.0, 0.0)).path(), a.max(b).path());
        for lost in [known(1.0, f64::NAN), known(1.0, f64::INFINITY)] {
            assert!(!(lost.max(a).error() < f64::INFINITY) && !(a.max(lost).error() < f64::INFINITY));
        }
        // Between two hints it decides nothing, between a hint and a number it does.
        let (low, high) = (a.shift_hint(), b.shift_hint());
        assert_eq!([low.path(), low.max(high).path(), high.max(low).path()], [HINT; 3]);
        assert_eq!(low.max(high).value().to_bits(), 3.0_f64.to_bits());
        assert_ne!(low.max(b).path(), low.max(known(0.5, 0.0)).path());
        assert_ne!(b.max(low).path(), known(0.5, 0.0).max(low).path());
        assert!(is_near(low.error(), 4.0 * U * 0.25, 1e-12), "{low:?}");
    }
}

//! [`Rounded`]: a value with a bound on the rounding errors of every float evaluation of it.
//!
//! This is running error analysis (Wilkinson; Higham, *Accuracy and Stability of Numerical Algorithms*, 3.3) as a
//! scalar: the engine itself runs over it, so the bound follows the very formulas that the engine evaluates, and no
//! tolerance is chosen by hand.

use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use bp_core::{Float, Real, Scalar};

/// A quantity a that a float program in `S` computes as some â: |â − a| ≤ `error` and |`value` − a| ≤ `error`.
///
/// Arithmetic costs u·|result|, elementary functions what [`Rounded::ULP_EXP`] and its neighbours say; errors of
/// operands go through with the largest slope between them. Arithmetic of the bound itself is done in `f64`, whose
/// rounding the factor in [`Rounded::error`] covers.
///
/// `path` tells which branches were taken at kinks (relu, abs, step, max): two evaluations with equal paths lie on
/// the same smooth piece.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::Rounded;
/// let a = Rounded::<f32>::exact(1.0);
/// let third = a / (a + a + a);
/// assert!((f64::from(1.0_f32 / 3.0) - 1.0 / 3.0).abs() <= third.error());
/// assert!(third.error() < 1e-7);
/// assert_eq!(a.relu().path(), (a + a).relu().path());
/// assert_ne!(a.relu().path(), (-a).relu().path());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Rounded<S> {
    pub(crate) value: f64,
    pub(crate) error: f64,
    pub(crate) path: u64,
    scalar: PhantomData<S>,
}

/// The path of a constant that [`Real::shift_hint`] made: branches between such constants cancel out of the result.
const HINT: u64 = 0x9E37_79B9_7F4A_7C15;

impl<S: Float> Rounded<S> {
    /// Units of u that exp, expm1, ln, ln1p, erf, sin and cos may be off: 2 ulp, and one ulp is at most 2u.
    pub const ULP_EXP: f64 = 4.0;
    /// Units of u for tanh: 3 ulp.
    pub const ULP_TANH: f64 = 6.0;
    /// Units of u for 1 / (1 + e⁻ˣ) as e = e^−|x|, p = 1 / (1 + e), e p: 4 + 1 + 1 + 1 and one to spare.
    pub const ULP_LOGISTIC: f64 = 8.0;
    /// Units of u for relu(x) + ln(1 + e^−|x|): e ≤ 1.45 ln(1 + e) carries 4, the logarithm 4, the sum 1.
    pub const ULP_SOFTPLUS: f64 = 12.0;

    /// A number that the float program is given.
    pub fn exact(x: S) -> Self {
        Self::new(x.to_f64(), 0.0)
    }

    /// A number known to within `error`.
    pub fn new(value: f64, error: f64) -> Self {
        Self { value, error, path: 0, scalar: PhantomData }
    }

    /// The value, from one evaluation in `f64`.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The bound. ∞ or NaN if there is none.
    pub fn error(&self) -> f64 {
        // Every operation computes its bound with a few roundings of 2⁻⁵³; this covers 2³⁰ of them in a row.
        self.error * (1.0 + 2.0_f64.powi(-20))
    }

    /// The branches taken so far.
    pub fn path(&self) -> u64 {
        self.path
    }

    /// The same with another path.
    fn via(self, path: u64) -> Self {
        Self { path, ..self }
    }

    /// The largest |â| there is.
    pub(crate) fn top(&self) -> f64 {
        self.value.abs() + 2.0 * self.error
    }

    /// The least |â| there is.
    fn nearest(&self) -> f64 {
        Real::relu(self.value.abs() - 2.0 * self.error)
    }

    pub(crate) fn is_exactly(&self, x: f64) -> bool {
        self.error <= 0.0 && self.value >= x && self.value <= x
    }

    /// f(a) where |f′| ≤ slope on [value − 2 error, value + 2 error], evaluated to `ulps` · u.
    fn map(self, value: f64, slope: f64, ulps: f64) -> Self {
        let through = if self.error <= 0.0 { 0.0 } else { slope * self.error };
        let rounding = ulps * S::UNIT_ROUNDOFF * (value.abs() + 2.0 * through);
        Self { value, error: through + rounding + underflow::<S>(value), ..self }
    }

    /// A branch at a kink, decided by the sign of `at`.
    fn branch(self, at: f64) -> Self {
        let sign = if at > 0.0 { 1 } else { 2 + u64::from(at < 0.0) };
        self.via(mix(self.path, sign))
    }
}

/// Paths combine without symmetry, so that two units that change sides do not cancel.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    if a == 0 && b == 0 {
        return 0;
    }
    a.rotate_left(23).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(b.wrapping_mul(0x94D0_49BB_1331_11EB))
        ^ (a >> 31)
}

/// Half the gap between subnormal numbers, where a result can be one. The smallest normal numbers of f32 and f64 are
/// 2⁻¹²⁶ and 2⁻¹⁰²²; the gap below them is 2u times that.
pub(crate) fn underflow<S: Float>(value: f64) -> f64 {
    let normal = if S::UNIT_ROUNDOFF > 1e-10 { 2.0_f64.powi(-126) } else { f64::MIN_POSITIVE };
    if value.abs() >= 2.0 * normal { 0.0 } else { 2.0 * S::UNIT_ROUNDOFF * normal }
}

impl<S: Float> Scalar for Rounded<S> {
    const ZERO: Self = Self { value: 0.0, error: 0.0, path: 0, scalar: PhantomData };
    const ONE: Self = Self { value: 1.0, error: 0.0, path: 0, scalar: PhantomData };
    const HALF: Self = Self { value: 0.5, error: 0.0, path: 0, scalar: PhantomData };
}

impl<S: Float> Add for Rounded<S> {
    type Output = Self;
    #[inline]
    fn add(self, b: Self) -> Self {
        let path = mix(self.path, b.path);
        if self.is_exactly(0.0) {
            return b.via(path);
        }
        if b.is_exactly(0.0) {
            return self.via(path);
        }
        let (value, through) = (self.value + b.value, self.error + b.error);
        Self { value, error: through + S::UNIT_ROUNDOFF * (value.abs() + 2.0 * through), path, scalar: PhantomData }
    }
}

impl<S: Float> Sub for Rounded<S> {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}

impl<S: Float> Mul for Rounded<S> {
    type Output = Self;
    #[inline]
    fn mul(self, b: Self) -> Self {
        let path = mix(self.path, b.path);
        for (factor, other) in [(self, b), (b, self)] {
            if factor.is_exactly(1.0) {
                return other.via(path);
            }
            if factor.is_exactly(0.0) && other.top() < f64::INFINITY {
                return factor.via(path);
            }
        }
        let value = self.value * b.value;
        let error = product_error(self, b) + S::UNIT_ROUNDOFF * self.top() * b.top() + underflow::<S>(value);
        Self { value, error, path, scalar: PhantomData }
    }
}

/// |âb̂ − ab| for exact multiplication: |â| e_b + |b| e_a.
#[inline]
pub(crate) fn product_error<S: Float>(a: Rounded<S>, b: Rounded<S>) -> f64 {
    a.top() * b.error + (b.value.abs() + b.error) * a.error
}

impl<S: Float> Div for Rounded<S> {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let path = mix(self.path, b.path);
        let least = b.value.abs() - 2.0 * b.error;
        let value = self.value / b.value;
        if !(least > 0.0) {
            return Self { value, error: f64::INFINITY, path, scalar: PhantomData };
        }
        let through = (self.error + self.top() / least * b.error) / least;
        let error = through + S::UNIT_ROUNDOFF * self.top() / least + underflow::<S>(value);
        Self { value, error, path, scalar: PhantomData }
    }
}

impl<S: Float> Neg for Rounded<S> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, ..self }
    }
}

impl<S: Float> AddAssign for Rounded<S> {
    #[inline]
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

impl<S: Float> Real for Rounded<S> {
    fn from_f64(x: f64) -> Self {
        Self::new(x, (S::from_f64(x).to_f64() - x).abs())
    }
    fn sqrt(self) -> Self {
        let least = self.value - 2.0 * self.error;
        self.map(self.value.sqrt(), if least > 0.0 { 0.5 / least.sqrt() } else { f64::INFINITY }, 1.0)
    }
    fn exp(self) -> Self {
        let slope = Real::exp(self.value + 2.0 * self.error);
        self.map(Real::exp(self.value), slope, Self::ULP_EXP)
    }
    fn expm1(self) -> Self {
        let slope = Real::exp(self.value + 2.0 * self.error);
        self.map(Real::expm1(self.value), slope, Self::ULP_EXP)
    }
    fn ln(self) -> Self {
        let least = self.value - 2.0 * self.error;
        self.map(Real::ln(self.value), if least > 0.0 { 1.0 / least } else { f64::INFINITY }, Self::ULP_EXP)
    }
    fn ln1p(self) -> Self {
        let least = 1.0 + (self.value - 2.0 * self.error);
        self.map(Real::ln1p(self.value), if least > 0.0 { 1.0 / least } else { f64::INFINITY }, Self::ULP_EXP)
    }
    fn tanh(self) -> Self {
        // tanh′ ≤ 4 e^−2|a|.
        let slope = f64::min(1.0, 4.0 * Real::exp(-2.0 * self.nearest()));
        self.map(Real::tanh(self.value), slope, Self::ULP_TANH)
    }
    fn erf(self) -> Self {
        let slope = core::f64::consts::FRAC_2_SQRT_PI * Real::exp(-self.nearest() * self.nearest());
        self.map(Real::erf(self.value), slope, Self::ULP_EXP)
    }
    fn sin(self) -> Self {
        self.map(Real::sin(self.value), 1.0, Self::ULP_EXP)
    }
    fn cos(self) -> Self {
        self.map(Real::cos(self.value), 1.0, Self::ULP_EXP)
    }
    fn abs(self) -> Self {
        Self { value: self.value.abs(), ..self }.branch(self.value)
    }
    fn relu(self) -> Self {
        // Surely below 0 it is 0 without an error, on whose sign a step may rely.
        let error = if self.value < -2.0 * self.error { 0.0 } else { self.error };
        Self { value: Real::relu(self.value), error, ..self }.branch(self.value)
    }
    fn step(self) -> Self {
        // On the wrong side of the kink by rounding, the step is wrong by 1.
        let certain = self.error <= 0.0 || self.value.abs() > 2.0 * self.error;
        Self { value: Real::step(self.value), error: if certain { 0.0 } else { 1.0 }, ..self }.branch(self.value)
    }
    fn max(self, other: Self) -> Self {
        let larger = Self {
            value: Real::max(self.value, other.value),
            error: self.error.max(other.error) + 0.0 * (self.error + other.error), // f64::max swallows NaN
            ..self
        };
        if self.path == HINT && other.path == HINT {
            return larger;
        }
        larger.via(mix(self.path, other.path)).branch(self.value - other.value)
    }
    fn shift_hint(self) -> Self {
        self.via(HINT)
    }
    fn logistic(self) -> Self {
        // σ′ ≤ e^−|a|.
        let slope = f64::min(0.25, Real::exp(-self.nearest()));
        self.map(self.value.logistic(), slope, Self::ULP_LOGISTIC)
    }
    fn softplus(self) -> Self {
        let slope = (self.value + 2.0 * self.error).logistic();
        self.map(self.value.softplus(), slope, Self::ULP_SOFTPLUS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// f in f32 is within the bound of f in f64, and the bound is at most `width` times u: wide enough and no wider.
    fn check(
        name: &str,
        single: fn(f32) -> f32,
        double: fn(f64) -> f64,
        bound: fn(Rounded<f32>) -> Rounded<f32>,
        width: f64,
    ) {
        for n in -40..=40_i16 {
            let x = f32::from(n) * 0.0625 + 0.011;
            let want = double(f64::from(x));
            let bound = bound(Rounded::exact(x));
            if want.is_nan() {
                continue;
            }
            let off = (f64::from(single(x)) - want).abs();
            assert!(off <= bound.error(), "{name}({x}) is off by {off:e}, allowed {:e}", bound.error());
            let widest = width * f32::UNIT_ROUNDOFF * (1.0 + want.abs());
            assert!(bound.error() <= widest, "{name}({x}): the bound {:e} is above {widest:e}", bound.error());
        }
    }

    #[test]
    fn bounds_hold_and_are_not_barn_doors() {
        macro_rules! all {
            ($($name:literal: $f:expr, $width:expr;)*) => {$(check($name, $f, $f, $f, $width);)*};
        }
        all! {
            "exp": Real::exp, 4.1; "expm1": Real::expm1, 4.1; "ln": |x| Real::ln(Real::abs(x)), 4.1;
            "ln1p": |x| Real::ln1p(Real::abs(x)), 4.1; "tanh": Real::tanh, 6.1; "erf": Real::erf, 4.1;
            "sin": Real::sin, 4.1; "cos": Real::cos, 4.1; "sqrt": |x| Real::sqrt(Real::abs(x)), 1.1;
            "logistic": Real::logistic, 8.1; "softplus": Real::softplus, 12.1; "recip": Real::recip, 1.1;
            "relu": Real::relu, 0.1; "step": Real::step, 0.1; "max": |x| Real::max(x, x * x), 1.1;
            "tanh of a sum": |x| Real::tanh(x + x + x), 11.0; "cancellation": |x| x * x - (x + x), 30.0;
            "a chain": |x| Real::tanh(x * x - Real::exp(x)) / (x * x + Real::exp(x)), 60.0;
        }
    }

    #[test]
    fn a_step_is_uncertain_only_near_its_kink() {
        for (value, error, expected) in [(1.0, 0.25, 0.0), (1.0, 0.75, 1.0), (0.0, 0.0, 0.0), (-1.0, 0.25, 0.0)] {
            let step = Rounded::<f64>::new(value, error).step();
            assert!((step.error() - expected).abs() < 1e-5, "{value} ± {error}: {step:?}");
        }
        // A unit that is surely off has z = 0 without an error.
        assert!(Rounded::<f64>::new(-1.0, 0.25).relu().is_exactly(0.0));
    }

    #[test]
    fn no_bound_is_never_a_small_one() {
        let wide = Rounded::<f64>::new(1.0, 2.0);
        let nan = Rounded::<f64>::exact(f64::NAN);
        for lost in [wide.recip(), wide.ln(), wide.sqrt(), nan.error_sum(), wide.recip() * Rounded::ZERO] {
            assert!(!(lost.error() + lost.value() * 0.0 < f64::INFINITY), "{lost:?}");
        }
    }

    impl Rounded<f64> {
        fn error_sum(self) -> Self {
            self + self.max(Self::ONE)
        }
    }
}

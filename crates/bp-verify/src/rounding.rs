//! [`Rounded`]: a value with a rigorous bound on the rounding errors of every float evaluation of it.
//!
//! This is running error analysis (Wilkinson; Higham, *Accuracy and Stability of Numerical Algorithms*, 3.3) as a
//! scalar: the engine itself runs over it, so the bound follows the very formulas that the engine evaluates, and no
//! tolerance is chosen by hand. `functions.rs` beside this file has the elementary functions.

mod functions;

use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use bp_core::{Float, Scalar};

/// A quantity a that a float program in `S` computes as some â: |â − a| ≤ [`error`](Rounded::error), and the same for
/// [`value`](Rounded::value), which is one such evaluation in `f64`.
///
/// A product, a quotient and a sum of two cost u · |result|, elementary functions what
/// [`bp_math::ulp`] declares; errors of operands go through with the largest slope between them,
/// an end of an [`Interval`](crate::Interval). A sum of n > 2 terms is kept open until something else is done with it,
/// or it is added to a longer one, and then costs γ_{n−1} Σ |terms|, which holds for **any** order of summation, blocked or not, with or without fused
/// multiply–add (Higham 3.1): one bound serves every backend. Every operation on a bound is rounded upwards.
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
    value: f64,
    /// The bound, without what the additions of an open sum cost.
    closed: f64,
    /// Σ |terms| of an open sum; not used while there is one term.
    magnitude: f64,
    /// 1, or how many terms an open sum has.
    terms: u32,
    path: u64,
    scalar: PhantomData<S>,
}

/// γ_n for scalar `S`, rounded upwards: ∞ from n u = 1 on.
///
/// ```
/// assert!(bp_verify::gamma::<f32>(4) >= 4.0 * 2.0_f64.powi(-24));
/// assert_eq!(bp_verify::gamma::<f32>(1 << 24), f64::INFINITY);
/// ```
pub fn gamma<S: Float>(n: usize) -> f64 {
    let nu = n as f64 * S::UNIT_ROUNDOFF;
    // The quotient and the difference below it, each rounded once.
    if nu < 1.0 { (nu / (1.0 - nu).next_down()).next_up() } else { f64::INFINITY }
}

/// a + b ≥ 0, upwards. Exact where one of them is 0.
#[inline(always)]
pub(crate) fn sum_up(a: f64, b: f64) -> f64 {
    if b == 0.0 {
        a
    } else if a == 0.0 {
        b
    } else {
        (a + b).next_up()
    }
}

/// a b ≥ 0, upwards. Exact where one of them is 0; 0 · ∞ is NaN, no bound.
#[inline(always)]
pub(crate) fn product_up(a: f64, b: f64) -> f64 {
    let product = a * b;
    if product == 0.0 && (a == 0.0 || b == 0.0) { 0.0 } else { product.next_up() }
}

impl<S: Float> Rounded<S> {
    /// A number that the float program is given.
    pub fn exact(x: S) -> Self {
        Self::new(x.to_f64(), 0.0)
    }

    /// A number known to within `error`.
    pub fn new(value: f64, error: f64) -> Self {
        Self { value, closed: error, magnitude: 0.0, terms: 1, path: 0, scalar: PhantomData }
    }

    /// The value, from one evaluation in `f64`.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The bound. ∞ or NaN if there is none.
    #[inline(always)]
    pub fn error(&self) -> f64 {
        match self.terms {
            1 => self.closed,
            // One addition, whatever the order: u times the sum that was rounded.
            2 => {
                let sum = sum_up(self.value.abs().next_up(), sum_up(self.closed, self.closed));
                sum_up(self.closed, product_up(S::UNIT_ROUNDOFF, sum))
            }
            n => sum_up(self.closed, product_up(gamma::<S>(n as usize - 1), self.magnitude)),
        }
    }

    /// The branches taken so far.
    pub fn path(&self) -> u64 {
        self.path
    }

    /// The largest |â| there is, and the largest |a|.
    #[inline(always)]
    pub(crate) fn top(&self) -> f64 {
        let error = self.error();
        sum_up(self.value.abs(), sum_up(error, error))
    }

    /// a + b as one sum of all terms of both, in any order: γ_{n−1} Σ |terms| holds for every tree of additions, also one
    /// that finishes neither, which the sum of two closed ones does not cover.
    #[inline]
    pub(crate) fn join(self, b: Self) -> Self {
        if self.terms == 1 || b.terms == 1 {
            return self + b;
        }
        Self {
            value: self.value + b.value,
            closed: sum_up(self.closed, b.closed),
            magnitude: sum_up(self.magnitude, b.magnitude),
            terms: self.terms.saturating_add(b.terms),
            path: mix(self.path, b.path),
            scalar: PhantomData,
        }
    }

    /// The same numbers under another label, to be kept where no type parameter can be.
    #[inline(always)]
    pub(crate) fn relabel<T>(self) -> Rounded<T> {
        let Self { value, closed, magnitude, terms, path, scalar: _ } = self;
        Rounded { value, closed, magnitude, terms, path, scalar: PhantomData }
    }

    /// The same with another path.
    fn via(self, path: u64) -> Self {
        Self { path, ..self }
    }

    #[inline(always)]
    pub(crate) fn is_exactly(&self, x: f64) -> bool {
        self.terms == 1 && self.closed <= 0.0 && self.value >= x && self.value <= x
    }

    /// What a term adds to the magnitude of a sum.
    #[inline(always)]
    fn summand(&self) -> f64 {
        if self.terms == 1 { self.top() } else { self.magnitude }
    }

    /// A result with one term.
    #[inline(always)]
    fn result(value: f64, error: f64, path: u64) -> Self {
        Self { path, ..Self::new(value, error) }
    }
}

/// Paths combine without symmetry, so that two units that change sides do not cancel.
fn mix(a: u64, b: u64) -> u64 {
    if a == 0 && b == 0 {
        return 0;
    }
    a.rotate_left(23).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(b.wrapping_mul(0x94D0_49BB_1331_11EB))
        ^ (a >> 31)
}

/// The gap between subnormal numbers, where a result can be one. The smallest normal numbers of f32 and f64 are
/// 2⁻¹²⁶ and 2⁻¹⁰²²; the gap below them is 2u times that.
#[inline(always)]
fn underflow<S: Float>(value: f64) -> f64 {
    let normal = if S::UNIT_ROUNDOFF > 1e-10 { 1.0 / (1_u128 << 126) as f64 } else { f64::MIN_POSITIVE };
    if value.abs() >= 2.0 * normal { 0.0 } else { 2.0 * S::UNIT_ROUNDOFF * normal }
}

impl<S: Float> Scalar for Rounded<S> {
    const ZERO: Self = Self { value: 0.0, closed: 0.0, magnitude: 0.0, terms: 1, path: 0, scalar: PhantomData };
    const ONE: Self = Self { value: 1.0, closed: 0.0, magnitude: 0.0, terms: 1, path: 0, scalar: PhantomData };
    const HALF: Self = Self { value: 0.5, closed: 0.0, magnitude: 0.0, terms: 1, path: 0, scalar: PhantomData };
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
        // Of two open sums the shorter one was finished before: a unit's a that stands in memory, say.
        let (long, short) = if self.terms >= b.terms { (self, b) } else { (b, self) };
        let short_error = short.error();
        Self {
            value: self.value + b.value,
            closed: sum_up(long.closed, short_error),
            magnitude: sum_up(long.summand(), sum_up(short.value.abs(), sum_up(short_error, short_error))),
            terms: long.terms.saturating_add(1),
            path,
            scalar: PhantomData,
        }
    }
}

impl<S: Float> Sub for Rounded<S> {
    type Output = Self;
    #[inline]
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
        let (a_error, b_error, b_top) = (self.error(), b.error(), b.top());
        // |âb̂ − ab| ≤ |â| e_b + |b| e_a before the product is rounded.
        let a_top = self.top();
        let through = sum_up(product_up(a_top, b_error), product_up(b_top, a_error));
        let rounding = product_up(S::UNIT_ROUNDOFF, product_up(a_top, b_top));
        Self::result(value, sum_up(sum_up(through, rounding), underflow::<S>(value)), path)
    }
}

impl<S: Float> Div for Rounded<S> {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let path = mix(self.path, b.path);
        let (error, b_error) = (self.error(), b.error());
        let value = self.value / b.value;
        let least = (b.value.abs() - sum_up(b_error, b_error)).next_down();
        if !(least > 0.0) {
            return Self::result(value, f64::INFINITY, path);
        }
        let over = |x: f64| if x == 0.0 { 0.0 } else { (x / least).next_up() };
        let largest = over(self.top());
        let through = over(sum_up(error, product_up(largest, b_error)));
        let rounding = product_up(S::UNIT_ROUNDOFF, largest);
        Self::result(value, sum_up(sum_up(through, rounding), underflow::<S>(value)), path)
    }
}

impl<S: Float> Neg for Rounded<S> {
    type Output = Self;
    #[inline]
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
#[cfg(test)]
mod tests {
    use bp_core::Real;

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

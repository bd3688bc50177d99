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

    const U: f64 = f32::UNIT_ROUNDOFF;

    fn known(value: f64, error: f64) -> Rounded<f32> {
        Rounded::new(value, error)
    }

    /// At least what was worked out by hand, and above it by a few roundings of `f64`.
    fn is_just_above(got: f64, by_hand: f64) -> bool {
        got >= by_hand && got <= by_hand * (1.0 + 16.0 * f64::EPSILON)
    }

    /// The formulas of Higham 3.1 and 3.3 on short numbers: no bound smaller, none wider than its own rounding.
    #[test]
    fn bounds_by_hand() {
        let exact = |x: f64| known(x, 0.0);
        let gamma = |n: f64| n * U / (1.0 - n * U);
        let (two, three) = (exact(1.0) + exact(2.0), exact(1.0) + exact(2.0) + exact(-4.0));
        let four = three + exact(0.5);
        // Terms known to within an error: largest values 1.5 and 4 of 1 ± ¼ and 3 ± ½, twice the error above each.
        let (a, b) = (known(1.0, 0.25), known(-3.0, 0.5));
        let cases = [
            ("two terms", two, 3.0, 3.0 * U),
            ("three", three, -1.0, gamma(2.0) * 7.0),
            ("four", four, -0.5, gamma(3.0) * 7.5),
            ("three by a difference", exact(1.0) + exact(2.0) - exact(4.0), -1.0, gamma(2.0) * 7.0),
            ("the other way round", exact(-4.0) + (exact(1.0) + exact(2.0)), -1.0, gamma(2.0) * 7.0),
            ("two joined with two", two.join(exact(4.0) + exact(8.0)), 15.0, gamma(3.0) * 15.0),
            ("one joined with two", exact(4.0).join(two), 7.0, gamma(2.0) * 7.0),
            ("two joined with one", two.join(exact(4.0)), 7.0, gamma(2.0) * 7.0),
            ("one joined with one", exact(4.0).join(exact(1.0)), 5.0, 5.0 * U),
            ("a + b", a + b, -2.0, 0.75 + U * (2.0 + 1.5)),
            ("a − b", a - b, 4.0, 0.75 + U * (4.0 + 1.5)),
            ("a + b + 1", a + b + exact(1.0), -1.0, 0.75 + gamma(2.0) * (1.5 + 4.0 + 1.0)),
            ("ab", a * b, -3.0, 1.5 * 0.5 + 4.0 * 0.25 + U * 6.0),
            (
                "a product of sums",
                two * two,
                9.0,
                2.0 * (3.0 + 6.0 * U) * 3.0 * U + U * (3.0 + 6.0 * U) * (3.0 + 6.0 * U),
            ),
            // |b| is 2 at least where it divides.
            ("a / b", a / b, -1.0 / 3.0, (0.25 + 0.75 * 0.5) / 2.0 + U * 0.75),
            ("1 / 2", exact(1.0) / exact(2.0), 0.5, U * 0.5),
            ("0 / b", exact(0.0) / b, 0.0, underflow::<f32>(0.0)),
            ("−a", -a, -1.0, 0.25),
        ];
        for (name, got, value, error) in cases {
            assert!((got.value() - value).abs() <= 0.0, "{name}: {got:?}");
            assert!(is_just_above(got.error(), error), "{name}: {:e}, by hand {error:e}", got.error());
        }
        let mut sum = exact(1.0);
        sum += exact(2.0);
        assert_eq!((sum.value().to_bits(), sum.error().to_bits()), (two.value().to_bits(), two.error().to_bits()));
        assert!(is_just_above(a.top(), 1.5) && is_just_above(three.top(), 1.0 + 14.0 * gamma(2.0)));
        let same: Rounded<f64> = a.relabel();
        assert_eq!((same.value().to_bits(), same.error().to_bits()), (1.0_f64.to_bits(), 0.25_f64.to_bits()));
    }

    #[test]
    fn exact_operands_cost_nothing() {
        let a = known(1.5, 0.25);
        let (zero, one) = (Rounded::ZERO, Rounded::ONE);
        for same in [a + zero, zero + a, a - zero, a * one, one * a] {
            assert_eq!((same.value().to_bits(), same.error().to_bits()), (1.5_f64.to_bits(), 0.25_f64.to_bits()));
        }
        for nothing in [a * zero, zero * a] {
            assert!(nothing.is_exactly(0.0), "{nothing:?}");
        }
        // Of 0 ± ¼ and of 0 times something without a bound nothing is certain.
        let (near, lost) = (known(0.0, 0.25), known(1.0, f64::INFINITY));
        assert!(!near.is_exactly(0.0) && (near * a).error() >= 0.25 * 1.5 && (near + a).error() >= 0.5);
        assert!(!((zero * lost).error() < f64::INFINITY) && !((lost * zero).error() < f64::INFINITY));
        assert!(!known(1.0, 0.0).is_exactly(0.0) && !known(-1.0, 0.0).is_exactly(0.0) && one.is_exactly(1.0));
        assert!(!(one + one - one - one).is_exactly(0.0), "an open sum is not finished");
        // A divisor that may be 0, or touches it.
        for divisor in [known(0.5, 0.25), known(0.5, 0.5), zero] {
            assert!((one / divisor).error().is_infinite(), "{divisor:?}");
        }
        // 1 / (½ ± ⅛), where ¼ is the least there is.
        assert!(is_just_above((one / known(0.5, 0.125)).error(), 0.125 * 4.0 / 0.25 + U * 4.0));
    }

    #[test]
    fn gamma_sums_and_products_are_rounded_up() {
        for n in [1_u32, 2, 100, 1 << 20] {
            let nu = f64::from(n) * U;
            assert!(is_just_above(gamma::<f32>(n as usize), nu / (1.0 - nu)), "{n}");
        }
        assert!(gamma::<f32>((1 << 24) - 1).is_finite() && gamma::<f32>(1 << 24).is_infinite());
        assert!(gamma::<f32>((1 << 24) + 1).is_infinite() && gamma::<f32>(0) < f64::MIN_POSITIVE);
        assert_eq!(sum_up(1.0, 2.0).to_bits(), 3.0_f64.next_up().to_bits());
        assert_eq!(product_up(3.0, 2.0).to_bits(), 6.0_f64.next_up().to_bits());
        for x in [0.0, 0.3, f64::INFINITY] {
            assert_eq!([sum_up(x, 0.0), sum_up(0.0, x)].map(f64::to_bits), [x.to_bits(); 2]);
        }
        assert_eq!([product_up(0.3, 0.0), product_up(0.0, 0.3), product_up(0.0, 0.0)].map(f64::to_bits), [0; 3]);
        // What underflows is not 0, and 0 · ∞ is no bound.
        assert!(product_up(1e-200, 1e-200) > 0.0);
        assert!(product_up(0.0, f64::INFINITY).is_nan() && product_up(f64::INFINITY, 0.0).is_nan());
    }

    /// Below twice the smallest normal number a result may be off by the gap of the subnormal ones: 2⁻¹⁴⁹ and 2⁻¹⁰⁷⁴.
    #[test]
    fn subnormal_results_cost_a_gap() {
        let single = f64::from(f32::from_bits(1));
        let double = f64::from_bits(1);
        for sign in [1.0, -1.0] {
            let normal = sign * f64::from(f32::MIN_POSITIVE);
            assert_eq!(underflow::<f32>(1.9 * normal).to_bits(), single.to_bits());
            assert_eq!(underflow::<f32>(2.0 * normal).to_bits(), 0);
            assert_eq!(underflow::<f64>(1.9 * sign * f64::MIN_POSITIVE).to_bits(), double.to_bits());
            assert_eq!(underflow::<f64>(2.0 * sign * f64::MIN_POSITIVE).to_bits(), 0);
        }
        assert_eq!(
            (underflow::<f32>(0.0).to_bits(), underflow::<f64>(0.0).to_bits()),
            (single.to_bits(), double.to_bits())
        );
        let tiny = Rounded::<f32>::exact(1e-30_f32);
        assert!((tiny * tiny).error() >= single && (tiny / Rounded::exact(1e30_f32)).error() >= single);
    }

    /// Paths tell apart which branches were taken, and in which order; without a branch there is none.
    #[test]
    fn paths_tell_branches_apart() {
        let (up, down) = (known(1.0, 0.0).relu(), known(-1.0, 0.0).relu());
        assert_eq!((known(1.0, 0.0) + known(2.0, 0.0) * known(3.0, 0.0)).path(), 0);
        let paths = [
            up.path(),
            down.path(),
            (up + down).path(),
            (down + up).path(),
            (up * down).path(),
            (down * up * up).path(),
            (up / up).path(),
            (up + known(1.0, 0.0)).path(),
            (known(1.0, 0.0) + up).path(),
            up.join(down + up).path(),
            (up + up).join(down + up).path(),
            (down + up).join(up + up).path(),
        ];
        let different: std::collections::BTreeSet<u64> = paths.into_iter().collect();
        assert!(different.len() >= paths.len() - 1 && !different.contains(&0), "{paths:?}"); // + and · mix alike
        // Neutral elements keep the path.
        assert_ne!((up + Rounded::ZERO).path(), (down + Rounded::ZERO).path());
        assert_ne!((up * Rounded::ONE).path(), (down * Rounded::ONE).path());
        assert_ne!((up * Rounded::ZERO).path(), (down * Rounded::ZERO).path());
    }

    impl Rounded<f64> {
        fn error_sum(self) -> Self {
            self + self.max(Self::ONE)
        }
    }
}

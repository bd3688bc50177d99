//! [`Real`]: the numbers that a network of this crate runs over, `f32` and `f64`.

use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// `f32` or `f64`, with the elementary functions of `bp-math`.
///
/// `bp-core` has a trait of this name for more kinds of numbers; this one is its part that needs no allocator, and each
/// operation has the same bits.
///
/// ```
/// use bp_tiny::Real;
/// fn softsign<S: Real>(a: S) -> S {
///     a / (S::ONE + a.abs())
/// }
/// assert_eq!(softsign(1.0_f32), 0.5);
/// ```
pub trait Real:
    Copy
    + Debug
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Sealed
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// ½.
    const HALF: Self;

    /// The nearest value to `x`.
    fn from_f64(x: f64) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1.
    fn expm1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Logistic sigmoid σ(x) = 1 / (1 + e⁻ˣ).
    fn logistic(self) -> Self;
    /// ln(1 + eˣ).
    fn softplus(self) -> Self;
    /// Error function.
    fn erf(self) -> Self;
    /// |x|.
    fn abs(self) -> Self;
    /// max(x, 0); NaN stays NaN.
    fn relu(self) -> Self;
    /// 1 above 0, otherwise 0; NaN stays NaN.
    fn step(self) -> Self;
    /// The larger of two values; NaN stays NaN.
    fn max(self, other: Self) -> Self;
}

/// Only this crate says what a [`Real`] is: the claim of equal bits rests on it.
pub trait Sealed {}

macro_rules! impl_real {
    ($($float:ident)*) => {$(
        impl Sealed for $float {}

        impl Real for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }
            #[inline(always)]
            fn exp(self) -> Self {
                bp_math::$float::exp(self)
            }
            #[inline(always)]
            fn expm1(self) -> Self {
                bp_math::$float::expm1(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                bp_math::$float::ln(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                bp_math::$float::tanh(self)
            }
            #[inline(always)]
            fn logistic(self) -> Self {
                bp_math::$float::logistic(self)
            }
            #[inline(always)]
            fn softplus(self) -> Self {
                bp_math::$float::softplus(self)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                bp_math::$float::erf(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                bp_math::$float::abs(self)
            }
            #[inline(always)]
            fn relu(self) -> Self {
                // NaN fails the comparison and must stay NaN.
                if self <= 0.0 { 0.0 } else { self }
            }
            #[inline(always)]
            fn step(self) -> Self {
                if self > 0.0 {
                    1.0
                } else if self <= 0.0 {
                    0.0
                } else {
                    self
                }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if self > other || self.is_nan() { self } else { other }
            }
        }
    )*};
}

impl_real!(f32 f64);

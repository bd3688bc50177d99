//! The numbers a network can run over: [`Scalar`], a commutative ring with ½, and [`Real`], which adds the
//! transcendental functions. The engine asks for the weaker one and never looks at a value, so the same
//! recursion runs over floats, dual numbers, intervals and a prime field.

use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A commutative ring with ½ (which M9's E = ½ Σ (y − t)² needs).
///
/// ```
/// use bp_core::Scalar;
/// fn square<S: Scalar>(x: S) -> S {
///     x * x
/// }
/// assert_eq!(square(3.0_f32), 9.0);
/// ```
pub trait Scalar:
    Copy
    + Debug
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
{
    /// The neutral element of addition.
    const ZERO: Self;
    /// The neutral element of multiplication.
    const ONE: Self;
    /// The element with `HALF + HALF = ONE`.
    const HALF: Self;
}

/// A [`Scalar`] with division and the functions that activations and losses are made of.
///
/// `relu`, `step`, `max` and `abs` are operations of the scalar rather than comparisons, because intervals and
/// dual numbers have no order. At their kinks: relu′(0) = 0 (`step(0) = 0`), and NaN stays NaN through all of
/// them.
///
/// ```
/// use bp_core::Real;
/// fn softsign<S: Real>(a: S) -> S {
///     a / (S::ONE + a.abs())
/// }
/// assert_eq!(softsign(1.0_f64), 0.5);
/// ```
pub trait Real: Scalar + Div<Output = Self> {
    /// The nearest value to `x`, without a derivative.
    fn from_f64(x: f64) -> Self;
    /// √x.
    fn sqrt(self) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1.
    fn expm1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x).
    fn ln1p(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Error function.
    fn erf(self) -> Self;
    /// Sine, radians.
    fn sin(self) -> Self;
    /// Cosine, radians.
    fn cos(self) -> Self;
    /// |x|, with derivative 0 at 0.
    fn abs(self) -> Self;
    /// max(x, 0), with derivative 0 at 0.
    fn relu(self) -> Self;
    /// 1 above 0, otherwise 0: the derivative of [`relu`](Real::relu), without a derivative of its own.
    fn step(self) -> Self;
    /// The larger of two values.
    fn max(self, other: Self) -> Self;
    /// A constant near `self` that carries no derivative and no width, for shifts that cancel out of the
    /// result (log-sum-exp). For floats it is the value itself.
    fn shift_hint(self) -> Self;

    /// sech²x = 1 / cosh²x, the derivative of tanh, from e^−2|x|, which keeps its digits where tanh rounds to 1.
    fn sech2(self) -> Self {
        let size = self.abs();
        let e = (-(size + size)).exp();
        let r = (Self::ONE + e).recip();
        Self::from_f64(4.0) * e * r * r
    }

    /// The constant 2/√π, the slope of erf at 0: to the accuracy that the scalar has.
    fn frac_2_sqrt_pi() -> Self {
        Self::from_f64(core::f64::consts::FRAC_2_SQRT_PI)
    }

    /// 1 / x.
    #[inline(always)]
    fn recip(self) -> Self {
        Self::ONE / self
    }

    /// The smaller of two values.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        -(-self).max(-other)
    }

    /// Logistic sigmoid σ(x) = 1 / (1 + e⁻ˣ).
    fn logistic(self) -> Self {
        (Self::ONE + (-self).exp()).recip()
    }

    /// ln(1 + eˣ) as relu(x) + ln(1 + e^−|x|).
    fn softplus(self) -> Self {
        self.relu() + (-self.abs()).exp().ln1p()
    }
}

/// A [`Real`] with an order and a conversion to `f64`: what training needs beyond the engine.
///
/// ```
/// use bp_core::Float;
/// assert!(Float::is_finite(1.0_f32));
/// assert_eq!(Float::to_f64(0.5_f32), 0.5);
/// ```
pub trait Float: Real + PartialOrd {
    /// The name in files and messages: `f32` or `f64`.
    const NAME: &'static str;
    /// Unit roundoff u: half the distance from 1 to the next larger number.
    const UNIT_ROUNDOFF: f64;
    /// The smallest positive normal number.
    const MIN_POSITIVE: Self;

    /// The exact value as `f64`.
    fn to_f64(self) -> f64;
    /// False for ±∞ and NaN.
    fn is_finite(self) -> bool;
}

macro_rules! impl_float {
    ($($float:ident)*) => {$(
        impl Scalar for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;
        }

        impl Real for $float {
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                bp_math::$float::sqrt(self)
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
            fn ln1p(self) -> Self {
                bp_math::$float::ln1p(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                bp_math::$float::tanh(self)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                bp_math::$float::erf(self)
            }
            #[inline(always)]
            fn sin(self) -> Self {
                bp_math::$float::sin(self)
            }
            #[inline(always)]
            fn cos(self) -> Self {
                bp_math::$float::cos(self)
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
            #[inline(always)]
            fn shift_hint(self) -> Self {
                self
            }
            #[inline(always)]
            fn logistic(self) -> Self {
                bp_math::$float::logistic(self)
            }
            #[inline(always)]
            fn softplus(self) -> Self {
                bp_math::$float::softplus(self)
            }
        }

        impl Float for $float {
            const NAME: &'static str = stringify!($float);
            const MIN_POSITIVE: Self = $float::MIN_POSITIVE;
            const UNIT_ROUNDOFF: f64 = $float::EPSILON as f64 / 2.0;

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $float::is_finite(self)
            }
        }
    )*};
}

impl_float!(f32 f64);

#[cfg(test)]
mod tests {
    use super::*;

    fn kinks_and_nan<S: Float>() {
        let bits = |x: S| x.to_f64().to_bits();
        let (zero, nan) = (S::ZERO, S::from_f64(f64::NAN));
        for x in [zero.step(), zero.relu(), (-zero).step(), S::ONE.min(zero)] {
            assert_eq!(bits(x), bits(zero));
        }
        for x in [S::from_f64(1e-30).step(), S::ONE.max(zero), S::ONE.relu()] {
            assert_eq!(bits(x), bits(S::ONE));
        }
        for x in [nan.relu(), nan.step(), nan.abs(), nan.max(zero), zero.max(nan), nan.min(zero), zero.min(nan)] {
            assert!(x.to_f64().is_nan());
        }
    }

    #[test]
    fn kinks_follow_the_convention_and_nan_stays() {
        kinks_and_nan::<f32>();
        kinks_and_nan::<f64>();
    }
}

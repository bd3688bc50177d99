//! [`Number`]: scalars that can hold the short decimals of a [`Case`](crate::Case).

use bp_core::{Float, Real, Scalar};

use crate::{Counted, Dual, Fp, Rounded};

/// A [`Scalar`] made from whole thousandths.
///
/// ```
/// use bp_verify::{Fp, Number};
/// assert_eq!(f32::from_thousandths(250), 0.25);
/// assert_eq!(Fp::from_thousandths(500) + Fp::from_thousandths(500), Fp::from_i64(1));
/// ```
pub trait Number: Scalar {
    /// n / 1000: the nearest float, the exact element of a field.
    fn from_thousandths(n: i64) -> Self;
}

impl Number for f32 {
    fn from_thousandths(n: i64) -> Self {
        (n as f64 / 1000.0) as f32
    }
}

impl Number for f64 {
    fn from_thousandths(n: i64) -> Self {
        n as f64 / 1000.0
    }
}

impl Number for Fp {
    fn from_thousandths(n: i64) -> Self {
        Self::from_thousandths(n)
    }
}

impl Number for Counted {
    fn from_thousandths(n: i64) -> Self {
        Self(f64::from_thousandths(n))
    }
}

impl<S: Number, const N: usize> Number for Dual<S, N> {
    fn from_thousandths(n: i64) -> Self {
        Self::constant(S::from_thousandths(n))
    }
}

/// The float itself is the exact number.
impl<S: Float> Number for Rounded<S> {
    fn from_thousandths(n: i64) -> Self {
        Self::exact(<S as Real>::from_f64(n as f64 / 1000.0))
    }
}

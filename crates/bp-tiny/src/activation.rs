//! [`Activation`]: h and h′ of hidden units as types without a value, and the ones that come with the crate.

use crate::Real;

/// A unit's activation function z = h(a), a type without a value.
///
/// Write your own in two functions:
///
/// ```
/// use bp_tiny::{Activation, Identity, Layer, Net, Output, Real, Sgd};
///
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// struct Cubic;
///
/// impl<S: Real> Activation<S> for Cubic {
///     fn value(a: S) -> S {
///         a * a * a
///     }
///     fn derivative(a: S, _z: S) -> S {
///         (S::ONE + S::ONE + S::ONE) * a * a
///     }
/// }
///
/// let mut net = Layer::<1, 2, Cubic, Output<2, 1, Identity>>::init(|_, _| 0.5);
/// let error = net.learn(&[1.0], &[0.0], &Sgd::new(0.1));
/// assert_eq!(error, 0.0078125); // a = ½, z = ⅛, y = ⅛, E = ½ y²
/// assert!(net.error(&[1.0], &[0.0]) < error);
/// ```
pub trait Activation<S: Real>: Copy {
    /// z = h(a).
    fn value(a: S) -> S;

    /// h′(a), given a and z = h(a).
    fn derivative(a: S, z: S) -> S;
}

/// Writes the types and their two functions; `bp_core::Act` has the same formulas, operation by operation.
macro_rules! activations {
    ($($(#[$doc:meta])* $name:ident: $a:ident => $value:expr, ($a2:ident, $z:ident) => $derivative:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// See [`Activation`] for an example.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $name;

        impl<S: Real> Activation<S> for $name {
            #[inline(always)]
            fn value($a: S) -> S {
                $value
            }
            #[inline(always)]
            fn derivative($a2: S, $z: S) -> S {
                $derivative
            }
        }
    )*};
}

activations! {
    /// h(a) = a. As an output function it goes with the sum of squares.
    Identity: a => a, (_a, _z) => S::ONE;
    /// h(a) = tanh a, h′ = 1 − z² (Bishop 5.59, 5.60), as (1 − z)(1 + z).
    Tanh: a => a.tanh(), (_a, z) => (S::ONE - z) * (S::ONE + z);
    /// h(a) = σ(a) = 1 / (1 + e⁻ᵃ), h′ = z (1 − z). As an output function it goes with binary cross-entropy.
    Logistic: a => a.logistic(), (_a, z) => z * (S::ONE - z);
    /// h(a) = max(a, 0), h′(0) = 0.
    Relu: a => a.relu(), (_a, z) => z.step();
    /// h(a) = a above 0 and a / 100 below; h′(0) = 0.01.
    LeakyRelu: a => a.relu() - S::from_f64(SLOPE) * (-a).relu(), (_a, z) => {
        let step = z.step();
        step + S::from_f64(SLOPE) * (S::ONE - step)
    };
    /// h(a) = a above 0 and eᵃ − 1 below.
    Elu: a => a.relu() + (-(-a).relu()).expm1(), (a, _z) => (-(-a).relu()).exp();
    /// h(a) = ln(1 + eᵃ), h′ = σ(a).
    Softplus: a => a.softplus(), (a, _z) => a.logistic();
    /// h(a) = a / (1 + |a|), h′ = 1 / (1 + |a|)².
    Softsign: a => a / (S::ONE + a.abs()), (a, _z) => {
        let r = S::ONE / (S::ONE + a.abs());
        r * r
    };
    /// h(a) = a σ(a), also called swish.
    Silu: a => a * a.logistic(), (a, _z) => {
        let sigma = a.logistic();
        sigma * (S::ONE + a * (-a).logistic())
    };
    /// h(a) = a Φ(a) with the exact normal distribution function.
    Gelu: a => a * normal_cdf(a), (a, _z) => normal_cdf(a) + a * normal_pdf(a);
}

/// The slope of [`LeakyRelu`] below 0.
const SLOPE: f64 = 0.01;

/// Φ(a) = ½ (1 + erf(a / √2)).
#[inline(always)]
fn normal_cdf<S: Real>(a: S) -> S {
    S::HALF * (S::ONE + (a * S::from_f64(core::f64::consts::FRAC_1_SQRT_2)).erf())
}

/// φ(a) = e^(−a²/2) / √(2π).
#[inline(always)]
fn normal_pdf<S: Real>(a: S) -> S {
    const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;
    (-(S::HALF * a * a)).exp() * S::from_f64(INV_SQRT_TAU)
}

//! [`Dual`]: a value and its derivatives in one or several directions, pushed forward through every operation. It knows nothing of
//! backpropagation, which is why it can be compared with it.

use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use bp_core::{Real, Scalar};

/// a + Σᵢ εᵢ ∂ᵢa with εᵢ εⱼ = 0: N directions at once, one unless told otherwise.
///
/// Over [`Fp`](crate::Fp) derivatives of polynomials are exact; over floats they have no truncation error; over
/// [`Interval`](crate::Interval) they are enclosed. Nested, `Dual<Dual<S>>`, they give second derivatives.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::Dual;
/// let x = Dual::variable(0.0_f64);
/// let y = (x * x + x).tanh();
/// assert_eq!(y.derivative(), 1.0); // (2x + 1) tanh′(0)
///
/// // Both partial derivatives of x y in one pass.
/// let (x, y) = (Dual::<f64, 2>::seeded(3.0, 0), Dual::seeded(5.0, 1));
/// assert_eq!((x * y).derivatives, [5.0, 3.0]);
///
/// // (x³)″ = 6 x.
/// let x = Dual::variable(Dual::variable(2.0_f64));
/// assert_eq!((x * x * x).derivative().derivative(), 12.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dual<S, const N: usize = 1> {
    /// a.
    pub value: S,
    /// ∂ᵢa.
    pub derivatives: [S; N],
}

impl<S: Scalar> Dual<S> {
    /// The variable itself.
    pub fn variable(value: S) -> Self {
        Self::seeded(value, 0)
    }

    /// a′, of a single direction.
    pub fn derivative(&self) -> S {
        self.derivatives[0]
    }
}

impl<S: Scalar, const N: usize> Dual<S, N> {
    /// A value that does not depend on any variable.
    pub fn constant(value: S) -> Self {
        Self { value, derivatives: [S::ZERO; N] }
    }

    /// Variable number `direction`.
    ///
    /// # Panics
    /// If there are fewer directions.
    pub fn seeded(value: S, direction: usize) -> Self {
        let mut dual = Self::constant(value);
        dual.derivatives[direction] = S::ONE;
        dual
    }

    /// f(a) + Σᵢ εᵢ f′(a) ∂ᵢa.
    fn chain(self, value: S, slope: S) -> Self {
        Self { value, derivatives: self.derivatives.map(|d| slope * d) }
    }

    /// Derivatives of both operands, direction by direction.
    #[inline]
    fn zip(self, b: Self, value: S, f: impl Fn(S, S) -> S) -> Self {
        let mut derivatives = self.derivatives;
        derivatives.iter_mut().zip(b.derivatives).for_each(|(d, e)| *d = f(*d, e));
        Self { value, derivatives }
    }
}

impl<S: Scalar, const N: usize> Scalar for Dual<S, N> {
    const ZERO: Self = Self { value: S::ZERO, derivatives: [S::ZERO; N] };
    const ONE: Self = Self { value: S::ONE, derivatives: [S::ZERO; N] };
    const HALF: Self = Self { value: S::HALF, derivatives: [S::ZERO; N] };
}

impl<S: Scalar, const N: usize> Add for Dual<S, N> {
    type Output = Self;
    #[inline]
    fn add(self, b: Self) -> Self {
        self.zip(b, self.value + b.value, |d, e| d + e)
    }
}

impl<S: Scalar, const N: usize> Sub for Dual<S, N> {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        self.zip(b, self.value - b.value, |d, e| d - e)
    }
}

impl<S: Scalar, const N: usize> Mul for Dual<S, N> {
    type Output = Self;
    #[inline]
    #[allow(clippy::suspicious_arithmetic_impl, reason = "the product rule has a sum")]
    fn mul(self, b: Self) -> Self {
        self.zip(b, self.value * b.value, |d, e| d * b.value + self.value * e)
    }
}

impl<S: Real, const N: usize> Div for Dual<S, N> {
    type Output = Self;
    #[allow(clippy::suspicious_arithmetic_impl, reason = "the quotient rule has a difference and a product")]
    fn div(self, b: Self) -> Self {
        let value = self.value / b.value;
        self.zip(b, value, |d, e| (d - value * e) / b.value)
    }
}

impl<S: Scalar, const N: usize> Neg for Dual<S, N> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, derivatives: self.derivatives.map(|d| -d) }
    }
}

impl<S: Scalar, const N: usize> AddAssign for Dual<S, N> {
    #[inline]
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

impl<S: Real, const N: usize> Real for Dual<S, N> {
    fn from_f64(x: f64) -> Self {
        Self::constant(S::from_f64(x))
    }
    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.chain(root, S::HALF / root)
    }
    fn exp(self) -> Self {
        let exp = self.value.exp();
        self.chain(exp, exp)
    }
    fn expm1(self) -> Self {
        self.chain(self.value.expm1(), self.value.exp())
    }
    fn ln(self) -> Self {
        self.chain(self.value.ln(), self.value.recip())
    }
    fn ln1p(self) -> Self {
        self.chain(self.value.ln1p(), (S::ONE + self.value).recip())
    }
    fn tanh(self) -> Self {
        self.chain(self.value.tanh(), self.value.sech2())
    }
    fn erf(self) -> Self {
        let slope = S::frac_2_sqrt_pi() * (-(self.value * self.value)).exp();
        self.chain(self.value.erf(), slope)
    }
    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }
    fn cos(self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }
    fn abs(self) -> Self {
        self.chain(self.value.abs(), self.value.step() - (-self.value).step())
    }
    fn relu(self) -> Self {
        self.chain(self.value.relu(), self.value.step())
    }
    fn step(self) -> Self {
        Self::constant(self.value.step())
    }
    fn max(self, other: Self) -> Self {
        // max(a, b) = b + relu(a − b), so b's derivative where they are equal.
        let slope = (self.value - other.value).step();
        self.zip(other, self.value.max(other.value), |d, e| e + slope * (d - e))
    }
    fn shift_hint(self) -> Self {
        Self::constant(self.value.shift_hint())
    }
    fn logistic(self) -> Self {
        let sigma = self.value.logistic();
        self.chain(sigma, sigma * (-self.value).logistic())
    }
    fn softplus(self) -> Self {
        self.chain(self.value.softplus(), self.value.logistic())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fp;
    use crate::difference::derivative;
    use crate::rounding::Rounded;

    type D = Dual<f64>;
    type R = Rounded<f64>;

    /// The dual derivative of f at `x` is within the error of the differences of f.
    fn check(name: &str, dual: fn(D) -> D, real: fn(R) -> R, x: f64) {
        let got = dual(D::variable(x)).derivative();
        let want = derivative(x, real).expect("away from kinks");
        // The derivative itself is some ten operations of at most 6u each.
        let bound = want.truncation + want.noise + 64.0 * (f64::EPSILON / 2.0) * (1.0 + got.abs());
        assert!((got - want.value).abs() <= bound, "{name}′({x}): {got}, differences {want:?}");
    }

    #[test]
    fn every_function_agrees_with_differences() {
        macro_rules! all {
            ($($name:ident: $($x:expr),*);* $(;)?) => {$($(
                check(stringify!($name), |a| a.$name(), |a| a.$name(), $x);
            )*)*};
        }
        all! {
            sqrt: 0.5, 3.0; exp: -2.0, 0.3, 2.0; expm1: -2.0, 0.0, 1.5; ln: 0.4, 5.0; ln1p: -0.5, 0.0, 3.0;
            tanh: -2.0, 0.0, 0.7, 3.0; erf: -1.0, 0.0, 0.5; sin: 0.3, 2.0; cos: 0.3, 2.0; abs: -1.5, 0.5;
            relu: -1.5, 0.5; step: -1.0, 1.0; logistic: -3.0, 0.0, 2.0; softplus: -3.0, 0.0, 2.0; recip: 0.7, -2.0;
        }
        check("max(a, 1 − a)", |a| a.max(D::ONE - a), |a| a.max(R::ONE - a), 0.75);
        check("min(a, a²)", |a| a.min(a * a), |a| a.min(a * a), 0.5);
        check("a / (2 + a²)", |a| a / (D::ONE + D::ONE + a * a), |a| a / (R::ONE + R::ONE + a * a), 0.7);
    }

    #[test]
    #[should_panic(expected = "wrong′(0.5)")]
    fn a_wrong_derivative_fails() {
        check("wrong", |a| Dual { derivatives: [(a * a).derivative() * (1.0 + 1e-9)], ..a * a }, |a| a * a, 0.5);
    }

    #[test]
    fn kinks_follow_the_convention() {
        let zero = D::variable(0.0);
        for derivative in [zero.relu().derivative(), zero.abs().derivative(), zero.step().derivative()] {
            assert_eq!(derivative.to_bits(), 0);
        }
        assert_eq!(zero.max(-zero).derivative().to_bits(), (-1.0_f64).to_bits());
        assert_eq!(D::variable(3.0).shift_hint().derivative().to_bits(), 0);
    }

    #[test]
    fn polynomials_are_exact_over_the_field() {
        let x = Dual::variable(Fp::from_i64(123_456_789));
        let cube = x * x * x;
        assert_eq!(cube.derivative(), Fp::from_i64(3) * x.value * x.value);
    }
}

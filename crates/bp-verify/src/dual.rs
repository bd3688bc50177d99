//! [`Dual`]: a value and its derivative in one direction, pushed forward through every operation. It knows nothing of
//! backpropagation, which is why it can be compared with it.

use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use bp_core::{Real, Scalar};

/// a + ε a′ with ε² = 0.
///
/// Over [`Fp`](crate::Fp) derivatives of polynomials are exact; over floats they have no truncation error.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::Dual;
/// let x = Dual::variable(0.0_f64);
/// let y = (x * x + x).tanh();
/// assert_eq!(y.derivative, 1.0); // (2x + 1) tanh′(0)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dual<S> {
    /// a.
    pub value: S,
    /// a′.
    pub derivative: S,
}

impl<S: Scalar> Dual<S> {
    /// A value that does not depend on the variable.
    pub fn constant(value: S) -> Self {
        Self { value, derivative: S::ZERO }
    }

    /// The variable itself.
    pub fn variable(value: S) -> Self {
        Self { value, derivative: S::ONE }
    }

    /// f(a) + ε f′(a) a′.
    fn chain(self, value: S, slope: S) -> Self {
        Self { value, derivative: slope * self.derivative }
    }
}

impl<S: Scalar> Scalar for Dual<S> {
    const ZERO: Self = Self { value: S::ZERO, derivative: S::ZERO };
    const ONE: Self = Self { value: S::ONE, derivative: S::ZERO };
    const HALF: Self = Self { value: S::HALF, derivative: S::ZERO };
}

impl<S: Scalar> Add for Dual<S> {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Self { value: self.value + b.value, derivative: self.derivative + b.derivative }
    }
}

impl<S: Scalar> Sub for Dual<S> {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Self { value: self.value - b.value, derivative: self.derivative - b.derivative }
    }
}

impl<S: Scalar> Mul for Dual<S> {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        Self { value: self.value * b.value, derivative: self.derivative * b.value + self.value * b.derivative }
    }
}

impl<S: Real> Div for Dual<S> {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let value = self.value / b.value;
        Self { value, derivative: (self.derivative - value * b.derivative) / b.value }
    }
}

impl<S: Scalar> Neg for Dual<S> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, derivative: -self.derivative }
    }
}

impl<S: Scalar> AddAssign for Dual<S> {
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

impl<S: Real> Real for Dual<S> {
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
        let derivative = other.derivative + slope * (self.derivative - other.derivative);
        Self { value: self.value.max(other.value), derivative }
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
        let got = dual(D::variable(x)).derivative;
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
        check("wrong", |a| Dual { derivative: (a * a).derivative * (1.0 + 1e-9), ..a * a }, |a| a * a, 0.5);
    }

    #[test]
    fn kinks_follow_the_convention() {
        let zero = D::variable(0.0);
        for derivative in [zero.relu().derivative, zero.abs().derivative, zero.step().derivative] {
            assert_eq!(derivative.to_bits(), 0);
        }
        assert_eq!(zero.max(-zero).derivative.to_bits(), (-1.0_f64).to_bits());
        assert_eq!(D::variable(3.0).shift_hint().derivative.to_bits(), 0);
    }

    #[test]
    fn polynomials_are_exact_over_the_field() {
        let x = Dual::variable(Fp::from_i64(123_456_789));
        let cube = x * x * x;
        assert_eq!(cube.derivative, Fp::from_i64(3) * x.value * x.value);
    }
}

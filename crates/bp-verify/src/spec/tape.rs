//! [`Tape`]: a scalar that records what is done with it, for a reverse sweep.

use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use bp_core::{Float, Real, Scalar};

use crate::Rounded;
use crate::spec::record::{CONSTANT, Standing, push, standing};

/// A number of a float program in `S`, with the bound of [`Rounded`] on its rounding, that writes every operation on it
/// into a record kept by the thread while [`certify`](crate::certify) evaluates a [`Spec`](crate::Spec).
///
/// The record is swept in reverse to bound what a right backward pass may lose. Partial derivatives are the formulas that
/// such a pass is written with: tanh′ = (1 − z)(1 + z), σ′ = z (1 − z), exp′ = z, (a/b)′ by 1/b and −z/b. Nothing but
/// the bound is used of it, so a fault here cannot move the value that a subject is compared with.
///
/// Outside a recording it computes and records nothing. A value that outlives its recording, or wanders to another
/// thread, has no bound any more: whatever is computed from it is inconclusive, never wrongly certified.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::Tape;
/// let third = Tape::<f64>::from_f64(1.0) / Tape::from_f64(3.0);
/// assert!(third.value().error() < 1e-16);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Tape<S> {
    value: Rounded<S>,
    node: u32,
    run: u64,
}

impl<S: Float> Tape<S> {
    /// A number without a derivative.
    pub fn constant(value: Rounded<S>) -> Self {
        Self { value, node: CONSTANT, run: 0 }
    }

    /// The number.
    pub fn value(&self) -> Rounded<S> {
        self.value
    }

    pub(crate) fn of(value: Rounded<S>, node: u32, run: u64) -> Self {
        Self { value, node, run }
    }

    pub(crate) fn place(&self) -> (u32, u64) {
        (self.node, self.run)
    }

    /// An elementary function's value and slope.
    fn function(self, value: Rounded<S>, slope: Rounded<S>) -> Self {
        self.record(value, [self.node, CONSTANT], [slope, Rounded::ZERO], true)
    }

    fn binary(self, b: Self, value: Rounded<S>, partials: [Rounded<S>; 2]) -> Self {
        match standing(b.node, b.run) {
            Standing::Constant => self.record(value, [self.node, CONSTANT], partials, false),
            Standing::Stale => b.record(value, [b.node, CONSTANT], partials, false),
            Standing::Node => match standing(self.node, self.run) {
                Standing::Stale => self.record(value, [self.node, CONSTANT], partials, false),
                _ => b.record(value, [self.node, b.node], partials, false),
            },
        }
    }

    fn record(self, value: Rounded<S>, operands: [u32; 2], partials: [Rounded<S>; 2], is_function: bool) -> Self {
        match standing(self.node, self.run) {
            Standing::Constant => Self::constant(value),
            Standing::Node => {
                let (node, run) = push(operands, partials, is_function);
                Self { value, node, run }
            }
            Standing::Stale => Self { value: Rounded::new(value.value(), f64::INFINITY), ..self },
        }
    }
}

impl<S: Float> Scalar for Tape<S> {
    const ZERO: Self = Self { value: Rounded::ZERO, node: CONSTANT, run: 0 };
    const ONE: Self = Self { value: Rounded::ONE, node: CONSTANT, run: 0 };
    const HALF: Self = Self { value: Rounded::HALF, node: CONSTANT, run: 0 };
}

impl<S: Float> Add for Tape<S> {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        self.binary(b, self.value.join(b.value), [Rounded::ONE, Rounded::ONE])
    }
}

impl<S: Float> Sub for Tape<S> {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        self.binary(b, self.value.join(-b.value), [Rounded::ONE, -Rounded::ONE])
    }
}

impl<S: Float> Mul for Tape<S> {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        self.binary(b, self.value * b.value, [b.value, self.value])
    }
}

impl<S: Float> Div for Tape<S> {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let value = self.value / b.value;
        self.binary(b, value, [b.value.recip(), -(value / b.value)])
    }
}

impl<S: Float> Neg for Tape<S> {
    type Output = Self;
    fn neg(self) -> Self {
        self.record(-self.value, [self.node, CONSTANT], [-Rounded::ONE, Rounded::ZERO], false)
    }
}

impl<S: Float> AddAssign for Tape<S> {
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

impl<S: Float> Real for Tape<S> {
    fn from_f64(x: f64) -> Self {
        Self::constant(Rounded::from_f64(x))
    }
    fn sqrt(self) -> Self {
        let z = self.value.sqrt();
        self.function(z, Rounded::HALF / z)
    }
    fn exp(self) -> Self {
        let z = self.value.exp();
        self.function(z, z)
    }
    fn expm1(self) -> Self {
        self.function(self.value.expm1(), self.value.exp())
    }
    fn ln(self) -> Self {
        self.function(self.value.ln(), self.value.recip())
    }
    fn ln1p(self) -> Self {
        self.function(self.value.ln1p(), (Rounded::ONE + self.value).recip())
    }
    fn tanh(self) -> Self {
        let z = self.value.tanh();
        self.function(z, (Rounded::ONE - z) * (Rounded::ONE + z))
    }
    fn erf(self) -> Self {
        let slope = Rounded::frac_2_sqrt_pi() * (-(self.value * self.value)).exp();
        self.function(self.value.erf(), slope)
    }
    fn sin(self) -> Self {
        self.function(self.value.sin(), self.value.cos())
    }
    fn cos(self) -> Self {
        self.function(self.value.cos(), -self.value.sin())
    }
    fn abs(self) -> Self {
        self.function(self.value.abs(), self.value.step() - (-self.value).step())
    }
    fn relu(self) -> Self {
        self.function(self.value.relu(), self.value.step())
    }
    fn step(self) -> Self {
        // Flat on both sides; a result that stands on a stale number must stay stale.
        self.record(self.value.step(), [self.node, CONSTANT], [Rounded::ZERO; 2], false)
    }
    fn max(self, other: Self) -> Self {
        let mine = (self.value - other.value).step();
        self.binary(other, self.value.max(other.value), [mine, Rounded::ONE - mine])
    }
    fn shift_hint(self) -> Self {
        match standing(self.node, self.run) {
            Standing::Stale => self.record(self.value, [self.node, CONSTANT], [Rounded::ZERO; 2], false),
            _ => Self::constant(self.value.shift_hint()),
        }
    }
    fn sech2(self) -> Self {
        let z = self.value.sech2();
        self.function(z, -((z + z) * self.value.tanh()))
    }
    fn frac_2_sqrt_pi() -> Self {
        Self::constant(Rounded::frac_2_sqrt_pi())
    }
    fn logistic(self) -> Self {
        let z = self.value.logistic();
        self.function(z, z * (Rounded::ONE - z))
    }
    fn softplus(self) -> Self {
        self.function(self.value.softplus(), self.value.logistic())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dual;
    use crate::spec::record::{Chain, Recording};

    type T = Tape<f64>;

    /// f′ by the sweep is f′ by dual numbers, to within the bound of the sweep and a few roundings of the dual number.
    fn check(name: &str, tape: fn(T) -> T, dual: fn(Dual<f64>) -> Dual<f64>, x: f64) {
        let recording = Recording::start();
        let y = tape(recording.variable(Rounded::exact(x)));
        let got = recording.sweep(&[y], &[0.5], 1, Chain::Full)[0];
        let want = 0.5 * dual(Dual::variable(x)).derivative();
        let bound = got.error() + 64.0 * f64::UNIT_ROUNDOFF * (1.0 + want.abs());
        assert!((got.value() - want).abs() <= bound, "{name}′({x}): {got:?}, {want}");
        assert!(got.error() <= 1e-13 * (1.0 + want.abs()), "{name}′({x}): {got:?}");
    }

    #[test]
    fn every_partial_derivative() {
        macro_rules! all {
            ($($name:literal $f:expr;)*) => {$(
                for x in [0.3, 1.7] {
                    check($name, $f, $f, x);
                }
            )*};
        }
        all! {
            "sqrt" Real::sqrt; "exp" Real::exp; "expm1" Real::expm1; "ln" Real::ln; "ln1p" Real::ln1p;
            "tanh" Real::tanh; "erf" Real::erf; "sin" Real::sin; "cos" Real::cos; "abs" |a| (-a).abs();
            "relu" |a| a.relu() + (-a).relu(); "step" |a| a * a.step(); "max" |a| (a * a).max(a); "min" |a| (a * a).min(a);
            "sech2" Real::sech2; "logistic" Real::logistic; "softplus" Real::softplus; "recip" Real::recip;
            "quotient" |a| a.sin() / (a + a.exp()); "difference" |a| a * a - a / (a + a);
            "used twice" |a| { let b = a.tanh() * a; b * b + b - a };
        }
    }

    /// A number that outlives its recording has no bound, here and on another thread; a panic ends a recording.
    #[test]
    fn nothing_leaks() {
        let old = {
            let recording = Recording::start();
            recording.variable(Rounded::exact(1.0_f64))
        };
        assert!(!((old + T::ONE).value().error() < f64::INFINITY), "no recording");
        let panicked = std::panic::catch_unwind(|| {
            let _recording = Recording::start();
            panic!("in a spec");
        });
        assert!(panicked.is_err());
        let outer = Recording::start();
        let x = outer.variable(Rounded::exact(2.0_f64));
        for stale in
            [old + x, x + old, old * T::ONE, T::ONE - old, old.tanh(), old.step(), old.shift_hint(), x.max(old)]
        {
            assert!(!(stale.value().error() < f64::INFINITY), "{stale:?}");
        }
        let elsewhere = std::thread::spawn(move || (x * x).value().error()).join().unwrap();
        assert!(!(elsewhere < f64::INFINITY));
        {
            let inner = Recording::start();
            let y = inner.variable(Rounded::exact(3.0_f64));
            assert_eq!(inner.sweep(&[y * y], &[1.0], 1, Chain::Full)[0].value().to_bits(), 6.0_f64.to_bits());
            assert!(!((x * y).value().error() < f64::INFINITY));
        }
        assert_eq!(outer.sweep(&[x * x], &[1.0], 1, Chain::Full)[0].value().to_bits(), 4.0_f64.to_bits());
        // What a sweep cannot reach has no bound either.
        assert!(!(outer.sweep(&[old], &[1.0], 1, Chain::Full)[0].error() < f64::INFINITY));
    }

    /// The sum of two sums covers any order of all of their terms.
    #[test]
    fn sums_are_joined() {
        let terms: Vec<f32> = (0..64_i16).map(|n| f32::from(n * 37 % 64 - 31) * 1.1e3 + 0.37).collect();
        let sum = |terms: &[f32]| terms.iter().fold(Tape::<f32>::ZERO, |s, &t| s + Tape::constant(Rounded::exact(t)));
        let joined = (sum(&terms[..32]) + sum(&terms[32..])).value();
        let mut shuffled = terms.clone();
        for start in 0..64 {
            shuffled.rotate_left(1);
            shuffled.swap(0, start);
            let got: f32 = shuffled.iter().sum();
            assert!((f64::from(got) - joined.value()).abs() <= joined.error(), "{got} {joined:?}");
        }
        let of_all = crate::gamma::<f32>(63) * terms.iter().map(|&t| f64::from(t).abs()).sum::<f64>();
        assert!(joined.error() >= of_all * (1.0 - 1e-12), "{joined:?}, {of_all}");
    }
}

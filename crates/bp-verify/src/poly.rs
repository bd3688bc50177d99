//! [`Poly`]: polynomial activations, and output functions over rings that are not [`Real`](bp_core::Real).

use bp_core::{Activation, Output, OutputFunction, OutputKind, Scalar};

use crate::{Counted, Dual, Fp};

/// h(a) = c₀ + c₁ a + c₂ a² + c₃ a³ with small integer coefficients, an activation over any [`Scalar`].
///
/// A network of polynomials is a polynomial, so over [`Fp`] its gradient is known exactly.
///
/// ```
/// use bp_core::Activation;
/// use bp_verify::{Fp, Poly};
/// let h = Poly([0, 3, 1, 0]); // a² + 3a
/// let a = Fp::from_i64(5);
/// assert_eq!(h.value(a), Fp::from_i64(40));
/// assert_eq!(h.derivative(a, h.value(a)), Fp::from_i64(13));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poly(
    /// c₀ … c₃.
    pub [i8; 4],
);

impl Poly {
    /// Those that random networks draw from: a, a² + 3a, a³, 1 − 2a + a².
    pub const ALL: [Self; 4] = [Self::IDENTITY, Self([0, 3, 1, 0]), Self([0, 0, 0, 1]), Self([1, -2, 1, 0])];

    /// h(a) = a.
    pub const IDENTITY: Self = Self([0, 1, 0, 0]);
}

/// n · x by additions.
fn times<S: Scalar>(n: i32, x: S) -> S {
    let x = if n < 0 { -x } else { x };
    (0..n.unsigned_abs()).fold(S::ZERO, |sum, _| sum + x)
}

impl<S: Scalar> Activation<S> for Poly {
    fn value(&self, a: S) -> S {
        let [c0, c1, c2, c3] = self.0.map(i32::from);
        ((times(c3, a) + times(c2, S::ONE)) * a + times(c1, S::ONE)) * a + times(c0, S::ONE)
    }

    fn derivative(&self, a: S, _z: S) -> S {
        let [_, c1, c2, c3] = self.0.map(i32::from);
        (times(3 * c3, a) + times(2 * c2, S::ONE)) * a + times(c1, S::ONE)
    }
}

/// Elementwise output functions over scalars that have no exponential.
///
/// # Panics
/// For softmax and exp, which a ring does not have.
macro_rules! elementwise_output {
    ($($scalar:ty),*) => {$(
        impl<H: Activation<$scalar>> OutputFunction<$scalar> for Output<H> {
            fn apply_row(&self, y: &mut [$scalar]) {
                each(self).apply(y);
            }
            fn pullback_row(&self, a: &[$scalar], y: &[$scalar], g: &mut [$scalar]) {
                each(self).chain(a, y, g);
            }
            fn kind(&self) -> OutputKind {
                OutputKind::Other
            }
            fn elementwise(&self) -> Option<&dyn Activation<$scalar>> {
                let h: &H = each(self);
                Some(h)
            }
        }
    )*};
}

elementwise_output!(Fp, Dual<Fp>, Counted);

fn each<H>(output: &Output<H>) -> &H {
    match output {
        Output::Each(h) => h,
        _ => panic!("this output function needs an exponential, which a ring does not have"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_equal_dual_numbers() {
        for h in Poly::ALL {
            for n in [-7, 0, 1, 1 << 40] {
                let a = Fp::from_i64(n);
                assert_eq!(h.derivative(a, h.value(a)), h.value(Dual::variable(a)).derivative(), "{h:?} at {a}");
            }
        }
    }
}

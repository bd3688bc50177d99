//! [`certify_values`]: a function without a derivative, such as the step of an optimiser.

use core::marker::PhantomData;

use bp_core::Float;

use crate::spec::certification::{Certification, certify};
use crate::{CheckedSpec, Failure, Subject};

/// Certifies values y = f(p, x) and nothing else: f is called as `f(p, x, y)`.
///
/// For an optimiser p are the parameters before, x the gradients of one step or several, y the parameters after them;
/// the spec is the rule, written over any scalar.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::{Shape, Spec, certify_values};
///
/// /// w ← w − η g.
/// struct Rule;
/// impl<S: Real> Spec<S> for Rule {
///     fn shape(&self) -> Shape {
///         Shape { params: 2, inputs: 2, outputs: 2 }
///     }
///     fn eval(&self, w: &[S], g: &[S], new: &mut [S]) {
///         for i in 0..2 {
///             new[i] = w[i] - S::from_f64(0.125) * g[i];
///         }
///     }
/// }
///
/// let program = |w: &[f32], g: &[f32], new: &mut [f32]| {
///     for i in 0..2 {
///         new[i] = w[i] - 0.125 * g[i];
///     }
/// };
/// certify_values(Rule, program).seeds(0..8).assert_pass();
/// ```
pub fn certify_values<S, P, F>(spec: P, f: F) -> Certification<P, Values<F, S>>
where
    S: Float,
    P: CheckedSpec<S>,
    F: FnMut(&[S], &[S], &mut [S]),
{
    certify(spec, Values(f, PhantomData)).values_only()
}

/// A function as a subject without a derivative. See [`certify_values`].
#[derive(Debug, Clone, Copy)]
pub struct Values<F, S>(F, PhantomData<S>);

impl<S: Float, F: FnMut(&[S], &[S], &mut [S])> Subject for Values<F, S> {
    type Real = S;
    fn forward(&mut self, p: &[S], x: &[S], y: &mut [S]) -> Result<(), Failure> {
        (self.0)(p, x, y);
        Ok(())
    }
    fn vjp(&mut self, _p: &[S], _x: &[S], _c: &[S], _dp: &mut [S], _dx: &mut [S]) -> Result<(), Failure> {
        Err("a function of which only the values are known".into())
    }
}

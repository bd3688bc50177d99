//! [`certify_activation`]: h and h′ of a user's activation.

use core::marker::PhantomData;

use bp_core::{Activation, Float, Real};

use crate::spec::certification::{Certification, certify};
use crate::{CheckedActivation, Draw, Failure, Shape, Spec, Subject, Tape};

/// Numbers that h is taken at for one seed, and how large they are: tanh, σ and their kin are saturated there.
const POINTS: usize = 32;
const SIZE: f64 = 20.0;

/// Certifies an activation on [−20, 20], the ends included: its value, and its derivative against dual numbers of the
/// value. What runs is [`Activation::apply`] and [`Activation::chain`], as in the engine; where the activation says that
/// it needs no a, it is given none.
///
/// ```
/// use bp_core::Act;
/// bp_verify::certify_activation::<f64, _>(&Act::Gelu).seeds(0..4).assert_pass();
/// bp_verify::certify_activation::<f32, _>(&Act::Gelu).seeds(0..4).assert_pass();
/// ```
pub fn certify_activation<S, H>(activation: &H) -> Certification<ActivationSpec<'_, H>, ActivationSubject<'_, H, S>>
where
    S: Float,
    H: CheckedActivation<S> + Activation<Tape<S>>,
{
    certify(ActivationSpec(activation), ActivationSubject(activation, PhantomData)).name("an activation on [-20, 20]")
}

/// yᵢ = h(xᵢ). See [`certify_activation`].
#[derive(Debug, Clone, Copy)]
pub struct ActivationSpec<'a, H>(pub &'a H);

impl<S: Real, H: Activation<S>> Spec<S> for ActivationSpec<'_, H> {
    fn shape(&self) -> Shape {
        Shape { params: 0, inputs: POINTS, outputs: POINTS }
    }
    fn eval(&self, _p: &[S], x: &[S], y: &mut [S]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = self.0.value(x);
        }
    }
    fn input_place(&self, index: usize) -> String {
        format!("h'(a[{index}])")
    }
    fn draw(&self, draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
        let (mut points, near) = (draw.within(SIZE, POINTS / 2), draw.within(2.0, POINTS / 2));
        points.extend(near);
        (points[0], points[1]) = (-SIZE, SIZE);
        (vec![], points)
    }
}

/// The activation as a program. See [`certify_activation`].
#[derive(Debug, Clone, Copy)]
pub struct ActivationSubject<'a, H, S>(&'a H, PhantomData<S>);

impl<S: Float, H: Activation<S>> Subject for ActivationSubject<'_, H, S> {
    type Real = S;
    fn forward(&mut self, _p: &[S], x: &[S], y: &mut [S]) -> Result<(), Failure> {
        y.copy_from_slice(x);
        self.0.apply(y);
        Ok(())
    }
    fn vjp(&mut self, _p: &[S], x: &[S], cotangent: &[S], _dp: &mut [S], dx: &mut [S]) -> Result<(), Failure> {
        let mut z = x.to_vec();
        self.0.apply(&mut z);
        dx.copy_from_slice(cotangent);
        self.0.chain(if self.0.needs_a() { x } else { &z }, &z, dx);
        Ok(())
    }
}

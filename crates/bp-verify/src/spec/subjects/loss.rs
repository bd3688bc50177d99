//! [`certify_loss`]: E and δ of a user's loss.

use bp_core::{Activation, Float, Loss, Output, OutputFunction, Prediction, Real, Scalar, Target};

use crate::spec::certification::{Certification, certify};
use crate::{CheckedActivation, CheckedLoss, Draw, Failure, Lanes, Shape, Spec, Subject, Tape};

/// Certifies a loss behind an output function: E of one example, and δ = ∂E/∂a against dual numbers of E. With
/// `Output::Each(Act::Identity)` δ is the loss's own gradient ∂E/∂y.
///
/// ```
/// use bp_core::{Act, ErrorFunction, Output, Target};
/// use bp_verify::certify_loss;
/// let softmax = Output::<Act>::Softmax;
/// certify_loss::<f64, _, _>(&ErrorFunction::CrossEntropy, &softmax, 3, Target::Class(1)).seeds(0..4).assert_pass();
/// ```
pub fn certify_loss<'a, S, L, H>(
    loss: &'a L,
    output: &'a Output<H>,
    units: usize,
    target: Target<'a, S>,
) -> Certification<LossSpec<'a, L, H, S>, LossSubject<'a, L, H, S>>
where
    S: Float,
    L: CheckedLoss<S> + Loss<Tape<S>>,
    H: CheckedActivation<S> + Activation<Tape<S>>,
{
    let problem = LossSpec { loss, output, units, target };
    certify(problem, LossSubject(problem)).name("a loss")
}

/// y₀ = E(output(x), t). See [`certify_loss`].
#[derive(Debug)]
pub struct LossSpec<'a, L, H, S> {
    loss: &'a L,
    output: &'a Output<H>,
    units: usize,
    target: Target<'a, S>,
}

impl<L, H, S: Copy> Clone for LossSpec<'_, L, H, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L, H, S: Copy> Copy for LossSpec<'_, L, H, S> {}

impl<L, H, S: Float> LossSpec<'_, L, H, S> {
    /// E and δ over any scalar.
    fn run<T>(&self, a: &[T], lift: impl Fn(S) -> T, delta: Option<&mut [T]>) -> T
    where
        T: Scalar,
        L: Loss<T>,
        Output<H>: OutputFunction<T>,
    {
        let row: Vec<T> = match self.target {
            Target::Row(row) => row.iter().map(|&t| lift(t)).collect(),
            Target::Class(_) => vec![],
        };
        let target = match self.target {
            Target::Row(_) => Target::Row(&row),
            Target::Class(class) => Target::Class(class),
        };
        let mut y = a.to_vec();
        self.output.apply_row(&mut y);
        let prediction = Prediction { output: self.output, a, y: &y };
        if let Some(delta) = delta {
            self.loss.delta(&prediction, target, delta);
        }
        self.loss.value(&prediction, target)
    }
}

impl<T: Real, S: Float, L: Loss<T>, H: Activation<T>> Spec<T> for LossSpec<'_, L, H, S> {
    fn shape(&self) -> Shape {
        Shape { params: 0, inputs: self.units, outputs: 1 }
    }
    fn eval(&self, _p: &[T], x: &[T], y: &mut [T]) {
        y[0] = self.run(x, |t| T::from_f64(t.to_f64()), None);
    }
    fn input_place(&self, index: usize) -> String {
        format!("delta[{index}]")
    }
    fn draw(&self, draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
        (vec![], draw.within(3.0, self.units))
    }
}

/// The loss as a program. See [`certify_loss`].
#[derive(Debug)]
pub struct LossSubject<'a, L, H, S>(LossSpec<'a, L, H, S>);

impl<S: Float, L, H> Subject for LossSubject<'_, L, H, S>
where
    L: Loss<S> + Loss<Lanes>,
    H: Activation<S> + Activation<Lanes>,
{
    type Real = S;
    fn forward(&mut self, _p: &[S], x: &[S], y: &mut [S]) -> Result<(), Failure> {
        y[0] = self.0.run(x, |t| t, None);
        Ok(())
    }
    fn vjp(&mut self, _p: &[S], x: &[S], cotangent: &[S], _dp: &mut [S], dx: &mut [S]) -> Result<(), Failure> {
        self.0.run(x, |t| t, Some(&mut *dx));
        dx.iter_mut().for_each(|delta| *delta = cotangent[0] * *delta);
        Ok(())
    }
}

//! [`Layer`] and [`Output`]: what a [`Net`] is made of.

use core::marker::PhantomData;

use crate::{Activation, Dense, Net, OutputFunction, Real, Sgd};

/// A hidden layer from I to J units with activation H, and the stack above it.
///
/// ```
/// use bp_tiny::{Layer, Net, Output, Relu, Softmax, Tanh};
/// type Deep = Layer<2, 8, Tanh, Layer<8, 8, Relu, Output<8, 3, Softmax>>>;
/// assert_eq!(Deep::N_PARAMS, (2 * 8 + 8) + (8 * 8 + 8) + (8 * 3 + 3));
/// assert_eq!(size_of::<Deep>(), Deep::N_PARAMS * size_of::<f32>());
/// ```
///
/// Widths that do not meet do not compile:
///
/// ```compile_fail
/// use bp_tiny::{Layer, Net, Output, Softmax, Tanh};
/// let n = <Layer<2, 8, Tanh, Output<7, 3, Softmax>>>::N_PARAMS;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer<const I: usize, const J: usize, H, N: Net<J>> {
    /// Weights and biases.
    pub dense: Dense<I, J, N::Scalar>,
    /// The stack above.
    pub next: N,
    h: PhantomData<H>,
}

/// The output layer from J to K units with output function F, over scalars S.
///
/// ```
/// use bp_tiny::{Dense, Identity, Net, Output};
/// // In flash: a constant.
/// static LINE: Output<1, 1, Identity> = Output::new(Dense { w: [[2.0]], b: [0.5] });
/// assert_eq!(LINE.predict(&[3.0]), [6.5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Output<const J: usize, const K: usize, F, S = f32> {
    /// Weights and biases.
    pub dense: Dense<J, K, S>,
    function: PhantomData<F>,
}

impl<const I: usize, const J: usize, H, N: Net<J>> Layer<I, J, H, N> {
    /// A layer with these parameters below `next`.
    #[inline(always)]
    pub const fn new(dense: Dense<I, J, N::Scalar>, next: N) -> Self {
        Self { dense, next, h: PhantomData }
    }
}

impl<const J: usize, const K: usize, F, S> Output<J, K, F, S> {
    /// An output layer with these parameters.
    #[inline(always)]
    pub const fn new(dense: Dense<J, K, S>) -> Self {
        Self { dense, function: PhantomData }
    }
}

impl<const I: usize, const J: usize, H, N> Layer<I, J, H, N>
where
    H: Activation<N::Scalar>,
    N: Net<J>,
{
    /// aⱼ and zⱼ = h(aⱼ) (Bishop 5.48, 5.49).
    #[inline(always)]
    fn units(&self, x: &[N::Scalar; I]) -> ([N::Scalar; J], [N::Scalar; J]) {
        let a = self.dense.forward(x);
        let mut z = a;
        for z in &mut z {
            *z = H::value(*z);
        }
        (a, z)
    }

    /// δⱼ = h′(aⱼ) Σₖ wₖⱼ δₖ (Bishop 5.56), the sum given.
    #[inline(always)]
    fn delta(mut back: [N::Scalar; J], a: &[N::Scalar; J], z: &[N::Scalar; J]) -> [N::Scalar; J] {
        for ((delta, &a), &z) in back.iter_mut().zip(a).zip(z) {
            *delta = *delta * H::derivative(a, z);
        }
        back
    }
}

impl<const I: usize, const J: usize, H, N> Net<I> for Layer<I, J, H, N>
where
    H: Activation<N::Scalar>,
    N: Net<J>,
{
    type Scalar = N::Scalar;
    type Row = N::Row;
    const N_PARAMS: usize = Dense::<I, J, N::Scalar>::N_PARAMS + N::N_PARAMS;

    #[inline(always)]
    fn zeros() -> Self {
        Self::new(Dense::zeros(), N::zeros())
    }

    fn init(mut draw: impl FnMut(usize, usize) -> N::Scalar) -> Self {
        let mut dense = Dense::zeros();
        dense.w.as_flattened_mut().fill_with(|| draw(I, J));
        Self::new(dense, N::init(draw))
    }

    #[inline(always)]
    fn predict(&self, x: &[N::Scalar; I]) -> N::Row {
        self.next.predict(&self.units(x).1)
    }

    #[inline(always)]
    fn error(&self, x: &[N::Scalar; I], t: &N::Row) -> N::Scalar {
        self.next.error(&self.units(x).1, t)
    }

    #[inline(always)]
    fn learn_and_back(&mut self, x: &[N::Scalar; I], t: &N::Row, sgd: &Sgd<N::Scalar>) -> (N::Scalar, [N::Scalar; I]) {
        let (a, z) = self.units(x);
        let (error, back) = self.next.learn_and_back(&z, t, sgd);
        let delta = Self::delta(back, &a, &z);
        let back = self.dense.back(&delta);
        self.dense.learn(&delta, x, *sgd);
        (error, back)
    }

    #[inline(always)]
    fn add_gradient(&self, x: &[N::Scalar; I], t: &N::Row, gradient: &mut Self) -> (N::Scalar, [N::Scalar; I]) {
        let (a, z) = self.units(x);
        let (error, back) = self.next.add_gradient(&z, t, &mut gradient.next);
        let delta = Self::delta(back, &a, &z);
        gradient.dense.add_gradient(&delta, x);
        (error, self.dense.back(&delta))
    }

    #[inline(always)]
    fn update(&mut self, gradient: &Self, scale: N::Scalar, sgd: &Sgd<N::Scalar>) {
        self.dense.update(&gradient.dense, scale, *sgd);
        self.next.update(&gradient.next, scale, sgd);
    }

    #[inline(always)]
    fn read<'a>(&mut self, params: &'a [N::Scalar]) -> &'a [N::Scalar] {
        let rest = self.dense.read(params);
        self.next.read(rest)
    }

    #[inline(always)]
    fn write<'a>(&self, params: &'a mut [N::Scalar]) -> &'a mut [N::Scalar] {
        let rest = self.dense.write(params);
        self.next.write(rest)
    }
}

impl<const J: usize, const K: usize, F, S> Net<J> for Output<J, K, F, S>
where
    F: OutputFunction<S>,
    S: Real,
{
    type Scalar = S;
    type Row = [S; K];
    const N_PARAMS: usize = Dense::<J, K, S>::N_PARAMS;

    #[inline(always)]
    fn zeros() -> Self {
        Self::new(Dense::zeros())
    }

    fn init(mut draw: impl FnMut(usize, usize) -> S) -> Self {
        let mut dense = Dense::zeros();
        dense.w.as_flattened_mut().fill_with(|| draw(J, K));
        Self::new(dense)
    }

    #[inline(always)]
    fn predict(&self, x: &[S; J]) -> [S; K] {
        F::apply(&self.dense.forward(x))
    }

    #[inline(always)]
    fn error(&self, x: &[S; J], t: &[S; K]) -> S {
        let a = self.dense.forward(x);
        F::error(&a, &F::apply(&a), t)
    }

    #[inline(always)]
    fn learn_and_back(&mut self, x: &[S; J], t: &[S; K], sgd: &Sgd<S>) -> (S, [S; J]) {
        let a = self.dense.forward(x);
        let y = F::apply(&a);
        let delta = F::delta(&a, &y, t);
        let back = self.dense.back(&delta);
        self.dense.learn(&delta, x, *sgd);
        (F::error(&a, &y, t), back)
    }

    #[inline(always)]
    fn add_gradient(&self, x: &[S; J], t: &[S; K], gradient: &mut Self) -> (S, [S; J]) {
        let a = self.dense.forward(x);
        let y = F::apply(&a);
        let delta = F::delta(&a, &y, t);
        gradient.dense.add_gradient(&delta, x);
        (F::error(&a, &y, t), self.dense.back(&delta))
    }

    #[inline(always)]
    fn update(&mut self, gradient: &Self, scale: S, sgd: &Sgd<S>) {
        self.dense.update(&gradient.dense, scale, *sgd);
    }

    #[inline(always)]
    fn read<'a>(&mut self, params: &'a [S]) -> &'a [S] {
        self.dense.read(params)
    }

    #[inline(always)]
    fn write<'a>(&self, params: &'a mut [S]) -> &'a mut [S] {
        self.dense.write(params)
    }
}

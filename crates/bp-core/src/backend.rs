//! [`Backend`]: the matrix kernels that the engine calls. One is required, the product; the others have bodies
//! in [`kernels`](crate::kernels) that a backend overrides where it does better.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::{Activation, MatMut, MatRef, OutputFunction, Scalar, kernels};

/// What happens to the values that stand in a destination.
///
/// ```
/// use bp_core::{Accum, Backend, MatMut, MatRef, Reference};
/// let (a, b) = ([1.0, 2.0], [3.0, 4.0]);
/// let mut c = [10.0];
/// let product = |c: &mut [f64], accum| {
///     Reference.gemm(MatMut::new(c, 1, 1), accum, 1.0, MatRef::new(&a, 1, 2), MatRef::new(&b, 2, 1));
/// };
/// product(&mut c, Accum::Add);
/// assert_eq!(c, [21.0]);
/// product(&mut c, Accum::Replace);
/// assert_eq!(c, [11.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accum {
    /// They are overwritten, whatever they are (NaN too).
    Replace,
    /// The result is added to them.
    Add,
}

/// What follows the last connection of a layer: aⱼ ← aⱼ + bⱼ, a copy of a if the backward pass needs it, zⱼ = h(aⱼ).
///
/// ```
/// use bp_core::{Accum, Act, Backend, Finish, MatMut, MatRef, Reference};
/// let (x, w, b, mut z) = ([0.5], [2.0], [-1.0], [f64::NAN]);
/// let finish = Finish { bias: Some(&b), a: None, activation: Some(&Act::Tanh) };
/// Reference.dense_forward(MatMut::new(&mut z, 1, 1), Accum::Replace, MatRef::new(&x, 1, 1), MatRef::new(&w, 1, 1), finish);
/// assert_eq!(z, [0.0]); // tanh(2 · 0.5 − 1)
/// ```
pub struct Finish<'a, S> {
    /// bⱼ.
    pub bias: Option<&'a [S]>,
    /// Where a is kept: as many values as z, without gaps.
    pub a: Option<&'a mut [S]>,
    /// h; `None` leaves a where it stands.
    pub activation: Option<&'a dyn Activation<S>>,
}

impl<S> Default for Finish<'_, S> {
    /// Nothing follows.
    fn default() -> Self {
        Self { bias: None, a: None, activation: None }
    }
}

/// The outer factor h′(aᵢ) of the recursion (M7) with what it is computed from, both without gaps. See
/// [`Backend::dense_backward`].
///
/// ```
/// use bp_core::{Act, Slope};
/// let slope = Slope { activation: &Act::Tanh, a: &[0.5_f64], z: &[0.5_f64.tanh()] };
/// let mut delta = [2.0];
/// slope.activation.chain(slope.a, slope.z, &mut delta);
/// assert_eq!(delta[0], 2.0 * (1.0 - slope.z[0]) * (1.0 + slope.z[0]));
/// ```
#[derive(Clone, Copy)]
pub struct Slope<'a, S> {
    /// h.
    pub activation: &'a dyn Activation<S>,
    /// a, or z in its place if [`Activation::needs_a`] is false.
    pub a: &'a [S],
    /// z = h(a).
    pub z: &'a [S],
}

/// Matrix kernels over scalars `S`. Knows no network.
///
/// Implement [`gemm`](Backend::gemm) and you have a backend. Every other method has a default that calls the
/// public function of the same name in [`kernels`]; an override must equal it (exactly over a ring, within
/// rounding over floats).
///
/// ```
/// use bp_core::{Accum, Backend, MatMut, MatRef, Reference, Scalar, stack, Plan, Act};
///
/// /// Counts the multiplications that go through the reference backend.
/// struct Counting(std::sync::atomic::AtomicUsize);
///
/// impl<S: Scalar> Backend<S> for Counting {
///     fn name(&self) -> &str {
///         "counting"
///     }
///     fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
///         self.0.fetch_add(dst.rows() * dst.cols() * lhs.cols(), std::sync::atomic::Ordering::Relaxed);
///         Reference.gemm(dst, accum, alpha, lhs, rhs);
///     }
/// }
///
/// let plan = Plan::new(stack(3).hidden(4, Act::Tanh).output(2, Act::Identity))?;
/// let backend = Counting(0.into());
/// let mut ws = plan.workspace::<f64>(5);
/// plan.forward(&backend, &vec![0.1; plan.n_params()], &[0.5; 15], &mut ws)?;
/// assert_eq!(backend.0.into_inner(), 5 * (3 * 4 + 4 * 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Backend<S: Scalar>: Send + Sync {
    /// A short name for reports: `reference`, `faer`, …
    fn name(&self) -> &str;

    /// The product `dst ← alpha · lhs · rhs` or `dst ← dst + alpha · lhs · rhs`.
    ///
    /// Shapes: `dst` m × n, `lhs` m × k, `rhs` k × n, any of them 0. With `k = 0` the product is zero.
    fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>);

    /// Adds `bias` to every row of `dst`: aⱼ ← aⱼ + bⱼ.
    fn add_bias(&self, dst: MatMut<'_, S>, bias: &[S]) {
        kernels::add_bias(dst, bias);
    }

    /// `dst ← (dst +) alpha · Σₙ δₙⱼ`: with alpha 1 the gradient of a bias, ∂E/∂bⱼ = Σₙ δₙⱼ.
    fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
        kernels::sum_rows(dst, accum, alpha, delta);
    }

    /// z = h(a) in place: `z` holds a on entry.
    fn activate(&self, activation: &dyn Activation<S>, z: &mut [S]) {
        activation.apply(z);
    }

    /// δ ← h′(a) δ elementwise, the outer factor of the recursion (M7).
    fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        activation.chain(a, z, delta);
    }

    /// A dense connection forward (M3): `z ← (z +) x wᵀ`, then `finish`. `w` is `[to][from]`, as in w_ji.
    ///
    /// An override has the bits of its own [`gemm`](Backend::gemm) and [`finish`](Backend::finish) one after the other.
    fn dense_forward(&self, z: MatMut<'_, S>, accum: Accum, x: MatRef<'_, S>, w: MatRef<'_, S>, finish: Finish<'_, S>) {
        kernels::dense_forward(self, z, accum, x, w, finish);
    }

    /// A dense connection backward (M7): `back ← (back +) δ w`, times h′ of the units that it starts from if this was
    /// the last of their consumers. `back` has no gaps.
    ///
    /// An override has the bits of its own [`gemm`](Backend::gemm) and [`chain`](Backend::chain) one after the other.
    fn dense_backward(
        &self,
        back: MatMut<'_, S>,
        accum: Accum,
        delta: MatRef<'_, S>,
        w: MatRef<'_, S>,
        slope: Option<Slope<'_, S>>,
    ) {
        kernels::dense_backward(self, back, accum, delta, w, slope);
    }

    /// What follows the last connection of a layer, over all its units.
    fn finish(&self, z: MatMut<'_, S>, finish: Finish<'_, S>) {
        kernels::finish(self, z, finish);
    }

    /// y from a over all examples in place, for output functions that do not act on each unit alone.
    fn output(&self, function: &dyn OutputFunction<S>, y: MatMut<'_, S>) {
        let width = y.cols();
        function.apply_rows(width, y.into_data());
    }

    /// How many threads its kernels may use; with more than 1 there is a pool behind [`install`](Backend::install).
    fn threads(&self) -> usize {
        1
    }

    /// Runs `job` where this backend's threads live, so that kernels inside it need not enter the pool anew. `work` is
    /// the multiply-adds of the largest product to come ([`Plan::largest_product`](crate::Plan::largest_product)): a job
    /// of small ones is better off without threads.
    fn install(&self, work: usize, job: &mut (dyn FnMut() + Send)) {
        let _ = work;
        job();
    }
}

const _: Option<&dyn Backend<f32>> = None;

/// The portable backend: plain loops over any scalar, sums in index order.
///
/// Promises the same bits on every machine, and that a row of a batch has the bits of the row alone. It is
/// what the others are compared with, and it is not fast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reference;

impl<S: Scalar> Backend<S> for Reference {
    fn name(&self) -> &str {
        "reference"
    }

    fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        kernels::gemm(dst, accum, alpha, lhs, rhs);
    }
}

/// A pointer to a backend is a backend.
macro_rules! forward_to_pointee {
    ($($pointer:ty),*) => {$(
        impl<S: Scalar, B: Backend<S> + ?Sized> Backend<S> for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }
            fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
                (**self).gemm(dst, accum, alpha, lhs, rhs);
            }
            fn add_bias(&self, dst: MatMut<'_, S>, bias: &[S]) {
                (**self).add_bias(dst, bias);
            }
            fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
                (**self).sum_rows(dst, accum, alpha, delta);
            }
            fn activate(&self, activation: &dyn Activation<S>, z: &mut [S]) {
                (**self).activate(activation, z);
            }
            fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
                (**self).chain(activation, a, z, delta);
            }
            fn dense_forward(
                &self,
                z: MatMut<'_, S>,
                accum: Accum,
                x: MatRef<'_, S>,
                w: MatRef<'_, S>,
                finish: Finish<'_, S>,
            ) {
                (**self).dense_forward(z, accum, x, w, finish);
            }
            fn dense_backward(
                &self,
                back: MatMut<'_, S>,
                accum: Accum,
                delta: MatRef<'_, S>,
                w: MatRef<'_, S>,
                slope: Option<Slope<'_, S>>,
            ) {
                (**self).dense_backward(back, accum, delta, w, slope);
            }
            fn finish(&self, z: MatMut<'_, S>, finish: Finish<'_, S>) {
                (**self).finish(z, finish);
            }
            fn output(&self, function: &dyn OutputFunction<S>, y: MatMut<'_, S>) {
                (**self).output(function, y);
            }
            fn threads(&self) -> usize {
                (**self).threads()
            }
            fn install(&self, work: usize, job: &mut (dyn FnMut() + Send)) {
                (**self).install(work, job);
            }
        }
    )*};
}

forward_to_pointee!(&B, Box<B>, Arc<B>);

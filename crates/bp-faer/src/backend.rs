//! [`Faer`]: the backend itself.

use bp_core::{Accum, Activation, Backend, Finish, MatMut, MatRef, OutputFunction, Slope};
use bp_train::{Dense, Pool, elementwise, packed_is_fast};

use crate::product::{Element, product};

/// Up to this many entries of the right operand faer multiplies as fast as the packed product or faster.
const SMALL: usize = 60_000;

/// Matrix products by the `faer` crate, on one thread each; large ones are cut into tiles over this backend's own
/// threads. Same bits for any number of threads.
///
/// ```
/// use bp_faer::Faer;
/// use bp_faer::prelude::*;
/// let backend = Faer::with_threads(1);
/// let net = Network::on(backend, stack(2).hidden(8, Tanh).output(2, Softmax), 1)?;
/// assert_eq!(net.predict(&[0.5_f32, -0.5])?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Faer {
    pool: Pool,
}

impl Faer {
    /// A backend with as many threads as the machine has cores.
    pub fn new() -> Self {
        Self::with_threads(0)
    }

    /// A backend with a given number of threads; 0 means as many as the machine has cores. They start with the
    /// first product that is large enough to share.
    pub fn with_threads(threads: usize) -> Self {
        Self { pool: Pool::new(threads) }
    }

    /// Who multiplies, by the size of the right operand: never by rows, so that a tile has the bits of the whole.
    fn dense<S: Element>(&self, inner: usize, columns: usize) -> Dense<'_, S> {
        match inner.saturating_mul(columns) > SMALL && packed_is_fast() {
            true => Dense::packed(&self.pool),
            false => Dense::new(&self.pool, product, 1),
        }
    }
}

impl Default for Faer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Element> Backend<S> for Faer {
    fn name(&self) -> &str {
        "faer"
    }

    fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        self.dense(lhs.cols(), dst.cols()).gemm(dst, accum, alpha, lhs, rhs);
    }

    fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
        elementwise::sum_rows(dst, accum, alpha, delta);
    }

    fn activate(&self, activation: &dyn Activation<S>, z: &mut [S]) {
        elementwise::activate(activation, z);
    }

    fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        elementwise::chain(activation, a, z, delta);
    }

    fn dense_forward(&self, z: MatMut<'_, S>, accum: Accum, x: MatRef<'_, S>, w: MatRef<'_, S>, finish: Finish<'_, S>) {
        self.dense(x.cols(), z.cols()).forward(z, accum, x, w, finish);
    }

    fn dense_backward(
        &self,
        back: MatMut<'_, S>,
        accum: Accum,
        delta: MatRef<'_, S>,
        w: MatRef<'_, S>,
        slope: Option<Slope<'_, S>>,
    ) {
        self.dense(delta.cols(), back.cols()).backward(back, accum, delta, w, slope);
    }

    fn finish(&self, z: MatMut<'_, S>, finish: Finish<'_, S>) {
        elementwise::finish(z, finish);
    }

    fn output(&self, function: &dyn OutputFunction<S>, y: MatMut<'_, S>) {
        elementwise::output(function, y);
    }

    fn threads(&self) -> usize {
        self.pool.threads()
    }

    fn install(&self, work: usize, job: &mut (dyn FnMut() + Send)) {
        self.pool.install(work, job);
    }
}

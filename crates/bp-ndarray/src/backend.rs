//! [`Ndarray`]: the backend itself.

use bp_core::{Accum, Activation, Backend, Finish, MatMut, MatRef, OutputFunction, Slope};
use bp_train::{Dense, Pool, elementwise};

use crate::product::{Element, product};

/// Matrix products by the `ndarray` crate, on one thread each; large ones are cut into tiles over this backend's own
/// threads. Same bits for any number of threads. One packing buffer
/// is allocated per product, by that crate.
///
/// ```
/// use bp_ndarray::Ndarray;
/// use bp_ndarray::prelude::*;
/// let backend = Ndarray::with_threads(1);
/// let net = Network::on(backend, stack(2).hidden(8, Tanh).output(2, Softmax), 1)?;
/// assert_eq!(net.predict(&[0.5_f32, -0.5])?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ndarray {
    pool: Pool,
}

impl Ndarray {
    /// A backend with as many threads as the machine has cores.
    pub fn new() -> Self {
        Self::with_threads(0)
    }

    /// A backend with a given number of threads; 0 means as many as the machine has cores. They start with the
    /// first product that is large enough to share.
    pub fn with_threads(threads: usize) -> Self {
        Self { pool: Pool::new(threads) }
    }
}

impl Default for Ndarray {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Element> Backend<S> for Ndarray {
    fn name(&self) -> &str {
        "ndarray"
    }

    fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        Dense::new(&self.pool, product, cut_unit(alpha)).gemm(dst, accum, alpha, lhs, rhs);
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
        Dense::new(&self.pool, product, 1).forward(z, accum, x, w, finish);
    }

    fn dense_backward(
        &self,
        back: MatMut<'_, S>,
        accum: Accum,
        delta: MatRef<'_, S>,
        w: MatRef<'_, S>,
        slope: Option<Slope<'_, S>>,
    ) {
        Dense::new(&self.pool, product, 1).backward(back, accum, delta, w, slope);
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

/// Rows of the largest register tile of ndarray's kernels. They round alpha · sum and its addition to the destination
/// together inside a full register tile and apart in a partial one at the edge, so unless alpha is 1 a cut anywhere
/// but at a multiple of this would change bits.
const REGISTER_ROWS: usize = 16;

fn cut_unit<S: Element>(alpha: S) -> usize {
    if alpha.to_f64().to_bits() == 1.0_f64.to_bits() { 1 } else { REGISTER_ROWS }
}

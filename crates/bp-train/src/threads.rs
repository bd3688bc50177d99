//! [`Pool`]: the threads of a backend. It cuts large products into tiles of rows and leaves small ones alone.

#[cfg(feature = "rayon")]
use std::sync::{Arc, OnceLock};

use bp_core::{MatMut, MatRef, Scalar};

/// Multiply-adds from which cutting a product pays: below it a product takes less than about 50 µs.
#[cfg(feature = "rayon")]
const MIN_WORK: usize = 1 << 21;

/// A number of threads, started when they are first needed. The global pool of rayon is never touched.
///
/// ```
/// use bp_train::Pool;
/// assert_eq!(Pool::new(3).threads(), if cfg!(feature = "rayon") { 3 } else { 1 });
/// ```
#[derive(Debug, Clone)]
pub struct Pool {
    threads: usize,
    #[cfg(feature = "rayon")]
    pool: Arc<OnceLock<rayon::ThreadPool>>,
}

/// A product of two views into a third: `kernel(dst, lhs, rhs)`.
pub type Product<'a, S> = dyn Fn(MatMut<'_, S>, MatRef<'_, S>, MatRef<'_, S>) + Sync + 'a;

impl Pool {
    /// A pool of `threads` threads; 0 means as many as the machine has cores. Without the feature `rayon` it is
    /// always 1.
    #[cfg(feature = "rayon")]
    pub fn new(threads: usize) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, Into::into);
        Self { threads: if threads == 0 { cores() } else { threads }, pool: Arc::new(OnceLock::new()) }
    }

    /// A pool of one thread: the feature `rayon` is off.
    #[cfg(not(feature = "rayon"))]
    pub fn new(_threads: usize) -> Self {
        Self { threads: 1 }
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `job` inside the pool; on the calling thread if there is only one.
    #[cfg(feature = "rayon")]
    pub fn install(&self, job: &mut (dyn FnMut() + Send)) {
        match self.started() {
            Some(pool) => pool.install(job),
            None => job(),
        }
    }

    /// Runs `job` on the calling thread.
    #[cfg(not(feature = "rayon"))]
    pub fn install(&self, job: &mut (dyn FnMut() + Send)) {
        job();
    }

    /// Computes a product, cut into tiles of rows of `dst` if it is large. A tile is never a single row: matrix
    /// libraries sum a vector product in another order. Cuts stand at multiples of `unit` rows.
    #[cfg(feature = "rayon")]
    pub fn product<S: Scalar>(
        &self,
        unit: usize,
        dst: MatMut<'_, S>,
        lhs: MatRef<'_, S>,
        rhs: MatRef<'_, S>,
        kernel: &Product<'_, S>,
    ) {
        let work = dst.rows().saturating_mul(dst.cols()).saturating_mul(lhs.cols());
        if self.threads == 1 || work < MIN_WORK {
            return kernel(dst, lhs, rhs);
        }
        match self.started() {
            Some(pool) if rayon::current_thread_index().is_none() => {
                pool.install(|| tiles(self.threads, unit, dst, lhs, rhs, kernel));
            }
            _ => tiles(self.threads, unit, dst, lhs, rhs, kernel),
        }
    }

    /// Computes a product.
    #[cfg(not(feature = "rayon"))]
    pub fn product<S: Scalar>(
        &self,
        _unit: usize,
        dst: MatMut<'_, S>,
        lhs: MatRef<'_, S>,
        rhs: MatRef<'_, S>,
        kernel: &Product<'_, S>,
    ) {
        kernel(dst, lhs, rhs);
    }

    /// The pool, or nothing if one thread is enough or the system grants no more.
    #[cfg(feature = "rayon")]
    fn started(&self) -> Option<&rayon::ThreadPool> {
        if self.threads == 1 {
            return None;
        }
        if self.pool.get().is_none() {
            let built = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().ok()?;
            // Another thread may have been faster: then its pool is used and this one ends.
            let _ = self.pool.set(built);
        }
        self.pool.get()
    }
}

/// Halves the rows until there are `n` tiles; where there are enough rows, at multiples of 8 for the kernels' sake.
#[cfg(feature = "rayon")]
fn tiles<S: Scalar>(
    n: usize,
    unit: usize,
    dst: MatMut<'_, S>,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
    kernel: &Product<'_, S>,
) {
    let rows = dst.rows();
    let half = rows * (n / 2) / n.max(1);
    let half = half.next_multiple_of(if rows >= 32 { unit.next_multiple_of(8) } else { unit });
    if n < 2 || half < 2 || rows < half + 2 {
        return kernel(dst, lhs, rhs);
    }
    let (top, bottom) = dst.split_at_row(half);
    rayon::join(
        || tiles(n / 2, unit, top, lhs.rows_range(0, half), rhs, kernel),
        || tiles(n - n / 2, unit, bottom, lhs.rows_range(half, rows), rhs, kernel),
    );
}

#[cfg(all(test, feature = "rayon"))]
mod tests {
    use bp_core::{Accum, kernels};

    use super::*;

    #[test]
    fn tiles_cover_every_row_once_and_are_never_single_rows() {
        let product = |dst: MatMut<'_, f64>, lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>| {
            assert!(dst.rows() >= 2);
            kernels::gemm(dst, Accum::Add, 1.0, lhs, rhs);
        };
        for rows in [2, 3, 4, 5, 31, 32, 33, 100] {
            let lhs: Vec<f64> = (0..rows * 3).map(|i| i as f64).collect();
            let rhs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
            let mut want = vec![0.0; rows * 2];
            let (l, r) = (MatRef::new(&lhs, rows, 3), MatRef::new(&rhs, 3, 2));
            kernels::gemm(MatMut::new(&mut want, rows, 2), Accum::Replace, 1.0, l, r);
            for n in 1..=8 {
                for unit in [1, 16] {
                    let mut got = vec![0.0; rows * 2];
                    tiles(n, unit, MatMut::new(&mut got, rows, 2), l, r, &product);
                    assert_eq!(got, want, "{rows} rows, {n} threads, cuts at multiples of {unit}");
                }
            }
        }
    }
}
